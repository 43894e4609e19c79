"""How CMS objects are read that the library does not: BER, 3DES, AES-192, GCM, OAEP, recipients by key identifier.

The structure comes from asn1crypto, the arithmetic from `cryptography` (`engineering-facts.md` §3). The recipient is
chosen by what the object says, never by which key is the newest, so that an old key still opens what was encrypted to
it (`ebxml.md` §5.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.crypto.keys import DecryptionKey, DecryptionKeys
from adapter.crypto.policy import Algorithm, Policy, Use
from adapter.crypto.refusal import RefusedError
from adapter.errors import DECRYPTION_FAILED

_MAX_RECIPIENTS = 100
_KEY_OCTETS = {
    "aes128-cbc": 16,
    "aes192-cbc": 24,
    "aes256-cbc": 32,
    "aes128-gcm": 16,
    "aes192-gcm": 24,
    "aes256-gcm": 32,
    "des-ede3-cbc": 24,
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class _GcmParameters(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    _fields = [("nonce", core.OctetString), ("icv_length", core.Integer, {"default": 12})]  # noqa: RUF012


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A CMS object taken apart: its kind, what is encrypted, and the algorithm of that."""

    info: cms.ContentInfo
    encrypted: cms.EncryptedContentInfo
    row: Algorithm


def decrypt(octets: bytes, keys: DecryptionKeys, policy: Policy, day: date) -> tuple[bytes, tuple[Algorithm, ...]]:
    """The content of a CMS object and the algorithms that it used.

    Raises `RefusedError`: DECRYPTION_FAILED with rule EB-501 (no such object) or EB-502 (no key opens it), or
    ALGORITHM_REFUSED.
    """
    with _one_refusal():
        sealed = _read(octets, policy, day)
        key, transport = _content_key(sealed, keys, policy, day)
        return _open(sealed, key), (sealed.row, transport)


def content_key(octets: bytes, keys: DecryptionKeys, policy: Policy, day: date) -> bytes:
    """The content-encryption key of a CMS object, which opens this one object for somebody without our private key.

    Raises `RefusedError` as `decrypt` does.
    """
    with _one_refusal():
        return _content_key(_read(octets, policy, day), keys, policy, day)[0]


def open_with(octets: bytes, key: bytes, policy: Policy, day: date) -> bytes:
    """The content of a CMS object, opened with its content-encryption key. Raises `RefusedError` as `decrypt` does."""
    with _one_refusal():
        return _open(_read(octets, policy, day), key)


def content_algorithm(octets: bytes) -> str:
    """The dotted OID of the content encryption of a CMS object; empty where it cannot be read."""
    try:
        info = cms.ContentInfo.load(octets)
        form = info["content_type"].native
        field = "encrypted_content_info" if form == "enveloped_data" else "auth_encrypted_content_info"
        return str(info["content"][field]["content_encryption_algorithm"]["algorithm"].dotted)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
        return ""


@contextmanager
def _one_refusal() -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, InvalidTag):
        raise RefusedError(DECRYPTION_FAILED, "EB-502") from None


def _read(octets: bytes, policy: Policy, day: date) -> _Sealed:
    try:
        info = cms.ContentInfo.load(octets)
        form = info["content_type"].native
    except (ValueError, TypeError):
        raise RefusedError(DECRYPTION_FAILED, "EB-501") from None
    if form == "enveloped_data":
        encrypted = info["content"]["encrypted_content_info"]
    elif form == "authenticated_enveloped_data":
        encrypted = info["content"]["auth_encrypted_content_info"]
    else:
        raise RefusedError(DECRYPTION_FAILED, "EB-501")
    row = policy.accept(Use.CONTENT, encrypted["content_encryption_algorithm"]["algorithm"].dotted, day)
    if row.name.endswith("gcm") != (form == "authenticated_enveloped_data"):
        raise RefusedError(DECRYPTION_FAILED, "EB-501")
    return _Sealed(info, encrypted, row)


def _content_key(sealed: _Sealed, keys: DecryptionKeys, policy: Policy, day: date) -> tuple[bytes, Algorithm]:
    recipient, pair = _ours(sealed.info["content"]["recipient_infos"], keys)
    algorithm = recipient["key_encryption_algorithm"]
    transport = policy.accept(Use.KEY_TRANSPORT, algorithm["algorithm"].dotted, day)
    return pair.key.decrypt(recipient["encrypted_key"].native, _padding(algorithm)), transport


def _open(sealed: _Sealed, key: bytes) -> bytes:
    name, algorithm = sealed.row.name, sealed.encrypted["content_encryption_algorithm"]
    if len(key) != _KEY_OCTETS[name]:
        raise RefusedError(DECRYPTION_FAILED, "EB-502")
    ciphertext = sealed.encrypted["encrypted_content"].native
    if name.endswith("gcm"):
        return _open_gcm(key, algorithm, ciphertext, sealed.info["content"])
    return _open_cbc(name, key, algorithm["parameters"].native, ciphertext)


def _ours(recipients: cms.RecipientInfos, keys: DecryptionKeys) -> tuple[cms.KeyTransRecipientInfo, DecryptionKey]:
    """The first recipient that one of our certificates answers to."""
    if len(recipients) > _MAX_RECIPIENTS:
        raise RefusedError(DECRYPTION_FAILED, "EB-502")
    for recipient in recipients:
        if recipient.name != "ktri":
            continue
        who = recipient.chosen["rid"]
        for pair in keys.pairs:
            if _names(who, pair.certificate):
                return recipient.chosen, pair
    raise RefusedError(DECRYPTION_FAILED, "EB-502")


def addressed_to(octets: bytes, certificate: x509.Certificate) -> bool:
    """Whether the key of this certificate opens a CMS object, by what the object says of its recipients.

    Raises `RefusedError` (DECRYPTION_FAILED) when it cannot be read.
    """
    with _one_refusal():
        recipients = cms.ContentInfo.load(octets)["content"]["recipient_infos"]
        return any(one.name == "ktri" and _names(one.chosen["rid"], certificate) for one in recipients)


def _names(who: cms.RecipientIdentifier, certificate: x509.Certificate) -> bool:
    ours = _parsed(certificate)
    if who.name == "subject_key_identifier":
        return bool(ours.key_identifier) and who.chosen.native == ours.key_identifier
    return bool(who.chosen["serial_number"].native == ours.serial_number and who.chosen["issuer"] == ours.issuer)


@lru_cache(maxsize=64)
def _parsed(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _padding(algorithm: cms.KeyEncryptionAlgorithm) -> padding.AsymmetricPadding:
    if algorithm["algorithm"].native != "rsaes_oaep":
        return padding.PKCS1v15()
    parameters = algorithm["parameters"]
    if not isinstance(parameters, algos.RSAESOAEPParams):
        parameters = algos.RSAESOAEPParams()
    digest = _HASHES[parameters["hash_algorithm"]["algorithm"].native]()
    mask_digest = _HASHES[parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native]()
    label = parameters["p_source_algorithm"]["parameters"].native
    return padding.OAEP(padding.MGF1(mask_digest), digest, label or None)


def _open_cbc(name: str, key: bytes, vector: bytes, ciphertext: bytes) -> bytes:
    cipher = TripleDES(key) if name == "des-ede3-cbc" else algorithms.AES(key)
    decryptor = Cipher(cipher, modes.CBC(vector)).decryptor()
    unpadder = PKCS7(cipher.block_size).unpadder()
    return unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()


def _open_gcm(
    key: bytes, algorithm: algos.EncryptionAlgorithm, ciphertext: bytes, content: cms.AuthEnvelopedData
) -> bytes:
    """RFC 5084; attributes, where there are any, are authenticated as the SET OF that RFC 5083 §2.2 prescribes."""
    nonce = _GcmParameters.load(algorithm["parameters"].dump())["nonce"].native
    attributes = content["auth_attrs"]
    authenticated = attributes.untag().dump(force=True) if len(attributes) else None
    return AESGCM(key).decrypt(nonce, ciphertext + content["mac"].native, authenticated)
