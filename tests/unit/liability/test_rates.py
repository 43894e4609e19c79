"""The rate table."""

import json
from datetime import date
from typing import Any

import pytest

from adapter.liability.mistakes import Mistakes
from adapter.liability.rates import RateStatus, RateTable, merge_rates, read_rates

HEAD = {"scheme": "NO-UKP", "currency": "NOK", "unit": "calendar_date", "version": "own-1"}


def entry(year: int, amount: Any, status: str = "verified", **more: Any) -> dict[str, Any]:
    return {"from": f"{year}-01-01", "to": f"{year}-12-31", "amount": amount, "status": status, **more}


def table(*entries: Any, **head: Any) -> RateTable | Mistakes:
    return read_rates(json.dumps({**HEAD, **head, "rates": list(entries)}, indent=1).encode())


def test_shipped_prices(rates: RateTable) -> None:
    """The shipped table has the price and the status of every year from 2012 to 2025, and each its source."""
    amounts = [rate.amount for rate in rates.rates]
    assert amounts == [4000, 4125, 4255, 4387, 4505, 4622, 4747, 4885, 5036, 5167, 5306, 5508, 5745, 5981]
    assert [rate.first.year for rate in rates.rates] == list(range(2012, 2026))
    unsure = {rate.first.year: rate.status for rate in rates.rates if rate.status is not RateStatus.VERIFIED}
    assert unsure == {2013: RateStatus.UNVERIFIED, 2025: RateStatus.PRESS}
    assert all(rate.source for rate in rates.rates)


@pytest.mark.parametrize(
    ("day", "amount"),
    [("2011-12-31", None), ("2012-01-01", 4000), ("2018-12-31", 4747), ("2019-01-01", 4885), ("2026-01-01", None)],
)
def test_price_of_a_date(rates: RateTable, day: str, amount: int | None) -> None:
    """A date has the price of its span, and none outside all spans."""
    rate = rates.on(date.fromisoformat(day))
    assert (rate.amount if rate else None) == amount


@pytest.mark.parametrize(
    ("nights", "year", "total"), [(173, 2018, 821_231), (174, 2018, 825_978), (1199, 2025, 7_171_219)]
)
def test_printed_totals(rates: RateTable, nights: int, year: int, total: int) -> None:
    """The totals that municipalities have printed are whole nights times one price."""
    rate = rates.on(date(year, 6, 1))
    assert rate is not None
    assert nights * rate.amount == total


def test_every_mistake_with_its_line() -> None:
    """All mistakes of a table are told together, each with path and line."""
    found = table(
        entry(2026, 6200),
        entry(2026, 6300),
        entry(2027, "6400"),
        entry(2028, 0, "guess"),
        {"from": "2029-12-31", "to": "2029-01-01", "amount": 1.5, "status": "press", "colour": "red"},
        "x",
        currency="SEK",
    )
    assert isinstance(found, Mistakes)
    assert {mistake.where for mistake in found.all} == {
        "currency",
        "rates[1]",
        "rates[2].amount",
        "rates[3].amount",
        "rates[3].status",
        "rates[4].amount",
        "rates[4].to",
        "rates[4].colour",
        "rates[5]",
    }
    assert all(mistake.line > 1 for mistake in found.all)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b'{"rates": 1}'])
def test_no_table(content: bytes) -> None:
    """What is no table is mistakes."""
    assert isinstance(read_rates(content), Mistakes)


def test_years_may_be_added(rates: RateTable) -> None:
    """An operator's table adds years, and the version names both."""
    own = table(entry(2026, 6200))
    assert isinstance(own, RateTable)
    merged = merge_rates(rates, own)
    assert isinstance(merged, RateTable)
    rate = merged.on(date(2026, 5, 1))
    assert rate is not None
    assert rate.amount == 6200
    assert merged.version == f"{rates.version}+own-1"


def test_unsure_years_may_be_replaced(rates: RateTable) -> None:
    """An operator's price takes the place of one that is not verified."""
    own = table(entry(2025, 5982))
    assert isinstance(own, RateTable)
    merged = merge_rates(rates, own)
    assert isinstance(merged, RateTable)
    rate = merged.on(date(2025, 5, 1))
    assert rate is not None
    assert (rate.amount, rate.status, len(merged.rates)) == (5982, RateStatus.VERIFIED, 14)


def test_verified_years_are_never_changed(rates: RateTable) -> None:
    """A verified price may be repeated but not changed, and no span may be cut."""
    same = table(entry(2024, 5745))
    assert isinstance(same, RateTable)
    assert isinstance(merge_rates(rates, same), RateTable)
    half = {"from": "2025-07-01", "to": "2026-06-30", "amount": 6000, "status": "verified"}
    other = table(entry(2024, 5746), half)
    assert isinstance(other, RateTable)
    found = merge_rates(rates, other)
    assert isinstance(found, Mistakes)
    assert [mistake.where for mistake in found.all] == ["rates[0]", "rates[1]"]


@pytest.mark.parametrize(
    ("years", "day", "spans"),
    [
        ((2024, 2025), date(2025, 12, 31), []),
        ((2024, 2025), date(2026, 1, 1), [("2026-01-01", None)]),
        ((2024, 2026), date(2024, 12, 31), []),
        ((2024, 2026), date(2025, 1, 1), [("2025-01-01", "2025-12-31")]),
        ((2024, 2026), date(2027, 6, 1), [("2025-01-01", "2025-12-31"), ("2027-01-01", None)]),
        ((2024,), date(2020, 1, 1), []),
        ((), date(2020, 1, 1), []),
    ],
)
def test_spans_without_a_price(years: tuple[int, ...], day: date, spans: list[tuple[str, str | None]]) -> None:
    """What lies between two prices, or after the last, as soon as it has begun; a year to come is none."""
    found = table(*(entry(year, 6000) for year in years))
    assert isinstance(found, RateTable)
    told = [(str(one.first), None if one.last is None else str(one.last)) for one in found.without_price(day)]
    assert told == spans
