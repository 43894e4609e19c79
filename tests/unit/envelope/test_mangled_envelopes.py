"""Envelopes taken apart and put together wrongly: a value, the identical message, or a catalogue error."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.crypto.policy import NATIONAL
from adapter.envelope.mail import payload_body, signal_body
from adapter.envelope.open import Message, read, verify
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import AdapterError

TEXTS = st.sampled_from(
    ["", " ", "9", "10", "x", "-1", "2012-03-05T10:15:30Z", "æ", "cid:", "\u2028", "1" * 300, "%", "urn:x"]
)
NAMES = ["Header", "Body", "Envelope", "Signature", "MessageHeader", "Manifest", "Reference", "Acknowledgment", "Fault"]


def _mangle(data, root):
    """One random change of the tree."""
    elements = [element for element in root.iter("*") if element is not root]
    if not elements:
        return
    element = elements[data.draw(st.integers(0, len(elements) - 1))]
    parent = element.getparent()
    match data.draw(st.integers(0, 8)):
        case 0:
            parent.remove(element)
        case 1:
            parent.insert(data.draw(st.integers(0, len(parent))), copy.deepcopy(element))
        case 2:
            target = elements[data.draw(st.integers(0, len(elements) - 1))]
            if element not in target.iterancestors() and target is not element:
                target.append(element)
        case 3:
            element.text = data.draw(TEXTS)
        case 4:
            element.append(etree.Comment("x"))
        case 5 if element.attrib:
            element.set(data.draw(st.sampled_from([str(name) for name in element.attrib])), data.draw(TEXTS))
        case 6:
            element.tag = f"{{{etree.QName(element).namespace}}}{data.draw(st.sampled_from(NAMES))}"
        case 7:
            element.set("{http://schemas.xmlsoap.org/soap/envelope/}actor", data.draw(TEXTS))
        case _:
            element.addnext(etree.ProcessingInstruction("x", "y"))


def _judge(world, octets) -> Message | None:
    try:
        unpacked = unpack(octets)
        if not isinstance(unpacked, Unpacked):
            return None
        assert unpacked.reply_to is None or unpacked.reply_to.sender
        message = read(unpacked)
        return verify(message, world.expected(message), NATIONAL, world.now).message
    except AdapterError:
        return None


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_mangled_message_is_refused_or_identical(world, data):
    """Up to three random changes of a signed tree: nothing but AdapterError, and never another header or manifest."""
    original = world.mail(world.seal().body)
    unpacked = unpack(original)
    assert isinstance(unpacked, Unpacked)
    root = etree.fromstring(unpacked.envelope.octets)
    for _ in range(data.draw(st.integers(1, 3))):
        _mangle(data, root)
    mangled = world.mail(payload_body(etree.tostring(root), "env", unpacked.attachments, "=_b"))
    message = _judge(world, mangled)
    if message is not None:
        good = world.read(original)
        assert (message.header, message.content) == (good.header, good.content)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_mangled_signal_is_refused_or_identical(world, data):
    """The same for an Acknowledgment."""
    verified = world.verify(world.mail(world.seal().body))
    original = world.mail(world.municipality_seals.acknowledge(verified, world.signal_id, world.now, world.now).body)
    unpacked = unpack(original)
    assert isinstance(unpacked, Unpacked)
    root = etree.fromstring(unpacked.envelope.octets)
    for _ in range(data.draw(st.integers(1, 3))):
        _mangle(data, root)
    message = _judge(world, world.mail(signal_body(etree.tostring(root))))
    if message is not None:
        good = world.read(original)
        assert (message.header, message.content) == (good.header, good.content)
