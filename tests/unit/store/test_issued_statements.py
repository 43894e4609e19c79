"""Statements in the store: issued once, never changed."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.errors import AdapterError
from adapter.store.port import IssuedStatement
from adapter.store.sql_store import SqlStore
from adapter.values import Digest, HerId


def issued(month: str = "2012-03", number: int = 1, municipality: str = "200", day: int = 2) -> IssuedStatement:
    content = f"{month} {number}".encode()
    at = datetime(2012, 4, day, 8, tzinfo=UTC)
    name = f"{month}-100-{municipality}-{number}"
    parties = HerId("100"), HerId(municipality)
    return IssuedStatement(name, *parties, month, number, at, at + timedelta(seconds=1), Digest.of(content), content)


def test_a_statement_is_kept_as_it_was_issued(store: SqlStore) -> None:
    """An issued statement comes back the same, by name and in lists, in the order of issue."""
    one, two, three = issued(), issued(number=2, day=3), issued("2012-02", municipality="300", day=1)
    for statement in (one, two, three):
        store.write_now(lambda writer, statement=statement: writer.issue_statement(statement))  # type: ignore[misc]
    assert store.read_now(lambda reader: reader.statement(one.id)) == one
    assert store.read_now(lambda reader: reader.statement("none")) is None
    assert store.read_now(lambda reader: reader.statements()) == (three, one, two)
    assert store.read_now(lambda reader: reader.statements(HerId("100"), HerId("200"), "2012-03")) == (one, two)
    assert store.read_now(lambda reader: reader.statements(municipality=HerId("300"))) == (three,)
    assert store.read_now(lambda reader: reader.statements(month="2011-01")) == ()


def test_a_number_is_issued_once(store: SqlStore) -> None:
    """A second statement of the same number for pair and month is refused, and nothing of it is kept."""
    store.write_now(lambda writer: writer.issue_statement(issued()))
    with pytest.raises(AdapterError) as caught:
        store.write_now(lambda writer: writer.issue_statement(issued(day=9)))
    assert caught.value.id == "STORE-EXISTS"
    assert len(store.read_now(lambda reader: reader.statements())) == 1


@pytest.mark.parametrize("change", ["UPDATE statement SET number = 9", "DELETE FROM statement"])
def test_nobody_changes_what_was_issued(store: SqlStore, change: str) -> None:
    """The database itself refuses to change or remove an issued statement."""
    store.write_now(lambda writer: writer.issue_statement(issued()))

    def meddle(writer: object) -> None:
        writer._connection.exec_driver_sql(change)  # type: ignore[attr-defined]

    with pytest.raises(AdapterError):
        store.write_now(meddle)
    assert store.read_now(lambda reader: reader.statements()) == (issued(),)


def test_a_statement_that_was_changed_on_the_disk_is_not_shown(store: SqlStore, path: Path) -> None:
    """Octets that are not those of the digest are an error, never shown as issued."""
    store.write_now(lambda writer: writer.issue_statement(issued()))
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER statement_no_update")
        connection.execute("UPDATE statement SET content = x'00'")
    connection.close()
    with pytest.raises(AdapterError) as caught:
        store.read_now(lambda reader: reader.statement(issued().id))
    assert caught.value.id == "STORE-CORRUPT"
