"""What is in the package, to the last octet: the manifest, and the exporter's signature over it.

The signature is RSA with PKCS #1 v1.5 and SHA-256 over the octets of `manifest.json`, made with the key that signs the
exporter's messages, so that nothing but a common tool is needed to check it:
`openssl dgst -sha256 -verify KEY -signature manifest.sig manifest.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from adapter.crypto.keys import SigningIdentity
from adapter.evidence.container import Member
from adapter.evidence.document import Document, read_document, written
from adapter.values import Digest, instant_text

FORMAT = "adapter-evidence/1"


class Form(StrEnum):
    """The two exports of `liability.md` §11.10."""

    FULL = "full"
    """for the parties only, by a secure channel: it holds the messages"""
    ANONYMISED = "anonymised"
    """for the dispute board: moments, digests and receipts, no message"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One member as the manifest has it; `size` in octets."""

    name: str
    size: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Manifest:
    """The head of a package and its members in order. `stay` is the key of the stay, or a running number."""

    form: Form
    stay: str
    made_at: datetime
    software: str
    members: tuple[Listed, ...]


def listed(member: Member) -> Listed:
    return Listed(member.name, len(member.content), Digest.of(member.content))


def write_manifest(manifest: Manifest) -> bytes:
    """The octets of `manifest.json`."""
    return written(
        {
            "format": FORMAT,
            "form": manifest.form.value,
            "stay": manifest.stay,
            "made_at": instant_text(manifest.made_at),
            "software": manifest.software,
            "members": [{"name": one.name, "size": one.size, "sha256": one.digest.value} for one in manifest.members],
        }
    )


def read_manifest(content: bytes) -> Manifest:
    """What a manifest says; raises `ValueError` when it says nothing of the kind."""
    document = read_document(content)
    if document.text("format") != FORMAT:
        raise ValueError(f"the form is not {FORMAT}; a newer version of the adapter may read it")
    return Manifest(
        Form(document.text("form")),
        document.text("stay"),
        document.instant("made_at"),
        document.text("software"),
        tuple(_listed(one) for one in document.documents("members")),
    )


def _listed(one: Document) -> Listed:
    return Listed(one.text("name"), one.number("size"), one.digest("sha256"))


def sign(manifest: bytes, signer: SigningIdentity) -> bytes:
    """The octets of `manifest.sig`."""
    return signer.key.sign(manifest, padding.PKCS1v15(), hashes.SHA256())


def is_signed(manifest: bytes, signature: bytes, certificate: x509.Certificate) -> bool:
    """Whether the holder of the certificate signed these octets."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, manifest, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
