"""Which keys open this store, and which one is written with now?

The file of the configuration gives one key. Others are found wrapped under a key that is known, at the moment a row
asks for them: a rotation in another process needs no restart here.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import select

from adapter.errors import STORE_KEY_MISSING, STORE_KEY_WRONG, AdapterError
from adapter.store.cipher import StoreKey
from adapter.store.prepared import rows
from adapter.store.schema import store_key

CURRENT = "current"
FORMER = "former"

_CURRENT = select(store_key.c.id).where(store_key.c.state == CURRENT)
_WRAPPED = select(store_key.c.id, store_key.c.wrapped, store_key.c.wrapped_by).where(store_key.c.wrapped.is_not(None))


class KeyRing:
    """The keys that one process has found for one store. Keys are only ever added, so threads may share it."""

    def __init__(self, own: StoreKey | None = None) -> None:
        self.own = own
        self._keys = {} if own is None else {own.id: own}

    def current(self, driver: sqlite3.Connection) -> StoreKey | None:
        """The key to encrypt with; None for a store that is not encrypted. Raises as `key`."""
        row = next(rows(driver, _CURRENT, {}), None)
        return None if row is None else self.key(driver, row["id"])

    def key(self, driver: sqlite3.Connection, key_id: str) -> StoreKey:
        """The key of that id. Raises `AdapterError` (STORE_KEY_MISSING, STORE_KEY_WRONG)."""
        if key_id not in self._keys:
            self._unwrap(driver)
        if key_id in self._keys:
            return self._keys[key_id]
        if self.own is None:
            raise AdapterError(STORE_KEY_MISSING, f"the store is encrypted with key {key_id}")
        raise AdapterError(STORE_KEY_WRONG, f"key_file holds key {self.own.id}, and the store needs key {key_id}")

    def add(self, key: StoreKey) -> None:
        """A key that was handed in, beside that of the configuration."""
        self._keys[key.id] = key

    def _unwrap(self, driver: sqlite3.Connection) -> None:
        wrapped_keys = [(row["id"], row["wrapped"], row["wrapped_by"]) for row in rows(driver, _WRAPPED, {})]
        found = True
        while found:
            found = False
            for key_id, wrapped, by in wrapped_keys:
                if key_id not in self._keys and by in self._keys:
                    self._keys[key_id] = self._keys[by].unwrap(wrapped, key_id)
                    found = True
