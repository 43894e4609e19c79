"""The partition of a patient's facts into stays."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerClassified,
    AnswerKind,
    Cancellation,
    Carrier,
    Discharged,
    Fact,
    HowKnown,
    ReadyNotice,
    ReceiptGiven,
    ReceiptStatus,
    What,
)
from adapter.liability.stays import Admission, StayFact, stay_key, stays
from adapter.values import Moment, MsgId, parse_moment

JANUARY = parse_moment("2018-01-02T10:00+01:00")
MARCH = parse_moment("2018-03-05T10:00+01:00")


def told(when: str, what: What, admission: Admission = None, *references: str) -> StayFact:
    moment: Moment | date = parse_moment(when) if "T" in when else date.fromisoformat(when)
    return StayFact(Fact(what, moment, HowKnown.THEIR_MESSAGE), admission, tuple(MsgId(name) for name in references))


def ready(name: str, day: str) -> ReadyNotice:
    return ReadyNotice(Carrier(MsgId(name)), date.fromisoformat(day))


def answer(name: str) -> Answer:
    return Answer(Carrier(MsgId(name)), AnswerKind.LATER)


def partition(*facts: StayFact) -> list[tuple[Admission, list[str]]]:
    found = stays("patient", "hospital", facts)
    return [(stay.admitted, [type(fact.what).__name__ for fact in stay.facts]) for stay in found]


def test_a_new_admission_opens_a_new_stay() -> None:
    """Messages belong to the stay whose admission they state, in whatever order they come."""
    found = partition(
        told("2018-03-09T10:00Z", ready("r2", "2018-03-09"), MARCH),
        told("2018-01-05T10:00Z", ready("r1", "2018-01-05"), JANUARY),
        told("2018-01-02T10:00+01:00", Admitted(Carrier(MsgId("a1")))),
        told("2018-03-05T10:00+01:00", Admitted(Carrier(MsgId("a2")))),
    )
    assert found == [(JANUARY, ["Admitted", "ReadyNotice"]), (MARCH, ["Admitted", "ReadyNotice"])]


def test_one_instant_in_two_spellings_is_one_admission() -> None:
    """The same instant with another offset names the same stay."""
    other = parse_moment("2018-01-02T09:00Z")
    found = stays(
        "p",
        "h",
        [told("2018-01-05T10:00Z", ready("r1", "2018-01-05"), other), told("2018-01-02T10:00+01:00", Admitted())],
    )
    assert len(found) == 1


def test_an_answer_follows_what_it_answers() -> None:
    """A message without admission goes with the message it refers to, also through others and into an earlier stay."""
    found = partition(
        told("2018-01-05T10:00Z", ready("r1", "2018-01-05"), JANUARY),
        told("2018-03-09T10:00Z", ready("r2", "2018-03-09"), MARCH),
        told("2018-03-10T10:00Z", answer("s1"), None, "r1"),
        told("2018-03-11T10:00Z", answer("s2"), None, "s1", "r2"),
        told("2018-03-12T10:00Z", AnswerClassified(MsgId("s2"), AnswerKind.ACCEPT)),
        told("2018-03-12T10:00Z", ReceiptGiven(MsgId("r1"), ReceiptStatus.OK)),
        told("2018-03-13T10:00Z", Cancellation(Carrier(MsgId("c")), MsgId("r1"))),
    )
    assert found[1] == (MARCH, ["ReadyNotice"])
    assert len(found[0][1]) == 6


def test_without_reference_the_time_decides() -> None:
    """A message without reference goes to the stay with the latest admission at or before it."""
    found = partition(
        told("2018-01-02T10:00+01:00", Admitted()),
        told("2018-03-05T10:00+01:00", Admitted()),
        told("2018-03-05T10:00+01:00", AdmissionNotice(Carrier(MsgId("n2")))),
        told("2018-02-01T10:00Z", AdmissionNotice(Carrier(MsgId("n1"))), None, "unknown"),
        told("2018-01-20", Discharged()),
    )
    assert [len(facts) for _, facts in found] == [3, 2]


def test_before_any_admission_the_one_open_stay() -> None:
    """What lies before every admission goes to the one stay that is open; without one, to a stay of its own."""
    notice = told("2018-01-01T10:00Z", AdmissionNotice(Carrier(MsgId("n"))))
    admitted = told("2018-01-02T10:00+01:00", Admitted())
    assert [len(facts) for _, facts in partition(notice, admitted)] == [2]
    left = told("2018-01-09", Discharged(), JANUARY)
    assert partition(notice, admitted, left)[0] == (None, ["AdmissionNotice"])
    assert partition(notice) == [(None, ["AdmissionNotice"])]
    assert partition() == []


def test_a_plain_date_is_the_stay_of_its_clock_time() -> None:
    """An admission known by date belongs to the stay admitted on that date; the key is that of the clock time."""
    by_date = told("2018-01-05T10:00Z", ready("r1", "2018-01-05"), date(2018, 1, 2))
    found = stays("p", "h", [by_date, told("2018-01-02T10:00+01:00", Admitted())])
    assert [stay.key for stay in found] == [stay_key("p", "h", JANUARY)]
    assert stays("p", "h", [by_date])[0].key == stay_key("p", "h", date(2018, 1, 2))


def test_references_in_a_circle_end() -> None:
    """Messages that refer only to each other find their place by time."""
    found = partition(
        told("2018-01-02T10:00+01:00", Admitted()),
        told("2018-01-05T10:00Z", answer("s1"), None, "s2"),
        told("2018-01-06T10:00Z", answer("s2"), None, "s1"),
    )
    assert [len(facts) for _, facts in found] == [3]


def test_the_key_tells_nothing() -> None:
    """A key is short, the same each time, and different for another patient, hospital or admission."""
    key = stay_key("13116900216", "hospital", JANUARY)
    assert key == stay_key("13116900216", "hospital", parse_moment("2018-01-02T09:00:00Z"))
    assert "1311" not in key
    assert (
        len({key, stay_key("x", "hospital", JANUARY), stay_key("13116900216", "h", JANUARY), stay_key("x", "h", None)})
        == 4
    )


_TIMES = st.integers(0, 40).map(lambda hours: Moment.at(datetime(2018, 1, 1, tzinfo=UTC) + timedelta(hours=7 * hours)))
_IDS = st.sampled_from([MsgId(name) for name in "abcdef"])
_WHATS: st.SearchStrategy[What] = st.one_of(
    st.builds(Admitted, st.builds(Carrier, st.none() | _IDS)),
    st.builds(Answer, st.builds(Carrier, st.none() | _IDS), st.sampled_from(AnswerKind)),
    st.builds(Discharged),
    st.builds(ReceiptGiven, _IDS, st.sampled_from(ReceiptStatus)),
)
_FACTS = st.builds(
    StayFact,
    st.builds(Fact, _WHATS, _TIMES | st.dates(date(2018, 1, 1), date(2018, 1, 12)), st.sampled_from(HowKnown)),
    st.none() | st.none() | _TIMES | st.dates(date(2018, 1, 1), date(2018, 1, 12)),
    st.lists(_IDS, max_size=2).map(tuple),
)


@settings(deadline=None)
@given(st.lists(_FACTS, max_size=9), st.randoms())
def test_order_and_repeats_do_not_matter(facts: list[StayFact], random: Any) -> None:
    """Any order, and any fact given twice, is the same partition, and each fact is in exactly one stay."""
    shuffled = [*facts, *facts[:2]]
    random.shuffle(shuffled)
    found = stays("p", "h", facts)
    assert found == stays("p", "h", shuffled)
    assert sorted(repr(fact) for stay in found for fact in stay.facts) == sorted({repr(one.fact) for one in facts})
    assert len({stay.key for stay in found}) == len(found)


@given(st.permutations(range(4)))
def test_facts_of_one_instant_have_an_order_of_their_own(order: list[int]) -> None:
    """Facts of the same instant come in the order of their text, in whatever order they are handed in."""
    facts = [
        told("2018-01-05T10:00Z", ready("r2", "2018-01-05")),
        told("2018-01-05T10:00Z", ready("r1", "2018-01-05")),
        told("2018-01-05T10:00Z", Discharged()),
        told("2018-01-05T10:00Z", Answer(Carrier(), AnswerKind.ACCEPT)),
    ]
    [found] = stays("p", "h", [facts[place] for place in order])
    assert list(found.facts) == sorted((one.fact for one in facts), key=repr)


def test_the_name_of_a_stay_never_changes() -> None:
    """Statements that were issued name stays by this key, so another version must make the same."""
    assert stay_key("p", "h", JANUARY) == "stay-4d801cc7a0c5f989"
    assert stay_key("p", "h", date(2018, 1, 2)) == "stay-8947c6e0ce52f8ff"
    assert stay_key("p", "h", None) == "stay-0b8d2692854188fc"
