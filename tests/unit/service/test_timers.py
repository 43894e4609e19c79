"""What the clock does by itself."""

from __future__ import annotations

from datetime import timedelta

from adapter.testing.neighbours import World


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
