"""In which form the document lies in its CMS object: as it is, as a MIME part, or packed by gzip (`ebxml.md` §5.2).

We send it as it is, or as a MIME part to a partner whose file asks for that. A peer's MIME part or gzip is opened, a
few levels deep and within limits; what cannot be opened is handed on as it is with a remark, because its decryption
succeeded and the rest is the business level's matter.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from cryptography import x509

from adapter.crypto import cms, cms_old
from adapter.crypto.cms import ContentCipher
from adapter.crypto.cms_old import Random
from adapter.crypto.tolerated import tolerated
from adapter.envelope.mime import Entity, parse_mail
from adapter.errors import AdapterError
from adapter.messages.findings import Finding

MAX_OCTETS = 200_000_000
MAX_RATIO = 200
_MAX_LEVELS = 4

_HEADER_LINE = re.compile(rb"\s*\r?\n|(?:Content-|MIME-)[A-Za-z-]+:", re.IGNORECASE)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*<|\xff\xfe<\x00|\xfe\xff\x00<")


class PlaintextForm(StrEnum):
    """What is encrypted: the document itself (HIS 1037 §5.5), or a MIME part that holds it (HITS 1172 §5.15)."""

    RAW = "raw"
    MIME = "mime"


@dataclass(frozen=True, slots=True)
class Packing:
    """How a partner wants its payloads: the form of the plaintext, and what it is encrypted with.

    The defaults are what `ebxml.md` §5.2 and §12.3 rule.
    """

    form: PlaintextForm = PlaintextForm.RAW
    cipher: ContentCipher = ContentCipher.AES_256

    def encrypt(self, octets: bytes, content_id: str, recipient: x509.Certificate, random: Random) -> bytes:
        """The CMS object of one payload; `content_id` is the id of the part that it goes in."""
        plain = octets if self.form is PlaintextForm.RAW else mime_part(octets, content_id)
        if self.cipher is ContentCipher.TRIPLE_DES:
            return cms_old.encrypt(plain, recipient, random)
        return cms.encrypt(plain, recipient, self.cipher)


def mime_part(octets: bytes, content_id: str) -> bytes:
    """A document as HITS 1172 §5.15 has it; what goes beside one and is no XML says so."""
    type_, encoding = ("application/xml", "8bit") if _XML.match(octets) else ("application/octet-stream", "binary")
    named = quote(content_id, safe="@+=")
    head = f"Content-Id: <{named}>\r\nContent-Type: {type_}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + octets


NATIONAL_PACKING = Packing()
"""What holds where the partner's file says nothing."""


class Form(StrEnum):
    """What an opened document looks like."""

    XML = "xml"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Plaintext:
    """The document, its form, and what had to be opened on the way to it."""

    octets: bytes
    form: Form
    findings: tuple[Finding, ...]


def unwrap(octets: bytes) -> Plaintext:
    """The document inside a decrypted payload; unchanged, to the last octet, when it is XML."""
    findings: list[Finding] = []
    limit = min(MAX_OCTETS, len(octets) * MAX_RATIO)
    for _ in range(_MAX_LEVELS):
        if _XML.match(octets):
            return Plaintext(octets, Form.XML, tuple(findings))
        inner = _gunzip(octets, limit, findings) if octets.startswith(b"\x1f\x8b") else _from_mime(octets, findings)
        if inner is None:
            break
        octets = inner
    findings.append(tolerated("EB-509", "", "the decrypted payload is not XML", "HITS 1171 §8.2"))
    return Plaintext(octets, Form.UNKNOWN, tuple(findings))


def _gunzip(octets: bytes, limit: int, findings: list[Finding]) -> bytes | None:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(octets, limit)
    except zlib.error:
        return None
    if not unpacker.eof:
        findings.append(tolerated("EB-511", "", "the packed payload is cut or over a limit", "ebxml.md §5.2"))
        return None
    findings.append(tolerated("EB-511", "", "the payload was packed by gzip", "HITS 1171 §6"))
    return content


def _from_mime(octets: bytes, findings: list[Finding]) -> bytes | None:
    if not _HEADER_LINE.match(octets):
        return None
    try:
        entity = parse_mail(octets)
    except AdapterError:
        return None
    leaf = _first_leaf(entity)
    if not leaf.media_type:
        findings.append(tolerated("EB-504", "", "the MIME part has no Content-Type", "HITS 1172 §5.15.1"))
    elif not leaf.media_type.endswith("/xml"):
        findings.append(tolerated("EB-506", "", "the MIME part is not application/xml", "HITS 1172 §5.15.1"))
    if not leaf.encoding:
        findings.append(tolerated("EB-505", "", "the MIME part has no encoding", "HITS 1172 §5.15.1"))
    return leaf.content


def _first_leaf(entity: Entity) -> Entity:
    while entity.children:
        entity = entity.children[0]
    return entity
