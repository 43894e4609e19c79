"""How the small data types of the messages look: coded values (CS, CV), times (TS), text, booleans.

`msghead.md` §7.1. Every attribute is optional in the schemas, so reading gives None for what is not there and never
raises; white space around values is dropped. The writing functions add nothing for None, so that no empty element is
ever sent (HISD 1165).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from lxml import etree

from adapter.messages.xml import Element
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

    @classmethod
    def read(cls, text: str) -> Timestamp:
        """Read what stands in `V`; never raises."""
        stripped = text.strip()
        if "T" in stripped:
            return cls(stripped, moment(stripped))
        return cls(stripped, plain_date(stripped))

    @property
    def day(self) -> date | None:
        """The calendar date in Europe/Oslo."""
        return self.value.day if isinstance(self.value, Moment) else self.value

    @property
    def has_clock(self) -> bool:
        return isinstance(self.value, Moment)


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


def children(element: Element, tag: str) -> Iterator[Element]:
    """The child elements of this name, in document order."""
    return element.iterchildren(tag)


def child(element: Element | None, *tags: str) -> Element | None:
    """The element reached by taking the first child of each name in turn; None where the way ends."""
    for tag in tags:
        if element is None:
            return None
        element = next(element.iterchildren(tag), None)
    return element


def text_of(element: Element | None) -> str | None:
    """The text of an element without surrounding white space; None for no element and for an empty one."""
    if element is None or element.text is None:
        return None
    return element.text.strip() or None


def child_text(element: Element | None, *tags: str) -> str | None:
    return text_of(child(element, *tags))


def attribute(element: Element, name: str) -> str | None:
    """An attribute without surrounding white space; an empty one is None."""
    value = element.get(name)
    return (value.strip() or None) if value is not None else None


def code_of(element: Element | None) -> Code | None:
    """A CS or CV; None for no element, a `Code` without `v` for one without code."""
    if element is None:
        return None
    return Code(*(attribute(element, name) for name in ("V", "DN", "S", "OT")))


def child_code(element: Element | None, *tags: str) -> Code | None:
    return code_of(child(element, *tags))


def child_time(element: Element | None, *tags: str) -> Timestamp | None:
    """A TS; None where there is no element or no `V`."""
    found = child(element, *tags)
    value = attribute(found, "V") if found is not None else None
    return Timestamp.read(value) if value is not None else None


def child_flag(element: Element | None, *tags: str) -> bool | None:
    """An xs:boolean: `true`, `false`, `1` or `0`; None for anything else."""
    return {"true": True, "1": True, "false": False, "0": False}.get(child_text(element, *tags) or "")


def flowing_text(element: Element | None) -> str | None:
    """The text of an element of any content (plain or XHTML), a line for each block; None without a word in it."""
    if element is None:
        return None
    pieces: list[str] = []
    for part in element.iter():
        if part is not element and isinstance(part.tag, str) and etree.QName(part).localname in _BLOCKS:
            pieces.append("\n")
        pieces.append(part.text or "")
        if part is not element:
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
