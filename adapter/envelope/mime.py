"""How a mail is taken apart: a strict splitter for the profile's own form, the standard library for everything else.

Most mails are what `adapter.envelope.mail` writes: one level, base64, CRLF. They are split on their octets, which is
several times cheaper than a general parser (`engineering-facts.md` §6.3). Whatever deviates, folded parameters, another
encoding, line feeds alone, goes to `email` of the standard library, after a count of what could make it slow: octets,
header octets, nested types, parts. Both ways give the same `Entity`, decoded by the same strict decoder.
"""

from __future__ import annotations

import binascii
import email
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message

from adapter.crypto import strict_base64
from adapter.crypto.refusal import RefusedError
from adapter.errors import MAIL_NOT_EBXML, MAIL_TOO_LARGE, AdapterError

MAX_OCTETS = 60_000_000
"""A little over what the net carries, so that a mail that was let through is judged, not cut."""
MAX_HEADER_OCTETS = 65_536
MAX_PARTS = 100
MAX_NESTED = 20

_HEADER = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.DOTALL)
_MEDIA_TYPE = re.compile(r"\s*([A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+)\s*")
_PARAMETER = re.compile(r';\s*([A-Za-z0-9_-]+)=(?:"([^"\\]*)"|([A-Za-z0-9!#$%&\'*+.^_`{|}~-]+))\s*')
_NESTED = re.compile(rb"(?:multipart|message)/", re.IGNORECASE)
_COMMENTED = ("mime-version", "content-type", "content-transfer-encoding")
"""Headers in which a comment may stand anywhere (RFC 2045 §4, §5.1, §6.1)."""
_AS_IS = frozenset({"", "7bit", "8bit", "binary"})


@dataclass(frozen=True, slots=True)
class Entity:
    """One node of a mail. Header names are lower case, values unfolded; `content` is decoded, empty in a multipart.

    `encoding` is the Content-Transfer-Encoding in lower case, empty when there is none.
    """

    headers: tuple[tuple[str, str], ...]
    media_type: str
    parameters: tuple[tuple[str, str], ...]
    encoding: str
    content: bytes
    children: tuple[Entity, ...] = ()

    def header(self, name: str) -> str | None:
        """The first header of that lower-case name, or None when there is none."""
        for known, value in self.headers:
            if known == name:
                return value.strip()
        return None

    def parameter(self, name: str) -> str | None:
        """A parameter of the Content-Type, or None when it has none of that name."""
        for known, value in self.parameters:
            if known == name:
                return value
        return None


def parse_mail(octets: bytes) -> Entity:
    """Take a mail apart.

    Raises `AdapterError` (MAIL_TOO_LARGE) for a limit, `RefusedError` (MAIL_NOT_EBXML) with EB-017, EB-022 or EB-023
    for what cannot be taken apart or decoded.
    """
    _check_size(octets)
    entity = _split(octets)
    if entity is not None:
        return entity
    _check_shape(octets)
    try:
        return _convert(email.message_from_bytes(octets), [MAX_PARTS])
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
        raise RefusedError(MAIL_NOT_EBXML, "EB-017", "the mail cannot be taken apart") from None


def survey_mail(octets: bytes) -> tuple[Entity | None, tuple[AdapterError, ...]]:
    """Take a mail apart as far as it can be, for a report of everything that is wrong with it.

    A part that cannot be decoded is empty. Whatever was wrong is told beside; the mail is None where a limit is passed
    or nothing of it can be read.
    """
    flaws: list[AdapterError] = []
    try:
        return parse_mail(octets), ()
    except AdapterError as error:
        if not isinstance(error, RefusedError):
            return None, (error,)
    try:
        return _convert(email.message_from_bytes(octets), [MAX_PARTS], flaws.append), tuple(flaws)
    except AdapterError as error:
        return None, (*flaws, error)
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
        return None, (*flaws, RefusedError(MAIL_NOT_EBXML, "EB-017", "the mail cannot be taken apart"))


def _raise(error: AdapterError) -> None:
    raise error


def _overlook(_: AdapterError) -> None:
    """What is wrong with a mail inside a mail: a bounce gives ours back without its body, or cut off."""


def _check_size(octets: bytes) -> None:
    if len(octets) > MAX_OCTETS:
        raise AdapterError(MAIL_TOO_LARGE, f"{len(octets)} octets, at most {MAX_OCTETS}")
    head = _found(octets, b"\n\n", _found(octets, b"\r\n\r\n", len(octets)))
    if head > MAX_HEADER_OCTETS:
        raise AdapterError(MAIL_TOO_LARGE, f"{head} octets of mail header, at most {MAX_HEADER_OCTETS}")


def _found(octets: bytes, what: bytes, end: int) -> int:
    """Where something begins that stands whole before `end`; else `end`."""
    found = octets.find(what, 0, end)
    return found if found >= 0 else end


def _check_shape(octets: bytes) -> None:
    """Bounds what the general parser, which recurses, is given to work on."""
    if sum(1 for _ in _NESTED.finditer(octets)) > MAX_NESTED:
        raise AdapterError(MAIL_TOO_LARGE, f"more than {MAX_NESTED} nested types")
    if octets.count(b"\n--") > 2 * MAX_PARTS:
        raise AdapterError(MAIL_TOO_LARGE, f"more than {MAX_PARTS} parts")


def decode(octets: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding.

    Raises `RefusedError` (MAIL_NOT_EBXML) with EB-023 or EB-022.
    """
    if encoding == "base64":
        try:
            return strict_base64.decode(octets)
        except ValueError as error:
            raise RefusedError(MAIL_NOT_EBXML, "EB-023", f"the base64 of a part: {error}") from None
    if encoding == "quoted-printable":
        return binascii.a2b_qp(octets)
    if encoding in _AS_IS:
        return octets
    raise RefusedError(MAIL_NOT_EBXML, "EB-022", "a Content-Transfer-Encoding is unknown")


def _split(octets: bytes) -> Entity | None:
    """The mail when it is of the profile's own form, else None."""
    entity = _open(octets)
    if entity is None or entity.encoding not in {"base64", *_AS_IS}:
        return None
    if entity.encoding == "base64" or not entity.media_type.startswith(("multipart/", "message/")):
        return _decoded(entity)
    boundary = entity.parameter("boundary")
    if entity.media_type != "multipart/related" or not boundary or entity.encoding not in _AS_IS:
        return None
    pieces = (b"\r\n" + entity.content).split(f"\r\n--{boundary}".encode("ascii"), MAX_PARTS + 2)
    if not 3 <= len(pieces) <= MAX_PARTS + 2 or pieces[-1][:4] != b"--\r\n":
        return None
    children = []
    for piece in pieces[1:-1]:
        child = _open(piece[2:]) if piece.startswith(b"\r\n") else None
        if child is None or child.encoding != "base64" or child.media_type.startswith(("multipart/", "message/")):
            return None
        children.append(_decoded(child))
    return Entity(entity.headers, entity.media_type, entity.parameters, entity.encoding, b"", tuple(children))


def _decoded(entity: Entity) -> Entity:
    content = decode(entity.content, entity.encoding)
    return Entity(entity.headers, entity.media_type, entity.parameters, entity.encoding, content)


def _open(octets: bytes) -> Entity | None:
    """Headers and undecoded content of an entity in plain form, else None."""
    head, separator, content = octets.partition(b"\r\n\r\n")
    if not separator or len(head) > MAX_HEADER_OCTETS:
        return None
    try:
        lines = re.sub(r"\r\n(?=[ \t])", "", head.decode("ascii")).split("\r\n")
    except UnicodeDecodeError:
        return None
    headers = []
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None or "\n" in line or "\r" in line:
            return None
        headers.append((match[1].lower(), match[2]))
    names = [name for name, _ in headers]
    if any("(" in value for name, value in headers if name in _COMMENTED):
        return None
    if names.count("content-type") != 1 or names.count("content-transfer-encoding") > 1:
        return None
    plain = dict(headers)
    content_type = _content_type(plain["content-type"])
    if content_type is None:
        return None
    media_type, parameters = content_type
    encoding = plain.get("content-transfer-encoding", "").strip().lower()
    return Entity(tuple(headers), media_type, parameters, encoding, content)


def _content_type(value: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    start = _MEDIA_TYPE.match(value)
    if start is None:
        return None
    position = start.end()
    parameters = []
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None:
            return None
        parameters.append((match[1].lower(), match[2] if match[2] is not None else match[3]))
        position = match.end()
    if len({name for name, _ in parameters}) < len(parameters):
        return None
    return start[1].lower(), tuple(parameters)


def _convert(message: Message, parts_left: list[int], tell: Callable[[AdapterError], None] = _raise) -> Entity:
    """An `Entity` from what the standard library has parsed; what is wrong with it is told, or raised."""
    parts_left[0] -= 1
    if parts_left[0] < 0:
        raise AdapterError(MAIL_TOO_LARGE, f"more than {MAX_PARTS} parts")
    for name in _COMMENTED:
        value = str(message.get(name, ""))
        if "(" in value:
            message.replace_header(name, without_comments(value))
    headers = tuple((name.lower(), " ".join(str(value).split())) for name, value in message.items())
    parameters = tuple((name.lower(), _unquoted(value)) for name, value in (message.get_params(failobj=[]) or [])[1:])
    encoding = str(message.get("Content-Transfer-Encoding", "")).strip().lower()
    if not encoding and str(message.get("Content-Encoding", "")).strip().lower() == "base64":
        encoding = "base64"
    media_type = message.get_content_type() if "Content-Type" in message else ""
    if message.is_multipart():
        if message.defects:
            tell(RefusedError(MAIL_NOT_EBXML, "EB-017", "a boundary is missing or not closed"))
        told = _overlook if media_type == "message/rfc822" else tell
        children = tuple(
            _convert(child, parts_left, told) for child in message.get_payload() if isinstance(child, Message)
        )
        return Entity(headers, media_type, parameters, encoding, b"", children)
    if media_type.startswith("multipart/"):
        tell(RefusedError(MAIL_NOT_EBXML, "EB-017", "a boundary is missing or not closed"))
    content = message.get_payload(decode=True) if encoding in _AS_IS else message.get_payload()
    octets = content.encode("ascii") if isinstance(content, str) else content
    if not isinstance(octets, bytes):
        raise RefusedError(MAIL_NOT_EBXML, "EB-017", "a part has no content")
    try:
        octets = decode(octets, encoding)
    except RefusedError as error:
        tell(error)
        octets = b""
    return Entity(headers, media_type, parameters, encoding, octets)


def without_comments(value: str) -> str:
    """A header value without what stands in brackets outside quotes: comments, which say nothing (RFC 2045 §5.1).

    One that is not closed takes the rest with it.
    """
    kept, depth, quoted, escaped = [], 0, False, False
    for sign in value:
        plain = not escaped
        escaped = plain and sign == "\\" and (quoted or depth > 0)
        if plain and sign == '"' and not depth:
            quoted = not quoted
        opens, closes = plain and not quoted and sign == "(", plain and depth > 0 and sign == ")"
        depth += opens
        if not depth:
            kept.append(sign)
        depth -= closes
    return "".join(kept).strip()


def _unquoted(value: str | tuple[str | None, str | None, str]) -> str:
    return value if isinstance(value, str) else value[2]
