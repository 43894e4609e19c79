"""How is a store opened, and how does work reach it?

One writer thread with group commit, a few reader connections, and one connection that only watches for changes. Several
processes may open the same file: the daemon, and commands beside it.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import TypeVar

from sqlalchemy import Connection, Engine, insert, select

from adapter.delivery.recorded import Pseudonym
from adapter.errors import (
    STORE_KEY_MISSING,
    STORE_KEY_WRONG,
    STORE_OLDER,
    STORE_OLDER_IN_USE,
    STORE_UNREACHABLE,
    AdapterError,
)
from adapter.store.cipher import KEY_OCTETS, NO_SECRETS, Secrets, StoreKey
from adapter.store.engine import OpenConnections, empty_log, in_use, open_engine, patiently, transaction, translated
from adapter.store.group_commit import GroupWriter
from adapter.store.key_ring import KeyRing
from adapter.store.migrate import is_current, revision_of, upgrade
from adapter.store.port import Reader, Writer
from adapter.store.prepared import driver_of
from adapter.store.schema import KEY_INSIDE, KEY_OUTSIDE, REVISION, meta
from adapter.store.sql_reader import SqlReader
from adapter.store.sql_writer import SqlWriter

T = TypeVar("T")

PATIENCE_SECONDS = 2.0
"""How long an older store is waited for that another process has open: a command takes less, a daemon goes on."""

READERS = 3
"""Reader connections of one process; reading is short, and never waits for the writer."""


def open_store(
    path: Path, *, create: bool = True, pseudonym_key: bytes | None = None, held: Secrets = NO_SECRETS
) -> SqlStore:
    """Open the store in a file and bring it up to date, unless a process that needs its older form has it open.

    With `create`, a file that does not exist is made. It is encrypted from the start where `held` has a key for its
    blobs. Its pseudonyms are made with the key in `held`, of which the store keeps the id only; without one, with
    `pseudonym_key` (32 bytes; None draws them), kept inside. The key of a store that exists is never changed. Without
    `create`, a missing or older store is an error.

    Raises `AdapterError`: STORE-UNREACHABLE, STORE-CORRUPT, STORE-NEWER, STORE-OLDER, STORE-OLDER-IN-USE, STORE-LOCKED,
    STORE-FULL, STORE-KEY-MISSING, STORE-KEY-WRONG.
    """
    if not path.parent.is_dir():
        raise AdapterError(STORE_UNREACHABLE, f"the folder {path.parent} does not exist")
    if not create and not path.is_file():
        raise AdapterError(STORE_UNREACHABLE, f"there is no file {path}")
    engine = open_engine(path, writes=True, connections=1, create=create)
    try:
        before = _form(engine)
        if create and before not in {None, REVISION}:
            _wait_for_others(path, engine)
        pseudonyms = _prepare(engine, create, pseudonym_key, held)
    except BaseException:
        engine.dispose()
        raise
    older = before if before is not None and before != REVISION else ""
    return SqlStore(path, engine, pseudonyms, KeyRing(held.blobs), older)


def _form(engine: Engine) -> str | None:
    """The revision of the store's form; None for a fresh one. Raises `AdapterError` (STORE-CORRUPT, STORE-NEWER)."""
    with translated(), engine.connect() as connection:
        is_current(connection)
        return revision_of(connection)


def _wait_for_others(path: Path, engine: Engine) -> None:
    """Return when nobody else has an older store open, or when somebody has brought it up to date.

    A process of the older version would go on writing what it takes for the store's form. Another command is gone soon;
    a daemon is not. Raises `AdapterError` (STORE-OLDER-IN-USE).
    """
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        engine.dispose()
        if not in_use(path):
            return
        if monotonic() >= deadline:
            raise AdapterError(STORE_OLDER_IN_USE, str(path))
        sleep(PATIENCE_SECONDS / 20)
        if _form(engine) == REVISION:
            return


def _prepare(engine: Engine, may_write: bool, new_key: bytes | None, held: Secrets) -> bytes:
    """Make the tables what they have to be, in one transaction; returns the pseudonym key."""
    with translated():
        with engine.connect() as connection:
            patiently(driver_of(connection), "PRAGMA journal_mode=WAL")
        with engine.begin() as connection:
            is_new = revision_of(connection) is None
            if not is_current(connection):
                if not may_write:
                    raise AdapterError(STORE_OLDER)
                upgrade(connection)
            writer = SqlWriter(connection, KeyRing(held.blobs))
            if is_new:
                writer.adopt_key(datetime.now(UTC))
            elif (needed := writer.current_key()) is not None:
                KeyRing(held.blobs).key(driver_of(connection), needed)
            return _pseudonym_key(connection, new_key, held.pseudonyms)


def _pseudonym_key(connection: Connection, new_key: bytes | None, held: StoreKey | None) -> bytes:
    """The key of the pseudonyms: in the store, or in a file of which the store has the id."""
    rows = connection.execute(select(meta.c.key, meta.c.value).where(meta.c.key.in_((KEY_INSIDE, KEY_OUTSIDE))))
    found = {str(name): str(value) for name, value in rows}
    if not found:
        if held is not None:
            connection.execute(insert(meta).values(key=KEY_OUTSIDE, value=held.id))
            return held.octets
        drawn = new_key or secrets.token_bytes(KEY_OCTETS)
        connection.execute(insert(meta).values(key=KEY_INSIDE, value=drawn.hex()))
        return drawn
    inside = bytes.fromhex(found[KEY_INSIDE]) if KEY_INSIDE in found else None
    needed = found[KEY_OUTSIDE] if inside is None else StoreKey(inside).id
    if held is not None and held.id != needed:
        hint = "" if inside is None else "; it lies in the store: `adapter store move-pseudonym-key` takes it out"
        raise AdapterError(
            STORE_KEY_WRONG, f"pseudonym_key_file holds key {held.id}, and the pseudonyms are made with {needed}{hint}"
        )
    if held is not None:
        return held.octets
    if inside is None:
        raise AdapterError(STORE_KEY_MISSING, f"the pseudonyms are made with key {needed}, in a pseudonym_key_file")
    return inside


class SqlStore:
    """The port's `Store` on SQLite. Made by `open_store`; `brought_from` is the revision that it had before it was
    brought up to date, empty where it was."""

    def __init__(
        self, path: Path, engine: Engine, pseudonym_key: bytes, keys: KeyRing | None = None, older: str = ""
    ) -> None:
        self.brought_from = older
        self._engine = engine
        self._keys = KeyRing() if keys is None else keys
        self._writer = GroupWriter(engine, self._keys)
        self._reading = open_engine(path, writes=False, connections=READERS + 2)
        self._connections = OpenConnections(self._reading, READERS + 1)
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
        with translated(), self._connections.one() as connection, transaction(connection, writes=False):
            return work(SqlReader(connection, self._keys))

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

    def checkpoint(self) -> None:
        """Take the write-ahead log into the file and empty it, so that no octet of before stays in it; as far as other
        processes let it."""
        with translated(), self._writer.connections.one() as connection:
            empty_log(driver_of(connection))

    def close(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        self._watch.close()
        self._connections.close()
        self._reading.dispose()
        self._engine.dispose()
