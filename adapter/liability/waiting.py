"""Why is a date that the patient was in hospital, ready and waiting, not a payable night?

Statistics count every night from readiness to departure, an agreement pays only some of them; the difference by reason
is what statistics show and where the control of an invoice begins (`liability.md` §8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from adapter.facts import AdmissionNotice, AnswerKind
from adapter.liability.case import Case
from adapter.liability.entries import Entry
from adapter.liability.periods import Period, periods, valid_notices
from adapter.liability.policy import AdmissionMissing
from adapter.liability.readings import Readings
from adapter.liability.reasons import ZeroCode
from adapter.liability.timeline import Timeline, timeline
from adapter.values import Moment, Zone


class Unpaid(StrEnum):
    """Why a date is not payable. When several fit, the first in this order is given."""

    OUT_OF_SCOPE = "out_of_scope"
    AGREEMENT = "agreement"
    """payable under the regulation, but not under the agreement"""
    NOT_YET = "not_yet"
    """on or after the date of evaluation"""
    LEFT = "left"
    """the patient had left or died"""
    WITHDRAWN = "avmeldt"
    NO_NOTICE = "no_notice"
    """no valid notice of readiness counted on that date"""
    NOT_READY = "not_ready"
    NO_ADMISSION_NOTICE = "no_admission_notice"
    ACCEPTED = "accepted"
    DOCUMENT_MISSING = "document_missing"
    OTHER = "other"


_BY_CODE = {
    ZeroCode.OUT_OF_SCOPE: Unpaid.OUT_OF_SCOPE,
    ZeroCode.NO_READY_NOTICE: Unpaid.NO_NOTICE,
    ZeroCode.CANCELLED: Unpaid.NO_NOTICE,
    ZeroCode.NOTICE_REJECTED: Unpaid.NO_NOTICE,
    ZeroCode.NOTICE_UNACKED: Unpaid.NO_NOTICE,
}
"""The codes that hold for every date of a case decided before any period."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The course of one case, to ask it about its dates. Made by `waiting`."""

    line: Timeline
    periods: tuple[Period, ...]
    readings: Readings

    @property
    def admission_notices(self) -> tuple[Entry[AdmissionNotice], ...]:
        """The valid notices of admission (§ 8) of a type that the policy takes."""
        types = self.readings.profile.policy.adm_notice_types
        return tuple(entry for entry in self.line.notices if entry.what.type in types)

    @property
    def ready(self) -> date | None:
        """The ready date of the first notice that was not cancelled, valid or not, after corrections."""
        return next((entry.what.ready for entry in self.line.ready if entry.cancelled is None), None)

    @property
    def left(self) -> date | None:
        """When the patient left or died; None while still there."""
        days = [entry.day for entry in self.line.discharged] + [entry.day for entry in self.line.deaths]
        return min(days, default=None)

    @property
    def nights_waited(self) -> int:
        """Departure minus ready date, or the evaluation date for who still waits; nothing is subtracted (§8)."""
        return len(self.dates)

    @property
    def dates(self) -> tuple[date, ...]:
        """The dates of the wait: from the ready date to the day before departure or evaluation."""
        if self.ready is None:
            return ()
        end = self.line.today if self.left is None else self.left
        return tuple(self.ready + timedelta(number) for number in range((end - self.ready).days))

    def why_unpaid(self, day: date) -> Unpaid:
        """Why the agreement makes this date not payable; it is none of the payable nights."""
        decision = self.readings.agreement
        if decision.end_reason is ZeroCode.OUT_OF_SCOPE:
            return Unpaid.OUT_OF_SCOPE
        if any(night.date == day for night in self.readings.regulation.nights):
            return Unpaid.AGREEMENT
        if day >= self.line.today:
            return Unpaid.NOT_YET
        if self.left is not None and self.left <= day:
            return Unpaid.LEFT
        if isinstance(decision.end_reason, ZeroCode) and decision.end_reason in _BY_CODE and not decision.spans:
            return _BY_CODE[decision.end_reason]
        if decision.end_reason is ZeroCode.DOCUMENT_MISSING:
            return Unpaid.DOCUMENT_MISSING
        return self._in_its_period(day)

    def _in_its_period(self, day: date) -> Unpaid:
        begun = [period for period in self.periods if period.notice.day <= day]
        if not begun:
            return Unpaid.NO_NOTICE
        period = begun[-1]
        if period.closing is not None and period.closing.day <= day:
            return Unpaid.WITHDRAWN
        if period.notice.ready > day:
            return Unpaid.NOT_READY
        if self._waits_for_admission_notice(day):
            return Unpaid.NO_ADMISSION_NOTICE
        if any(given.kind is AnswerKind.ACCEPT and given.day <= day for given in period.answers):
            return Unpaid.ACCEPTED
        return Unpaid.OTHER

    def _waits_for_admission_notice(self, day: date) -> bool:
        if self.readings.profile.policy.adm_missing is not AdmissionMissing.VOID_UNTIL_CURED:
            return False
        notices = self.admission_notices
        return not notices or notices[0].day > day


def waiting(case: Case, readings: Readings) -> Waiting:
    """The course of a case under the policy of its readings, at their time of evaluation."""
    policy, at = readings.profile.policy, readings.agreement.as_of
    line = timeline(case.facts, policy, Moment(at, "", Zone.STATED))
    valid = valid_notices(line, policy)
    found: Sequence[Period] = periods(line, valid, policy)[0] if valid else ()
    return Waiting(line, tuple(found), readings)
