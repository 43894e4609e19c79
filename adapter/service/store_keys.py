"""How does a store get another key while it is in use?

The new key is the current one from the first transaction on; the rest are steps of a few megabytes, each of which
leaves every blob readable. Killed anywhere, the same command goes on where it was. A daemon that runs finds the new key
by itself, wrapped under its old one. When it has been started with the new file, the old key opens nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapter.config import Settings
from adapter.errors import FILE_UNREADABLE, STORE_IN_USE, STORE_KEY_WRONG, AdapterError
from adapter.lookups import key_files
from adapter.service.installation import open_own_store
from adapter.store.cipher import StoreKey
from adapter.store.copying import Tick
from adapter.store.engine import in_use
from adapter.store.sql_store import SqlStore
from adapter.values import Digest

STEP_OCTETS = 4_000_000
"""How much is encrypted anew in one transaction; the writer is held for some ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation has done: blobs and octets encrypted anew, the current key, and whether the old one is gone."""

    blobs: int
    octets: int
    key: str
    old_is_gone: bool


def rotate(settings: Settings, file: Path, now: datetime, tick: Tick) -> Rotated:
    """Encrypt everything with the key in a file, whatever it is encrypted with now.

    Raises `AdapterError`: KEY-UNREADABLE, STORE-KEY-...; STORE-IN-USE when the store is not encrypted and a
    daemon without the key has it open: it could not read what is encrypted now.
    """
    key = StoreKey(key_files.secret_key(file))
    used = settings.store.path.exists() and in_use(settings.store.path)
    store = open_own_store(settings)
    try:
        if used and store.read_now(lambda reader: reader.current_key()) is None:
            says = f"it is not encrypted yet; set key_file = {str(file)!r} in [store] and start the daemon again first"
            raise AdapterError(STORE_IN_USE, says)
        store.write_now(lambda writer: writer.turn_to(key, now))
        return _reseal(store, key, tick)
    finally:
        store.close()


def _reseal(store: SqlStore, key: StoreKey, tick: Tick) -> Rotated:
    uses = store.read_now(lambda reader: reader.key_uses())
    total = sum(one.octets for one in uses if one.id != key.id)
    blobs = octets = 0
    last: Digest | None = None
    while True:
        step = store.write_now(lambda writer, after=last: writer.reseal(after, STEP_OCTETS))  # type: ignore[misc]
        if step.last is None:
            break
        blobs, octets, last = blobs + step.blobs, octets + step.octets, step.last
        tick(octets, total)
    store.write_now(lambda writer: writer.forget_keys())
    store.checkpoint()
    left = store.read_now(lambda reader: reader.key_uses())
    return Rotated(blobs, octets, key.id, all(one.id == key.id for one in left))


def move_pseudonym_key(settings: Settings, file: Path) -> str:
    """Take the key of the pseudonyms out of the store into a file, durable before the store forgets; its id.

    Run again after a crash between the two, with the same file, it goes on. Raises `AdapterError` (FILE-UNREADABLE,
    STORE-KEY-WRONG when the key is not in the store any more, or the file holds another).
    """
    store = open_own_store(settings)
    try:
        inside = store.read_now(lambda reader: reader.pseudonym_key_inside())
        if inside is None:
            raise AdapterError(STORE_KEY_WRONG, "the key of the pseudonyms is not in the store; it was moved before")
        if not file.exists():
            key_files.write_secret_key(file, inside)
        elif key_files.secret_key(file) != inside:
            raise AdapterError(FILE_UNREADABLE, f"{file} is there already, with another key")
        store.write_now(lambda writer: writer.move_pseudonym_key())
        store.checkpoint()
        return StoreKey(inside).id
    finally:
        store.close()
