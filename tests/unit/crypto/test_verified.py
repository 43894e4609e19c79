"""Only crypto can say that something is verified."""

from __future__ import annotations

from pathlib import Path

import pytest

import adapter
from adapter.crypto.verified import SignatureCheck, Unverified, Verified
from adapter.errors import AdapterError


def test_nobody_else_can_make_a_verified(world):
    """Without the token of the package the constructor refuses."""
    check = SignatureCheck(world.sender.signing.certificate, world.now, (), ())
    with pytest.raises(TypeError, match="only adapter"):
        Verified("content", check, object())


MANY = b"".join(b' xmlns:n%d="urn:n"' % number for number in range(129))
BAD = {
    "empty": b"",
    "not closed": b"<a>",
    "doctype": b"<!DOCTYPE a><a/>",
    "many tags": b"<a>" * 30_000,
    "many attributes": b"<a " + b"".join(b' a%d=""' % number for number in range(10_001)) + b"/>",
    "many namespaces": b"<a" + MANY + b"/>",
    "many namespaces in utf-16": (b"<a" + MANY + b"/>").decode().encode("utf-16"),
}


@pytest.mark.parametrize("octets", BAD.values(), ids=BAD)
def test_octets_that_are_no_acceptable_xml_are_refused_by_name(octets):
    """What cannot be parsed within the limits of an envelope never becomes an Unverified."""
    with pytest.raises(AdapterError) as error:
        Unverified(octets)
    assert error.value.id.startswith("XML-")


def test_the_token_is_used_in_one_module_only():
    """What makes a Verified is imported by the verification and by nothing else."""
    package = Path(adapter.__file__).parent
    users = {path.name for path in package.rglob("*.py") if "_vouch" in path.read_text(encoding="utf-8")}
    assert users == {"verified.py", "verification.py"}
