"""How an envelope is signed: two kinds of digest, a SignedInfo already canonical, spliced in.

The order is that of `ebxml.md` §1.2, S6 to S8. Envelope and SignedInfo are written as text that is its own canonical
form, so that nothing is parsed to be signed and nothing serialised twice. For the RSA operation the start tag of
SignedInfo carries every namespace in scope, sorted by prefix, because inclusive canonicalisation of it in its place
would render them (`engineering-facts.md` §2).
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.crypto import dsig, policy
from adapter.crypto.keys import SigningIdentity
from adapter.crypto.policy import Use
from adapter.crypto.verified import Part, Reference
from adapter.messages.xml import ENVELOPE, parse

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
"""Nothing stands between it and the envelope, as no signature would cover that."""
_HEADER_END = b"</SOAP:Header>"
_DIGEST_METHOD = f'<ds:DigestMethod Algorithm="{policy.sent(Use.DIGEST).identifier}"></ds:DigestMethod>'
_TRANSFORMS = (
    "<ds:Transforms>"
    f'<ds:Transform Algorithm="{dsig.ENVELOPED}"></ds:Transform>'
    f'<ds:Transform Algorithm="{dsig.XPATH}">'
    f'<ds:XPath xmlns:SOAP-ENV="{dsig.SOAP}">{dsig.STANDARD_XPATH}</ds:XPath></ds:Transform>'
    f'<ds:Transform Algorithm="{dsig.C14N}"></ds:Transform>'
    "</ds:Transforms>"
)
_METHODS = (
    f'<ds:CanonicalizationMethod Algorithm="{dsig.C14N}"></ds:CanonicalizationMethod>'
    f'<ds:SignatureMethod Algorithm="{policy.sent(Use.SIGNATURE).identifier}"></ds:SignatureMethod>'
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed envelope: its final octets, never to be changed again (EB-332), and the references of its signature."""

    envelope: bytes
    references: tuple[Reference, ...]


def sign(envelope: bytes, parts: tuple[Part, ...], signer: SigningIdentity) -> Signed:
    """Sign an envelope that has no signature yet, together with its attachments.

    `envelope` is written in canonical form, with the prefix `SOAP` for SOAP 1.1, all its namespaces declared on the
    root and none of them as `ds`; `parts` are the attachments in the order of the Manifest, with Content-IDs that need
    no escaping.
    """
    before, header_end, after = envelope.rpartition(_HEADER_END)
    if not header_end:
        raise ValueError("an envelope to sign has a SOAP:Header")
    references = [("", _reference("", _TRANSFORMS, envelope))]
    references += [(f"cid:{part.content_id}", _reference(f"cid:{part.content_id}", "", part.octets)) for part in parts]
    signed_info = _METHODS + "".join(text for _, (text, _digest) in references) + "</ds:SignedInfo>"
    octets = f"<ds:SignedInfo{_in_scope(envelope[: envelope.index(b'>') + 1])}>{signed_info}".encode()
    value = _base64(signer.key.sign(octets, padding.PKCS1v15(), hashes.SHA256()))
    signature = (
        f'<ds:Signature xmlns:ds="{dsig.DS}"><ds:SignedInfo>{signed_info}'
        f"<ds:SignatureValue>{value}</ds:SignatureValue>"
        f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{_certificate(signer.certificate)}</ds:X509Certificate>"
        "</ds:X509Data></ds:KeyInfo></ds:Signature>"
    ).encode()
    return Signed(
        b"".join((_DECLARATION, before, signature, header_end, after)),
        tuple(Reference(uri, digest) for uri, (_text, digest) in references),
    )


@lru_cache(maxsize=16)
def _in_scope(root: bytes) -> str:
    """The declarations at SignedInfo below a start tag of the root, and below the Signature, in canonical form."""
    in_scope = dict(parse(root + b"</SOAP:Envelope>", ENVELOPE).getroot().nsmap) | {"ds": dsig.DS}
    return "".join(f' xmlns:{prefix}="{in_scope[prefix]}"' for prefix in sorted(in_scope, key=str))


def _reference(uri: str, transforms: str, octets: bytes) -> tuple[str, str]:
    digest = _base64(hashlib.sha256(octets).digest())
    value = f"<ds:DigestValue>{digest}</ds:DigestValue>"
    return f'<ds:Reference URI="{uri}">{transforms}{_DIGEST_METHOD}{value}</ds:Reference>', digest


def _base64(octets: bytes) -> str:
    return b2a_base64(octets, newline=False).decode("ascii")


@lru_cache(maxsize=64)
def _certificate(certificate: x509.Certificate) -> str:
    return _base64(certificate.public_bytes(Encoding.DER))
