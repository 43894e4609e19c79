"""Rules about how envelopes are made and judged, each where breaking it would show (`ebxml.md` §10.9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.config.identity import Keys
from adapter.crypto import cms
from adapter.crypto.keys import DecryptionKeys
from adapter.crypto.policy import NATIONAL
from adapter.envelope.classify import Kind
from adapter.envelope.rules import judge
from adapter.envelope.rules.rule import Context
from adapter.envelope.rules.subject import of_mail
from adapter.envelope.unpack import Unpacked, unpack
from adapter.messages.rules.rule import Side

ACK = '<eb:Acknowledgment eb:version="2.0"><eb:RefToMessageId>m-1</eb:RefToMessageId></eb:Acknowledgment>'
ERRORS = '<eb:ErrorList eb:version="2.0" eb:highestSeverity="Error"/>'


def swap(old: str, new: str):
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


def test_a_block_that_need_not_be_understood_is_judged(world):
    """EB-115: with mustUnderstand=0 a wrong version is found, by every rule and on opening."""
    old = 'SOAP:mustUnderstand="1" eb:signed="true" eb:version="2.0"'
    octets = world.peer(swap(old, old.replace('"1"', '"0"').replace("2.0", "1.0")))
    assert {one.rule for one in judge(of_mail(octets), Context(Side.RECEIVE, world.now))} == {"EB-434", "EB-436"}
    assert {one.rule for one in world.read(octets).findings} == {"EB-434", "EB-436"}


def test_a_block_for_whoever_receives_must_be_understood(world):
    """EB-119: without an actor, and for the party that is addressed, a block is ours and refused if unknown."""
    for actor in ("", ' SOAP:actor="urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"'):
        block = f'<x xmlns="urn:x" SOAP:mustUnderstand="1"{actor}/><eb:AckRequested'
        octets = world.peer(swap("<eb:AckRequested", block))
        assert "EB-113" in {one.rule for one in judge(of_mail(octets), Context(Side.RECEIVE, world.now))}
        with pytest.raises(Exception, match="EB-113"):
            world.read(octets)


def test_a_payload_is_not_packed(world):
    """EB-511: what is encrypted is the document, octet for octet, and nothing around it."""
    unpacked = unpack(world.mail(world.seal().body))
    assert isinstance(unpacked, Unpacked)
    [part] = unpacked.attachments
    opened = cms.decrypt(part.octets, world.municipality.keys, NATIONAL, world.now)
    assert opened.plaintext == world.payload


def test_the_same_mail_is_judged_the_same(world):
    """EB-621: whatever was judged before it, in whatever order, and how often."""
    broken = world.mail(world.seal().body).replace(b"MIME-Version: 1.0", b"MIME-Version: 1.1")
    mails = [
        world.mail(world.seal().body),
        broken,
        world.peer(swap("<eb:DuplicateElimination></eb:DuplicateElimination>", "")),
    ]
    first = [judge(of_mail(octets), Context(Side.RECEIVE, world.now)) for octets in mails]
    assert [bool(found) for found in first] == [False, True, True]
    for _ in range(4):
        for octets, found in reversed(list(zip(mails, first, strict=True))):
            assert judge(of_mail(octets), Context(Side.RECEIVE, world.now)) == found


def test_an_old_key_opens_what_came_before_its_end(world):
    """EB-622: for 84 hours after the change at least, and not longer than it was given."""
    [pair] = world.municipality.keys.pairs
    end = world.now + timedelta(hours=84)
    keys = DecryptionKeys((replace(pair, end=end),))
    assert keys.at(end - timedelta(seconds=1)).pairs == keys.pairs
    assert keys.at(end).pairs == ()
    field = Keys.model_fields["keep_hours"]
    assert field.default == 84
    assert 84 in [getattr(one, "ge", None) for one in field.metadata]


@pytest.mark.parametrize(
    ("block", "change", "kind"),
    [
        (ACK + ERRORS, str, Kind.ERROR),
        (ACK + ERRORS, swap(">MessageError<", ">Acknowledgment<"), Kind.ACKNOWLEDGMENT),
        (ACK + ERRORS, swap(">MessageError<", ">Other<"), Kind.MIXED),
        (ACK, str, Kind.ACKNOWLEDGMENT),
    ],
)
def test_a_mix_is_what_service_and_action_confirm(world, block, change, kind):
    """EB-633: with both blocks the Action decides; with an Action that nobody knows it is neither."""
    unpacked = unpack(world.peer_signal(block, change))
    assert isinstance(unpacked, Unpacked)
    assert unpacked.kind is kind


def test_a_mix_under_the_service_of_a_message_is_a_message(world):
    """EB-633: an Acknowledgment beside AckRequested and Manifest is judged as the payload message that it claims."""
    unpacked = unpack(world.peer(swap("<eb:AckRequested", ACK + "<eb:AckRequested")))
    assert isinstance(unpacked, Unpacked)
    assert unpacked.kind is Kind.PAYLOAD
