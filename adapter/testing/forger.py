"""A signer that can be told to sign in any wrong way, for tests of receivers.

It shares no code with `adapter.crypto`: digests are made the slow and obvious way, so that what it signs honestly is
a second opinion on the verification, and what it signs dishonestly is wrong in exactly the one respect asked for.
"""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from adapter.messages.xml import Element, parse
from adapter.testing.pki import Pair

SIGNATURE_HERE: Final = "@SIGNATURE@"
"""Where the signature goes in an envelope text."""

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA1: Final = "http://www.w3.org/2000/09/xmldsig#sha1"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1: Final = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
C14N_10: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

ENVELOPED: Final = '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
C14N: Final = f'<ds:Transform Algorithm="{C14N_10}"/>'
EXPRESSION: Final = (
    'not(ancestor-or-self::node()[@S:actor="urn:oasis:names:tc:ebxml-msg:actor:nextMSH"] | '
    'ancestor-or-self::node()[@S:actor="http://schemas.xmlsoap.org/soap/actor/next"])'
)
METHODS: Final = f'<ds:CanonicalizationMethod Algorithm="{C14N_10}"/><ds:SignatureMethod Algorithm="{RSA_SHA256}"/>'


def xpath_transform(expression: str = EXPRESSION, prefix: str = "S", namespace: str = SOAP) -> str:
    """The XPath transform, with another expression, prefix or namespace if asked for."""
    return (
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
        f'<ds:XPath xmlns:{prefix}="{namespace}">{expression}</ds:XPath></ds:Transform>'
    )


def reference(uri: str, transforms: str = "", digest: str = SHA256) -> str:
    """A `ds:Reference` whose digest is yet to be filled in."""
    listed = f"<ds:Transforms>{transforms}</ds:Transforms>" if transforms else ""
    return f'<ds:Reference URI="{uri}">{listed}<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference>'


ENVELOPE_REFERENCE: Final = reference("", ENVELOPED + xpath_transform() + C14N)


def key_info(*pairs: Pair) -> str:
    """A `ds:KeyInfo` that shows these certificates."""
    shown = "".join(
        f"<ds:X509Certificate>{_base64(pair.certificate.public_bytes(Encoding.DER))}</ds:X509Certificate>"
        for pair in pairs
    )
    return f"<ds:KeyInfo><ds:X509Data>{shown}</ds:X509Data></ds:KeyInfo>"


def forge(
    envelope: str,
    signer: Pair,
    attachments: Mapping[str, bytes],
    *,
    references: str = ENVELOPE_REFERENCE,
    methods: str = METHODS,
    key: str = "",
    after: str = "",
    change: Callable[[str], str] = str,
) -> bytes:
    """Sign an envelope text as told; digests and value are right for what then stands there.

    `attachments` are octets by Content-ID. `key` replaces KeyInfo, `after` goes behind it, and `change` may do anything
    to the text of the signature before its digests are computed.
    """
    signature = change(
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>{methods}{references}</ds:SignedInfo>'
        f"<ds:SignatureValue/>{key or key_info(signer)}{after}</ds:Signature>"
    )
    document = parse(envelope.replace(SIGNATURE_HERE, signature, 1).encode())
    node = next(document.getroot().iter(f"{{{DS}}}Signature"))
    for one in node.iterfind(f"{{{DS}}}SignedInfo/{{{DS}}}Reference"):
        value = one.find(f"{{{DS}}}DigestValue")
        if value is not None:
            method = one.find(f"{{{DS}}}DigestMethod")
            weak = method is not None and method.get("Algorithm") == SHA1
            octets = attachments.get(one.get("URI", "")[4:]) or envelope_octets(node)
            value.text = _base64(hashlib.new("sha1" if weak else "sha256", octets).digest())
    signed_info, value = node.find(f"{{{DS}}}SignedInfo"), node.find(f"{{{DS}}}SignatureValue")
    if value is not None and signed_info is not None:
        octets = etree.tostring(signed_info, method="c14n", with_comments=False)
        chosen: hashes.HashAlgorithm = hashes.SHA1() if RSA_SHA1.encode() in octets else hashes.SHA256()
        value.text = _base64(signer.key.sign(octets, padding.PKCS1v15(), chosen))
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def envelope_octets(signature: Element) -> bytes:
    """Canonical form of a document without one signature of it."""
    document = copy.deepcopy(signature.getroottree())
    position = list(signature.getroottree().getroot().iter()).index(signature)
    twin = list(document.getroot().iter())[position]
    parent = twin.getparent()
    if parent is None:
        raise ValueError("the root of a document is not its signature")
    gap = etree.Comment("canonical form drops this and keeps what stands behind it")
    gap.tail = twin.tail
    parent.replace(twin, gap)
    return etree.tostring(document, method="c14n", with_comments=False)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
