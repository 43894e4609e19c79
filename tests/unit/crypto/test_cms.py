"""Encryption to a receiver and back: every octet, every form a peer sends, one face for every failure."""

from __future__ import annotations

from contextlib import suppress

import pytest
from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapter.crypto import cms as ours
from adapter.crypto import cms_foreign, cms_old
from adapter.crypto.keys import DecryptionKey, DecryptionKeys
from adapter.crypto.policy import NATIONAL, Policy
from adapter.crypto.refusal import RefusedError
from adapter.errors import WireCode

TEXT = "<a>æøå</a>\n".encode()
KEY, VECTOR, NONCE = bytes(range(32)), bytes(range(16)), bytes(range(12))


class _Gcm(core.Sequence):
    _fields = [("nonce", core.OctetString), ("icv_length", core.Integer, {"default": 12})]  # noqa: RUF012


def _rid(pair, by_key_identifier=False):
    certificate = asn1_x509.Certificate.load(pair.certificate.public_bytes(Encoding.DER))
    if by_key_identifier:
        return cms.RecipientIdentifier("subject_key_identifier", certificate.key_identifier)
    serial = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return cms.RecipientIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(serial))


def _oaep(pair, key, parameters, *oaep):
    """A recipient whose key is locked by OAEP, told by these parameters or, where they are None, by none."""
    algorithm = {"algorithm": "rsaes_oaep"} | ({"parameters": parameters} if parameters is not None else {})
    encrypted = pair.certificate.public_key().encrypt(key, padding.OAEP(*oaep))
    info = {"version": "v0", "rid": _rid(pair), "key_encryption_algorithm": algorithm, "encrypted_key": encrypted}
    return cms.RecipientInfo("ktri", cms.KeyTransRecipientInfo(info))


def _mixed(pair, key):
    """OAEP by SHA-256 with a mask by SHA-1 and a label, each said."""
    said = {
        "hash_algorithm": {"algorithm": "sha256"},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha1"}},
        "p_source_algorithm": {"algorithm": "p_specified", "parameters": core.OctetString(b"label")},
    }
    return _oaep(pair, key, algos.RSAESOAEPParams(said), padding.MGF1(hashes.SHA1()), hashes.SHA256(), b"label")


def _silent(pair, key):
    """OAEP whose parameters are left out: SHA-1 for both (RFC 4055 §4.1)."""
    return _oaep(pair, key, None, padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)


def _recipient(pair, key, how="v1.5", by_key_identifier=False):
    public = pair.certificate.public_key()
    if how == "v1.5":
        algorithm = {"algorithm": "rsaes_pkcs1v15", "parameters": core.Null()}
        encrypted = public.encrypt(key, padding.PKCS1v15())
    else:
        digest = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}[how]
        algorithm = {
            "algorithm": "rsaes_oaep",
            "parameters": algos.RSAESOAEPParams(
                {
                    "hash_algorithm": {"algorithm": how},
                    "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": how}},
                }
            ),
        }
        encrypted = public.encrypt(key, padding.OAEP(padding.MGF1(digest), digest, None))
    info = {
        "version": "v2" if by_key_identifier else "v0",
        "rid": _rid(pair, by_key_identifier),
        "key_encryption_algorithm": algorithm,
        "encrypted_key": encrypted,
    }
    return cms.RecipientInfo("ktri", cms.KeyTransRecipientInfo(info))


def _enveloped(recipients, name="aes256_cbc", octets=TEXT, key=KEY):
    cipher = TripleDES(key) if name == "tripledes_3key" else algorithms.AES(key)
    vector = VECTOR[: cipher.block_size // 8]
    padder, encryptor = PKCS7(cipher.block_size).padder(), Cipher(cipher, modes.CBC(vector)).encryptor()
    encrypted = encryptor.update(padder.update(octets) + padder.finalize()) + encryptor.finalize()
    algorithm = {"algorithm": name, "parameters": core.OctetString(vector)}
    content = {
        "version": "v0",
        "recipient_infos": recipients,
        "encrypted_content_info": {
            "content_type": "data",
            "content_encryption_algorithm": algorithm,
            "encrypted_content": encrypted,
        },
    }
    return cms.ContentInfo({"content_type": "enveloped_data", "content": cms.EnvelopedData(content)}).dump()


_GCM = {16: "2.16.840.1.101.3.4.1.6", 24: "2.16.840.1.101.3.4.1.26", 32: "2.16.840.1.101.3.4.1.46"}


def _authenticated(recipients, octets=TEXT, key=KEY, attributes=()):
    said = cms.CMSAttributes([cms.CMSAttribute(one) for one in attributes])
    sealed = AESGCM(key).encrypt(NONCE, octets, said.dump() if attributes else None)
    content = ({"auth_attrs": said} if attributes else {}) | {
        "version": "v0",
        "recipient_infos": recipients,
        "auth_encrypted_content_info": {
            "content_type": "data",
            "content_encryption_algorithm": {
                "algorithm": _GCM[len(key)],
                "parameters": _Gcm({"nonce": NONCE, "icv_length": 16}),
            },
            "encrypted_content": sealed[:-16],
        },
        "mac": sealed[-16:],
    }
    info = {"content_type": "authenticated_enveloped_data", "content": cms.AuthEnvelopedData(content)}
    return cms.ContentInfo(info).dump()


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=400))
@example(b"")
@example(b"line\nline\r\nline\r")
@example(b"\xef\xbb\xbf<a/>\x00")
def test_every_octet_comes_back(world, octets):
    """What is encrypted comes back byte for byte, whatever its line ends, by the library and by our own reader."""
    sealed = ours.encrypt(octets, world.sender.encryption.certificate)
    assert ours.decrypt(sealed, world.sender.keys, NATIONAL, world.now) == ours.Decrypted(octets, ())
    assert cms_foreign.decrypt(sealed, world.sender.keys, NATIONAL, world.now.date())[0] == octets


def test_triple_des_is_locked_with_what_the_caller_drew(world):
    """Three keys of DES and a vector are asked for, and nothing else makes the octets: they open it, and are in it."""
    drawn = []

    def random(octets):
        drawn.append(bytes(range(10 * len(drawn), 10 * len(drawn) + octets)))
        return drawn[-1]

    sealed = cms_old.encrypt(TEXT, world.sender.encryption.certificate, random)
    key, vector = drawn
    assert (len(key), len(vector)) == (24, 8)
    assert cms_foreign.content_key(sealed, world.sender.keys, NATIONAL, world.now.date()) == key
    encrypted = cms.ContentInfo.load(sealed)["content"]["encrypted_content_info"]
    assert encrypted["content_encryption_algorithm"]["parameters"].native == vector
    assert cms_foreign.open_with(sealed, key, NATIONAL, world.now.date()) == TEXT


def test_we_send_one_form(world):
    """Golden form: EnvelopedData, AES-256-CBC, one recipient by issuer and serial, PKCS#1 v1.5, inner type data."""
    info = cms.ContentInfo.load(ours.encrypt(TEXT, world.sender.encryption.certificate), strict=True)
    content = info["content"]
    assert info["content_type"].native == "enveloped_data"
    assert content["encrypted_content_info"]["content_type"].native == "data"
    assert content["encrypted_content_info"]["content_encryption_algorithm"]["algorithm"].native == "aes256_cbc"
    (recipient,) = content["recipient_infos"]
    assert recipient.chosen["rid"].name == "issuer_and_serial_number"
    assert recipient.chosen["rid"].chosen["serial_number"].native == world.sender.encryption.certificate.serial_number
    assert recipient.chosen["key_encryption_algorithm"]["algorithm"].native in {"rsaes_pkcs1v15", "rsa"}
    assert not content["originator_info"].native
    assert not content["unprotected_attrs"].native


FOREIGN = {
    "aes-128": lambda pair: _enveloped([_recipient(pair, KEY[:16])], "aes128_cbc", key=KEY[:16]),
    "aes-192": lambda pair: _enveloped([_recipient(pair, KEY[:24])], "aes192_cbc", key=KEY[:24]),
    "aes-256": lambda pair: _enveloped([_recipient(pair, KEY)]),
    "key identifier": lambda pair: _enveloped([_recipient(pair, KEY, by_key_identifier=True)]),
    "oaep sha-1": lambda pair: _enveloped([_recipient(pair, KEY, "sha1")]),
    "oaep sha-256": lambda pair: _enveloped([_recipient(pair, KEY, "sha256")]),
    "oaep, every parameter its own": lambda pair: _enveloped([_mixed(pair, KEY)]),
    "oaep without parameters": lambda pair: _enveloped([_silent(pair, KEY)]),
    "gcm": lambda pair: _authenticated([_recipient(pair, KEY)]),
    "gcm of 128 bits": lambda pair: _authenticated([_recipient(pair, KEY[:16])], key=KEY[:16]),
    "gcm of 192 bits": lambda pair: _authenticated([_recipient(pair, KEY[:24])], key=KEY[:24]),
    "gcm with attributes": lambda pair: _authenticated(
        [_recipient(pair, KEY)], attributes=[{"type": "content_type", "values": ["data"]}]
    ),
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
def test_what_peers_send_is_opened(world, make):
    """AES of every size, GCM, OAEP and recipients by key identifier are opened without a remark."""
    decrypted = ours.decrypt(make(world.sender.encryption), world.sender.keys, NATIONAL, world.now)
    assert decrypted == ours.Decrypted(TEXT, ())


def test_triple_des_is_opened_with_a_remark_and_can_be_refused(world):
    """3DES is named EB-503; a policy may refuse it."""
    sealed = _enveloped([_recipient(world.sender.encryption, KEY[:24])], "tripledes_3key", key=KEY[:24])
    decrypted = ours.decrypt(sealed, world.sender.keys, NATIONAL, world.now)
    assert decrypted.plaintext == TEXT
    assert [one.rule for one in decrypted.warnings] == ["EB-503"]
    with pytest.raises(RefusedError) as refused:
        ours.decrypt(sealed, world.sender.keys, Policy(refused=frozenset({"des-ede3-cbc"})), world.now)
    assert refused.value.kind.id == "ALGORITHM-REFUSED"


def test_a_policy_may_refuse_what_the_library_reads(world):
    """A refused AES-128 is found out although the library would open it."""
    sealed = FOREIGN["aes-128"](world.sender.encryption)
    with pytest.raises(RefusedError) as refused:
        ours.decrypt(sealed, world.sender.keys, Policy(refused=frozenset({"aes128-cbc"})), world.now)
    assert refused.value.kind.id == "ALGORITHM-REFUSED"


def test_the_recipient_says_which_key(world):
    """With several recipients and several keys, an old one among them, the one that fits is used; also by our own
    reader, which chooses by issuer and serial or by key identifier, and not by trying."""
    stranger, old, new = world.other.encryption, world.sender.signing, world.sender.encryption
    keys = DecryptionKeys(tuple(DecryptionKey(pair.key, pair.certificate) for pair in (new, old)))
    for pair, by_key in ((old, False), (new, False), (old, True), (new, True)):
        sealed = _enveloped([_recipient(one, KEY, by_key_identifier=by_key) for one in (stranger, pair)])
        assert ours.decrypt(sealed, keys, NATIONAL, world.now).plaintext == TEXT
        assert cms_foreign.decrypt(sealed, keys, NATIONAL, world.now.date())[0] == TEXT


def _as(recipient, rid):
    recipient.chosen["rid"] = rid
    return recipient


def test_a_recipient_is_found_by_issuer_and_serial_or_by_its_key_alone(world):
    """One of a stranger before ours is passed over, also with our serial number by another issuer, or another number by
    our issuer, or with another key identifier (AES-192 is read by our own reader only)."""
    pair, key = world.sender.encryption, KEY[:24]
    ours_by_number = _rid(pair).chosen
    strangers = (
        {"issuer": asn1_x509.Name.build({"common_name": "Other"}), "serial_number": ours_by_number["serial_number"]},
        {"issuer": ours_by_number["issuer"], "serial_number": ours_by_number["serial_number"].native + 1},
    )
    rids = [cms.RecipientIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(one)) for one in strangers]
    rids += [_rid(world.other.encryption), _rid(world.other.encryption, by_key_identifier=True)]
    for rid in rids:
        for by_key_identifier in (False, True):
            first, second = (
                _as(_recipient(world.other.encryption, key), rid),
                _recipient(pair, key, by_key_identifier=by_key_identifier),
            )
            sealed = _enveloped([first, second], "aes192_cbc", key=key)
            assert cms_foreign.decrypt(sealed, world.sender.keys, NATIONAL, world.now.date())[0] == TEXT


@pytest.mark.parametrize(("before", "opens"), [(99, True), (100, False)])
def test_a_hundred_recipients_are_looked_at(world, before, opens):
    """Ours as the last of a hundred opens; with one more nobody looks (EB-502)."""
    recipients = [_recipient(world.other.encryption, KEY[:24])] * before
    sealed = _enveloped([*recipients, _recipient(world.sender.encryption, KEY[:24])], "aes192_cbc", key=KEY[:24])
    if opens:
        assert ours.decrypt(sealed, world.sender.keys, NATIONAL, world.now).plaintext == TEXT
        return
    with pytest.raises(RefusedError) as refused:
        ours.decrypt(sealed, world.sender.keys, NATIONAL, world.now)
    assert refused.value.rule == "EB-502"


def test_an_object_is_what_it_says(world):
    """A key of another length than its algorithm has, and GCM where nothing authenticates, are refused."""
    pair = world.sender.encryption
    short = _enveloped([_recipient(pair, KEY[:16])], "aes192_cbc", octets=TEXT, key=KEY[:16])
    info = cms.ContentInfo.load(_authenticated([_recipient(pair, KEY)]))
    inner = cms.EncryptedContentInfo.load(info["content"]["auth_encrypted_content_info"].dump())
    bare = {"version": "v0", "recipient_infos": info["content"]["recipient_infos"], "encrypted_content_info": inner}
    unauthenticated = cms.ContentInfo({"content_type": "enveloped_data", "content": cms.EnvelopedData(bare)}).dump()
    for octets, rule in ((short, "EB-502"), (unauthenticated, "EB-501")):
        with pytest.raises(RefusedError) as refused:
            ours.decrypt(octets, world.sender.keys, NATIONAL, world.now)
        assert refused.value.rule == rule


def _broken(world):
    good = ours.encrypt(TEXT, world.sender.encryption.certificate)
    other = ours.encrypt(TEXT, world.other.encryption.certificate)
    pair = world.sender.encryption
    gcm = _authenticated([_recipient(pair, KEY)])
    return {
        "unknown key": other,
        "clear text": TEXT,
        "empty": b"",
        "cut": good[:-20],
        "changed content": good[:-1] + bytes([good[-1] ^ 1]),
        "changed tag": gcm[:-1] + bytes([gcm[-1] ^ 1]),
        "wrong key length": _enveloped([_recipient(pair, KEY[:16])]),
        "no recipient": _enveloped([]),
        "too many recipients": _authenticated(
            [*[_recipient(world.other.encryption, KEY)] * 100, _recipient(pair, KEY)]
        ),
        "signed data": cms.ContentInfo({"content_type": "data", "content": core.OctetString(b"x")}).dump(),
        "claims gigabytes": b"\x30\x84\xff\xff\xff\xff" + good[4:],
        "deep nesting": b"\x30\x80" * 5000,
        "deep content": b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80" + b"\x24\x80" * 20000,
    }


def test_every_failure_looks_the_same_from_outside(world):
    """Whatever is wrong, the outward text is `decryption failed` and the code SecurityFailure."""
    for name, octets in _broken(world).items():
        with pytest.raises(RefusedError) as refused:
            ours.decrypt(octets, world.sender.keys, NATIONAL, world.now)
        assert refused.value.outward == "decryption failed", name
        assert refused.value.kind.wire is WireCode.SECURITY_FAILURE


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_objects_never_raise_anything_else(world, data):
    """Random damage ends in the plaintext, another plaintext or a refusal, never in another exception."""
    good = bytearray(_authenticated([_recipient(world.sender.encryption, KEY)]))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with suppress(RefusedError):
        ours.decrypt(bytes(good), world.sender.keys, NATIONAL, world.now)


def test_rc2_is_refused_by_name(world):
    """An algorithm that the table does not have is ALGORITHM-REFUSED."""
    sealed = _enveloped([_recipient(world.sender.encryption, KEY)])
    other = sealed.replace(b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a", b"\x60\x86\x48\x01\x65\x03\x04\x01\x2b")
    with pytest.raises(RefusedError) as refused:
        ours.decrypt(other, world.sender.keys, NATIONAL, world.now)
    assert refused.value.kind.id == "ALGORITHM-REFUSED"
