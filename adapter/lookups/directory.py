"""The embedded partner directory: a folder with one TOML file per communication party.

A file names the party, its organisation, its EDI address and its certificates (PEM files beside it). Every mistake of
every file is reported at once. The whole folder is read anew by `load`; nothing of an old reading stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cryptography import x509
from pydantic import Field

from adapter.envelope.agreement import usable_certificates
from adapter.envelope.cpa import Cpa, CpaStatus, read_cpa
from adapter.errors import CONFIG_INVALID, AdapterError
from adapter.lookups.port import AnswerForm, Partner, PartyRole
from adapter.lookups.toml_files import (
    Address,
    FilePath,
    Her,
    Name,
    Organisation,
    Role,
    Section,
    Sector,
    SenderType,
    read_section,
)
from adapter.values import HerId


class _AgreementFile(Section):
    """An agreement (CPA) with this partner: its file, and how the register stands to it (HISD 1177 §6.2)."""

    file: FilePath
    status: Literal["proposed", "valid", "revoked", "expired", "superseded"] = "valid"


class _PartnerFile(Section):
    her: Her
    name: Name
    organisation: Organisation
    address: Address
    signing_certificates: Annotated[tuple[FilePath, ...], Field(min_length=1)]
    encryption_certificate: FilePath
    role: Role = "other"
    sector: Sector = "SOM"
    sender_type: SenderType = "hospital"
    answer_form: AnswerForm = AnswerForm.CLINICAL_DIALOG
    convention: bool = False
    agreement: tuple[_AgreementFile, ...] = ()


@dataclass(frozen=True, slots=True)
class FolderDirectory:
    """The parties of one reading of the folder. Use `load` to make one."""

    partners: tuple[Partner, ...]
    known_agreements: tuple[Cpa, ...] = ()

    def find(self, her: HerId) -> Partner | None:
        return next((partner for partner in self.partners if partner.her == her), None)

    def all(self) -> tuple[Partner, ...]:
        return self.partners

    def agreements(self, one: HerId, other: HerId) -> tuple[Cpa, ...]:
        return tuple(cpa for cpa in self.known_agreements if cpa.is_between(one, other))

    def agreement(self, cpa_id: str) -> Cpa | None:
        return next((cpa for cpa in self.known_agreements if cpa.id == cpa_id), None)

    def kept_agreement(self, cpa_id: str) -> Cpa | None:
        return self.agreement(cpa_id)

    @property
    def asks_register(self) -> bool:
        return False

    def refresh(self, her: HerId) -> bool:
        return False


def load(folder: Path) -> FolderDirectory:
    """Read every `*.toml` of a folder.

    Raises `AdapterError` (CONFIG_INVALID) with every mistake of every file, one a line.
    """
    if not folder.is_dir():
        raise AdapterError(CONFIG_INVALID, f"partners.folder: there is no folder {folder}")
    partners: list[Partner] = []
    agreements: dict[str, Cpa] = {}
    wrong: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            partner, found = _read(path)
            partners.append(partner)
            agreements |= {cpa.id: cpa for cpa in found}
        except _FileError as error:
            wrong += [f"  {path.name}: {line}" for line in error.lines]
    seen: dict[HerId, int] = {}
    for partner in partners:
        seen[partner.her] = seen.get(partner.her, 0) + 1
    wrong += [f"  HER-id {her} stands in {count} files" for her, count in seen.items() if count > 1]
    if wrong:
        raise AdapterError(CONFIG_INVALID, "\n".join([str(folder), *wrong]))
    ordered = sorted(partners, key=lambda partner: int(partner.her.value))
    return FolderDirectory(tuple(ordered), tuple(agreements.values()))


class _FileError(Exception):
    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines


def _read(path: Path) -> tuple[Partner, tuple[Cpa, ...]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _FileError((f"cannot be read: {error.strerror}",)) from None
    said = read_section(_PartnerFile, content, path.absolute().parent)
    if not isinstance(said, _PartnerFile):
        raise _FileError(said)
    agreements = tuple(_agreement(one, said.her) for one in said.agreement)
    listed = tuple(_certificate(file, "signing_certificates") for file in said.signing_certificates)
    agreed = usable_certificates(agreements, said.her)
    partner = Partner(
        her=said.her,
        name=said.name,
        organisation_her=said.organisation.her,
        organisation_name=said.organisation.name,
        address=said.address,
        signing=tuple(dict.fromkeys((*listed, *agreed))),
        encryption=_certificate(said.encryption_certificate, "encryption_certificate"),
        role=PartyRole(said.role),
        sector=said.sector,
        sender_type=said.sender_type,
        answer_form=said.answer_form,
        reads_our_convention=said.convention,
        source=f"partner file {path.name}",
    )
    return partner, agreements


def _agreement(said: _AgreementFile, her: HerId) -> Cpa:
    try:
        cpa = read_cpa(said.file.read_bytes(), CpaStatus[said.status.upper()])
    except OSError as error:
        raise _FileError((f"agreement: {said.file}: {error.strerror}",)) from None
    except AdapterError as error:
        raise _FileError((f"agreement: {said.file}: {error}",)) from None
    if cpa.party(her) is None:
        raise _FileError((f"agreement: {said.file}: HER-id {her} is none of its parties",))
    return cpa


def _certificate(path: Path, key: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise _FileError((f"{key}: {path}: {error.strerror}",)) from None
    except ValueError:
        raise _FileError((f"{key}: {path} holds no PEM certificate",)) from None
