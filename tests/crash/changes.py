"""Where a store can be struck: after each statement it executes, whichever way it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, event

from adapter.store import sql_writer


def after_each_statement(engine: Engine, strike: Callable[[str], None]) -> None:
    """Call something with each statement that was executed on an engine, for the rest of this process.

    Changes go to the driver past SQLAlchemy's events, so they are watched for where they are written.
    """

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        strike(statement)

    event.listen(engine, "after_cursor_execute", executed)
    for name in ("change", "change_many"):
        setattr(sql_writer, name, _watched(getattr(sql_writer, name), engine, strike))


def _watched(genuine: Callable[..., Any], engine: Engine, strike: Callable[[str], None]) -> Callable[..., Any]:
    def watched(connection: Connection, statement: object, values: object) -> Any:
        result = genuine(connection, statement, values)
        if connection.engine is engine:
            strike(str(statement))
        return result

    return watched
