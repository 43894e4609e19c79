"""How quick the interface answers over a store of 200 000 exchanges, while twenty messages a second pass.

The hospital's and the municipality's adapters run as they do in life, each a process; messages are handed in over HTTP
and go to their receipt. Beside that the questions of a dashboard are asked, one after the other. The wall clock is
what a person waits for, so the figures are told with the load of the machine and the CPU of the daemons. The goal is
100 ms for the slowest twentieth (p95) of every question, while all twenty messages a second go to their receipt; the
last line says whether it was reached, and if not, why not.
"""

from __future__ import annotations

import os
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from adapter.config import Scope, load
from adapter.observe.log import Silent
from adapter.service.access import new_token
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.installation import Installation, open_installation
from adapter.testing.place import prepare
from tests.bench_fill import filled
from tests.bench_load import receipted
from tests.bench_parts import HOSPITAL, MUNICIPALITY, ready_message

EXCHANGES = 200_000
A_SECOND = 20
MEASURED_SECONDS = 40
READY_SECONDS = 120
GOAL_MS = 100.0


def run(config: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "adapter", "run", "--config", str(config)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def end(daemons: Sequence[subprocess.Popen[bytes]]) -> None:
    for daemon in daemons:
        daemon.terminate()
    for daemon in daemons:
        daemon.wait(30)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not done():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.1)


def wait_for(port: int) -> None:
    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            return False
        return True

    until(listens)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Feeder:
    """Hands messages in over HTTP, so many a second, and counts them."""

    def __init__(self, url: str, token: str, messages: Sequence[bytes]) -> None:
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/xml"}
        self._url = url
        self._messages = messages
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._feed)
        self.taken = 0

    def __enter__(self) -> Feeder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _feed(self) -> None:
        start = time.perf_counter()
        with httpx.Client(base_url=self._url, headers=self._headers, timeout=60, trust_env=False) as client:
            for number, content in enumerate(self._messages):
                self._stopping.wait(max(0.0, start + number / A_SECOND - time.perf_counter()))
                if self._stopping.is_set():
                    return
                answered = client.post("/api/v1/messages", content=content, headers={"Idempotency-Key": f"b{number}"})
                assert answered.status_code == 201, answered.text
                self.taken += 1


def questions(path: Path) -> dict[str, Callable[[], str]]:
    """What a dashboard and a record system ask, each of another exchange every time."""
    store = sqlite3.connect(path)
    ids = [row[0] for row in store.execute("SELECT id FROM exchange ORDER BY random() LIMIT 500")]
    created = [row[0] for row in store.execute("SELECT created_at FROM exchange ORDER BY random() LIMIT 500")]
    store.close()
    pick = random.Random(6).choice
    return {
        "the list, its first page of 50": lambda: "/api/v1/exchanges",
        "the list, somewhere in the past": lambda: f"/api/v1/exchanges?created_before={pick(created)[:19]}Z",
        "the list of one partner": lambda: f"/api/v1/exchanges?partner={MUNICIPALITY[0].her}&direction=out",
        "the list of what is stuck": lambda: "/api/v1/exchanges?transport=delivery_failed",
        "the list of AppRecs rejected": lambda: "/api/v1/exchanges?apprec=rejected",
        "the list of one type": lambda: "/api/v1/exchanges?type=NO_SUCH_TYPE",
        "the list of another partner": lambda: "/api/v1/exchanges?partner=999999",
        "search by MsgId": lambda: f"/api/v1/exchanges?msg_id={pick(ids)}",
        "one exchange": lambda: f"/api/v1/exchanges/{pick(ids)}",
        "the inbox": lambda: "/api/v1/inbox",
        "what is held": lambda: "/api/v1/inbox/held",
        "health": lambda: "/health/ready",
        "metrics": lambda: "/metrics",
        "page: front": lambda: "/",
        "page: exchanges": lambda: "/exchanges",
        "page: what was never answered": lambda: "/exchanges?transport=delivery_failed",
        "page: one exchange": lambda: f"/exchanges/{pick(ids)}",
        "page: answers": lambda: "/answers",
        "page: stays": lambda: "/stays",
    }


def ask(client: httpx.Client, asked: dict[str, Callable[[], str]], seconds: float) -> dict[str, list[float]]:
    """Milliseconds of every answer, the questions in turn."""
    took: dict[str, list[float]] = {name: [] for name in asked}
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        for name, url in asked.items():
            where, start = url(), time.perf_counter()
            answered = client.get(where)
            took[name].append((time.perf_counter() - start) * 1000)
            assert answered.status_code == 200, (where, answered.status_code)
            time.sleep(0.01)
    return took


def cpu_of(process: subprocess.Popen[bytes]) -> float:
    """The CPU seconds that a process has spent so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run has found. Milliseconds by question, without and with messages passing; of the time with them its
    seconds, how many were handed in and how many were receipted, and the CPU seconds of the two daemons."""

    load: float
    quiet: dict[str, list[float]]
    busy: dict[str, list[float]]
    seconds: float
    taken: int
    receipted: int
    hospital_cpu: float
    municipality_cpu: float

    @property
    def rate(self) -> float:
        """Messages a second that went all the way: handed in, acknowledged and receipted."""
        return self.receipted / self.seconds

    def reasons(self) -> list[str]:
        """Why the goal was not reached; empty where it was."""
        said = []
        if self.rate < A_SECOND * 0.95:
            said.append(f"only {self.rate:.1f} of {A_SECOND} messages a second passed")
        said += [
            f"{name} took {quantiles(times)[1]:.0f} ms p95"
            for name, times in self.busy.items()
            if quantiles(times)[1] >= GOAL_MS
        ]
        return said


def bench_api(folder: Path, exchanges: int, seconds: float) -> None:
    """Fill, run, ask, and print."""
    load_before, cores = os.getloadavg()[0], os.cpu_count() or 1
    place = prepare(folder, HOSPITAL, MUNICIPALITY)
    start = time.perf_counter()
    path = filled(place, exchanges)
    size = path.stat().st_size / 1e6
    print(f"\nThe interface over {exchanges} exchanges ({size:.0f} MB, filled in {time.perf_counter() - start:.0f} s)")
    if load_before > cores / 2:
        print(f"  THE MACHINE IS BUSY: load {load_before:.1f} on {cores} cores before we began; times will be too long")
    port = free_port()
    config = place.hospital.config
    text = config.read_text("utf-8").replace("[inbox]", '[inbox]\nby = "api"')
    config.write_text(f"{text}\n[api]\nport = {port}\n", "utf-8")
    installation = open_installation(load(config), MachineClock(), RandomIds(), Silent())
    now = datetime.now(UTC)
    token = new_token(installation.store, now, "bench", frozenset(Scope), frozenset(), timedelta(days=1))[1]
    messages = [ready_message(installation) for _ in range(int(seconds * A_SECOND))]
    daemons = [run(side.config) for side in (place.municipality, place.hospital)]
    try:
        started = time.perf_counter()
        for waited in (place.municipality.port, place.hospital.port, port):
            wait_for(waited)
        print(f"  both daemons answer after {time.perf_counter() - started:.1f} s")
        found = measure(installation, path, f"http://127.0.0.1:{port}", token, messages, seconds, daemons, load_before)
    finally:
        end(daemons)
        installation.store.close()
    tell(found)


def measure(
    installation: Installation,
    path: Path,
    url: str,
    token: str,
    messages: Sequence[bytes],
    seconds: float,
    daemons: Sequence[subprocess.Popen[bytes]],
    load_before: float,
) -> Measured:
    """Ask in peace, then beside the messages."""
    asked = questions(path)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        ask(client, asked, 1)
        quiet = ask(client, asked, seconds / 4)
        with Feeder(url, token, messages) as feeder:
            time.sleep(2)
            start, had, before = time.perf_counter(), feeder.taken, receipted(installation)
            burnt = [cpu_of(daemon) for daemon in daemons]
            busy = ask(client, asked, seconds - 5)
            took, taken, after = time.perf_counter() - start, feeder.taken - had, receipted(installation)
            spent = [cpu_of(daemon) - then for daemon, then in zip(daemons, burnt, strict=True)]
    return Measured(load_before, quiet, busy, took, taken, after - before, spent[1], spent[0])


def tell(found: Measured) -> None:
    """The figures, and the verdict in a line."""
    print(f"  load of the machine: {found.load:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")
    print(
        f"  messages a second: {A_SECOND} were to be handed in, {found.taken / found.seconds:.1f} were, "
        f"{found.rate:.1f} went all the way to their receipt"
    )
    for name, cpu in (("hospital, which is asked", found.hospital_cpu), ("municipality", found.municipality_cpu)):
        each = f", {cpu / found.receipted * 1000:.1f} ms for each message" if found.receipted else ""
        print(f"  CPU of the {name}: {cpu / found.seconds * 100:.0f} % of a core{each}")
    print(f"  {'milliseconds':36} {'in peace':^22} {'beside the messages':^30} goal: p95 under {GOAL_MS:.0f}")
    for name, times in found.busy.items():
        still, now = quantiles(found.quiet[name]), quantiles(times)
        kept = "kept" if now[1] < GOAL_MS else "NOT KEPT"
        print(
            f"  {name:36} p50 {still[0]:5.1f}  p95 {still[1]:5.1f}   p50 {now[0]:6.1f}  p95 {now[1]:6.1f}"
            f"  max {max(times):6.1f}   {kept} ({len(times)} asked)"
        )
    reasons = found.reasons()
    print(f"  VERDICT: {'the goal is not reached: ' + '; '.join(reasons) if reasons else 'the goal is reached'}")


def quantiles(spans: Sequence[float]) -> tuple[float, float]:
    """The median, and what nineteen of twenty are below."""
    cut = statistics.quantiles(spans, n=20, method="inclusive")
    return cut[9], cut[18]


def main() -> None:
    """`python -m tests.bench_load --api [EXCHANGES]`."""
    given = [int(word) for word in sys.argv if word.isdecimal()]
    with tempfile.TemporaryDirectory() as folder:
        bench_api(Path(folder) / "place", given[0] if given else EXCHANGES, MEASURED_SECONDS)
