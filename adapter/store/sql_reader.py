"""How are the questions of the port asked in SQL? Each kind of question is a module."""

from __future__ import annotations

from sqlalchemy import Connection

from adapter.store.key_ring import KeyRing
from adapter.store.prepared import driver_of
from adapter.store.sql_access import SqlAccessReader
from adapter.store.sql_care import SqlCareReader
from adapter.store.sql_facts import SqlFacts
from adapter.store.sql_figures import SqlFigures
from adapter.store.sql_lists import SqlLists
from adapter.store.sql_lookup import SqlLookup


class SqlReader(SqlLookup, SqlLists, SqlFacts, SqlFigures, SqlAccessReader, SqlCareReader):
    """The port's `Reader` on one connection."""

    def __init__(self, connection: Connection, keys: KeyRing | None = None) -> None:
        self._connection = connection
        self._driver = driver_of(connection)
        self._keys = KeyRing() if keys is None else keys
