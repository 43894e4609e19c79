"""The loops of the daemon: they turn by themselves, survive failures, and stop when they are told."""

from __future__ import annotations

import asyncio

import pytest

from adapter.errors import STORE_LOCKED, AdapterError
from adapter.service import daemon as daemons
from adapter.service.views import apprec_word, transport_word
from adapter.testing.neighbours import World


async def until(done: object, seconds: float = 20.0) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(seconds):
        while not done():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def carry(world: World) -> None:
    """Let the road carry for ever."""
    while True:
        await world.road.carry()
        await asyncio.sleep(0.01)


async def test_two_running_daemons_exchange_a_message(world: World) -> None:
    """What is handed in while both run is delivered, acknowledged and receipted, and both stop when told."""
    running = [asyncio.create_task(side.daemon.run()) for side in (world.hospital, world.municipality)]
    road = asyncio.create_task(carry(world))
    sent = [world.hospital.submit(world.hospital.build("discharge-ready")) for _ in range(3)]

    def receipted() -> bool:
        exchanges = [world.hospital.exchange(one) for one in sent]
        return all((transport_word(one), apprec_word(one)) == ("acknowledged", "ok") for one in exchanges)

    await until(receipted)
    await until(lambda: len(world.municipality.inbox()) == 3)
    world.hospital.daemon.stop()
    world.municipality.daemon.stop()
    async with asyncio.timeout(10):
        await asyncio.gather(*running)
    road.cancel()
    assert len(world.municipality.sent("APPREC")) == 3


@pytest.mark.parametrize(
    "failure", [AdapterError(STORE_LOCKED, ""), RuntimeError("a defect")], ids=["locked", "defect"]
)
async def test_a_turn_that_fails_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """A loop whose turn raises goes on after a pause, and the message goes through."""
    monkeypatch.setattr(daemons, "FAILURE_SECONDS", 0.05)
    honest, failed = daemons.sealing.waiting, []

    def failing(*arguments: object) -> object:
        if len(failed) < 3:
            failed.append(1)
            raise failure
        return honest(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(daemons.sealing, "waiting", failing)
    running = asyncio.create_task(world.hospital.daemon.run())
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await until(lambda: transport_word(world.hospital.exchange(sent)) == "await_ack")
    assert len(failed) == 3
    world.hospital.daemon.stop()
    async with asyncio.timeout(10):
        await running


async def test_messages_do_not_wake_what_is_done_at_leisure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many messages pass, certificates, policies and what has had its time are looked at in their own pace."""
    looked: list[str] = []
    honest, looks = daemons.retention.daily, daemons.certificates.look_after
    monkeypatch.setattr(daemons.retention, "daily", lambda given: (looked.append("daily"), honest(given))[1])
    monkeypatch.setattr(daemons.certificates, "look_after", lambda given: (looked.append("look"), looks(given))[1])
    monkeypatch.setattr(daemons, "IDLE_SECONDS", 60.0)
    running = asyncio.create_task(world.hospital.daemon.run())
    for _ in range(3):
        sent = world.hospital.submit(world.hospital.build("discharge-ready"))
        await until(lambda sent=sent: transport_word(world.hospital.exchange(sent)) == "await_ack")  # type: ignore[misc]
    assert looked.count("daily") == 1
    assert looked.count("look") <= 2
    world.hospital.daemon.stop()
    async with asyncio.timeout(10):
        await running
