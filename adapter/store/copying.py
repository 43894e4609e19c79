"""How is a store copied while it is written to, and is a file a whole store?

The copy is made by SQLite's own online backup under one reading transaction: it is the store of one moment, and in WAL
mode neither side waits for the other.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapter.errors import STORE_CORRUPT, STORE_IN_USE, STORE_UNREACHABLE, AdapterError
from adapter.store.care import KeyUse
from adapter.store.engine import in_use, translated
from adapter.store.port import ChainReport
from adapter.store.sql_store import SqlStore

PAGES = 2_000
"""Pages copied between two ticks of the progress."""

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store was found to hold when every octet of it had been looked at."""

    chain: ChainReport
    blobs: int
    octets: int
    keys: tuple[KeyUse, ...]


def copy(source: Path, target: Path, tick: Tick) -> None:
    """Write the store of this moment to a new file, durable when it returns. Raises `AdapterError` (STORE-...)."""
    if not source.is_file():
        raise AdapterError(STORE_UNREACHABLE, f"there is no file {source}")
    with translated():
        reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        writing = sqlite3.connect(target, isolation_level=None)
        try:
            # With the transaction open the source is of one moment, and a commit beside it starts nothing anew.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
            reading.backup(writing, pages=PAGES, progress=lambda _, left, total: tick(total - left, total))
            reading.execute("ROLLBACK")
            writing.execute("PRAGMA journal_mode=DELETE")
        finally:
            writing.close()
            reading.close()
    _flush(target)
    _flush(target.parent)


def check_pages(path: Path) -> None:
    """Whether every page, index and reference of a database file holds. Raises `AdapterError` (STORE-CORRUPT)."""
    with translated():
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()
            foreign = connection.execute("PRAGMA foreign_key_check").fetchone()
        finally:
            connection.close()
    if found != ("ok",):
        raise AdapterError(STORE_CORRUPT, "the database does not pass its integrity check")
    if foreign is not None:
        raise AdapterError(STORE_CORRUPT, f"a row of {foreign[0]} refers to one of {foreign[2]} that is not there")


def check_contents(store: SqlStore, tick: Tick) -> Contents:
    """Walk the chain of facts and read every blob against its digest. Raises `AdapterError` (STORE-CORRUPT, KEY)."""
    chain = store.read_now(lambda reader: reader.verify_chain())
    if chain.broken_at is not None:
        raise AdapterError(STORE_CORRUPT, f"the chain of facts is broken at fact {chain.broken_at}: {chain.reason}")
    store.read_now(lambda reader: reader.statements())
    digests = store.read_now(lambda reader: reader.blob_digests())
    octets = 0
    for number, digest in enumerate(digests, start=1):
        octets += len(store.read_now(lambda reader, one=digest: reader.blob(one)))  # type: ignore[misc]
        tick(number, len(digests))
    return Contents(chain, len(digests), octets, store.read_now(lambda reader: reader.key_uses()))


def revision_in(path: Path) -> str:
    """The revision of a store that nobody has open. Raises `AdapterError` (STORE-CORRUPT)."""
    with translated():
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            raise AdapterError(STORE_CORRUPT, "the database does not say of which version it is") from None
        finally:
            connection.close()
    return str(found[0])


def put_in_place(new: Path, path: Path, now: datetime) -> Path | None:
    """Make a checked file the store; the store that was there is kept beside it, under the name that is returned.

    Raises `AdapterError` (STORE-IN-USE) when another process has the store open.
    """
    kept = None
    if path.exists():
        if in_use(path):
            raise AdapterError(STORE_IN_USE, f"{path} is open in another process")
        kept = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%SZ}")
        for beside in ("-wal", "-shm"):
            left = path.with_name(path.name + beside)
            if left.exists():
                left.rename(kept.with_name(kept.name + beside))
        # A link, and then one rename: at no instant is there no store, which a daemon would take for a fresh one.
        os.link(path, kept)
    new.replace(path)
    _flush(path.parent)
    return kept


def compact(path: Path) -> None:
    """Write the file anew without its free space, so that space can be given back in steps from then on.

    Raises `AdapterError` (STORE-IN-USE, STORE-FULL: it needs as much room as the store).
    """
    if in_use(path):
        raise AdapterError(STORE_IN_USE, f"{path} is open in another process")
    with translated():
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            # A store in WAL mode keeps its mode of giving space back; so it leaves WAL for the moment.
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("VACUUM")
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
