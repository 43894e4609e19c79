"""What does a case file say: JSON of one stay to a case, its policy and its time, or every mistake at once.

The shape is that of the outer contract (design §5). Facts that contradict each other are no mistakes; a key, a word or
a value of another shape is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerKind,
    Cancellation,
    Carrier,
    Channel,
    Correction,
    Death,
    Discharged,
    DischargeDocument,
    Fact,
    HowKnown,
    Leave,
    MunicipalService,
    ReadyNotice,
    Receipt,
    ReceiptStatus,
    What,
    Withdrawal,
)
from adapter.liability.case import Case, Sector, SenderType
from adapter.liability.document import Node, read_json
from adapter.liability.inspection import Inspection, words
from adapter.liability.mistakes import Mistake, Mistakes
from adapter.liability.profiles import BASELINE, Profile, with_overrides
from adapter.values import Moment, MsgId


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with the policy it is decided by. `as_of` None means the latest moment named in the facts."""

    case: Case
    profile: Profile
    as_of: Moment | None


class _Kind(StrEnum):
    ADMITTED = "admitted"
    ADMISSION_NOTICE = "admission_notice"
    READY_NOTICE = "ready_notice"
    WITHDRAWAL = "withdrawal"
    ANSWER = "answer"
    CANCELLATION = "cancellation"
    CORRECTION = "correction"
    DOCUMENT = "document"
    DISCHARGED = "discharged"
    DEATH = "death"
    LEAVE = "leave"


_EVERY_KIND = ("kind", "at", "message", "generated", "sent", "apprec")
_OWN_KEYS: Mapping[_Kind, tuple[str, ...]] = {
    _Kind.ADMISSION_NOTICE: ("type", "need_identified", "service"),
    _Kind.READY_NOTICE: ("ready", "channel", "service"),
    _Kind.WITHDRAWAL: ("effective", "service"),
    _Kind.DISCHARGED: ("service",),
    _Kind.DEATH: ("service",),
    _Kind.ANSWER: ("answer", "promised"),
    _Kind.CANCELLATION: ("refers_to",),
    _Kind.CORRECTION: ("refers_to", "ready", "effective", "answer", "promised"),
}
_NEEDED: Mapping[_Kind, tuple[str, ...]] = {
    _Kind.READY_NOTICE: ("ready",),
    _Kind.ANSWER: ("answer",),
}
_DATE_ENOUGH = (_Kind.ADMITTED, _Kind.DISCHARGED, _Kind.DEATH)
_CASE_KEYS = ("policy", "overrides", "as_of", "sector", "sender_type", "special_groups", "facts")


def read_case(content: bytes, profiles: tuple[Profile, ...]) -> CaseFile | Mistakes:
    """Read a case file (JSON, UTF-8). `profiles` are those it may name, the baseline among them."""
    root = read_json(content)
    if isinstance(root, Mistakes):
        return root
    inspection = Inspection()
    members = inspection.members(root, _CASE_KEYS)
    if members is None:
        return Mistakes(tuple(inspection.mistakes))
    profile = _profile(members, profiles, inspection)
    as_of = inspection.moment(members["as_of"]) if "as_of" in members else None
    sector = inspection.word(members["sector"], Sector) if "sector" in members else Sector.SOMATIC
    sender = inspection.word(members["sender_type"], SenderType) if "sender_type" in members else SenderType.HOSPITAL
    groups = inspection.items(members["special_groups"], "codes") if "special_groups" in members else ()
    codes = tuple(code for group in groups or () if (code := inspection.text(group)))
    facts: tuple[Fact, ...] = ()
    if "facts" in members:
        nodes = inspection.items(members["facts"], "facts") or ()
        facts = tuple(fact for node in nodes if (fact := _fact(node, inspection)))
    else:
        inspection.mistakes.append(Mistake("facts", "nothing", "an array of facts", root.line))
    if inspection.mistakes or profile is None or sector is None or sender is None:
        return Mistakes(tuple(inspection.mistakes))
    return CaseFile(Case(facts, sector, sender, codes), profile, as_of)


def _profile(members: Mapping[str, Node], profiles: tuple[Profile, ...], inspection: Inspection) -> Profile | None:
    by_name = {profile.name: profile for profile in profiles}
    name = members["policy"].value if "policy" in members else BASELINE
    profile = by_name.get(name) if isinstance(name, str) else None
    if profile is None:
        if "policy" in members:
            inspection.wrong(members["policy"], words(sorted(by_name)))
        # The overrides are looked through all the same, against any profile, so that no mistake waits for a second run.
        profile = profiles[0]
    return with_overrides(profile, members["overrides"], inspection) if "overrides" in members else profile


def _fact(node: Node, inspection: Inspection) -> Fact | None:
    before = len(inspection.mistakes)
    if not isinstance(node.value, Mapping):
        inspection.wrong(node, "an object with kind, at and the keys of its kind")
        return None
    kind = inspection.word(node.value["kind"], _Kind) if "kind" in node.value else None
    if kind is None:
        if "kind" not in node.value:
            inspection.mistakes.append(Mistake(f"{node.path}.kind", "nothing", words(_Kind), node.line))
        return None
    members = inspection.members(node, (*_EVERY_KIND, *_OWN_KEYS.get(kind, ()))) or {}
    for key in ("at", *_NEEDED.get(kind, ())):
        if key not in members:
            inspection.mistakes.append(Mistake(f"{node.path}.{key}", "nothing", "a value", node.line))
    when: Moment | date | None = None
    if "at" in members:
        read_when = inspection.day_or_moment if kind in _DATE_ENOUGH else inspection.moment
        when = read_when(members["at"])
    what = _what(kind, _Fields(members, inspection))
    if what is None or when is None or len(inspection.mistakes) > before:
        return None
    return Fact(what, when, HowKnown.IMPORT)


class _Fields:
    """The members of a fact, by key and type; a key that is not there gives None."""

    def __init__(self, members: Mapping[str, Node], inspection: Inspection) -> None:
        self.members = members
        self.inspection = inspection

    def day(self, key: str) -> date | None:
        return self.inspection.day(self.members[key]) if key in self.members else None

    def moment(self, key: str) -> Moment | None:
        return self.inspection.moment(self.members[key]) if key in self.members else None

    def message(self, key: str) -> MsgId | None:
        text = self.inspection.text(self.members[key]) if key in self.members else None
        return MsgId(text) if text else None

    def text(self, key: str, default: str) -> str:
        return (self.inspection.text(self.members[key]) or default) if key in self.members else default

    def answer(self) -> AnswerKind | None:
        return self.inspection.word(self.members["answer"], AnswerKind) if "answer" in self.members else None

    def channel(self) -> Channel:
        if "channel" not in self.members:
            return Channel.MESSAGE
        return self.inspection.word(self.members["channel"], Channel) or Channel.MESSAGE

    def carrier(self) -> Carrier:
        message, generated, sent = self.message("message"), self.moment("generated"), self.moment("sent")
        return Carrier(message, generated, sent, self.receipt(), self.service())

    def service(self) -> MunicipalService | None:
        return self.inspection.word(self.members["service"], MunicipalService) if "service" in self.members else None

    def receipt(self) -> Receipt:
        node = self.members.get("apprec")
        match node.value if node else "ok":
            case "ok":
                return Receipt(ReceiptStatus.OK)
            case "neg":
                return Receipt(ReceiptStatus.NEGATIVE)
            case "none":
                return Receipt(ReceiptStatus.NONE)
        assert node is not None
        late = self.inspection.moment(node, "late:", 'ok, neg, none, or "late:" and a time')
        return Receipt(ReceiptStatus.OK, late)


def _what(kind: _Kind, fields: _Fields) -> What | None:
    carrier = fields.carrier()
    match kind:
        case _Kind.ADMITTED:
            return Admitted(carrier)
        case _Kind.ADMISSION_NOTICE:
            return AdmissionNotice(carrier, fields.text("type", "HELSEOPPL_SOKNAD/1"), fields.moment("need_identified"))
        case _Kind.READY_NOTICE:
            ready, channel = fields.day("ready"), fields.channel()
            return ReadyNotice(carrier, ready, channel) if ready else None
        case _Kind.WITHDRAWAL:
            return Withdrawal(carrier, fields.day("effective"))
        case _Kind.ANSWER:
            answer, promised = fields.answer(), fields.day("promised")
            return Answer(carrier, answer, promised) if answer else None
        case _Kind.CANCELLATION:
            return Cancellation(carrier, fields.message("refers_to"))
        case _Kind.CORRECTION:
            return Correction(
                carrier,
                fields.message("refers_to"),
                ready=fields.day("ready"),
                effective=fields.day("effective"),
                answer=fields.answer(),
                promised=fields.day("promised"),
            )
        case _Kind.DOCUMENT:
            return DischargeDocument(carrier)
        case _Kind.DISCHARGED:
            return Discharged(carrier)
        case _Kind.DEATH:
            return Death(carrier)
        case _Kind.LEAVE:
            return Leave(carrier)
    assert_never(kind)
