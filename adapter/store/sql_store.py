"""How is a store opened, and how does work reach it?

One writer thread with group commit, a few reader connections, and one connection that only watches for changes. Several
processes may open the same file: the daemon, and commands beside it.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast

from sqlalchemy import Engine, insert, select

from adapter.delivery.recorded import Pseudonym
from adapter.errors import STORE_OLDER, STORE_UNREACHABLE, AdapterError
from adapter.store.engine import open_engine, patiently, translated
from adapter.store.group_commit import GroupWriter
from adapter.store.migrate import is_current, upgrade
from adapter.store.port import Reader, Writer
from adapter.store.schema import meta
from adapter.store.sql_reader import SqlReader

T = TypeVar("T")

READERS = 3
"""Reader connections of one process; reading is short, and never waits for the writer."""

_KEY_NAME = "pseudonym_key"


def open_store(path: Path, *, create: bool = True, pseudonym_key: bytes | None = None) -> SqlStore:
    """Open the store in a file and bring it up to date.

    With `create`, a file that does not exist is made, with `pseudonym_key` (32 bytes; None draws them) as its own key;
    the key of a store that exists is never changed. Without `create`, a missing or older store is an error.

    Raises `AdapterError`: STORE-UNREACHABLE, STORE-CORRUPT, STORE-NEWER, STORE-OLDER, STORE-LOCKED, STORE-FULL.
    """
    if not path.parent.is_dir():
        raise AdapterError(STORE_UNREACHABLE, f"the folder {path.parent} does not exist")
    if not create and not path.is_file():
        raise AdapterError(STORE_UNREACHABLE, f"there is no file {path}")
    engine = open_engine(path, writes=True, connections=1, create=create)
    try:
        key = _prepare(engine, create, pseudonym_key)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(path, engine, key)


def _prepare(engine: Engine, may_write: bool, new_key: bytes | None) -> bytes:
    """Make the tables what they have to be, in one transaction; returns the pseudonym key."""
    with translated():
        with engine.connect() as connection:
            patiently(cast("sqlite3.Connection", connection.connection.dbapi_connection), "PRAGMA journal_mode=WAL")
        with engine.begin() as connection:
            if not is_current(connection):
                if not may_write:
                    raise AdapterError(STORE_OLDER)
                upgrade(connection)
            stored = connection.execute(select(meta.c.value).where(meta.c.key == _KEY_NAME)).scalar()
            if stored is None:
                stored = (new_key or secrets.token_bytes(32)).hex()
                connection.execute(insert(meta).values(key=_KEY_NAME, value=stored))
            return bytes.fromhex(stored)


class SqlStore:
    """The port's `Store` on SQLite. Made by `open_store`."""

    def __init__(self, path: Path, engine: Engine, pseudonym_key: bytes) -> None:
        self._engine = engine
        self._writer = GroupWriter(engine)
        self._reading = open_engine(path, writes=False, connections=READERS + 2)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._pseudonym_key = pseudonym_key
        with translated():
            self._watch = self._reading.raw_connection()
        self._watch_lock = Lock()

    async def write(self, work: Callable[[Writer], T]) -> T:
        return await asyncio.wrap_future(self._writer.submit(work))

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def write_now(self, work: Callable[[Writer], T]) -> T:
        return self._writer.submit(work).result()

    def read_now(self, work: Callable[[Reader], T]) -> T:
        with translated(), self._reading.begin() as connection:
            return work(SqlReader(connection))

    def pseudonym(self, national_id: str) -> Pseudonym:
        digits = "".join(national_id.split())
        return Pseudonym(hmac.new(self._pseudonym_key, digits.encode(), sha256).hexdigest())

    def data_version(self) -> int:
        with self._watch_lock, translated():
            cursor = self._watch.cursor()
            cursor.execute("PRAGMA data_version")
            (version,) = cursor.fetchone()  # type: ignore[misc]
            cursor.close()
            return int(version)

    def close(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        self._watch.close()
        self._reading.dispose()
        self._engine.dispose()
