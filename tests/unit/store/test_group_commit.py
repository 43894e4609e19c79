"""Many callers, one flush; and nobody is told of a success that is not on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import event

from adapter.errors import AdapterError
from adapter.store.engine import open_engine
from adapter.store.group_commit import LARGEST_GROUP, GroupWriter
from adapter.store.port import BlobKind, Writer
from adapter.store.sql_store import SqlStore, open_store

T0 = datetime(2012, 3, 5, 9, 0, tzinfo=UTC)


def keep(key: str) -> Callable[[Writer], str]:
    def work(writer: Writer) -> str:
        writer.keep_note(key, "x")
        return key

    return work


def failing(writer: Writer) -> None:
    writer.keep_note("failed", "x")
    raise RuntimeError("the caller's own")


def kept(store: SqlStore, key: str) -> bool:
    return store.read_now(lambda reader: reader.note(key)) is not None


@contextmanager
def occupied(store: SqlStore) -> Iterator[None]:
    """The writer is busy with a piece of work of its own for as long as the block lasts; the rest waits."""
    begun, over = Event(), Event()

    def hold(_: Writer) -> None:
        begun.set()
        over.wait(5)

    holding = store._writer.submit(hold)
    begun.wait(5)
    yield
    over.set()
    holding.result(5)


def test_a_caller_gets_its_own_result(store: SqlStore) -> None:
    """Concurrent callers each get the result of their own work."""

    async def run() -> list[str]:
        return await asyncio.gather(*(store.write(keep(f"k{number}")) for number in range(200)))

    assert asyncio.run(run()) == [f"k{number}" for number in range(200)]
    assert all(kept(store, f"k{number}") for number in range(200))


def test_a_piece_of_work_fails_alone(store: SqlStore) -> None:
    """What one caller raises comes back to that caller, its changes are gone, and the others' stay."""

    async def run() -> list[object]:
        return await asyncio.gather(
            store.write(keep("before")), store.write(failing), store.write(keep("after")), return_exceptions=True
        )

    before, failed, after = asyncio.run(run())
    assert (before, after) == ("before", "after")
    assert isinstance(failed, RuntimeError)
    assert kept(store, "before")
    assert kept(store, "after")
    assert not kept(store, "failed")


def test_even_an_exit_belongs_to_its_caller(store: SqlStore) -> None:
    """Nothing that a piece of work raises stops the writer."""

    def leaving(_: Writer) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        store.write_now(leaving)
    assert store.write_now(keep("on")) == "on"


def commits_of(store: SqlStore, work: Callable[[], None]) -> int:
    """How many commits the work takes."""
    said: list[str] = []

    def watched(driver: sqlite3.Connection, *_: object) -> None:
        driver.set_trace_callback(said.append)

    event.listen(store._engine, "checkout", watched)
    work()
    return said.count("COMMIT")


def test_waiting_callers_share_a_commit(store: SqlStore) -> None:
    """What waits while the disk is busy becomes one transaction, up to the largest group."""

    def work() -> None:
        with occupied(store):
            futures = [store._writer.submit(keep(f"k{number}")) for number in range(2 * LARGEST_GROUP)]
        for future in futures:
            future.result(5)

    assert commits_of(store, work) == 3


def test_no_future_completes_before_its_commit(path: Path, store: SqlStore) -> None:
    """When `write` returns, another process sees the change."""
    other = open_store(path, create=False)
    for number in range(20):
        store.write_now(keep(f"k{number}"))
        assert kept(other, f"k{number}")
    other.close()


def test_a_failed_commit_fails_the_whole_group(store: SqlStore) -> None:
    """When the database gives the transaction up, every caller of the group is told, and nothing is kept."""

    def lose_transaction(writer: Writer) -> None:
        writer._connection.exec_driver_sql("ROLLBACK")  # type: ignore[attr-defined]
        raise RuntimeError("the database gave up")

    with occupied(store):
        works = (keep("first"), lose_transaction, keep("last"))
        futures = [store._writer.submit(work) for work in works]
    assert [type(future.exception(5)) for future in futures] == [RuntimeError] * 3
    assert not kept(store, "first")
    assert not kept(store, "last")
    assert store.write_now(keep("on")) == "on"


def test_a_full_disk_is_named_and_passes(path: Path) -> None:
    """A disk that is full gives STORE-FULL to the callers, and the store goes on when there is room again."""
    store = open_store(path)

    def limit(pages: int) -> Callable[[Writer], None]:
        def work(writer: Writer) -> None:
            writer._connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

        return work

    def big(writer: Writer) -> None:
        writer.put_blob(b"x" * 3_000_000, BlobKind.MAIL, T0)

    store.write_now(limit(100))

    async def run() -> list[object]:
        return await asyncio.gather(
            store.write(keep("a")), store.write(big), store.write(keep("b")), return_exceptions=True
        )

    results = asyncio.run(run())
    assert isinstance(results[1], AdapterError)
    assert results[1].id == "STORE-FULL"
    assert "xxx" not in str(results[1])
    for key, result in zip(("a", "b"), (results[0], results[2]), strict=True):
        assert kept(store, key) is (result == key)
    store.write_now(limit(100_000))
    store.write_now(big)
    store.close()


def test_a_cancelled_caller_harms_nobody(store: SqlStore) -> None:
    """A caller that goes away before its turn leaves no trace, and the next ones are served."""
    with occupied(store):
        gone = store._writer.submit(keep("gone"))
        assert gone.cancel()
    assert store.write_now(keep("here")) == "here"
    assert not kept(store, "gone")


def test_close_finishes_what_was_handed_in(path: Path) -> None:
    """Closing waits for the work that was handed in, refuses what comes later, and may be repeated."""
    engine = open_engine(path, writes=True, connections=1)
    writer = GroupWriter(engine)
    futures = [writer.submit(keep(f"k{number}")) for number in range(100)]
    closing = Thread(target=writer.close)
    closing.start()
    closing.join(10)
    assert all(future.done() for future in futures)
    with pytest.raises(AdapterError) as caught:
        writer.submit(keep("late"))
    assert caught.value.id == "STORE-CLOSED"
    writer.close()
    engine.dispose()
