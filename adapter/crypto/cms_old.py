"""How a payload is locked for a receiver whose system reads nothing newer than Triple DES (`ebxml.md` §5.1, §12.3).

Only where the partner's file asks for it: NAV sends so, and not every peer is known to read AES-256-CBC (§12.4). Apart
from the cipher the object is the one that the library makes: DER, one recipient by issuer and serial, RSA PKCS#1 v1.5.
"""

from __future__ import annotations

from collections.abc import Callable

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding

Random = Callable[[int], bytes]
"""Gives so many octets that nobody can guess: the library makes keys for ciphers of its own only."""

_KEY, _BLOCK = 24, TripleDES.block_size // 8


def encrypt(plaintext: bytes, recipient: x509.Certificate, random: Random) -> bytes:
    """The DER of a ContentInfo, des-ede3-cbc, that only the holder of the recipient's key can open.

    Content key and vector are drawn from `random`.

    Raises `ValueError` for a recipient without RSA key.
    """
    public = recipient.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise ValueError("the recipient has no RSA key")
    key, vector = random(_KEY), random(_BLOCK)
    padder, encryptor = PKCS7(TripleDES.block_size).padder(), Cipher(TripleDES(key), modes.CBC(vector)).encryptor()
    encrypted = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
    theirs = asn1_x509.Certificate.load(recipient.public_bytes(Encoding.DER))
    addressed = {
        "version": "v0",
        "rid": cms.RecipientIdentifier(
            "issuer_and_serial_number",
            cms.IssuerAndSerialNumber({"issuer": theirs.issuer, "serial_number": theirs.serial_number}),
        ),
        "key_encryption_algorithm": {"algorithm": "rsaes_pkcs1v15"},
        "encrypted_key": public.encrypt(key, padding.PKCS1v15()),
    }
    content = {
        "version": "v0",
        "recipient_infos": [cms.RecipientInfo("ktri", cms.KeyTransRecipientInfo(addressed))],
        "encrypted_content_info": {
            "content_type": "data",
            "content_encryption_algorithm": {"algorithm": "tripledes_3key", "parameters": core.OctetString(vector)},
            "encrypted_content": encrypted,
        },
    }
    info = cms.ContentInfo({"content_type": "enveloped_data", "content": cms.EnvelopedData(content)})
    return bytes(info.dump())
