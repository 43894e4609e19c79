"""What is put into a package: the facts of one stay and everything that they rest on, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from adapter.crypto.certificates import Usage
from adapter.crypto.revocation import Outcome
from adapter.crypto.standing import Form
from adapter.delivery.recorded import RecordedFact
from adapter.evidence.algorithms import TakenWithSha1
from adapter.liability.case import Sector, SenderType
from adapter.values import Digest, HerId, Moment


@dataclass(frozen=True, slots=True)
class Sealed:
    """Octets with a signed envelope: a whole mail that was `received`, or else the MIME body that we sent."""

    octets: bytes
    received: bool


@dataclass(frozen=True, slots=True)
class Attachment:
    """A decrypted attachment. `content_key` opens its ciphertext; empty where it was encrypted to somebody else."""

    octets: bytes
    content_key: bytes = b""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of the exporter's journal, for a person."""

    at: datetime
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Record:
    """What the exporter's own books say about one message: nobody else signed it.

    `received` and `first_sent` are None for the other direction, or before it happened. `transport` and `receipt` are
    the words of `adapter list`, `errors` the codes of a negative AppRec. `msg_id` is empty where it has none.
    """

    type: str
    sender: HerId
    receiver: HerId
    msg_id: str
    created_at: datetime
    received: datetime | None
    first_sent: datetime | None
    resends: int
    transport: str
    receipt: str
    errors: tuple[str, ...]
    journal: tuple[JournalLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of the stay, business message or AppRec, with the signals about it.

    `sealed` is empty where the octets are not kept any more or were never sealed.
    """

    record: Record
    sealed: tuple[Sealed, ...]
    attachments: tuple[Attachment, ...]
    answers: tuple[Sealed, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the fact log without its text: place, time of writing, digest, and the two hashes."""

    seq: int
    recorded_at: datetime
    digest: Digest
    previous: Digest
    hash: Digest


@dataclass(frozen=True, slots=True)
class Terms:
    """The files that decided: the baseline, the agreements in their order (TOML), the tables of prices (JSON).

    `profile` names the agreement, or those that follow each other, as `agreement_text` writes it.
    """

    baseline: bytes
    agreements: tuple[bytes, ...]
    profile: str
    rates: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """A certificate that a HER-id signed with, as its messages show it."""

    her: HerId
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Certificates:
    """Everything that leads from a signature to a root."""

    roots: tuple[x509.Certificate, ...]
    issuers: tuple[x509.Certificate, ...]
    parties: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """The stay, who is concerned, and when it was decided. `stay` is its key, or a running number."""

    stay: str
    hospital: HerId
    municipality: HerId | None
    sector: Sector
    sender_type: SenderType
    as_of: Moment


@dataclass(frozen=True, slots=True)
class IssuerAnswer:
    """What an issuer said about one certificate of a path (0 is the leaf): an OCSP response or a CRL, DER."""

    link: int
    form: Form
    octets: bytes


@dataclass(frozen=True, slots=True)
class RevocationCheck:
    """What was found out about the certificate behind a mail when it was taken, or encrypted to. `chain` is DER, from
    the certificate to the root; `action` is what the exporter's configuration made of it."""

    message: Digest
    usage: Usage
    judged_at: datetime
    outcome: Outcome
    action: str
    reason: str
    chain: tuple[bytes, ...]
    answers: tuple[IssuerAnswer, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """A whole stay. `facts` are those of the stay in the order of the log, `chain` every entry from first to last."""

    subject: Subject
    facts: tuple[RecordedFact, ...]
    chain: tuple[Link, ...]
    letters: tuple[Letter, ...]
    terms: Terms
    certificates: Certificates
    made_at: datetime
    software: str
    checks: tuple[RevocationCheck, ...] = ()
    sha1: tuple[TakenWithSha1, ...] = ()
