"""What an operator sees of an exchange: its state, its age, its next step (lesson 22)."""

from __future__ import annotations

from adapter.envelope.routing import Process
from adapter.testing.neighbours import Neighbour, World
from adapter.values import HerId

WARD, CASE_WORK = HerId("8140011"), HerId("8140022")


def steps(side: Neighbour, type_: str) -> list[str]:
    """The next steps that a side shows for what it has received of a type."""
    return [row.next_step for row in side.listing() if row.direction == "in" and row.type == type_]


async def test_a_delivered_message_needs_nothing(world: World) -> None:
    """Once the file lies in the inbox there is nothing left to do, nor is there for the AppRec of the other side."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert steps(world.municipality, "LOG_UTSKRIVNINGSKLAR") == ["nothing: the application has it"]
    assert steps(world.hospital, "APPREC") == ["nothing: it belongs to a message of ours"]


async def test_a_message_that_was_not_imported_does_not_wait_for_the_application(world: World) -> None:
    """A refused message and a business duplicate say that they were not given to the application."""
    good = world.hospital.build("discharge-ready")
    world.hospital.send_unjudged(good.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""), good)
    await world.settle()
    again = world.hospital.installation.ids.fresh()
    process = Process("LOG_UTSKRIVNINGSKLAR")
    await world.road.arrive(world.hospital.seal(good, CASE_WORK, process, sender=WARD, message_id=again))
    await world.settle()
    shown = steps(world.municipality, "LOG_UTSKRIVNINGSKLAR")
    assert shown == ["was not given to the application; its timeline says why"] * 2
