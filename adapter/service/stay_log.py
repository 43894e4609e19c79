"""How the moments of a message land in the fact log: whose stay, which facts, known from what.

A message is a fact once its addressee had it: for what we received, at our own reception; for what we sent, at the
Timestamp of the verified Acknowledgment (LI-030). A resend or a duplicate records nothing, so no moment ever moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from adapter.delivery.recorded import Pseudonym, StayFact
from adapter.delivery.stay_facts import (
    Conveyance,
    StayFacts,
    ending,
    meaning,
    names_no_original,
    patient_identity,
    stay_facts,
)
from adapter.errors import AdapterError
from adapter.facts import (
    Answer,
    AnswerClassified,
    AnswerKind,
    Cancellation,
    Correction,
    Fact,
    HowKnown,
    MunicipalService,
    Receipt,
    ReceiptGiven,
    ReceiptStatus,
)
from adapter.messages.choices import Unreferenced
from adapter.messages.codes import Event
from adapter.messages.head import Head
from adapter.messages.kinds import Family
from adapter.messages.linking import same_pair
from adapter.messages.logistics import Logistics
from adapter.messages.reading import Reading, understand
from adapter.observe import events
from adapter.service.choosing import chosen
from adapter.service.installation import Installation
from adapter.service.steps import Told, line_of
from adapter.store.port import Direction, Exchange, FactFilter, JournalEntry, Reader, Writer
from adapter.values import Digest, HerId, Moment, MsgId, instant_text

_FROM_THE_MUNICIPALITY = frozenset({Family.DIALOG, Family.ADMISSION_REPORT, Family.SERVICES_OFFERED})
"""What a municipality says; everything else about a stay comes from the hospital (`plo.md` §1.1)."""

_NOT_ABOUT_A_STAY = frozenset({"LOG_DOD"})
"""A death told between municipality and GP; the hospital tells it with LOG_UTSKREVET (`plo.md` §1.4)."""

_ABOUT_A_MESSAGE = Cancellation | Correction | ReceiptGiven | AnswerClassified
"""Facts about another message; what they are about is in the log by itself."""

_NOT_YET = Receipt(ReceiptStatus.NONE)


@dataclass(frozen=True, slots=True)
class Whose:
    """The patient (without a name), the hospital and the municipality that a message is about."""

    patient: Pseudonym
    hospital: HerId
    municipality: HerId


def record_kept_message(
    installation: Installation, writer: Writer, exchange: Exchange, had: Moment, how: HowKnown, digest: Digest
) -> list[Told]:
    """Add the facts of a message to the log as `record_message` does, reading it from the store."""
    assert exchange.payload is not None
    if exchange.type == "APPREC":
        return []
    return record_message(installation, writer, exchange, understand(writer.blob(exchange.payload)), had, how, digest)


def record_message(
    installation: Installation,
    writer: Writer,
    exchange: Exchange,
    reading: Reading,
    had: Moment,
    how: HowKnown,
    digest: Digest,
) -> list[Told]:
    """Add the facts of a message to the log; nothing when it is not about a stay.

    What is in the log already is not added again, unless we now know an earlier moment for it: an AppRec that overtook
    the acknowledgment proves a later moment than the acknowledgment does.
    """
    whose = whose_stay(installation, reading)
    if whose is None or _is_copy(reading.head, exchange):
        return []
    recorded = [entry.entry.fact for entry in writer.facts(FactFilter(exchange_id=exchange.id))]
    transport = exchange.transport
    sent = Moment.at(transport.first_sent) if transport is not None and transport.first_sent is not None else None
    conveyance = Conveyance(
        had=had,
        how=how,
        digest=digest,
        sent=sent,
        receipt=_NOT_YET,
        convention=_convention(installation, exchange),
        ready=_ready_date(writer, exchange),
        service=_service(installation, exchange),
    )
    found = stay_facts(reading, conveyance)
    if chosen(installation.settings.choices).unreferenced is Unreferenced.MATCH:
        found = _with_original(writer, exchange, reading, whose, found)
    found = _with_first(writer, exchange, reading, found)
    now = installation.clock.now()
    told = []
    for fact in found.facts:
        if any(_is_no_news(fact, known) for known in recorded):
            continue
        writer.append_fact(
            StayFact(
                whose.patient, whose.hospital, fact, whose.municipality, found.admitted, found.references, exchange.id
            ),
            now,
        )
        told.append(Told(events.FACT_RECORDED, line_of(exchange, type(fact.what).__name__)))
        if isinstance(fact.what, Answer) and fact.what.answer is AnswerKind.UNCLEAR:
            told.append(Told(events.ANSWER_UNCLASSIFIED, line_of(exchange)))
    for doubt in () if recorded else found.doubts:
        writer.add_journal(JournalEntry(exchange.id, now, "for a person", doubt))
    return told


def _is_copy(head: Head | None, exchange: Exchange) -> bool:
    """Whether this exchange carries a copy: that another party had it says nothing of the one that was addressed."""
    return head is not None and exchange.receiver != head.receiver.party_her and exchange.receiver in head.copied_to


def _with_original(reader: Reader, exchange: Exchange, reading: Reading, whose: Whose, found: StayFacts) -> StayFacts:
    """A cancellation or correction that names no message, with the one that it must mean (`plo.md` X-6).

    That is the one message of the same type, patient and hospital with the very same events; several or none leave it
    to a person.
    """
    if not any(map(names_no_original, found.facts)):
        return found
    originals: dict[MsgId, None] = {}
    for recorded in reader.facts(FactFilter(patient=whose.patient, hospital=whose.hospital)):
        about = recorded.entry
        if about.exchange_id is None or isinstance(about.fact.what, _ABOUT_A_MESSAGE):
            continue
        candidate = reader.exchange(about.exchange_id)
        if candidate is None or candidate.payload is None or candidate.msg_id is None or candidate.id == exchange.id:
            continue
        alike = (candidate.type, candidate.sender) == (exchange.type, exchange.sender)
        said = kept_reading(reader, candidate) if alike else None
        if said is not None and _events(said) == _events(reading):
            originals[candidate.msg_id] = None
    return meaning(found, *originals) if len(originals) == 1 else found


def _with_first(reader: Reader, exchange: Exchange, reading: Reading, found: StayFacts) -> StayFacts:
    """A cancellation that names the latest change of a message, with the message itself: it ends the original and all
    its changes (HISD 1154 ch. 4).

    That is where the changes lead back to. Where they are not all here, a report's RefToConversation says it; that of
    a logistics message may be another message of the stay.
    """
    if len(found.references) < 2 or not any(isinstance(fact.what, Cancellation) for fact in found.facts):
        return found
    named, first = found.references
    step = _linked(reader, exchange, reading, named)
    for _ in range(_CHANGES):
        said = kept_reading(reader, step) if step is not None else None
        if step is None or said is None or said.head is None:
            break
        if said.status not in {"M", "O"}:
            if step.msg_id == first and step.type == exchange.type:
                return ending(found, first)
            return found if step.msg_id == named else replace(found, doubts=(*found.doubts, _ANOTHER_FIRST))
        parent = said.head.conversation.parent if said.head.conversation is not None else None
        step = _linked(reader, exchange, reading, parent)
    begun = _linked(reader, exchange, reading, first)
    if isinstance(reading.message, Logistics) or (begun is not None and begun.type != exchange.type):
        return found
    return ending(found, first)


_ANOTHER_FIRST = "a cancellation names a change, but not the message that was changed; see what it ends"

_CHANGES = 50
"""More changes of one message are not followed back."""


def _linked(reader: Reader, exchange: Exchange, reading: Reading, msg_id: MsgId | None) -> Exchange | None:
    """The message of this id between the same two parties."""
    assert reading.head is not None
    ours = reading.head.sender if exchange.direction is Direction.OUT else reading.head.receiver
    return _by_msg_id(reader, msg_id, ours.organisation_her, exchange.peer)


def kept_reading(reader: Reader, exchange: Exchange) -> Reading | None:
    """A message as it was read; None where it is kept no more or cannot be had."""
    if exchange.payload is None:
        return None
    try:
        return understand(reader.blob(exchange.payload))
    except AdapterError:
        return None


def _events(reading: Reading) -> frozenset[tuple[str, str]]:
    """Codes and times of the events of a logistics message; empty for any other."""
    if not isinstance(reading.message, Logistics):
        return frozenset()
    return frozenset(
        (
            event.code.v or "" if event.code is not None else "",
            _when(event.time.value) if event.time is not None else "",
        )
        for event in reading.message.events
    )


def _when(value: Moment | date | None) -> str:
    return instant_text(value.instant) if isinstance(value, Moment) else str(value)


def _is_no_news(fact: Fact, known: Fact) -> bool:
    if type(fact.what) is not type(known.what):
        return False
    if isinstance(fact.when, Moment) and isinstance(known.when, Moment):
        return known.when.instant <= fact.when.instant
    return True


def record_receipt(
    installation: Installation,
    writer: Writer,
    exchange: Exchange,
    accepted: bool,
    made: Moment,
    how: HowKnown,
    digest: Digest,
) -> list[Told]:
    """Add the AppRec of a message to the log, where the message itself is in it.

    The first one is final. A second one that says the same is nothing new, and one that says to be older than the
    first must not take its place (`apprec.md` §7.2 step 5); a later one that contradicts it is kept for a person.
    """
    if exchange.msg_id is None:
        return []
    status = ReceiptStatus.OK if accepted else ReceiptStatus.NEGATIVE
    for one in writer.facts(FactFilter(exchange_id=exchange.id)):
        first, when = one.entry.fact.what, one.entry.fact.when
        if isinstance(first, ReceiptGiven) and isinstance(when, Moment):
            if first.status is status or made.instant <= when.instant:
                return []
            break
    what = ReceiptGiven(exchange.msg_id, status)
    return _record_about(installation, writer, exchange, Fact(what, made, how, digest))


def record_classification(
    installation: Installation, writer: Writer, exchange: Exchange, answer: AnswerKind, promised: date | None
) -> list[Told]:
    """Add a person's reading of a received answer to the log (LI-042)."""
    assert exchange.msg_id is not None
    what = AnswerClassified(exchange.msg_id, answer, promised)
    return _record_about(
        installation, writer, exchange, Fact(what, Moment.at(installation.clock.now()), HowKnown.PERSON)
    )


def record_spoken_answer(installation: Installation, writer: Writer, exchange: Exchange, fact: Fact) -> list[Told]:
    """Add an answer that came by telephone, to the readiness message that we sent."""
    return _record_about(installation, writer, exchange, fact)


def _record_about(installation: Installation, writer: Writer, exchange: Exchange, fact: Fact) -> list[Told]:
    """Add a fact that is about a message in the log, to the stay of that message."""
    recorded = writer.facts(FactFilter(exchange_id=exchange.id))
    if not recorded:
        return []
    about = recorded[0].entry
    if any(entry.entry.fact.what == fact.what and entry.entry.fact.digest == fact.digest for entry in recorded):
        return []
    references = (exchange.msg_id,) if exchange.msg_id is not None else ()
    writer.append_fact(replace(about, fact=fact, references=references), installation.clock.now())
    return [Told(events.FACT_RECORDED, line_of(exchange, type(fact.what).__name__))]


def whose_stay(installation: Installation, reading: Reading) -> Whose | None:
    """Whose stay a message is about; None where it is about none."""
    head = reading.head
    if head is None or head.patient is None or reading.standard is None or reading.type in _NOT_ABOUT_A_STAY:
        return None
    sender, receiver = head.sender.organisation_her, head.receiver.organisation_her
    if sender is None or receiver is None:
        return None
    from_municipality = reading.standard.family in _FROM_THE_MUNICIPALITY
    hospital, municipality = (receiver, sender) if from_municipality else (sender, receiver)
    return Whose(installation.store.pseudonym(patient_identity(head.patient)), hospital, municipality)


def _convention(installation: Installation, exchange: Exchange) -> bool:
    """Whether the sender writes our own first line: we do, and partners that are marked to."""
    if installation.own(exchange.sender) is not None:
        return True
    partner = installation.partners.find(exchange.sender)
    return partner is not None and partner.reads_our_convention


def _service(installation: Installation, exchange: Exchange) -> MunicipalService | None:
    """What the addressee is in its municipality, as our configuration or its partner file says (LI-036)."""
    own = installation.own(exchange.receiver)
    addressee = installation.partners.find(exchange.receiver) if own is None else own
    return None if addressee is None else addressee.service


def _ready_date(reader: Reader, exchange: Exchange) -> date | None:
    """The ready date of the readiness message that an answer is about, also through the answers before it."""
    step = exchange
    for _ in range(_CHANGES):
        original = reader.exchange(step.answers) if step.answers is not None else None
        said = kept_reading(reader, original) if original is not None else None
        if original is None or said is None:
            return None
        if (found := ready_date(said)) is not None:
            return found
        step = original
    return None


def ready_date(reading: Reading) -> date | None:
    """The ready date that a readiness message names; None for any other message."""
    message = reading.message
    if not isinstance(message, Logistics):
        return None
    for event in message.events:
        if event.code is not None and event.code.v == Event.READY and event.time is not None:
            value = event.time.value
            return value.day if isinstance(value, Moment) else value
    return None


def answered_exchange(reader: Reader, head: Head, organisation: HerId | None, peer: HerId) -> Exchange | None:
    """The exchange that a message is linked to: the one it names, where that is of the same patient and went between
    the same organisations (LK-007). One that is kept no more, or names no patient, contradicts nothing."""
    named = named_exchange(reader, head, organisation, peer)
    said = kept_reading(reader, named) if named is not None else None
    if said is None or said.head is None:
        return named
    patients = {patient_identity(one.patient) for one in (said.head, head) if one.patient is not None}
    return named if len(patients) < 2 and same_pair(said.head, head) else None


def named_exchange(reader: Reader, head: Head, organisation: HerId | None, peer: HerId) -> Exchange | None:
    """The exchange that a message's ConversationRef names, sent by us or received (`msghead.md` §10.4)."""
    link = head.conversation
    for reference in (link.parent, link.conversation) if link is not None else ():
        found = _by_msg_id(reader, reference, organisation, peer)
        if found is not None:
            return found
    return None


def _by_msg_id(reader: Reader, msg_id: MsgId | None, organisation: HerId | None, peer: HerId) -> Exchange | None:
    if msg_id is None:
        return None
    sent = reader.find_sent(msg_id)
    if sent:
        return next((one for one in sent if one.receiver == peer), _addressed(reader, sent))
    taken = reader.taken(msg_id, organisation) if organisation is not None else None
    return reader.exchange(taken.exchange_id) if taken is not None else None


def _addressed(reader: Reader, sent: tuple[Exchange, ...]) -> Exchange:
    """Of a message and its copies the one to the receiver; the newest where the message is kept no more."""
    payload = sent[0].payload
    if len(sent) == 1 or payload is None or reader.gone(payload) is not None:
        return sent[0]
    head = understand(reader.blob(payload)).head
    wanted = head.receiver.party_her if head is not None else None
    return next((one for one in sent if one.receiver == wanted), sent[0])
