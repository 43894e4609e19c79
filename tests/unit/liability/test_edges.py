"""The edges at which a number, a date or a reason turns: the smallest mistakes that the other tests did not notice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapter.liability.agreements import Agreement, agreement_mistakes
from adapter.liability.calendar import EARLIEST, LATEST, following, start_of
from adapter.liability.case import Case, Sector
from adapter.liability.casefile import CaseFile, read_case
from adapter.liability.comparison import Kind, OurStay, compared
from adapter.liability.explain import explained, fact_line
from adapter.liability.ledger import Charge, Ledger, Row
from adapter.liability.mistakes import Mistakes
from adapter.liability.picture import picture
from adapter.liability.profiles import Profile
from adapter.liability.rates import Rate, RateStatus, RateTable, merge_rates, read_rates
from adapter.liability.readings import Readings, read_both
from adapter.liability.reasons import EndReason, StartReason
from adapter.liability.rules import Language
from adapter.liability.statement import Month
from adapter.liability.statement_table import TheirLine
from adapter.values import HerId, parse_moment
from tests.unit.liability.test_cases import cases

NOTES = {
    "BLOCKED_RATE": {"LI-072"},
    "FL_ADM_NOTICE_CURED_LATE": {"LI-017"},
    "FL_ADM_NOTICE_LATE": {"LI-018"},
    "FL_AMBIGUOUS_LOCAL_TIME": {"LI-053"},
    "FL_ANSWER_AFTER_DEADLINE": {"LI-046"},
    "FL_BACKDATED_READY": {"LI-063"},
    "FL_CORRECTED": {"LI-064"},
    "FL_DOC_MISSING": {"LI-066"},
    "FL_DUPLICATE": {"LI-034", "LI-035"},
    "FL_EARLY_ANSWER": {"LI-100"},
    "FL_FUTURE_READY": {"LI-023"},
    "FL_LATE_AVMELD": {"LI-057"},
    "FL_LEAVE": {"LI-068"},
    "FL_MANUAL_NOTICE": {"LI-037"},
    "FL_PROMISE_NOT_KEPT": {"LI-062"},
    "FL_PROVISIONAL_ACK": {"LI-032", "LI-048"},
    "FL_RATE_UNVERIFIED": {"LI-073"},
    "FL_REVIEW": {"LI-005", "LI-031", "LI-036", "LI-042", "LI-049", "LI-053", "LI-057", "LI-064", "LI-065", "LI-069"},
    "FL_SPECIAL_GROUP": {"LI-010"},
}


def test_every_flag_names_the_rule_that_raises_it(read: Callable[[dict[str, Any]], Readings]) -> None:
    """Over all cases a flag comes with these rules and no others, so that an explanation cites the right one."""
    raised: dict[str, set[str]] = {}
    for parameters in cases():
        case, _ = parameters.values
        for note in read(case).agreement.notes:
            raised.setdefault(note.flag.value, set()).add(note.rule)
    assert raised == NOTES


HEAD = {"scheme": "NO-UKP", "currency": "NOK", "unit": "calendar_date", "version": "v"}


def table(*spans: tuple[str, str, int]) -> RateTable | Mistakes:
    rates = [{"from": first, "to": last, "amount": amount, "status": "press"} for first, last, amount in spans]
    return read_rates(json.dumps({**HEAD, "rates": rates}).encode())


def test_prices_of_a_single_date_and_of_one_krone() -> None:
    """A span may be one date long, and a price from one krone to one below a million."""
    found = table(("2026-01-01", "2026-01-01", 1), ("2026-01-02", "2026-12-31", 999_999))
    assert isinstance(found, RateTable)
    assert [rate.amount for rate in found.rates] == [1, 999_999]
    assert [rate.source for rate in found.rates] == ["", ""]
    for amount in (0, 1_000_000):
        assert isinstance(table(("2026-01-01", "2026-12-31", amount)), Mistakes)


def test_spans_that_share_one_date() -> None:
    """One date with two prices is a mistake, in a table as well as between two."""
    shared = table(("2026-01-01", "2026-06-30", 10), ("2026-06-30", "2026-12-31", 20))
    assert isinstance(shared, Mistakes)
    old = RateTable("old", (Rate(date(2026, 1, 1), date(2026, 6, 30), 10, RateStatus.PRESS),))
    for first, last in (("2026-06-30", "2026-12-31"), ("2025-12-01", "2026-01-01")):
        own = table((first, last, 20))
        assert isinstance(own, RateTable)
        assert isinstance(merge_rates(old, own), Mistakes)
    own = table(("2026-07-01", "2026-12-31", 20))
    assert isinstance(own, RateTable)
    merged = merge_rates(old, own)
    assert isinstance(merged, RateTable)
    assert [rate.amount for rate in merged.rates] == [10, 20]


@pytest.mark.parametrize(
    ("text", "good"),
    [("1900-01", True), ("2199-12", True), ("1899-12", False), ("2200-01", False), ("2012-00", False)],
)
def test_the_first_and_the_last_month(text: str, good: bool) -> None:
    """Months of the years 1900 to 2199, from January to December."""
    if good:
        assert str(Month.of(text)) == text
    else:
        with pytest.raises(ValueError, match="2012-03"):
            Month.of(text)


@pytest.mark.parametrize("text", ["2012-1²", "2012-٠١", "201²-01", "2012-1x", "2012-x1", "+201-01"])
def test_digits_that_are_no_months(text: str) -> None:
    """Only ASCII digits make a month."""
    with pytest.raises(ValueError, match=r"month|invalid literal"):
        Month.of(text)


def test_december_ends_with_the_year() -> None:
    """The last day of December is in the same year."""
    assert (Month.of("2012-12").first, Month.of("2012-12").last) == (date(2012, 12, 1), date(2012, 12, 31))
    assert Month.of("2012-11").last == date(2012, 11, 30)


def row(stay: str, *amounts: int | None) -> Row:
    nights = tuple(
        Charge(date(2012, 3, day), None if amount is None else Rate(date.min, date.max, amount, RateStatus.VERIFIED))
        for day, amount in enumerate(amounts, 1)
    )
    return Row(stay, nights, StartReason.LATER, EndReason.DISCHARGED, (), (), len(nights), "P 1")


def test_one_missing_price_blocks_the_sum() -> None:
    """One row without an amount is enough, and what is known is still summed."""
    shown = Ledger((row("a", 4000), row("b", 4000, None)), "v")
    assert (shown.amount_nok, shown.known_nok, shown.nights, shown.with_cost) == (None, 8000, 3, 2)
    assert Ledger((row("a", 4000), row("b")), "v").with_cost == 1


H, M = HerId("100"), HerId("200")


@pytest.mark.parametrize(
    ("one", "other", "mistakes"),
    [
        (Agreement(H, M, "P", Sector.SOMATIC), Agreement(H, M, "P", Sector.MENTAL), 0),
        (Agreement(H, M, "P", Sector.SOMATIC), Agreement(H, M, "P", Sector.SOMATIC), 1),
        (Agreement(H, M, "P", Sector.SOMATIC), Agreement(H, M, "P"), 1),
        (Agreement(H, M, "P"), Agreement(H, M, "P", Sector.MENTAL), 1),
        (Agreement(H, M, "P", last=date(2016, 1, 1)), Agreement(H, M, "P", first=date(2016, 1, 1)), 1),
        (Agreement(H, M, "P", first=date(2016, 1, 1)), Agreement(H, M, "P", last=date(2016, 1, 1)), 1),
        (Agreement(H, M, "P", last=date(2016, 1, 1)), Agreement(H, M, "P", first=date(2016, 1, 2)), 0),
        (Agreement(H, M, "P", first=date(2016, 1, 1), last=date(2016, 1, 1)), Agreement(M, H, "P"), 0),
    ],
)
def test_agreements_that_meet(one: Agreement, other: Agreement, mistakes: int) -> None:
    """Two for one night are a mistake: the sector of both or of one left out, and at least one date in common."""
    assert len(agreement_mistakes((one, other), ("P",))) == mistakes


def test_the_two_ends_of_time() -> None:
    """Dates near the ends of time are pulled in; the first local instant of any other is its own."""
    assert start_of(date.min) == start_of(EARLIEST.date()) == EARLIEST
    assert start_of(date.max) == start_of(LATEST.date()) == LATEST
    assert start_of(date(2012, 3, 5)) == datetime(2012, 3, 4, 23, tzinfo=UTC)
    assert following(date.max) == date.max
    assert following(date(2012, 2, 28)) == date(2012, 2, 29)


@pytest.fixture
def ours(decided_case: Callable[[dict[str, Any]], tuple[Case, Readings]]) -> Callable[..., OurStay]:
    """A stay of three nights from 5 March of a year."""

    def _ours(key: str, year: int = 2012) -> OurStay:
        facts = [
            {"kind": "admission_notice", "at": f"{year}-03-01T15:00+01:00"},
            {"kind": "ready_notice", "at": f"{year}-03-05T10:15+01:00", "ready": f"{year}-03-05"},
            {"kind": "discharged", "at": f"{year}-03-08T13:00+01:00"},
        ]
        return OurStay(key, *decided_case({"facts": facts, "as_of": f"{year}-04-02T00:00+02:00"}))

    return _ours


def their(reference: str, nights: int, amount: int, year: int = 2012) -> TheirLine:
    return TheirLine(7, reference, date(year, 3, 5), date(year, 3, 7), nights, amount)


def test_one_stay_that_differs_is_a_difference(ours: Callable[..., OurStay]) -> None:
    """One stay of two that differs: the statements do not agree, and the reason says both amounts and the price."""
    lines = [their("a", 3, 12_000), their("b", 3, 11_000)]
    found = compared(lines, [ours("a"), ours("b")], Month.of("2012-03"))
    assert not found.agrees
    [(kind, reason)] = [(gap.kind, gap.reason) for stay in found.stays for gap in stay.gaps]
    assert kind is Kind.AMOUNT
    assert reason == "ours 12000, theirs 11000, 4000 NOK a night"
    assert found.by_reason == ((f"{kind.value}: {reason}", 1),)


def test_a_price_that_nobody_knows(ours: Callable[..., OurStay]) -> None:
    """Where we have no price, the difference says so instead of a number."""
    found = compared([their("a", 3, 12_000, 2026)], [ours("a", 2026)], Month.of("2026-03"))
    reasons = [gap.reason for stay in found.stays for gap in stay.gaps if gap.kind is Kind.AMOUNT]
    assert reasons == [reason for reason in reasons if reason.endswith("no price known NOK a night")]


def test_nights_that_are_not_the_dates(ours: Callable[..., OurStay]) -> None:
    """The line, its nights and its dates are named."""
    found = compared([their("a", 5, 12_000)], [ours("a")], Month.of("2012-03"))
    [reason] = [gap.reason for stay in found.stays for gap in stay.gaps if gap.kind is Kind.NIGHTS]
    assert reason == "line 7: 5 nights, 2012-03-05 to 2012-03-07"


def test_reasons_are_counted_most_frequent_first(ours: Callable[..., OurStay]) -> None:
    """Of equally frequent reasons the first by the alphabet; what fits no stay is one of them."""
    lines = [
        their("a", 3, 11_000),
        their("b", 3, 11_000),
        TheirLine(9, "x", date(2012, 3, 20), date(2012, 3, 21), 2, 1),
    ]
    found = compared(lines, [ours("a"), ours("b")], Month.of("2012-03"))
    assert found.by_reason[0][1] == 2
    assert found.by_reason[-1] == ("they have, we have not: fits no stay", 1)


LATE = [
    {"kind": "admitted", "at": "2024-03-01T09:00+01:00"},
    {"kind": "ready_notice", "at": "2024-03-05T10:15+01:00", "ready": "2024-03-05"},
    {"kind": "discharged", "at": "2024-03-08T13:00+01:00"},
]


@pytest.mark.parametrize(
    ("overrides", "notice", "late"),
    [
        ({"adm_24h": "wall_clock"}, {"at": "2024-03-02T09:00+01:00"}, False),
        ({"adm_24h": "wall_clock"}, {"at": "2024-03-02T09:01+01:00"}, True),
        (
            {"adm_anchor": "need_identified"},
            {"at": "2024-03-04T10:00+01:00", "need_identified": "2024-03-03T09:59+01:00"},
            True,
        ),
        (
            {"adm_anchor": "need_identified"},
            {"at": "2024-03-04T10:00+01:00", "need_identified": "2024-03-03T10:00+01:00"},
            False,
        ),
    ],
)
def test_the_24_hours_of_other_policies(
    overrides: dict[str, str], notice: dict[str, str], late: bool, decided: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """By the clock on the wall, or from when the need was seen: exactly 24 hours are in time."""
    facts = [*LATE, {"kind": "admission_notice", **notice}]
    assert ("FL_ADM_NOTICE_LATE" in decided({"facts": facts, "overrides": overrides})["flags"]) == late


@pytest.mark.parametrize("kind", ["admitted", "ready_notice", "discharged"])
@pytest.mark.parametrize("end", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_message_of_the_ends_of_time_is_told_and_drawn(
    kind: str, end: str, profiles: tuple[Profile, ...], rates: RateTable
) -> None:
    """A fact that a message dates to the year 1 or 9999 is told, drawn and decided like any other."""
    found = read_case(json.dumps({"facts": LATE}).encode(), profiles)
    assert isinstance(found, CaseFile)
    number = [fact["kind"] for fact in LATE].index(kind)
    facts = list(found.case.facts)
    facts[number] = replace(facts[number], when=parse_moment(end))
    case = replace(found.case, facts=tuple(facts))
    readings = read_both(case, found.profile, profiles[0], rates, parse_moment("2024-04-01T00:00:00Z"))
    told = fact_line(facts[number], Language.ENGLISH)
    assert end[:4] in told
    assert explained(readings, Language.NORWEGIAN)
    assert picture(facts, readings, Language.ENGLISH).startswith("<svg")
