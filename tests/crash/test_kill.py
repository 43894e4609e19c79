"""kill -9 at any instruction: what was confirmed is there, nothing is there by half, and a restart goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapter.store.port import ExchangeFilter, FactFilter
from adapter.store.sql_store import open_store

LIFE = Path(__file__).with_name("life.py")


def test_death_at_every_instant_of_a_life(tmp_path: Path) -> None:
    """Killed at each statement and commit in turn, a store is in the state before or after a step, and goes on."""
    run = subprocess.run([sys.executable, str(LIFE), "instants", str(tmp_path)], capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    result = json.loads(run.stdout)
    assert result["wrong"] == []
    assert result["moments"] > 50


def flooding(path: Path, worker: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(LIFE), "flood", str(path), worker], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def confirmed_by(process: subprocess.Popen[bytes]) -> set[str]:
    """What a dead process had said; a line that was cut off says nothing."""
    out, error = process.communicate()
    assert process.returncode == -signal.SIGKILL, error.decode()
    return {line.decode() for line in out.split(b"\n")[:-1]}


@pytest.mark.parametrize("milliseconds", [0, 20, 100])
def test_death_in_the_middle_of_a_flood(tmp_path: Path, milliseconds: int) -> None:
    """Two processes write as fast as they can and are killed: what was confirmed is there, and nothing is by half."""
    path = tmp_path / "store.db"
    workers = [flooding(path, "a"), flooding(path, "b")]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline(), "a worker ended by itself"
    time.sleep(milliseconds / 1000)
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
        time.sleep(0.003)
    said = [confirmed_by(worker) for worker in workers]
    store = open_store(path)
    exchanges = store.read_now(lambda reader: reader.exchanges(ExchangeFilter(limit=100_000)))
    kept = {exchange.id for exchange in exchanges}
    assert set().union(*said) <= kept
    assert {item.exchange_id for item in store.read_now(lambda reader: reader.inbox_waiting(100_000))} == kept
    assert {fact.entry.exchange_id for fact in store.read_now(lambda reader: reader.facts(FactFilter()))} == kept
    assert all(store.read_now(lambda reader, e=e: reader.blob(e.payload)) for e in exchanges[:50])
    report = store.read_now(lambda reader: reader.verify_chain())
    assert (report.length, report.broken_at) == (len(kept), None)
    store.close()


@pytest.mark.parametrize("milliseconds", [420, 500, 580])
def test_death_while_the_store_is_made(tmp_path: Path, milliseconds: int) -> None:
    """A process killed while it makes the store leaves nothing that the next one cannot finish."""
    path = tmp_path / "store.db"
    process = flooding(path, "a")
    time.sleep(milliseconds / 1000)
    process.kill()
    process.communicate()
    store = open_store(path)
    assert store.read_now(lambda reader: reader.verify_chain()).broken_at is None
    store.close()
