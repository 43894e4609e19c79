"""Nobody is made to write to others in our name: answers to unverified mails are few, and under our own HER-id."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

from lxml import etree

from adapter.service.answers import MAX_OBJECTIONS
from adapter.service.views import transport_word
from adapter.testing.neighbours import World
from adapter.transports.port import OutgoingMail


def changed(mail: OutgoingMail, old: bytes, new: bytes) -> OutgoingMail:
    """A payload mail with something else in its envelope, whose signature does not hold any more."""
    found = re.search(
        rb'text/xml; charset="UTF-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n(.*?)\r\n--', mail.content, re.S
    )
    assert found
    envelope = base64.b64decode(found[1])
    assert old in envelope
    written = base64.encodebytes(envelope.replace(old, new, 1)).replace(b"\n", b"\r\n").strip()
    return OutgoingMail(mail.sender, mail.recipient, mail.content.replace(found[1], written), "x")


def envelope_of(mail: OutgoingMail) -> etree._Element:
    payload = message_from_bytes(mail.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return etree.fromstring(payload)


async def under_way(world: World) -> OutgoingMail:
    """A message of the hospital, taken off the road."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    world.road.under_way.clear()
    return mail


async def test_forged_mails_are_not_turned_into_as_many_of_ours(world: World) -> None:
    """Of an hour's forged mails under a partner's name twenty are answered; the others are kept and shown."""
    mail = await under_way(world)
    before = len(world.road.taken)
    for number in range(MAX_OBJECTIONS + 5):
        await world.road.arrive(changed(mail, b"</eb:ConversationId>", f"{number}</eb:ConversationId>".encode()))
        await world.municipality.daemon.settle()
    assert len(world.road.taken) - before == MAX_OBJECTIONS
    quarantined = [one for one in world.municipality.mails() if one.reception.state.value == "quarantine"]
    assert len(quarantined) == 5
    assert {one.reception.reason for one in quarantined} == {"SIGNATURE-INVALID, not answered: too many"}
    world.clock.advance(timedelta(hours=1))
    await world.road.arrive(changed(mail, b"</eb:ConversationId>", b"x</eb:ConversationId>"))
    await world.municipality.daemon.settle()
    assert len(world.road.taken) - before == MAX_OBJECTIONS + 1


async def test_a_flood_of_forged_mails_does_not_hold_back_the_true_one(world: World) -> None:
    """The limit is on answers to what is not verified: the partner's own message is delivered and acknowledged."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    world.road.under_way.clear()
    for number in range(MAX_OBJECTIONS + 1):
        await world.road.arrive(changed(mail, b"</eb:ConversationId>", f"{number}</eb:ConversationId>".encode()))
    await world.municipality.daemon.settle()
    world.road.under_way.clear()
    await world.road.arrive(mail)
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def test_an_answer_for_somebody_elses_her_id_is_under_our_own(world: World) -> None:
    """A message to a HER-id that is none of ours: ValueNotRecognized, from a HER-id that is ours (EB-233)."""
    mail = await under_way(world)
    [sent] = world.hospital.sent()
    await world.road.arrive(changed(mail, f">{sent.receiver}</eb:PartyId>".encode(), b">4711</eb:PartyId>"))
    await world.municipality.daemon.settle()
    answer = envelope_of(world.road.taken[-1])
    [sender, _] = answer.xpath("//*[local-name()='PartyId']/text()")
    assert sender == world.municipality.settings.party[0].her.value


async def test_a_flood_by_a_clock_that_was_ahead_silences_nobody(world: World) -> None:
    """When the clock is set right, what cannot be verified is answered again: its hour of next year is not today."""
    mail = await under_way(world)
    start = world.clock.now()
    world.clock.advance(timedelta(days=365))
    for number in range(MAX_OBJECTIONS):
        await world.road.arrive(changed(mail, b"</eb:ConversationId>", f"{number}</eb:ConversationId>".encode()))
    await world.municipality.daemon.settle()
    world.clock.set(start)
    before = len(world.road.taken)
    await world.road.arrive(changed(mail, b"</eb:ConversationId>", b"x</eb:ConversationId>"))
    await world.municipality.daemon.settle()
    assert len(world.road.taken) - before == 1
