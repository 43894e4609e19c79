"""What SQLite walks through for each question, by its own account: no plan depends on how much a store holds."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from adapter.delivery.receipts import AppRecState, ReceiptExchange
from adapter.delivery.receiver import ReceivedExchange, ReceptionState
from adapter.delivery.recorded import Pseudonym
from adapter.delivery.sender import SenderExchange, TransportState
from adapter.store import prepared
from adapter.store.port import BlobKind, Direction, ExchangeFilter, FactFilter, ListPlace, Reader, Subject, Writer
from adapter.store.prepared import Compiled, Statement, Values, with_values
from adapter.store.sql_store import SqlStore
from adapter.values import HerId, MessageId, MsgId
from tests.unit.store.test_sql_store import incoming, outgoing, put

GROWING = frozenset(
    {"audit", "beside", "blob", "blob_key", "certificate_check", "correlation", "exchange", "fact_log", "inbox"}
    | {"journal", "kept_answer", "mail_in", "operator_act", "outbox", "seen_envelope", "taken_message"}
)
"""The tables that grow with every message."""

T1 = datetime(2012, 3, 5, tzinfo=UTC)

OF_FEW = frozenset({"ix_fact_log_unclear", "ix_journal_not_imported", "ix_outbox_waiting"})
"""Indexes of the few rows that matter, which may be gone through."""

Given = tuple[str, Any]


@contextmanager
def recorded() -> Iterator[list[Given]]:
    """The statements that SQLite is given meanwhile, with their parameters."""
    found: list[Given] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        found.append((statement, parameters))

    def noting(statement: Statement, values: Values) -> tuple[Compiled, list[object]]:
        compiled, parameters = with_values(statement, values)
        found.append((compiled.sql, parameters))
        return compiled, parameters

    event.listen(Engine, "before_cursor_execute", note)
    with patch.object(prepared, "with_values", noting):
        yield found
    event.remove(Engine, "before_cursor_execute", note)


def explained(path: Path, statement: Given, *, how: str = "EXPLAIN QUERY PLAN") -> list[tuple[Any, ...]]:
    """What SQLite says of a statement: its plan, or with `how` its program."""
    sql, parameters = statement
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        return connection.execute(f"{how} {sql}", parameters).fetchall()


def walked(path: Path, statement: Given) -> list[str]:
    """The steps of the plan that go through the whole of a table that grows, or of an index of all of it."""
    steps = [str(row[3]) for row in explained(path, statement)]
    found = [one for one in steps if (scan := re.match(r"SCAN (\w+)", one)) and scan[1] in GROWING]
    return [one for one in found if one.rpartition(" ")[2] not in OF_FEW]


def tables_opened(path: Path, statement: Given) -> set[str]:
    """The tables that a statement touches, and those it looks through for the sake of a foreign key."""
    with closing(sqlite3.connect(path)) as connection:
        roots = dict(connection.execute("SELECT rootpage, tbl_name FROM sqlite_master").fetchall())
    program = explained(path, statement, how="EXPLAIN")
    return {roots[row[3]] for row in program if row[1] in {"OpenRead", "OpenWrite"} and row[3] in roots}


def test_saving_an_exchange_looks_at_no_row_that_refers_to_it(store: SqlStore, path: Path) -> None:
    """How an exchange goes on is written without a look through everything that hangs on it."""
    put(store, outgoing("e1"), incoming("i1"))
    read = store.read_now(lambda reader: reader.exchange("e1"))
    assert read is not None
    with recorded() as statements:
        store.write_now(lambda writer: writer.save_exchange(read))
    update = next(one for one in statements if one[0].startswith("UPDATE exchange"))
    assert tables_opened(path, update) <= {"exchange", "blob"}


MOVED = {
    "what it is in its envelope": ({"message_id": MessageId("m2")}, {"version", "message_id"}),
    "its transport": ({"transport": SenderExchange(TransportState.ACKED, T1)}, {"version", "transport_state"}),
    "its receipt": ({"receipt": ReceiptExchange(AppRecState.SENT, T1, T1)}, {"version", "receipt_state"}),
    "its reception": (
        {"reception": ReceivedExchange(ReceptionState.ACCEPTED, T1, T1)},
        {"version", "reception_state"},
    ),
    "nothing": ({}, {"version"}),
}
OF_AXES = {"version", "message_id", "transport_state", "receipt_state", "reception_state"}


@pytest.mark.parametrize("read", [True, False], ids=["read", "not read"])
@pytest.mark.parametrize(("moved", "columns"), MOVED.values(), ids=MOVED.keys())
def test_saving_an_exchange_writes_what_has_changed(
    store: SqlStore, moved: Mapping[str, Any], columns: set[str], *, read: bool
) -> None:
    """Where the piece of work has read the exchange, the columns and indexes of what is as it was are left alone."""
    put(store, outgoing("e1"))
    before = store.read_now(lambda reader: reader.exchange("e1"))
    assert before is not None
    after = replace(before, **moved)

    def save(writer: Writer) -> None:
        if read:
            writer.exchange("e1")
        again = writer.save_exchange(after)
        writer.save_exchange(again)

    with recorded() as statements:
        store.write_now(save)
    updates = [one[0].partition(" WHERE ")[0] for one in statements if one[0].startswith("UPDATE exchange")]
    found = [{column for column in OF_AXES if f"{column}=?" in update} for update in updates]
    assert found == [columns if read else OF_AXES, {"version"}]
    assert store.read_now(lambda reader: reader.exchange("e1")) == replace(after, version=before.version + 2)


def test_a_certificate_that_is_there_is_not_written_again(store: SqlStore) -> None:
    """The same few certificates come with every message, and retention never lets one go."""
    store.write_now(lambda writer: writer.put_blob(b"certificate", BlobKind.CERTIFICATE, T1))
    with recorded() as statements:
        store.write_now(lambda writer: writer.put_blob(b"certificate", BlobKind.CERTIFICATE, T1))
    assert [one[0].split()[0] for one in statements] == ["SELECT"]


A, B = HerId("100"), HerId("200")
FAILED = (TransportState.DELIVERY_FAILED, TransportState.REJECTED)
PLACE = ListPlace(T1, "e1")

LISTS: Mapping[str, ExchangeFilter] = {
    "of a partner": ExchangeFilter(peer=A),
    "of a partner, sent": ExchangeFilter(peer=A, direction=Direction.OUT),
    "of a partner, in a month": ExchangeFilter(peer=A, created_from=T1, created_before=T1),
    "of a partner, its next page": ExchangeFilter(peer=A, after=PLACE),
    "of one party of ours": ExchangeFilter(own=(A,)),
    "of several parties of ours": ExchangeFilter(own=(A, B)),
    "of a party of ours and a partner": ExchangeFilter(own=(A,), peer=B),
    "of a type": ExchangeFilter(type="PLO"),
    "of a type and a partner": ExchangeFilter(type="PLO", peer=A),
    "of what failed": ExchangeFilter(transport=FAILED[:1]),
    "of what failed in two ways": ExchangeFilter(transport=FAILED),
    "of what failed with a partner": ExchangeFilter(transport=FAILED[:1], peer=A),
    "of what was rejected": ExchangeFilter(receipt=(AppRecState.REJECTED,)),
    "of what was delivered": ExchangeFilter(reception=(ReceptionState.DELIVERED,)),
    "of what was delivered of a type": ExchangeFilter(reception=(ReceptionState.DELIVERED,), type="PLO"),
    "of a month": ExchangeFilter(created_from=T1, created_before=T1),
    "found by MsgId": ExchangeFilter(msg_id=MsgId("m1"), own=(A,)),
    "found by the beginning of an id": ExchangeFilter(id_begins="e"),
}


@pytest.mark.parametrize("which", LISTS.values(), ids=LISTS.keys())
def test_a_list_that_is_narrowed_starts_from_an_index(store: SqlStore, path: Path, which: ExchangeFilter) -> None:
    """No list goes through all exchanges, and none sorts more than the ties of a moment or a thousand rows."""
    put(store, outgoing("e1"), incoming("i1"))
    with recorded() as statements:
        store.read_now(lambda reader: reader.exchanges(which))
    assert statements
    for statement in statements:
        assert walked(path, statement) == []


@pytest.mark.parametrize("which", [ExchangeFilter(), ExchangeFilter(direction=Direction.IN)])
def test_the_whole_list_is_read_along_its_order(store: SqlStore, path: Path, which: ExchangeFilter) -> None:
    """A page of everything ends where it is full: the newest are read first, and nothing but ties is sorted."""
    with recorded() as statements:
        store.read_now(lambda reader: reader.exchanges(which))
    [listed] = statements
    assert walked(path, listed) == ["SCAN exchange USING INDEX ix_exchange_created_at"]
    assert "USE TEMP B-TREE FOR ORDER BY" not in [row[3] for row in explained(path, listed)]


def test_the_fewest_decide_where_a_list_starts(store: SqlStore) -> None:
    """Of a partner with many exchanges and a state with few the state is taken, and the other way round."""
    failed = SenderExchange(TransportState.DELIVERY_FAILED, T1)
    acked = SenderExchange(TransportState.ACKED, T1)
    put(store, *(outgoing(f"e{number}", transport=acked) for number in range(5)))
    put(store, outgoing("f1", transport=failed), outgoing("f2", transport=failed, receiver=A))
    put(store, outgoing("f3", transport=failed, receiver=A))

    def started(which: ExchangeFilter) -> tuple[str, list[str]]:
        with recorded() as statements:
            found = store.read_now(lambda reader: reader.exchanges(which))
        used = re.findall(r"INDEXED BY (\w+)", statements[-1][0])
        return used[0], [one.id for one in found]

    few_failed = ExchangeFilter(transport=(TransportState.DELIVERY_FAILED,), peer=B)
    assert started(few_failed) == ("ix_exchange_transport_state_created_at", ["f1"])
    few_of_partner = ExchangeFilter(transport=(TransportState.ACKED,), peer=A)
    assert started(few_of_partner) == ("ix_exchange_direction_receiver_created_at", [])


def test_what_cannot_be_is_not_looked_for(store: SqlStore) -> None:
    """Nothing received waits for an acknowledgment, so a list of such needs no look."""
    with recorded() as statements:
        received = ExchangeFilter(direction=Direction.IN, transport=(TransportState.ACKED,))
        assert store.read_now(lambda reader: reader.exchanges(received)) == ()
    assert statements == []


def test_a_list_of_both_directions_is_in_one_order(store: SqlStore) -> None:
    """What went to a partner and what came from it are mingled by their moment, and cut at the limit."""
    for number in range(6):
        at = T1 + timedelta(minutes=number)
        put(store, outgoing(f"o{number}", created_at=at), incoming(f"i{number}", created_at=at))
    found = store.read_now(lambda reader: reader.exchanges(ExchangeFilter(peer=B, limit=5)))
    assert [one.id for one in found] == ["i5", "o5", "i4", "o4", "i3"]
    after = ExchangeFilter(peer=B, limit=3, after=ListPlace(found[-1].created_at, found[-1].id))
    assert [one.id for one in store.read_now(lambda reader: reader.exchanges(after))] == ["o3", "i2", "o2"]


LEASE = timedelta(minutes=5)

QUESTIONS: Mapping[str, Callable[[Writer], object]] = {
    "the inbox": lambda it: it.inbox_waiting(),
    "the inbox of a party": lambda it: it.inbox_waiting(own=(A,)),
    "a claim": lambda it: it.claim_inbox(T1, 10, LEASE, "x"),
    "a claim for a party": lambda it: it.claim_inbox(T1, 10, LEASE, "x", (A,)),
    "what came beside": lambda it: it.besides(["i1"]),
    "what is offered": lambda it: it.in_inbox(["i1"]),
    "what is held": lambda it: it.kept_back(["held"]),
    "what is held for a party": lambda it: it.kept_back(["held"], (A,)),
    "who has not answered": lambda it: it.unanswered(),
    "who has not answered a party": lambda it: it.unanswered((A,)),
    "what waits, for health and metrics": lambda it: it.waiting(),
    "when something is due": lambda it: it.next_due(),
    "how much waits to leave": lambda it: it.waiting_to_leave(10),
    "timers": lambda it: (it.due_transport(T1), it.due_receipts(T1), it.submissions()),
    "mails that are set aside": lambda it: it.mails((ReceptionState.QUARANTINE, ReceptionState.PENDING)),
    "mails to be judged": lambda it: it.claim_mails(T1, 16, LEASE, "x"),
    "a mail by the beginning of its id": lambda it: it.mails_begun("m"),
    "mails of exchanges": lambda it: it.mails_of(["e1"]),
    "what is to be sent": lambda it: it.claim_outbox(T1, 16, LEASE, "x"),
    "exchanges by their ids": lambda it: it.exchanges_named(["e1", "i1"]),
    "what belongs to an exchange": lambda it: (it.related("e1"), it.outbox_of("e1"), it.journal("e1")),
    "journals": lambda it: it.journals(["e1", "i1"]),
    "what operators did": lambda it: (it.acts("e1"), it.acts_about(["e1", "i1"])),
    "facts about patients": lambda it: it.facts_about_any(
        [Subject(Pseudonym(one * 64), A, None) for one in ("a", "b")]
    ),
    "newest facts of a patient": lambda it: it.facts(FactFilter(Pseudonym("a" * 64), A, A, newest=200)),
    "answers to be read": lambda it: it.unclear_answers(None, 10),
    "older answers to be read": lambda it: it.unclear_answers(100, 10),
    "an envelope again": lambda it: it.seen(A, MessageId("m1")),
    "a message again": lambda it: it.taken(MsgId("m1"), A),
    "what has had its time": lambda it: it.forget(T1, 10),
    "a bounce": lambda it: it.correlated(["v"]),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_no_question_of_the_daemon_or_a_page_goes_through_a_growing_table(
    store: SqlStore, path: Path, question: Callable[[Writer], object]
) -> None:
    """Each statement searches by an index, whatever the store holds."""
    with recorded() as statements:
        store.write_now(lambda writer: bool(question(writer)))
    assert statements
    for statement in statements:
        assert walked(path, statement) == [], statement[0]


def test_withdrawing_looks_at_the_rows_of_one_exchange(store: SqlStore, path: Path) -> None:
    """However much waits for a mail server that is away, a decided exchange finds its own item at once."""
    put(store, outgoing("e1"))

    def decide(writer: Writer) -> None:
        read = writer.exchange("e1")
        assert read is not None
        writer.save_exchange(replace(read, transport=SenderExchange(TransportState.ACKED, T1)))

    with recorded() as statements:
        store.write_now(decide)
    withdrawal = next(one for one in statements if one[0].startswith("UPDATE outbox"))
    assert [row[3] for row in explained(path, withdrawal)] == [
        "SEARCH outbox USING INDEX ix_outbox_exchange_id (exchange_id=?)"
    ]


IDENTIFIED: Mapping[str, tuple[str, Callable[[Reader], object]]] = {
    "a MsgId": ("msg_key", lambda it: it.find_sent(MsgId("m1"), A)),
    "the digits of a MsgId": ("msg_hex", lambda it: it.find_sent(MsgId("0" * 32), A)),
    "the MessageId of what we sent": (
        "message_id",
        lambda it: it.by_message_id(Direction.OUT, MessageId("m"), A),
    ),
    "the MessageId of what we got": (
        "message_id",
        lambda it: it.by_message_id(Direction.IN, MessageId("m"), A),
    ),
}


@pytest.mark.parametrize(("column", "question"), IDENTIFIED.values(), ids=IDENTIFIED.keys())
def test_what_has_an_identifier_is_found_by_it(
    store: SqlStore, path: Path, column: str, question: Callable[[Reader], object]
) -> None:
    """An identifier names one exchange or few; a partner has thousands, and is never where the search starts."""
    with recorded() as statements:
        store.read_now(lambda reader: bool(question(reader)))
    searched = explained(path, statements[-1])[0][3]
    assert searched == f"SEARCH exchange USING INDEX ix_exchange_{column} ({column}=?)"


FOR_OTHERS = frozenset({"ix_audit_about", "ix_blob_key_key_id"})
"""Indexes of what is not asked here: who looked at an exchange, and what is still under an earlier key."""


def test_every_index_is_there_for_a_question(store: SqlStore, path: Path) -> None:
    """Each message pays for every index, so that one which no question is answered by has to go."""
    put(store, outgoing("e1"), incoming("i1"))
    with recorded() as statements:
        for which in (*LISTS.values(), ExchangeFilter()):
            store.read_now(lambda reader, which=which: reader.exchanges(which))  # type: ignore[misc]
        for question in QUESTIONS.values():
            store.write_now(lambda writer, question=question: bool(question(writer)))  # type: ignore[misc]
        for _, identified in IDENTIFIED.values():
            store.read_now(lambda reader, asked=identified: bool(asked(reader)))  # type: ignore[misc]
    plans = " ".join(str(row[3]) for one in dict(statements).items() for row in explained(path, one))
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix~_%' ESCAPE '~'"
        )
        indexes = {str(name) for (name,) in names}
    assert indexes - set(re.findall(r"ix_\w+", plans)) == FOR_OTHERS
