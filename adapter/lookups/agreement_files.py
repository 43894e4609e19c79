"""How an agreement (CPA) is taken into the partner folder: the document, its certificates, the partner's file.

A partner that has a file gets the agreement added to it; for a new one a file is written, for which somebody has to say
what no agreement tells: the organisation and the role. Nothing is overwritten but an older document of the same
agreement, and how the register stood to it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from adapter.crypto.certificates import load_certificates
from adapter.envelope.cpa import Can, Cpa, CpaParty, CpaStatus, read_cpa
from adapter.errors import CONFIG_INVALID, CPA_UNREADABLE, FILE_UNREADABLE, PARTNER_UNKNOWN, AdapterError
from adapter.lookups.directory import AgreementFile, FolderDirectory, PartnerFile
from adapter.lookups.port import PartyRole
from adapter.lookups.toml_files import read_section
from adapter.values import Digest, HerId

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class Imported:
    """Whose agreement it is, and what was written, in order."""

    partner: HerId
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is to be said of a partner that has no file yet."""

    organisation: HerId
    organisation_name: str
    role: PartyRole


def import_agreement(
    folder: Path,
    directory: FolderDirectory,
    cpa: Cpa,
    document: bytes,
    own: frozenset[HerId],
    newcomer: Newcomer | None,
) -> Imported:
    """Write an agreement between one of us and a partner into the folder.

    Raises `AdapterError`: CPA_UNREADABLE when it is not between one of us and somebody else, PARTNER_UNKNOWN for a
    partner without file when no `newcomer` is given, CONFIG_INVALID for a partner's file that it cannot be written
    into, FILE_UNREADABLE, CERTIFICATE_UNREADABLE.
    """
    theirs = [party for party in cpa.parties if party.her not in own]
    if len(theirs) != 1:
        hers = " and ".join(party.her.value for party in cpa.parties)
        raise AdapterError(CPA_UNREADABLE, f"it is between {hers}; exactly one of them must be a [[party]] of ours")
    party = theirs[0]
    stem = _free_stem(folder, party.her, cpa.id)
    name = f"{stem}.cpa.xml"
    entry = f'\n[[agreement]]\nfile = "{name}"\nstatus = "{_word(cpa)}"\n'
    listed = directory.listed_as(party.her)
    if listed is None and newcomer is None:
        says = f"HER-id {party.her} has no partner file; say its organisation (HER-id and name) and its role"
        raise AdapterError(PARTNER_UNKNOWN, says)
    try:
        if newcomer is not None and listed is None:
            written = [_write(folder / name, document), *_certificates(folder, party, stem)]
            partner_file = folder / f"{party.her}.toml"
            written.append(_write(partner_file, _partner(party, newcomer, stem, entry).encode()))
            return Imported(party.her, tuple(written))
        assert listed is not None
        partner_file = folder / listed.source.removeprefix("partner file ")
        before = partner_file.read_text("utf-8")
        there = _entry(partner_file, before, cpa.id)
        if there is None:
            path, after = folder / name, before.rstrip("\n") + "\n" + entry
        else:
            path, after = there.file, _with_status(partner_file, before, there, cpa)
        _section(partner_file, after)
        written = [_write(path, document)]
        if after != before:
            written.append(_write(partner_file, after.encode()))
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{error.filename}: {error.strerror}") from None
    return Imported(party.her, tuple(written))


def _free_stem(folder: Path, her: HerId, cpa_id: str) -> str:
    """How the files of an agreement begin. Ids that differ only in what no file name holds keep apart."""
    stem = f"{her}-{_NOT_IN_NAMES.sub('_', cpa_id)[:80]}"
    path = folder / f"{stem}.cpa.xml"
    if not path.exists() or _id_in(path) == cpa_id:
        return stem
    return f"{stem}-{Digest.of(cpa_id.encode()).value[:16]}"


def _id_in(path: Path) -> str | None:
    """The id of the agreement in a file; None where none can be read."""
    try:
        return read_cpa(path.read_bytes(), CpaStatus.VALID).id
    except (OSError, AdapterError):
        return None


def _section(partner_file: Path, content: str) -> PartnerFile:
    """A partner's file as it would be read. Raises `AdapterError` (CONFIG_INVALID)."""
    said = read_section(PartnerFile, content.encode(), partner_file.absolute().parent)
    if isinstance(said, PartnerFile):
        return said
    raise AdapterError(CONFIG_INVALID, "\n".join([f"with the agreement in {partner_file.name}:", *said]))


def _entry(partner_file: Path, content: str, cpa_id: str) -> AgreementFile | None:
    """What a partner's file says of an agreement."""
    said = _section(partner_file, content).agreement
    return next((one for one in said if _id_in(one.file) == cpa_id), None)


def _with_status(partner_file: Path, content: str, there: AgreementFile, cpa: Cpa) -> str:
    """The file with how the register stands to the agreement now. Raises `AdapterError` (CONFIG_INVALID) where the
    table does not look as we write it."""
    if there.status == _word(cpa):
        return content
    table = f'file = "{there.file.name}"\nstatus = "'
    if f'{table}{there.status}"\n' not in content:
        says = f'{partner_file.name}: its [[agreement]] of {there.file.name} is to have status = "{_word(cpa)}"'
        raise AdapterError(CONFIG_INVALID, f"{says}; change it there, then import again")
    return content.replace(f'{table}{there.status}"\n', f'{table}{_word(cpa)}"\n', 1)


def _word(cpa: Cpa) -> str:
    return cpa.status.name.lower()


def _certificates(folder: Path, party: CpaParty, stem: str) -> list[Path]:
    encryption = next((one.encryption for one in party.bindings if one.can is Can.RECEIVE and one.encryption), b"")
    if not party.signing or not encryption:
        raise AdapterError(CPA_UNREADABLE, f"it names no signing or no encryption certificate of HER-id {party.her}")
    named = (certificate for one in (party.signing[0], encryption) for certificate in load_certificates(one))
    pem = [certificate.public_bytes(Encoding.PEM) for certificate in named]
    return [_write(folder / f"{stem}-signing.crt", pem[0]), _write(folder / f"{stem}-encryption.crt", pem[1])]


def _partner(party: CpaParty, newcomer: Newcomer, stem: str, entry: str) -> str:
    addresses = (party.address(one) for one in party.bindings if one.can is Can.RECEIVE)
    address = next((one for one in addresses if one is not None), None)
    if address is None:
        raise AdapterError(CPA_UNREADABLE, f"it names no mail address of HER-id {party.her}")
    return f"""# Written from an agreement (CPA).
her = "{party.her}"
name = {_quoted(party.name or f"HER-id {party.her}")}
organisation = {{ her = "{newcomer.organisation}", name = {_quoted(newcomer.organisation_name)} }}
role = "{newcomer.role.value}"
address = "{address}"
signing_certificates = ["{stem}-signing.crt"]
encryption_certificate = "{stem}-encryption.crt"
{entry}"""


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = "".join(f"\\u{ord(sign):04x}" if ord(sign) < 0x20 or sign in '"\\\x7f' else sign for sign in text)
    return f'"{escaped}"'


def _write(path: Path, content: bytes) -> Path:
    unfinished = path.with_name(f".{path.name}.new")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return path
