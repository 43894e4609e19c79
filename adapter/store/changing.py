"""How is a change written without paying for SQLAlchemy's execution each time?

A message is some fifty changes, and to execute one costs SQLAlchemy three times what it costs SQLite. So a statement is
compiled once, by SQLAlchemy, and then given to the driver with its values turned by the same types. For statements
that are constants and give no rows. What SQLAlchemy would have refused at each execution is refused here too: a value
that is missing would be NULL, and a comparison with NULL finds nothing and fails nowhere.
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
    """Execute a statement in the transaction that is open; gives how many rows it changed.

    Raises `sqlite3.Error`, also when no transaction is open; `ValueError` for values that are not those of the
    statement.
    """
    sql, row = prepared(statement, values)
    return _driver(connection).execute(sql, row).rowcount


def prepared(statement: Insert | Update, values: Values) -> tuple[str, list[object]]:
    """The SQL of a statement and its values as the driver takes them."""
    compiled = _compiled(statement, tuple(values))
    return compiled.sql, compiled.row(values)


def change_many(connection: Connection, statement: Insert | Update, rows: Sequence[Values]) -> None:
    """Execute a statement for each row of values, all of the same names. Raises as `change`."""
    compiled = _compiled(statement, tuple(rows[0]))
    if any(row.keys() != rows[0].keys() for row in rows):
        raise ValueError("the rows of one change have different names")
    _driver(connection).executemany(compiled.sql, [compiled.row(values) for values in rows])


def _driver(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, with a transaction open: without one, each change would stand at once by itself.

    SQLAlchemy began it, and does not know where SQLite has given it up, as on a full disk.
    """
    driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    if not driver.in_transaction:
        raise sqlite3.OperationalError("no transaction is open")
    return driver


@lru_cache(maxsize=256)
def _compiled(statement: Insert | Update, names: tuple[str, ...]) -> _Compiled:
    compiled = statement.compile(dialect=_DIALECT, column_keys=list(names))
    if compiled.effective_returning or compiled.post_compile_params or compiled.literal_execute_params:
        raise ValueError("a change gives no rows and has no lists")
    asked = {name for name in compiled.positiontup or () if compiled.binds[name].required}
    if missing := asked - set(names):
        raise ValueError(f"a change has no value for {', '.join(sorted(missing))}")
    if unused := set(names) - set(compiled.positiontup or ()):
        raise ValueError(f"a change has no place for {', '.join(sorted(unused))}")
    places = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        places.append(_Place(name, bind.effective_value, bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)))
    return _Compiled(str(compiled), tuple(places))
