"""How quick the interface answers over a store of 200 000 exchanges, while twenty messages a second pass.

The hospital's and the municipality's adapters run as they do in life, each a process; messages are handed in over HTTP
and go to their receipt. Beside that the questions of a dashboard are asked, one after the other. The wall clock is
what a person waits for, so the figures are told with the load of the machine; the time of a question alone in the
store, as CPU, is told beside them. The goal is 100 ms for the slowest twentieth (p95).
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
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from adapter.config import Scope, load
from adapter.observe.log import Silent
from adapter.service.access import new_token
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.installation import Installation, open_installation
from adapter.testing.place import Place, prepare
from tests.bench_load import receipted, submit
from tests.bench_parts import HOSPITAL, MUNICIPALITY, ready_message

EXCHANGES = 200_000
A_SECOND = 20
MEASURED_SECONDS = 40
READY_SECONDS = 120
GOAL_MS = 100.0

_FRESH = (
    "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' ||"
    " substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
)


def fill(path: Path, count: int) -> None:
    """Multiply what a store holds: copies of its exchanges with journal and outbox, ids anew, over two years past."""
    with sqlite3.connect(path) as store:
        columns = {
            table: [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
            for table in ("exchange", "journal", "outbox")
        }
        had = store.execute("SELECT count(*) FROM exchange").fetchone()[0]
        store.execute("CREATE TEMP TABLE copy (old TEXT, new TEXT, created TEXT)")
        store.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :times) "
            f"INSERT INTO copy SELECT e.id, {_FRESH}, "
            "strftime('%Y-%m-%dT%H:%M:%S', e.created_at, '-' || (abs(random()) % 63072000) || ' seconds')"
            " || substr(e.created_at, 20) FROM exchange e, n",
            {"times": count // had},
        )
        store.execute("CREATE INDEX temp.copy_old ON copy (old)")
        anew = {
            "exchange": {"id": "copy.new", "created_at": "copy.created", "receipt_for": "NULL", "answers": "NULL"}
            | {"message_id": _FRESH, "msg_id": "copy.new", "msg_key": "copy.new"}
            | {"msg_hex": "replace(copy.new, '-', '')"},
            "journal": {"seq": "NULL", "exchange_id": "copy.new", "at": "copy.created"},
            "outbox": {"id": _FRESH, "exchange_id": "copy.new"},
        }
        for table, key in (("exchange", "id"), ("journal", "exchange_id"), ("outbox", "exchange_id")):
            shown = ", ".join(anew[table].get(column, f"t.{column}") for column in columns[table])
            store.execute(
                f"INSERT INTO {table} ({', '.join(columns[table])}) SELECT {shown} FROM {table} t"
                f" JOIN copy ON copy.old = t.{key} WHERE t.{key} IN (SELECT old FROM copy)"
            )
    store.close()


def busy(place: Place) -> None:
    """A few whole exchanges, so that there is something to multiply."""
    installation = open_installation(load(place.hospital.config), MachineClock(), RandomIds(), Silent())
    daemons = [run(side.config) for side in (place.municipality, place.hospital)]
    try:
        wait_for(place.municipality.port)
        submit(installation, 10)
        until(lambda: receipted(installation) == 10)
    finally:
        end(daemons)
        installation.store.close()


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
        "search by MsgId": lambda: f"/api/v1/exchanges?msg_id={pick(ids)}",
        "one exchange": lambda: f"/api/v1/exchanges/{pick(ids)}",
        "the inbox": lambda: "/api/v1/inbox",
        "health": lambda: "/health/ready",
        "metrics": lambda: "/metrics",
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


def bench_api(folder: Path, exchanges: int, seconds: float) -> None:
    """Fill, run, ask, and print."""
    place = prepare(folder, HOSPITAL, MUNICIPALITY)
    busy(place)
    path = load(place.hospital.config).store.path
    start = time.perf_counter()
    fill(path, exchanges)
    size = path.stat().st_size / 1e6
    print(f"\nThe interface over {exchanges} exchanges ({size:.0f} MB, filled in {time.perf_counter() - start:.0f} s)")
    port = free_port()
    config = place.hospital.config
    config.write_text(config.read_text("utf-8") + f"\n[api]\nport = {port}\n", "utf-8")
    installation = open_installation(load(config), MachineClock(), RandomIds(), Silent())
    now = datetime.now(UTC)
    token = new_token(installation.store, now, "bench", frozenset(Scope), frozenset(), timedelta(days=1))[1]
    prepared = time.perf_counter()
    messages = [ready_message(installation) for _ in range(int(seconds * A_SECOND))]
    print(f"  {len(messages)} messages built in {time.perf_counter() - prepared:.0f} s beforehand")
    daemons = [run(side.config) for side in (place.municipality, place.hospital)]
    try:
        for waited in (place.municipality.port, place.hospital.port, port):
            wait_for(waited)
        measure(installation, path, f"http://127.0.0.1:{port}", token, messages, seconds)
    finally:
        end(daemons)
        installation.store.close()


def measure(
    installation: Installation, path: Path, url: str, token: str, messages: Sequence[bytes], seconds: float
) -> None:
    asked = questions(path)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        ask(client, asked, 1)
        quiet = ask(client, asked, seconds / 4)
        before, load_before = receipted(installation), os.getloadavg()[0]
        with Feeder(url, token, messages) as feeder:
            time.sleep(2)
            start, had = time.perf_counter(), feeder.taken
            took = ask(client, asked, seconds - 5)
            rate = (feeder.taken - had) / (time.perf_counter() - start)
        passed = receipted(installation) - before
    print(f"  load of the machine: {load_before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")
    print(f"  handed in meanwhile over HTTP: {rate:.1f} messages a second; {passed} had their receipt at the end")
    print(f"  {'':36} {'quiet':>17} {'under load':>25}   goal p95 {GOAL_MS:.0f} ms")
    for name, spans in took.items():
        still, times = quantiles(quiet[name]), quantiles(spans)
        kept = "kept" if times[1] < GOAL_MS else "NOT KEPT"
        print(
            f"  {name:36} p50 {still[0]:5.1f} p95 {still[1]:5.1f}   p50 {times[0]:6.1f} p95 {times[1]:6.1f} ms"
            f"   {kept} ({len(spans)} asked)"
        )


def quantiles(spans: Sequence[float]) -> tuple[float, float]:
    cut = statistics.quantiles(spans, n=20)
    return cut[9], cut[18]


def main() -> None:
    """`python -m tests.bench_load --api [EXCHANGES]`."""
    given = [int(word) for word in sys.argv if word.isdecimal()]
    with tempfile.TemporaryDirectory() as folder:
        bench_api(Path(folder) / "place", given[0] if given else EXCHANGES, MEASURED_SECONDS)
