"""What do we hand out when a bill is disputed: everything a stay rests on, collected from store and settings.

Only what was believed when it arrived goes in: mails that became exchanges, and signals that still verify against the
partner directory or that a fact rests on. Octets that the store does not keep any more are left out, and the check of
the package names them. Every export is a line in the journal of each exchange (`liability.md` §11.9).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from cryptography import x509

from adapter.crypto import cms_foreign
from adapter.crypto.certificates import load_certificates
from adapter.crypto.policy import NATIONAL, Policy
from adapter.delivery.recorded import RecordedFact
from adapter.envelope import open as opening
from adapter.envelope.manifest import Manifest
from adapter.envelope.names import ds
from adapter.envelope.open import Message
from adapter.envelope.plaintext import unwrap
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import STORE_EXPIRED, STORE_MISSING, AdapterError
from adapter.evidence.algorithms import TakenWithSha1, policy_of
from adapter.evidence.anonymised import pack_anonymised
from adapter.evidence.dossier import (
    Attachment,
    Certificates,
    Dossier,
    IssuerAnswer,
    JournalLine,
    Letter,
    Link,
    Party,
    Record,
    RevocationCheck,
    Sealed,
    Subject,
    Terms,
)
from adapter.evidence.outcome import agreement_text, own_names
from adapter.evidence.package import pack
from adapter.evidence.report import Report
from adapter.evidence.verify import verify
from adapter.facts import ReceiptGiven
from adapter.liability.profiles import BASELINE, Profile
from adapter.service.accounts import KnownStay, case_of, find_stay, known_stays, readings_of
from adapter.service.agreements import expected_signer
from adapter.service.build_json import SOFTWARE
from adapter.service.installation import Installation, signer
from adapter.service.vetting import sha1_note
from adapter.service.views import apprec_word, transport_word
from adapter.store.port import Direction, Exchange, FactFilter, JournalEntry, Reader, Writer
from adapter.values import Digest, Moment, instant_of

_LAST_NUMBER = "evidence:last_number"
_NUMBER = "evidence:number:"
"""Notes of the store: the last running number given, and which stay each stands for. They never leave this store."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished package, what a check of it says, and under which name the stay stands in it."""

    package: bytes
    report: Report
    stay: str


def export(installation: Installation, wanted: str, as_of: datetime | None, *, anonymised: bool) -> Exported:
    """Make the package of a stay, named by its key or the beginning of it, as of a time (None: now).

    Raises `AdapterError` (STAY_UNKNOWN, and those of policies, rates, keys and the store).
    """
    known = find_stay(known_stays(installation.store), wanted)
    dossier = collect(installation, known, as_of or installation.clock.now())
    identity = signer(installation.settings).at(installation.clock.now())
    if anonymised:
        number = installation.store.write_now(lambda writer: _next_number(writer, known.stay.key))
        package = pack_anonymised(dossier, number, identity)
    else:
        package = pack(dossier, identity)
    exchanges = {one.entry.exchange_id for one in dossier.facts if one.entry.exchange_id is not None}
    form = "anonymised" if anonymised else "full"
    installation.store.write_now(lambda writer: _tell(installation, writer, exchanges, form, Digest.of(package)))
    report = verify(package, installation.anchors.roots)
    return Exported(package, report, report.manifest.stay)


def _next_number(writer: Writer, stay: str) -> int:
    number = int(writer.note(_LAST_NUMBER) or "0") + 1
    writer.keep_note(_LAST_NUMBER, str(number))
    writer.keep_note(f"{_NUMBER}{number}", stay)
    return number


def _tell(installation: Installation, writer: Writer, exchanges: set[str], form: str, digest: Digest) -> None:
    now = installation.clock.now()
    for exchange_id in sorted(exchanges):
        writer.add_journal(JournalEntry(exchange_id, now, f"exported as evidence ({form})", f"SHA-256 {digest}"))


def collect(installation: Installation, known: KnownStay, as_of: datetime) -> Dossier:
    """Everything about a stay, read at one moment."""
    settings = installation.settings
    case = case_of(settings, known)
    profile = readings_of(settings, installation.in_force.terms, known, as_of).profile
    whose = known.whose
    subject = Subject(
        known.stay.key, whose.hospital, whose.municipality, case.sector, case.sender_type, Moment.at(as_of)
    )

    def read(reader: Reader) -> Dossier:
        facts = _facts(reader, known)
        letters = tuple(_letters(installation, reader, facts))
        return Dossier(
            subject,
            facts,
            _chain(reader, facts),
            letters,
            _terms(installation, profile),
            Certificates(installation.anchors.roots, installation.anchors.issuing, tuple(_parties(letters))),
            installation.clock.now(),
            f"{SOFTWARE.name} {SOFTWARE.version}",
            tuple(_checks(reader, letters)),
            tuple(_taken_with_sha1(reader, letters)),
        )

    return installation.store.read_now(read)


def _facts(reader: Reader, known: KnownStay) -> tuple[RecordedFact, ...]:
    """The facts of the stay, and those in whose place a better proof has come."""
    whose = known.whose
    which = FactFilter(hospital=whose.hospital, municipality=whose.municipality)
    recorded = [
        one
        for one in reader.facts(which)
        if one.entry.patient.value == whose.patient and one.entry.municipality == whose.municipality
    ]
    members = set(known.stay.facts)
    kinds = {_kind(one) for one in recorded if one.entry.fact in members and one.entry.exchange_id is not None}
    return tuple(one for one in recorded if one.entry.fact in members or _kind(one) in kinds)


def _kind(one: RecordedFact) -> tuple[str | None, type[object]]:
    return one.entry.exchange_id, type(one.entry.fact.what)


def _chain(reader: Reader, facts: tuple[RecordedFact, ...]) -> tuple[Link, ...]:
    first, last = facts[0].seq, facts[-1].seq
    return tuple(
        Link(one.seq, one.recorded_at, one.digest, one.previous, one.hash)
        for one in reader.facts(FactFilter(after_seq=first - 1))
        if one.seq <= last
    )


def _terms(installation: Installation, profile: Profile) -> Terms:
    files, text = installation.in_force.terms.files, agreement_text(profile)
    agreements = tuple(files.policies[name] for name in own_names(text))
    return Terms(files.policies[BASELINE], agreements, text, files.rates)


# ── messages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _letters(installation: Installation, reader: Reader, facts: tuple[RecordedFact, ...]) -> Iterator[Letter]:
    """The messages of the facts and the AppRecs for them, in order of time."""
    proving = frozenset(one.entry.fact.digest for one in facts if one.entry.fact.digest is not None)
    found: dict[str, Exchange] = {}
    for one in facts:
        exchange = reader.exchange(one.entry.exchange_id) if one.entry.exchange_id is not None else None
        if exchange is not None:
            found[exchange.id] = exchange
            found |= {about.id: about for about in reader.related(exchange.id) if about.receipt_for == exchange.id}
        if isinstance(one.entry.fact.what, ReceiptGiven) and one.entry.fact.digest is not None:
            received = _received(reader, one.entry.fact.digest)
            if received is not None:
                found[received.id] = received
    for exchange in sorted(found.values(), key=lambda one: (one.created_at, one.type == "APPREC", one.id)):
        if exchange.direction is Direction.IN:
            yield _incoming(installation, reader, exchange, proving)
        else:
            yield _outgoing(installation, reader, exchange, proving)


def _received(reader: Reader, mail: Digest) -> Exchange | None:
    """The exchange that a mail became; None for octets that are no mail."""
    octets = _blob(reader, mail)
    message = _message(octets[0]) if octets else None
    if message is None:
        return None
    return reader.by_message_id(Direction.IN, message.header.message_id, message.header.sender.her)


def _incoming(installation: Installation, reader: Reader, exchange: Exchange, proving: frozenset[Digest]) -> Letter:
    mails = [mail.raw for mail in reader.mails_of([exchange.id])]
    first = next((raw for raw in mails if raw in proving), mails[0] if mails else None)
    octets = _blob(reader, first)
    answer: tuple[bytes, ...] = ()
    if exchange.message_id is not None:
        seen = reader.seen(exchange.sender, exchange.message_id)
        answer = _blob(reader, seen.seen.response) if seen is not None else ()
    return Letter(
        _record(reader, exchange),
        tuple(Sealed(one, received=True) for one in octets),
        tuple(_opened(installation, octets, _blob(reader, exchange.payload))),
        tuple(Sealed(one, received=False) for one in answer),
    )


def _outgoing(installation: Installation, reader: Reader, exchange: Exchange, proving: frozenset[Digest]) -> Letter:
    answers = []
    for mail in reader.mails_of([exchange.id]):
        octets = _blob(reader, mail.raw)
        policy = policy_of(_taken(reader, mail.raw))
        if octets and (mail.raw in proving or _is_their_signal(installation, exchange, octets[0], policy)):
            answers.append(Sealed(octets[0], received=True))
    return Letter(
        _record(reader, exchange),
        tuple(Sealed(one, received=False) for one in _blob(reader, exchange.sealed)),
        tuple(Attachment(one) for one in _blob(reader, exchange.payload)),
        tuple(answers),
    )


def _is_their_signal(installation: Installation, exchange: Exchange, octets: bytes, policy: Policy) -> bool:
    """Whether a mail is a signal of the receiver; what could not be believed when it came is no evidence."""
    message = _message(octets)
    if message is None or not message.kind.is_signal or message.header.sender.her != exchange.receiver:
        return False
    try:
        her, at = message.header.sender.her, message.header.timestamp.instant
        opening.verify(message, expected_signer(installation, her, at), policy, at)
    except AdapterError:
        return False
    return True


def _opened(installation: Installation, mail: tuple[bytes, ...], payload: tuple[bytes, ...]) -> Iterator[Attachment]:
    """The documents of a received mail with the keys that open them, the first as it was stored when it came."""
    message = _message(mail[0]) if mail else None
    if message is None or not isinstance(message.content, Manifest):
        yield from map(Attachment, payload)
        return
    octets = {part.content_id: part.octets for part in message.unpacked.attachments}
    at = message.header.timestamp.instant
    day = at.date()
    for number, reference in enumerate(message.content.references):
        sealed = octets[reference.content_id]
        try:
            key = cms_foreign.content_key(sealed, installation.keys.at(at), NATIONAL, day)
            document = unwrap(cms_foreign.open_with(sealed, key, NATIONAL, day)).octets
        except AdapterError:
            if not number:
                yield from map(Attachment, payload)
            continue
        stored = payload[0] if payload and not number else document
        yield Attachment(stored, key)


def _message(octets: bytes) -> Message | None:
    """The envelope of a mail; None where it has none that can be read."""
    try:
        unpacked = unpack(octets)
        return opening.read(unpacked) if isinstance(unpacked, Unpacked) else None
    except AdapterError:
        return None


def _blob(reader: Reader, digest: Digest | None) -> tuple[bytes, ...]:
    """The octets; none where the store does not keep them. Raises `AdapterError` (STORE_CORRUPT)."""
    if digest is None:
        return ()
    try:
        return (reader.blob(digest),)
    except AdapterError as error:
        if error.kind in {STORE_MISSING, STORE_EXPIRED}:
            return ()
        raise


def _record(reader: Reader, exchange: Exchange) -> Record:
    return Record(
        type=exchange.type,
        sender=exchange.sender,
        receiver=exchange.receiver,
        msg_id=exchange.msg_id.value if exchange.msg_id is not None else "",
        created_at=exchange.created_at,
        received=exchange.reception.received if exchange.reception is not None else None,
        first_sent=exchange.transport.first_sent if exchange.transport is not None else None,
        resends=exchange.transport.resends if exchange.transport is not None else 0,
        transport=transport_word(exchange),
        receipt=apprec_word(exchange) or "",
        errors=exchange.receipt.errors if exchange.receipt is not None else (),
        journal=(
            *(JournalLine(line.at, line.what, line.detail) for line in reader.journal(exchange.id)),
            *(JournalLine(at, "octets removed by retention", what) for what, at in gone_octets(reader, exchange)),
        ),
    )


def gone_octets(reader: Reader, exchange: Exchange) -> Iterator[tuple[str, datetime]]:
    """What of an exchange retention has removed, and when: the octets by the name and digest they had."""
    named = [("payload", exchange.payload), ("sealed", exchange.sealed)]
    named += [("mail", mail.raw) for mail in reader.mails_of([exchange.id])]
    for name, digest in named:
        at = reader.gone(digest) if digest is not None else None
        if at is not None:
            yield f"{name}, SHA-256 {digest}", at


# ── certificates ────────────────────────────────────────────────────────────────────────────────────────────────────


def _checks(reader: Reader, letters: tuple[Letter, ...]) -> Iterator[RevocationCheck]:
    """What was found out about the certificates behind the mails, with the octets of paths and answers."""
    digests = [Digest.of(sealed.octets) for letter in letters for sealed in (*letter.sealed, *letter.answers)]
    for check in reader.certificate_checks(dict.fromkeys(digests)):
        yield RevocationCheck(
            check.message,
            check.usage,
            check.judged_at,
            check.outcome,
            check.action.value,
            check.reason,
            tuple(reader.blob(one) for one in check.chain),
            tuple(IssuerAnswer(one.link, one.form, reader.blob(one.octets)) for one in check.answers),
        )


def _taken_with_sha1(reader: Reader, letters: tuple[Letter, ...]) -> Iterator[TakenWithSha1]:
    """The mails that were believed under the SHA-1 switch of a partner, each with the end of it at that time."""
    for digest in dict.fromkeys(
        Digest.of(one.octets) for letter in letters for one in (*letter.sealed, *letter.answers)
    ):
        taken = _taken(reader, digest)
        if taken is not None:
            yield taken


def _taken(reader: Reader, mail: Digest) -> TakenWithSha1 | None:
    note = reader.note(sha1_note(mail))
    if note is None:
        return None
    before, at, allowed_by = (*note.split(" ", 2), "")[:3]
    return TakenWithSha1(mail, instant_of(at), date.fromisoformat(before), allowed_by)


def _parties(letters: tuple[Letter, ...]) -> Iterator[Party]:
    """What every HER-id signed with, from the signatures themselves: the directory may know newer ones by now."""
    found: dict[Party, None] = {}
    for letter in letters:
        for sealed in (*letter.sealed, *letter.answers):
            message = _message(sealed.octets)
            if message is not None:
                found |= {Party(message.header.sender.her, one): None for one in _shown(message)}
    yield from found


def _shown(message: Message) -> Iterator[x509.Certificate]:
    for element in message.unpacked.header.iter(ds("X509Certificate")):
        lines = "".join((element.text or "").split())
        pem = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n".encode("ascii", "ignore")
        try:
            yield from load_certificates(pem)
        except AdapterError:
            continue
