"""Which notices open a period of readiness, what closes it, and which answers belong to it: steps 6 and 7.

    READY ────────► period open ──(AVMELD that reaches its notice)──► closed ──(READY that it does not reach)──► next
                       │  ▲
                       └──┘ a later READY joins: it changes nothing (LI-034)

An AVMELD with effective date A reaches every READY that was received before it and whose ready date or notice date is
on or before A. A late one therefore cannot swallow a new readiness. An answer belongs to the last period whose notice
was there before it; one from outside a period is early (LI-100).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from adapter.facts import Answer, AnswerKind, Channel, ReadyNotice, Withdrawal
from adapter.liability.calendar import notice_date
from adapter.liability.entries import Entry, Standing
from adapter.liability.policy import AnswerTime, CancelEffect, EarlyAccept, FutureReady, NoticeTime, Policy
from adapter.liability.reasons import EndReason, Flag, Note
from adapter.liability.timeline import Timeline
from adapter.values import oslo_day


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of readiness that is valid. `moment` dates it (`notice_time`); `day` is the date on which it counts."""

    entry: Entry[ReadyNotice]
    moment: datetime
    day: date

    @property
    def ready(self) -> date:
        return self.entry.what.ready


@dataclass(frozen=True, slots=True)
class Closing:
    """What closed a period, from `day` on: an AVMELD, or a cancellation that only ends. `at` is when it was received.

    `only` are the notices that it closes where that is not by reach.
    """

    day: date
    reason: EndReason
    at: datetime
    by: Entry[Withdrawal] | Entry[ReadyNotice]
    only: tuple[Notice, ...] = ()

    def closes(self, notice: Notice) -> bool:
        if self.only:
            return any(one is notice for one in self.only)
        return notice.entry.at <= self.at and min(notice.ready, notice.day) <= self.day


@dataclass(frozen=True, slots=True)
class Given:
    """An answer in its period. `moment` dates it (`answer_time`), `day` is its local date."""

    entry: Entry[Answer]
    kind: AnswerKind
    promised: date | None
    moment: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Period:
    """A time of readiness: the notice that opened it, what closed it (None: nothing did), its answers by moment."""

    notice: Notice
    closing: Closing | None
    answers: tuple[Given, ...] = ()


def valid_notices(line: Timeline, policy: Policy) -> tuple[Notice, ...]:
    """The notices that count, in the order of their reception."""
    return tuple(_notice(entry, policy) for entry in line.ready if counts(entry, policy))


def counts(entry: Entry[ReadyNotice], policy: Policy) -> bool:
    """Whether a notice is valid or provisional; with `apprec_ok` only a positive AppRec makes it so (LI-030)."""
    if entry.cancelled is not None and policy.cancel_effect is CancelEffect.VOID:
        return False
    if policy.notice_time is NoticeTime.APPREC_OK:
        return entry.standing is Standing.VALID
    return entry.standing.counts


def _notice(entry: Entry[ReadyNotice], policy: Policy) -> Notice:
    moment = entry.at
    match policy.notice_time:
        case NoticeTime.APPREC_OK:
            moment = entry.positive or entry.at
        case NoticeTime.GENERATED:
            moment = entry.generated
        case NoticeTime.SENT:
            moment = entry.sent
    return Notice(entry, moment, notice_date(moment, policy))


def periods(line: Timeline, notices: Sequence[Notice], policy: Policy) -> tuple[tuple[Period, ...], list[Note]]:
    """The periods in order of time. `notices` are the valid ones, at least one."""
    closings, notes = _closings(line, notices)
    found: list[Period] = []
    for notice in notices:
        closing = min(
            (closing for closing in closings if closing.closes(notice)), key=_earliest_then_first, default=None
        )
        if found and (found[-1].closing is None or found[-1].closing.closes(notice)):
            notes.append(Note(Flag.DUPLICATE, "LI-034", notice.entry.fact))
        else:
            found.append(Period(notice, closing))
            notes += _opening_notes(notice, policy)
    return _with_answers(found, line.answers, policy, notes), notes


def _earliest_then_first(closing: Closing) -> tuple[date, bool, datetime]:
    return closing.day, closing.reason is EndReason.CANCELLED, closing.at


def _closings(line: Timeline, notices: Sequence[Notice]) -> tuple[list[Closing], list[Note]]:
    closings: list[Closing] = []
    notes: list[Note] = []
    for entry in line.withdrawals:
        before = [notice for notice in notices if notice.entry.at <= entry.at]
        if not before:
            continue
        closing = Closing(entry.what.effective or entry.day, EndReason.WITHDRAWN, entry.at, entry)
        if not any(closing.closes(notice) for notice in before):
            # A repeat changes nothing: what is open together with the last notice is closed together with it.
            still_open = tuple(notice for notice in before if not any(other.closes(notice) for other in closings))
            closing = replace(closing, only=still_open if before[-1] in still_open else (before[-1],))
            notes.append(Note(Flag.REVIEW, "LI-057", entry.fact))
        if closing.day < entry.day:
            notes.append(Note(Flag.LATE_WITHDRAWAL, "LI-057", entry.fact))
        closings.append(closing)
    for notice in notices:
        if (cancelled := notice.entry.cancelled) is not None:
            closings.append(Closing(oslo_day(cancelled), EndReason.CANCELLED, cancelled, notice.entry, only=(notice,)))
    return closings, notes


def _opening_notes(notice: Notice, policy: Policy) -> list[Note]:
    entry = notice.entry
    dated = oslo_day(notice.moment)
    raised: list[tuple[Flag, str]] = []
    if notice.ready < dated:
        raised.append((Flag.BACKDATED_READY, "LI-063"))
    if notice.ready > dated and policy.future_ready is FutureReady.PROVISIONAL:
        raised.append((Flag.FUTURE_READY, "LI-023"))
    if entry.what.channel is Channel.MANUAL:
        raised.append((Flag.MANUAL_NOTICE, "LI-037"))
    if entry.standing is Standing.PROVISIONAL:
        raised.append((Flag.PROVISIONAL_ACK, "LI-032"))
    return [Note(flag, rule, entry.fact) for flag, rule in raised]


def _with_answers(
    found: list[Period], answers: Sequence[Entry[Answer]], policy: Policy, notes: list[Note]
) -> tuple[Period, ...]:
    """Each period with its answers, in the order of the moments that date them."""
    own: list[list[Given]] = [[] for _ in found]
    early: list[list[Given]] = [[] for _ in found]
    opened = [period.notice.entry.at for period in found]
    for entry in answers:
        last = bisect_right(opened, entry.at) - 1
        closing = found[last].closing if last >= 0 else None
        if last >= 0 and (closing is None or entry.at < closing.at):
            own[last].append(_given(entry, policy, found[last].notice, notes))
            continue
        following = found[last + 1].notice if last + 1 < len(found) else None
        given = _given(entry, policy, following, notes)
        if given.kind is AnswerKind.ACCEPT:
            notes.append(Note(Flag.EARLY_ANSWER, "LI-100", entry.fact))
        if following is not None:
            early[last + 1].append(given)
    result: list[Period] = []
    for period, inside, before in zip(found, own, early, strict=True):
        counting = _counted_early(before, period.notice) if policy.early_accept is EarlyAccept.COUNTS else []
        ordered = sorted([*counting, *inside], key=lambda given: given.moment)
        for given in ordered:
            if given.entry.standing is Standing.PROVISIONAL and given.kind in {AnswerKind.ACCEPT, AnswerKind.WITHDRAW}:
                notes.append(Note(Flag.PROVISIONAL_ACK, "LI-048", given.entry.fact))
        result.append(replace(period, answers=tuple(ordered)))
    return tuple(result)


def _counted_early(before: Sequence[Given], notice: Notice) -> list[Given]:
    """The early accept that still holds when the notice comes, as if given at its moment (LI-100)."""
    words = [given for given in before if given.kind in {AnswerKind.ACCEPT, AnswerKind.WITHDRAW}]
    if not words or words[-1].kind is AnswerKind.WITHDRAW:
        return []
    return [replace(words[-1], moment=notice.moment, day=oslo_day(notice.moment))]


def _given(entry: Entry[Answer], policy: Policy, notice: Notice | None, notes: list[Note]) -> Given:
    """The answer as it counts: a yes with a date after its own day and the ready date is a `later` (LI-042)."""
    moment = entry.at
    match policy.answer_time:
        case AnswerTime.GENERATED:
            moment = entry.generated
        case AnswerTime.SENT:
            moment = entry.sent
    kind, promised, day = entry.what.answer, entry.what.promised, oslo_day(moment)
    latest = max(day, notice.ready) if notice else day
    if kind is AnswerKind.ACCEPT and promised is not None and promised > latest:
        notes.append(Note(Flag.REVIEW, "LI-042", entry.fact))
        kind = AnswerKind.LATER
    return Given(entry, kind, promised, moment, day)
