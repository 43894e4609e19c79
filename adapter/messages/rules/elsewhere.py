"""Where the rules are held that the document alone cannot show: by which part of the adapter, or why by none.

One row for every rule with `needs`. `HELD` names the part of the house that keeps or judges it, `DEFERRED` says what is
missing before it can be judged, `NOT_CHECKABLE` why no program can. A test asks for a row for every rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adapter.messages.rules import compared, course, surroundings

_AROUND: Final = "the message among what store, directory and envelope know (messages/rules/surroundings)"
_COMPARED: Final = "the message and the one that it names (messages/rules/compared)"
_COURSE: Final = "the message in the course of its stay, by facts and clock (messages/rules/course)"
_NO_REGISTER: Final = "needs services and types of the address register, which partner files do not hold"
_NO_RECORD: Final = "needs the receiver's patient records, which the adapter does not have"

HELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{row.id: _AROUND for row in surroundings.ROWS},
        **{row.id: _COURSE for row in course.ROWS},
        **{row.id: _COMPARED for row in compared.ROWS},
        "MH-012": "submission: MESSAGE-SENT-BEFORE (service/submission)",
        "MH-013": "the procedure of receipts: no import, no AppRec (messages/receipting)",
        "MH-014": "noted when a duplicate has other octets (service/payloads)",
        "MH-046": "the inputs of build refuse such characters with their path (messages/input_parts)",
        "MH-050": "the octets as received are what is kept and delivered (messages/reading)",
        "MH-051": "datatypes read both forms and write words (messages/datatypes)",
        "MH-054": "the core has no network, and parsing none (messages/xml, tests/architecture)",
        "AD-003": "sealing takes the parties of the message; received, another sender is parked as EB-508",
        "AD-004": "the envelope is made with one PartyId a side; received, the header's rules judge (envelope/header)",
        "AD-006": "the procedure of receipts: no import, no AppRec (messages/receipting)",
        "AD-007": "E21 by choice of the site: choices.unknown_service (messages/receipting)",
        "AD-008": "E21 by choice of the site, a person like a service: choices.unknown_service (messages/receipting)",
        "AD-010": "the procedure of receipts: one for each own receiver (messages/receipting)",
        "AD-018": "agreements (CPA) name what a party takes; what none holds is refused (service/agreements)",
        "AD-020": "Service, Action and Role are made from the type (envelope/routing); received, rules of the envelope",
        "AD-021": "the receipt mirrors the addresses as written (messages/answering)",
        "LK-003": f"LK-004: {_AROUND}",
        "LK-009": f"PL-044: {_COMPARED}",
        "LK-011": "a cancellation takes back the message it names and corrections of it (liability/references)",
        "LK-018": "references are made of MsgIds only (messages/compose)",
        "LK-019": "messages are matched by MsgId, patient number and times (service/stay_log)",
        "LK-020": "stays are matched by patient, hospital and admission (liability/stays)",
        "LK-024": "adapter show: a message with all that belong to it (service/views)",
        "ID-008": "numbers of the new rule give no sex and no century (messages/identifiers)",
        "ID-014": "codes are compared by V alone, and an unknown TypeId is kept (messages/datatypes)",
        "ID-016": "no field of a log line can hold one; explanations of receipts are fixed (observe/log)",
        "AR-005": "the version follows from the content (messages/receipting)",
        "AR-017": "one receipt for each own receiver, and none for a duplicate (messages/receipting)",
        "AR-018": "the procedure of receipts (messages/receipting)",
        "AR-019": "the procedure of receipts (messages/receipting)",
        "AR-020": "the procedure of receipts; choices.foreign_address (messages/receipting)",
        "AR-021": "the procedure of receipts (messages/receipting)",
        "AR-023": "at once or when taken; apprec.owed a day before what nobody has taken is overdue (service/owing)",
        "AR-024": "after 96 hours application and person send no negative one, only a positive (service/receipts)",
        "AR-025": "receipt and import are one transaction (service/payloads)",
        "AR-026": "a refused message gets no inbox row (service/payloads)",
        "AR-027": "an acknowledged exchange is sent no more (delivery/sender)",
        "AR-028": "no second receipt can be made; a deviation is a message of its own (messages/receipting)",
        "AR-029": "receipts go to the party the envelope came from, Service of the original (service/receipts)",
        "AR-030": "one exchange for each message and receiver (delivery/receipts)",
        "AR-031": "the deadline GenDate + 96 hours makes it TIMED_OUT (delivery/receipts)",
        "AR-032": "a late positive receipt makes it ACCEPTED (delivery/receipts)",
        "AR-033": "logged as apprec.rejected and kept with code and text (service/receipts)",
        "AR-034": "every receipt is an exchange (service/receipts)",
        "AR-035": "logged as apprec.unknown, never answered (service/receipts)",
        "AR-036": "submission: MESSAGE-SENT-BEFORE (service/submission)",
        "AR-039": "only form is refused; the rules about content warn (messages/receipting)",
        "AR-040": "choices.unknown_service (messages/receipting)",
        "AR-042": "any form is read; a receipt is matched by MsgId (service/receipts)",
        "AR-044": "receipts travel as other messages, and none is awaited for them (service/receipts)",
        "AR-102": "mail and exchange of a refused message are kept (service/payloads)",
        "AR-104": "a message is refused or imported, and the receipt says which (messages/receipting)",
        "AR-106": "the procedure of receipts; its exceptions are logged (messages/receipting)",
        "AR-108": "receipts are made by the service alone (service/receipts)",
        "AR-110": "imported once, a receipt for each own receiver (messages/receipting)",
        "AR-113": "every copy is an exchange with a receipt of its own (service/submission)",
        "PL-015": "choices.unknown_service (messages/receipting)",
        "PL-042": f"LK-004: {_AROUND}",
        "PL-087": "facts hold the text, the precision and who knew (facts)",
        "PL-088": "free text is classified by a person; only the agreed first line is read (messages/readiness)",
        "PL-089": "the procedure of receipts (messages/receipting)",
        "PL-090": "the octets as received are kept (store)",
        "PL-091": "a second copy is a duplicate in the same organisation (messages/receipting)",
        "PL-092": "no message is refused for an unknown patient (messages/receipting)",
        "PL-093": "no message is refused for another number; stays are told apart by it (delivery/stay_facts)",
        "PL-096": f"MH-010: {_AROUND}",
    }
)
"""Rule and what holds it."""

DEFERRED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "MH-045": "scanning attachments is the receiving application's; format and name are handed on with the message",
        "MH-048": "no profile known here demands a personal signature; epikrise and prescriptions are only carried",
        "AD-011": "needs the address register's answer for our own parties",
        "AD-012": _NO_REGISTER,
        "AD-019": "needs the address register's state of a party",
        "LK-001": "a reference to a message unknown here may be right; it is shown unlinked",
        "LK-017": "needs to know what a new note is about",
        "LK-022": "basis messages without the common head are not read",
        "LK-023": "basis messages without the common head are not read",
        "ID-015": "the adapter keeps no register of persons",
        "AR-105": "needs the receiver's patient records; epikrise is carried, never refused",
        "AR-107": "no type known here goes without a receipt; others are receipted like every message",
        "AR-111": "no standard known here sets a shorter limit",
        "PL-043": "a reference to a message unknown here may be right; it is shown unlinked",
        "PL-047": "a cancellation that comes first waits in the ledger; its message is delivered all the same",
        "PL-057": _NO_REGISTER,
        "PL-098": _NO_RECORD,
        "PL-102": _NO_RECORD,
    }
)
"""Rule and what is missing."""

NOT_CHECKABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "MH-055": "whether date and id are those of the document is known to its author only",
        "ID-007": "whether there is an agreement with the issuer is known to people only",
        "AR-037": "an emergency referral is no message known here, and whether it can be used is for a clinician",
        "AR-103": "whether a patient or receiver matches is for a person",
        "AR-112": "that a message will not be handled after all is for a person to tell",
    }
)
"""Rule and why no program can judge it."""
