"""How is one statement asked on the connection of a piece of work?"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, RowMapping, Select

from adapter.store.port import Exchange
from adapter.store.rows import exchange_of


class Asked:
    """What every question of the port is asked with: a connection, and the rows that it gives."""

    _connection: Connection

    def _all(self, statement: Select[*tuple[object, ...]], **values: object) -> Iterator[RowMapping]:
        yield from self._connection.execute(statement, values).mappings()

    def _one(self, statement: Select[*tuple[object, ...]], **values: object) -> RowMapping | None:
        return self._connection.execute(statement, values).mappings().first()

    def _exchanges(self, statement: Select[*tuple[object, ...]], **values: object) -> tuple[Exchange, ...]:
        return tuple(exchange_of(row) for row in self._all(statement, **values))
