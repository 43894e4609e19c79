"""The published ebXML examples, which contain known mistakes (`ebxml.md` §12.1), where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.crypto.verified import Part
from adapter.envelope.classify import Kind
from adapter.envelope.mail import payload_body, signal_body
from adapter.envelope.open import read, verify
from adapter.envelope.routing import process_of
from adapter.envelope.signals import Acknowledgment
from adapter.envelope.unpack import Unpacked, unpack

EXAMPLES = Path(__file__).resolve().parents[4] / "shared" / "examples" / "ebxml"


def _example(name):
    path = EXAMPLES / name
    if not path.exists():
        pytest.skip("the official examples are not at hand")
    return path.read_bytes()


def test_the_acknowledgment_example_is_read_with_its_mistakes_named(world):
    """Role in a signal and a CPAId of organisation numbers are remarked on; its SHA-1 and certificate are refused."""
    unpacked = unpack(world.mail(signal_body(_example("Acknowledgment.xml"))))
    assert isinstance(unpacked, Unpacked)
    message = read(unpacked)
    assert message.kind is Kind.ACKNOWLEDGMENT
    assert isinstance(message.content, Acknowledgment)
    assert len(message.content.references) == 2
    assert {one.rule for one in message.findings} == {"EB-225", "EB-214", "EB-457"}
    with pytest.raises(RefusedError) as refused:
        verify(message, world.expected(message), NATIONAL, world.now)
    assert refused.value.kind.id == "ALGORITHM-REFUSED"


def test_the_payload_example_is_read_with_its_mistakes_named(world):
    """Service without type, CPAId of no form, no schema; Service and Action that do not belong together are refused."""
    part = Part("ebxmlpayload111@example.com", b"x")
    unpacked = unpack(world.mail(payload_body(_example("ebxml-eksempel.xml"), "env", (part,), "=_b")))
    assert isinstance(unpacked, Unpacked)
    message = read(unpacked)
    assert message.kind is Kind.PAYLOAD
    assert {one.rule for one in message.findings} == {"EB-213", "EB-227", "EB-451", "EB-457"}
    assert str(message.header.message_id) == "955536cb-fb9a-49d9-848d-2baca7b116e1"
    with pytest.raises(RefusedError) as refused:
        process_of(message.header.service.value, message.header.action)
    assert refused.value.rule == "EB-230"
