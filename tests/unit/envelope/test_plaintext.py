"""The form of a decrypted document, within limits."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.envelope import plaintext
from adapter.envelope.plaintext import MAX_RATIO, Form, mime_part, unwrap

BOMB = gzip.compress(b" " * 30_000_000)
STRANGE = {
    "text": b"hello",
    "empty": b"",
    "bomb": BOMB,
    "bomb in a bomb": gzip.compress(gzip.compress(BOMB)),
    "cut": gzip.compress(b"<a/>" * 100)[:-9],
    "broken": b"\x1f\x8b\x08nonsense",
    "packed too often": gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"<a/>"))))),
    "broken mime": b"Content-Type: multipart/mixed; boundary=b\n\nno part",
    "broken base64": b"Content-Transfer-Encoding: base64\n\n***",
}


@pytest.mark.parametrize("octets", STRANGE.values(), ids=STRANGE)
def test_what_cannot_be_opened_is_handed_on_with_a_remark(octets):
    """Decryption succeeded, so this is the business level's matter; a bomb is never unpacked (EB-509)."""
    plain = unwrap(octets)
    assert plain.form is Form.UNKNOWN
    assert len(plain.octets) <= MAX_RATIO * len(octets)
    assert plain.findings[-1].rule == "EB-509"


@pytest.mark.parametrize(("octets", "form"), [(1000, Form.XML), (1001, Form.UNKNOWN)])
def test_what_is_packed_has_a_size_that_it_may_have(monkeypatch, octets, form):
    """Whatever its ratio, no more is unpacked than a document may have; then it is handed on as it came (EB-511)."""
    monkeypatch.setattr(plaintext, "MAX_OCTETS", 1000)
    packed = gzip.compress(b"<a>".ljust(octets, b" "))
    plain = unwrap(packed)
    assert (plain.form, len(plain.octets)) == (form, octets if form is Form.XML else len(packed))
    assert plain.findings[0].rule == "EB-511"


def test_utf_16_is_xml():
    """A document in UTF-16 with its byte order mark is left as it is."""
    for encoding in ("utf-16-le", "utf-16-be"):
        octets = "\ufeff<a/>".encode(encoding)
        assert unwrap(octets).octets == octets
        assert unwrap(octets).form is Form.XML


@given(st.binary(max_size=200))
def test_no_octets_make_it_fail(octets):
    """Whatever was encrypted, there is a result."""
    unwrap(octets)
    unwrap(b"Content-Type: " + octets)
    unwrap(b"\x1f\x8b" + octets)


@given(st.binary(max_size=200).map(lambda tail: b"<a/>" + tail))
@example(b"<a>" + b"\n--x" * 1000 + b"</a>\r\n\r\n")
@example(b"<a>" + b"\r\nContent-Type: multipart/mixed" * 1000 + b"</a>")
def test_our_own_mime_part_is_opened_to_the_octet(octets):
    """What we wrap for a partner that wants it so comes out unchanged, without a remark (HITS 1172 §5.15)."""
    wrapped = mime_part(octets, "some id\r\n@edi.example")
    head, _, content = wrapped.partition(b"\r\n\r\n")
    assert content == octets
    assert [line.split(b":")[0] for line in head.split(b"\r\n")] == [
        b"Content-Id",
        b"Content-Type",
        b"Content-Transfer-Encoding",
    ]
    plain = unwrap(wrapped)
    assert (plain.octets, plain.form, plain.findings) == (octets, Form.XML, ())
