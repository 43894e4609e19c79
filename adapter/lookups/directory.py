"""The embedded partner directory: a folder with one TOML file per communication party.

A file names the party, its organisation, its EDI address and its certificates (PEM files beside it). Every mistake of
every file is reported at once. The whole folder is read anew by `load`; nothing of an old reading stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cryptography import x509
from pydantic import Field

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


@dataclass(frozen=True, slots=True)
class FolderDirectory:
    """The parties of one reading of the folder. Use `load` to make one."""

    partners: tuple[Partner, ...]

    def find(self, her: HerId) -> Partner | None:
        return next((partner for partner in self.partners if partner.her == her), None)

    def all(self) -> tuple[Partner, ...]:
        return self.partners


def load(folder: Path) -> FolderDirectory:
    """Read every `*.toml` of a folder.

    Raises `AdapterError` (CONFIG_INVALID) with every mistake of every file, one a line.
    """
    if not folder.is_dir():
        raise AdapterError(CONFIG_INVALID, f"partners.folder: there is no folder {folder}")
    partners: list[Partner] = []
    wrong: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            partners.append(_read(path))
        except _FileError as error:
            wrong += [f"  {path.name}: {line}" for line in error.lines]
    seen: dict[HerId, int] = {}
    for partner in partners:
        seen[partner.her] = seen.get(partner.her, 0) + 1
    wrong += [f"  HER-id {her} stands in {count} files" for her, count in seen.items() if count > 1]
    if wrong:
        raise AdapterError(CONFIG_INVALID, "\n".join([str(folder), *wrong]))
    return FolderDirectory(tuple(sorted(partners, key=lambda partner: int(partner.her.value))))


class _FileError(Exception):
    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines


def _read(path: Path) -> Partner:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _FileError((f"cannot be read: {error.strerror}",)) from None
    said = read_section(_PartnerFile, content, path.absolute().parent)
    if not isinstance(said, _PartnerFile):
        raise _FileError(said)
    return Partner(
        her=said.her,
        name=said.name,
        organisation_her=said.organisation.her,
        organisation_name=said.organisation.name,
        address=said.address,
        signing=tuple(_certificate(file, "signing_certificates") for file in said.signing_certificates),
        encryption=_certificate(said.encryption_certificate, "encryption_certificate"),
        role=PartyRole(said.role),
        sector=said.sector,
        sender_type=said.sender_type,
        answer_form=said.answer_form,
        reads_our_convention=said.convention,
        source=f"partner file {path.name}",
    )


def _certificate(path: Path, key: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise _FileError((f"{key}: {path}: {error.strerror}",)) from None
    except ValueError:
        raise _FileError((f"{key}: {path} holds no PEM certificate",)) from None
