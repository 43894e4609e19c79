"""Where in a document a rule has to look: the scopes a reading is in, and the nearest element to point at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from adapter.messages.datatypes import child
from adapter.messages.dialog import is_dialog
from adapter.messages.kinds import Family, content_around
from adapter.messages.logistics import is_logistics
from adapter.messages.namespaces import MH, PO_15_NS, PO_16_NS, PO_20_NS, clark
from adapter.messages.nodes import Node
from adapter.messages.reading import IdentFlaw, Reading, Recognised
from adapter.messages.rules.rule import Fault, Scope


def scopes_of(reading: Reading) -> frozenset[Scope]:
    """The scopes of a document; rules of no other scope are asked."""
    return _scopes(reading.recognised, reading.payload.tag if reading.payload is not None else "")


@lru_cache(maxsize=1024)
def _scopes(recognised: Recognised, payload: str) -> frozenset[Scope]:
    scopes, standard = {Scope.ANY}, content_around(payload)
    if recognised is Recognised.BUSINESS:
        scopes.add(Scope.HEAD)
    if recognised is Recognised.APPREC:
        scopes.add(Scope.APPREC)
    if standard is not None and standard.is_plo:
        scopes.add(Scope.PLO)
    if is_logistics(payload):
        scopes.add(Scope.LOGISTICS)
    if is_dialog(payload):
        scopes.add(Scope.DIALOG)
    if standard is not None and standard.family is Family.HEALTH_INFORMATION:
        scopes.add(Scope.HEALTH_INFORMATION)
    return frozenset(scopes)


def is_plo(reading: Reading) -> bool:
    """Whether it is a nursing and care message, by its content, or by its type where the content is none we know."""
    if reading.standard is not None:
        return reading.standard.is_plo
    return reading.kind is not None and reading.kind.family is not Family.DIALOG


def components(*names: str) -> tuple[str, ...]:
    """The tags of component elements of these names, in every version."""
    return tuple(clark(namespace) + name for namespace in (PO_15_NS, PO_16_NS, PO_20_NS) for name in names)


def root_of(reading: Reading) -> Node | None:
    return reading.nodes.root if reading.nodes is not None else None


def nearest(start: Node | None, *tags: str) -> Node | None:
    """The element at the end of the way, or the last one that exists on it."""
    for tag in tags:
        following = child(start, tag)
        if following is None:
            break
        start = following
    return start


def in_info(reading: Reading, *names: str) -> Node | None:
    """The element under MsgInfo, or the nearest above it."""
    return nearest(root_of(reading), MH + "MsgInfo", *(MH + name for name in names))


def in_payload(reading: Reading, *names: str) -> Node | None:
    """The component element under the payload, or under the top that 2.0 puts around the common ones, or the nearest
    above it."""
    top = child(reading.payload, reading.po + "FellesAdministrativeOpplysninger")
    begins = top is not None and reading.po + names[0] in top.first
    return nearest(top if begins else reading.payload, *(reading.po + name for name in names))


def everywhere(reading: Reading, name: str) -> list[Node]:
    """Every component element of this name in the document."""
    return reading.nodes.by_tag.get(reading.po + name, []) if reading.nodes is not None else []


def tagged(reading: Reading, tag: str) -> list[Node]:
    """Every element of this tag in the document."""
    return reading.nodes.by_tag.get(tag, []) if reading.nodes is not None else []


def flawed_idents(reading: Reading, *flaws: IdentFlaw) -> Iterator[Fault]:
    """The identifiers with one of these flaws, each with what the flaw says."""
    for ident in reading.flawed_idents:
        if ident.flaw in flaws:
            yield Fault(ident.flaw.value, ident.node)
