"""Good, revoked, stale or unknown, and never a guess."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.x509.ocsp import OCSPCertStatus
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.crypto.revocation import (
    Judgement,
    Outcome,
    RevocationList,
    judge_by_crl,
    judge_by_ocsp,
    read_crl,
    strongest,
)
from adapter.testing.pki import ThrowAwayPki

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def other():
    return ThrowAwayPki(2048, name="Root")


def _crl(world, revoked, this, following, root=None, **how):
    octets = world.pki.crl(revoked, world.now + this * HOUR, world.now + following * HOUR, **how)
    crl = read_crl(octets, root or world.pki.root)
    return judge_by_crl(world.sender.signing.certificate, crl, world.now) if isinstance(crl, RevocationList) else crl


def test_a_crl_says_good_revoked_or_stale(world):
    """By its list first, then by its age."""
    serial = world.sender.signing.certificate.serial_number
    moment = world.now - 5 * HOUR
    good = _crl(world, {1: moment}, -1, 1)
    assert (good.outcome, good.fresh_until) == (Outcome.GOOD, world.now + HOUR)
    revoked = _crl(world, {1: moment, serial: moment}, -1, 1)
    assert (revoked.outcome, revoked.revoked_at) == (Outcome.REVOKED, moment)
    assert _crl(world, {}, -3, -1).outcome is Outcome.STALE
    assert _crl(world, {serial: moment}, -3, -1).outcome is Outcome.REVOKED


def test_a_crl_that_cannot_be_relied_on_says_nothing(world, other):
    """From the future, a delta, of another issuer, with another signature, damaged: unknown."""
    assert _crl(world, {}, 1, 2).outcome is Outcome.UNKNOWN
    assert _crl(world, {}, -1, 1, delta=True).outcome is Outcome.UNKNOWN
    assert _crl(world, {}, -1, 1, root=world.sender.signing.certificate).outcome is Outcome.UNKNOWN
    assert _crl(world, {}, -1, 1, root=other.root).outcome is Outcome.UNKNOWN
    for octets in (b"", b"nonsense", world.pki.crl({}, world.now, world.now + HOUR)[:-1]):
        judgement = read_crl(octets, world.pki.root)
        assert isinstance(judgement, Judgement)
        assert judgement.outcome is Outcome.UNKNOWN
    crl = read_crl(world.pki.crl({}, world.now, world.now + HOUR), world.pki.root)
    assert isinstance(crl, RevocationList)
    foreign = ThrowAwayPki(2048, name="Elsewhere").root
    assert judge_by_crl(foreign, crl, world.now).outcome is Outcome.UNKNOWN


def _ocsp(world, this=-1, following=1, certificate=None, **how):
    subject = world.sender.signing.certificate
    until = None if following is None else world.now + following * HOUR
    octets = world.pki.ocsp_response(certificate or subject, world.now + this * HOUR, until, **how)
    return judge_by_ocsp(subject, world.pki.root, octets, world.now)


def test_a_responder_says_good_revoked_or_stale(world):
    """The issuer itself, or one that it appointed."""
    moment = world.now - 5 * HOUR
    for responder in (None, world.pki.responder()):
        assert _ocsp(world, responder=responder).outcome is Outcome.GOOD
        revoked = _ocsp(world, responder=responder, revoked_at=moment)
        assert (revoked.outcome, revoked.revoked_at) == (Outcome.REVOKED, moment)
    assert _ocsp(world, -3, -1).outcome is Outcome.STALE
    assert _ocsp(world, -0.5, None).outcome is Outcome.GOOD
    assert _ocsp(world, -2, None).outcome is Outcome.STALE


def test_a_response_that_cannot_be_relied_on_says_nothing(world, other):
    """Another certificate, an unknown one, the future, a responder nobody appointed, another root: unknown."""
    assert _ocsp(world, certificate=world.other.signing.certificate).outcome is Outcome.UNKNOWN
    assert _ocsp(world, status=OCSPCertStatus.UNKNOWN).outcome is Outcome.UNKNOWN
    assert _ocsp(world, 1, 2).outcome is Outcome.UNKNOWN
    assert _ocsp(world, responder=world.pki.responder(appointed=False)).outcome is Outcome.UNKNOWN
    assert _ocsp(world, responder=other.responder()).outcome is Outcome.UNKNOWN


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_statements_never_turn_bad_into_good(world, data):
    """Whatever happens to the octets of a revocation on the way, it never reads as good."""
    certificate, moment = world.sender.signing.certificate, world.now - 5 * HOUR
    make = data.draw(st.sampled_from(["crl", "ocsp"]))
    until = world.now + HOUR
    good = (
        world.pki.crl({certificate.serial_number: moment}, moment, until)
        if make == "crl"
        else world.pki.ocsp_response(certificate, moment, until, revoked_at=moment)
    )
    octets = bytearray(good)
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    if make == "ocsp":
        judgement = judge_by_ocsp(certificate, world.pki.root, bytes(octets), world.now)
    else:
        crl = read_crl(bytes(octets), world.pki.root)
        judgement = judge_by_crl(certificate, crl, world.now) if isinstance(crl, RevocationList) else crl
    assert judgement.outcome is not Outcome.GOOD


def test_every_octet_of_a_crl_changed_in_every_bit(world):
    """No damage to a CRL ends in anything but a judgement, or a CRL that still lists the certificate."""
    certificate, moment = world.sender.signing.certificate, world.now - 5 * HOUR
    good = world.pki.crl({certificate.serial_number: moment}, moment, world.now + HOUR)
    for place in range(min(len(good), 64)):
        for bit in range(8):
            octets = bytearray(good)
            octets[place] ^= 1 << bit
            crl = read_crl(bytes(octets), world.pki.root)
            assert not isinstance(crl, RevocationList), (place, bit)


def test_revoked_beats_good_beats_stale_beats_unknown():
    """One statement of revocation is enough, and no statement is unknown."""
    order = [Outcome.UNKNOWN, Outcome.STALE, Outcome.GOOD, Outcome.REVOKED]
    for count in range(1, 5):
        judgements = tuple(Judgement(outcome, "") for outcome in order[:count])
        assert strongest(judgements).outcome is order[count - 1]
    assert strongest(()).outcome is Outcome.UNKNOWN
