"""The life of the process from inside: a reload whose parts cannot be started, and a clock that is set."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapter.api.serving import ApiServer, api_companion
from adapter.config import load
from adapter.errors import CONFIG_INVALID, STORE_LOCKED, STORE_SERVED, AdapterError
from adapter.observe import events
from adapter.observe.events import Event, Level
from adapter.observe.log import Line
from adapter.service import life, timers
from adapter.service.clock import RandomIds
from adapter.service.companions import Companion, MakeCompanion
from adapter.service.installation import Installation
from adapter.testing.neighbours import World
from adapter.transports.port import Deferred

NOTHING = Line()


class Heard:
    """A log that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[Event, Line]] = []

    def tell(self, event: Event, line: Line = NOTHING) -> None:
        self.lines.append((event, line))

    def from_level(self, level: Level) -> None:
        """Everything is heard at every level."""

    def of(self, event: Event) -> list[Line]:
        return [line for one, line in self.lines if one is event]

    async def until(self, event: Event, count: int = 1) -> Line:
        async with asyncio.timeout(20):
            while len(self.of(event)) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return self.of(event)[-1]


class Grudging:
    """A companion that refuses to start once, when it is told to."""

    def __init__(self, refusals: list[str]) -> None:
        self._refusals = refusals
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        if self._refusals:
            raise AdapterError(CONFIG_INVALID, self._refusals.pop())

    async def run(self) -> None:
        await self._stopping.wait()

    def stop(self) -> None:
        self._stopping.set()

    async def close(self) -> None:
        """Nothing is held open."""


@asynccontextmanager
async def living(world: World, log: Heard, *makers: MakeCompanion) -> AsyncIterator[None]:
    """The hospital as `adapter run` has it, in this process, with the clock of the test."""
    await world.hospital.daemon.close()
    config = world.hospital.side.config
    task = asyncio.create_task(life.run(load(config), config, world.clock, RandomIds(), log, makers))
    await log.until(events.DAEMON_STARTED)
    yield
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(20):
        await task
    # The fixture closes the hospital once more: it gets a store that is open.
    await world.hospital.restart()


def port_of_api(config: Path) -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    text = config.read_text("utf-8")
    config.write_text(f"{text}\n[api]\nport = {port}\n", "utf-8")
    return port


async def answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_a_refused_reload_leaves_no_port_taken(world: World) -> None:
    """Where one companion cannot start, those started before it are closed: what was in force starts again."""
    port, log = port_of_api(world.hospital.side.config), Heard()
    refusals: list[str] = []

    def grudging(_: Installation) -> tuple[Companion, ...]:
        return (Grudging(refusals),)

    async with living(world, log, api_companion, grudging):
        assert await answers(port)
        refusals.append("this one does not want to")
        os.kill(os.getpid(), signal.SIGHUP)
        refused = await log.until(events.CONFIG_REFUSED)
        assert "does not want to" in (refused.change or "")
        await log.until(events.API_STARTED, 2)
        assert await answers(port)
        os.kill(os.getpid(), signal.SIGHUP)
        await log.until(events.CONFIG_READ)
        await log.until(events.API_STARTED, 3)
        assert await answers(port)


async def test_a_companion_that_is_closed_gives_its_port_back(world: World) -> None:
    """Closing is enough where `run` was never called, and may be done twice."""
    port = port_of_api(world.hospital.side.config)
    settings = load(world.hospital.side.config)
    assert settings.api is not None
    for _ in range(2):
        server = ApiServer(world.hospital.installation, settings.api)
        await server.start()
        assert server.port == port
        await server.close()
        await server.close()


@pytest.mark.parametrize(
    ("by", "says"),
    [(timedelta(days=-365), "31536000 seconds backwards"), (timedelta(hours=2), "7200 seconds forwards")],
    ids=["backwards", "forwards"],
)
async def test_a_clock_that_is_set_is_seen_and_what_was_put_off_is_brought_back(
    world: World, monkeypatch: pytest.MonkeyPatch, by: timedelta, says: str
) -> None:
    """The guard tells how far and which way, once; a message put off by the old clock does not wait a year."""
    monkeypatch.setattr(life, "GUARD_SECONDS", 0.05)
    world.road.tell(*[Deferred("421")] * 4)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    log = Heard()
    async with living(world, log):
        world.clock.advance(by)
        assert (await log.until(events.CLOCK_STEPPED)).change == says
        await asyncio.sleep(0.3)
        assert len(log.of(events.CLOCK_STEPPED)) == 1
    now, store = world.clock.now(), world.hospital.installation.store
    (item,) = store.read_now(lambda reader: reader.outbox_of(sent))
    assert item.due <= now + timedelta(hours=12)


async def test_a_clock_that_is_set_while_the_store_is_away_is_dealt_with_when_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was put off is brought back at the next look, not at the next start."""
    monkeypatch.setattr(life, "GUARD_SECONDS", 0.05)
    honest = timers.rein_in
    asked: list[Installation] = []

    def locked_once(installation: Installation) -> int:
        asked.append(installation)
        if len(asked) == 2:  # the first is that of the start
            raise AdapterError(STORE_LOCKED)
        return honest(installation)

    monkeypatch.setattr(timers, "rein_in", locked_once)
    log = Heard()
    async with living(world, log):
        world.clock.advance(timedelta(days=-365))
        await log.until(events.CLOCK_STEPPED, 2)
        await asyncio.sleep(0.3)
    assert len(asked) == 3
    assert len(log.of(events.CLOCK_STEPPED)) == 2


async def test_a_store_has_one_daemon(world: World) -> None:
    """Another daemon on the same store is refused, and told who serves it; when that has ended, it may start."""
    config = world.hospital.side.config
    async with living(world, Heard()):
        with pytest.raises(AdapterError, match=f"by process {os.getpid()}") as caught:
            await life.run(load(config), config, world.clock, RandomIds(), Heard())
    assert caught.value.kind is STORE_SERVED
    async with living(world, Heard()):
        """It has started."""


async def test_a_clock_that_drifts_a_little_is_no_step(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four seconds are what time servers do; nothing is said."""
    monkeypatch.setattr(life, "GUARD_SECONDS", 0.05)
    log = Heard()
    async with living(world, log):
        world.clock.advance(timedelta(seconds=4))
        await asyncio.sleep(0.3)
    assert log.of(events.CLOCK_STEPPED) == []
