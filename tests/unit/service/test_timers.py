"""What the clock does by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from adapter.service import timers
from adapter.service.mailboxes import MailboxReader
from adapter.testing.neighbours import World
from tests.unit.service.test_mailboxes import MAILBOX, Box


async def test_envelopes_are_remembered_for_thirty_days_and_then_forgotten(world: World) -> None:
    """A copy within thirty days is known; after that the record is dropped, and the message itself stays."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [received] = world.municipality.received()
    assert received.message_id is not None
    sender, message_id = received.sender, received.message_id

    def known() -> bool:
        store = world.municipality.installation.store
        return store.read_now(lambda reader: reader.seen(sender, message_id)) is not None

    await world.go_on(timedelta(days=29))
    assert known()
    await world.go_on(timedelta(days=3))
    assert not known()
    assert [one.id for one in world.municipality.received()] == [received.id]


async def test_nothing_is_sent_again_before_the_mailbox_was_read_behind_its_time(world: World) -> None:
    """A resend waits for a reading to the end after it was due (HITS 1171 §8.1); one that a clock which was ahead has
    dated is none, until the mailbox is read by the right time."""
    world.road.loses = lambda mail: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    settings = world.hospital.settings.model_copy(update={"mailbox": (MAILBOX,)})
    installation = replace(world.hospital.installation, settings=settings)
    reader = MailboxReader(installation, MAILBOX, Box)

    def resends() -> int:
        timers.fire_due(installation)
        transport = world.hospital.exchange(sent).transport
        assert transport is not None
        return transport.resends

    reader.read()
    start = world.clock.now()
    world.clock.advance(timedelta(hours=13))
    assert resends() == 0
    world.clock.advance(timedelta(days=365))
    reader.read()
    world.clock.set(start + timedelta(hours=13))
    assert resends() == 0
    reader.read()
    assert resends() == 1
