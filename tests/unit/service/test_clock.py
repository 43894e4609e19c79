"""The clock of the service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapter.service.clock import lately

NOW = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("ago", "is_lately"),
    [(timedelta(0), True), (HOUR - timedelta(seconds=1), True), (HOUR, False), (-timedelta(seconds=1), False)],
)
def test_what_lies_ahead_is_not_lately(ago: timedelta, is_lately: bool) -> None:
    """A moment of the last hour is; one of an hour ago is not, nor one that a clock which was ahead has set."""
    assert lately(NOW - ago, HOUR, NOW) == is_lately
