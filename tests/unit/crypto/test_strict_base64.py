"""One text for one sequence of octets."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.crypto.strict_base64 import decode


@given(st.binary(max_size=100), st.sampled_from([b"\n", b"\r\n", b" \t", b""]), st.integers(1, 80))
def test_any_octets_in_lines_of_any_width_come_back(octets, between, width):
    """Blanks and line ends do not matter."""
    text = base64.b64encode(octets)
    assert decode(between.join(text[start : start + width] for start in range(0, len(text), width))) == octets


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_changed_character_never_gives_the_same_octets(octets, data):
    """Every single changed bit of the text changes the octets, or is a blank that was none before, or is refused."""
    text = bytearray(base64.b64encode(octets))
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert decode(bytes(text)) != octets
    except ValueError:
        return


@pytest.mark.parametrize(
    "text", [b"AAA", b"AAA*", b"=AAA", b"AA==AAAA", b"AAAA=", b"AAB=", b"AB==", b"A\x00AA", b"AAA-"]
)
def test_what_is_not_the_one_text_is_refused(text):
    """Foreign characters, wrong padding, bits left over."""
    with pytest.raises(ValueError):
        decode(text)
