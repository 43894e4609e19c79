"""Who said it: bytes nobody has vouched for, and content that a checked signature vouches for.

`Verified` can be made only by this package: its constructor asks for a token that leaves the package nowhere. What
takes a `Verified` therefore cannot be reached by a message whose signature was not checked (promise 3 of the design).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, TypeVar

from cryptography import x509

from adapter.errors import XML_TOO_LARGE, AdapterError
from adapter.messages.findings import Finding
from adapter.messages.xml import ENVELOPE, Tree, parse

Content = TypeVar("Content")

MAX_NAMESPACES: Final = 128
"""Canonical form costs elements times the square of the namespaces around them, and an unverified mail is made to pay
it: 400 declarations in 18 kilobytes took seconds. An Acknowledgment of a hundred attachments stays below."""


@dataclass(frozen=True, slots=True)
class Unverified:
    """An envelope as it came, and the tree of exactly these octets: fit to be judged, never to be acted upon.

    Raises `AdapterError` (XML_TOO_LARGE, XML_DOCTYPE, XML_ENCODING, XML_NOT_WELL_FORMED).
    """

    octets: bytes
    document: Tree = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        namespaces = self.octets.replace(b"\x00", b"").count(b"xmlns")
        if namespaces > MAX_NAMESPACES:
            raise AdapterError(XML_TOO_LARGE, f"{namespaces} namespace declarations, at most {MAX_NAMESPACES}")
        object.__setattr__(self, "document", parse(self.octets, ENVELOPE))


@dataclass(frozen=True, slots=True)
class Part:
    """One attachment, decoded: `content_id` without angle brackets and unescaped."""

    content_id: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Reference:
    """One `ds:Reference` of a signature: what it points at, and the text of DigestValue without white space."""

    uri: str
    digest: str


@dataclass(frozen=True, slots=True)
class SignedEnvelope:
    """What one signature covers: the SOAP part as received, and the attachments in the order of the references."""

    envelope: bytes
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """How we know: the signer, when we looked, the references, and what had to be tolerated."""

    signer: x509.Certificate
    checked_at: datetime
    references: tuple[Reference, ...]
    warnings: tuple[Finding, ...]


class _Token:
    __slots__ = ()


_TOKEN: Final = _Token()


class Verified(Generic[Content]):
    """Content with the check that vouches for it. Only `adapter.crypto.signature` makes one."""

    __slots__ = ("_check", "_content")

    def __init__(self, content: Content, check: SignatureCheck, token: _Token) -> None:
        if token is not _TOKEN:
            raise TypeError("only adapter.crypto can say that something is verified")
        self._content = content
        self._check = check

    @property
    def content(self) -> Content:
        return self._content

    @property
    def check(self) -> SignatureCheck:
        return self._check


def _vouch(content: Content, check: SignatureCheck) -> Verified[Content]:
    return Verified(content, check, _TOKEN)
