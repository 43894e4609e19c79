"""The ledger of a whole store, decided in one process or in two."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from adapter.delivery.recorded import StayFact
from adapter.facts import AdmissionNotice, Admitted, Carrier, Discharged, Fact, HowKnown, ReadyNotice
from adapter.service import ledgers
from adapter.service.accounts import READ_AT_ONCE, ledger_of, rows_about, stays_about, stays_of
from adapter.service.ledgers import Question, ledger_of_store
from adapter.store.port import FactFilter, Writer
from adapter.testing.neighbours import World
from adapter.values import HerId, Moment

HOSPITAL, OURS, THEIRS = HerId("100"), HerId("200"), HerId("300")
NOW = datetime(2024, 4, 1, 9, tzinfo=UTC)


@pytest.fixture
def filled(world: World) -> World:
    """A hospital with twelve patients of two municipalities, ready on the 5th and gone after 0 to 11 days."""
    store = world.hospital.installation.store

    def write(writer: Writer) -> None:
        for number in range(12):
            patient = store.pseudonym(f"patient {number}")
            start = datetime(2024, 3, 5, 9, tzinfo=UTC)
            facts = (
                (-3.0, Admitted()),
                (-2.5, AdmissionNotice(Carrier())),
                (0.0, ReadyNotice(Carrier(), date(2024, 3, 5))),
                (float(number), Discharged()),
            )
            for days, what in facts:
                fact = Fact(what, Moment.at(start + timedelta(days=days)), HowKnown.IMPORT)
                municipality = OURS if number % 3 else THEIRS
                writer.append_fact(StayFact(patient, HOSPITAL, fact, municipality), NOW)

    store.write_now(write)
    return world


@pytest.mark.parametrize(
    "asked",
    [
        Question(NOW),
        Question(NOW, municipality=OURS),
        Question(NOW, hospital=OURS),
        Question(NOW, first=date(2024, 3, 6), last=date(2024, 3, 8)),
        Question(datetime(2024, 3, 7, 12, tzinfo=UTC)),
        Question(NOW, known_at=NOW - timedelta(days=1)),
    ],
    ids=["all", "municipality", "nobody", "dates", "as-of", "known-at"],
)
def test_shares_and_one_process_say_the_same(asked: Question, filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the patients are dealt out, the ledger is that of all stays one after the other."""
    monkeypatch.setattr(ledgers, "CORES", 1)
    installation = filled.hospital.installation
    in_force, store, settings = installation.in_force.terms, installation.store, installation.settings
    stays = stays_of(store, asked.municipality, asked.hospital, asked.known_at)
    alone = ledger_of(settings, in_force, stays, asked.as_of, asked.first, asked.last)
    done: list[tuple[int, int]] = []
    shown, whose = ledger_of_store(settings, in_force, store, asked, lambda part, of: done.append((part, of)))
    assert shown == alone
    assert set(whose) == {row.stay for row in shown.rows}
    if alone.rows:
        assert done == [(len(alone.rows), len(alone.rows))]
    if asked == Question(NOW):
        assert [row.nights[0].date for row in shown.rows if row.nights] == [date(2024, 3, 5)] * 11
        assert shown.nights == sum(range(12))


def test_worker_processes_say_the_same(filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows come back from other processes as they were decided there, and the progress is told share by share."""
    monkeypatch.setattr(ledgers, "CORES", 1)
    installation = filled.hospital.installation
    in_force, store, settings = installation.in_force.terms, installation.store, installation.settings
    here, _ = ledger_of_store(settings, in_force, store, Question(NOW))
    monkeypatch.setattr(ledgers, "SHARE", 5)
    done: list[tuple[int, int]] = []
    there, whose = ledger_of_store(settings, in_force, store, Question(NOW), lambda part, of: done.append((part, of)))
    assert there == here
    assert done == [(5, 12), (10, 12), (12, 12)]
    assert {one.municipality for one in whose.values()} == {OURS, THEIRS}


def test_the_stays_of_a_page_are_one_look_at_the_log(filled: World) -> None:
    """As many patients as a page has are read by one statement, and come to what each comes to by itself."""
    installation = filled.hospital.installation
    subjects = installation.store.read_now(lambda reader: reader.subjects(FactFilter()))
    assert 1 < len(subjects) <= READ_AT_ONCE
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    rows = rows_about(
        installation.settings, installation.in_force.terms, installation.store, subjects, NOW, None, date.min, date.max
    )
    told = [(whose, row.stay) for whose, row in rows]
    event.remove(Engine, "before_cursor_execute", note)
    assert len([one for one in asked if "FROM fact_log" in one]) == 1
    alone = [known for subject in subjects for known in stays_about(installation.store, subject)]
    assert told == [(known.whose, known.stay.key) for known in alone]
