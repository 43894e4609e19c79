"""Which receipts a received message gets: positive, negative with which codes, or none; one for each own receiver.

The procedure of HITS 1168 figure 1 (`apprec.md` §5.1) as a table of steps, tried in order; the first that applies
decides. A message that passes all of them is imported, and then receipted once for each receiver that is ours. The
findings of the rules say what is negative (`apprec.md` §5.2): a rule's row has the code, its severity on this message
has the duty. A positive receipt is sent only after the import is durable, a negative one after it is logged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from adapter.errors import AppRecCode
from adapter.messages.answering import ReceiverRole, error
from adapter.messages.apprec import AppRecVersion
from adapter.messages.choices import RECOMMENDED, Choices, ForeignAddress, MissingHer, UnknownService
from adapter.messages.codes import CodeLists
from adapter.messages.datatypes import Code
from adapter.messages.findings import Finding, Severity
from adapter.messages.head import Head, Participant
from adapter.messages.namespaces import local_name
from adapter.messages.reading import Reading, Recognised
from adapter.messages.rules import BY_ID
from adapter.messages.rules.rule import Consequence
from adapter.messages.rules.surroundings import PARKING
from adapter.values import HerId


class Silence(StrEnum):
    """Why no receipt is sent."""

    IS_A_RECEIPT = "a receipt is never receipted"
    UNREADABLE = "the document is not readable; only the envelope could answer it"
    NOT_SUPPORTED = "the document is no message that we know; only the envelope could answer it"
    SENDER_UNREADABLE = "the sender cannot be read from the message"
    NOT_FOR_US = "the message is addressed to another organisation"
    DUPLICATE = "the message was taken in or refused before"
    HELD = "held until a person decides"


@dataclass(frozen=True, slots=True)
class Own:
    """Who we are for one envelope: the HER-ids of the organisations that it can be for, and of our communication
    parties in them."""

    organisations: frozenset[HerId]
    parties: frozenset[HerId]


@dataclass(frozen=True, slots=True)
class Case:
    """What the decision rests on: the message with its findings of the receiving side, and what the store knows.
    `passed` is what a person has looked at and let pass."""

    reading: Reading
    own: Own
    codes: CodeLists
    duplicate: bool = False
    choices: Choices = RECOMMENDED
    passed: frozenset[Silence] = frozenset()


@dataclass(frozen=True, slots=True)
class Due:
    """A receipt to make for one own receiver: positive without errors."""

    receiver: Participant
    role: ReceiverRole
    errors: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a received message. With `silence` there are no receipts and the message is not imported."""

    imported: bool
    receipts: tuple[Due, ...]
    silence: Silence | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    applies: Callable[[Case], bool]
    silence: Silence


_STEPS: Final[tuple[_Step, ...]] = (
    _Step(lambda case: _is_a_receipt(case.reading), Silence.IS_A_RECEIPT),
    _Step(lambda case: case.reading.tree is None, Silence.UNREADABLE),
    _Step(lambda case: case.reading.head is None, Silence.NOT_SUPPORTED),
    _Step(lambda case: _sender_unreadable(case.reading), Silence.SENDER_UNREADABLE),
    _Step(lambda case: not _own_receivers(case), Silence.NOT_FOR_US),
    _Step(lambda case: case.duplicate, Silence.DUPLICATE),
    _Step(lambda case: _must_be_held(case.reading), Silence.HELD),
)

_EXPLANATIONS: Final = {
    "MH-009": "Innholdet i meldingen passer ikke til meldingstypen",
    "MH-031": "Meldingen mangler innhold, eller innholdet er ikke XML",
    "MH-032": "Meldingen mangler innhold",
    "MH-042": "Et vedlegg har et format som ikke støttes",
    "PL-005": "Innholdet i meldingen passer ikke til meldingstypen",
    "MH-044": "Meldingens innhold er base64-kodet",
}
"""The free text (OT) of a refusal, by rule; X99 says nothing without it (`apprec.md` §4.2)."""


def decide(case: Case) -> Decision:
    """What to answer to one received message; never raises."""
    for step in _STEPS:
        if step.silence not in case.passed and step.applies(case):
            if step.silence is Silence.NOT_FOR_US and case.choices.foreign_address is ForeignAddress.REFUSE:
                return _refused_as_foreign(case)
            return Decision(imported=False, receipts=(), silence=step.silence)
    errors = refusals(case.reading.findings, case.codes)
    receipts = tuple(
        Due(receiver, role, errors or _service_errors(case, receiver)) for receiver, role in _own_receivers(case)
    )
    return Decision(any(not due.errors for due in receipts), receipts)


def late(decision: Decision) -> Decision:
    """What is left of a decision when the 96 hours are over and no AppRec was sent: its positive ones (AR-024)."""
    return replace(decision, receipts=tuple(due for due in decision.receipts if not due.errors))


def _refused_as_foreign(case: Case) -> Decision:
    """Nobody here is addressed, and it was chosen to say so to the sender (test case 22), once (HITS 1168 §5.4)."""
    if case.duplicate:
        return Decision(imported=False, receipts=(), silence=Silence.DUPLICATE)
    head = case.reading.head
    assert head is not None
    unknown = (Due(head.receiver, ReceiverRole.PRIMARY, _receiver_unknown(case)),)
    return Decision(imported=False, receipts=unknown)


def version_of(reading: Reading) -> AppRecVersion:
    """The version of the receipt: the content's standard decides (HITS 1168 §8.2); 1.1 where it cannot be read."""
    if reading.standard is not None:
        return reading.standard.apprec
    carried = reading.type is not None and _ANSWERED_WITH_1_0.fullmatch(reading.type.upper())
    return AppRecVersion.V1_0 if carried else AppRecVersion.V1_1


_ANSWERED_WITH_1_0: Final = re.compile(r"(ERM|SYKMELD|LEGEERKL|EGENANDEL|PASIENTLISTE).*|[A-ZÆØÅ]{1,3}OM", re.DOTALL)
"""The types of messages that are only carried here and have receipts of version 1.0: eResept, NAV, and of Helfo the
settlements (LOM and its like), the shares that patients pay and the lists of patients (`apprec.md` §3.2, `msghead.md`
§4.1)."""


def refusals(findings: tuple[Finding, ...], codes: CodeLists) -> tuple[Code, ...]:
    """The errors of a negative receipt: one for each concrete fault, none twice (AR-012); empty if nothing refuses."""
    found: dict[tuple[str, str | None], Code] = {}
    for finding in findings:
        code = _code(finding)
        if code is None:
            continue
        explanation = _EXPLANATIONS.get(finding.rule)
        if explanation is None and code is AppRecCode.OTHER:
            explanation = f"Brudd på regel {finding.rule}"
        found.setdefault((code, explanation), error(code, codes.text("8221", code) or "", explanation))
    return tuple(found.values())


def _code(finding: Finding) -> AppRecCode | None:
    if finding.severity is not Severity.ERROR:
        return None
    if finding.rule == "XSD":
        return AppRecCode.NOT_SCHEMA_VALID
    rule = BY_ID.get(finding.rule)
    return rule.code if rule is not None and rule.receive is Consequence.NEGATIVE else None


BY_ENVELOPE: Final = frozenset({Silence.UNREADABLE, Silence.NOT_SUPPORTED})
"""Where the document says nothing, but a good envelope may have come from a known sender (`apprec.md` §6.1)."""


def unread_code(reading: Reading) -> AppRecCode | None:
    """The error for a document without a head that we read: T01 for what is no XML, T10 for a root that is not
    supported (`apprec.md` §4.2, MH-006); None where it should not be answered."""
    return AppRecCode.FORMAT_NOT_SUPPORTED if reading.refusal is None else reading.refusal.kind.apprec


def _is_a_receipt(reading: Reading) -> bool:
    """Also one of a version that nobody knows: two systems must not answer each other for ever (`apprec.md` §5.6)."""
    root = reading.nodes.root.tag if reading.nodes is not None else ""
    return reading.apprec is not None or local_name(root) == "AppRec"


def _sender_unreadable(reading: Reading) -> bool:
    """Neither level of the sender has a HER-id, so there is nobody to answer (HITS 1168 §5.3)."""
    head = reading.head
    return head is None or (head.sender.organisation_her is None and head.sender.party_her is None)


def _must_be_held(reading: Reading) -> bool:
    """Whether a rule that parks a message is broken, and none that refuses it."""
    errors = [finding for finding in reading.findings if finding.severity is Severity.ERROR]
    return any(_parks(finding.rule) for finding in errors) and not any(_code(finding) is not None for finding in errors)


def _parks(rule_id: str) -> bool:
    rule = BY_ID.get(rule_id)
    return rule_id in PARKING or (rule is not None and rule.receive is Consequence.PARK)


def _own_receivers(case: Case) -> tuple[tuple[Participant, ReceiverRole], ...]:
    """The receivers of the message that are ours, the primary one first, each once."""
    head = case.reading.head
    if head is None or case.reading.recognised is not Recognised.BUSINESS:
        return ()
    return tuple(
        (receiver, ReceiverRole.PRIMARY if position == 0 else ReceiverRole.COPY)
        for position, receiver in enumerate(_distinct(head))
        if _is_own(receiver, case.own)
    )


def _distinct(head: Head) -> tuple[Participant, ...]:
    """A party that is named twice is one receiver, as it was named first (AR-017)."""
    found: dict[tuple[HerId | None, HerId | None] | Participant, Participant] = {}
    for receiver in head.all_receivers:
        levels = (receiver.organisation_her, receiver.party_her)
        found.setdefault(receiver if levels == (None, None) else levels, receiver)
    return tuple(found.values())


def _is_own(receiver: Participant, own: Own) -> bool:
    """By the organisation; by the party where the message names no organisation (TC 17)."""
    if receiver.organisation_her is not None:
        return receiver.organisation_her in own.organisations
    return receiver.party_her in own.parties


def _service_errors(case: Case, receiver: Participant) -> tuple[Code, ...]:
    """E21 where the receiver cannot be told or is not known here, as far as that was chosen (`apprec.md` §5.7)."""
    incomplete = receiver.organisation_her is None or receiver.party_her is None
    if incomplete:
        return _receiver_unknown(case) if case.choices.missing_her is MissingHer.REFUSE else ()
    if receiver.party_her in case.own.parties or case.choices.unknown_service is UnknownService.ACCEPT:
        return ()
    return _receiver_unknown(case)


def _receiver_unknown(case: Case) -> tuple[Code, ...]:
    code = AppRecCode.RECEIVER_UNKNOWN
    return (error(code, case.codes.text("8221", code) or ""),)
