"""Statements: the month, its corrections, and how they are written."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.liability.decision import Night
from adapter.liability.ledger import Ledger, Row
from adapter.liability.rates import Rate, RateStatus
from adapter.liability.readings import Readings
from adapter.liability.reasons import EndReason, Flag, StartReason
from adapter.liability.rules import Language
from adapter.liability.statement import Booking, Month, Party, Statement, statement
from adapter.liability.statement_page import statement_page
from adapter.liability.statement_text import COLUMNS, read_statement, statement_csv, write_statement
from adapter.values import HerId

PARTIES = (Party(HerId("100"), "Prøvefjord sykehus <HF>"), Party(HerId("200"), "Prøvefjord kommune"))
MARCH = Month(2012, 3)
AS_OF = datetime(2012, 4, 2, 8, tzinfo=UTC)
RATE = Rate(date(2012, 1, 1), date(2012, 12, 31), 4000, RateStatus.VERIFIED, "a letter")


def row(stay: str, *nights: tuple[int, int | None]) -> Row:
    """A stay with payable dates of March and their price; None has none."""
    paid = tuple(
        Night(date(2012, 3, day), None if amount is None else Rate(RATE.first, RATE.last, amount, RATE.status), (), ())
        for day, amount in nights
    )
    return Row(stay, paid, StartReason.LATER, EndReason.OFFER_READY, (Flag.REVIEW,), ("cutoff",), 9, "OURS 1")


def made(issued: tuple[Statement, ...], *rows: Row) -> Statement:
    return statement(PARTIES, MARCH, Ledger(rows, "rates-1"), AS_OF, issued)


def booked(one: Statement) -> list[tuple[str, int, str, int | None]]:
    return [(line.stay, e.date.day, e.booking.value, e.amount) for line in one.lines for e in line.entries]


def test_the_first_statement_of_a_month_debits_every_night() -> None:
    """Every payable date is a debit with its price; stays without nights have no line."""
    first = made((), row("b", (5, 4000), (6, 4000)), row("a"), row("c", (31, 4000)))
    assert booked(first) == [("b", 5, "debit", 4000), ("b", 6, "debit", 4000), ("c", 31, "debit", 4000)]
    assert (first.nights, first.amount_nok, first.number, first.is_correction) == (3, 12000, 1, False)
    assert first.id == "2012-03-100-200-1"
    assert first.policies == ("OURS 1",)


def test_nothing_changed_is_a_correction_without_lines() -> None:
    """A month that was issued and stands as it was has nothing to correct."""
    first = made((), row("a", (5, 4000)))
    again = made((first,), row("a", (5, 4000)))
    assert (again.lines, again.number, again.is_correction, again.amount_nok) == ((), 2, True, 0)


def test_a_night_that_is_gone_is_credited_and_a_late_one_debited() -> None:
    """A correction books, by stay and date, exactly what differs from what was issued (LI-082)."""
    first = made((), row("a", (5, 4000), (6, 4000)))
    second = made((first,), row("a", (6, 4000), (7, 4000)), row("b", (9, 4000)))
    assert booked(second) == [
        *(("a", 5, "credit", 4000), ("a", 7, "debit", 4000), ("b", 9, "debit", 4000)),
    ]
    assert (second.nights, second.amount_nok) == (1, 4000)


def test_another_price_is_a_credit_and_a_debit() -> None:
    """A date whose price changed, or became known, is credited as it was issued and debited anew."""
    first = made((), row("a", (5, 4125), (6, None)))
    assert (first.amount_nok, first.known_nok, first.nights) == (None, 4125, 2)
    second = made((first,), row("a", (5, 4000), (6, 4000)))
    assert booked(second) == [
        *(("a", 5, "credit", 4125), ("a", 5, "debit", 4000), ("a", 6, "credit", None), ("a", 6, "debit", 4000)),
    ]
    assert (second.nights, second.known_nok) == (0, 4000 - 4125 + 4000)


def test_a_stay_that_got_another_key_is_credited_under_the_old_one() -> None:
    """A stay that is in no ledger any more has no reasons, and all of it is taken back."""
    first = made((), row("a", (5, 4000)))
    second = made((first,), row("z", (5, 4000)))
    assert booked(second) == [("a", 5, "credit", 4000), ("z", 5, "debit", 4000)]
    assert (second.nights, second.amount_nok, second.lines[0].start_reason) == (0, 0, "-")


NIGHTS = st.dictionaries(
    st.sampled_from("abc"), st.dictionaries(st.integers(1, 8), st.none() | st.integers(1, 3), max_size=5)
)


@settings(max_examples=60)
@given(st.lists(NIGHTS, min_size=1, max_size=5))
def test_all_statements_together_are_what_is_decided_now(states: list[dict[str, dict[int, int | None]]]) -> None:
    """However often the facts change, the statements of a month sum up to the last decision, date by date."""
    issued: list[Statement] = []
    for state in states:
        rows = [row(stay, *sorted(nights.items())) for stay, nights in state.items()]
        issued.append(made(tuple(reversed(issued)), *rows))
    standing: dict[tuple[str, int], int | None] = {}
    for one in issued:
        for stay, day, booking, amount in booked(one):
            if booking == "credit":
                assert standing.pop((stay, day)) == amount
            else:
                assert (stay, day) not in standing
                standing[stay, day] = amount
    last = {(stay, day): amount for stay, nights in states[-1].items() for day, amount in nights.items()}
    assert standing == last
    assert sum(one.nights for one in issued) == len(last)


def test_the_canonical_text_is_read_back() -> None:
    """A statement is the same after writing and reading, and the same statement is always the same octets."""
    one = made((made((), row("a", (5, 4000))),), row("a", (6, None)), row("b", (7, 4000)))
    content = write_statement(one)
    assert read_statement(content) == one
    assert write_statement(read_statement(content)) == content


@pytest.mark.parametrize("content", [b"{}", b"[]", b"null", b"not json", b'{"hospital": {"her": "x"}}'])
def test_other_octets_are_no_statement(content: bytes) -> None:
    """What was not written here is refused."""
    with pytest.raises(ValueError):
        read_statement(content)


def test_the_csv_has_a_line_for_each_date() -> None:
    """Each entry is a line; a credit counts below zero, an unknown amount is empty."""
    one = made((made((), row("a", (5, 4000))),), row("a", (6, None)))
    lines = list(csv.DictReader(statement_csv(one).splitlines()))
    assert tuple(lines[0]) == COLUMNS
    assert [(line["date"], line["nights"], line["amount_nok"]) for line in lines] == [
        *(("2012-03-05", "-1", "-4000"), ("2012-03-06", "1", "")),
    ]
    assert lines[0]["changed_by"] == "cutoff"


@pytest.mark.parametrize("language", list(Language))
def test_the_page_needs_nothing_else(language: Language) -> None:
    """The page has every stay, the total, flags and reasons, escapes its texts and loads nothing."""
    one = made((), row("stay-a", (5, 4000), (6, 4000), (9, 4000)), row("stay-b", (7, 4000)))
    page = statement_page(one, language, AS_OF)
    assert "stay-a" in page
    assert "NOK 16 000" in page
    assert "2012-03-05 – 2012-03-06" in page
    assert "FL_REVIEW" in page
    assert "&lt;HF&gt;" in page
    assert not re.search(r"https?:|src=|@import|url\(", page)


def test_the_page_says_what_it_is() -> None:
    """A draft, a correction, a credit, a missing price and an empty month are named."""
    first = made((), row("a", (5, 4000)))
    assert "draft, not issued" in statement_page(first, Language.ENGLISH, None)
    second = statement_page(made((first,), row("a", (6, None))), Language.ENGLISH, AS_OF)
    assert "Correction of payable nights" in second
    assert "(credit)" in second
    assert "price missing" in second
    assert "No night is payable." in statement_page(made(()), Language.ENGLISH, AS_OF)


@pytest.mark.parametrize("text", ["2012-13", "2012-00", "2012", "12-03", "2012-3", "2012/03", "1012-03", "", "2012-0x"])
def test_a_month_has_one_form(text: str) -> None:
    """Anything but CCYY-MM is refused."""
    with pytest.raises(ValueError):
        Month.of(text)


@pytest.mark.parametrize(("text", "last"), [("2012-02", 29), ("2012-12", 31), ("2013-02", 28), ("2012-04", 30)])
def test_a_month_ends_where_the_calendar_says(text: str, last: int) -> None:
    """The last date is included, in leap years and in December too."""
    month = Month.of(text)
    assert (str(month), month.first.day, month.last.day, month.last.month) == (text, 1, last, month.number)


def test_nights_of_a_real_decision(read: Callable[[dict[str, Any]], Readings]) -> None:
    """The price of a night, its status and its source stand in the entry (LI-073)."""
    readings = read(
        {
            "facts": [
                {"kind": "admission_notice", "at": "2013-03-01T15:00+01:00"},
                {"kind": "ready_notice", "at": "2013-03-05T10:15+01:00", "ready": "2013-03-05"},
                {"kind": "discharged", "at": "2013-03-06T10:15+01:00"},
            ]
        }
    )
    rows = (Row("a", readings.agreement.nights, StartReason.LATER, EndReason.OPEN, (), (), 1, "NO-BASE 1"),)
    entry = statement(PARTIES, Month(2013, 3), Ledger(rows, "r"), AS_OF).lines[0].entries[0]
    assert (entry.booking, entry.amount, entry.status, bool(entry.source)) == (Booking.DEBIT, 4125, "unverified", True)
