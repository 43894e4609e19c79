"""The content-encryption key of one CMS object: it opens that object without the private key, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from adapter.crypto import cms
from adapter.crypto.cms_foreign import content_key, open_with
from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.testing.pki import Organisation, ThrowAwayPki

DAY = date(2024, 3, 5)


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return ThrowAwayPki(2048).organisation("Prøvefjord kommune", "974744570")


@pytest.mark.parametrize("plaintext", [b"", b"x" * 16, "<MsgHead>æ</MsgHead>".encode()])
def test_the_key_opens_its_object(organisation: Organisation, plaintext: bytes) -> None:
    """What the key opens is the plaintext, to the last octet."""
    sealed = cms.encrypt(plaintext, organisation.encryption.certificate)
    key = content_key(sealed, organisation.keys, NATIONAL, DAY)
    assert len(key) == 32
    assert open_with(sealed, key, NATIONAL, DAY) == plaintext


def test_the_key_of_another_object_opens_nothing(organisation: Organisation) -> None:
    """Each object has a key of its own."""
    one, other = (cms.encrypt(b"<a/>" * 9, organisation.encryption.certificate) for _ in range(2))
    key = content_key(other, organisation.keys, NATIONAL, DAY)
    try:
        assert open_with(one, key, NATIONAL, DAY) != b"<a/>" * 9
    except RefusedError as error:
        assert error.rule == "EB-502"  # noqa: PT017


@pytest.mark.parametrize("key", [b"", b"x" * 16, b"x" * 33])
def test_a_key_of_another_length(organisation: Organisation, key: bytes) -> None:
    """A key that does not fit the algorithm is refused as every failed decryption is."""
    sealed = cms.encrypt(b"<a/>", organisation.encryption.certificate)
    with pytest.raises(RefusedError, match="EB-502"):
        open_with(sealed, key, NATIONAL, DAY)


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"hello"])
def test_what_is_no_cms_object(organisation: Organisation, octets: bytes) -> None:
    """Other octets have no key and open with none."""
    with pytest.raises(RefusedError):
        content_key(octets, organisation.keys, NATIONAL, DAY)
    with pytest.raises(RefusedError):
        open_with(octets, b"x" * 32, NATIONAL, DAY)
