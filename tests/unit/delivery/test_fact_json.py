"""The canonical text of facts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import facts
from adapter.delivery.fact_json import KINDS, read_entry, read_fact, write_entry, write_fact
from adapter.delivery.recorded import Pseudonym, StayFact
from adapter.values import Digest, HerId, Moment, MsgId, Zone

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
dates = st.dates()
moments = st.builds(
    Moment,
    st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(fold=0)),
    texts,
    st.sampled_from(Zone),
    st.booleans(),
)
msg_ids = st.builds(MsgId, texts)
receipts = st.builds(facts.Receipt, st.sampled_from(facts.ReceiptStatus), st.none() | moments)
services = st.sampled_from(facts.MunicipalService)
carriers = st.builds(
    facts.Carrier, st.none() | msg_ids, st.none() | moments, st.none() | moments, receipts, st.none() | services
)
answers = st.sampled_from(facts.AnswerKind)
whats: st.SearchStrategy[facts.What] = st.one_of(
    st.builds(facts.Admitted),
    st.builds(facts.AdmissionNotice, carriers, texts, st.none() | moments),
    st.builds(facts.ReadyNotice, carriers, dates, st.sampled_from(facts.Channel)),
    st.builds(facts.Withdrawal, carriers, st.none() | dates),
    st.builds(facts.Answer, carriers, answers, st.none() | dates),
    st.builds(facts.Cancellation, carriers, st.none() | msg_ids),
    st.builds(
        facts.Correction,
        carriers,
        st.none() | msg_ids,
        st.none() | dates,
        st.none() | dates,
        st.none() | answers,
        st.none() | dates,
    ),
    st.builds(facts.DischargeDocument, carriers),
    st.builds(facts.Discharged),
    st.builds(facts.Death),
    st.builds(facts.Leave),
    st.builds(facts.ReceiptGiven, msg_ids, st.sampled_from(facts.ReceiptStatus)),
    st.builds(facts.AnswerClassified, msg_ids, answers, st.none() | dates),
)
digests = st.builds(Digest.of, st.binary(max_size=4))
any_fact = st.builds(facts.Fact, whats, moments | dates, st.sampled_from(facts.HowKnown), st.none() | digests)
her_ids = st.integers(1, 9999999999).map(lambda number: HerId(str(number)))
entries = st.builds(
    StayFact,
    digests.map(lambda digest: Pseudonym(digest.value)),
    her_ids,
    any_fact,
    st.none() | her_ids,
    st.none() | moments | dates,
    st.lists(msg_ids, max_size=3).map(tuple),
    st.none() | texts,
)


@settings(max_examples=300, deadline=None)
@given(any_fact)
def test_a_fact_comes_back_as_it_was(fact: facts.Fact) -> None:
    """Writing and reading gives the same fact, down to the case of a MsgId."""
    back = read_fact(write_fact(fact))
    assert back == fact
    assert repr(back) == repr(fact)


@settings(max_examples=200, deadline=None)
@given(entries)
def test_an_entry_comes_back_as_it_was(entry: StayFact) -> None:
    """An entry with its stay, admission and references comes back, and has one spelling."""
    text = write_entry(entry)
    assert repr(read_entry(text)) == repr(entry)
    assert write_entry(read_entry(text)) == text


def test_every_kind_of_fact_has_a_word() -> None:
    """A kind added to the facts is added to the codec."""
    assert set(KINDS.values()) == set(get_args(facts.What))


def test_the_spelling_is_fixed() -> None:
    """The text of a known fact never changes: digests in old evidence depend on it."""
    moment = Moment(datetime(2012, 3, 5, 9, 15, tzinfo=UTC), "2012-03-05T10:15:00+01:00")
    fact = facts.Fact(
        facts.ReadyNotice(facts.Carrier(MsgId("Ab-1")), moment.day), moment, facts.HowKnown.OUR_MESSAGE, None
    )
    written = (
        '{"how":"our_message","what":{"carrier":{"message":"Ab-1","receipt":{"status":"ok"}},"channel":"message",'
        '"kind":"ready_notice","ready":"2012-03-05"},"when":{"ambiguous_hour":false,'
        '"instant":"2012-03-05T09:15:00.000000Z","text":"2012-03-05T10:15:00+01:00","zone":"stated"}}'
    )
    assert write_fact(fact) == written


GOOD = '{"how":"person","what":{"kind":"leave"},"when":"2012-03-05"}'


def _without_kind(value: dict[str, object]) -> None:
    value["what"] = {}


def _unknown_kind(value: dict[str, object]) -> None:
    value["what"] = {"kind": "holiday"}


def _unknown_key(value: dict[str, object]) -> None:
    value["colour"] = "red"


def _missing_key(value: dict[str, object]) -> None:
    del value["how"]


def _wrong_type(value: dict[str, object]) -> None:
    value["how"] = 1


def _no_object(value: dict[str, object]) -> None:
    value["what"] = "leave"


@pytest.mark.parametrize("spoil", [_without_kind, _unknown_kind, _unknown_key, _missing_key, _wrong_type, _no_object])
def test_what_is_not_understood_is_refused(spoil: Callable[[dict[str, object]], None]) -> None:
    """A text of another version or shape is a `ValueError`, never half a fact."""
    assert read_fact(GOOD)
    value = json.loads(GOOD)
    spoil(value)
    with pytest.raises(ValueError, match="recorded fact"):
        read_fact(json.dumps(value))
