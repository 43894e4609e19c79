"""The ledger, and the municipality's story of 2012 as its acceptance case (`liability.md` §5.11).

What the page of the municipality tells is kept: 52 dates, 43 patients, 17 of them to two earmarked places. The single
stays are invented so that they fit.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from adapter.liability.casefile import CaseFile, read_case
from adapter.liability.ledger import Account, Ledger, ledger
from adapter.liability.profiles import Profile
from adapter.liability.rates import RateTable
from adapter.liability.reasons import EndReason, StartReason, ZeroCode
from adapter.values import parse_moment

FIRST, LAST = date(2012, 1, 1), date(2012, 2, 21)
PLACES, STAY_DAYS = 2, 4


@dataclass(frozen=True)
class Arrival:
    """A patient: ready when, waiting how many nights, and until when in an earmarked place (None: elsewhere)."""

    ready: date
    nights: int
    place_until: date | None

    @property
    def left(self) -> date:
        return self.ready + timedelta(days=self.nights)

    def case(self) -> dict[str, object]:
        day, left = self.ready, self.left
        facts: list[dict[str, str]] = [
            {"kind": "admitted", "at": f"{day - timedelta(days=5)}T10:00+01:00"},
            {"kind": "admission_notice", "at": f"{day - timedelta(days=5)}T15:00+01:00", "message": "a"},
            {"kind": "ready_notice", "at": f"{day}T10:00+01:00", "ready": str(day), "message": "r"},
        ]
        if self.nights:
            facts.append({"kind": "answer", "at": f"{day}T11:00+01:00", "answer": "later", "promised": str(left)})
        facts += [
            {"kind": "answer", "at": f"{left}T12:00+01:00", "answer": "accept", "message": "s"},
            {"kind": "discharged", "at": f"{left}T14:00+01:00"},
        ]
        return {"facts": facts}


def arrivals() -> Iterator[Arrival]:
    """43 patients: 17 take turns in the places, two of them a day late because both are taken; one waits two days."""
    first = FIRST + timedelta(days=1)
    free = [first] * PLACES
    for number in range(17):
        ready = first + timedelta(days=3 * number)
        nights = 0
        if number in {5, 11}:
            ready = min(free) - timedelta(days=1)
            nights = 1
        place = free.index(min(free))
        start = ready + timedelta(days=nights)
        assert free[place] <= start
        free[place] = start + timedelta(days=STAY_DAYS if number % 3 else 3)
        if number in {4, 10}:
            free = [start + timedelta(days=STAY_DAYS)] * PLACES
        yield Arrival(ready, nights, free[place])
    for number in range(25):
        yield Arrival(first + timedelta(days=2 * number), 0, None)
    yield Arrival(date(2012, 2, 10), 2, None)


@pytest.fixture(scope="module")
def story(profiles: tuple[Profile, ...], rates: RateTable) -> Ledger:
    accounts = []
    for number, arrival in enumerate(arrivals()):
        found = read_case(json.dumps(arrival.case()).encode(), profiles)
        assert isinstance(found, CaseFile)
        accounts.append(Account(f"stay-{number:02d}", found.case, found.profile))
    return ledger(reversed(accounts), profiles[0], rates, parse_moment("2012-03-01T00:00+01:00"))


def test_the_story_fits_what_is_told() -> None:
    """43 patients in 52 dates, 17 in earmarked places, of which never more than two are in use."""
    found = list(arrivals())
    assert (LAST - FIRST).days + 1 == 52
    assert len(found) == 43
    assert all(FIRST <= arrival.ready <= arrival.left <= LAST for arrival in found)
    placed = [arrival for arrival in found if arrival.place_until is not None]
    assert len(placed) == 17
    used: Counter[date] = Counter()
    for arrival in placed:
        assert arrival.place_until is not None
        days = (arrival.place_until - arrival.left).days
        assert days in {3, 4}
        used.update(arrival.left + timedelta(days=number) for number in range(days))
    assert max(used.values()) <= PLACES
    assert 51 <= sum(used.values()) <= 68


def test_the_story_in_numbers(story: Ledger) -> None:
    """40 stays cost nothing, three cost four nights together, NOK 16 000."""
    assert (len(story.rows), story.with_cost, story.nights) == (43, 3, 4)
    assert (story.amount_nok, story.known_nok) == (16_000, 16_000)
    assert round(story.nights / len(story.rows), 3) == 0.093
    reasons = Counter((row.start_reason, row.end_reason, len(row.nights)) for row in story.rows)
    assert reasons == {
        (StartReason.NOTHING, ZeroCode.ACCEPTED_SAME_DAY, 0): 40,
        (StartReason.LATER, EndReason.OFFER_READY, 1): 2,
        (StartReason.LATER, EndReason.OFFER_READY, 2): 1,
    }
    assert all(row.flags == () and row.changed_by == () for row in story.rows)


def test_rows_are_in_the_order_of_their_stays(story: Ledger) -> None:
    """The ledger has its rows by key, whatever order the stays came in."""
    assert [row.stay for row in story.rows] == sorted(row.stay for row in story.rows)


CASE = {
    "facts": [
        {"kind": "admission_notice", "at": "2025-12-20T18:00+01:00"},
        {"kind": "ready_notice", "at": "2025-12-29T10:00+01:00", "ready": "2025-12-29"},
        {"kind": "discharged", "at": "2026-01-03T10:00+01:00"},
    ],
    "overrides": {"lead_h": 24},
}


def one(profiles: tuple[Profile, ...], rates: RateTable, as_of: str, *dates: date) -> Ledger:
    found = read_case(json.dumps(CASE).encode(), profiles)
    assert isinstance(found, CaseFile)
    account = Account("stay-1", found.case, found.profile)
    return ledger([account], profiles[0], rates, parse_moment(as_of), *dates)


def test_a_row(profiles: tuple[Profile, ...], rates: RateTable) -> None:
    """A row has dates, reasons, flags, the agreement's keys and the nights of the regulation beside them."""
    row = one(profiles, rates, "2026-02-01T00:00Z").rows[0]
    assert (len(row.nights), row.first, row.last) == (4, date(2025, 12, 30), date(2026, 1, 2))
    assert (row.regulation_nights, row.changed_by, row.policy) == (5, ("lead_h",), "NO-BASE 1")
    assert (row.amount_nok, row.known_nok) == (None, 2 * 5981)
    assert (row.start_reason, row.end_reason) == (StartReason.NO_ANSWER, EndReason.DISCHARGED)


def test_only_the_nights_of_a_month(profiles: tuple[Profile, ...], rates: RateTable) -> None:
    """A ledger from one date to another has the nights in between, both dates included."""
    december = one(profiles, rates, "2026-02-01T00:00Z", date(2025, 12, 1), date(2025, 12, 31))
    assert (december.nights, december.amount_nok, december.rows[0].regulation_nights) == (2, 2 * 5981, 3)
    february = one(profiles, rates, "2026-03-01T00:00Z", date(2026, 2, 1), date(2026, 2, 28))
    assert (february.nights, february.with_cost, february.amount_nok) == (0, 0, 0)
    assert (february.rows[0].first, february.rows[0].last) == (None, None)


def test_as_of_an_earlier_time(profiles: tuple[Profile, ...], rates: RateTable) -> None:
    """A ledger as of a time knows only what was known then."""
    then = one(profiles, rates, "2025-12-31T12:00Z")
    assert (then.nights, then.rows[0].end_reason) == (1, EndReason.OPEN)


def test_an_amount_that_is_not_known(profiles: tuple[Profile, ...], rates: RateTable) -> None:
    """A missing price leaves the total without an amount, and the known part stands beside it."""
    whole = one(profiles, rates, "2026-02-01T00:00Z")
    assert (whole.nights, whole.amount_nok, whole.known_nok) == (4, None, 2 * 5981)
