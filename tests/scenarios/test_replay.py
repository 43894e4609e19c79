"""A mail of last year comes again: whoever sends it, nothing is delivered, counted or receipted a second time."""

from __future__ import annotations

from datetime import timedelta

from adapter.testing.neighbours import Neighbour, World

YEAR = timedelta(days=365)


def state(side: Neighbour) -> tuple[object, ...]:
    """What a replay must not change: inbox, facts, what was sent and received, and how each stands."""
    stands = [(one.id, one.transport, one.receipt) for one in side.sent()]
    return sorted(side.inbox()), side.facts(), stands


async def test_every_mail_of_last_year_again(world: World) -> None:
    """Message, acknowledgments and AppRec, each a year old and octet for octet, leave everything as it was.

    The memory of envelopes is long over by then (`ebxml.md` §7.4); the MsgId is remembered for good.
    """
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    old = list(world.road.taken)
    assert len(old) == 4
    await world.go_on(YEAR)
    sides = (world.hospital, world.municipality)
    before = [state(side) for side in sides]
    receipts = [len(side.sent("APPREC")) for side in sides]
    for mail in old:
        await world.road.arrive(mail)
        await world.settle()
    assert [state(side) for side in sides] == before
    assert [len(side.sent("APPREC")) for side in sides] == receipts


async def test_a_replay_does_not_block_what_is_new(world: World) -> None:
    """A hundred copies of an old mail stand before a new one, which is delivered all the same."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    old = world.road.taken[0]
    await world.go_on(YEAR)
    for _ in range(100):
        await world.road.arrive(old)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert len(world.municipality.inbox()) == 2
