"""Which nights of a stay are payable, how much and why: steps 3 to 9 of the algorithm (`liability.md` §3.11).

A pure and total function: every set of facts, in any order, gets a decision; what a person must look at is a flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from adapter.facts import AdmissionNotice
from adapter.liability.calendar import clamped
from adapter.liability.case import Case
from adapter.liability.decision import Decision, Night, Span
from adapter.liability.entries import Entry, Standing
from adapter.liability.periods import periods, valid_notices
from adapter.liability.policy import AdmissionAnchor, AdmissionHours, AdmissionLate, AdmissionMissing, Policy, RateBy
from adapter.liability.rates import Rate, RateStatus, RateTable
from adapter.liability.reasons import Flag, Note, StartReason, ZeroCode
from adapter.liability.stretches import Bounds, Course, Stretch, course
from adapter.liability.timeline import Timeline, timeline
from adapter.values import OSLO, Moment

SCHEME_START = date(2012, 1, 1)
"""No night before it is payable under this rule set, whatever a policy says (LI-005)."""

_IN_TIME = timedelta(hours=24)


def decide(case: Case, policy: Policy, rates: RateTable, as_of: Moment | None) -> Decision:
    """Decide a case under one policy. `as_of` None evaluates at the latest moment that the facts name. Never raises."""
    line = timeline(case.facts, policy, as_of)
    notes = list(line.notes)
    if case.special_groups:
        notes.append(Note(Flag.SPECIAL_GROUP, "LI-010"))
    scheme_start = max(SCHEME_START, getattr(policy.sector_dates, case.sector))
    left = [entry.day for entry in line.discharged[:1]] + [entry.day for entry in line.deaths[:1]]
    if (
        case.sender_type not in policy.payable_sender_types
        or set(case.special_groups) & set(policy.exclusion_list)
        or any(day <= scheme_start for day in left)
    ):
        return _nothing(line, ZeroCode.OUT_OF_SCOPE, notes)
    notices = [entry for entry in line.notices if entry.what.type in policy.adm_notice_types]
    notes += _admission_notes(line, notices, policy)
    valid = valid_notices(line, policy)
    if not valid:
        return _nothing(line, _why_no_notice(line), notes)
    cured = next(
        (entry for entry in notices if policy.adm_late is not AdmissionLate.VOID or not _is_late(line, entry, policy)),
        None,
    )
    waits_for_cure = policy.adm_missing is AdmissionMissing.VOID_UNTIL_CURED
    if cured is None and waits_for_cure:
        return _nothing(line, ZeroCode.NO_ADMISSION_NOTICE, notes)
    found, more = periods(line, valid, policy)
    notes += more
    if cured is not None and waits_for_cure and cured.at > found[0].notice.entry.at:
        notes.append(Note(Flag.ADM_NOTICE_CURED_LATE, "LI-017", cured.fact))
    bounds = Bounds(
        scheme_start,
        cured if waits_for_cure else None,
        line.discharged[0] if line.discharged else None,
        line.deaths[0] if line.deaths else None,
        line.today,
    )
    courses: list[Course] = []
    for index, period in enumerate(found):
        courses.append(course(period, found[index - 1] if index else None, bounds, policy))
        notes += courses[-1].notes
    return _summed(line, courses, bounds, policy, rates, notes)


def _nothing(line: Timeline, why: ZeroCode, notes: Sequence[Note]) -> Decision:
    return Decision(line.now, (), StartReason.NOTHING, why, tuple(notes))


def _why_no_notice(line: Timeline) -> ZeroCode:
    """Step 4: no notice of readiness, or why the last one is not valid."""
    if not line.ready:
        return ZeroCode.NO_READY_NOTICE
    last = line.ready[-1]
    if last.cancelled is not None:
        return ZeroCode.CANCELLED
    return ZeroCode.NOTICE_REJECTED if last.standing is Standing.REJECTED else ZeroCode.NOTICE_UNACKED


# ── step 5: the notice of admission ─────────────────────────────────────────────────────────────────────────────────


def _admission_notes(line: Timeline, notices: Sequence[Entry[AdmissionNotice]], policy: Policy) -> list[Note]:
    if not notices:
        return []
    notes: list[Note] = []
    if policy.adm_late is not AdmissionLate.IGNORE and _is_late(line, notices[0], policy):
        notes.append(Note(Flag.ADM_NOTICE_LATE, "LI-018", notices[0].fact))
    if notices[0].standing is Standing.PROVISIONAL:
        notes.append(Note(Flag.PROVISIONAL_ACK, "LI-032", notices[0].fact))
    return notes


def _is_late(line: Timeline, notice: Entry[AdmissionNotice], policy: Policy) -> bool:
    """Whether the notice came more than 24 hours after its anchor; never where the anchor has no clock time."""
    anchor = _anchor(line, notice, policy)
    if anchor is None or not isinstance(notice.fact.when, Moment):
        return False
    if policy.adm_24h is AdmissionHours.ELAPSED:
        return notice.at - anchor > _IN_TIME
    return _wall_clock(notice.at) - _wall_clock(anchor) > _IN_TIME


def _anchor(line: Timeline, notice: Entry[AdmissionNotice], policy: Policy) -> datetime | None:
    """The admission, or the moment the need was seen where the policy says so and a person has entered it (LI-014)."""
    if policy.adm_anchor is AdmissionAnchor.NEED_IDENTIFIED and notice.what.need_identified is not None:
        return clamped(notice.what.need_identified.instant)
    if not line.admitted:
        return None
    timed = [entry for entry in line.admitted if isinstance(entry.fact.when, Moment)]
    return timed[0].at if timed and timed[0].day == line.admitted[0].day else None


def _wall_clock(instant: datetime) -> datetime:
    return instant.astimezone(OSLO).replace(tzinfo=None)


# ── step 9: the sum ─────────────────────────────────────────────────────────────────────────────────────────────────


def _summed(
    line: Timeline, courses: Sequence[Course], bounds: Bounds, policy: Policy, rates: RateTable, notes: list[Note]
) -> Decision:
    spans = _spans(courses, policy, rates)
    notes += [
        Note(Flag.REVIEW, "LI-005", one.period.notice.entry.fact) for one in courses if one.due < bounds.scheme_start
    ]
    if policy.require_doc and _document_is_missing(line, bounds):
        notes.append(Note(Flag.DOCUMENT_MISSING, "LI-066"))
        if any(span.nights for span in spans):
            return _without_document(line, spans, notes)
    nights = [night for span in spans for night in span.nights]
    notes += [
        Note(Flag.PROMISE_NOT_KEPT, "LI-062", one.period.notice.entry.fact)
        for one in courses
        if one.promised is not None and any(stretch.end > one.promised for stretch in one.stretches)
    ]
    if any(night.rate is None for night in nights):
        notes.append(Note(Flag.RATE_BLOCKED, "LI-072"))
    if any(night.rate and night.rate.status is not RateStatus.VERIFIED for night in nights):
        notes.append(Note(Flag.RATE_UNVERIFIED, "LI-073"))
    payable = [span for span in spans if span.nights]
    if not payable:
        return Decision(line.now, tuple(spans), StartReason.NOTHING, courses[-1].without, tuple(notes))
    return Decision(line.now, tuple(spans), payable[0].start_reason, payable[-1].end_reason, tuple(notes))


def _spans(courses: Sequence[Course], policy: Policy, rates: RateTable) -> list[Span]:
    """The stretches of all periods in order of time; a date that two of them share is a night of the earlier."""
    counted: set[date] = set()
    placed: list[tuple[date, Span]] = []
    stretches = [(stretch, one) for one in courses for stretch in one.stretches]
    stretches.sort(key=lambda pair: pair[0].start)
    with_nights: set[int] = set()
    for stretch, one in stretches:
        nights = tuple(_nights(stretch, one, counted, policy, rates))
        if nights:
            counted.update(night.date for night in nights)
            placed.append((nights[0].date, Span(nights, stretch.start_reason, stretch.end_reason)))
            with_nights.add(id(one))
    for one in courses:
        if id(one) not in with_nights:
            placed.append((one.start, Span((), StartReason.NOTHING, one.without)))
    placed.sort(key=lambda pair: pair[0])
    return [span for _, span in placed]


def _nights(stretch: Stretch, one: Course, counted: set[date], policy: Policy, rates: RateTable) -> list[Night]:
    # Who waited already in 2011 gets no amount: the transition between the two schemes is unknown (LI-005).
    unknown_transition = one.due < SCHEME_START
    fixed: Rate | None = None
    if policy.rate_by is not RateBy.NIGHT_DATE:
        fixed = rates.on(stretch.start if policy.rate_by is RateBy.START_DATE else stretch.end)
    nights: list[Night] = []
    rules = (*stretch.rules, "LI-070")
    for number in range(stretch.start.toordinal(), stretch.end.toordinal()):
        day = date.fromordinal(number)
        if day in counted:
            continue
        rate = rates.on(day) if policy.rate_by is RateBy.NIGHT_DATE else fixed
        nights.append(Night(day, None if unknown_transition else rate, rules, stretch.facts))
    return nights


def _document_is_missing(line: Timeline, bounds: Bounds) -> bool:
    """Whether the patient was discharged alive and no document had come by the end of that date (LI-066)."""
    gone = bounds.discharged
    if gone is None or (bounds.died is not None and bounds.died.day <= gone.day):
        return False
    return not any(document.day <= gone.day for document in line.documents)


def _without_document(line: Timeline, spans: Sequence[Span], notes: Sequence[Note]) -> Decision:
    missing = ZeroCode.DOCUMENT_MISSING
    empty = [
        replace(span, nights=(), start_reason=StartReason.NOTHING, end_reason=missing) for span in spans if span.nights
    ]
    others = [span for span in spans if not span.nights]
    return Decision(line.now, (*others, *empty), StartReason.NOTHING, missing, tuple(notes))
