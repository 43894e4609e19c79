"""How what waits in the outbox leaves, also when it is put in again on its way."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapter.service.transmission import transmit_due
from adapter.service.views import transport_word
from adapter.testing.neighbours import World, is_signal
from adapter.transports.port import Accepted, Outcome, OutgoingMail


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
