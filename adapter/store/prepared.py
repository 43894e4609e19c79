"""How is a statement executed without paying for SQLAlchemy's execution each time?

A message is some hundred statements, and to execute one costs SQLAlchemy many times what it costs SQLite. So a
statement is compiled once, by SQLAlchemy, and then given to the driver with its values turned by the same types; the
values of its rows are turned back. For statements that are constants. What SQLAlchemy would have refused at each
execution is refused here too: a value that is missing would be NULL, and a comparison with NULL finds nothing and fails
nowhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

from sqlalchemy import ColumnElement, Connection, FromClause, Insert, RowMapping, Select, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.types import TypeEngine

Values = Mapping[str, object]
Row: TypeAlias = Mapping[str, Any] | RowMapping
"""The values of one row by column, whoever executed the statement."""

Statement: TypeAlias = "Select[*tuple[object, ...]] | Insert | Update"

_Turn: TypeAlias = Callable[[Any], object]


class HintingCompiler(SQLiteCompiler):
    """SQLAlchemy's, which leaves out hints such as `INDEXED BY`."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


_DIALECT = sqlite.dialect()
_DIALECT.statement_compiler = HintingCompiler


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the driver takes it: the name of the value at each question mark, the values it brings itself, and
    how the types turn the values at some places, and those in some columns of its rows; NULL stays as it is."""

    sql: str
    names: tuple[str, ...]
    given: Values
    turns: tuple[tuple[int, _Turn], ...]
    columns: tuple[str, ...]
    turns_back: tuple[tuple[str, _Turn], ...]

    def parameters(self, values: Values) -> list[object]:
        all_ = {**self.given, **values}
        row = [all_[name] for name in self.names]
        for place, turn in self.turns:
            if row[place] is not None:
                row[place] = turn(row[place])
        return row

    def row(self, values: Sequence[object]) -> Row:
        found: dict[str, object] = dict(zip(self.columns, values, strict=True))
        for column, turn in self.turns_back:
            if found[column] is not None:
                found[column] = turn(found[column])
        return found


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's connection below one of SQLAlchemy's."""
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def rows(driver: sqlite3.Connection, statement: Select[*tuple[object, ...]] | Update, values: Values) -> Iterator[Row]:
    """Execute a statement that gives rows; they are fetched as they are asked for. Raises as `change`."""
    compiled, parameters = with_values(statement, values)
    if not compiled.columns:
        raise ValueError("a change without RETURNING gives no rows")
    if not isinstance(statement, Select):
        _require_transaction(driver)
    return map(compiled.row, driver.execute(compiled.sql, parameters))


def change(driver: sqlite3.Connection, statement: Insert | Update, values: Values) -> int:
    """Execute a statement in the transaction that is open; gives how many rows it changed.

    Raises `sqlite3.Error`, also when no transaction is open; `ValueError` for values that are not those of the
    statement.
    """
    compiled, parameters = with_values(statement, values)
    if compiled.columns:
        raise ValueError("a change gives no rows")
    _require_transaction(driver)
    return driver.execute(compiled.sql, parameters).rowcount


def change_many(driver: sqlite3.Connection, statement: Insert | Update, several: Sequence[Values]) -> None:
    """Execute a statement for each of several values, all of the same names. Raises as `change`."""
    compiled = _compiled(statement, tuple(several[0]))
    if any(values.keys() != several[0].keys() for values in several):
        raise ValueError("the rows of one change have different names")
    _require_transaction(driver)
    driver.executemany(compiled.sql, [compiled.parameters(values) for values in several])


def with_values(statement: Statement, values: Values) -> tuple[Compiled, list[object]]:
    """A statement and its values as the driver takes them."""
    compiled = _compiled(statement, tuple(values))
    return compiled, compiled.parameters(values)


def _require_transaction(driver: sqlite3.Connection) -> None:
    """Without a transaction each change would stand at once by itself; SQLite gives it up where a disk is full."""
    if not driver.in_transaction:
        raise sqlite3.OperationalError("no transaction is open")


@lru_cache(maxsize=256)
def _compiled(statement: Statement, names: tuple[str, ...]) -> Compiled:
    compiled = statement.compile(dialect=_DIALECT, column_keys=list(names))
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise ValueError("a prepared statement has no lists")
    places = tuple(compiled.positiontup or ())
    binds = compiled.binds
    if missing := {name for name in places if binds[name].required} - set(names):
        raise ValueError(f"a statement has no value for {', '.join(sorted(missing))}")
    if unused := set(names) - set(places):
        raise ValueError(f"a statement has no place for {', '.join(sorted(unused))}")
    exported = () if isinstance(statement, Insert) else statement.exported_columns.items()
    columns = {name: column for name, column in exported if name is not None}
    turns = ((place, _type_of(binds[name]).bind_processor(_DIALECT)) for place, name in enumerate(places))
    turns_back = ((name, _type_of(column).result_processor(_DIALECT, None)) for name, column in columns.items())
    return Compiled(
        sql=str(compiled),
        names=places,
        given={name: binds[name].effective_value for name in places if name not in names},
        turns=tuple((place, turn) for place, turn in turns if turn is not None),
        columns=tuple(columns),
        turns_back=tuple((name, turn) for name, turn in turns_back if turn is not None),
    )


def _type_of(element: ColumnElement[Any]) -> TypeEngine[Any]:
    return element.type.dialect_impl(_DIALECT)
