"""Each mail is taken in for itself, whatever becomes of the claim on it."""

from __future__ import annotations

from datetime import timedelta

from adapter.delivery.receiver import ReceptionState
from adapter.service import intake
from adapter.testing.neighbours import World


async def test_a_claim_that_was_lost_leaves_the_mail_to_the_other(world: World) -> None:
    """A worker whose claim ran out writes nothing, raises nothing, and shelves nothing that another has taken in."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    installation = world.municipality.installation
    [slow] = intake.claim(installation, "slow")
    world.clock.advance(timedelta(minutes=6))
    [quick] = intake.claim(installation, "quick")
    intake.take_in(installation, quick)
    intake.take_in(installation, slow)
    [mail] = world.municipality.mails()
    assert mail.reception.state is ReceptionState.ACCEPTED
    assert len(world.municipality.received()) == 1


async def test_two_copies_at_once_are_one_message(world: World) -> None:
    """Copies of one mail that are claimed together become one exchange, one file and one answer."""
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    for _ in range(3):
        await world.road.arrive(mail)
    await world.settle()
    assert list(world.municipality.inbox().values()) == [content]
    assert len(world.municipality.received()) == 1
    assert len(world.municipality.sent("APPREC")) == 1
