"""What do the stays of a period show together: waits, answers and costs by group, with small cells hidden.

Two measures stand beside the payable nights (`liability.md` §8). `nights_waited` is that of SAMDATA: nights in hospital
after the patient was judged ready; `nights_skde` is that of SKDE: departure minus ready date, stays left out whose
admission comes after the ready date or who are still there. Neither subtracts anything; the difference to the payable
nights is told by reason. A stay belongs to the period and the group of its first notice of readiness.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median

from adapter.facts import AnswerKind, Fact, ReadyNotice, ReceiptGiven, ReceiptStatus
from adapter.liability.calendar import start_of
from adapter.liability.case import Case, SenderType
from adapter.liability.entries import Entry
from adapter.liability.readings import Readings
from adapter.liability.waiting import Waiting, waiting
from adapter.values import OSLO, Moment, oslo_day

_IN_TIME = timedelta(hours=24)


class By(StrEnum):
    """What the stays are grouped by; `weekday` and `hour` are those of the notice, in Oslo time."""

    HOSPITAL = "hospital"
    WARD = "ward"
    WEEKDAY = "weekday"
    HOUR = "hour"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Observed:
    """One stay as it is counted. `patient` tells patients apart and is never shown; `ward` is empty where no message
    names one."""

    patient: str
    hospital: str
    ward: str
    case: Case
    readings: Readings


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a group; None is a small cell that is hidden, or a figure that there is nothing to make of.

    Hours are elapsed hours from the first valid notice to the first answer after it, whatever the answer; shares are
    from 0 to 1. `amount_known_nok` is the sum of the nights that have a price.
    """

    cases: int | None
    patients: int | None
    cases_with_cost: int | None
    nights_payable: int | None
    nights_waited: int | None
    nights_skde: int | None
    amount_known_nok: int | None
    median_hours_to_answer: float | None
    share_answered_same_date: float | None
    share_admission_notice_in_24h: float | None
    share_with_withdrawal: float | None
    notices_receipt_negative: int | None
    notices_receipt_missing: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """A group and its figures. `hidden`: it has too few stays to be shown, or would give such a group away."""

    name: str
    figures: Figures
    hidden: bool


@dataclass(frozen=True, slots=True)
class Statistics:
    """All stays together, each group, the nights waited that were not payable by reason, and NPR's points in time.

    `npr` counts events by the code of list 8477. Counts in both are None where they are small cells.
    """

    whole: Figures
    groups: tuple[Group, ...]
    unpaid: tuple[tuple[str, int | None], ...]
    npr: tuple[tuple[int, int | None], ...]
    smallest_cell: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is counted of one stay."""

    observed: Observed
    notice: Entry[ReadyNotice]
    course: Waiting
    hours_to_answer: tuple[float, ...]
    same_date: tuple[bool, ...]
    admission_in_time: bool | None

    @property
    def paid(self) -> int:
        return len(self.observed.readings.agreement.nights)


def statistics(
    stays: Iterable[Observed], by: By | None, smallest_cell: int, first: date = date.min, last: date = date.max
) -> Statistics:
    """The statistics of the stays whose first notice of readiness lies on the dates `first` to `last`, both included.

    What fewer than `smallest_cell` stays would say is hidden; where only one group is hidden, the next smallest is
    too, so that it cannot be worked out from the sum.
    """
    seen = [one for stay in stays if (one := _seen(stay)) is not None and first <= one.notice.day <= last]
    grouped: dict[str, list[_Seen]] = defaultdict(list)
    for one in seen:
        if by is not None:
            grouped[_GROUP[by](one)].append(one)
    hidden = _hidden({name: len(members) for name, members in grouped.items()}, smallest_cell)
    groups = tuple(
        Group(name, _nothing() if name in hidden else _figures(grouped[name], smallest_cell), name in hidden)
        for name in sorted(grouped)
    )
    unpaid: dict[str, list[int]] = defaultdict(list)
    npr: Counter[int] = Counter()
    whose: dict[int, set[str]] = defaultdict(set)
    for one in seen:
        for reason, count in _unpaid(one).items():
            unpaid[reason].append(count)
        for code, _ in npr_events(one.course):
            npr[code] += 1
            whose[code].add(one.observed.patient)
    return Statistics(
        _nothing() if 0 < len(seen) < smallest_cell else _figures(seen, smallest_cell),
        groups,
        tuple((reason, _cell(sum(c), len(c), smallest_cell)) for reason, c in sorted(unpaid.items())),
        tuple((code, _cell(npr[code], len(whose[code]), smallest_cell)) for code in sorted(npr)),
        smallest_cell,
    )


def npr_events(course: Waiting) -> tuple[tuple[int, Moment | date], ...]:
    """The points in time that hospitals report to NPR, by code of list 8477 (`liability.md` §8), in order of time."""
    line = course.line
    found = [(1, entry.at, entry.fact.when) for entry in course.admission_notices]
    for ready in line.ready:
        if ready.cancelled is None:
            found += [(2, start_of(ready.what.ready), ready.what.ready), (3, ready.at, ready.fact.when)]
    found += [(4, entry.at, entry.fact.when) for entry in line.withdrawals]
    for answer in line.answers:
        if (code := _NPR_OF_ANSWER.get(answer.what.answer)) is not None:
            found.append((code, answer.at, answer.fact.when))
    return tuple((code, when) for code, _, when in sorted(found, key=lambda event: (event[1], event[0])))


_NPR_OF_ANSWER = {AnswerKind.LATER: 6, AnswerKind.REFUSE: 6, AnswerKind.ACCEPT: 7}


# ── one stay ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _seen(observed: Observed) -> _Seen | None:
    """None for a stay without a notice of readiness: it is no case."""
    course = waiting(observed.case, observed.readings)
    if not course.line.ready:
        return None
    hours: list[float] = []
    same: list[bool] = []
    for period in course.periods:
        opened = period.notice.entry.at
        answers = [given.entry.at for given in period.answers if given.entry.at >= opened]
        same.append(any(oslo_day(at) == oslo_day(opened) for at in answers))
        if answers:
            hours.append((min(answers) - opened) / timedelta(hours=1))
    first = course.line.ready[0]
    return _Seen(observed, first, course, tuple(hours), tuple(same), _admission_in_time(course))


def _admission_in_time(course: Waiting) -> bool | None:
    """Whether notice of admission came within 24 hours; None where the admission has no clock time."""
    admitted = course.line.admitted
    if not admitted or not isinstance(admitted[0].fact.when, Moment):
        return None
    return any(entry.at - admitted[0].at <= _IN_TIME for entry in course.admission_notices)


def _skde(one: _Seen) -> int | None:
    ready, left, admitted = one.course.ready, one.course.left, one.course.line.admitted
    if ready is None or left is None or (admitted and admitted[0].day > ready):
        return None
    return max(0, (left - ready).days)


def _unpaid(one: _Seen) -> Mapping[str, int]:
    paid = {night.date for night in one.observed.readings.agreement.nights}
    return Counter(one.course.why_unpaid(day).value for day in one.course.dates if day not in paid)


def _local(one: _Seen) -> datetime:
    return one.notice.at.astimezone(OSLO)


_WEEKDAYS = ("1 Monday", "2 Tuesday", "3 Wednesday", "4 Thursday", "5 Friday", "6 Saturday", "7 Sunday")
_GROUP: Mapping[By, Callable[[_Seen], str]] = {
    By.HOSPITAL: lambda one: one.observed.hospital,
    By.WARD: lambda one: f"{one.observed.hospital} {one.observed.ward or '-'}",
    By.WEEKDAY: lambda one: _WEEKDAYS[_local(one).weekday()],
    By.HOUR: lambda one: f"{_local(one).hour:02d}",
    By.SENDER: lambda one: _sender(one.observed.case.sender_type),
}


def _sender(kind: SenderType) -> str:
    """An emergency-bed unit (KAD/ØHD) sends the same messages, and its nights are never payable (LI-008)."""
    never = kind is SenderType.MUNICIPAL_EMERGENCY_UNIT
    return f"{kind.value} (never payable)" if never else kind.value


# ── figures and small cells ─────────────────────────────────────────────────────────────────────────────────────────


def _figures(seen: Sequence[_Seen], smallest: int) -> Figures:
    with_cost = [one for one in seen if one.paid]
    hours = [hour for one in seen for hour in one.hours_to_answer]
    same = [answered for one in seen for answered in one.same_date]
    in_time = [one.admission_in_time for one in seen if one.admission_in_time is not None]
    withdrawn = [bool(one.course.line.withdrawals) for one in seen]
    skde = [nights for one in seen if (nights := _skde(one)) is not None]
    receipts = Counter(status for one in seen for status in _receipts(one.observed.case.facts))
    waited = [nights for one in seen if (nights := one.course.nights_waited)]
    paid, nok = sum(one.paid for one in seen), sum(one.observed.readings.agreement.known_nok for one in seen)
    return Figures(
        cases=len(seen),
        patients=_cell(len({one.observed.patient for one in seen}), len(seen), smallest),
        cases_with_cost=_cell(len(with_cost), len(with_cost), smallest),
        nights_payable=_cell(paid, len(with_cost), smallest),
        nights_waited=_cell(sum(waited), len(waited), smallest),
        nights_skde=_cell(sum(skde), sum(map(bool, skde)), smallest),
        amount_known_nok=_cell(nok, len(with_cost), smallest),
        median_hours_to_answer=round(median(hours), 2) if len(hours) >= smallest else None,
        share_answered_same_date=_share(same, smallest),
        share_admission_notice_in_24h=_share(in_time, smallest),
        share_with_withdrawal=_share(withdrawn, smallest),
        notices_receipt_negative=_cell(receipts[ReceiptStatus.NEGATIVE], receipts[ReceiptStatus.NEGATIVE], smallest),
        notices_receipt_missing=_cell(receipts[ReceiptStatus.NONE], receipts[ReceiptStatus.NONE], smallest),
    )


def _receipts(facts: Iterable[Fact]) -> list[ReceiptStatus]:
    """What is known of the AppRec of each notice of readiness that a message carried."""
    known = list(facts)
    given = {fact.what.refers_to: fact.what.status for fact in known if isinstance(fact.what, ReceiptGiven)}
    return [
        given.get(fact.what.carrier.message, fact.what.carrier.receipt.status)
        for fact in known
        if isinstance(fact.what, ReadyNotice) and fact.what.carrier.message is not None
    ]


def _share(values: Sequence[bool], smallest: int) -> float | None:
    """A share; None of too few, or where the few who are in it, or not in it, could be told apart."""
    yes = sum(values)
    if len(values) < max(smallest, 1) or 0 < yes < smallest or 0 < len(values) - yes < smallest:
        return None
    return round(yes / len(values), 3)


def _cell(value: int, of: int, smallest: int) -> int | None:
    """A count or sum that `of` stays make up; None where they are few. Nobody at all is no secret."""
    return None if 0 < of < smallest else value


def _nothing() -> Figures:
    return Figures(**dict.fromkeys((field.name for field in fields(Figures)), None))


def _hidden(sizes: Mapping[str, int], smallest: int) -> frozenset[str]:
    small = {name for name, size in sizes.items() if size < smallest}
    others = sorted(sizes.keys() - small, key=lambda name: (sizes[name], name))
    if len(small) == 1 and others:
        small.add(others[0])
    return frozenset(small)
