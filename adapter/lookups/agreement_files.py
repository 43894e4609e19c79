"""How an agreement (CPA) is taken into the partner folder: the document, its certificates, the partner's file.

A partner that has a file gets the agreement added to it; for a new one a file is written, for which somebody has to say
what no agreement tells: the organisation and the role. Nothing is overwritten but an older document of the same
agreement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from adapter.crypto.certificates import load_certificates
from adapter.envelope.cpa import Can, Cpa, CpaParty
from adapter.errors import CPA_UNREADABLE, FILE_UNREADABLE, PARTNER_UNKNOWN, AdapterError
from adapter.lookups.directory import FolderDirectory
from adapter.lookups.port import PartyRole
from adapter.values import HerId

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
    partner without file when no `newcomer` is given, FILE_UNREADABLE, CERTIFICATE_UNREADABLE.
    """
    theirs = [party for party in cpa.parties if party.her not in own]
    if len(theirs) != 1:
        hers = " and ".join(party.her.value for party in cpa.parties)
        raise AdapterError(CPA_UNREADABLE, f"it is between {hers}; exactly one of them must be a [[party]] of ours")
    party = theirs[0]
    stem = f"{party.her}-{_NOT_IN_NAMES.sub('_', cpa.id)[:80]}"
    name = f"{stem}.cpa.xml"
    entry = f'\n[[agreement]]\nfile = "{name}"\nstatus = "{cpa.status.name.lower()}"\n'
    partner_file = folder / f"{party.her}.toml"
    listed = directory.listed_as(party.her)
    if listed is None and newcomer is None:
        says = f"HER-id {party.her} has no partner file; say its organisation (HER-id and name) and its role"
        raise AdapterError(PARTNER_UNKNOWN, says)
    if listed is not None:
        partner_file = folder / listed.source.removeprefix("partner file ")
    try:
        written: list[Path] = []
        if newcomer is not None and listed is None:
            written += [_write(folder / name, document), *_certificates(folder, party, stem)]
            written.append(_write(partner_file, _partner(party, newcomer, stem, entry).encode()))
            return Imported(party.her, tuple(written))
        written.append(_write(folder / name, document))
        known = partner_file.read_text("utf-8")
        if f'file = "{name}"' not in known:
            written.append(_write(partner_file, (known.rstrip("\n") + "\n" + entry).encode()))
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{error.filename}: {error.strerror}") from None
    return Imported(party.her, tuple(written))


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
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return path
