"""Until when a received message is to be receipted, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapter.delivery import owed
from adapter.values import Moment

CAME = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("made", "due"),
    [
        (CAME - timedelta(hours=2), CAME + timedelta(hours=94)),
        (CAME - timedelta(days=30), CAME - timedelta(days=26)),
        (CAME + timedelta(days=365), CAME + timedelta(hours=96)),
        (None, CAME + timedelta(hours=96)),
    ],
)
def test_the_time_runs_from_gendate(made: datetime | None, due: datetime) -> None:
    """A GenDate behind the arrival, or none, counts as the arrival: a wrong clock gives nobody more time."""
    assert owed.due(CAME, Moment.at(made) if made is not None else None) == due


def test_the_moments_of_the_alarm_and_of_the_end() -> None:
    """A day before the end, and at the end, neither a second earlier; the last instant there is can be asked too."""
    due = owed.due(CAME, None)
    told = CAME + timedelta(hours=72)
    assert [owed.is_soon(due, at) for at in (told - SECOND, told)] == [False, True]
    assert [owed.is_over(due, at) for at in (due - SECOND, due)] == [False, True]
    last = datetime.max.replace(tzinfo=UTC)
    assert not owed.is_soon(owed.due(last, None), CAME)
