"""How the process lives: it starts, reads its configuration again when asked, and ends within bounds.

One task group holds everything that runs: the daemon, a guard that gives signs of life and watches the clock, and
a look at how late the event loop comes round. The operating system speaks through signals:

- SIGTERM or SIGINT: no more mail is taken, what is under way is finished within `service.stop_seconds`, every claim is
  given back. A second one ends the process at once; the next start goes on where it was (promise 1).
- SIGHUP: everything is read again and taken whole or not at all (`reload.py`). The listening socket and the store stay;
  the daemon over them finishes its turns and is followed by one with the new parts.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from adapter.config import Settings
from adapter.errors import CONFIG_INVALID, AdapterError
from adapter.observe import events
from adapter.observe.events import Level
from adapter.observe.log import Line, Log
from adapter.service import timers
from adapter.service.alone import alone
from adapter.service.clock import Clock, Ids
from adapter.service.companions import Companion, MakeCompanion
from adapter.service.daemon import Daemon
from adapter.service.health import examine
from adapter.service.installation import Installation, open_installation
from adapter.service.loop_lag import watch_loop
from adapter.service.notify import ServiceManager
from adapter.service.reload import Renewed, renew
from adapter.service.running import listening, mail_in, mail_out, readers
from adapter.transports.listener import SmtpListener

GUARD_SECONDS = 10.0
"""How often the guard looks; more often where the service manager wants signs of life sooner."""

CLOCK_SLACK = timedelta(seconds=5)
"""How far the clock may move against the machine's own count before it has been set."""


class Order(StrEnum):
    """What the operating system asks for."""

    STOP = "stop"
    RELOAD = "reload"


@contextmanager
def orders() -> Iterator[asyncio.Queue[Order]]:
    """The signals as orders, in their order. A second request to stop ends the process here and now."""
    loop, asked = asyncio.get_running_loop(), asyncio.Queue[Order]()
    stops: list[Order] = []

    def stop() -> None:
        if stops:
            os._exit(1)
        stops.append(Order.STOP)
        asked.put_nowait(Order.STOP)

    handlers = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: lambda: asked.put_nowait(Order.RELOAD)}
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)
    try:
        yield asked
    finally:
        for number in handlers:
            loop.remove_signal_handler(number)


async def run(
    settings: Settings, config: Path, clock: Clock, ids: Ids, log: Log, makers: Sequence[MakeCompanion] = ()
) -> bool:
    """Run an adapter with its companions until SIGTERM or SIGINT; says whether everything under way was finished.

    Raises `AdapterError` when it cannot start.
    """
    with alone(settings.store.path):
        return await _run(settings, config, clock, ids, log, makers)


async def _run(
    settings: Settings, config: Path, clock: Clock, ids: Ids, log: Log, makers: Sequence[MakeCompanion]
) -> bool:
    installation = open_installation(settings, clock, ids, log)
    try:
        daemon = Daemon(installation, mail_out(settings))
        listener = mail_in(installation, daemon)
    except AdapterError:
        installation.store.close()
        raise
    with orders() as asked:
        life = _Life(installation, daemon, listener, config, makers)
        return await life.live(asked)


class _Life:
    """The daemon of the moment, and what stays when another follows it."""

    def __init__(
        self,
        installation: Installation,
        daemon: Daemon,
        listener: SmtpListener,
        config: Path,
        makers: Sequence[MakeCompanion],
    ) -> None:
        self._installation = installation
        self._daemon = daemon
        self._listener = listener
        self._config = config
        self._makers = makers
        self._companions: tuple[Companion, ...] = ()
        self._manager = ServiceManager()
        self._finished = True

    async def live(self, asked: asyncio.Queue[Order]) -> bool:
        try:
            await self._start_companions()
            await self._listen()
            async with asyncio.TaskGroup() as group:
                watches = (
                    group.create_task(self._guard()),
                    group.create_task(watch_loop(self._installation.metrics.loop_lagged)),
                )
                running = group.create_task(self._run_daemon())
                self._manager.ready("ready")
                while await asked.get() is Order.RELOAD:
                    renewed = await self._read_again()
                    if renewed is not None:
                        running = await self._follow(renewed, running, group)
                self._manager.stopping()
                await self._listener.close()
                self._daemon.stop()
                await running
                for watch in watches:
                    watch.cancel()
        except ExceptionGroup as errors:
            first = errors.exceptions[0]
            if isinstance(first, AdapterError):
                raise first from None
            raise
        finally:
            await self._listener.close()
            await self._daemon.close(finished=self._finished)
        return self._finished

    async def _listen(self) -> None:
        receive = self._installation.settings.listener
        if receive is None:
            return
        try:
            await self._listener.start()
        except OSError as error:
            says = f"smtp.receive: cannot listen on {receive.host}:{receive.port}: {error.strerror}"
            raise AdapterError(CONFIG_INVALID, says) from None

    async def _start_companions(self) -> None:
        """Raises `AdapterError` when one cannot be started; those that had been are closed, and none is left."""
        self._companions = ()
        made = tuple(companion for make in (readers, *self._makers) for companion in make(self._installation))
        try:
            for companion in made:
                await companion.start()
        except AdapterError:
            for companion in made:
                await companion.close()
            raise
        self._companions = made

    async def _run_daemon(self) -> None:
        self._finished = False
        self._finished = await self._daemon.run(self._companions, self._installation.settings.service.stop_within)

    # ── reload ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _read_again(self) -> Renewed | None:
        """Everything anew, or None when it is refused and what was in force stays."""
        self._manager.reloading()
        try:
            return await asyncio.to_thread(renew, self._installation, self._config)
        except AdapterError as error:
            self._refuse(error)
            return None

    async def _follow(
        self, renewed: Renewed, running: asyncio.Task[None], group: asyncio.TaskGroup
    ) -> asyncio.Task[None]:
        """Let the daemon of the moment finish, and start one with the new parts over the same store and socket."""
        log, before, old = self._installation.log, self._installation, self._daemon
        old.stop()
        await running
        await old.let_go(finished=self._finished)
        self._installation, transport = renewed.installation, renewed.transport
        try:
            await self._start_companions()
        except AdapterError as error:
            self._refuse(error)
            self._installation, transport = before, mail_out(before.settings)
            await self._start_companions()
        else:
            for line in renewed.differences:
                log.tell(events.CONFIG_CHANGED, Line(change=line))
            log.tell(events.CONFIG_READ, Line(change=f"{len(renewed.differences)} differences"))
            self._manager.ready("ready")
        self._daemon = Daemon(self._installation, transport)
        self._listener.change(listening(self._installation), self._daemon.keep, self._daemon.could_not_keep)
        log.from_level(Level(self._installation.settings.log.level))
        return group.create_task(self._run_daemon())

    def _refuse(self, error: AdapterError) -> None:
        for line in str(error).splitlines():
            self._installation.log.tell(events.CONFIG_REFUSED, Line(rule=error.id, change=line.strip()))
        self._manager.ready(f"the last reload was refused: {error.id}; what was in force stays")

    # ── the guard ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _guard(self) -> None:
        """Give signs of life while the loops turn and the store answers, and see when the clock is set."""
        expected = self._manager.watchdog_seconds
        pause = min(GUARD_SECONDS, expected / 3) if expected is not None else GUARD_SECONDS
        wall, count = self._installation.clock.now(), time.monotonic()
        while True:
            await asyncio.sleep(pause)
            wall, count = await self._see_clock(wall, count)
            try:
                # A store that hangs keeps this waiting, and the sign of life does not come; one that says no answers.
                health = await asyncio.to_thread(examine, self._installation)
            except Exception as error:
                rule = f"defect {type(error).__name__}"
                self._installation.log.tell(events.DAEMON_STEP_FAILED, Line(rule=rule))
                continue
            self._manager.status(health.status())
            if health.live:
                self._manager.alive()

    async def _see_clock(self, wall: datetime, count: float) -> tuple[datetime, float]:
        """See whether the clock was set since it was `wall` at `count` by a clock that nobody sets; gives both anew, or
        the same again where the store does not let what was put off be brought back yet."""
        now, passed = self._installation.clock.now(), time.monotonic()
        stepped = now - wall - timedelta(seconds=passed - count)
        if abs(stepped) > CLOCK_SLACK:
            way = "forwards" if stepped > timedelta(0) else "backwards"
            says = f"{abs(stepped).total_seconds():.0f} seconds {way}"
            self._installation.log.tell(events.CLOCK_STEPPED, Line(change=says))
            try:
                await asyncio.to_thread(timers.rein_in, self._installation)
            except AdapterError as error:
                self._installation.log.tell(events.DAEMON_STEP_FAILED, Line(rule=error.id))
                return wall, count
        return now, passed
