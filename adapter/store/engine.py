"""How is the SQLite file opened, and what do its errors mean?

WAL with `synchronous=FULL`: a commit that has returned survives a power cut (`engineering-facts.md` §5). The driver's
own transactions are off; every writing transaction is `BEGIN IMMEDIATE`, so that two processes wait for each other
instead of failing. Parameters are kept out of error texts: they may be a payload.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from time import monotonic, sleep
from typing import cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from adapter.errors import (
    STORE_CORRUPT,
    STORE_FAILED,
    STORE_FULL,
    STORE_LOCKED,
    STORE_UNREACHABLE,
    AdapterError,
    ErrorKind,
)
from adapter.store.prepared import HintingCompiler, driver_of

BUSY_SECONDS = 5.0
"""How long a transaction waits for another process before it is STORE-LOCKED."""

TURN_SECONDS = 0.01
"""How long one of the many short waits lasts that the wait for a writing transaction is made of.

SQLite's own pauses grow to 100 ms; with those, a process beside a busy writer hardly ever meets the gap between two of
its transactions (measured: up to 3 s for one write). Starting anew with short pauses, it meets one within milliseconds.
"""

_MEANING: dict[int, ErrorKind] = {
    sqlite3.SQLITE_BUSY: STORE_LOCKED,
    sqlite3.SQLITE_LOCKED: STORE_LOCKED,
    sqlite3.SQLITE_FULL: STORE_FULL,
    sqlite3.SQLITE_CORRUPT: STORE_CORRUPT,
    sqlite3.SQLITE_NOTADB: STORE_CORRUPT,
    sqlite3.SQLITE_CANTOPEN: STORE_UNREACHABLE,
    sqlite3.SQLITE_READONLY: STORE_UNREACHABLE,
    sqlite3.SQLITE_PERM: STORE_UNREACHABLE,
    sqlite3.SQLITE_AUTH: STORE_UNREACHABLE,
    sqlite3.SQLITE_IOERR: STORE_UNREACHABLE,
}
"""Primary result codes of SQLite; whatever is not here is STORE-FAILED."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn an error of the database into one of the catalogue."""
    try:
        yield
    except DBAPIError as error:
        raise meaning_of(error.orig) from error
    except sqlite3.Error as error:
        raise meaning_of(error) from error


def meaning_of(error: BaseException | None) -> AdapterError:
    """The catalogue's error for one of SQLite. SQLite's own texts name tables and columns, never values."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return AdapterError(_MEANING.get(code, STORE_FAILED), str(error))


def open_engine(path: Path, *, writes: bool, connections: int, create: bool = False) -> Engine:
    """An engine on the file: with `writes`, transactions are BEGIN IMMEDIATE; without, nothing can be written.

    A file that does not exist is an error of the first connection unless `create`.
    """
    mode = "rwc" if create else "rw"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )

    engine = create_engine(
        "sqlite://",
        creator=connect,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_reset_on_return=None,  # every transaction is a block that has ended by then, or is ended at the checkin
    )

    engine.dialect.statement_compiler = HintingCompiler

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        if create:
            # Holds for a file without tables only: the space of what is removed can be given back bit by bit.
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # what retention or encryption removes is not left in free pages
        if writes:
            cursor.execute(f"PRAGMA busy_timeout={TURN_SECONDS * 1000:.0f}")  # `patiently` waits, in many short turns
        else:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        # Within `transaction` SQLAlchemy comes to hear of it late, and once: what is begun then is begun already.
        if not driver_of(connection).in_transaction:
            _begin(driver_of(connection), writes=writes)

    @event.listens_for(engine, "checkin")
    def end(connection: DBAPIConnection | None, _record: ConnectionPoolEntry) -> None:
        # A COMMIT that fails, as on a full disk, may leave its transaction open; the next one would not get in.
        if connection is not None and cast("sqlite3.Connection", connection).in_transaction:
            connection.rollback()

    return engine


def _begin(driver: sqlite3.Connection, *, writes: bool) -> None:
    if writes:
        patiently(driver, "BEGIN IMMEDIATE")
    else:
        driver.execute("BEGIN")


@contextmanager
def transaction(connection: Connection, *, writes: bool) -> Iterator[Connection]:
    """A transaction on a connection that stays open, past SQLAlchemy, which takes twenty times as long to begin one."""
    driver = driver_of(connection)
    _begin(driver, writes=writes)
    try:
        yield connection
        driver.execute("COMMIT")
    finally:
        if driver.in_transaction:
            driver.rollback()


class OpenConnections:
    """So many connections of an engine at most; they stay open, and each is one caller's at a time."""

    def __init__(self, engine: Engine, number: int) -> None:
        self._engine = engine
        self._free: LifoQueue[Connection | None] = LifoQueue()
        for _ in range(number):
            self._free.put(None)

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """A connection that nobody else has meanwhile; waits for one to be given back. It is opened if none is open."""
        connection = self._free.get()
        try:
            if connection is None:
                connection = self._engine.connect()
            yield connection
        finally:
            self._free.put(connection)

    def close(self) -> None:
        """Close those that nobody has."""
        with suppress(Empty):
            while True:
                connection = self._free.get_nowait()
                if connection is not None:
                    connection.close()


def patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Execute a statement that needs the database for itself, waiting for other processes up to `BUSY_SECONDS`.

    It is for connections that write, of which each wait is a short one.
    """
    deadline = monotonic() + BUSY_SECONDS
    while not _done(connection, statement, give_up=monotonic() >= deadline):
        # SQLite does not wait at all where it sees that waiting could not help, as in a change to WAL.
        sleep(TURN_SECONDS / 10)


def empty_log(connection: sqlite3.Connection) -> None:
    """Take the write-ahead log into the file and empty it, waiting for who reads in it up to `BUSY_SECONDS`."""
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.execute(f"PRAGMA busy_timeout={TURN_SECONDS * 1000:.0f}")


def _done(connection: sqlite3.Connection, statement: str, *, give_up: bool) -> bool:
    """Whether the statement could be executed; False when another process is in the way, an error if `give_up`."""
    try:
        connection.execute(statement)
    except sqlite3.OperationalError as error:
        if give_up or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def in_use(path: Path) -> bool:
    """Whether another process has the store open. What it has left in a log beside the file is taken into it."""
    with translated():
        connection = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            # A damaged store is in nobody's use: it is what a restore is for.
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, *_DAMAGED}:
                raise
            return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        finally:
            connection.close()
    return False
