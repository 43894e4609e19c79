"""Whether a receipt is made as the standard wants it: AR-001 to AR-113 (`apprec.md` §10.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapter.messages.apprec import AppRec, AppRecVersion, Hcp
from adapter.messages.codes import ReceiptCode
from adapter.messages.datatypes import OID, Code
from adapter.messages.namespaces import clark
from adapter.messages.nodes import Node
from adapter.messages.reading import Reading
from adapter.messages.rules.places import nearest, root_of
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope
from adapter.values import Zone

BOOK: Final = RuleBook(Scope.APPREC)
_BLOCK, _WARN = Consequence.BLOCK, Consequence.WARN

_NEVER_OURS: Final = frozenset({"E20", "E30", "E31", "E32", "E33", "E34", "E53", "E54", "E40"})
_ONLY_EPIKRISE: Final = frozenset(
    {"EPIKRISE", "SVAR_LAB", "SVAR_MBIO", "SVAR_RTG", "SVAR_CYT", "SVAR_HIST", "SVAR_KKL"}
)
_SENDER_ROLES: Final = {
    AppRecVersion.V1_1: frozenset({"PRIM", "COP"}),
    AppRecVersion.V1_0: frozenset({"REQ", "SPR", "COP"}),
}
_RECEIVER_ROLES: Final = {AppRecVersion.V1_1: "AVS", AppRecVersion.V1_0: "RECEIVER"}


EXPLAINED: Final = frozenset({"X99", "T99", "S99"})
"""The errors that say nothing without an explanation (AR-010)."""


def may_be_sent(code: str | None, message_type: str | None) -> bool:
    """Whether an error is one that we send for a message of that type (AR-011, `apprec.md` §4.2)."""
    return code not in _NEVER_OURS and (code != "E35" or message_type in _ONLY_EPIKRISE)


def _receipt(reading: Reading) -> AppRec:
    receipt = reading.apprec
    assert receipt is not None
    return receipt


def _at(reading: Reading, *names: str) -> Node | None:
    ns = clark(_receipt(reading).version.namespace)
    return nearest(root_of(reading), *(ns + name for name in names))


def _status(reading: Reading) -> str | None:
    status = _receipt(reading).status
    return status.v if status is not None else None


@BOOK.rule("AR-001", "The receipt has an Id of its own, a GUID", "HIS 80415:2012 §4.3.1", send=_BLOCK)
def own_id(reading: Reading, _: Context) -> Iterator[Fault]:
    """Received without hyphens or otherwise odd it is as good (`msghead.md` §3.1)."""
    receipt = _receipt(reading)
    if receipt.id is None or not receipt.id.is_guid or receipt.id == receipt.original.id:
        yield Fault("Id of the receipt is no GUID of its own; write a new one", _at(reading, "Id"))


BOOK.judged_as(("XSD",), "AR-002", "Valid against the schema of its version", "AppRec-v1.1.xsd")


@BOOK.rule("AR-003", "MsgType is APPREC", "HIS 80415:2012 §4.3.1", send=_BLOCK, receive=_WARN)
def msg_type(reading: Reading, _: Context) -> Iterator[Fault]:
    """Not enforced by the schema."""
    type_ = _receipt(reading).msg_type
    if type_ is None or type_.v != "APPREC":
        yield Fault("MsgType is not APPREC; write it", _at(reading, "MsgType"))


@BOOK.rule("AR-004", "MIGversion is the text of the version", "HIS 80415:2004, history; apprec.md §2", send=_BLOCK)
def mig_version(reading: Reading, _: Context) -> Iterator[Fault]:
    """A default of the schema, not fixed; the namespace decides the version."""
    receipt = _receipt(reading)
    if receipt.mig_version != receipt.version.mig_version:
        yield Fault(f"MIGversion is another text; write {receipt.version.mig_version}", _at(reading, "MIGversion"))


BOOK.elsewhere(Needs.STORE, "AR-005", "The version follows from the content of the message", "HITS 1168 §8.3")


@BOOK.rule("AR-006", "Status is 1 or 2", "HIS 80415:2012 §3.3.3", send=_BLOCK, receive=_WARN)
def status_known(reading: Reading, _: Context) -> Iterator[Fault]:
    """Status 3 is for the settlement message alone; received it counts as accepted, with an alert (§4.1)."""
    status = _status(reading)
    if status not in {ReceiptCode.OK, ReceiptCode.REJECTED}:
        says = (
            "Status 3 is only for settlements; write 1 or 2"
            if status == ReceiptCode.PARTLY
            else "Status is neither 1 nor 2; write one of them"
        )
        unreadable = Consequence.PARK if status not in set(ReceiptCode) else None
        yield Fault(says, _at(reading, "Status"), receive=unreadable)


@BOOK.rule("AR-007", "Status 1 has no Error", "HIS 80415:2012 §4.3.1", send=_BLOCK, receive=_WARN)
def positive_without_error(reading: Reading, _: Context) -> Iterator[Fault]:
    """Valid in the schema; the status decides, and somebody is told."""
    if _status(reading) == ReceiptCode.OK and _receipt(reading).errors:
        yield Fault("a positive receipt has an Error; leave it out, or write Status 2", _at(reading, "Error"))


@BOOK.rule("AR-008", "Status 2 and 3 have an Error", "HIS 80415:2012 §4.3.1", send=_BLOCK, receive=_WARN)
def negative_with_error(reading: Reading, _: Context) -> Iterator[Fault]:
    """Valid in the schema; the status decides, and somebody is told."""
    if _status(reading) in {ReceiptCode.REJECTED, ReceiptCode.PARTLY} and not _receipt(reading).errors:
        yield Fault("a negative receipt does not say why; write an Error", _at(reading, "Status"))


@BOOK.rule("AR-009", "An Error has a code of list 8221, S and DN", "apprec.md §4.2", send=_BLOCK)
def errors_coded(reading: Reading, context: Context) -> Iterator[Fault]:
    """Received codes are shown as they are, of whichever list."""
    for code in _receipt(reading).errors:
        text = context.codes.text("8221", code.v or "")
        if code.v is None and code.ot is not None:
            continue
        if text is None or code.s != OID + "8221" or code.dn != text:
            yield Fault(
                "an Error is no code of list 8221 with its text; write V, S and DN of the list", _at(reading, "Error")
            )


@BOOK.rule("AR-010", "X99 says more in OT", "HITS 1168 §7", send=_BLOCK)
def other_explained(reading: Reading, _: Context) -> Iterator[Fault]:
    """Only when no other code fits, which a person would have to judge."""
    for code in _receipt(reading).errors:
        if code.v in EXPLAINED and code.ot is None:
            yield Fault(
                f"{code.v} says nothing by itself; write in OT what is wrong, in a few words", _at(reading, "Error")
            )


@BOOK.rule("AR-011", "No code that is not ours to send", "HIS 80415:2012 §6.3", send=_BLOCK)
def codes_we_may_send(reading: Reading, _: Context) -> Iterator[Fault]:
    """E35 for epikrise and reports only; the others only where a process is documented (`apprec.md` §4.2)."""
    receipt = _receipt(reading)
    type_ = receipt.original.type.v if receipt.original.type is not None else None
    for code in receipt.errors:
        if not may_be_sent(code.v, type_):
            yield Fault(
                f"{code.v} is not to be sent for this message; write the code that fits, or X99 with OT",
                _at(reading, "Error"),
            )


@BOOK.rule("AR-012", "No Error twice", "HIS 80415:2012 §3.2", send=_BLOCK)
def errors_once(reading: Reading, _: Context) -> Iterator[Fault]:
    """One for each concrete fault."""
    errors = _receipt(reading).errors
    if len(set(errors)) < len(errors):
        yield Fault("the same Error stands twice; leave one out", _at(reading, "Error"))


@BOOK.rule("AR-013", "Both parties have the role of the version", "TC-U 9; HITS 1168 §6.2", send=_BLOCK, receive=_WARN)
def roles(reading: Reading, _: Context) -> Iterator[Fault]:
    """Optional in the schema. Received, a missing role is common and only told."""
    receipt = _receipt(reading)
    if _code(receipt.sender.role) not in _SENDER_ROLES[receipt.version]:
        yield Fault(
            f"Sender/Role is none of {', '.join(sorted(_SENDER_ROLES[receipt.version]))}; write which one it was",
            _at(reading, "Sender", "Role"),
        )
    if _code(receipt.receiver.role) != _RECEIVER_ROLES[receipt.version]:
        yield Fault(
            f"Receiver/Role is another one; write {_RECEIVER_ROLES[receipt.version]}", _at(reading, "Receiver", "Role")
        )


def _code(code: Code | None) -> str | None:
    return code.v if code is not None else None


@BOOK.rule(
    "AR-014",
    "Both parties are named on both levels, as in the message",
    "HIS 80415:2012 §3.5; HITS 1168 §6.1, §11",
    send=_BLOCK,
    receive=_WARN,
)
def parties_mirrored(reading: Reading, _: Context) -> Iterator[Fault]:
    """That they are the message's own needs the message; that they are there does not."""
    receipt = _receipt(reading)
    for name, party in (("Sender", receipt.sender), ("Receiver", receipt.receiver)):
        if _empty(party):
            yield Fault(f"{name} names nobody; mirror the address of the message", _at(reading, name, "HCP"))


def _empty(party: Hcp) -> bool:
    return party.name is None and party.id is None and not party.departments and not party.persons


@BOOK.rule("AR-015", "An Id stands with its TypeId", "AppRec-v1.1.xsd", send=_BLOCK)
def ids_typed(reading: Reading, _: Context) -> Iterator[Fault]:
    """The schema refuses an S and a wrong name of the type; that the two go together it does not see."""
    receipt = _receipt(reading)
    for name, party in (("Sender", receipt.sender), ("Receiver", receipt.receiver)):
        idents = [party.id, *(unit.id for unit in (*party.departments, *party.persons))]
        for ident in idents:
            if ident is not None and (ident.id is None or _code(ident.type) is None):
                yield Fault(
                    f"an Id of the {name} stands without TypeId, or the other way round; write both",
                    _at(reading, name, "HCP"),
                )


@BOOK.rule(
    "AR-016",
    "OriginalMsgId has the id, type and time of the message",
    "HIS 80415:2012 §4.3.2",
    send=_BLOCK,
    receive=Consequence.PARK,
)
def original_named(reading: Reading, _: Context) -> Iterator[Fault]:
    """Without the id nothing can be matched; without the type it still can (§7.2)."""
    original = _receipt(reading).original
    if original.id is None:
        yield Fault("OriginalMsgId/Id is empty; write the MsgId of the message", _at(reading, "OriginalMsgId", "Id"))
    elif _code(original.type) is None:
        place = _at(reading, "OriginalMsgId", "MsgType")
        yield Fault("OriginalMsgId/MsgType has no code; write that of the message", place, receive=_WARN)


BOOK.elsewhere(Needs.STORE, "AR-017", "One AppRec per message and own receiver, ever", "HITS 1168 §5.1; TC 13")
BOOK.elsewhere(Needs.STORE, "AR-018", "None for duplicates", "HITS 1168 §5.4")
BOOK.elsewhere(Needs.REGISTER, "AR-019", "None for receivers in other organisations", "HITS 1168 §5.1")
BOOK.elsewhere(Needs.REGISTER, "AR-020", "None when our organisation is not addressed", "HITS 1168 §5.3")
BOOK.elsewhere(Needs.CONDUCT, "AR-021", "None on AppRec, Acknowledgment or error", "HITS 1168 §5")
BOOK.judged_as(("MH-019", "MH-020"), "AR-022", "None when the sender cannot be read", "HITS 1168 §5.3")
BOOK.elsewhere(Needs.CLOCK, "AR-023", "Sent at once; the operator is told before 96 hours", "HIS 80415:2012 §3.2")
BOOK.elsewhere(Needs.CLOCK, "AR-024", "After 96 hours only a positive one, if none was sent", "HIS 80415:2012 §3.2")
BOOK.elsewhere(Needs.CONDUCT, "AR-025", "Positive only after the import is durable", "HIS 80415:2012 §3.3.1")
BOOK.elsewhere(Needs.CONDUCT, "AR-026", "After a negative one the message is not available", "HIS 80415:2012 §3.3.4")
BOOK.elsewhere(Needs.CONDUCT, "AR-027", "Once acknowledged it is not sent again", "HITS 1168 §5.5")
BOOK.elsewhere(Needs.STORE, "AR-028", "Corrected only by DIALOG_AVVIK or telephone", "HITS 1168 §5.1")
BOOK.elsewhere(Needs.ENVELOPE, "AR-029", "Sent to the sender party, Service of the original", "HISD 1209")
BOOK.elsewhere(Needs.STORE, "AR-030", "The sender keeps a state per message and receiver", "HIS 80415:2012 §3.5.1")
BOOK.elsewhere(Needs.CLOCK, "AR-031", "Missing after 96 hours is told as a negative one", "HITS 1168 §9.1")
BOOK.elsewhere(Needs.CLOCK, "AR-032", "A late positive one clears the time-out", "HITS 1168 §9.1")
BOOK.elsewhere(Needs.CONDUCT, "AR-033", "A negative one is told with code and text", "HIS 80415:2012 §3.3.4")
BOOK.elsewhere(Needs.STORE, "AR-034", "Every AppRec is logged and can be found", "HIS 80415:2012 §3.3.5")
BOOK.elsewhere(Needs.STORE, "AR-035", "Of an unknown message: logged, told, never answered", "own rule")
BOOK.elsewhere(Needs.STORE, "AR-036", "Corrected and sent again with a new MsgId", "HIS 80415:2012 §3.2")
BOOK.elsewhere(Needs.PERSON, "AR-037", "A readable emergency referral is always accepted", "HIS 80415:2012 §3.3.4")
BOOK.judged_as(("MH-041", "MH-042", "XSD"), "AR-038", "An attachment that cannot be used refuses", "HITS 1168 §4.4")
BOOK.elsewhere(Needs.CONDUCT, "AR-039", "Clinical and semantic faults never refuse", "HIS 80415:2012 §3.3.2")
BOOK.elsewhere(Needs.CONDUCT, "AR-040", "E21 is a setting of the customer", "HIS 80415:2012 §3.3.4")


@BOOK.rule("AR-041", "GenDate has an offset and seconds", "HISD 1165; own rule", send=_BLOCK)
def generated_with_offset(reading: Reading, _: Context) -> Iterator[Fault]:
    """The schema sees to the seconds."""
    generated = _receipt(reading).generated
    if generated is not None and generated.zone is Zone.ASSUMED_OSLO:
        yield Fault("GenDate has no offset; write +01:00 or +02:00", _at(reading, "GenDate"))


BOOK.elsewhere(Needs.CONDUCT, "AR-042", "Any zone and decimals are accepted; nothing is matched on time", "practice")
BOOK.judged_as(("AR-013",), "AR-043", "Unknown roles and types are tolerated", "practice")
BOOK.elsewhere(Needs.CONDUCT, "AR-044", "It is acknowledged by transport and never receipted", "HITS 1168 §5.5")
BOOK.judged_as(("AR-013",), "AR-101", "PRIM for the primary receiver, COP for a copy", "HIS 80415:2012 §3.5.1")
BOOK.elsewhere(Needs.STORE, "AR-102", "A refused message stays in the transport log", "HIS 80415:2012 §3.3.4")
BOOK.elsewhere(Needs.PERSON, "AR-103", "Without an automatic match it may be held", "HIS 80415:2012 §3.3.4")
BOOK.elsewhere(Needs.CONDUCT, "AR-104", "Taken in despite faults: the receipt is positive", "HITS 1168 §4.4")
BOOK.elsewhere(Needs.REGISTER, "AR-105", "Epikrise for a patient without journal: E35", "HIS 80415:2012 §3.3.4")
BOOK.elsewhere(Needs.CONDUCT, "AR-106", "Always sent when the addresses allow it", "HIS 80415:2012 §2.1")
BOOK.elsewhere(Needs.REGISTER, "AR-107", "None for types documented without one", "HITS 1168 §8.3")
BOOK.elsewhere(Needs.CONDUCT, "AR-108", "Made by the system, never typed", "HIS 80415:2012 §2.1")


@BOOK.rule("AR-109", "OT only beside a code", "HIS 80415:2012 §3.3.4; HITS 1168 §7", send=_BLOCK)
def text_beside_code(reading: Reading, _: Context) -> Iterator[Fault]:
    """Received, the text is shown whatever stands beside it."""
    for code in _receipt(reading).errors:
        if code.v is None and code.ot is not None:
            yield Fault("an Error has free text and no code; write V, S and DN too", _at(reading, "Error"))


BOOK.elsewhere(Needs.STORE, "AR-110", "Several own receivers in one system: imported once", "HITS 1168 §5.4")
BOOK.elsewhere(Needs.CLOCK, "AR-111", "A shorter limit of the message's standard holds", "HITS 1168 §4.1")
BOOK.elsewhere(Needs.PERSON, "AR-112", "Accepted and not handled after all: the sender is told", "HITS 1168 §4.1")
BOOK.elsewhere(Needs.CONDUCT, "AR-113", "A negative one from a copy receiver is told as well", "HIS 80415:2012 §3.4")
