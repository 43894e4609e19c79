"""How what waits in the outbox leaves, also when it is put in again on its way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from adapter.service.transmission import SIGNAL_DOUBTS, transmit_due
from adapter.service.views import transport_word
from adapter.store.port import OutboxState
from adapter.testing.neighbours import World, is_signal
from adapter.transports.port import Accepted, Deferred, Outcome, OutcomeUnknown, OutgoingMail
from adapter.values import Digest


async def test_an_answer_put_in_again_while_it_leaves_goes_once_more(world: World) -> None:
    """A copy that arrives while its first answer is on the wire: no error, and the answer is given again."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    await world.road.carry()
    daemon, installation = world.municipality.daemon, world.municipality.installation
    await daemon._take_in()

    @dataclass
    class Slow:
        carried: list[OutgoingMail] = field(default_factory=list)

        async def send(self, outgoing: OutgoingMail) -> Outcome:
            if not self.carried:
                await world.road.arrive(mail)
                await daemon._take_in()
            self.carried.append(outgoing)
            return Accepted("250 taken")

        async def close(self) -> None:
            """Nothing is held open."""

    slow = Slow()
    while await transmit_due(installation, slow, "daemon"):
        pass
    acks = [one for one in slow.carried if is_signal(one)]
    assert len(acks) == 2
    await world.road.arrive(acks[1])
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"
    counts = installation.store.read_now(lambda reader: reader.counts())
    assert counts.outbox_waiting == 0


async def test_an_answer_given_again_late_has_its_whole_time(world: World) -> None:
    """A copy of a message that comes three days later: its answer may wait for the mail server as long as the first."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    await world.road.carry()
    world.road.loses = is_signal
    await world.municipality.daemon.settle()
    world.clock.advance(timedelta(hours=73))
    world.road.loses = lambda mail: False
    world.road.tell(Deferred("451 later"))
    await world.road.arrive(mail)
    await world.municipality.daemon.settle()
    [received] = world.municipality.received()
    [answer] = world.municipality.installation.store.read_now(lambda reader: reader.outbox_of(received.id))
    assert (answer.state, answer.reason) == (OutboxState.WAITING, "451 later")
    await world.go_on(timedelta(minutes=2))
    assert transport_word(world.hospital.exchange(sent)) in {"acknowledged", "acked_late"}


async def test_an_answer_that_no_mail_server_takes_is_given_up_after_72_hours(world: World) -> None:
    """Up to then it waits and is tried again; then its exchange says that it could not be sent, and why."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    world.road.tell(*[Deferred("451 later")] * 20)
    municipality = world.municipality

    async def state_after(by: timedelta) -> OutboxState:
        world.clock.advance(by)
        await municipality.daemon.settle()
        [received] = municipality.received()
        [answer] = municipality.installation.store.read_now(lambda reader: reader.outbox_of(received.id))
        return answer.state

    waits = [await state_after(by) for by in (timedelta(0), timedelta(hours=71), timedelta(minutes=59))]
    assert waits == [OutboxState.WAITING] * 3
    assert await state_after(timedelta(minutes=31)) is OutboxState.REFUSED
    [received] = municipality.received()
    assert "the answer could not be sent 451 later" in municipality.journal(received.id)


@dataclass
class Cutting:
    """A mail server that answers the next hand-overs of answers as told, and delivers none of those."""

    world: World
    outcomes: list[Outcome]
    tries: list[datetime] = field(default_factory=list)

    async def send(self, outgoing: OutgoingMail) -> Outcome:
        if not is_signal(outgoing):
            return await self.world.road.send(outgoing)
        self.tries.append(self.world.clock.now())
        return self.outcomes.pop(0) if self.outcomes else await self.world.road.send(outgoing)

    async def close(self) -> None:
        """Nothing is held open."""

    async def go_on(self, minutes: int) -> None:
        """Let the municipality hand over what becomes due in so many minutes."""
        for _ in range(minutes + 1):
            while await transmit_due(self.world.municipality.installation, self, "daemon"):
                pass
            self.world.clock.advance(timedelta(minutes=1))


CUT_OFF = OutcomeUnknown("lost after DATA")


@pytest.mark.parametrize("before", [0, 1], ids=["at once", "after it was put off"])
async def test_an_answer_that_is_cut_off_goes_again_by_itself(world: World, before: int) -> None:
    """As long as hand-overs are cut off, it goes after growing pauses, until one arrives; nobody has to ask for it."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    await world.municipality.daemon._take_in()
    later: list[Outcome] = [Deferred("451 later")] * before
    cutting = Cutting(world, [*later, *[CUT_OFF] * (SIGNAL_DOUBTS - 1)])
    await cutting.go_on(30)
    pauses = [(then - one) // timedelta(minutes=1) for one, then in pairwise(cutting.tries)]
    assert pauses == [1] * before + [1, 2, 5, 10]
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def test_an_answer_that_is_always_cut_off_counts_as_sent_in_the_end(world: World) -> None:
    """So many copies and no more; a partner that asks again gets as many."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    await world.road.carry()
    await world.municipality.daemon._take_in()
    installation = world.municipality.installation
    [received] = world.municipality.received()
    for _ in range(2):
        cutting = Cutting(world, [CUT_OFF] * 100)
        await cutting.go_on(300)
        assert len(cutting.tries) == SIGNAL_DOUBTS
        [answer] = installation.store.read_now(lambda reader: reader.outbox_of(received.id))
        assert (answer.state, answer.reason) == (OutboxState.UNKNOWN, CUT_OFF.reason)
        await world.road.arrive(mail)
        await world.municipality.daemon._take_in()


async def test_octets_that_are_damaged_keep_nothing_else_from_leaving(world: World) -> None:
    """A message that cannot be read from the store any more waits with that reason; those behind it go."""
    side = world.hospital
    damaged, whole = (side.submit(side.build("discharge-ready", ready=f"2024-03-0{day}")) for day in (5, 6))
    await side.daemon._seal()
    sealed = side.exchange(damaged).sealed
    assert isinstance(sealed, Digest)
    with closing(sqlite3.connect(side.settings.store.path)) as database, database:
        changed = database.execute("update blob set content = x'00' where digest = ?", (sealed.value,)).rowcount
    assert changed == 1
    await world.settle()
    assert transport_word(side.exchange(whole)) == "acknowledged"
    transport = side.exchange(damaged).transport
    assert transport is not None
    assert (transport.state.value, transport.reason) == ("ready", "STORE-CORRUPT")
    assert transport.due is not None
    assert transport.due > world.clock.now()
