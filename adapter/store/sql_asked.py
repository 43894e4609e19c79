"""How is one statement asked on the connection of a piece of work?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Select

from adapter.store.port import Exchange
from adapter.store.prepared import Row, rows
from adapter.store.rows import exchange_of


class Asked:
    """What every question of the port is asked with: a connection, the driver's below it, and the rows they give."""

    _connection: Connection
    _driver: sqlite3.Connection

    def _rows(self, statement: Select[*tuple[object, ...]], **values: object) -> Iterator[Row]:
        """The rows of a statement of `statements`, for these values."""
        return rows(self._driver, statement, values)

    def _row(self, statement: Select[*tuple[object, ...]], **values: object) -> Row | None:
        return next(self._rows(statement, **values), None)

    def _all(self, statement: Select[*tuple[object, ...]]) -> Iterator[Row]:
        """The rows of a statement that was made for this one question."""
        yield from self._connection.execute(statement).mappings()

    def _one(self, statement: Select[*tuple[object, ...]]) -> Row | None:
        return self._connection.execute(statement).mappings().first()


def exchanges_of(found: Iterable[Row]) -> tuple[Exchange, ...]:
    """The exchanges of some rows."""
    return tuple(exchange_of(row) for row in found)
