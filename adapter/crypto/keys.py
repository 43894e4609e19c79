"""The private keys a party works with: one to sign, one or more to decrypt, each bound to its certificate."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from adapter.crypto.certificates import describe
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


@dataclass(frozen=True, slots=True)
class DecryptionKey:
    """A key that we decrypt with and its certificate.

    Raises `AdapterError` (KEY_MISMATCH) when the two do not belong together.
    """

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def __post_init__(self) -> None:
        _require_pair(self.key, self.certificate)


@dataclass(frozen=True, slots=True)
class DecryptionKeys:
    """Every key that may still open a message: the current one and old ones for 84 hours (`ebxml.md` §5.4)."""

    pairs: tuple[DecryptionKey, ...]


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


def _require_pair(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    if key.public_key() != certificate.public_key():
        raise AdapterError(KEY_MISMATCH, describe(certificate, "our key store", "ourselves"))
