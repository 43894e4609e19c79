"""Is the package whole: does every octet of it stand where the manifest says, and nothing else?

A member that is not what the manifest says is named and not looked at any further; the checks that need it say that it
is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapter.errors import EVIDENCE_UNREADABLE, AdapterError
from adapter.evidence import layout
from adapter.evidence.container import Unpacked, read
from adapter.evidence.manifest import Listed, Manifest, read_manifest
from adapter.evidence.report import Check, Line, fails, holds
from adapter.values import Digest

_HEAD = (layout.MANIFEST, layout.SIGNATURE)


@dataclass(frozen=True, slots=True)
class Opened:
    """A package taken apart. `members` are those that are what the manifest says, by name."""

    manifest: Manifest
    signed: bytes
    signature: bytes
    members: Mapping[str, bytes]
    lines: tuple[Line, ...]


def open_package(content: bytes) -> Opened:
    """Take a package apart. Raises `AdapterError` (EVIDENCE_UNREADABLE) when it has no manifest that can be read."""
    unpacked = read(content)
    found = {member.name: member.content for member in reversed(unpacked.members)}
    if layout.MANIFEST not in found:
        raise AdapterError(EVIDENCE_UNREADABLE, "it has no manifest")
    try:
        manifest = read_manifest(found[layout.MANIFEST])
    except (ValueError, OverflowError) as error:
        raise AdapterError(EVIDENCE_UNREADABLE, f"its manifest cannot be read: {error}") from None
    sound = {one.name: found[one.name] for one in manifest.members if one.name in found and _fits(one, found[one.name])}
    lines = (*_container(unpacked), *_contents(manifest, unpacked, found, sound))
    return Opened(manifest, found[layout.MANIFEST], found.get(layout.SIGNATURE, b""), sound, lines)


def _fits(listed: Listed, content: bytes) -> bool:
    return listed.size == len(content) and listed.digest == Digest.of(content)


def _container(unpacked: Unpacked) -> Iterator[Line]:
    for damage in unpacked.damage:
        yield fails(Check.CONTAINER, damage.member, damage.says)
    if not unpacked.damage:
        yield holds(Check.CONTAINER, "", "it is written as the adapter writes a package, to the last octet")


def _contents(
    manifest: Manifest, unpacked: Unpacked, found: Mapping[str, bytes], sound: Mapping[str, bytes]
) -> Iterator[Line]:
    """Every member against the manifest: there, unchanged, in its place, and no other."""
    wanted = [one.name for one in manifest.members]
    if len(set(wanted)) < len(wanted) or set(_HEAD) & set(wanted):
        yield fails(Check.DIGEST, layout.MANIFEST, "it names a member twice, or itself")
    good = True
    for name in (layout.SIGNATURE, *wanted):
        if name not in found:
            good = False
            yield fails(Check.DIGEST, name, "it is missing")
        elif name in wanted and name not in sound:
            good = False
            yield fails(Check.DIGEST, name, "it was changed: its digest is not that of the manifest")
    there = [member.name for member in unpacked.members]
    for name in dict.fromkeys(there):
        if name not in wanted and name not in _HEAD:
            good = False
            yield fails(Check.DIGEST, name, "it was added: the manifest does not know it")
    expected = [name for name in (*_HEAD, *wanted) if name in found]
    actual = [name for name in dict.fromkeys(there) if name in set(expected)]
    for position, (one, other) in enumerate(zip(actual, expected, strict=False), 1):
        if one != other:
            good = False
            yield fails(Check.DIGEST, one, f"it is member {position}, where the manifest has {other}")
            break
    if good:
        yield holds(Check.DIGEST, "", f"all {len(wanted)} members have the digests of the manifest, in its order")
