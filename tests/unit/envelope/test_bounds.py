"""Bad mails are refused by a named limit, in bounded time and memory, whatever they claim to be."""

from __future__ import annotations

import gzip
import time
import tracemalloc

import pytest

from adapter.crypto.refusal import RefusedError
from adapter.crypto.verified import Part
from adapter.envelope import mime
from adapter.envelope.mail import payload_body
from adapter.envelope.plaintext import Form, unwrap
from adapter.envelope.rules import judge
from adapter.envelope.rules.rule import Context
from adapter.envelope.rules.subject import of_mail
from adapter.envelope.unpack import unpack
from adapter.errors import AdapterError
from adapter.messages.rules.rule import Side

TOP = b'From: a@b\r\nMIME-Version: 1.0\r\nSOAPAction: "ebXML"\r\n'
RELATED = TOP + b'Content-Type: multipart/related; boundary=b; type="text/xml"\r\n\r\n'

MAILS = {
    "a million parts": (RELATED + b"--b\r\n\r\n\r\n" * 1_000_000 + b"--b--\r\n", "MAIL-TOO-LARGE"),
    "a megabyte of headers": (b"X-A: b\r\n" * 140_000 + RELATED, "MAIL-TOO-LARGE"),
    "one header of a megabyte": (b"X-A: " + b"b" * 1_000_000 + b"\r\n" + RELATED, "MAIL-TOO-LARGE"),
    "multiparts 1000 deep": (
        TOP
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(1000)
        ),
        "MAIL-TOO-LARGE",
    ),
    "more octets than the net carries": (RELATED + b"x" * 60_000_001, "MAIL-TOO-LARGE"),
    "elements 100000 deep": (
        TOP + b'Content-Type: text/xml; charset="UTF-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n' + b"<a>" * 100_000,
        "XML-TOO-LARGE",
    ),
    "elements 4000 deep": (
        TOP
        + b'Content-Type: text/xml; charset="UTF-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        + b"<a>" * 2000
        + b"</a>" * 2000,
        "XML-TOO-LARGE",
    ),
    "a thousand namespaces": (
        TOP
        + b'Content-Type: text/xml; charset="UTF-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<a '
        + b" ".join(b'xmlns:a%d="urn:%d"' % (number, number) for number in range(1000))
        + b"/>",
        "XML-TOO-LARGE",
    ),
}


@pytest.mark.parametrize(("octets", "error"), MAILS.values(), ids=MAILS)
def test_a_hostile_mail_meets_a_named_limit(octets, error):
    """The limit is named, and neither refusing nor judging takes more memory than a few times the mail."""
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(AdapterError) as refused:
            unpack(octets)
        found = judge(of_mail(octets), Context(Side.RECEIVE))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.id == error
    assert len(found) < 200
    assert peak < 8 * len(octets) + 8_000_000
    assert time.process_time() - began < 30


def test_a_packed_bomb_is_not_unpacked(world):
    """A gigabyte in a megabyte is handed on packed, with a remark; nothing of its size is ever held."""
    layer = gzip.compress(b"\0" * 50_000_000)
    tracemalloc.start()
    try:
        plain = unwrap(layer)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert plain.form is Form.UNKNOWN
    assert "EB-511" in {one.rule for one in plain.findings}
    assert peak < 45_000_000


@pytest.mark.parametrize("length", [b"\x84\xff\xff\xff\xff", b"\x88\x7f\xff\xff\xff\xff\xff\xff\xff", b"\x80"])
def test_a_cms_object_that_claims_gigabytes_is_refused(world, length):
    """A length that the octets do not hold is no such object; nothing is set aside for it."""
    claimed = b"\x30" + length + bytes.fromhex("06092a864886f70d010703a0") + length + b"\x30" + length
    tracemalloc.start()
    try:
        mail = world.peer(str, (Part("c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e", claimed),))
        with pytest.raises(RefusedError) as refused:
            world.open(mail)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.kind.id == "DECRYPTION-FAILED"
    assert peak < 20_000_000


def test_a_hundred_attachments_are_taken_and_one_more_is_not(world):
    """The limit on parts counts the mail, its envelope and its attachments."""
    parts = tuple(Part(f"part-{number}", b"x") for number in range(mime.MAX_PARTS + 1))
    with pytest.raises(AdapterError) as refused:
        unpack(world.mail(payload_body(b"<a/>", "env", parts, "=_b")))
    assert refused.value.id == "MAIL-TOO-LARGE"
