"""On which date does a moment count: Oslo dates, cut-off hour, lead time and holidays (LI-038, LI-039, LI-053).

The two ends of time that `datetime` knows are pulled in by some days and years, so that no arithmetic of the engine
can run over them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from adapter.liability.policy import AfterCutoff, Policy
from adapter.values import OSLO, Moment, oslo_day

EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
LATEST = datetime(9990, 1, 1, tzinfo=UTC)

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


def clamped(instant: datetime) -> datetime:
    return min(max(instant, EARLIEST), LATEST)


def start_of(day: date) -> datetime:
    """The first instant of a local date. It orders a fact without clock time; it never stands for one (LI-022)."""
    if not EARLIEST.date() < day < LATEST.date():
        return EARLIEST if day <= EARLIEST.date() else LATEST
    return datetime(day.year, day.month, day.day, tzinfo=OSLO).astimezone(UTC)


def instant_of(when: Moment | date) -> datetime:
    """The instant that orders a fact; `start_of` for a plain date."""
    return clamped(when.instant) if isinstance(when, Moment) else start_of(when)


def following(day: date) -> date:
    return day + _ONE_DAY if day < date.max else day


def notice_date(moment: datetime, policy: Policy) -> date:
    """The date on which a notice of this moment counts: the later of what cut-off and lead time make of it."""
    day = oslo_day(moment)
    if policy.cutoff is not None and moment.astimezone(OSLO).time() >= policy.cutoff:
        day = following(day)
        while policy.after_cutoff is AfterCutoff.NEXT_WORKING_DAY and not _is_working_day(day, policy):
            day = following(day)
    return max(day, oslo_day(moment + timedelta(hours=policy.lead_h)))


def _is_working_day(day: date, policy: Policy) -> bool:
    return day.weekday() < _SATURDAY and day not in policy.holiday_calendar
