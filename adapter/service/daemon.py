"""How an adapter runs: loops over one store, each turn of each loop able to stop and start anywhere.

- *seal*: submissions become sealed octets;
- *transmit*: what is due in the outbox is handed to the mail server;
- *take in*: kept mails are judged and answered;
- *tend*: timers of acknowledgments and AppRecs, and the inbox folder;
- *look up*: whether certificates have been revoked, and policies and prices have changed;
- *let go*: once a day, what has had its time; once an hour it sees whose AppRec is owed.

A turn does what is due now and says how much that was; a loop turns until nothing is due and then waits to be woken,
by another loop, by a change that another process has made in the store, or by the next due time. The last two have
nothing to do with a message that passes, and are not woken by it. Nothing is kept in memory between turns, so a restart
is only a pause.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from adapter.config import Settings
from adapter.errors import AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service import certificates, inbox, intake, owing, registers, retention, sealing, timers
from adapter.service.companions import Companion
from adapter.service.health import probe, store_answered, store_failed
from adapter.service.installation import Installation
from adapter.service.pulse import STORE_AWAY
from adapter.service.steps import Told, tell
from adapter.service.transmission import transmit_due
from adapter.store.port import Writer
from adapter.transports.port import Outcome, OutgoingMail, ReceivedMail, Transport

WORKER = "daemon"

POLL_SECONDS = 0.2
"""How often the store is asked whether another process has changed it."""

IDLE_SECONDS = 5.0
"""The longest a loop waits without looking whether something is due."""

FAILURE_SECONDS = 1.0
"""The pause after a turn that failed as a whole, for instance because the store is locked."""

THREADS = 4
"""Worker threads for the chain of one message: cryptography releases the interpreter, commits wait for the disk."""

BATCH = 16

STOP_WITHIN = timedelta(seconds=30)

GIVE_BACK_SECONDS = 5.0
"""How long giving back the claims may take; the next start does it too."""


class _Felt:
    """A transport whose outcomes are noted: the last thing known of the mail server."""

    def __init__(self, transport: Transport, installation: Installation) -> None:
        self._transport = transport
        self._clock = installation.clock
        self._pulse = installation.pulse

    async def send(self, mail: OutgoingMail) -> Outcome:
        outcome = await self._transport.send(mail)
        self._pulse.handed_over(outcome, self._clock.now())
        return outcome

    async def close(self) -> None:
        await self._transport.close()


def _settle(settings: Settings, now: datetime) -> Callable[[Writer], None]:
    """Encrypt from now on, where the configuration has got a key; let go of the old key of a finished rotation, and of
    the places of webhooks that the configuration has no more."""

    def write(writer: Writer) -> None:
        writer.adopt_key(now)
        writer.forget_keys()
        writer.forget_hooks(hook.name for hook in settings.webhook)

    return write


class Daemon:
    """One running adapter. `turn` does everything that is due now; `run` goes on until it is stopped."""

    def __init__(self, installation: Installation, transport: Transport) -> None:
        self._installation = installation
        self._transport = _Felt(transport, installation)
        self._pulse = installation.pulse
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="message")
        self._patience = sealing.Patience()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()

    async def keep(self, received: ReceivedMail) -> None:
        """Make a mail durable; the listener may answer 250 when this returns."""
        await intake.keep(self._installation, received)
        self._wake.set()

    def could_not_keep(self, error_id: str) -> None:
        """A mail was answered with 451."""
        self._installation.log.tell(events.MAIL_NOT_KEPT, Line(rule=error_id))

    async def turn(self) -> int:
        """Do everything that is due now, once; says how much was done."""
        return sum([await step() for step in self._steps()])

    async def settle(self) -> None:
        """Turn until nothing is due."""
        while await self.turn():
            pass

    def recover(self) -> int:
        """Give back what a former process had claimed; the normal path of every start (lessons 20)."""
        return self._installation.store.write_now(lambda writer: writer.release_claims(WORKER))

    async def run(self, companions: Sequence[Companion] = (), stop_within: timedelta = STOP_WITHIN) -> bool:
        """Run until `stop`, with companions that have been started.

        Then what is under way is finished, for at most `stop_within`, and every claim given back. Says whether all
        of it was finished; the rest is done again at the next start.
        """
        self.recover()
        self._installation.store.write_now(_settle(self._installation.settings, self._installation.clock.now()))
        timers.rein_in(self._installation)
        self._installation.log.tell(events.DAEMON_STARTED)
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch())
            loops = [group.create_task(self._loop(step)) for step in self._steps()]
            loops += [group.create_task(self._accompany(companion)) for companion in companions]
            await self._stopping.wait()
            watch.cancel()
            for companion in companions:
                companion.stop()
            _, late = await asyncio.wait(loops, timeout=stop_within.total_seconds())
            for loop in late:
                loop.cancel()
        await self._give_back()
        self._installation.log.tell(events.DAEMON_CUT_OFF if late else events.DAEMON_STOPPED)
        return not late

    async def _give_back(self) -> None:
        """Let another process have what this one has claimed; a store that does not answer keeps it until a start."""
        try:
            async with asyncio.timeout(GIVE_BACK_SECONDS):
                await self._installation.store.write(lambda writer: writer.release_claims(WORKER))
        except (AdapterError, TimeoutError) as error:
            rule = error.id if isinstance(error, AdapterError) else "timeout"
            self._installation.log.tell(events.DAEMON_STEP_FAILED, Line(rule=rule))

    def stop(self) -> None:
        """End `run` after the turns under way."""
        self._stopping.set()
        self._wake.set()

    async def let_go(self, *, finished: bool = True) -> None:
        """Let go of connections and threads; the store stays open. Threads that did not finish are not waited for."""
        await self._transport.close()
        self._pool.shutdown(wait=finished, cancel_futures=not finished)

    async def close(self, *, finished: bool = True) -> None:
        """Let go of connections, threads and the store."""
        await self.let_go(finished=finished)
        self._installation.store.close()

    def _steps(self) -> tuple[Callable[[], Awaitable[int]], ...]:
        return (self._take_in, self._seal, self._transmit, self._tend, *self._at_leisure())

    def _at_leisure(self) -> tuple[Callable[[], Awaitable[int]], ...]:
        """What no message brings about, and no message waits for."""
        return (self._look_up, self._let_go)

    async def _loop(self, step: Callable[[], Awaitable[int]]) -> None:
        """Turn one step for ever; a turn that fails is told and tried again, and the loop never dies."""
        name = step.__name__.strip("_")
        try:
            while not self._stopping.is_set():
                self._pulse.loop_turned(name)
                await self._turn(step)
        finally:
            self._pulse.loop_ended(name)

    async def _turn(self, step: Callable[[], Awaitable[int]]) -> None:
        try:
            done = await step()
        except AdapterError as error:
            await self._failed(error)
            return
        except Exception as error:
            self._installation.log.tell(events.DAEMON_STEP_FAILED, Line(rule=f"defect {type(error).__name__}"))
            await self._pause(FAILURE_SECONDS)
            return
        if self._pulse.store.trouble is not None:
            await self._try_store()
        if done:
            self._wake.set()
        elif step in self._at_leisure():
            await self._pause(IDLE_SECONDS)
        else:
            await self._sleep()

    async def _failed(self, error: AdapterError) -> None:
        """A turn that failed is told, once while it is the store that does not work, and tried again after a pause."""
        if error.kind not in STORE_AWAY:
            self._installation.log.tell(events.DAEMON_STEP_FAILED, Line(rule=error.id))
            await self._pause(FAILURE_SECONDS)
            return
        store_failed(self._installation, error)
        await self._pause(FAILURE_SECONDS)
        await self._try_store()

    async def _try_store(self) -> None:
        """See whether a store that did not work does again, and tell it once."""
        now = self._installation.clock.now()
        try:
            await self._installation.store.write(lambda writer: probe(writer, now))
        except AdapterError:
            return
        store_answered(self._installation)

    async def _accompany(self, companion: Companion) -> None:
        """Let a companion run; a defect of it is told and does not reach the messages."""
        while not self._stopping.is_set():
            try:
                await companion.run()
            except Exception as error:
                self._installation.log.tell(events.COMPANION_FAILED, Line(rule=f"defect {type(error).__name__}"))
                await self._pause(FAILURE_SECONDS)

    async def _sleep(self) -> None:
        """Wait to be woken, but never for long."""
        if self._stopping.is_set():
            return
        try:
            await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
        except TimeoutError:
            return
        await asyncio.sleep(0)
        self._wake.clear()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _watch(self) -> None:
        """Wake the loops when another process has changed the store, or when something has come due."""
        store = self._installation.store
        seen = store.data_version()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                version = store.data_version()
                due = await store.read(lambda reader: reader.next_due())
            except AdapterError as error:
                await self._failed(error)
                continue
            if version != seen or (due is not None and due <= self._installation.clock.now()):
                seen = version
                self._wake.set()

    # ── the steps ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _take_in(self) -> int:
        loop = asyncio.get_running_loop()
        mails = await loop.run_in_executor(self._pool, intake.claim, self._installation, WORKER)
        await asyncio.gather(
            *(loop.run_in_executor(self._pool, intake.take_in, self._installation, mail) for mail in mails)
        )
        return len(mails)

    async def _seal(self) -> int:
        loop = asyncio.get_running_loop()
        now = self._installation.clock.now()
        later = self._patience.waiting(now)
        waiting = await loop.run_in_executor(self._pool, sealing.waiting, self._installation, BATCH, later)
        outcomes = await asyncio.gather(
            *(loop.run_in_executor(self._pool, sealing.seal_one, self._installation, item) for item in waiting)
        )
        for item, outcome in zip(waiting, outcomes, strict=True):
            if isinstance(outcome, sealing.PutOff):
                self._tell([self._patience.put_off(outcome, now)])
            else:
                self._patience.done(item.exchange.id)
                self._tell(outcome)
        return len(waiting)

    async def _transmit(self) -> int:
        return await transmit_due(self._installation, self._transport, WORKER)

    async def _tend(self) -> int:
        loop = asyncio.get_running_loop()
        done = 0
        for work in (timers.fire_due, inbox.offer_waiting):
            told = await loop.run_in_executor(self._pool, work, self._installation)
            self._tell(told)
            done += len(told)
        return done

    async def _look_up(self) -> int:
        """Outside the pool of the messages: a responder that is slow keeps no message waiting."""
        await asyncio.to_thread(self._installation.in_force.look)
        done = 0
        for work in (registers.look_after, certificates.look_after):
            asked, told = await asyncio.to_thread(work, self._installation)
            self._tell(told)
            done += asked + len(told)
        return done

    async def _let_go(self) -> int:
        await asyncio.to_thread(timers.forget_old, self._installation)
        await asyncio.to_thread(retention.daily, self._installation)
        return len(await asyncio.to_thread(owing.look_after, self._installation))

    def _tell(self, told: list[Told]) -> None:
        tell(self._installation.log, told)
