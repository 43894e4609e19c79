"""Whether what goes past SQLAlchemy's execution writes and gives what it would have with SQLAlchemy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Engine,
    Insert,
    Integer,
    LargeBinary,
    Select,
    Table,
    Update,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.visitors import iterate

from adapter.delivery.sender import TransportState
from adapter.errors import AdapterError
from adapter.store import sql_writer, statements
from adapter.store.engine import meaning_of, open_engine, translated
from adapter.store.port import BlobKind, Direction, OutboxState, Writer
from adapter.store.prepared import Row, change, change_many, driver_of, rows
from adapter.store.rows import course_values
from adapter.store.schema import (
    Instant,
    beside,
    blob,
    blob_key,
    certificate_check,
    correlation,
    exchange,
    fact_log,
    inbox,
    issued_statement,
    journal,
    mail_in,
    metadata,
    operator_act,
    outbox,
    revocation_answer,
    seen_envelope,
    taken_message,
)
from adapter.store.sql_store import SqlStore
from adapter.store.statements import (
    ANSWER_SEEN,
    CLAIM_MAILS,
    CLAIM_OUTBOX,
    END_MAIL,
    FINISH_OUTBOX,
    KEEP_NOTE,
    POSTPONE_OUTBOX,
    PUT_BACK_OUTBOX,
    PUT_OUTBOX,
    RENEW_ANSWER,
    RENEW_BLOB,
    RESTORE_BLOB,
    SAVE_EXCHANGE,
    TAKE_INBOX,
    WAITING_MAIL,
    WITHDRAW,
    by_message_id,
    facts_of,
    insert_new,
    newest_facts_of,
    sent_by,
)
from tests.unit.store.test_sql_store import outgoing

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
        change_many(driver_of(opened), insert_new(blob), [row(name) for name in NAMES])
        yield opened
    engine.dispose()


def blobs(connection: Connection) -> list[tuple[object, ...]]:
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
    expected = blobs(connection)
    before.rollback()
    assert change(driver_of(connection), statement, values) == changed
    assert blobs(connection) == expected


# ── every kind of change that the writer has, with any values ───────────────────────────────────────────────────────

SETS: Mapping[Insert | Update, tuple[str, ...]] = {
    RENEW_BLOB: ("stored_at",),
    RESTORE_BLOB: ("stored_at", "content", "gone_at"),
    END_MAIL: ("exchange_id", "state", "since", "attempts", "due", "responded", "delivered", "reason"),
    SAVE_EXCHANGE: tuple(course_values(outgoing("e1"))),
    PUT_OUTBOX: tuple(
        column.name
        for column in outbox.c
        if column.name not in {"attempts", "fence", "claimed_by", "claimed_until", "first_attempt", "finished_at"}
    ),
    FINISH_OUTBOX: ("state", "finished_at", "reason"),
    POSTPONE_OUTBOX: ("due", "reason"),
    PUT_BACK_OUTBOX: ("due", "reason"),
    WITHDRAW: (),
    ANSWER_SEEN: ("response", "outcome"),
    RENEW_ANSWER: ("response",),
    TAKE_INBOX: ("taken_at", "file"),
    KEEP_NOTE: ("key", "value", "keep_until"),
}
"""The columns that each change of `sql_writer` sets, beside what it compares with (`of_...`)."""

ADDED = (blob, blob_key, mail_in, exchange, journal, outbox, seen_envelope, taken_message, inbox, beside, correlation)
ADDED += (fact_log, issued_statement, operator_act, revocation_answer, certificate_check)
KINDS = [*SETS.items(), *((insert_new(table), tuple(column.name for column in table.c)) for table in ADDED)]

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=5) | st.sampled_from(
    ["a", "'", '"; DROP', ":x", "?"]
)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def values_of(column: Column[object]) -> st.SearchStrategy[object]:
    """Anything that a column may hold; few keys, so that they meet."""
    if column.name == "direction":
        return st.sampled_from(Direction)
    if column.name == "state" and column.table is outbox:
        return st.sampled_from(OutboxState)
    if column.name in {"state", "transport_state"}:
        return st.sampled_from([TransportState.NEW, TransportState.AWAIT_ACK, *WAITING_MAIL])
    if column.primary_key or column.name == "exchange_id":
        return st.sampled_from([1, 2] if isinstance(column.type, Integer) else ["a", "b"])
    any_: st.SearchStrategy[object] = TEXTS
    if isinstance(column.type, Instant):
        any_ = MOMENTS
    elif isinstance(column.type, Integer):
        any_ = st.integers(0, 2) if column.name in {"fence", "version"} else st.integers(-(2**63), 2**63 - 1)
    elif isinstance(column.type, LargeBinary):
        any_ = st.binary(max_size=5)
    return st.none() | any_ if column.nullable else any_


def compared_with(statement: Select[Any] | Insert | Update) -> set[str]:
    binds = [one for one in iterate(statement) if isinstance(one, BindParameter)]
    return {one.key for one in binds if one.key.startswith("of_")}


def dump(connection: Connection, table: Table) -> list[tuple[object, ...]]:
    """The rows as SQLite has them, each value with its storage class."""
    kinds = ", ".join(f'"{column.name}", typeof("{column.name}")' for column in table.c)
    return [tuple(row) for row in connection.exec_driver_sql(f'SELECT {kinds} FROM "{table.name}" ORDER BY rowid')]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(tmp_path_factory.mktemp("changes") / "store.db", writes=True, connections=1, create=True)
    with engine.begin() as opened:
        metadata.create_all(opened)
    yield engine
    engine.dispose()


def through_driver(connection: Connection, statement: Insert | Update, values: dict[str, object]) -> int:
    return change(driver_of(connection), statement, values)


def test_every_change_of_the_writer_is_tried() -> None:
    """A new one that gives no rows has to be added to the table above."""
    named = {one for one in vars(sql_writer).values() if isinstance(one, Insert | Update)}
    assert {one for one in named if not one._returning} == set(SETS)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_change_is_that_of_sqlalchemy(empty: Engine, data: st.DataObject) -> None:
    """The same rows in the same storage classes, as many changed, the same kind of error."""
    statement, sets = data.draw(st.sampled_from(KINDS))
    table = statement.table
    assert isinstance(table, Table)

    def drawn(names: Iterable[str]) -> dict[str, object]:
        return {name: data.draw(values_of(table.c[name.removeprefix("of_")]), label=name) for name in names}

    values = drawn(sorted({*sets, *compared_with(statement)}))
    there = [drawn(column.name for column in table.c) for _ in range(2)]

    def tried(how: Callable[[Connection, Insert | Update, dict[str, object]], int]) -> tuple[object, ...]:
        with empty.connect() as connection, connection.begin() as transaction:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for row in there:
                connection.execute(insert_new(table), row)
            try:
                changed: object = how(connection, statement, values)
            except (sqlite3.Error, DBAPIError) as error:
                changed = meaning_of(error.orig if isinstance(error, DBAPIError) else error).id
            found = dump(connection, table)
            transaction.rollback()
        return changed, found

    assert tried(through_driver) == tried(lambda connection, one, of: connection.execute(one, of).rowcount)


# ── every question with an answer in rows ───────────────────────────────────────────────────────────────────────────

ASKED = [
    *(one for one in vars(statements).values() if isinstance(one, Select)),
    *(by_message_id(direction, from_peer=from_peer) for direction in Direction for from_peer in (True, False)),
    *(sent_by(key, to_receiver=one) for key in (exchange.c.msg_key, exchange.c.msg_hex) for one in (True, False)),
    *(
        of(*columns)
        for of in (facts_of, newest_facts_of)
        for columns in ((), ("patient", "hospital"), ("exchange_id",))
    ),
]
CLAIMS = dict.fromkeys((CLAIM_MAILS, CLAIM_OUTBOX), ("claimed_by", "claimed_until"))
GIVING = [*((one, ()) for one in ASKED), *CLAIMS.items()]


def test_every_statement_that_gives_rows_is_tried() -> None:
    """A new one has to be added to the table above, if it is not found."""
    named = {one for one in vars(statements).values() if isinstance(one, Update) and one._returning}
    assert named == set(CLAIMS)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_rows_are_those_of_sqlalchemy(empty: Engine, data: st.DataObject) -> None:
    """The same rows in the same order, with values of the same types; and the same rows are there afterwards."""
    statement, sets = data.draw(st.sampled_from(GIVING))
    tables = [one for one in iterate(statement) if isinstance(one, Table)]
    columns = {column.name: column for table in tables for column in table.c}
    others = {
        "of_now": MOMENTS,
        "of_limit": st.integers(0, 3),
        "of_after": st.integers(-1, 2),
        "of_newest": st.integers(0, 3),
    }
    others["of_peer"] = values_of(exchange.c.sender)

    def drawn(name: str) -> object:
        return data.draw(others[name] if name in others else values_of(columns[name.removeprefix("of_")]), label=name)

    values = {name: drawn(name) for name in sorted({*sets, *compared_with(statement)})}
    there = [(table, {one.name: data.draw(values_of(one)) for one in table.c}) for table in set(tables) for _ in "abc"]

    def tried(how: Callable[[Connection], Iterable[Row]]) -> tuple[object, ...]:
        with empty.connect() as connection, connection.begin() as transaction:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for table, row in there:
                connection.execute(insert_new(table), row)
            given = [dict(row) for row in how(connection)]
            found = [dump(connection, table) for table in dict.fromkeys(tables)]
            transaction.rollback()
        return [[(name, type(one), one) for name, one in row.items()] for row in given], found

    executed = tried(lambda connection: connection.execute(statement, values).mappings())
    assert tried(lambda connection: rows(driver_of(connection), statement, values)) == executed


def test_a_change_without_rows_gives_none(connection: Connection) -> None:
    """To ask a change for rows is a mistake, and changes nothing."""
    before = blobs(connection)
    with pytest.raises(ValueError, match="no rows"):
        rows(driver_of(connection), RENEW_BLOB, {"of_digest": NAMES[0], "stored_at": T0 + timedelta(1)})
    assert blobs(connection) == before


# ── what would change something else than was meant ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("statement", "values", "says"),
    [
        (RENEW_BLOB, {"stored_at": T0}, "no value for of_digest"),
        (RENEW_BLOB, {"of_digest": NAMES[0], "stored_at": T0, "stord_at": T0}, "no place for stord_at"),
        (update(blob).where(blob.c.digest.in_(["a"])), {"size": 1}, "no lists"),
        (update(blob).returning(blob.c.digest), {"size": 1}, "no rows"),
    ],
)
def test_values_that_are_not_those_of_the_statement_are_refused(
    connection: Connection, statement: Insert | Update, values: dict[str, object], says: str
) -> None:
    """A name that is missing is not NULL, and one too many is not passed over."""
    before = blobs(connection)
    with pytest.raises(ValueError, match=says):
        change(driver_of(connection), statement, values)
    assert blobs(connection) == before


def test_rows_of_different_names_are_refused(connection: Connection) -> None:
    """The second row would lose a value."""
    with pytest.raises(ValueError, match="different names"):
        change_many(driver_of(connection), insert_new(blob), [row("d" * 64), {**row("e" * 64), "gone_at": T0}])


def test_nothing_is_written_without_a_transaction(connection: Connection) -> None:
    """Where SQLite has given the transaction up, what comes after does not stand by itself."""
    connection.exec_driver_sql("ROLLBACK")
    with pytest.raises(AdapterError, match="no transaction is open"), translated():
        change(driver_of(connection), KEEP_NOTE, {"key": "a", "value": "b"})
    connection.exec_driver_sql("BEGIN")


def test_a_full_disk_in_the_middle_of_a_piece_of_work_leaves_nothing_of_it(store: SqlStore) -> None:
    """The error is the catalogue's, the pieces around it stand, and the next one is written."""
    kept = store.write_now(lambda writer: writer.put_blob(b"before", BlobKind.MAIL, T0))

    def fill(writer: Writer) -> None:
        writer.keep_note("half", "done")
        driver = writer._connection  # type: ignore[attr-defined]
        pages = driver.exec_driver_sql("PRAGMA page_count").scalar()
        driver.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")
        writer.put_blob(bytes(1_000_000), BlobKind.MAIL, T0)

    with pytest.raises(AdapterError) as caught:
        store.write_now(fill)
    assert caught.value.id == "STORE-FULL"
    assert store.read_now(lambda reader: reader.note("half")) is None
    store.write_now(lambda writer: writer._connection.exec_driver_sql("PRAGMA max_page_count = 1000000"))  # type: ignore[attr-defined]
    store.write_now(lambda writer: writer.keep_note("half", "whole"))
    assert store.read_now(lambda reader: (reader.note("half"), reader.blob(kept))) == ("whole", b"before")
