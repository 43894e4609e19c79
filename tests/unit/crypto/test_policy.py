"""Which algorithms are allowed when."""

from __future__ import annotations

from datetime import date

import pytest

from adapter.crypto.policy import NATIONAL, Policy, Standing, Use, sent
from adapter.crypto.refusal import RefusedError

DAY = date(2026, 3, 5)
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"


def test_there_is_one_algorithm_to_send_for_each_use():
    """What we send is what the profile of today prescribes, and we accept it ourselves."""
    names = {use: sent(use).name for use in Use}
    assert names == {
        Use.SIGNATURE: "rsa-sha256",
        Use.DIGEST: "sha256",
        Use.CANONICAL_FORM: "c14n-1.0",
        Use.CONTENT: "aes256-cbc",
        Use.KEY_TRANSPORT: "rsa-pkcs1-v1.5",
    }
    for use in Use:
        assert NATIONAL.accept(use, sent(use).identifier, DAY).standing is Standing.SENT


@pytest.mark.parametrize("use", Use)
def test_an_unknown_algorithm_is_refused(use):
    """What the table does not have is refused, also when it is known for another use."""
    for identifier in ("", "urn:unknown", SHA1 if use is not Use.DIGEST else sent(Use.SIGNATURE).identifier):
        with pytest.raises(RefusedError) as refused:
            NATIONAL.accept(use, identifier, DAY, "/there")
        assert refused.value.kind.id == "ALGORITHM-REFUSED"
        assert refused.value.location == "/there"


def test_the_sha1_switch_ends_on_its_date():
    """On the last day before the date SHA-1 is accepted, on the date it is not."""
    policy = Policy(sha1_before=DAY)
    assert policy.accept(Use.DIGEST, SHA1, date(2026, 3, 4)).standing is Standing.SWITCHED
    with pytest.raises(RefusedError):
        policy.accept(Use.DIGEST, SHA1, DAY)


def test_a_site_may_refuse_more():
    """A name in `refused` is refused whatever its standing."""
    with pytest.raises(RefusedError):
        Policy(refused=frozenset({"rsa-oaep"})).accept(Use.KEY_TRANSPORT, "1.2.840.113549.1.1.7", DAY)
