"""How the small data types of the messages look: coded values (CS, CV), times (TS), text, booleans.

`msghead.md` §7.1. Every attribute is optional in the schemas, so reading gives None for what is not there and never
raises; white space around values is dropped. The writing functions add nothing for None, so that no empty element is
ever sent (HISD 1165).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from lxml import etree

from adapter.messages.nodes import Node
from adapter.messages.xml import Element, tag_of
from adapter.values import Moment, parse_moment

OID: Final = "2.16.578.1.12.4.1.1."
"""What stands before the number of a national code list."""


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value: code, its text (DN), the OID of its list (S, only in a CV), free text instead of a code (OT)."""

    v: str | None
    dn: str | None = None
    s: str | None = None
    ot: str | None = None

    @property
    def list(self) -> str | None:
        """The number of the national code list, as `9121`; None without a list or outside the national ones."""
        if self.s is None or not self.s.startswith(OID):
            return None
        return self.s.removeprefix(OID)

    def without_list(self) -> Code:
        """The same code as a CS, whose list is fixed by its place."""
        return Code(self.v, self.dn)


def cs(v: str, dn: str | None) -> Code:
    """A code whose list is fixed by its place."""
    return Code(v, dn)


def cv(v: str, dn: str | None, number: str) -> Code:
    """A code that names its list by number."""
    return Code(v, dn, OID + number)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A TS: the text as written, and what it says; None for a year, a month, a bare clock time or no time at all.

    A date stays a date and is never turned into midnight (`plo.md` §4.4).
    """

    text: str
    value: Moment | date | None

    @staticmethod
    def read(text: str) -> Timestamp:
        """Read what stands in `V`; never raises."""
        return _timestamp(text)

    @property
    def day(self) -> date | None:
        """The calendar date in Europe/Oslo."""
        return self.value.day if isinstance(self.value, Moment) else self.value

    @property
    def has_clock(self) -> bool:
        return isinstance(self.value, Moment)


@lru_cache(maxsize=1024)
def _timestamp(text: str) -> Timestamp:
    """The same few times are read by the model and by the rules."""
    stripped = text.strip()
    return Timestamp(stripped, moment(stripped) if "T" in stripped else plain_date(stripped))


def moment(text: str | None) -> Moment | None:
    """An xs:dateTime, or None for anything else."""
    if text is None:
        return None
    try:
        return parse_moment(text)
    except (ValueError, OverflowError):
        return None


def plain_date(text: str | None) -> date | None:
    """An xs:date, its offset dropped, or None for anything else."""
    if text is None:
        return None
    stripped = text.strip()
    try:
        day = date.fromisoformat(stripped[:10])
    except ValueError:
        return None
    rest = stripped[10:]
    known_rest = rest in {"", "Z"} or (len(rest) == 6 and rest[0] in "+-" and rest[3] == ":")
    return day if known_rest and stripped[4:5] == "-" else None


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def children(node: Node | None, tag: str) -> list[Node]:
    """The children of this name, in document order."""
    if node is None or tag not in node.first:
        return []
    return [child for child in node.children if child.tag == tag]


def child(node: Node | None, *tags: str) -> Node | None:
    """The node reached by taking the first child of each name in turn; None where the way ends."""
    for tag in tags:
        if node is None:
            return None
        node = node.first.get(tag)
    return node


def child_text(node: Node | None, tag: str) -> str | None:
    """The text of the child; None for no child and for an empty one."""
    found = node.first.get(tag) if node is not None else None
    return found.text if found is not None else None


def attribute(node: Node | None, name: str) -> str | None:
    """An attribute without surrounding white space; an empty one is None."""
    value = node.attributes.get(name) if node is not None else None
    return (value.strip() or None) if value is not None else None


def code_of(node: Node | None) -> Code | None:
    """A CS or CV; None for no node, a `Code` without `v` for one without code."""
    if node is None:
        return None
    get = node.attributes.get
    text = get("OT")
    if text is not None:
        return Code(attribute(node, "V"), attribute(node, "DN"), attribute(node, "S"), text.strip() or None)
    return _code(get("V"), get("DN"), get("S"))


@lru_cache(maxsize=4096)
def _code(v: str | None, dn: str | None, s: str | None) -> Code:
    """The codes of messages are few and come again and again; free text is never kept here."""
    return Code(*((value.strip() or None) if value is not None else None for value in (v, dn, s)))


def child_code(node: Node | None, tag: str) -> Code | None:
    found = node.first.get(tag) if node is not None else None
    return code_of(found) if found is not None else None


def child_time(node: Node | None, tag: str) -> Timestamp | None:
    """A TS; None where there is no element or no `V`."""
    found = node.first.get(tag) if node is not None else None
    value = attribute(found, "V") if found is not None else None
    return Timestamp.read(value) if value is not None else None


def child_flag(node: Node | None, tag: str) -> bool | None:
    """An xs:boolean: `true`, `false`, `1` or `0`; None for anything else."""
    return _FLAGS.get(child_text(node, tag) or "")


_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


def flowing_text(node: Node | None) -> str | None:
    """The text of an element of any content (plain or XHTML), a line for each block; None without a word in it."""
    if node is None or not node.children:
        return node.text if node is not None else None
    pieces: list[str] = []
    for part in node.element.iter():
        inside = part is not node.element
        if inside and tag_of(part).rpartition("}")[2] in _BLOCKS:
            pieces.append("\n")
        pieces.append(part.text or "")
        if inside:
            pieces.append(part.tail or "")
    return "".join(pieces).strip() or None


_BLOCKS: Final = frozenset({"p", "br", "h1", "h2", "h3", "tr", "hr", "pre", "table"})


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def add(parent: Element, tag: str) -> Element:
    return etree.SubElement(parent, tag)


def add_text(parent: Element, tag: str, text: str | None) -> None:
    if text is not None:
        etree.SubElement(parent, tag).text = text


def add_flag(parent: Element, tag: str, flag: bool | None) -> None:
    """An xs:boolean, always as a word (`msghead.md` MH-051)."""
    if flag is not None:
        etree.SubElement(parent, tag).text = "true" if flag else "false"


def add_code(parent: Element, tag: str, code: Code | None) -> None:
    if code is None:
        return
    element = etree.SubElement(parent, tag)
    for name, value in (("V", code.v), ("DN", code.dn), ("S", code.s), ("OT", code.ot)):
        if value is not None:
            element.set(name, value)


def add_time(parent: Element, tag: str, time: Timestamp | None) -> None:
    if time is not None:
        etree.SubElement(parent, tag).set("V", time.text)


def add_date(parent: Element, tag: str, day: date | None) -> None:
    if day is not None:
        etree.SubElement(parent, tag).text = day.isoformat()
