"""The fact log: nothing is changed, removed or slipped in unseen."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.delivery.fact_chain import GENESIS
from adapter.delivery.recorded import Pseudonym, StayFact
from adapter.errors import AdapterError
from adapter.facts import Admitted, Fact, HowKnown
from adapter.store.port import BlobKind, FactFilter, Writer
from adapter.store.sql_store import SqlStore
from adapter.values import HerId, Moment

T0 = datetime(2012, 3, 5, 9, 0, tzinfo=UTC)
FACT = Fact(Admitted(), Moment.at(T0), HowKnown.OUR_MESSAGE)
ENTRY = StayFact(Pseudonym("1" * 64), HerId("100"), FACT, HerId("200"))


@pytest.fixture
def five(store: SqlStore) -> SqlStore:
    def work(writer: Writer) -> None:
        for _ in range(5):
            writer.append_fact(ENTRY, T0)

    store.write_now(work)
    return store


def forge(path: Path, *statements: str) -> None:
    """Change the file as somebody would who has it: without the triggers."""
    connection = sqlite3.connect(path)
    connection.executescript("DROP TRIGGER fact_log_no_update; DROP TRIGGER fact_log_no_delete;")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_an_empty_log_holds(store: SqlStore) -> None:
    """A log without facts has the head that the first fact will link to."""
    report = store.read_now(lambda reader: reader.verify_chain())
    assert (report.length, report.head, report.broken_at) == (0, GENESIS, None)


@pytest.mark.parametrize("statement", ["UPDATE fact_log SET patient = 'x'", "DELETE FROM fact_log"])
def test_the_database_itself_refuses_a_change(five: SqlStore, statement: str) -> None:
    """Not even a statement past the port changes or removes a fact."""
    with pytest.raises(AdapterError, match="append-only"):
        five.write_now(lambda writer: writer._connection.exec_driver_sql(statement))  # type: ignore[attr-defined]
    assert len(five.read_now(lambda reader: reader.facts(FactFilter()))) == 5


FORGERIES = {
    "the text": "UPDATE fact_log SET entry = replace(entry, 'our_message', 'their_signed_message') WHERE seq = 3",
    "the text, unreadable": "UPDATE fact_log SET entry = '{}' WHERE seq = 3",
    "the text, no JSON": "UPDATE fact_log SET entry = 'x' WHERE seq = 3",
    "the digest": "UPDATE fact_log SET digest = hash WHERE seq = 3",
    "the hash": "UPDATE fact_log SET hash = digest WHERE seq = 3",
    "the link": "UPDATE fact_log SET previous = digest WHERE seq = 3",
    "the moment": "UPDATE fact_log SET recorded_at = '2011-01-01T00:00:00.000000Z' WHERE seq = 3",
    "the patient": "UPDATE fact_log SET patient = replace(patient, '1', '2') WHERE seq = 3",
    "the hospital": "UPDATE fact_log SET hospital = '101' WHERE seq = 3",
    "the municipality": "UPDATE fact_log SET municipality = NULL WHERE seq = 3",
    "the exchange": "UPDATE fact_log SET exchange_id = 'x' WHERE seq = 3",
    "the place": "UPDATE fact_log SET seq = 30 WHERE seq = 5",
    "a fact removed": "DELETE FROM fact_log WHERE seq = 3",
    "the first fact removed": "DELETE FROM fact_log WHERE seq = 1",
    "a fact slipped in": "INSERT INTO fact_log SELECT 6, recorded_at, patient, hospital, municipality, exchange_id, "
    "entry, digest, previous, hash FROM fact_log WHERE seq = 5",
}
BROKEN_AT = {
    "the place": 30,
    "a fact removed": 4,
    "the first fact removed": 2,
    "a fact slipped in": 6,
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_found(five: SqlStore, path: Path, name: str) -> None:
    """Whatever is changed, removed or slipped in, the walk stops at the first row that does not hold."""
    forge(path, FORGERIES[name])
    report = five.read_now(lambda reader: reader.verify_chain())
    assert report.broken_at == BROKEN_AT.get(name, 3)
    assert report.reason


def test_a_cut_at_the_end_shows_against_an_earlier_report(five: SqlStore, path: Path) -> None:
    """A log cut at its end holds in itself, and is shorter than its earlier report."""
    before = five.read_now(lambda reader: reader.verify_chain())
    forge(path, "DELETE FROM fact_log WHERE seq = 5")
    after = five.read_now(lambda reader: reader.verify_chain())
    assert after.broken_at is None
    assert (before.length, after.length) == (5, 4)
    assert before.head != after.head


def test_a_fact_that_cannot_be_read_is_an_error(five: SqlStore, path: Path) -> None:
    """Reading facts out of a spoilt log is STORE-CORRUPT, not a silent gap."""
    forge(path, FORGERIES["the text, unreadable"])
    with pytest.raises(AdapterError) as caught:
        five.read_now(lambda reader: reader.facts(FactFilter()))
    assert caught.value.id == "STORE-CORRUPT"


def test_bytes_that_changed_on_the_disk_are_noticed(store: SqlStore, path: Path) -> None:
    """Stored bytes that no longer fit their digest are STORE-CORRUPT."""
    digest = store.write_now(lambda writer: writer.put_blob(b"abc", BlobKind.MAIL, T0))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE blob SET content = x'616264'")
    connection.commit()
    connection.close()
    with pytest.raises(AdapterError) as caught:
        store.read_now(lambda reader: reader.blob(digest))
    assert caught.value.id == "STORE-CORRUPT"
