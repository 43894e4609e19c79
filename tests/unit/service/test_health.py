"""Live, ready, and why not ready: each reason alone, and the states of the store that pass."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from sqlalchemy import Connection

from adapter.errors import STORE_FULL, STORE_LOCKED, STORE_UNREACHABLE, AdapterError
from adapter.observe.events import Level
from adapter.observe.log import Stream
from adapter.service import daemon as daemons
from adapter.service import health, pulse, timers
from adapter.service.health import Against, examine
from adapter.service.pulse import Pulse
from adapter.store import engine, group_commit
from adapter.store.engine import transaction
from adapter.testing.neighbours import Neighbour, World
from adapter.transports.port import Accepted, Deferred, ReceivedMail

T0 = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


def wrong(side: Neighbour) -> list[tuple[str, str]]:
    return [(reason.what, reason.against.value) for reason in examine(side.installation).reasons]


async def test_a_healthy_adapter_is_live_and_ready(world: World) -> None:
    """Nothing is wrong, and the status says how much waits and since when nobody has answered."""
    world.road.loses = lambda mail: True
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    found = examine(world.hospital.installation)
    assert (found.live, found.ready, found.reasons) == (True, True, ())
    assert [(one.count, one.oldest) for one in found.unanswered] == [(1, world.clock.now())]
    assert "oldest unanswered since 2024-03-05T09:00:00Z" in found.status()
    assert {"keys.signing", "keys.encryption"} < {one.what for one in found.certificates}


async def test_a_mail_server_that_takes_nothing(world: World) -> None:
    """A mail server that is away is a warning at first and stands against readiness after a quarter of an hour."""
    world.road.tell(*[Deferred("no connection")] * 20)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert wrong(world.hospital) == [("mail_out", "warning")]
    await world.go_on(timedelta(minutes=20))
    assert wrong(world.hospital) == [("mail_out", "ready")]
    assert examine(world.hospital.installation).live


async def test_a_certificate_that_runs_out(world: World) -> None:
    """Thirty days before its end a certificate is a warning; at midnight of its last day the adapter is not ready."""
    end = world.hospital.installation.sealer.signer.at(world.clock.now()).certificate.not_valid_after_utc
    world.clock.set(end - timedelta(days=3))
    assert ("certificate", "warning") in wrong(world.hospital)
    assert ("partner_certificate", "warning") in wrong(world.hospital)
    world.clock.set(end + timedelta(seconds=1))
    assert ("certificate", "ready") in wrong(world.hospital)
    assert not examine(world.hospital.installation).ready


async def test_how_early_a_certificate_is_warned_of_is_the_sites_choice(world: World) -> None:
    """`keys.warn_days` rules the health too: fewer days warn later, more days warn sooner."""
    installation = world.hospital.installation
    end = installation.sealer.signer.at(world.clock.now()).certificate.not_valid_after_utc
    world.clock.set(end - timedelta(days=20))
    for warn_days, warned in ((10, False), (21, True)):
        keys = installation.settings.keys.model_copy(update={"warn_days": warn_days})
        chosen = replace(installation, settings=installation.settings.model_copy(update={"keys": keys}))
        found = {reason.what for reason in examine(chosen).reasons}
        assert ({"certificate", "partner_certificate"} <= found) is warned
        assert bool(found) is warned


async def test_mails_that_nobody_judges(world: World) -> None:
    """A kept mail that has waited for half an hour stands against readiness."""
    await world.hospital.daemon.keep(ReceivedMail(b"x", "", ("hospital@edi.example",)))
    assert wrong(world.hospital) == []
    world.clock.advance(timedelta(minutes=30))
    assert wrong(world.hospital) == [("backlog", "ready")]


async def test_a_loop_that_does_not_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that has not come round for long stands against life; one that has ended does not."""
    told = world.hospital.installation.pulse
    told.loop_turned("seal")
    told.loop_turned("transmit")
    honest = pulse.time.monotonic
    monkeypatch.setattr(pulse.time, "monotonic", lambda: honest() + health.STALE.total_seconds() + 1)
    found = examine(world.hospital.installation)
    assert (found.live, [reason.against for reason in found.reasons]) == (False, [Against.LIFE])
    told.loop_ended("seal")
    assert examine(world.hospital.installation).live


def test_trouble_keeps_its_beginning() -> None:
    """The same trouble told again keeps its first moment, another error is news, and an end says what has ended."""
    told = Pulse()
    assert told.store_works(T0) is None
    assert told.store_fails(AdapterError(STORE_FULL), T0)
    assert not told.store_fails(AdapterError(STORE_FULL), T0 + timedelta(hours=1))
    assert told.store_fails(AdapterError(STORE_LOCKED), T0 + timedelta(hours=2))
    ended = told.store_works(T0 + timedelta(hours=3))
    assert ended is not None
    assert (ended.since, ended.says) == (T0, "STORE-LOCKED")
    told.handed_over(Deferred("421"), T0)
    told.handed_over(Accepted("250"), T0)
    assert told.mail_out.trouble is None


# ── the store is full, locked, away: told once, nothing lost, all of it done afterwards ─────────────────────────────


def fill(side: Neighbour) -> Callable[[], None]:
    """Let every commit end as on a full disk; returns how to free it."""
    writing = side.installation.store._store._engine  # type: ignore[attr-defined]

    @contextmanager
    def full(connection: Connection, *, writes: bool) -> Iterator[Connection]:
        with transaction(connection, writes=writes):
            yield connection
            if connection.engine is writing:
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error

    filled = patch.object(group_commit, "transaction", full)
    filled.start()
    return filled.stop


def lock(side: Neighbour) -> Callable[[], None]:
    """Hold the file as another program does; returns how to let go."""
    other = sqlite3.connect(side.settings.store.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other.close


@pytest.mark.parametrize(("hinder", "rule"), [(fill, "STORE-FULL"), (lock, "STORE-LOCKED")], ids=["full", "locked"])
async def test_a_store_that_cannot_be_written(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    hinder: Callable[[Neighbour], Callable[[], None]],
    rule: str,
) -> None:
    """Mail is not confirmed, the state is told once with its end, and what waited goes its way afterwards."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(daemons, "FAILURE_SECONDS", 0.1)
    journal, side = StringIO(), world.municipality
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    await world.road.carry()
    object.__setattr__(side.installation, "log", Stream(Level.DEBUG, journal))

    mend = hinder(side)
    with pytest.raises(AdapterError) as refused:
        await side.daemon.keep(ReceivedMail(mail.content, mail.sender.value, (mail.recipient.value,)))
    assert refused.value.id == rule
    found = await asyncio.to_thread(examine, side.installation)
    assert (found.live, found.ready) == (True, False)
    assert [reason.what for reason in found.reasons] == ["store"]
    assert journal.getvalue().count("store.unavailable") == 1, "the health saw it before any loop"

    failing = asyncio.create_task(turn_until(side, lambda: "store.available" in journal.getvalue()))
    await asyncio.sleep(0.5)
    assert journal.getvalue().count("store.unavailable") == 1
    assert rule in journal.getvalue()
    mend()
    async with asyncio.timeout(20):
        await failing
    await side.daemon.settle()
    assert journal.getvalue().count("store.available") == 1
    assert len(side.inbox()) == 1


async def turn_until(side: Neighbour, done: Callable[[], bool]) -> None:
    while not done():
        await side.daemon._turn(side.daemon._take_in)


def test_a_file_that_cannot_be_opened_is_a_state_of_the_store() -> None:
    """Input and output errors of the disk are the same kind of state as a full one."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    assert engine.meaning_of(error).kind is STORE_UNREACHABLE


# ── the clock ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_clock_that_was_a_year_ahead(world: World) -> None:
    """What was put off until next year by a wrong clock goes soon after the clock is set right, and nothing is lost."""
    world.clock.advance(timedelta(days=365))
    world.road.tell(Deferred("421"))
    deferred = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    world.road.loses = lambda mail: True
    lost = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    world.road.loses = lambda mail: False

    world.clock.set(T0 + timedelta(hours=1))
    await world.settle()
    assert world.municipality.inbox() == {}
    assert timers.rein_in(world.hospital.installation) == 2
    assert timers.rein_in(world.hospital.installation) == 0
    await world.settle()
    await world.go_on(timedelta(hours=12))
    states = [world.hospital.exchange(one).transport for one in (deferred, lost)]
    assert [one.state.value for one in states if one is not None] == ["acked", "acked"]


async def test_a_clock_that_jumps_forward_loses_nothing(world: World) -> None:
    """Resends are used up at once, the message is given up as unknown, and a late acknowledgment still counts."""
    held = []
    world.road.loses = lambda mail: held.append(mail) or True  # type: ignore[func-returns-value]
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(timedelta(days=1000))
    transport = world.hospital.exchange(sent).transport
    assert transport is not None
    assert transport.state.value == "delivery_failed"
    world.clock.set(T0)
    world.road.loses = lambda mail: False
    await world.road.arrive(held[0])
    await world.settle()
    transport = world.hospital.exchange(sent).transport
    assert transport is not None
    assert transport.state.value == "acked_late"
