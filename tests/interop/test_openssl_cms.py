"""The neutral referee for CMS: what we encrypt `openssl cms` opens, and every form that it makes we open."""

from __future__ import annotations

from secrets import token_bytes

import pytest
from asn1crypto import cms as asn1

from adapter.crypto import cms
from adapter.crypto.cms import ContentCipher
from adapter.crypto.keys import DecryptionKey, DecryptionKeys
from adapter.crypto.policy import NATIONAL, Use, algorithms, find, sent
from adapter.crypto.refusal import RefusedError
from adapter.envelope.plaintext import NATIONAL_PACKING, Packing, PlaintextForm, mime_part

TEXT = "<a>æøå</a>\nline\r\n\x00".encode() * 50

OAEP = ["-keyopt", "rsa_padding_mode:oaep"]
FORMS = {
    "aes-128": (["-aes128"], "aes128-cbc", "rsa-pkcs1-v1.5"),
    "aes-192": (["-aes192"], "aes192-cbc", "rsa-pkcs1-v1.5"),
    "aes-256": (["-aes256"], "aes256-cbc", "rsa-pkcs1-v1.5"),
    "triple des": (["-des3"], "des-ede3-cbc", "rsa-pkcs1-v1.5"),
    "ber, indefinite length": (["-aes256", "-stream"], "aes256-cbc", "rsa-pkcs1-v1.5"),
    "key identifier": (["-aes256", "-keyid"], "aes256-cbc", "rsa-pkcs1-v1.5"),
    "oaep sha-1": (["-aes256", *OAEP], "aes256-cbc", "rsa-oaep"),
    "oaep sha-256": (["-aes256", *OAEP, "-keyopt", "rsa_oaep_md:sha256"], "aes256-cbc", "rsa-oaep"),
    "gcm, aes-128": (["-aes-128-gcm"], "aes128-gcm", "rsa-pkcs1-v1.5"),
    "gcm, aes-192": (["-aes-192-gcm"], "aes192-gcm", "rsa-pkcs1-v1.5"),
    "gcm, aes-256": (["-aes-256-gcm"], "aes256-gcm", "rsa-pkcs1-v1.5"),
    "gcm, ber": (["-aes-256-gcm", "-stream"], "aes256-gcm", "rsa-pkcs1-v1.5"),
    "gcm, oaep": (["-aes-256-gcm", *OAEP], "aes256-gcm", "rsa-oaep"),
}
"""Options of `openssl cms`, and the rows of our table that what it makes is by."""


def used(sealed: bytes) -> tuple[str, str]:
    """The rows of our table that an object names, content encryption and key transport, read by asn1crypto."""
    info = asn1.ContentInfo.load(sealed)
    (recipient, *_) = info["content"]["recipient_infos"]
    transport = find(Use.KEY_TRANSPORT, recipient.chosen["key_encryption_algorithm"]["algorithm"].dotted)
    content = find(Use.CONTENT, cms.content_algorithm(sealed))
    assert content is not None
    assert transport is not None
    return content.name, transport.name


def test_the_forms_are_all_that_we_take():
    """No row of the table of algorithms for CMS is without a form that openssl makes, and no form without its row."""
    wanted = {row.name for row in algorithms() if row.use in {Use.CONTENT, Use.KEY_TRANSPORT}}
    assert {name for _, *names in FORMS.values() for name in names} == wanted


@pytest.mark.parametrize("form", PlaintextForm)
@pytest.mark.parametrize("cipher", ContentCipher)
def test_openssl_opens_what_we_encrypt(bench, openssl, form, cipher):
    """The plaintext is byte-identical, by every cipher that we send, as it is and in a MIME part."""
    sealed = Packing(form, cipher).encrypt(
        TEXT, "a@edi.example", bench.municipality.encryption.certificate, token_bytes
    )
    assert used(sealed) == (cipher.value, sent(Use.KEY_TRANSPORT).name)
    (bench.folder / "sealed.der").write_bytes(sealed)
    result = bench.run(
        openssl, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "sealed.der",
        "-recip", "municipality/encryption.crt", "-inkey", "municipality/encryption.key", "-out", "opened",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr.decode()
    opened = (bench.folder / "opened").read_bytes()
    assert opened == (TEXT if form is PlaintextForm.RAW else mime_part(TEXT, "a@edi.example"))
    assert opened.endswith(TEXT)


def test_the_national_packing_is_the_algorithm_that_is_sent():
    """Where a partner's file says nothing, the document itself goes, by the algorithm of the table."""
    assert Packing(PlaintextForm.RAW, ContentCipher(sent(Use.CONTENT).name)) == NATIONAL_PACKING


def _encrypt(bench, openssl, options, *recipients):
    (bench.folder / "plain").write_bytes(TEXT)
    flags = [option for option in options if option not in {"-keyopt"} and not option.startswith("rsa_")]
    key_options = [option for option in options if option not in flags]
    arguments = [part for recipient in recipients for part in ("-recip", recipient, *key_options)]
    result = bench.run(
        openssl, "cms", "-encrypt", "-binary", *flags, "-in", "plain", "-outform", "DER", "-out", "made", *arguments
    )
    assert result.returncode == 0, result.stderr.decode()
    return (bench.folder / "made").read_bytes()


@pytest.mark.parametrize(("options", "content", "transport"), FORMS.values(), ids=FORMS)
def test_we_open_what_openssl_encrypts(bench, openssl, options, content, transport):
    """Every content cipher, key transport and encoding that peers are known to send."""
    sealed = _encrypt(bench, openssl, options, "municipality/encryption.crt")
    assert used(sealed) == (content, transport)
    decrypted = cms.decrypt(sealed, bench.municipality.keys, NATIONAL, bench.now)
    assert decrypted.plaintext == TEXT
    assert [one.rule for one in decrypted.warnings] == (["EB-503"] if "-des3" in options else [])


def test_we_open_our_share_of_several_recipients(bench, openssl):
    """Two recipients, either of our keys."""
    sealed = _encrypt(bench, openssl, ["-aes256"], "hospital/encryption.crt", "municipality/encryption.crt")
    for keys in (bench.hospital.keys, bench.municipality.keys):
        assert cms.decrypt(sealed, keys, NATIONAL, bench.now).plaintext == TEXT
    both = DecryptionKeys((bench.hospital.keys.pairs[0], bench.municipality.keys.pairs[0]))
    assert cms.decrypt(sealed, both, NATIONAL, bench.now).plaintext == TEXT


@pytest.mark.parametrize("options", [["-rc2"], ["-des"], ["-camellia256"]])
def test_we_refuse_ciphers_of_no_standing(bench, openssl, options):
    """RC2, DES and strangers are refused by name, where this openssl still makes them."""
    (bench.folder / "plain").write_bytes(TEXT)
    result = bench.run(
        openssl, "cms", "-encrypt", "-binary", *options, "-provider", "default", "-provider", "legacy", "-in", "plain",
        "-outform", "DER", "-out", "made", "-recip", "municipality/encryption.crt",
    )  # fmt: skip
    if result.returncode != 0:
        pytest.skip("this openssl does not make it")
    with pytest.raises(RefusedError) as refused:
        cms.decrypt((bench.folder / "made").read_bytes(), bench.municipality.keys, NATIONAL, bench.now)
    assert refused.value.kind.id == "ALGORITHM-REFUSED"


def test_a_signing_key_opens_nothing(bench, openssl):
    """Only the recipient's key opens it."""
    sealed = _encrypt(bench, openssl, ["-aes256", "-stream"], "municipality/encryption.crt")
    keys = DecryptionKeys((DecryptionKey(bench.municipality.signing.key, bench.municipality.signing.certificate),))
    with pytest.raises(RefusedError) as refused:
        cms.decrypt(sealed, keys, NATIONAL, bench.now)
    assert refused.value.outward == "decryption failed"
