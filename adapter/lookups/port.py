"""What the service asks of others: who is behind a HER-id, how to reach them, and which certificates are theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from cryptography import x509

from adapter.envelope.cpa import Cpa
from adapter.envelope.plaintext import NATIONAL_PACKING, Packing
from adapter.errors import RECIPIENT_UNUSABLE, AdapterError
from adapter.facts import MunicipalService
from adapter.lookups.planned import Planned, in_use
from adapter.values import OSLO, EdiAddress, HerId


class PartyRole(StrEnum):
    """What a communication party is in the discharge process."""

    HOSPITAL = "hospital"
    MUNICIPALITY = "municipality"
    OTHER = "other"


class AnswerForm(StrEnum):
    """Which form of the readiness answer a partner takes (`plo.md` §1.5): B is the rule, A by agreement."""

    CLINICAL_DIALOG = "DIALOG_HELSEFAGLIG"
    NOTE = "DIALOG_NOTAT"


@dataclass(frozen=True, slots=True)
class Partner:
    """A communication party as a directory knows it: level 2 with the level 1 above it.

    `signing` holds every certificate that the party signs with (two during a change, `ebxml.md` §5.4), `encryption`
    those to encrypt to, each with its time. `reads_our_convention` marks a party whose readiness answers carry our own
    first line (`plo.md` §1.5). `sector` and `sender_type` are those of `design.md` §5. `service` is what the party is
    in its municipality, None where nothing is said or one party is several. `packing` is how payloads to it are
    encrypted.
    """

    her: HerId
    name: str
    organisation_her: HerId
    organisation_name: str
    address: EdiAddress
    signing: tuple[Planned, ...]
    encryption: tuple[Planned, ...]
    role: PartyRole = PartyRole.OTHER
    sector: str = "SOM"
    sender_type: str = "hospital"
    answer_form: AnswerForm = AnswerForm.CLINICAL_DIALOG
    reads_our_convention: bool = False
    service: MunicipalService | None = None
    source: str = "partner file"
    packing: Packing = NATIONAL_PACKING

    def believed(self, at: datetime) -> tuple[x509.Certificate, ...]:
        """What a message that arrives at a time may be signed with."""
        return tuple(dict.fromkeys(one.certificate for one in self.signing if one.is_believed(at)))

    def encryption_at(self, at: datetime) -> x509.Certificate:
        """The certificate to encrypt to at a time.

        Raises `AdapterError` (RECIPIENT_UNUSABLE) in a gap of the plan: the message waits.
        """
        found = in_use(self.encryption, at)
        if found is not None:
            return found.certificate
        begins = min((one.begins for one in self.encryption if one.begins > at), default=None)
        then = "none is planned" if begins is None else f"the next one begins {begins.astimezone(OSLO):%Y-%m-%d %H:%M}"
        raise AdapterError(
            RECIPIENT_UNUSABLE, f"{self.source} has no encryption certificate of HER-id {self.her} for now; {then}"
        )

    def not_over(self, at: datetime) -> tuple[x509.Certificate, ...]:
        """Every certificate whose time is not over, whatever for."""
        kept = (one.certificate for one in (*self.signing, *self.encryption) if one.until is None or at < one.until)
        return tuple(dict.fromkeys(kept))


@dataclass(frozen=True, slots=True)
class Listed:
    """A party as its file names it. What the file leaves to the address register is empty: `address` None, no
    certificates. `sha1_before` is the first day on which SHA-1 is refused from it again, None where it always is."""

    her: HerId
    name: str
    organisation_her: HerId
    organisation_name: str
    role: PartyRole
    sector: str
    sender_type: str
    answer_form: AnswerForm
    reads_our_convention: bool
    service: MunicipalService | None
    source: str
    address: EdiAddress | None
    signing: tuple[Planned, ...]
    encryption: tuple[Planned, ...]
    packing: Packing = NATIONAL_PACKING
    sha1_before: date | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys that the file leaves to the register."""
        needed = {
            "address": self.address,
            "signing_certificates": self.signing,
            "encryption_certificate": self.encryption,
        }
        return tuple(key for key, said in needed.items() if not said)

    @property
    def is_whole(self) -> bool:
        return not self.missing

    def partner(self, address: EdiAddress, signing: tuple[Planned, ...], encryption: tuple[Planned, ...]) -> Partner:
        """The party with what the file leaves out."""
        return Partner(
            her=self.her,
            name=self.name,
            organisation_her=self.organisation_her,
            organisation_name=self.organisation_name,
            address=address,
            signing=signing,
            encryption=encryption,
            role=self.role,
            sector=self.sector,
            sender_type=self.sender_type,
            answer_form=self.answer_form,
            reads_our_convention=self.reads_our_convention,
            service=self.service,
            source=self.source,
            packing=self.packing,
        )


@dataclass(frozen=True, slots=True)
class Renewed:
    """How often a register was asked, and of whom it says something else than before: each party once, with what."""

    asked: int = 0
    changed: tuple[tuple[HerId, str], ...] = ()


class Directory(Protocol):
    """A partner directory: the embedded folder of files, with or without the address register behind it."""

    def find(self, her: HerId) -> Partner | None:
        """The party with that HER-id, or None when the directory has none.

        Raises `AdapterError`: REGISTER_UNREACHABLE, or PARTNER_UNKNOWN with what is missing in the register.
        """
        ...

    def all(self) -> tuple[Partner, ...]:
        """Every party the directory knows, in order of HER-id."""
        ...

    def listed_as(self, her: HerId) -> Listed | None:
        """What the files say of a party; nobody is asked."""
        ...

    def hers(self) -> tuple[HerId, ...]:
        """The HER-ids of every party that there is a file of."""
        ...

    def agreements(self, one: HerId, other: HerId) -> tuple[Cpa, ...]:
        """Every agreement (CPA) of two parties that is known, in force or not.

        Raises `AdapterError` (REGISTER_UNREACHABLE).
        """
        ...

    def agreement(self, cpa_id: str) -> Cpa | None:
        """The agreement of that id. Raises `AdapterError` (REGISTER_UNREACHABLE)."""
        ...

    def kept_agreement(self, cpa_id: str) -> Cpa | None:
        """The agreement of that id, as far as it is here; nobody is asked."""
        ...

    @property
    def asks_register(self) -> bool:
        """Whether an agreement that is not here was asked for in a register."""
        ...

    def renew(self, own: Iterable[HerId]) -> Renewed:
        """Ask beside the traffic for what is not here or is nearly too old, about the partners of our parties `own`.

        About twice a day for each (HISD 1177 ch. 8). It asks a few things at once and stops when nobody answers.
        """
        ...

    def refresh(self, her: HerId) -> bool:
        """Ask anew about a party whose certificate surprised; says whether something is different now.

        It is what HITS 1216 §2.1.4 wants once before a refusal. Raises `AdapterError` (REGISTER_UNREACHABLE).
        """
        ...


class Authorities(Protocol):
    """Certificate authorities as they are asked about their certificates: octets in, octets out, nothing judged."""

    def ocsp(self, address: str, request: bytes) -> bytes:
        """The octets that a responder gave to a request. Raises `AdapterError` (LOOKUP_FAILED)."""
        ...

    def crl(self, address: str) -> bytes:
        """The octets of a list. Raises `AdapterError` (LOOKUP_FAILED)."""
        ...
