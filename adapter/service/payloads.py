"""What is done with a received payload message: verified, known or new, decrypted, judged, kept, answered.

Steps R6 to R13 of `ebxml.md` §1.3. Everything that follows from an accepted message is one transaction: the inbox row,
the dedupe record, the answer in the outbox, the facts, and the AppRec as a submission of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapter.crypto.refusal import RefusedError
from adapter.delivery import duplicates, receiver
from adapter.delivery.duplicates import Novelty, Seen, SignedReference
from adapter.delivery.receiver import ReceivedExchange, Reception
from adapter.envelope import open as opening
from adapter.envelope import respond
from adapter.envelope.header import MessageHeader, ReturnAddress
from adapter.envelope.names import eb
from adapter.envelope.open import Document, Message, VerifiedMessage
from adapter.envelope.plaintext import Form
from adapter.envelope.rules import judge_opened
from adapter.envelope.rules.rule import Context
from adapter.envelope.rules.subject import of_unpacked
from adapter.envelope.seal import Sealed
from adapter.envelope.shown import shown_type
from adapter.envelope.unpack import Unpacked
from adapter.errors import ATTACHMENT_MISMATCH, ENVELOPE_INCONSISTENT, REVOCATION_UNKNOWN, AdapterError
from adapter.facts import HowKnown
from adapter.messages.findings import Finding
from adapter.messages.read import read
from adapter.messages.reading import Reading
from adapter.messages.receipting import Case, Decision, Own, Silence, decide
from adapter.messages.rules.rule import Side
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service import agreements, ended_keys, receipts, remarking, vetting
from adapter.service.answers import Response, everything_wrong, objection, put_stored, refuse, signal_response
from adapter.service.choosing import chosen
from adapter.service.installation import Installation
from adapter.service.revocations import Vetted
from adapter.service.stay_log import answered_exchange, record_message
from adapter.service.steps import Told, line_of
from adapter.service.surrounding import judge_around
from adapter.store.port import (
    BlobKind,
    Direction,
    Exchange,
    InboxItem,
    JournalEntry,
    Mail,
    OutboxKind,
    Outcome,
    SeenEnvelope,
    TakenMessage,
    Writer,
)
from adapter.values import Digest, HerId, MessageId, Moment

NOT_IMPORTED = "not imported"
"""The journal's words for a message that the application did not get; the detail says why."""

IN_THE_INBOX = "in the inbox"
"""The journal's words for a message that the application can have from now on; each message has them once at most."""

CAME_WITH_OTHERS = "came in one message with others"
"""The journal's words at each message of an envelope but the first; the detail names the exchange of the first."""

ANOTHER_SENDER = "it names another sender than its envelope"

KEEP_SEEN = timedelta(days=30)
"""How long an envelope is remembered (`ebxml.md` §7.4)."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One verified payload message on its way through the judgement."""

    mail: Mail
    message: VerifiedMessage
    soap: Digest
    references: tuple[SignedReference, ...]
    vetted: Vetted | None

    @property
    def header(self) -> MessageHeader:
        return self.message.header

    @property
    def reply_to(self) -> ReturnAddress:
        header = self.header
        return ReturnAddress(
            header.sender.her,
            header.receiver.her,
            header.cpa_id,
            header.conversation_id,
            header.message_id.value,
        )


@dataclass(frozen=True, slots=True)
class _Letter:
    """One business message or AppRec of an envelope, and the octets of what came beside it."""

    reading: Reading
    beside: tuple[bytes, ...] = ()


def take_payload(installation: Installation, mail: Mail, unpacked: Unpacked) -> list[Told]:
    """Take a payload message in, or refuse it with the answer that the profile prescribes."""
    now = installation.clock.now()
    soap = Digest.of(unpacked.envelope.octets)
    try:
        message = opening.read(unpacked)
        seen = _seen(installation, message.header)
        if seen is not None and duplicates.identical_copy(seen.seen, soap):
            # A byte-identical copy of an envelope already verified is answered from the store (`ebxml.md` R7).
            return _repeat(installation, mail, message, seen)
        verified = agreements.verify(installation, message, now)
    except AdapterError as error:
        if error.kind.may_pass:
            raise
        return refuse(installation, mail, unpacked.kind, unpacked.reply_to, unpacked.mail, error)
    try:
        vetted = vetting.vet_signer(installation, verified, mail, now)
    except RefusedError as error:
        if error.kind is REVOCATION_UNKNOWN and seen is None:
            return refuse_verified(installation, mail, verified, error)
        return refuse(installation, mail, unpacked.kind, unpacked.reply_to, unpacked.mail, error)
    arrival = _arrived(mail, verified, vetted)
    references = arrival.references
    if seen is None:
        told = _take_new(installation, arrival, now)
        if told is not None:
            return told
        seen = _seen(installation, arrival.header)
        assert seen is not None
    if duplicates.judge(seen.seen, references) is Novelty.FALSE_DUPLICATE:
        return _false_duplicate(installation, arrival)
    return _repeat(installation, mail, arrival.message.message, seen)


def _arrived(mail: Mail, verified: VerifiedMessage, vetted: Vetted | None) -> _Arrival:
    soap = Digest.of(verified.message.unpacked.envelope.octets)
    references = tuple(SignedReference(one.uri, one.digest) for one in verified.check.references)
    return _Arrival(mail, verified, soap, references, vetted)


# ── known envelopes ─────────────────────────────────────────────────────────────────────────────────────────────────


def _seen(installation: Installation, header: MessageHeader) -> SeenEnvelope | None:
    return installation.store.read_now(lambda reader: reader.seen(header.sender.her, header.message_id))


def _repeat(installation: Installation, mail: Mail, message: Message, seen: SeenEnvelope) -> list[Told]:
    """Send the stored answer again; nothing else happens a second time (promise 2).

    A copy that asks for no acknowledgment is ignored (HIS 1037 §6.2.1).
    """
    header = message.header
    asks = message.unpacked.header.find(eb("AckRequested")) is not None
    now = installation.clock.now()
    to = ReturnAddress(header.sender.her, header.receiver.her, "", "", header.message_id.value)
    partner, own = installation.partners.find(to.sender), installation.own(to.receiver)

    def write(writer: Writer) -> None:
        event = Reception.DUPLICATE_IN_PROGRESS
        if asks and seen.seen.response is not None and partner is not None:
            event = Reception.DUPLICATE_ANSWERED
            sender = (own or installation.settings.party[0]).address
            answer_id = _answer_id(header)
            kept = Response(answer_id, b"", OutboxKind.SIGNAL, sender, partner.address, seen.exchange_id)
            put_stored(writer, kept, seen.seen.response, now)
        stepped = receiver.walk(mail.reception, now, Reception.HEADER_READ, event)
        writer.save_mail(replace(mail, reception=stepped, exchange_id=seen.exchange_id))
        if seen.exchange_id is not None:
            says = "the stored answer is sent again" if asks else "it asks for no answer and gets none (EB-605)"
            writer.add_journal(JournalEntry(seen.exchange_id, now, "came again", says))

    installation.store.write_now(write)
    line = Line(
        exchange=seen.exchange_id, message_id=header.message_id.value, partner=to.sender.value, state="duplicate"
    )
    return [Told(events.MESSAGE_DUPLICATED, line)]


def _false_duplicate(installation: Installation, arrival: _Arrival) -> list[Told]:
    """Another content under a known MessageId: refused, since the sender broke the rule of unique ids (§7.4)."""
    now = installation.clock.now()
    error = RefusedError(ENVELOPE_INCONSISTENT, "EB-208", "this MessageId was used for another content")
    response = _objection(installation, arrival, error)

    def write(writer: Writer) -> None:
        stepped = receiver.walk(
            arrival.mail.reception, now, Reception.HEADER_READ, Reception.DIFFERENT_CONTENT, reason=error.id
        )
        writer.save_mail(replace(arrival.mail, reception=stepped))
        if response is not None:
            response.put(writer, now)

    installation.store.write_now(write)
    return [Told(events.MESSAGE_REFUSED, _line(arrival, "false_duplicate", error.id))]


# ── new envelopes ───────────────────────────────────────────────────────────────────────────────────────────────────


def _take_new(installation: Installation, arrival: _Arrival, now: datetime) -> list[Told] | None:
    """Accept or refuse a new envelope; None when another worker has taken it in the meantime."""
    try:
        remarks = opening.admit(arrival.message.message, installation.own_hers, now)
        remarks += agreements.admit(installation, arrival.header)
        keys = installation.keys.at(arrival.mail.reception.received)
        documents = opening.decrypt(arrival.message, keys, installation.policy, now)
        if not documents:
            raise RefusedError(ATTACHMENT_MISMATCH, "EB-635", "there is no payload")
    except AdapterError as error:
        if error.kind.may_pass:
            raise
        received = arrival.mail.reception.received
        return [
            *_reject(installation, arrival, error),
            *ended_keys.told(installation, arrival.message, received, error),
        ]
    remarks += vetting.remarks(arrival.vetted)
    opened = judge_opened(of_unpacked(arrival.message.message.unpacked), Context(Side.RECEIVE, now))
    findings = (*arrival.message.findings, *remarks, *opened, *_of_documents(documents))
    try:
        vetting.require_form(installation, arrival.message, findings)
    except RefusedError as error:
        return _reject(installation, arrival, error)
    readings = _readings(installation, documents)
    findings += tuple(_remarks(installation, arrival, documents, readings))
    letters = _letters(documents, readings)
    answer_id = MessageId(installation.ids.fresh())
    warnings = respond.warnings(findings)
    vetting.require_signer(installation, now)
    sealed = (
        installation.sealer.object_to(arrival.reply_to, warnings, answer_id, now)
        if warnings
        else installation.sealer.acknowledge(arrival.message, answer_id, arrival.mail.reception.received, now)
    )
    outcome = Outcome.WARNED if warnings else Outcome.ACKNOWLEDGED
    told = [Told(events.MESSAGE_NOTED, _line(arrival, "accepted", finding.rule)) for finding in findings]
    accepted = installation.store.write_now(
        lambda writer: _accept(installation, writer, arrival, letters, sealed, outcome, now)
    )
    return told + accepted if accepted is not None else None


def _remarks(
    installation: Installation, arrival: _Arrival, documents: tuple[Document, ...], readings: tuple[Reading, ...]
) -> Iterator[Finding]:
    own, partner = installation.own(arrival.header.receiver.her), installation.partners.find(arrival.header.sender.her)
    address = own.address if own is not None else None
    yield from remarking.addresses(arrival.message.message.unpacked, partner, address)
    for document, reading in zip(documents, readings, strict=True):
        yield from remarking.namespaces(document, reading)


def _of_documents(documents: tuple[Document, ...]) -> Iterator[Finding]:
    """What was found on opening them; that a picture is no XML is no remark where it goes with a document that is."""
    some_xml = any(document.form is Form.XML for document in documents)
    for document in documents:
        yield from (one for one in document.findings if not (some_xml and one.rule == "EB-509"))


def _readings(installation: Installation, documents: tuple[Document, ...]) -> tuple[Reading, ...]:
    context = installation.context(Side.RECEIVE)
    return tuple(read(one.octets, installation.schemas, context) for one in documents)


def _letters(documents: tuple[Document, ...], readings: tuple[Reading, ...]) -> tuple[_Letter, ...]:
    """The letters among the attachments of a message; at least one.

    HIS 1037 §3.1 and §6.3.1 know one document with related attachments, and several independent documents. What is a
    business message or an AppRec is a letter, wherever it stands; anything else belongs to the first one. Without any
    the first document is taken for the main one, and judged as such.
    """
    mains = [place for place, one in enumerate(readings) if one.head is not None or one.apprec is not None] or [0]
    others = tuple(one.octets for place, one in enumerate(documents) if place not in mains)
    return (_Letter(readings[mains[0]], others), *(_Letter(readings[place]) for place in mains[1:]))


def _accept(
    installation: Installation,
    writer: Writer,
    arrival: _Arrival,
    letters: tuple[_Letter, ...],
    sealed: Sealed,
    outcome: Outcome,
    now: datetime,
) -> list[Told] | None:
    """Everything that follows from an accepted message, in one transaction; None, and nothing, when it is known."""
    header, mail = arrival.header, arrival.mail
    if writer.seen(header.sender.her, header.message_id) is not None:
        return None
    reception = receiver.walk(mail.reception, now, Reception.HEADER_READ, Reception.NEW_ENVELOPE, Reception.VALID)
    exchanges = [_received(installation, writer, arrival, letter, reception, now) for letter in letters]
    exchange = exchanges[0]
    writer.save_mail(replace(mail, reception=reception, exchange_id=exchange.id))
    for other in exchanges[1:]:
        writer.add_journal(JournalEntry(other.id, now, CAME_WITH_OTHERS, f"exchange {exchange.id}"))
    if arrival.vetted is not None:
        arrival.vetted.keep(writer, mail.raw)
    _reserve(writer, arrival, exchange.id, now)
    response = signal_response(installation, arrival.reply_to, sealed)
    assert response is not None
    digest = replace(response, id=_answer_id(header), exchange_id=exchange.id).put(writer, now)
    writer.answered(header.sender.her, header.message_id, digest, outcome)
    told = []
    types = frozenset(letter.reading.type for letter in letters if letter.reading.type is not None)
    for letter, received in zip(letters, exchanges, strict=True):
        if letter.reading.apprec is not None:
            told += receipts.take_apprec(installation, writer, received, letter.reading.apprec, mail.raw)
        else:
            told += _import(installation, writer, received, letter.reading, types, arrival.mail, now)
    return told


def _received(
    installation: Installation,
    writer: Writer,
    arrival: _Arrival,
    letter: _Letter,
    reception: ReceivedExchange,
    now: datetime,
) -> Exchange:
    """Keep a letter, and what came beside it, as an exchange of its own."""
    exchange = replace(_exchange(installation, writer, arrival, letter.reading, now), reception=reception)
    writer.add_exchange(exchange)
    writer.add_journal(JournalEntry(exchange.id, arrival.mail.reception.received, "received"))
    if letter.beside:
        writer.add_beside(exchange.id, [writer.put_blob(one, BlobKind.PAYLOAD, now) for one in letter.beside])
        says = f"{len(letter.beside)} other attachments"
        writer.add_journal(JournalEntry(exchange.id, now, "came with it", says))
    return exchange


def _import(
    installation: Installation,
    writer: Writer,
    exchange: Exchange,
    reading: Reading,
    types: frozenset[str],
    mail: Mail,
    now: datetime,
) -> list[Told]:
    """Give a business message to the application, or not, and answer it as `apprec.md` §5 decides."""
    if _under_another_name(installation, exchange, reading):
        writer.add_journal(JournalEntry(exchange.id, now, NOT_IMPORTED, ANOTHER_SENDER))
        return [Told(events.MESSAGE_PARKED, line_of(exchange, "accepted", "EB-508"))]
    parties = exchange.sender, exchange.receiver
    around = judge_around(installation, writer, reading, parties, Side.RECEIVE, exchange.action or "", types)
    for finding in around:
        writer.add_journal(JournalEntry(exchange.id, now, "noted", f"{finding.rule}: {finding.message}"))
    reading = reading.with_findings((*reading.findings, *around))
    decision = decide(case_of(installation, writer, reading, exchange))
    told = [Told(events.MESSAGE_NOTED, line_of(exchange, "accepted", finding.rule)) for finding in reading.findings]
    if decision.silence is not None:
        writer.add_journal(JournalEntry(exchange.id, now, NOT_IMPORTED, decision.silence.value))
        if decision.silence is Silence.DUPLICATE and _has_other_octets(installation, writer, reading, exchange):
            writer.add_journal(JournalEntry(exchange.id, now, "noted", "MH-014: the MsgId was used for other octets"))
            told.append(Told(events.MESSAGE_NOTED, line_of(exchange, "accepted", "MH-014")))
        if decision.silence is Silence.UNREADABLE and reading.refusal is not None:
            told += receipts.submit_unreadable(installation, writer, exchange, reading.refusal.kind)
        event = events.MESSAGE_PARKED if decision.silence is Silence.HELD else events.MESSAGE_REFUSED
        return [*told, Told(event, line_of(exchange, "accepted", decision.silence.name))]
    return told + answer_decided(installation, writer, exchange, reading, decision, mail)


def answer_decided(
    installation: Installation, writer: Writer, exchange: Exchange, reading: Reading, decision: Decision, mail: Mail
) -> list[Told]:
    """Do what was decided about a received message: the application gets it or not, and it is receipted."""
    now, told = installation.clock.now(), list[Told]()
    _take_ids(installation, writer, reading, exchange, now)
    if decision.imported:
        assert exchange.payload is not None
        writer.add_inbox(InboxItem(exchange.id, exchange.payload, mail.reception.received))
        writer.add_journal(JournalEntry(exchange.id, now, IN_THE_INBOX))
        told.append(Told(events.MESSAGE_DELIVERED, line_of(exchange, "accepted")))
        had = Moment.at(mail.reception.received)
        told += record_message(installation, writer, exchange, reading, had, HowKnown.THEIR_MESSAGE, mail.raw)
    else:
        writer.add_journal(JournalEntry(exchange.id, now, NOT_IMPORTED, _codes(decision)))
    if not decision.imported or installation.settings.inbox.apprec == "at_once":
        told += receipts.submit_apprecs(installation, writer, exchange, reading, decision)
    return told


def _exchange(
    installation: Installation, writer: Writer, arrival: _Arrival, reading: Reading, now: datetime
) -> Exchange:
    header, head, apprec = arrival.header, reading.head, reading.apprec
    sender_organisation = head.receiver.organisation_her if head is not None else None
    answered = answered_exchange(writer, head, sender_organisation, header.sender.her) if head is not None else None
    return Exchange(
        id=installation.ids.fresh(),
        direction=Direction.IN,
        type=reading.type or header.action,
        sender=header.sender.her,
        receiver=header.receiver.her,
        created_at=now,
        payload=writer.put_blob(reading.content, BlobKind.PAYLOAD, now),
        msg_id=head.msg_id if head is not None else apprec.id if apprec is not None else None,
        generated=head.generated if head is not None else apprec.generated if apprec is not None else None,
        message_id=header.message_id,
        conversation_id=header.conversation_id,
        cpa_id=header.cpa_id,
        service=header.service.value,
        action=header.action,
        from_role=header.sender.role,
        to_role=header.receiver.role,
        soap=arrival.soap,
        references=arrival.references,
        answers=answered.id if answered is not None else None,
    )


def _under_another_name(installation: Installation, exchange: Exchange, reading: Reading) -> bool:
    """Whether a message names a sender that did not sign its envelope, on either level (EB-508, a possible spoof)."""
    if reading.head is None:
        return False
    said, partner = reading.head.sender, installation.partners.find(exchange.sender)
    party, organisation = said.party_her, said.organisation_her
    return (party is not None and party != exchange.sender) or (
        organisation is not None and partner is not None and organisation != partner.organisation_her
    )


def case_of(installation: Installation, writer: Writer, reading: Reading, exchange: Exchange) -> Case:
    """What the decision about a received message rests on here and now."""
    parties = installation.settings.party
    own = Own(frozenset(party.organisation.her for party in parties), installation.own_hers)
    organisation = _organisation(installation, exchange)
    msg_id = reading.head.msg_id if reading.head is not None else None
    duplicate = msg_id is not None and writer.taken(msg_id, organisation) is not None
    return Case(reading, own, installation.codes, duplicate, chosen(installation.settings.choices))


def _has_other_octets(installation: Installation, writer: Writer, reading: Reading, exchange: Exchange) -> bool:
    """Whether the message that was taken under this MsgId was another one (MH-014)."""
    msg_id = reading.head.msg_id if reading.head is not None else None
    taken = writer.taken(msg_id, _organisation(installation, exchange)) if msg_id is not None else None
    return taken is not None and taken.payload != exchange.payload


def _take_ids(installation: Installation, writer: Writer, reading: Reading, exchange: Exchange, now: datetime) -> None:
    if reading.head is not None and reading.head.msg_id is not None and exchange.payload is not None:
        organisation = _organisation(installation, exchange)
        writer.take_msg_id(TakenMessage(reading.head.msg_id, organisation, exchange.id, exchange.payload, now))


def _organisation(installation: Installation, exchange: Exchange) -> HerId:
    own = installation.own(exchange.receiver)
    assert own is not None
    return own.organisation.her


def _codes(decision: Decision) -> str:
    return ", ".join(sorted({error.v or "" for due in decision.receipts for error in due.errors}))


# ── refusals of verified messages ───────────────────────────────────────────────────────────────────────────────────


def refuse_verified(
    installation: Installation, mail: Mail, verified: VerifiedMessage, error: AdapterError
) -> list[Told]:
    """Refuse a message whose signature holds, though of its certificate or agreement not all could be learnt.

    One that was answered before keeps its answer: never two different ones (`ebxml.md` §6.5).
    """
    seen = _seen(installation, verified.header)
    if seen is not None:
        return _repeat(installation, mail, verified.message, seen)
    return _reject(installation, _arrived(mail, verified, None), error)


def _reject(installation: Installation, arrival: _Arrival, error: AdapterError) -> list[Told]:
    """Refuse a verified message, and keep its id reserved with this answer, so that a copy hears the same."""
    now = installation.clock.now()
    response = _objection(installation, arrival, error)

    def write(writer: Writer) -> None:
        stepped = receiver.walk(
            arrival.mail.reception,
            now,
            Reception.HEADER_READ,
            Reception.NEW_ENVELOPE,
            Reception.RULE_BROKEN,
            reason=error.id,
        )
        writer.save_mail(replace(arrival.mail, reception=stepped))
        if response is not None and writer.seen(arrival.header.sender.her, arrival.header.message_id) is None:
            _reserve(writer, arrival, None, now)
            digest = replace(response, id=_answer_id(arrival.header)).put(writer, now)
            writer.answered(arrival.header.sender.her, arrival.header.message_id, digest, Outcome.REFUSED)

    installation.store.write_now(write)
    return [Told(events.MESSAGE_REFUSED, _line(arrival, "rejected", error.id))]


def _objection(installation: Installation, arrival: _Arrival, error: AdapterError) -> Response | None:
    errors = respond.errors(error, everything_wrong(installation, arrival.mail))
    sealed = objection(installation, arrival.reply_to, errors)
    return signal_response(installation, arrival.reply_to, sealed)


def _reserve(writer: Writer, arrival: _Arrival, exchange_id: str | None, now: datetime) -> None:
    writer.reserve(
        SeenEnvelope(
            arrival.header.sender.her,
            arrival.header.message_id,
            Seen(arrival.soap, arrival.references, None),
            Outcome.IN_PROGRESS,
            exchange_id,
            now,
            now + KEEP_SEEN,
        )
    )


def _answer_id(header: MessageHeader) -> str:
    """The outbox id of the answer to an envelope: the same one for a repetition."""
    return f"answer:{header.sender.her}:{header.message_id}"


def _line(arrival: _Arrival, state: str, rule: str | None = None) -> Line:
    header = arrival.header
    return Line(
        message_id=header.message_id.value,
        type=shown_type(header.action),
        partner=header.sender.her.value,
        state=state,
        rule=rule,
    )
