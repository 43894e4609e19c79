"""How XML is read here: the one place that parses, hardened, with limits, no DTD, no entities and no network.

Every other module gets a tree from `parse` and asks lxml only for navigation, canonical form and serialisation. The
limits are checked on the bytes before the parser sees them: a count of `<` bounds the elements and a count of `=` the
attributes. That count, and the search for a DOCTYPE, can be trusted because only encodings that write ASCII as ASCII
are let through; UTF-16 is turned into UTF-8 first, everything else is refused by name (`msghead.md` §7.4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree._docloader import _InputDocument

from adapter.errors import (
    SCHEMAS_UNUSABLE,
    XML_DOCTYPE,
    XML_ENCODING,
    XML_NOT_WELL_FORMED,
    XML_TOO_LARGE,
    AdapterError,
    ErrorKind,
)

Element = etree._Element
Tree: TypeAlias = "etree._ElementTree[etree._Element]"

_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")

_ASCII_LIKE = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252"})
"""Declared encodings in which every ASCII character is that one octet; UTF-8 to send, ISO-8859-1 still received."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may at most be: octets, markup characters `<`, equals signs."""

    octets: int
    tags: int
    equals: int


ENVELOPE = Limits(octets=2_000_000, tags=5_000, equals=10_000)
"""An ebXML envelope is a few kilobytes; a Manifest of a hundred parts stays below. Canonical form, which is made before
anything is verified, costs the square of the attributes."""

DOCUMENT = Limits(octets=51_200_000, tags=400_000, equals=1_000_000)
"""A business message with its attachments: the net carries mails of 51 200 000 octets (`ebxml.md` §2.5)."""

ATTRIBUTES = 1_000
"""The most attributes of one element; no element of a message has twenty, and reading them costs their square."""


class NotParsedError(AdapterError):
    """A document is not parsed. `line` is where reading it ended; None where the whole is to blame and no place."""

    def __init__(self, kind: ErrorKind, detail: str = "", line: int | None = None) -> None:
        super().__init__(kind, detail)
        self.line = line


_MANY = f"an element with more than {ATTRIBUTES} attributes"


def parse(content: bytes, limits: Limits = DOCUMENT, *, bare: bool = False) -> Tree:
    """Parse a document; `bare` leaves comments and processing instructions out of the tree.

    Business messages are read bare, so that a comment inside a value cannot hide half of it. What is signed is parsed
    whole: a processing instruction belongs to the canonical form.

    Raises `NotParsedError` with `XML_TOO_LARGE`, `XML_ENCODING`, `XML_DOCTYPE` or `XML_NOT_WELL_FORMED`; the detail
    names the limit or the position and never quotes the document.
    """
    if len(content) > limits.octets:
        raise NotParsedError(XML_TOO_LARGE, f"{len(content)} octets, at most {limits.octets}")
    content, encoding = _as_ascii_like(content)
    equals = content.count(b"=")
    _check_counts(content, equals, limits)
    _check_attributes(content, equals)
    doctype = _doctype(content)
    if doctype is not None:
        raise NotParsedError(XML_DOCTYPE, line=_line(content, doctype))
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=len(content) > 10_000_000,
        remove_blank_text=False,
        remove_comments=bare,
        remove_pis=bare,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        number, column = error.position
        where, line = f"line {number}, column {column}", number or None
        if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise NotParsedError(XML_TOO_LARGE, f"elements in each other too deep, {where}", line) from None
        raise NotParsedError(XML_NOT_WELL_FORMED, _why(content, where), line) from None
    except ValueError:
        raise NotParsedError(XML_NOT_WELL_FORMED, "the declared encoding is not usable", line=1) from None
    tree = root.getroottree()
    if tree.docinfo.doctype:
        raise NotParsedError(XML_DOCTYPE, line=1)
    full = (element for element in root.iter("*") if len(element.attrib) > ATTRIBUTES)
    if equals > ATTRIBUTES and (element := next(full, None)) is not None:
        raise NotParsedError(XML_TOO_LARGE, _MANY, element.sourceline)
    return tree


def _why(content: bytes, where: str) -> str:
    """What is known of a document that is no XML, beside the place where the parser gave up."""
    begin = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if not begin:
        return "it is empty"
    if begin != b"<":
        return "it does not begin with <, so it is something else than XML"
    declared = declared_encoding(content)
    try:
        content.decode("utf-8" if declared == "utf-16" else declared)
    except (LookupError, UnicodeError):
        return f"{where}: octets that are not {declared}, the encoding it has or declares"
    return where


def compile_schema(driver: bytes, files: Mapping[str, bytes]) -> etree.XMLSchema:
    """Compile a schema whose imports are taken from `files` by bare name, never from a disk or the net.

    Official sets name folders and web addresses as locations; the last step is what counts
    (`engineering-facts.md` §1). Raises `AdapterError` (SCHEMAS_UNUSABLE).

    libxml2 has one loader of imports for the process, and a parse that ends in another thread takes ours away; what
    is imported then is missing without a word. So a set of which a file was not asked for is compiled again, until
    all were, or the same ones twice.
    """
    wanted = {(one.get("schemaLocation") or "").rpartition("/")[2] for one in etree.fromstring(driver)}
    before: set[str] | None = None
    while True:
        files_by_name = _ByBareName(files)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        parser.resolvers.add(files_by_name)
        try:
            schema, failure = etree.XMLSchema(etree.fromstring(driver, parser)), ""
        except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
            schema, failure = None, str(error)
        if files_by_name.missing:
            failure = f"{', '.join(sorted(files_by_name.missing))} is imported but not there"
        if files_by_name.missing or wanted <= files_by_name.given or files_by_name.given == before:
            break
        before = files_by_name.given
    if schema is None:
        raise AdapterError(SCHEMAS_UNUSABLE, failure)
    return schema


class _ByBareName(etree.Resolver):
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.missing: set[str] = set()
        self.given: set[str] = set()

    def resolve(self, system_url: str | None, public_id: str | None, context: object) -> _InputDocument | None:
        name = (system_url or "").rpartition("/")[2]
        if name not in self.files:
            self.missing.add(name)
            return self.resolve_empty(context)
        self.given.add(name)
        return self.resolve_string(self.files[name], context, base_url=system_url)


def declared_encoding(content: bytes) -> str:
    """The encoding a document says it has, in lower case; `utf-16` by its byte order, `utf-8` when it says nothing."""
    if _utf_16(content) is not None:
        return "utf-16"
    begin = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    beginning = content[begin:300].partition(b">")[0].lstrip()
    return _declared(beginning) if beginning.startswith(b"<?xml") else "utf-8"


def is_declared(content: bytes) -> bool:
    """Whether a document begins with an XML declaration, in whatever encoding that we read."""
    return content[:128].translate(None, b"\x00\xef\xbb\xbf\xfe\xff").lstrip().startswith(b"<?xml")


@lru_cache(maxsize=64)
def _declared(declaration: bytes) -> str:
    """Nearly all documents begin with the same few declarations."""
    match = _DECLARATION.match(declaration)
    return match[1].decode("ascii").lower() if match else "utf-8"


def tag_of(element: Element) -> str:
    """The tag in Clark notation; empty for a comment or processing instruction."""
    return element.tag if isinstance(element.tag, str) else ""


def path_of(element: Element) -> str:
    """The local names from the root to the element, as in `MsgHead/MsgInfo/GenDate`."""
    names = [etree.QName(element).localname]
    names.extend(etree.QName(ancestor).localname for ancestor in element.iterancestors())
    return "/".join(reversed(names))


def _utf_16(content: bytes) -> str | None:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    if content[:4] == b"<\x00?\x00":
        return "utf-16-le"
    if content[:4] == b"\x00<\x00?":
        return "utf-16-be"
    return None


def _as_ascii_like(content: bytes) -> tuple[bytes, str | None]:
    """The document in an encoding whose markup is ASCII, and the encoding to tell the parser, if it cannot see it."""
    wide = _utf_16(content)
    if wide is not None:
        try:
            return content.decode(wide).encode(), "utf-8"
        except UnicodeError:
            raise NotParsedError(XML_NOT_WELL_FORMED, "the bytes are not the UTF-16 they begin as") from None
    declared = declared_encoding(content)
    if declared not in _ASCII_LIKE or b"\x00" in content[:4]:
        raise NotParsedError(XML_ENCODING, line=1)
    return content, None


def _check_counts(content: bytes, equals: int, limits: Limits) -> None:
    if len(content) <= min(limits.tags, limits.equals):
        return
    tags = content.count(b"<")
    if tags > limits.tags:
        raise NotParsedError(XML_TOO_LARGE, f"{tags} tags, at most {limits.tags}")
    if equals > limits.equals:
        raise NotParsedError(XML_TOO_LARGE, f"{equals} equals signs, at most {limits.equals}")


def _check_attributes(content: bytes, equals: int) -> None:
    """Refuse a tag with too many equals signs before the parser holds it: a million attributes are 400 MB there.

    A `>` inside a value ends the look early; what is left is counted in the tree.
    """
    if equals <= ATTRIBUTES:
        return
    tags = content.split(b"<")
    for number, tag in enumerate(tags):
        if len(tag) > ATTRIBUTES and tag.count(b"=", 0, tag.find(b">")) > ATTRIBUTES:
            raise NotParsedError(XML_TOO_LARGE, _MANY, sum(before.count(b"\n") for before in tags[:number]) + 1)


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _doctype(content: bytes) -> int | None:
    """Where a DOCTYPE stands before the root element; None without one. The parser never reads one."""
    if b"<!DOCTYPE" not in content:
        return None
    match = _PROLOG.match(content, 3 if content.startswith(b"\xef\xbb\xbf") else 0)
    begins = match is not None and content.startswith(b"<!DOCTYPE", match.end())
    return match.end() if match is not None and begins else None
