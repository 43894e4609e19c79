"""What SQLite walks through for each question, by its own account: no plan depends on how much a store holds."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from adapter.store.port import Writer
from adapter.store.sql_store import SqlStore
from tests.unit.store.test_sql_store import incoming, outgoing, put

GROWING = frozenset(
    {"audit", "beside", "blob", "blob_key", "certificate_check", "correlation", "exchange", "fact_log", "inbox"}
    | {"journal", "kept_answer", "mail_in", "operator_act", "outbox", "seen_envelope", "taken_message"}
)
"""The tables that grow with every message."""

Statement = tuple[str, Any]


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """The statements that SQLite is given meanwhile, with their parameters."""
    found: list[Statement] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        found.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def explained(path: Path, statement: Statement, *, how: str = "EXPLAIN QUERY PLAN") -> list[tuple[Any, ...]]:
    """What SQLite says of a statement: its plan, or with `how` its program."""
    sql, parameters = statement
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        return connection.execute(f"{how} {sql}", parameters).fetchall()


def walked(path: Path, statement: Statement) -> list[str]:
    """The steps of the plan that go through the whole of a table that grows."""
    steps = [str(row[3]) for row in explained(path, statement)]
    return [one for one in steps if (found := re.match(r"SCAN (\w+)", one)) and found[1] in GROWING]


def tables_opened(path: Path, statement: Statement) -> set[str]:
    """The tables that a statement touches, and those it looks through for the sake of a foreign key."""
    with closing(sqlite3.connect(path)) as connection:
        roots = dict(connection.execute("SELECT rootpage, tbl_name FROM sqlite_master").fetchall())
    program = explained(path, statement, how="EXPLAIN")
    return {roots[row[3]] for row in program if row[1] in {"OpenRead", "OpenWrite"} and row[3] in roots}


def test_saving_an_exchange_looks_at_no_row_that_refers_to_it(store: SqlStore, path: Path) -> None:
    """How an exchange goes on is written without a look through everything that hangs on it."""
    put(store, outgoing("e1"), incoming("i1"))

    def save(writer: Writer) -> None:
        read = writer.exchange("e1")
        assert read is not None
        writer.save_exchange(read)

    with recorded() as statements:
        store.write_now(save)
    update = next(one for one in statements if one[0].startswith("UPDATE exchange"))
    assert tables_opened(path, update) <= {"exchange", "blob"}
