"""Reading, naming and judging certificates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.crypto.certificates import (
    Problem,
    TrustAnchors,
    Usage,
    days_left,
    describe,
    load_certificates,
    organisation_number,
    problems,
    thumbprint,
)
from adapter.errors import AdapterError
from adapter.testing.pki import ThrowAwayPki

START, END = datetime(2012, 1, 1, tzinfo=UTC), datetime(2012, 3, 1, tzinfo=UTC)


def test_pem_and_der_are_read(world):
    """One DER certificate or any number of PEM ones."""
    certificate = world.sender.signing.certificate
    assert load_certificates(certificate.public_bytes(Encoding.DER)) == (certificate,)
    assert load_certificates(world.sender.signing.certificate_pem() + world.pki.root_pem()) == (
        certificate,
        world.pki.root,
    )


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_is_said_so(content):
    """CERTIFICATE-UNREADABLE, with what to do."""
    with pytest.raises(AdapterError) as error:
        load_certificates(content)
    assert error.value.id == "CERTIFICATE-UNREADABLE"


def test_a_description_has_all_seven_things(world):
    """Lesson 7: which certificate, whose, from where."""
    certificate = world.sender.signing.certificate
    text = describe(certificate, "address register", "2001")
    for part in ("O=Sykehuset", "Throw-away Root", f"{certificate.serial_number:x}", "address register", "2001"):
        assert part in text
    assert thumbprint(certificate) in text
    assert len(thumbprint(certificate)) == 40


def test_the_organisation_is_in_the_subject(world):
    """NTRNO- and nine digits; a root has none."""
    assert organisation_number(world.sender.signing.certificate) == "123456789"
    assert organisation_number(world.pki.root) == ""


def test_days_left_are_counted_down_and_below_zero(world):
    """Whole days until expiry."""
    pair = world.pki.pair("X", "123456789", Usage.SIGNING, valid_from=START, valid_until=END)
    assert days_left(pair.certificate, END - timedelta(days=30)) == 30
    assert days_left(pair.certificate, END + timedelta(hours=1)) == -1


def test_a_good_certificate_has_no_problem(world):
    """Each of the pair for its own use."""
    assert problems(world.sender.signing.certificate, Usage.SIGNING, world.pki.anchors, START) == ()
    assert problems(world.sender.encryption.certificate, Usage.ENCRYPTION, world.pki.anchors, START) == ()


def test_every_problem_is_found(world):
    """Time, use and path, all at once where they come together."""
    pair = world.pki.pair("X", "123456789", Usage.SIGNING, valid_from=START, valid_until=END)
    second = timedelta(seconds=1)
    anchors = world.pki.anchors

    def at(when, usage=Usage.SIGNING, trusted=anchors):
        return problems(pair.certificate, usage, trusted, when)

    assert at(START) == at(END) == ()
    assert at(START - second) == (Problem.NOT_YET_VALID,)
    assert at(END + second) == (Problem.EXPIRED,)
    assert at(END + second, Usage.ENCRYPTION) == (Problem.EXPIRED, Problem.WRONG_USAGE)
    assert at(START, trusted=TrustAnchors((world.sender.signing.certificate,))) == (Problem.NO_PATH,)
    assert problems(world.sender.signing.certificate, Usage.ENCRYPTION, anchors, START) == (Problem.WRONG_USAGE,)
    assert problems(world.pki.root, Usage.SIGNING, anchors, START) == (Problem.WRONG_USAGE, Problem.IS_ISSUER)


def test_a_path_ends_with_its_root():
    """A leaf that outlives its root has no path from then on, also later on the day of the root's end."""
    end = datetime(2012, 6, 1, 12, tzinfo=UTC)
    pki = ThrowAwayPki(2048, valid_from=START, valid_until=end)
    pair = pki.pair("X", "123456789", Usage.SIGNING, valid_until=end + timedelta(days=300))
    assert problems(pair.certificate, Usage.SIGNING, pki.anchors, end - timedelta(hours=1)) == ()
    assert problems(pair.certificate, Usage.SIGNING, pki.anchors, end + timedelta(hours=1)) == (Problem.NO_PATH,)
