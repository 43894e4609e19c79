"""What is done with a received payload message, up to its acceptance: verified, known or new, decrypted, answered.

Steps R6 to R13 of `ebxml.md` §1.3; what becomes of each letter in it, `letters` says. Everything that follows from an
accepted message is one transaction: the inbox row, the dedupe record, the answer in the outbox, the facts, and the
AppRec as a submission of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.delivery import duplicates, receiver
from adapter.delivery.duplicates import Novelty, Seen, SignedReference
from adapter.delivery.receiver import Reception
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
from adapter.messages.findings import Finding
from adapter.messages.read import read
from adapter.messages.reading import Reading
from adapter.messages.rules.rule import Side
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service import agreements, ended_keys, receipts, remarking, vetting
from adapter.service.answers import Response, everything_wrong, objection, put_stored, refuse, signal_response
from adapter.service.installation import Installation
from adapter.service.kept_refusals import KEEP_SEEN, KeptRefusal
from adapter.service.letters import CAME_WITH_OTHERS, Arrival, Letter, judged_letter, kept_letter, letters_of
from adapter.service.revocations import Vetted
from adapter.service.steps import Told
from adapter.store.port import (
    JournalEntry,
    Mail,
    OutboxKind,
    Outcome,
    SeenEnvelope,
    Writer,
)
from adapter.values import Digest, MessageId


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
    installation.metrics.heard(arrival.header.monitoring.system, arrival.header.monitoring.version)
    references = arrival.references
    if seen is None:
        seen = _refused_unverified(installation, arrival, now)
    if seen is None:
        told = _take_new(installation, arrival, now)
        if told is not None:
            return told
        seen = _seen(installation, arrival.header)
        assert seen is not None
    if duplicates.judge(seen.seen, references) is Novelty.FALSE_DUPLICATE:
        return _false_duplicate(installation, arrival)
    return _repeat(installation, mail, arrival.message.message, seen)


def _arrived(mail: Mail, verified: VerifiedMessage, vetted: Vetted | None) -> Arrival:
    soap = Digest.of(verified.message.unpacked.envelope.octets)
    references = tuple(SignedReference(one.uri, one.digest) for one in verified.check.references)
    return Arrival(mail, verified, soap, references, vetted)


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
            refusal = KeptRefusal(seen.seen.soap)
            was_refused_so = refusal.answer(writer, now) == seen.seen.response
            answer_id = refusal.outbox_id if was_refused_so else _answer_id(header)
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


def _refused_unverified(installation: Installation, arrival: Arrival, now: datetime) -> SeenEnvelope | None:
    """What is known of a verified envelope, octet for octet one that was refused unverified: reserved with that answer.

    Nobody gets an Acknowledgment after an Error for one message, and what was rejected is not delivered (`ebxml.md`
    §6.5). Other octets under its id are new: an id is nobody's but the verified sender's (§7.4).
    """
    kept = KeptRefusal(arrival.soap)
    if installation.store.read_now(lambda reader: kept.answer(reader, now)) is None:
        return None

    def write(writer: Writer) -> None:
        answer = kept.answer(writer, now)
        if answer is not None and writer.seen(arrival.header.sender.her, arrival.header.message_id) is None:
            _reserve(writer, arrival, None, now)
            writer.answered(arrival.header.sender.her, arrival.header.message_id, answer, Outcome.REFUSED)

    installation.store.write_now(write)
    return _seen(installation, arrival.header)


def _false_duplicate(installation: Installation, arrival: Arrival) -> list[Told]:
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


def _take_new(installation: Installation, arrival: Arrival, now: datetime) -> list[Told] | None:
    """Accept or refuse a new envelope; None when another worker has taken it in the meantime."""
    try:
        remarks = opening.admit(arrival.message.message, installation.own_hers, arrival.mail.reception.received)
        remarks += agreements.admit(installation, arrival.header)
        keys = installation.keys.at(arrival.mail.reception.received)
        documents = opening.decrypt(arrival.message, keys, NATIONAL, now)
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
    received = arrival.mail.reception.received
    opened = judge_opened(of_unpacked(arrival.message.message.unpacked), Context(Side.RECEIVE, received))
    findings = (*arrival.message.findings, *remarks, *opened, *_of_documents(documents))
    try:
        vetting.require_form(installation, arrival.message, findings)
    except RefusedError as error:
        return _reject(installation, arrival, error)
    readings = _readings(installation, documents)
    findings += tuple(_remarks(installation, arrival, documents, readings))
    letters = letters_of(documents, readings)
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
    installation: Installation, arrival: Arrival, documents: tuple[Document, ...], readings: tuple[Reading, ...]
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


def _accept(
    installation: Installation,
    writer: Writer,
    arrival: Arrival,
    letters: tuple[Letter, ...],
    sealed: Sealed,
    outcome: Outcome,
    now: datetime,
) -> list[Told] | None:
    """Everything that follows from an accepted message, in one transaction; None, and nothing, when it is known."""
    header, mail = arrival.header, arrival.mail
    if writer.seen(header.sender.her, header.message_id) is not None:
        return None
    reception = receiver.walk(mail.reception, now, Reception.HEADER_READ, Reception.NEW_ENVELOPE, Reception.VALID)
    exchanges = [kept_letter(installation, writer, arrival, letter, reception, now) for letter in letters]
    exchange = exchanges[0]
    writer.save_mail(replace(mail, reception=reception, exchange_id=exchange.id))
    for other in exchanges[1:]:
        writer.add_journal(JournalEntry(other.id, now, CAME_WITH_OTHERS, f"exchange {exchange.id}"))
    if arrival.vetted is not None:
        arrival.vetted.keep(writer, mail.raw)
    _reserve(writer, arrival, exchange.id, now)
    response = signal_response(installation, arrival.reply_to, sealed.message_id.value, sealed.body)
    assert response is not None
    digest = replace(response, id=_answer_id(header), exchange_id=exchange.id).put(writer, now)
    writer.answered(header.sender.her, header.message_id, digest, outcome)
    told = []
    types = frozenset(letter.reading.type for letter in letters if letter.reading.type is not None)
    for letter, received in zip(letters, exchanges, strict=True):
        if letter.reading.apprec is not None:
            told += receipts.note_findings(writer, received, letter.reading, now)
            told += receipts.take_apprec(installation, writer, received, letter.reading.apprec, mail.raw)
        else:
            told += judged_letter(installation, writer, received, letter.reading, types, arrival, now)
    return told


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


def _reject(installation: Installation, arrival: Arrival, error: AdapterError) -> list[Told]:
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


def _objection(installation: Installation, arrival: Arrival, error: AdapterError) -> Response | None:
    errors = respond.errors(error, everything_wrong(installation, arrival.mail, error))
    sealed = objection(installation, arrival.reply_to, errors)
    return signal_response(installation, arrival.reply_to, sealed.message_id.value, sealed.body)


def _reserve(writer: Writer, arrival: Arrival, exchange_id: str | None, now: datetime) -> None:
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


def _line(arrival: Arrival, state: str, rule: str | None = None) -> Line:
    header = arrival.header
    return Line(
        message_id=header.message_id.value,
        type=shown_type(header.action),
        partner=header.sender.her.value,
        state=state,
        rule=rule,
    )
