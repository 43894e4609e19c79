"""What a business message proves about a stay: from head and content to facts (`plo.md` §4.2, `liability.md` §7).

One function for both directions: the caller says when the addressee had the message, how that is known and what the
bytes' digest is. What a message leaves open is a doubt for a person, never a guess: an answer in free text is
`unclear`, a readiness message without exactly one ready date gives no fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerKind,
    Cancellation,
    Carrier,
    Correction,
    Death,
    Discharged,
    DischargeDocument,
    Fact,
    HowKnown,
    MunicipalService,
    ReadyNotice,
    Receipt,
    What,
    Withdrawal,
)
from adapter.messages.codes import Event, IdType, State
from adapter.messages.datatypes import child, code_of
from adapter.messages.dialog import Dialog
from adapter.messages.head import Head
from adapter.messages.kinds import Family
from adapter.messages.logistics import Logistics, Use
from adapter.messages.namespaces import clark
from adapter.messages.parties import Person
from adapter.messages.readiness import ReadinessAnswer, answer_text, is_answer, read_answer
from adapter.messages.reading import Message, Reading
from adapter.values import Digest, Moment, MsgId

_ACCEPTED = Receipt()
_CORRECTED = frozenset({Use.DISCHARGE_READY, Use.WITHDRAWAL})
"""The logistics messages whose content a correction replaces (LI-064)."""

_DOCUMENTS = frozenset({"UTSKRIVNINGSRAPPORT", "TVERRFAGLIG_EPIKRISE", "EPIKRISE"})


@dataclass(frozen=True, slots=True)
class Conveyance:
    """How a message travelled: when the addressee had it, what that rests on, the digest of its bytes.

    `sent` is the first hand-over to transport, `receipt` what is known of its AppRec. `convention` says that the
    sender is marked to write our own first line in an answer (`plo.md` §1.5); `ready` is the date that an answer is
    about, where it is known. `service` is what the addressee is in the municipality, where the directory says.
    """

    had: Moment
    how: HowKnown
    digest: Digest
    sent: Moment | None = None
    receipt: Receipt = _ACCEPTED
    convention: bool = False
    ready: date | None = None
    service: MunicipalService | None = None


@dataclass(frozen=True, slots=True)
class StayFacts:
    """What a message says about a stay.

    `admitted` is the admission time that it states (event code 1), by which a message without reference is matched;
    `references` are the MsgIds of its ConversationRef, nearest first; `doubts` are sentences for a person.
    """

    facts: tuple[Fact, ...] = ()
    admitted: Moment | date | None = None
    references: tuple[MsgId, ...] = ()
    doubts: tuple[str, ...] = ()


def stay_facts(reading: Reading, by: Conveyance) -> StayFacts:
    """The facts of one message; none for a document that is no business message about a stay."""
    head = reading.head
    if head is None:
        return StayFacts()
    if head.processing_status is not None and head.processing_status.v in {"T", "D"}:
        return StayFacts(doubts=("a message marked as test or training is never counted",))
    carrier = Carrier(head.msg_id, head.generated, by.sent, by.receipt, by.service)
    status = _status(reading)
    doubts: list[str] = []
    if status == "C":
        facts: tuple[Fact, ...] = (Fact(Cancellation(carrier, _parent(head)), by.had, by.how, by.digest),)
        if _parent(head) is None:
            doubts.append("a cancellation names no message; find the one it means")
    elif status in {"M", "O"}:
        facts = (Fact(_correction(reading, head, carrier), by.had, by.how, by.digest),)
        if _parent(head) is None:
            doubts.append("a correction names no message; find the one it means")
        if isinstance(reading.message, Logistics) and reading.message.use not in _CORRECTED:
            doubts.append("a changed admission, discharge or death is not carried out; ask for C and a new message")
    else:
        found = tuple(_facts(reading, carrier, by))
        facts = tuple(Fact(what, when, by.how, by.digest) for what, when in found)
        if not found and reading.kind is not None and reading.kind.family is Family.LOGISTICS:
            doubts.append("a logistics message has no usable event of its own kind")
        if any(isinstance(what, Answer) and what.answer is AnswerKind.UNCLEAR for what, _ in found):
            doubts.append("an answer in free text waits for a person to classify it")
    return StayFacts(facts, _admission(reading.message), _references(head), tuple(doubts))


def patient_identity(patient: Person) -> str:
    """What tells a patient apart: the first national number (`msghead.md` §3.4), else an H-number, else all
    identifiers, else name, birth date and sex. Blanks in a number mean nothing."""
    for types in ((IdType.FNR, IdType.DNR, IdType.FHN), (IdType.HNR,)):
        for ident in patient.idents:
            if ident.is_a(*types):
                return "".join((ident.id or "").split())
    if patient.idents:
        return "|".join(f"{ident.type.v if ident.type is not None else ''}:{ident.id}" for ident in patient.idents)
    sex = patient.sex.v if patient.sex is not None else ""
    return f"{patient.family_name}|{patient.given_name}|{patient.born}|{sex}".lower()


def names_no_original(fact: Fact) -> bool:
    """Whether a fact is a cancellation or correction of a message that it does not name (`plo.md` X-6)."""
    return isinstance(fact.what, Cancellation | Correction) and fact.what.refers_to is None


def meaning(found: StayFacts, original: MsgId) -> StayFacts:
    """The same facts, where the cancellation or correction that named no message means `original`."""
    facts = tuple(
        replace(fact, what=replace(fact.what, refers_to=original))
        if isinstance(fact.what, Cancellation | Correction) and names_no_original(fact)
        else fact
        for fact in found.facts
    )
    doubt = "a cancellation or correction named no message; the only one with the same events was taken for it"
    return replace(found, facts=facts, references=(original, *found.references), doubts=(doubt,))


def ending(found: StayFacts, original: MsgId) -> StayFacts:
    """The same facts, where the cancellation means `original`: the first message of what it ends (`plo.md` PL-046)."""
    facts = tuple(
        replace(fact, what=replace(fact.what, refers_to=original)) if isinstance(fact.what, Cancellation) else fact
        for fact in found.facts
    )
    return replace(found, facts=facts)


def _facts(reading: Reading, carrier: Carrier, by: Conveyance) -> Iterator[tuple[What, Moment | date]]:
    message = reading.message
    if isinstance(message, Logistics):
        yield from _of_logistics(message, carrier, by.had)
    elif isinstance(message, Dialog) and is_answer(message):
        yield _answer(message, carrier, by), by.had
    elif _health_information_kind(reading) == "1":
        yield AdmissionNotice(carrier, "HELSEOPPL_SOKNAD/1"), by.had
    elif reading.type in _DOCUMENTS:
        yield DischargeDocument(carrier), by.had


def _of_logistics(message: Logistics, carrier: Carrier, had: Moment) -> Iterator[tuple[What, Moment | date]]:
    match message.use:
        case Use.ADMITTED:
            if (admitted := _only(message, Event.ADMITTED)) is not None:
                yield Admitted(carrier), admitted
            yield AdmissionNotice(carrier, "LOG_INNLAGT"), had
        case Use.DISCHARGE_READY:
            if (ready := _only(message, Event.READY)) is not None:
                yield ReadyNotice(carrier, _day(ready)), had
        case Use.WITHDRAWAL:
            withdrawn = _only(message, Event.WITHDRAWN)
            yield Withdrawal(carrier, _day(withdrawn) if withdrawn is not None else None), had
        case Use.DISCHARGED:
            if (left := _only(message, Event.DISCHARGED)) is not None:
                yield (Death(carrier) if _died(message) else Discharged(carrier)), left
        case Use.DEATH:
            if (died := _only(message, Event.DEAD)) is not None:
                yield Death(carrier), died
        case Use.FEEDBACK | None:
            return


def _answer(message: Dialog, carrier: Carrier, by: Conveyance) -> Answer:
    text = answer_text(message)
    said = read_answer(text, by.had.day, by.ready) if by.convention and text is not None else None
    if said is None:
        return Answer(carrier, AnswerKind.UNCLEAR)
    return Answer(carrier, AnswerKind(said.reply.value), _promised(said))


def _promised(said: ReadinessAnswer) -> date | None:
    """The date of `later`; the date of `accept` is that of the answer itself and promises nothing."""
    return said.day if AnswerKind(said.reply.value) is AnswerKind.LATER else None


def _correction(reading: Reading, head: Head, carrier: Carrier) -> Correction:
    message = reading.message
    ready = effective = None
    if isinstance(message, Logistics) and message.use is Use.DISCHARGE_READY:
        ready = _only(message, Event.READY)
    if isinstance(message, Logistics) and message.use is Use.WITHDRAWAL:
        effective = _only(message, Event.WITHDRAWN)
    return Correction(
        carrier,
        _parent(head),
        _day(ready) if ready is not None else None,
        _day(effective) if effective is not None else None,
    )


def _only(message: Logistics, code: Event) -> Moment | date | None:
    """The time of the one event of this code; None where there is none, more than one, or no usable time."""
    found = [event for event in message.events if event.code is not None and event.code.v == code]
    if len(found) != 1 or found[0].time is None:
        return None
    return found[0].time.value


def _day(when: Moment | date) -> date:
    return when.day if isinstance(when, Moment) else when


def _died(message: Logistics) -> bool:
    state = message.destination.state if message.destination is not None else None
    return state is not None and state.v in {State.DEAD, State.SUICIDE}


def _admission(message: Message | None) -> Moment | date | None:
    return _only(message, Event.ADMITTED) if isinstance(message, Logistics) else None


def _parent(head: Head) -> MsgId | None:
    link = head.conversation
    return (link.parent or link.conversation) if link is not None else None


def _references(head: Head) -> tuple[MsgId, ...]:
    link = head.conversation
    if link is None:
        return ()
    return tuple(dict.fromkeys(id_ for id_ in (link.parent, link.conversation) if id_ is not None))


def _status(reading: Reading) -> str | None:
    """The shipment status of any nursing and care message, whether we have a model of it or not."""
    if isinstance(reading.message, Logistics):
        status = reading.message.top.status
        return status.v if status is not None else None
    if reading.payload is None or reading.standard is None or not reading.standard.is_plo:
        return None
    return _first_code(reading, "InformasjonOmForsendelsen", "Forsendelsesstatus")


def _health_information_kind(reading: Reading) -> str | None:
    """`1` for the notice of an admitted patient, `2` for an update (list 9140)."""
    if reading.standard is None or reading.standard.family is not Family.HEALTH_INFORMATION:
        return None
    return _first_code(reading, "TypeInnholdIMelding", "TypeInnhold")


def _first_code(reading: Reading, *names: str) -> str | None:
    """The code at the end of a path of component elements, in whichever component namespace the payload uses."""
    if reading.payload is None or reading.standard is None:
        return None
    code = code_of(child(reading.payload, *(clark(reading.standard.components) + name for name in names)))
    return code.v if code is not None else None
