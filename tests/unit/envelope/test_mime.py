"""Taking mails apart: two ways, one result, one strict decoder."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.crypto.refusal import RefusedError
from adapter.crypto.verified import Part
from adapter.envelope.mail import payload_body, signal_body
from adapter.envelope.mime import decode, parse_mail
from adapter.errors import AdapterError


def _contents(entity):
    return [(child.header("content-id"), child.media_type, child.encoding, child.content) for child in entity.children]


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.lists(st.binary(max_size=200), max_size=3))
def test_the_strict_splitter_and_the_standard_library_agree(envelope, payloads):
    """A mail of ours gives the same parts by the fast way and, with its line ends changed, by the general one."""
    parts = tuple(Part(f"p{number}@x", octets) for number, octets in enumerate(payloads))
    body = payload_body(envelope, "env@x", parts, "=_b")
    fast, general = parse_mail(body), parse_mail(body.replace(b"\r\n", b"\n"))
    assert _contents(fast) == _contents(general)
    assert [child.content for child in fast.children] == [envelope, *payloads]
    assert (fast.media_type, fast.parameters) == (general.media_type, general.parameters)


def test_a_bare_part_is_decoded_either_way():
    """A signal of ours, and the same with line feeds alone."""
    body = signal_body(b"<a/>" * 50)
    assert parse_mail(body).content == parse_mail(body.replace(b"\r\n", b"\n")).content == b"<a/>" * 50


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_every_encoding_of_the_profile_is_undone(octets):
    """base64 in lines of any width, quoted-printable, and none."""
    assert decode(base64.encodebytes(octets).replace(b"\n", b" \r\n\t"), "base64") == octets
    assert decode(quopri.encodestring(octets), "quoted-printable") == octets
    for encoding in ("", "7bit", "8bit", "binary"):
        assert decode(octets, encoding) == octets


@pytest.mark.parametrize(
    "text", [b"AAA", b"AAA*", b"=AAA", b"AA==AAAA", b"AAAA=", b"AAB=", b"AB==", b"A\x00AA", b"AAA-"]
)
def test_two_texts_never_decode_to_the_same_octets(text):
    """Foreign characters, wrong padding and bits left over are refused (EB-023)."""
    with pytest.raises(RefusedError) as refused:
        decode(text, "base64")
    assert refused.value.rule == "EB-023"


def test_octets_of_a_binary_part_are_kept():
    """Line ends inside a binary part are its own, whatever the parser makes of lines."""
    octets = bytes(range(256)) + b"\r\n\n\r\r\n--c\r\n"
    head = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\n"
    mail = head + b"Content-Type: a/b\nContent-Transfer-Encoding: binary\n\n" + octets + b"\n--b--\n"
    assert parse_mail(mail).children[0].content == octets


def test_the_first_of_two_equal_headers_counts_and_both_ways_agree():
    """A mail with a header twice is not of the plain form and is left to the general parser."""
    body = signal_body(b"<a/>")
    twice = b"Content-Transfer-Encoding: 8bit\r\n" + body
    assert parse_mail(twice).encoding == "8bit"


def test_a_part_too_many_is_a_named_limit():
    """A hundred parts are taken, more are not, by either way."""
    parts = tuple(Part(f"p{number}@x", b"x") for number in range(99))
    body = payload_body(b"<a/>", "env@x", parts, "=_b")
    assert len(parse_mail(body).children) == 100
    more = payload_body(b"<a/>", "env@x", (*parts, Part("more", b"x"), Part("yet more", b"x")), "=_b")
    for octets in (more, more.replace(b"\r\n", b"\n")):
        with pytest.raises(AdapterError) as error:
            parse_mail(octets)
        assert error.value.id == "MAIL-TOO-LARGE"
