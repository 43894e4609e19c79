"""How XML is read here: the one place that parses, hardened, with limits, no DTD, no entities and no network.

Every other module gets a tree from `parse` and asks lxml only for navigation, canonical form and serialisation. The
limits are checked on the bytes before the parser sees them: a count of `<` bounds the elements and a count of `=` the
attributes, in every encoding XML knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from adapter.errors import XML_DOCTYPE, XML_NOT_WELL_FORMED, XML_TOO_LARGE, AdapterError

Element = etree._Element
Tree = etree._ElementTree[etree._Element]

_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may at most be: octets, markup characters `<`, equals signs."""

    octets: int
    tags: int
    equals: int


ENVELOPE = Limits(octets=2_000_000, tags=20_000, equals=60_000)
"""An ebXML envelope is a few kilobytes; a Manifest of a hundred parts stays far below."""

DOCUMENT = Limits(octets=51_200_000, tags=2_000_000, equals=6_000_000)
"""A business message with its attachments: the net carries mails of 51 200 000 octets (`ebxml.md` §2.5)."""


def parse(content: bytes, limits: Limits = DOCUMENT) -> Tree:
    """Parse a document.

    Raises `AdapterError` with `XML_TOO_LARGE`, `XML_DOCTYPE` or `XML_NOT_WELL_FORMED`; the detail names the limit
    or the position and never quotes the document.
    """
    _check_limits(content, limits)
    if _has_doctype(content):
        raise AdapterError(XML_DOCTYPE)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=len(content) > 10_000_000,
        remove_blank_text=False,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise AdapterError(XML_NOT_WELL_FORMED, f"line {line}, column {column}") from None
    except ValueError:
        raise AdapterError(XML_NOT_WELL_FORMED, "the declared encoding is not usable") from None
    tree = root.getroottree()
    if tree.docinfo.doctype:
        raise AdapterError(XML_DOCTYPE)
    return tree


def _check_limits(content: bytes, limits: Limits) -> None:
    if len(content) > limits.octets:
        raise AdapterError(XML_TOO_LARGE, f"{len(content)} octets, at most {limits.octets}")
    tags = content.count(b"<")
    if tags > limits.tags:
        raise AdapterError(XML_TOO_LARGE, f"{tags} tags, at most {limits.tags}")
    equals = content.count(b"=")
    if equals > limits.equals:
        raise AdapterError(XML_TOO_LARGE, f"{equals} equals signs, at most {limits.equals}")


def _has_doctype(content: bytes) -> bool:
    """Whether a DOCTYPE stands before the root element, whatever the encoding; the parser never reads one."""
    head = content[:65536]
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in head[:4]:
        return b"<!DOCTYPE" in head.replace(b"\x00", b"")
    match = _PROLOG.match(content, 3 if content.startswith(b"\xef\xbb\xbf") else 0)
    return match is not None and content.startswith(b"<!DOCTYPE", match.end())
