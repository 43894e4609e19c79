"""How does a dossier become the one file that is handed out?

The same dossier and key give the same octets. The manifest and its signature come first, so that a package that was
cut off still says what it should hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.crypto.keys import SigningIdentity
from adapter.delivery.fact_json import Json, write_entry
from adapter.delivery.recorded import best_proved
from adapter.evidence import layout
from adapter.evidence.algorithms import algorithm_members
from adapter.evidence.container import Member, write
from adapter.evidence.document import written
from adapter.evidence.dossier import Certificates, Dossier, Letter, Link, Record
from adapter.evidence.manifest import Form, Manifest, listed, sign, write_manifest
from adapter.evidence.outcome import decide_again, decision_members, terms_members, write_case
from adapter.evidence.revocations import revocation_members
from adapter.values import Digest, instant_text


def pack(dossier: Dossier, signer: SigningIdentity) -> bytes:
    """The full package, for the parties only. Raises `ValueError` where the terms of the dossier cannot be read."""
    facts = (one.entry.fact for one in best_proved(dossier.facts))
    readings = decide_again(dossier.subject, facts, dossier.terms)
    members = [
        write_case(dossier.subject, dossier.terms.profile),
        *decision_members(readings, in_words=True),
        *terms_members(dossier.terms),
        *(Member(layout.fact(number), write_entry(one.entry).encode()) for number, one in enumerate(dossier.facts, 1)),
        chain_member(dossier.chain),
        *certificate_members(dossier.certificates, signer.certificate),
        *revocation_members(dossier.checks),
        *algorithm_members(dossier.sha1),
    ]
    for number, letter in enumerate(dossier.letters, 1):
        members += _letter(number, letter)
    return signed(Form.FULL, dossier, members, signer)


def signed(form: Form, dossier: Dossier, members: Iterable[Member], signer: SigningIdentity) -> bytes:
    """The file of these members, with the manifest of them and its signature before them."""
    kept = tuple(members)
    stay, made_at, software = dossier.subject.stay, dossier.made_at, dossier.software
    manifest = write_manifest(Manifest(form, stay, made_at, software, tuple(map(listed, kept))))
    head = (Member(layout.MANIFEST, manifest), Member(layout.SIGNATURE, sign(manifest, signer)))
    return write((*head, *kept))


def chain_member(chain: tuple[Link, ...]) -> Member:
    """The stretch of the log, of other stays nothing but the digests."""
    return Member(layout.CHAIN, written({"links": [_link(one) for one in chain]}))


def _link(link: Link) -> dict[str, Json]:
    return {
        "seq": link.seq,
        "recorded_at": instant_text(link.recorded_at),
        "digest": link.digest.value,
        "previous": link.previous.value,
        "hash": link.hash.value,
    }


def certificate_members(certificates: Certificates, exporter: x509.Certificate) -> Iterator[Member]:
    """Roots, issuers, the exporter's own, and what each party signed with."""
    numbers: dict[str, int] = {}
    rows = [("root", one) for one in certificates.roots]
    rows += [("issuer", one) for one in certificates.issuers]
    rows += [("exporter", exporter)]
    rows += [(one.her.value, one.certificate) for one in certificates.parties]
    for whose, certificate in rows:
        numbers[whose] = numbers.get(whose, 0) + 1
        yield Member(layout.certificate(whose, numbers[whose]), certificate.public_bytes(Encoding.PEM))


def _letter(number: int, letter: Letter) -> Iterator[Member]:
    yield Member(layout.record(number), written(record_json(letter.record, with_journal=True)))
    for sealed in letter.sealed:
        name = layout.received_mail(number) if sealed.received else layout.sent_body(number)
        yield Member(name, sealed.octets)
    for part, attachment in enumerate(letter.attachments, 1):
        yield Member(layout.document(number, part), attachment.octets)
        if attachment.content_key:
            yield Member(layout.content_key(number, part), attachment.content_key)
    for position, answer in enumerate(letter.answers, 1):
        yield Member(layout.answer(number, position, received=answer.received), answer.octets)


def record_json(record: Record, *, with_journal: bool) -> dict[str, Json]:
    """The exporter's books about one message."""
    told: dict[str, Json] = {
        "type": record.type,
        "sender": record.sender.value,
        "receiver": record.receiver.value,
        "msg_id": record.msg_id,
        "created_at": instant_text(record.created_at),
        "received": _text(record.received),
        "first_sent": _text(record.first_sent),
        "resends": record.resends,
        "transport": record.transport,
        "receipt": record.receipt,
        "errors": list(record.errors),
    }
    if with_journal:
        told["journal"] = [
            {"at": instant_text(line.at), "what": line.what, "detail": line.detail} for line in record.journal
        ]
    return told


def digest_or_none(octets: tuple[bytes, ...]) -> str | None:
    """The digest of the first octets, where there are any."""
    return Digest.of(octets[0]).value if octets else None


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant_text(instant)
