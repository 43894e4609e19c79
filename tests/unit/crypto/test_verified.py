"""Only crypto can say that something is verified."""

from __future__ import annotations

import pytest

from adapter.crypto.verified import SignatureCheck, Unverified, Verified
from adapter.errors import AdapterError


def test_nobody_else_can_make_a_verified(world):
    """Without the token of the package the constructor refuses."""
    check = SignatureCheck(world.sender.signing.certificate, world.now, (), ())
    with pytest.raises(TypeError, match="only adapter"):
        Verified("content", check, object())


@pytest.mark.parametrize("octets", [b"", b"<a>", b"<!DOCTYPE a><a/>", b"<a>" * 30_000])
def test_octets_that_are_no_acceptable_xml_are_refused_by_name(octets):
    """What cannot be parsed within the limits of an envelope never becomes an Unverified."""
    with pytest.raises(AdapterError) as error:
        Unverified(octets)
    assert error.value.id.startswith("XML-")
