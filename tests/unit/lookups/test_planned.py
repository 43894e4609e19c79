"""A until, then B: which certificate of a partner holds on which day, in overlaps and in gaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.crypto.certificates import Usage
from adapter.lookups.planned import FLIGHT, Planned, gaps, in_use, next_change
from adapter.testing.pki import ThrowAwayPki

PKI = ThrowAwayPki(2048)
A, B = (PKI.pair(name, "974744570", Usage.ENCRYPTION).certificate for name in "AB")


def day(number: int) -> datetime:
    return datetime(2026, 12, 1, tzinfo=UTC) + timedelta(days=number)


PLANS = {
    "one without dates": ((Planned(A),), [(0, A)], []),
    "one after the other": ((Planned(A, None, day(5)), Planned(B, day(5))), [(0, A), (4, A), (5, B), (9, B)], []),
    "an overlap": ((Planned(A, None, day(5)), Planned(B, day(3))), [(2, A), (3, B), (4, B), (5, B)], []),
    "an overlap, the other way round": ((Planned(B, day(3)), Planned(A, None, day(5))), [(2, A), (3, B)], []),
    "a gap": ((Planned(A, None, day(5)), Planned(B, day(7))), [(4, A), (5, None), (6, None), (7, B)], [(5, 7)]),
    "an end": ((Planned(A, None, day(5)),), [(4, A), (5, None)], [(5, None)]),
    "a late beginning": ((Planned(A, day(2)),), [(0, None), (2, A)], [(0, 2)]),
}


@pytest.mark.parametrize(("plan", "expected", "_"), PLANS.values(), ids=PLANS)
def test_the_day_decides(plan, expected, _) -> None:
    """Of those that hold the one that began last; the end is the first moment that is too late."""
    for number, certificate in expected:
        found = in_use(plan, day(number))
        assert (found.certificate if found is not None else None) == certificate


@pytest.mark.parametrize(("plan", "_", "expected"), PLANS.values(), ids=PLANS)
def test_gaps_are_found_beforehand(plan, _, expected) -> None:
    """Every stretch without a certificate from now on, with its end where it has one."""
    told = [(day(since), None if until is None else day(until)) for since, until in expected]
    assert list(gaps(plan, day(0))) == told


def test_what_is_under_way_is_believed() -> None:
    """A signature is believed for 84 hours after the certificate's until, and before its beginning."""
    one = Planned(A, day(3), day(5))
    assert one.is_believed(day(0))
    assert one.is_believed(day(5) + FLIGHT - timedelta(seconds=1))
    assert not one.is_believed(day(5) + FLIGHT)


moments = st.none() | st.integers(0, 9).map(day)


@given(st.lists(st.tuples(moments, moments), min_size=1, max_size=4), st.integers(0, 9))
def test_nothing_changes_before_the_next_change(ends, today) -> None:
    """Up to the next change the same certificate is in use, and at it another one or none."""
    plan = tuple(Planned(A, first, until) for first, until in ends)
    now, change = in_use(plan, day(today)), next_change(plan, day(today))
    days = [day(number) for number in range(today, 11)]
    assert all(in_use(plan, one) is now for one in days if change is None or one < change)
    if change is not None:
        assert in_use(plan, change) is not now
