"""How two adapters bear a load: whole exchanges over SMTP, cores, latency, large mails, a backlog, memory over time.

Everything here is a part of `make bench`. CPU is what is compared: the wall clock of a machine that does other things
too, or whose disk takes its time, says little.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from adapter.config import load
from adapter.delivery.receipts import AppRecState
from adapter.observe.log import Silent
from adapter.service.clock import Clock, MachineClock, RandomIds
from adapter.service.daemon import Daemon
from adapter.service.installation import Installation, open_installation
from adapter.service.running import mail_in, mail_out
from adapter.service.submission import submit_now
from adapter.testing.clock import DrivenClock
from adapter.testing.place import Place, prepare
from adapter.testing.place import Side as PlaceSide
from adapter.transports.listener import SmtpListener
from tests.bench_parts import HOSPITAL, MUNICIPALITY, open_and_acknowledge, ready_message, seal

WARM_UP = 20
BURST = 120
BURST_OF_PROCESSES = 60
CORE_ROUNDS = 3
BACKLOG = 300
BACKLOG_LONG = 10_000
FLAT = 300
FLAT_LONG = 25_000
"""Exchanges: 100 000 messages, for each is a message, its acknowledgment, the AppRec, and that one's acknowledgment."""
LARGE = 7_000_000
"""Octets of an attachment that make a mail of some 13 million octets: base64 twice."""


@dataclass(frozen=True, slots=True)
class Running:
    """One side, ready to be turned."""

    installation: Installation
    daemon: Daemon
    listener: SmtpListener

    async def close(self) -> None:
        await self.listener.close()
        await self.daemon.close()


async def started(side: PlaceSide, clock: Clock, *, listening: bool = True) -> Running:
    """Open one side of a place in this process."""
    settings = load(side.config)
    installation = open_installation(settings, clock, RandomIds(), Silent())
    daemon = Daemon(installation, mail_out(settings))
    listener = mail_in(installation, daemon)
    if listening:
        await listener.start()
    return Running(installation, daemon, listener)


@asynccontextmanager
async def both(place: Place, clock: Clock) -> AsyncIterator[tuple[Running, Running]]:
    """Both sides in this process, warmed up: schemas compiled, connections open."""
    sides = await started(place.hospital, clock), await started(place.municipality, clock)
    submit(sides[0].installation, WARM_UP)
    await settle(*sides)
    yield sides
    for side in sides:
        await side.close()


def submit(installation: Installation, count: int) -> None:
    for _ in range(count):
        assert isinstance(submit_now(installation, ready_message(installation)), str)


async def settle(*sides: Running) -> None:
    """Turn every side until nothing is due on any."""
    while sum([await side.daemon.turn() for side in sides]):
        pass


def receipted(installation: Installation) -> int:
    """How many messages have their positive AppRec."""
    return dict(installation.store.read_now(lambda reader: reader.counts()).receipt).get(AppRecState.ACCEPTED, 0)


def cpu_of_threads() -> Counter[str]:
    """CPU seconds of the threads that are alive, by what they do."""
    spent: Counter[str] = Counter()
    for thread in threading.enumerate():
        if thread.ident is not None:
            name = re.sub(r"[_-]\d+$", "", thread.name)
            spent[name] += time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    return spent


_DOES = {
    "MainThread": "event loop: SMTP on both sides, asyncio",
    "store-writer": "store: every change of both sides, commits",
    "message": "workers: MIME, cryptography, schema, rules, reads",
}


async def whole_exchange(place: Place, rsa_ms: float) -> None:
    """Messages from submission to acknowledged and receipted, durable on both sides, and where the CPU goes."""
    async with both(place, MachineClock()) as (hospital, municipality):
        before, cpu, clock = cpu_of_threads(), time.process_time(), time.perf_counter()
        submit(hospital.installation, BURST)
        await settle(hospital, municipality)
        took, burnt = time.perf_counter() - clock, (time.process_time() - cpu) / BURST * 1000
        spent = cpu_of_threads() - before
        assert receipted(hospital.installation) == BURST + WARM_UP
    print("\nWhole exchange: message, acknowledgment, AppRec, acknowledgment; both sides and SMTP in one process")
    name = "submit to receipted, durable on both sides"
    limit = f"{6 * rsa_ms / burnt:.2f} of the limit of its six RSA operations"
    print(f"  {name:44} {BURST / took:9.1f} /s   {burnt:8.3f} ms CPU   {limit}")
    print(f"  of which: {6 * rsa_ms:.1f} ms RSA, inside the workers")
    for thread, does in _DOES.items():
        print(f"    {does:52} {spent[thread] / BURST * 1000:7.2f} ms CPU")


def cores(folder: Path) -> None:
    """The same with the two adapters as they run in life, each a process, on one core and on two, in turn.

    The first run of all is for nothing: a machine that has been at rest gives it a fraction of what it gives the next.
    """
    print("\nSustained exchange of two processes (`adapter run`), from a full outbox")
    everything = sorted(os.sched_getaffinity(0))
    sets = [set(everything[:number]) for number in (1, 2)]
    processes(folder / "cores-for-nothing", set(everything))
    rounds = [[processes(folder / f"cores-{turn}-{len(one)}", one) for one in sets] for turn in range(CORE_ROUNDS)]
    for allowed, runs in zip(sets, zip(*rounds, strict=True), strict=True):
        rate, cpu_ms = (statistics.median(figure) for figure in zip(*runs, strict=True))
        of_each = ", ".join(f"{one:.1f}" for one, _ in runs)
        print(
            f"  on {len(allowed)} core(s){'':32} {rate:9.1f} /s   {cpu_ms:8.3f} ms CPU, with start and stop; {of_each}"
        )
    more = statistics.median(on_two[0] / on_one[0] for on_one, on_two in rounds)
    print(f"  {more:.2f} times as many on two cores as on one" if len(everything) > 1 else "  one core")


def processes(folder: Path, allowed: set[int]) -> tuple[float, float]:
    """Exchanges a second between two daemons on these cores, and the CPU ms that both spent for each."""
    place = prepare(folder, HOSPITAL, MUNICIPALITY)
    installation = open_installation(load(place.hospital.config), MachineClock(), RandomIds(), Silent())
    submit(installation, BURST_OF_PROCESSES)
    before, everything = resource.getrusage(resource.RUSAGE_CHILDREN), os.sched_getaffinity(0)
    os.sched_setaffinity(0, allowed)
    daemons = []
    for side in (place.municipality, place.hospital):
        command = [sys.executable, "-m", "adapter", "run", "--config", str(side.config)]
        daemons.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        _wait_for(side.port)  # a mail that finds nobody listening waits for its next attempt
    first, start = 0, time.perf_counter()
    deadline = start + 240
    try:
        while (done := receipted(installation)) < BURST_OF_PROCESSES and time.perf_counter() < deadline:
            if done and not first:
                first, start = done, time.perf_counter()
            time.sleep(0.02)
        took = time.perf_counter() - start
    finally:
        for daemon in daemons:
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(20)
        os.sched_setaffinity(0, everything)
    assert done == BURST_OF_PROCESSES, f"{done} of {BURST_OF_PROCESSES} exchanges were completed"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    installation.store.close()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (done - first) / took, cpu / BURST_OF_PROCESSES * 1000


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the daemon does not listen")


def latency(place: Place) -> None:
    """From the call until the message is judged and durable, one after the other."""
    installation = open_installation(load(place.hospital.config), MachineClock(), RandomIds(), Silent())
    submit(installation, WARM_UP)
    took = []
    for _ in range(200):
        message, start = ready_message(installation), time.perf_counter()
        assert isinstance(submit_now(installation, message), str)
        took.append((time.perf_counter() - start) * 1000)
    installation.store.close()
    quantiles = statistics.quantiles(took, n=100)
    print(f"\nSubmit to durable, wall clock: p50 {quantiles[49]:.1f} ms, p99 {quantiles[98]:.1f} ms of 200")


def large_message(installation: Installation) -> bytes:
    """A readiness message with an attachment of `LARGE` octets."""
    container = '<Base64Container xmlns="http://www.kith.no/xmlstds/base64container">'
    before = (
        '<Document><RefDoc><IssueDate V="2024-03-04"/><MsgType V="A" DN="Vedlegg"/><MimeType>application/pdf</MimeType>'
        f"<Description>Bilde</Description><Content>{container}"
    ).encode()
    after = b"</Base64Container></Content></RefDoc></Document></MsgHead>"
    return ready_message(installation).replace(b"</MsgHead>", before + b64encode(os.urandom(LARGE)) + after)


async def loop_lag(place: Place) -> None:
    """How long the event loop of both sides stands still while a large mail goes through them."""
    async with both(place, MachineClock()) as (hospital, municipality):
        content = large_message(hospital.installation)
        lags: list[float] = []
        busy: list[float] = []
        watching = asyncio.create_task(_watch(lags, busy))
        await asyncio.sleep(0.2)
        taken = await asyncio.to_thread(submit_now, hospital.installation, content)
        assert isinstance(taken, str)
        await settle(hospital, municipality)
        watching.cancel()
        assert receipted(hospital.installation) == WARM_UP + 1
    print(f"\nEvent loop while a message of {len(content) / 1e6:.1f} MB is exchanged, the longest standstills:")
    print(f"  by the clock, with all that the machine does beside it: {_longest(lags)}")
    print(f"  by the CPU that the loop itself spent between two looks: {_longest(busy)}")


def _longest(spans: list[float]) -> str:
    return ", ".join(f"{span * 1000:.0f}" for span in sorted(spans, reverse=True)[:5]) + " ms"


async def _watch(lags: list[float], busy: list[float]) -> None:
    """Look every two milliseconds how late the loop is, and how much CPU its thread has spent since."""
    while True:
        due, cpu = time.perf_counter() + 0.002, time.thread_time()
        await asyncio.sleep(0.002)
        lags.append(time.perf_counter() - due)
        busy.append(time.thread_time() - cpu)


def memory_of_a_large_message(folder: Path) -> None:
    """What sealing and opening a large message needs at most, in a process of its own."""
    code = f"from pathlib import Path; from tests.bench_load import seal_and_open; seal_and_open(Path({str(folder)!r}))"
    says = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    print(
        f"\nMemory of a message of {int(says[0]) / 1e6:.1f} MB: judged and sealed {says[1]} MB more than before it, "
        f"opened, judged and acknowledged {says[2]} MB"
    )


def seal_and_open(folder: Path) -> None:
    """Print the octets, and the growth of the peak of the process in MB after sealing and after opening."""
    place = prepare(folder, HOSPITAL, MUNICIPALITY, key_size=2048)
    hospital, municipality = (
        open_installation(load(side.config), MachineClock(), RandomIds(), Silent())
        for side in (place.hospital, place.municipality)
    )
    open_and_acknowledge(municipality, seal(hospital, ready_message(hospital)).body)
    content, before = large_message(hospital), _peak_mb()
    mail = seal(hospital, content).body
    sealed = _peak_mb()
    open_and_acknowledge(municipality, mail)
    print(len(content), sealed - before, _peak_mb() - before)
    for installation in (hospital, municipality):
        installation.store.close()


def _peak_mb() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def backlog(place: Place, count: int) -> None:
    """Messages pile up while the partner is down; then it comes back, and they go."""
    clock = DrivenClock(datetime.now(UTC))
    hospital = await started(place.hospital, clock)
    municipality = await started(place.municipality, clock, listening=False)
    cpu = time.process_time()
    submit(hospital.installation, count)
    await settle(hospital)
    piled = (time.process_time() - cpu) / count * 1000
    waiting = hospital.installation.store.read_now(lambda reader: reader.counts()).outbox_waiting
    assert waiting == count, f"{waiting} of {count} wait"
    await municipality.listener.start()
    marks = [(0, time.process_time(), time.perf_counter())]
    while (done := receipted(hospital.installation)) < count:
        clock.advance(timedelta(seconds=20))
        await hospital.daemon.turn()
        await municipality.daemon.turn()
        if done >= len(marks) * count / 3:
            marks.append((done, time.process_time(), time.perf_counter()))
    marks.append((count, time.process_time(), time.perf_counter()))
    print(f"\nBacklog of {count} with the partner down: {piled:.1f} ms CPU each to judge, seal and try in vain")
    for (had, cpu_then, then), (has, cpu_now, now) in [*pairwise(marks), (marks[0], marks[-1])]:
        if has > had:
            cost = (cpu_now - cpu_then) / (has - had) * 1000
            print(f"  then {had:6} to {has:6} receipted: {(has - had) / (now - then):7.1f} /s, {cost:6.1f} ms CPU each")
    print("  (messages go first and AppRecs last, so the first third pays for work whose fruit the last one reaps)")
    for side in (hospital, municipality):
        await side.close()


async def flat(place: Place, count: int) -> None:
    """Whether memory grows with the messages that have gone through."""
    print(f"\nMemory over {count} exchanges, {4 * count} messages, both sides in one process")
    async with both(place, MachineClock()) as (hospital, municipality):
        step = min(count // 3, 5_000)
        for done in range(0, count, step):
            for _ in range(0, step, 50):
                submit(hospital.installation, 50)
                await settle(hospital, municipality)
            print(f"  after {done + step:6}: {_resident_mb():7.1f} MB resident", flush=True)


def bench_load(folder: Path, *, long: bool) -> None:
    """Everything, each in a place of its own; `long` takes more than an hour."""

    def place(name: str) -> Place:
        return prepare(folder / name, HOSPITAL, MUNICIPALITY)

    cores(folder)
    latency(place("latency"))
    asyncio.run(loop_lag(place("large")))
    memory_of_a_large_message(folder / "memory")
    asyncio.run(backlog(place("backlog"), BACKLOG_LONG if long else BACKLOG))
    asyncio.run(flat(place("flat"), FLAT_LONG if long else FLAT))
    if not long:
        print(f"  Both are short runs: `--long` has the backlog of {BACKLOG_LONG} and {4 * FLAT_LONG} messages.")


if __name__ == "__main__" and "--api" in sys.argv:
    from tests.bench_api import main

    main()
