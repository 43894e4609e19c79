"""Promise 3 at its sharpest: one bit changed anywhere in a sealed mail."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.crypto.verified import Part, Unverified
from adapter.envelope.open import read, verify
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import AdapterError


@pytest.fixture(scope="module")
def sealed(world):
    octets = world.mail(world.seal().body)
    verified = world.verify(octets)
    return octets, verified.header, world.payload


def _base64_positions(octets):
    """Every position of a base64 character in the two bodies."""
    found = []
    for block in re.finditer(rb"\r\n\r\n((?:[A-Za-z0-9+/=]{1,76}\r\n)+)--", octets):
        found += [place for place in range(*block.span(1)) if octets[place] not in b"\r\n"]
    return found


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_flip_anywhere_never_changes_what_is_accepted(world, sealed, data):
    """Refused, taken for no ebXML at all, or the identical header and payload: nothing else ever comes out."""
    octets, header, payload = sealed
    place = data.draw(st.integers(0, len(octets) - 1))
    flipped = bytearray(octets)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        if not isinstance(unpack(bytes(flipped)), Unpacked):
            return
        verified = world.verify(bytes(flipped))
        documents = world.open(bytes(flipped))
    except AdapterError:
        return
    assert verified.header == header
    assert [document.octets for document in documents] == [payload]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_flip_inside_the_envelope_or_the_payload_is_refused(world, sealed, data):
    """A bit of the base64 of either part: refused before or by the signature, never opened."""
    octets, _, _ = sealed
    place = data.draw(st.sampled_from(_base64_positions(octets)))
    flipped = bytearray(octets)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(AdapterError):
        world.verify(bytes(flipped))


def _flip(octets, place):
    return octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :]


@pytest.mark.parametrize("what", ["payload", "envelope text", "DigestValue", "SignatureValue", "X509Certificate"])
def test_a_flip_after_decoding_is_a_security_failure(world, what):
    """Chapter 13 case 16: payload, envelope text, digest, signature value, certificate."""
    unpacked = unpack(world.mail(world.seal().body))
    if what == "payload":
        part = unpacked.attachments[0]
        changed = replace(unpacked, attachments=(Part(part.content_id, _flip(part.octets, len(part.octets) // 2)),))
    else:
        octets = unpacked.envelope.octets
        mark = b"LOG_INNLAGT</eb:Action>" if what == "envelope text" else f"<ds:{what}>".encode()
        place = octets.index(mark) + (0 if what == "envelope text" else len(mark) + 8)
        envelope = Unverified(_flip(octets, place))
        changed = replace(unpacked, envelope=envelope)
    message = read(changed)
    with pytest.raises(RefusedError) as refused:
        verify(message, world.expected(message), NATIONAL, world.now)
    assert refused.value.kind.wire == "SecurityFailure"
