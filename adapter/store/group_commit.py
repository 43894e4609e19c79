"""How do many callers share one flush of the disk?

One thread writes. It takes a piece of work, then whatever else is waiting, up to `LARGEST_GROUP`; runs each in a
savepoint of one transaction; commits; and only then completes the futures. A piece of work that raises is rolled back
to its savepoint and fails alone; one that is alone in its group needs no savepoint, its transaction is rolled back.
When the commit fails, or the database has given the transaction up (a full disk), every piece of the group fails:
nobody is told of a success that is not on the disk.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine

from adapter.errors import STORE_CLOSED, AdapterError
from adapter.store.engine import OpenConnections, transaction, translated
from adapter.store.key_ring import KeyRing
from adapter.store.port import Writer
from adapter.store.prepared import driver_of
from adapter.store.sql_writer import SqlWriter

T = TypeVar("T")

LARGEST_GROUP = 64


class _Caught:
    """Holds what a block raised, of whatever kind: it belongs to the caller who waits for the future."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> _Caught:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return True


class _GivenUpError(Exception):
    """The database has ended the transaction by itself."""


class _Job(Generic[T]):
    def __init__(self, work: Callable[[Writer], T]) -> None:
        self.future: Future[T] = Future()
        self._work = work
        self._result: list[T] = []
        self._error: BaseException | None = None

    def run(self, connection: Connection, keys: KeyRing, *, alone: bool) -> None:
        """Run, in a savepoint unless `alone` in the transaction. Raises `_GivenUpError` when that has to end or has."""
        driver = driver_of(connection)
        with _Caught() as caught, translated():
            if not alone:
                driver.execute("SAVEPOINT job")
            writer = SqlWriter(connection, keys)
            self._result.append(self._work(writer))
            writer.flush()
            if not alone:
                driver.execute("RELEASE job")
        self._error = caught.error
        if self._error is not None:
            if alone or not driver.in_transaction:
                raise _GivenUpError from self._error
            driver.execute("ROLLBACK TO job")
            driver.execute("RELEASE job")

    def complete(self, group_error: BaseException | None) -> None:
        error = self._error or group_error
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self._result[0])


class GroupWriter:
    """The one writer of a process. Between its transactions its connection may be asked for from `connections`."""

    def __init__(self, engine: Engine, keys: KeyRing | None = None) -> None:
        self.connections = OpenConnections(engine, 1)
        self._keys = KeyRing() if keys is None else keys
        self._queue: SimpleQueue[_Job[object] | None] = SimpleQueue()
        self._lock = Lock()
        self._closed = False
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Writer], T]) -> Future[T]:
        """Hand in a piece of work; the future completes when its result is durable. Raises STORE-CLOSED."""
        job = _Job(work)
        with self._lock:
            if self._closed:
                raise AdapterError(STORE_CLOSED)
            self._queue.put(job)  # type: ignore[arg-type]
        return job.future

    def close(self) -> None:
        """Finish what was handed in, then stop."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()
        self.connections.close()

    def _run(self) -> None:
        more = True
        while more:
            group, more = self._next_group()
            self._commit([job for job in group if job.future.set_running_or_notify_cancel()])

    def _next_group(self) -> tuple[list[_Job[object]], bool]:
        """The next pieces of work, at least one unless the end has come; and whether more may follow."""
        waiting = [self._queue.get()]
        with suppress(Empty):
            while len(waiting) < LARGEST_GROUP:
                waiting.append(self._queue.get_nowait())
        return [job for job in waiting if job is not None], None not in waiting

    def _commit(self, group: list[_Job[object]]) -> None:
        if not group:
            return
        with (
            _Caught() as caught,
            translated(),
            self.connections.one() as connection,
            transaction(connection, writes=True),
        ):
            for job in group:
                job.run(connection, self._keys, alone=len(group) == 1)
        error = caught.error
        if isinstance(error, _GivenUpError):
            error = error.__cause__
        for job in group:
            job.complete(error)
