"""How a payload is locked for one receiver, and unlocked with our keys: CMS EnvelopedData (`ebxml.md` §5).

We make one form: DER, AES-256-CBC or what the partner's file asks for instead, the content key under RSA PKCS#1 v1.5
for one recipient by issuer and serial. What peers send is wider; the library reads our form and its near relatives,
everything else is read by `adapter.crypto.cms_foreign`. The content key and the vector come out of the library. Outward
every failed decryption is one and the same (`ebxml.md` §5.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options, pkcs7_decrypt_der

from adapter.crypto import cms_foreign
from adapter.crypto.keys import DecryptionKey, DecryptionKeys
from adapter.crypto.policy import Algorithm, Policy, Standing
from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import tolerated
from adapter.messages.findings import Finding

_NATIVE = frozenset({"aes128-cbc", "aes256-cbc", "rsa-pkcs1-v1.5"})
"""What `pkcs7_decrypt_der` reads; a policy that refuses one of these has to know which it was."""


_ENVELOPED = re.compile(
    rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)"
    rb"\x06(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03|\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17)",
    re.DOTALL,
)
"""How a ContentInfo of EnvelopedData or AuthEnvelopedData begins, in DER or BER."""


def is_enveloped(octets: bytes) -> bool:
    """Whether octets begin as a CMS object that holds something encrypted; nothing else of it is looked at."""
    return _ENVELOPED.match(octets) is not None


def content_algorithm(octets: bytes) -> str:
    """The dotted OID of the content encryption of a CMS object; empty where it cannot be read."""
    if not is_enveloped(octets):
        return ""
    try:
        return _OIDS[_algorithm_in_der(octets)]
    except (LookupError, ValueError):
        return cms_foreign.content_algorithm(octets)


_OIDS = {b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a": "2.16.840.1.101.3.4.1.42"}
"""AES-256-CBC, what is sent; objects with another algorithm are rare enough to be read by the library."""

_TO_ALGORITHM = (
    (0x30, True),  # ContentInfo
    (0x06, False),
    (0xA0, True),
    (0x30, True),  # EnvelopedData: version, recipients
    (0x02, False),
    (0x31, False),
    (0x30, True),  # EncryptedContentInfo: content type
    (0x06, False),
    (0x30, True),  # ContentEncryptionAlgorithmIdentifier
    (0x06, True),
)
"""The way to the content encryption (RFC 5652 §6.1): each identifier octet, and whether to go inside or past it."""


def _algorithm_in_der(octets: bytes) -> bytes:
    """The OID of the content encryption of an EnvelopedData in DER. Raises `LookupError` or `ValueError` for others."""
    at = length = 0
    for identifier, inside in _TO_ALGORITHM:
        first = octets[at + 1]
        if octets[at] != identifier or first == 0x80:
            raise ValueError("this is not of the usual form")
        start = at + 2
        if first < 0x80:
            length = first
        else:
            start += first & 0x7F
            length = int.from_bytes(octets[at + 2 : start], "big")
        at = start if inside else start + length
    return octets[at : at + length]


@dataclass(frozen=True, slots=True)
class Decrypted:
    """The plaintext of a CMS object and what had to be tolerated to get it."""

    plaintext: bytes
    warnings: tuple[Finding, ...]


class ContentCipher(StrEnum):
    """What a payload is encrypted with, by the names of the table of algorithms (`ebxml.md` §12.3)."""

    AES_256 = "aes256-cbc"
    AES_128 = "aes128-cbc"
    TRIPLE_DES = "des-ede3-cbc"


def encrypt(
    plaintext: bytes,
    recipient: x509.Certificate,
    cipher: Literal[ContentCipher.AES_256, ContentCipher.AES_128] = ContentCipher.AES_256,
) -> bytes:
    """The DER of a ContentInfo that only the holder of the recipient's key can open; no octet is changed on the way.

    What Triple DES locks, `adapter.crypto.cms_old` makes.
    """
    return (
        PKCS7EnvelopeBuilder()
        .set_data(plaintext)
        .add_recipient(recipient)
        .set_content_encryption_algorithm(algorithms.AES256 if cipher is ContentCipher.AES_256 else algorithms.AES128)
        .encrypt(Encoding.DER, [PKCS7Options.Binary])
    )


def decrypt(octets: bytes, keys: DecryptionKeys, policy: Policy, now: datetime) -> Decrypted:
    """The content of an EnvelopedData or AuthEnvelopedData that one of our keys opens.

    Call it only with octets that a checked signature covers.

    Raises `RefusedError`: DECRYPTION_FAILED whatever the reason, or ALGORITHM_REFUSED by name.
    """
    if not policy.refused & _NATIVE:
        for pair in keys.pairs:
            try:
                return Decrypted(pkcs7_decrypt_der(octets, pair.certificate, pair.key, []), ())
            except (ValueError, UnsupportedAlgorithm):
                continue
    plaintext, used = cms_foreign.decrypt(octets, keys, policy, now.date())
    return Decrypted(plaintext, tuple(_remark(row) for row in used if row.standing is Standing.OLD))


def ended_for(octets: bytes, keys: DecryptionKeys, moment: datetime) -> DecryptionKey | None:
    """The pair whose time was over at a moment and that an object is encrypted to; None where there is none."""
    over = [pair for pair in keys.pairs if pair not in keys.at(moment).pairs]
    try:
        return next((pair for pair in over if cms_foreign.addressed_to(octets, pair.certificate)), None)
    except RefusedError:
        return None


def _remark(row: Algorithm) -> Finding:
    return tolerated(row.rule, "", f"the payload is encrypted with {row.name}", "ebxml.md §5.1")
