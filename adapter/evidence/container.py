"""How are many members one file: a ZIP that has only one way to be written, so that no octet of it goes unwatched.

Every program that opens ZIP files opens this one. The members are stored without compression, one after another, with
one fixed time and no extra fields; behind them stands the directory. What is read is compared with the one way to
write it, so a change between the members is found as surely as one within them. Nothing can unfold to more than the
file itself: a compressed member is no member of ours.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adapter.errors import EVIDENCE_UNREADABLE, AdapterError

MAX_OCTETS = 500_000_000
"""A package over this size is not read. The largest mail of the net has 51 million octets."""

MAX_MEMBERS = 60_000
"""What the form can count, and some less."""

_MARK = re.compile(rb"PK(?:\x03\x04|\x01\x02|\x05\x06)")
_MEMBER, _ENTRY, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_HEADER = struct.Struct("<4s5H3I2H")
_DIRECTORY = struct.Struct("<4s6H3I5H2I")
_LAST = struct.Struct("<4s4H2IH")
_NAME = re.compile(r"[a-z0-9]+(?:[-./][a-z0-9]+)*")
_LONGEST_NAME = 100
_VERSION, _DAY = 10, 33
"""Version 1.0 is enough to read it; the day is the first that the form knows, 1 January 1980."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the package. The name says a role and a number, never a patient."""

    name: str
    content: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > _LONGEST_NAME:
            raise ValueError("a member's name is lower-case letters and digits, parted by - . or /")


@dataclass(frozen=True, slots=True)
class Damage:
    """A place where the file is not as it was written; `member` is the name it belongs to, empty where it has none."""

    member: str
    says: str


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The members in their order, and what is wrong around them."""

    members: tuple[Member, ...]
    damage: tuple[Damage, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A member with the octets of its header and the check sum that stands there."""

    member: Member
    at: int
    header: bytes
    checksum: int


def write(members: Iterable[Member]) -> bytes:
    """The one file of these members, in this order. Raises `ValueError` for a name given twice, or for too many."""
    chunks: list[bytes] = []
    placed: list[_Placed] = []
    at = 0
    for member in members:
        checksum = zlib.crc32(member.content)
        header = _header(member, checksum)
        placed.append(_Placed(member, at, header, checksum))
        chunks += [header, member.content]
        at += len(header) + len(member.content)
    if len({one.member.name for one in placed}) < len(placed) or len(placed) > MAX_MEMBERS:
        raise ValueError("the members of a package have names of their own, and are not too many")
    return b"".join((*chunks, *_directory(placed, at)))


def _header(member: Member, checksum: int) -> bytes:
    name, size = member.name.encode("ascii"), len(member.content)
    return _HEADER.pack(_MEMBER, _VERSION, 0, 0, 0, _DAY, checksum, size, size, len(name), 0) + name


def _directory(placed: list[_Placed], at: int) -> Iterator[bytes]:
    """The directory, one piece for each member, and the end."""
    length = 0
    for one in placed:
        name, size = one.member.name.encode("ascii"), len(one.member.content)
        fixed = _DIRECTORY.pack(
            _ENTRY, _VERSION, _VERSION, 0, 0, 0, _DAY, one.checksum, size, size, len(name), 0, 0, 0, 0, 0, one.at
        )
        length += len(fixed) + len(name)
        yield fixed + name
    yield _LAST.pack(_END, 0, 0, len(placed), len(placed), length, at, 0)


def read(content: bytes) -> Unpacked:
    """Everything that can be read of a package, and every place where it is not as it was written.

    Raises `AdapterError` (EVIDENCE_UNREADABLE) for what does not begin as a package, or is over a limit.
    """
    if len(content) > MAX_OCTETS:
        raise AdapterError(EVIDENCE_UNREADABLE, f"it is over {MAX_OCTETS} octets")
    found: list[_Placed] = []
    damage: list[Damage] = []
    at, torn = 0, False
    while at < len(content) and content[at : at + 4] not in {_ENTRY, _END}:
        placed = _placed(content, at)
        if placed is None:
            if not torn:
                damage.append(Damage(_legible_name(content, at), f"from octet {at} on it is not as it was written"))
            torn = True
            mark = _MARK.search(content, at + 1)
            at = len(content) if mark is None else mark.start()
            continue
        torn = False
        if len(found) == MAX_MEMBERS:
            raise AdapterError(EVIDENCE_UNREADABLE, f"it has over {MAX_MEMBERS} members")
        found.append(placed)
        at += len(placed.header) + len(placed.member.content)
    if not found:
        raise AdapterError(EVIDENCE_UNREADABLE, "it does not begin as a package of ours does")
    damage += _around(found, content[at:], at)
    return Unpacked(tuple(one.member for one in found), tuple(damage))


def _placed(content: bytes, at: int) -> _Placed | None:
    """The member that begins at an octet; None where none does."""
    if len(content) - at < _HEADER.size:
        return None
    mark, _, _, method, _, _, checksum, size, unfolded, length, extra = _HEADER.unpack_from(content, at)
    start = at + _HEADER.size + length
    if mark != _MEMBER or method or extra or size != unfolded or start + size > len(content):
        return None
    try:
        name = content[at + _HEADER.size : start].decode("ascii")
        member = Member(name, content[start : start + size])
    except ValueError:
        return None
    return _Placed(member, at, content[at:start], checksum)


def _legible_name(content: bytes, at: int) -> str:
    """The name in a header that is broken elsewhere; empty where it is broken too."""
    if len(content) - at < _HEADER.size:
        return ""
    start = at + _HEADER.size
    length = _HEADER.unpack_from(content, at)[-2]
    name = content[start : start + length].decode("ascii", "replace")
    return name if _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME else ""


def _around(found: list[_Placed], rest: bytes, at: int) -> Iterator[Damage]:
    """What is wrong outside the contents: in the headers, in the directory, behind it."""
    seen: set[str] = set()
    for one in found:
        name = one.member.name
        if one.header != _header(one.member, one.checksum):
            yield Damage(name, "its header is not as it was written")
        if zlib.crc32(one.member.content) != one.checksum:
            yield Damage(name, "its content does not have the check sum of its header")
        if name in seen:
            yield Damage(name, "there are two members of this name")
        seen.add(name)
    names = [*(one.member.name for one in found), ""]
    for name, piece in zip(names, _directory(found, at), strict=True):
        if rest[: len(piece)] != piece:
            yield Damage(name, "the directory is not as it was written" + ("" if name else ", at its end"))
            return
        rest = rest[len(piece) :]
    if rest:
        yield Damage("", f"{len(rest)} octets stand behind the end")
