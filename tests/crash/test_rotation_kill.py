"""kill -9 in the middle of a rotation of the store's key: everything can be read, and the same command goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.store.cipher import Secrets, StoreKey
from adapter.store.port import BlobKind
from adapter.store.sql_store import open_store
from adapter.values import Digest

T0 = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
OLD, NEW = StoreKey(b"a" * 32), StoreKey(b"b" * 32)

ROTATE = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from adapter.store.cipher import Secrets, StoreKey
from adapter.store.sql_store import open_store
store = open_store(Path(sys.argv[1]), held=Secrets(StoreKey(b"a" * 32)))
left = int(sys.argv[2])
@event.listens_for(Engine, "after_cursor_execute")
def count(*arguments):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
store.write_now(lambda writer: writer.turn_to(StoreKey(b"b" * 32), datetime(2024, 3, 5, tzinfo=UTC)))
last = None
while True:
    step = store.write_now(lambda writer: writer.reseal(last, 2000))
    if step.last is None:
        break
    last = step.last
store.close()
"""


def rotate(path: Path, statements: int) -> int:
    run = subprocess.run([sys.executable, "-c", ROTATE, str(path), str(statements)], capture_output=True, check=False)
    assert run.returncode in {0, -signal.SIGKILL}, run.stderr.decode()
    return run.returncode


@pytest.mark.parametrize("statements", [3, 8, 20, 33])
def test_death_in_the_middle_of_a_rotation(tmp_path: Path, statements: int) -> None:
    """Killed at a statement, the old key file still opens all of it; run again, all of it is under the new key."""
    path = tmp_path / "store.db"
    store = open_store(path, held=Secrets(OLD))
    digests = [
        store.write_now(lambda writer, n=number: writer.put_blob(bytes([n]) * 1500, BlobKind.PAYLOAD, T0))  # type: ignore[misc]
        for number in range(10)
    ]
    store.close()
    assert rotate(path, statements) == -signal.SIGKILL
    assert_readable(path, OLD, digests)
    assert rotate(path, 100_000) == 0
    assert_readable(path, OLD, digests)
    assert_readable(path, NEW, digests)


def assert_readable(path: Path, key: StoreKey, digests: list[Digest]) -> None:
    store = open_store(path, held=Secrets(key))
    assert [len(store.read_now(lambda reader, d=digest: reader.blob(d))) for digest in digests] == [1500] * 10  # type: ignore[misc]
    store.close()
