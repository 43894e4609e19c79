"""The private keys a party works with: one to sign, one or more to decrypt, each bound to its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, load_pem_private_key, pkcs12

from adapter.crypto.certificates import describe, load_certificates
from adapter.errors import KEY_MISMATCH, KEY_UNREADABLE, AdapterError


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """The key that we sign with and its certificate.

    Raises `AdapterError` (KEY_MISMATCH) when the two do not belong together.
    """

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def __post_init__(self) -> None:
        _require_pair(self.key, self.certificate)

    def at(self, now: datetime) -> SigningIdentity:
        """The pair to sign with: this one, at any time."""
        return self

    @property
    def identities(self) -> tuple[SigningIdentity, ...]:
        """Every pair there is."""
        return (self,)


@dataclass(frozen=True, slots=True)
class SigningPlan:
    """Pairs that take over from one another: `first`, and then each from its moment on, in the order of time."""

    first: SigningIdentity
    then: tuple[tuple[datetime, SigningIdentity], ...] = ()

    def at(self, now: datetime) -> SigningIdentity:
        """The pair to sign with at a time."""
        return next((identity for start, identity in reversed(self.then) if start <= now), self.first)

    @property
    def identities(self) -> tuple[SigningIdentity, ...]:
        """Every pair there is, in the order in which they take over."""
        return (self.first, *(identity for _, identity in self.then))


Signer = SigningIdentity | SigningPlan
"""Who signs: one pair, or a plan of several."""


@dataclass(frozen=True, slots=True)
class DecryptionKey:
    """A key that we decrypt with and its certificate. From `end` on it opens nothing; None is without end.

    Raises `AdapterError` (KEY_MISMATCH) when the two do not belong together.
    """

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    end: datetime | None = None

    def __post_init__(self) -> None:
        _require_pair(self.key, self.certificate)


@dataclass(frozen=True, slots=True)
class DecryptionKeys:
    """Every key that opens messages to us: the current one, and old ones until their end (`ebxml.md` §5.4)."""

    pairs: tuple[DecryptionKey, ...]

    def at(self, moment: datetime) -> DecryptionKeys:
        """The keys whose time was not over when a message came."""
        return DecryptionKeys(tuple(pair for pair in self.pairs if pair.end is None or moment < pair.end))


def load_private_key(content: bytes, password: bytes | None = None) -> rsa.RSAPrivateKey:
    """An RSA key from PEM or DER; `password` is None for a key without one.

    Raises `AdapterError` (KEY_UNREADABLE).
    """
    load = load_pem_private_key if b"-----BEGIN" in content else load_der_private_key
    try:
        key = load(content, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise AdapterError(KEY_UNREADABLE, "the form or the password is wrong") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:
        raise AdapterError(KEY_UNREADABLE, "it is no RSA key of at least 2048 bits")
    return key


def load_pkcs12(content: bytes, password: bytes | None = None) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """The key and the certificate of a PKCS #12 file; certificates of issuers in it are passed over.

    Raises `AdapterError` (KEY_UNREADABLE).
    """
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(content, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise AdapterError(KEY_UNREADABLE, "the form of the PKCS #12 file or its password is wrong") from None
    if certificate is None:
        raise AdapterError(KEY_UNREADABLE, "the PKCS #12 file holds no certificate")
    try:
        (certificate,) = load_certificates(certificate.public_bytes(Encoding.DER))
    except AdapterError:
        raise AdapterError(KEY_UNREADABLE, "the certificate in the PKCS #12 file cannot be read") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:
        raise AdapterError(KEY_UNREADABLE, "the PKCS #12 file holds no RSA key of at least 2048 bits")
    return key, certificate


def _require_pair(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    if key.public_key() != certificate.public_key():
        raise AdapterError(KEY_MISMATCH, describe(certificate, "our key store", "ourselves"))
