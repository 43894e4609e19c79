"""Whether a change that goes past SQLAlchemy's execution writes what SQLAlchemy would have written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Insert, Update, select, update

from adapter.store.changing import change, change_many
from adapter.store.engine import open_engine
from adapter.store.schema import blob, metadata
from adapter.store.statements import insert_new

T0 = datetime(2012, 3, 5, 10, 15, tzinfo=UTC)
NAMES = ("a" * 64, "b" * 64, "c" * 64)


def row(name: str) -> dict[str, object]:
    return {"digest": name, "kind": "mail", "size": 3, "stored_at": T0, "content": b"abc"}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A store of three rows, in a transaction."""
    engine = open_engine(tmp_path / "store.db", writes=True, connections=1, create=True)
    with engine.begin() as opened:
        metadata.create_all(opened)
        change_many(opened, insert_new(blob), [row(name) for name in NAMES])
        yield opened
    engine.dispose()


def rows(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(one) for one in connection.execute(select(blob).order_by(blob.c.digest))]


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (insert_new(blob), row("d" * 64)),
        (insert_new(blob), row(NAMES[0])),
        (update(blob).where(blob.c.digest == NAMES[1]), {"gone_at": T0, "content": b""}),
        (update(blob).where(blob.c.kind == "mail").values(size=4), {"stored_at": T0}),
        (update(blob).where(blob.c.gone_at.is_not(None)), {"size": 5}),
    ],
)
def test_a_change_is_that_of_sqlalchemy(
    connection: Connection, statement: Insert | Update, values: dict[str, object]
) -> None:
    """The same rows afterwards, and as many changed: values turned by their types, constants of the statement kept."""
    before = connection.begin_nested()
    changed = connection.execute(statement, values).rowcount
    expected = rows(connection)
    before.rollback()
    assert change(connection, statement, values) == changed
    assert rows(connection) == expected
