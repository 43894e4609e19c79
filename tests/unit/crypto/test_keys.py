"""Keys and the certificates they belong to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from adapter.crypto.keys import DecryptionKey, SigningIdentity, load_pkcs12, load_private_key
from adapter.errors import AdapterError


def test_pem_and_der_with_and_without_password_are_read(world):
    """Each form gives the same key."""
    key = world.sender.signing.key
    assert load_private_key(world.sender.signing.key_pem()).private_numbers() == key.private_numbers()
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    assert load_private_key(der, b"secret").private_numbers() == key.private_numbers()


def _bad():
    def pem(key, encryption):
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)

    locked = pem(rsa.generate_private_key(65537, 2048), BestAvailableEncryption(b"secret"))
    return [
        (b"nonsense", None),
        (b"-----BEGIN nonsense", None),
        (locked, None),
        (locked, b"wrong"),
        (pem(rsa.generate_private_key(65537, 1024), NoEncryption()), None),
        (pem(ec.generate_private_key(ec.SECP256R1()), NoEncryption()), None),
    ]


def test_what_is_no_usable_key_is_said_so():
    """Nonsense, a missing or wrong password, too short a key and another kind of key are KEY-UNREADABLE."""
    for content, password in _bad():
        with pytest.raises(AdapterError) as error:
            load_private_key(content, password)
        assert error.value.id == "KEY-UNREADABLE"


def test_a_short_key_in_a_pkcs12_file_is_refused(world):
    """The one file is read with the care of the two: a key of 1024 bits is KEY-UNREADABLE, the honest one is read."""
    for key, is_read in ((world.sender.signing.key, True), (rsa.generate_private_key(65537, 1024), False)):
        certificate = world.sender.signing.certificate if is_read else _own(key)
        packed = pkcs12.serialize_key_and_certificates(b"us", key, certificate, None, NoEncryption())
        if is_read:
            assert load_pkcs12(packed)[1] == certificate
            continue
        with pytest.raises(AdapterError, match="2048") as error:
            load_pkcs12(packed)
        assert error.value.id == "KEY-UNREADABLE"


def _own(key):
    """A certificate that a key has signed for itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    )
    return made.sign(key, hashes.SHA256())


@pytest.mark.parametrize("kind", [SigningIdentity, DecryptionKey])
def test_a_key_must_belong_to_its_certificate(world, kind):
    """KEY-MISMATCH names the certificate."""
    kind(world.sender.signing.key, world.sender.signing.certificate)
    with pytest.raises(AdapterError) as error:
        kind(world.other.signing.key, world.sender.signing.certificate)
    assert error.value.id == "KEY-MISMATCH"
    assert "NTRNO-123456789" in str(error.value)
