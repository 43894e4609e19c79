"""The counterpart's statement: reading its file, and comparing it with ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from adapter.liability.case import Case
from adapter.liability.comparison import Comparison, Kind, MatchedBy, OurStay, compared
from adapter.liability.mistakes import Mistakes
from adapter.liability.readings import Readings
from adapter.liability.statement import Month
from adapter.liability.statement_table import TableForm, TheirLine, read_table

Stay = Callable[..., OurStay]
MARCH = Month(2012, 3)
NORWEGIAN = TableForm(
    ";", ",", "%d.%m.%Y", "iso-8859-1", reference="Opphold", first="Fra", last="Til", nights="Døgn", amount="Beløp"
)


@pytest.fixture(scope="session")
def stay(decided_case: Callable[[dict[str, Any]], tuple[Case, Readings]]) -> Stay:
    """A stay that waits from the 5th for an offer on the 8th, and what is put in its place."""

    def _stay(key: str = "stay-1", message: str = "r1", **case: Any) -> OurStay:
        facts = [
            {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00"},
            {"kind": "ready_notice", "at": "2012-03-05T10:15+01:00", "message": message, "ready": "2012-03-05"},
            {"kind": "answer", "at": "2012-03-05T12:30+01:00", "answer": "later"},
            {"kind": "answer", "at": "2012-03-08T09:30+01:00", "answer": "accept"},
            {"kind": "discharged", "at": "2012-03-10T13:00+01:00"},
        ]
        return OurStay(key, *decided_case({"facts": facts, "as_of": "2012-04-02T00:00+02:00", **case}))

    return _stay


def line(first: int, last: int, amount: int | None = None, reference: str = "", nights: int | None = None) -> TheirLine:
    count = last - first + 1 if nights is None else nights
    return TheirLine(2, reference, date(2012, 3, first), date(2012, 3, last), count, amount)


def gaps(found: Comparison) -> list[tuple[Kind, int | None, str]]:
    return [(gap.kind, gap.date.day if gap.date else None, gap.reason) for one in found.stays for gap in one.gaps]


def test_what_is_the_same_agrees(stay: Stay) -> None:
    """The same dates and amount under our key are no difference."""
    found = compared([line(5, 7, 12000, "stay-1")], [stay()], MARCH)
    assert found.agrees
    assert (found.our_nights, found.their_nights, found.our_nok, found.their_nok) == (3, 3, 12000, 12000)
    assert found.stays[0].matched_by is MatchedBy.STAY
    assert found.by_reason == ()


@pytest.mark.parametrize(
    ("lines", "matched"),
    [
        ([line(5, 7, 12000, "stay-1")], MatchedBy.STAY),
        ([line(5, 7, 12000, " R1 ")], MatchedBy.MESSAGE),
        ([line(5, 7, 12000, "their own number")], MatchedBy.DATES_AND_AMOUNT),
        ([line(5, 7, None, "")], MatchedBy.DATES),
        ([line(5, 5, 4000, "stay-1"), line(6, 6, 4000, "stay-1"), line(7, 7, 4000, "stay-1")], MatchedBy.STAY),
    ],
)
def test_how_a_line_finds_its_stay(stay: Stay, lines: list[TheirLine], matched: MatchedBy) -> None:
    """By our key, by the MsgId of the readiness message, by dates and amount, by dates; a line a night is the same."""
    found = compared(lines, [stay()], MARCH)
    assert [one.matched_by for one in found.stays] == [matched]
    assert found.agrees
    assert found.unmatched == ()


def test_two_that_look_alike_are_not_told_apart(stay: Stay) -> None:
    """Where dates and amount fit two stays, or two lines fit one, nothing is matched by a guess."""
    two = [stay("stay-1", "r1"), stay("stay-2", "r2")]
    assert len(compared([line(5, 7, 12000)], two, MARCH).unmatched) == 1
    assert len(compared([line(5, 7, 12000), line(5, 7, 12000)], two[:1], MARCH).unmatched) == 2


def test_a_line_that_fits_nothing(stay: Stay) -> None:
    """It is told, counts on their side, and our stay is told as one that they do not have."""
    found = compared([line(20, 21, 8000, "x")], [stay()], MARCH)
    assert [one.reference for one in found.unmatched] == ["x"]
    assert [gap[:2] for gap in gaps(found)] == [(Kind.WE_HAVE, 5), (Kind.WE_HAVE, 6), (Kind.WE_HAVE, 7)]
    assert (found.their_nights, found.their_nok, found.agrees) == (2, 8000, False)


def test_the_amount_is_looked_at_where_the_dates_agree(stay: Stay) -> None:
    """The same nights at another price differ in amount only."""
    found = compared([line(5, 7, 12375, "stay-1")], [stay()], MARCH)
    assert [(gap[0], gap[1]) for gap in gaps(found)] == [(Kind.AMOUNT, None)]


def test_a_date_twice_and_nights_that_are_not_their_dates(stay: Stay) -> None:
    """A date that they claim twice, and a number of nights that fits no reading of their dates, are told."""
    twice = compared([line(5, 7, 12000, "stay-1"), line(7, 7, 4000, "stay-1")], [stay()], MARCH)
    assert (Kind.THEY_HAVE, 7, "counted 2 times") in gaps(twice)
    odd = compared([line(5, 7, 12000, "stay-1", nights=9)], [stay()], MARCH)
    assert gaps(odd)[0][0] is Kind.NIGHTS


FACTS = {
    "notice": {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00"},
    "ready": {"kind": "ready_notice", "at": "2012-03-05T10:15+01:00", "message": "r1", "ready": "2012-03-05"},
    "gone": {"kind": "discharged", "at": "2012-03-20T13:00+01:00"},
}


@pytest.mark.parametrize(
    ("without", "more", "policy", "day", "reason"),
    [
        ((), [{"kind": "answer", "at": "2012-03-08T09:30+01:00", "answer": "accept"}], {}, 9, "accepted"),
        ((), [{"kind": "withdrawal", "at": "2012-03-08T09:30+01:00"}], {}, 9, "avmeldt"),
        ((), [], {}, 4, "no_notice"),
        ((), [], {}, 21, "left"),
        (("notice",), [], {}, 9, "no_admission_notice (ZR_NO_ADM_NOTICE)"),
        (("ready",), [], {}, 9, "no_notice (ZR_NO_READY_NOTICE)"),
        ((), [], {"cutoff": "10:00"}, 5, "agreement (cutoff)"),
        (
            (),
            [{"kind": "cancellation", "at": "2012-03-06T10:15+01:00", "refers_to": "r1"}],
            {},
            9,
            "no_notice (ZR_CANCELLED)",
        ),
        ((), [], {"require_doc": "yes"}, 9, "agreement (require_doc)"),
        ((), [], {"sender_type": "municipal_emergency_unit"}, 9, "out_of_scope (ZR_OUT_OF_SCOPE)"),
        (
            ("ready",),
            [{"kind": "ready_notice", "at": "2012-03-05T10:15+01:00", "message": "r1", "ready": "2012-03-09"}],
            {},
            7,
            "not_ready",
        ),
        (
            ("notice",),
            [{"kind": "admission_notice", "at": "2012-03-08T15:00+01:00"}],
            {},
            7,
            "no_admission_notice",
        ),
    ],
)
def test_why_a_night_of_theirs_is_not_payable(
    stay: Stay, without: tuple[str, ...], more: list[dict[str, str]], policy: dict[str, str], day: int, reason: str
) -> None:
    """Each night that only they have is told with its reason."""
    facts = [fact for name, fact in FACTS.items() if name not in without] + more
    sender = {"sender_type": policy.pop("sender_type")} if "sender_type" in policy else {}
    found = compared([line(day, day, 4000, "stay-1")], [stay(facts=facts, overrides=policy, **sender)], MARCH)
    assert (Kind.THEY_HAVE, day, reason) in gaps(found)


def test_a_night_of_tomorrow(stay: Stay) -> None:
    """A date on or after the evaluation is not yet payable."""
    one = stay(facts=[FACTS["notice"], FACTS["ready"]], as_of="2012-03-07T12:00+01:00")
    assert gaps(compared([line(5, 7, 12000, "stay-1")], [one], MARCH)) == [(Kind.THEY_HAVE, 7, "not_yet")]


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(text: str, form: TableForm = NORWEGIAN) -> tuple[TheirLine, ...] | Mistakes:
    return read_table(text.encode(form.encoding), form)


HEAD = "Opphold;Navn på avdeling;Fra;Til;Døgn;Beløp\n"


def test_a_file_of_another_form() -> None:
    """Columns by name, other separators, dates and characters; empty lines and a line of sums are passed over."""
    found = read(HEAD + "stay-1;Ortopedi;05.03.2012;07.03.2012;3;kr 12\u00a0000,00\n;;;;;\n;Sum;;;3;12.000,00\n")
    assert found == (TheirLine(2, "stay-1", date(2012, 3, 5), date(2012, 3, 7), 3, 12000),)


def test_our_own_form_is_the_default() -> None:
    """Our CSV is read as it is written; without nights a line is as many as its dates."""
    found = read_table(b"\xef\xbb\xbfstay,date,nights,amount_nok\ns,2012-03-05,,4000\n", TableForm())
    assert found == (TheirLine(2, "s", date(2012, 3, 5), date(2012, 3, 5), 1, 4000),)


@pytest.mark.parametrize(("nights", "dates"), [(3, 3), (2, 2), (5, 3)])
def test_a_last_date_that_is_the_departure(nights: int, dates: int) -> None:
    """Where the nights are one fewer than the dates, the last date is not claimed."""
    assert len(line(5, 7, None, "", nights).dates) == dates


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("s;;2012-03-05;07.03.2012;3;1", "Fra"),
        ("s;;07.03.2012;05.03.2012;3;1", "Til"),
        ("s;;05.03.2012;07.03.2099;3;1", "Til"),
        ("s;;05.03.2012;07.03.2012;tre;1", "Døgn"),
        ("s;;05.03.2012;07.03.2012;3;tolv", "Beløp"),
        ("s;;05.03.2012;07.03.2012;3;12000,50", "Beløp"),
        ("s;;;07.03.2012;3;1", "Fra"),
        ("s;;05.03.0001;07.03.2012;3;1", "Fra"),
    ],
)
def test_every_mistake_of_a_file_is_told_with_its_line(row: str, place: str) -> None:
    """A cell of another form is named with column, line, and what is allowed."""
    found = read(HEAD + row + "\ns;;x;y;3;1\n")
    assert isinstance(found, Mistakes)
    assert (found.all[0].where, found.all[0].line) == (place, 2)
    assert {mistake.line for mistake in found.all} == {2, 3}


def test_a_column_that_is_not_there() -> None:
    """Missing columns are named together."""
    found = read("Opphold;Fra\n")
    assert isinstance(found, Mistakes)
    assert [mistake.where for mistake in found.all] == ['column "D\\xf8gn"', 'column "Bel\\xf8p"', 'column "Til"']


def test_octets_of_another_encoding() -> None:
    """A file that is not in the encoding it is said to be in is refused."""
    assert isinstance(read_table(b"stay,date,nights,amount_nok\n\xe6,2012-03-05,1,1\n", TableForm()), Mistakes)
