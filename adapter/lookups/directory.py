"""The embedded partner directory: a folder with one TOML file per communication party.

A file names the party, its organisation, its EDI address and its certificates (PEM files beside it). Every mistake of
every file is reported at once. The whole folder is read anew by `load`; nothing of an old reading stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from cryptography import x509
from pydantic import BeforeValidator, Field, model_validator

from adapter.crypto.certificates import load_certificates
from adapter.crypto.cms import ContentCipher
from adapter.envelope.agreement import usable_certificates
from adapter.envelope.cpa import Cpa, CpaStatus, read_cpa
from adapter.envelope.plaintext import Packing, PlaintextForm
from adapter.errors import CONFIG_INVALID, AdapterError
from adapter.lookups.planned import Planned
from adapter.lookups.port import AnswerForm, Listed, Partner, PartyRole, Renewed
from adapter.lookups.toml_files import (
    Address,
    FilePath,
    Her,
    Name,
    Organisation,
    PlannedMoment,
    Role,
    Section,
    Sector,
    SenderType,
    Service,
    read_section,
)
from adapter.values import HerId


class AgreementFile(Section):
    """An agreement (CPA) with this partner: its file, and how the register stands to it (HISD 1177 §6.2)."""

    file: FilePath
    """The agreement, a CPA document."""
    status: Literal["proposed", "valid", "revoked", "expired", "superseded"] = "valid"
    """How the register stands to it."""


class PlannedFile(Section):
    """A certificate of the partner with its time, in a change: A until, then B. A path alone is one without times.

    A signing certificate is believed until its `until` and the 84 hours after. Of two encryption certificates that hold
    the one that began last is taken; where none holds messages wait. Left out, the register is asked.
    """

    file: FilePath
    """The certificate, PEM."""
    first: Annotated[PlannedMoment | None, Field(alias="from")] = None
    """The partner uses it from then on; left out, without beginning. A date is its first moment, a time without offset
    is Oslo time."""
    until: PlannedMoment | None = None
    """The partner uses it until then; left out, without end."""

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.first is not None and self.until is not None and self.first >= self.until:
            raise ValueError("from must lie before until")
        return self


def _plan(value: object) -> object:
    """One path, one table, or a list of both, is a list of tables."""
    several = value if isinstance(value, list) else [value]
    return [{"file": one} if isinstance(one, str) else one for one in several]


Plan = Annotated[tuple[PlannedFile, ...], BeforeValidator(_plan)]


class PartnerFile(Section):
    """One partner as its file says it."""

    her: Her
    """HER-id of the partner."""
    name: Name
    """Its name."""
    organisation: Organisation
    """The organisation that it belongs to."""
    address: Address | None = None
    """Its EDI address; left out, the register is asked."""
    signing_certificates: Plan = ()
    """Certificates that it signs with, PEM: paths, or tables `{ file, from, until }`; several while it changes from one
    to the next. Each is believed until its `until` and the 84 hours after. Left out, the register is asked."""
    encryption_certificate: Plan = ()
    """Certificate that we encrypt to, PEM: a path, or in a change a list of tables `{ file, from, until }`. Of two that
    hold, the one that began last is taken; where none holds messages wait. Left out, the register is asked."""
    role: Role = "other"
    """What the partner is in the matter of stays."""
    sector: Sector = "SOM"
    """Its sector."""
    sender_type: SenderType = "hospital"
    """What kind of sender it is; only hospitals' stays can be payable."""
    answer_form: AnswerForm = AnswerForm.CLINICAL_DIALOG
    """Which message answers a readiness message to or from it (X-16)."""
    service: Service | None = None
    """Which service of its municipality the partner is; left out where one party stands for several (LI-036)."""
    convention: bool = False
    """Whether its answers to readiness messages begin with our own line, which is read without a person."""
    plaintext: PlaintextForm = PlaintextForm.RAW
    """What is encrypted for it: `raw`, the document itself, as HIS 1037 §5.5 has it, or `mime`, a MIME part that holds
    the document, as HITS 1172 §5.15 has it. Only for a partner that opens nothing else; received, both are opened."""
    content_encryption: ContentCipher = ContentCipher.AES_256
    """What payloads to it are encrypted with: `aes256-cbc`, or for a partner that cannot read that `aes128-cbc` or, as
    the last resort, `des-ede3-cbc` (Triple DES, which is old)."""
    sha1_before: date | None = None
    """The first day on which a message that it has signed with SHA-1 is refused again (EB-311, EB-317); left out, it is
    refused on every day. Only for a partner that cannot sign with SHA-256 yet; each such message is remarked on."""
    agreement: tuple[AgreementFile, ...] = ()
    """Agreements (CPA) with it."""


@dataclass(frozen=True, slots=True)
class FolderDirectory:
    """The parties of one reading of the folder, in order of HER-id. Use `load` to make one."""

    listed: tuple[Listed, ...]
    partners: tuple[Partner, ...] = ()
    known_agreements: tuple[Cpa, ...] = ()

    def listed_as(self, her: HerId) -> Listed | None:
        """What the files say of a party."""
        return next((one for one in self.listed if one.her == her), None)

    def find(self, her: HerId) -> Partner | None:
        return next((partner for partner in self.partners if partner.her == her), None)

    def all(self) -> tuple[Partner, ...]:
        return self.partners

    def hers(self) -> tuple[HerId, ...]:
        return tuple(one.her for one in self.listed)

    def agreements_of(self, her: HerId) -> tuple[Cpa, ...]:
        """Every agreement that a party has with one of us."""
        return tuple(cpa for cpa in self.known_agreements if cpa.party(her) is not None)

    def agreements(self, one: HerId, other: HerId) -> tuple[Cpa, ...]:
        return tuple(cpa for cpa in self.known_agreements if cpa.is_between(one, other))

    def agreement(self, cpa_id: str) -> Cpa | None:
        return next((cpa for cpa in self.known_agreements if cpa.id == cpa_id), None)

    def kept_agreement(self, cpa_id: str) -> Cpa | None:
        return self.agreement(cpa_id)

    @property
    def asks_register(self) -> bool:
        return False

    def renew(self, own: Iterable[HerId]) -> Renewed:
        return Renewed()

    def refresh(self, her: HerId) -> bool:
        return False


def load(folder: Path, *, register: bool = False) -> FolderDirectory:
    """Read every `*.toml` of a folder; with a `register` a file may leave address and certificates to it.

    Raises `AdapterError` (CONFIG_INVALID) with every mistake of every file, one a line.
    """
    if not folder.is_dir():
        raise AdapterError(CONFIG_INVALID, f"partners.folder: there is no folder {folder}")
    partners: list[Listed] = []
    agreements: dict[str, Cpa] = {}
    wrong: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            partner, found = _read(path)
            if not register and not partner.is_whole:
                raise _FileError(
                    tuple(f"{key}: is missing, and there is no [register] to ask" for key in partner.missing)
                )
            partners.append(partner)
            differing = {cpa.id for cpa in found if agreements.setdefault(cpa.id, cpa) != cpa}
            wrong += [f"  {path.name}: agreement {cpa_id} stands twice, and not alike" for cpa_id in sorted(differing)]
        except _FileError as error:
            wrong += [f"  {path.name}: {line}" for line in error.lines]
    seen: dict[HerId, int] = {}
    for partner in partners:
        seen[partner.her] = seen.get(partner.her, 0) + 1
    wrong += [f"  HER-id {her} stands in {count} files" for her, count in seen.items() if count > 1]
    if wrong:
        raise AdapterError(CONFIG_INVALID, "\n".join([str(folder), *wrong]))
    ordered = sorted(partners, key=lambda partner: int(partner.her.value))
    known = tuple(agreements.values())
    return FolderDirectory(tuple(ordered), tuple(_partners(ordered, known)), known)


def _partners(listed: Iterable[Listed], agreements: tuple[Cpa, ...]) -> Iterator[Partner]:
    """Those that their files name whole; a party may also sign with what its agreements name."""
    for one in listed:
        if one.address is not None and one.is_whole:
            agreed = (Planned(found) for found in usable_certificates(agreements, one.her))
            yield one.partner(one.address, tuple(dict.fromkeys((*one.signing, *agreed))), one.encryption)


class _FileError(Exception):
    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines


def _read(path: Path) -> tuple[Listed, tuple[Cpa, ...]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _FileError((f"cannot be read: {error.strerror}",)) from None
    said = read_section(PartnerFile, content, path.absolute().parent)
    if not isinstance(said, PartnerFile):
        raise _FileError(said)
    listed = Listed(
        her=said.her,
        name=said.name,
        organisation_her=said.organisation.her,
        organisation_name=said.organisation.name,
        role=PartyRole(said.role),
        sector=said.sector,
        sender_type=said.sender_type,
        answer_form=said.answer_form,
        reads_our_convention=said.convention,
        service=said.service,
        source=f"partner file {path.name}",
        address=said.address,
        signing=_planned(said.signing_certificates, "signing_certificates"),
        encryption=_planned(said.encryption_certificate, "encryption_certificate"),
        packing=Packing(said.plaintext, said.content_encryption),
        sha1_before=said.sha1_before,
    )
    return listed, tuple(_agreement(one, said.her) for one in said.agreement)


def _agreement(said: AgreementFile, her: HerId) -> Cpa:
    try:
        cpa = read_cpa(said.file.read_bytes(), CpaStatus[said.status.upper()])
    except OSError as error:
        raise _FileError((f"agreement: {said.file}: {error.strerror}",)) from None
    except AdapterError as error:
        raise _FileError((f"agreement: {said.file}: {error}",)) from None
    if cpa.party(her) is None:
        raise _FileError((f"agreement: {said.file}: HER-id {her} is none of its parties",))
    return cpa


def _planned(plan: Plan, key: str) -> tuple[Planned, ...]:
    return tuple(Planned(_certificate(one.file, key), one.first, one.until) for one in plan)


def _certificate(path: Path, key: str) -> x509.Certificate:
    try:
        (certificate, *_) = load_certificates(path.read_bytes())
    except OSError as error:
        raise _FileError((f"{key}: {path}: {error.strerror}",)) from None
    except AdapterError:
        raise _FileError((f"{key}: {path} holds no PEM certificate",)) from None
    return certificate
