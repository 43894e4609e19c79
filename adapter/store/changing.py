"""How is a change written without paying for SQLAlchemy's execution each time?

A message is some fifty changes, and to execute one costs SQLAlchemy three times what it costs SQLite. So a statement is
compiled once, by SQLAlchemy, and then given to the driver with its values turned by the same types. For statements
that are constants and give no rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from sqlalchemy import Connection, Insert, Update
from sqlalchemy.dialects import sqlite

Values = Mapping[str, object]

_DIALECT = sqlite.dialect()


@dataclass(frozen=True, slots=True)
class _Place:
    """One question mark: the name of its value, the value where the statement brings it, how its type turns it."""

    name: str
    given: object
    turn: Callable[[object], object] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    places: tuple[_Place, ...]

    def row(self, values: Values) -> list[object]:
        return [
            value if place.turn is None else place.turn(value)
            for place in self.places
            for value in (values.get(place.name, place.given),)
        ]


def change(connection: Connection, statement: Insert | Update, values: Values) -> int:
    """Execute a statement in the transaction that is open; gives how many rows it changed. Raises `sqlite3.Error`."""
    sql, row = prepared(statement, values)
    return _driver(connection).execute(sql, row).rowcount


def prepared(statement: Insert | Update, values: Values) -> tuple[str, list[object]]:
    """The SQL of a statement and its values as the driver takes them."""
    compiled = _compiled(statement, tuple(values))
    return compiled.sql, compiled.row(values)


def change_many(connection: Connection, statement: Insert | Update, rows: Sequence[Values]) -> None:
    """Execute a statement for each row of values, all of the same names. Raises `sqlite3.Error`."""
    compiled = _compiled(statement, tuple(rows[0]))
    _driver(connection).executemany(compiled.sql, [compiled.row(values) for values in rows])


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


@lru_cache(maxsize=256)
def _compiled(statement: Insert | Update, names: tuple[str, ...]) -> _Compiled:
    compiled = statement.compile(dialect=_DIALECT, column_keys=list(names))
    places = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        places.append(_Place(name, bind.effective_value, bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)))
    return _Compiled(str(compiled), tuple(places))
