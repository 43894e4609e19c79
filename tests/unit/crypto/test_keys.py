"""Keys and the certificates they belong to."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from adapter.crypto.keys import DecryptionKey, SigningIdentity, load_private_key
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


@pytest.mark.parametrize("kind", [SigningIdentity, DecryptionKey])
def test_a_key_must_belong_to_its_certificate(world, kind):
    """KEY-MISMATCH names the certificate."""
    kind(world.sender.signing.key, world.sender.signing.certificate)
    with pytest.raises(AdapterError) as error:
        kind(world.other.signing.key, world.sender.signing.certificate)
    assert error.value.id == "KEY-MISMATCH"
    assert "NTRNO-123456789" in str(error.value)
