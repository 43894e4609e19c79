"""The answers that only a person can read are found by an index, and no others are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.delivery.fact_json import write_entry
from adapter.delivery.recorded import Pseudonym, StayFact
from adapter.facts import Answer, AnswerClassified, AnswerKind, Carrier, Fact, HowKnown, What
from adapter.store.port import Subject, UnclearAnswer, Writer
from adapter.store.schema import SAYS_UNCLEAR
from adapter.store.sql_store import SqlStore
from adapter.values import HerId, Moment, MsgId
from tests.unit.delivery.test_fact_json import entries

T0 = datetime(2012, 3, 5, 9, 0, tzinfo=UTC)
UNCLEAR = Answer(Carrier(MsgId("m")), AnswerKind.UNCLEAR)
CLEAR = Answer(Carrier(MsgId("m")), AnswerKind.ACCEPT)
READ = AnswerClassified(MsgId("m"), AnswerKind.UNCLEAR)
HOSTILE = '"kind":"answer","answer":"unclear"'


def entry(what: What, exchange_id: str | None = "e1", patient: str = "1", hospital: str = "100") -> StayFact:
    fact = Fact(what, Moment.at(T0), HowKnown.OUR_MESSAGE)
    return StayFact(Pseudonym(patient * 64), HerId(hospital), fact, HerId("200"), exchange_id=exchange_id)


def append(store: SqlStore, *what: StayFact) -> None:
    def write(writer: Writer) -> None:
        for one in what:
            writer.append_fact(one, T0)

    store.write_now(write)


@settings(max_examples=300, deadline=None)
@given(entries | st.sampled_from([entry(what, HOSTILE) for what in (UNCLEAR, CLEAR, READ)]))
def test_the_condition_of_the_index_is_that_of_the_fact(told: StayFact) -> None:
    """Whatever else stands in a fact: it is in the index if it is an answer that is unclear, and not otherwise."""
    with closing(sqlite3.connect(":memory:")) as connection:
        [(found,)] = connection.execute(f"SELECT {SAYS_UNCLEAR} FROM (SELECT ? AS entry)", [write_entry(told)])
    what = told.fact.what
    assert bool(found) is (isinstance(what, Answer) and what.answer is AnswerKind.UNCLEAR)


def test_an_answer_waits_until_somebody_has_read_it(store: SqlStore) -> None:
    """The newest first, and each says whether it was read; one that no message told is not there."""
    append(store, entry(UNCLEAR, "e1"), entry(CLEAR, "e2"), entry(UNCLEAR, "e3"), entry(UNCLEAR, None))
    append(store, entry(READ, "e1"))
    found = store.read_now(lambda reader: reader.unclear_answers(None, 10))
    assert found == (UnclearAnswer(3, "e3", False), UnclearAnswer(1, "e1", True))


def test_the_list_goes_on_where_it_ended(store: SqlStore) -> None:
    """`before` is the number of the last one that was seen."""
    append(store, *(entry(UNCLEAR, f"e{number}") for number in range(1, 6)))
    first = store.read_now(lambda reader: reader.unclear_answers(None, 2))
    assert [one.seq for one in first] == [5, 4]
    assert [one.seq for one in store.read_now(lambda reader: reader.unclear_answers(4, 10))] == [3, 2, 1]


def test_facts_about_some_patients_are_theirs_alone(store: SqlStore) -> None:
    """A patient's facts of another hospital belong to another subject."""
    append(store, entry(CLEAR, patient="1"), entry(CLEAR, patient="2"), entry(CLEAR, patient="1", hospital="101"))
    append(store, entry(CLEAR, patient="3"), entry(UNCLEAR, patient="1"))
    asked = [Subject(Pseudonym(one * 64), HerId("100"), HerId("200")) for one in "123"]
    found = store.read_now(lambda reader: reader.facts_about_any(asked[:2]))
    assert [one.seq for one in found] == [1, 2, 5]
