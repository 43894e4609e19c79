"""Which dates of a period are payable, and from which reason to which: step 8 of the algorithm.

The start date S is the latest of what has to be there, the end date E the earliest of what ends the wait; S counts and
E does not (LI-050 to LI-052). Within S..E-1 an accept ends liability from its date, a withdraw starts it again from
its own (LI-049). What is left are the stretches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from adapter.facts import AdmissionNotice, AnswerKind, Death, Discharged, Fact
from adapter.liability.calendar import following
from adapter.liability.entries import Entry
from adapter.liability.periods import Given, Period
from adapter.liability.policy import AcceptanceEnds, Policy, WithdrawnReady
from adapter.liability.reasons import END_ORDER, ENDED_AT_ONCE, EndReason, Flag, Note, StartReason, ZeroCode
from adapter.values import oslo_day


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is the same for every period of a case.

    `cured` is the notice of admission whose date liability waits for; None where it waits for none. `discharged` and
    `died` are the first of their kind; None where it is not known. `today` is the date of evaluation.
    """

    scheme_start: date
    cured: Entry[AdmissionNotice] | None
    discharged: Entry[Discharged] | None
    died: Entry[Death] | None
    today: date


@dataclass(frozen=True, slots=True)
class Stretch:
    """Payable dates in a row, from `start` to the day before `end`, with the rules and the facts that made them so."""

    start: date
    end: date
    start_reason: StartReason
    end_reason: EndReason
    rules: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """How a period went. `without` says why there is no stretch, and means nothing when there is one.

    `start` is its S; `due` is what S would have been without the start of the scheme (LI-005).
    """

    period: Period
    start: date
    due: date
    stretches: tuple[Stretch, ...]
    without: ZeroCode | EndReason
    promised: date | None
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _End:
    day: date
    reason: EndReason
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class _Offer:
    """An offer that stands from `day` on, until it was withdrawn; None: it still stands. `said` is when it was given.

    `by` is the accept; None where a promised date took its place.
    """

    said: date
    day: date
    by: Given | None
    until: date | None = None
    withdrawn_by: Given | None = None

    def stands_on(self, day: date) -> bool:
        return self.day <= day and (self.until is None or self.until > day)


def course(period: Period, previous: Period | None, bounds: Bounds, policy: Policy) -> Course:
    """The stretches of one period; `previous` is the period before it."""
    due = max(period.notice.ready, period.notice.day, *((bounds.cured.day,) if bounds.cured else ()))
    start = max(due, bounds.scheme_start)
    rules = _start_rules(period, bounds, start, policy)
    if previous:
        rules.append("LI-058")
    closed = previous.closing if previous else None
    if closed and closed.day == start and closed.reason is EndReason.WITHDRAWN:
        rules.append("LI-059")
        if policy.avmeld_reready is WithdrawnReady.NOT_COUNTED:
            start = following(start)
    offers, notes = _offers(period, start, policy)
    end = _end(period, start, offers, bounds, policy)
    counting = () if policy.acceptance_ends is AcceptanceEnds.DEPARTURE_ONLY else offers
    facts = (*((bounds.cured.fact,) if bounds.cured else ()), period.notice.entry.fact)
    stretches = tuple(_stretches(period, start, end, counting, policy, tuple(rules), facts))
    without = _without(start, end, _ends(period, bounds), counting)
    promises = [given.promised for given in period.answers if given.kind is AnswerKind.LATER and given.promised]
    return Course(period, start, due, stretches, without, promises[-1] if promises else None, tuple(notes))


def _start_rules(period: Period, bounds: Bounds, start: date, policy: Policy) -> list[str]:
    notice = period.notice
    dated = oslo_day(notice.moment)
    holding = {
        "LI-050": True,
        "LI-030": notice.day == start,
        "LI-038": notice.day > dated and policy.cutoff is not None,
        "LI-039": notice.day > dated and policy.lead_h > 0,
        "LI-023": notice.ready == start > notice.day,
        "LI-063": notice.ready < dated and notice.day == start,
        "LI-017": bounds.cured is not None and bounds.cured.day == start > max(notice.ready, notice.day),
        "LI-005": bounds.scheme_start == start > max(notice.ready, notice.day),
    }
    return [rule for rule, holds in holding.items() if holds]


def _ends(period: Period, bounds: Bounds) -> list[_End]:
    """What ends the wait apart from the municipality's answers, in the order of precedence."""
    ends: list[_End] = []
    if bounds.discharged:
        ends.append(_End(bounds.discharged.day, EndReason.DISCHARGED, (bounds.discharged.fact,)))
    if bounds.died:
        ends.append(_End(bounds.died.day, EndReason.DEATH, (bounds.died.fact,)))
    if period.closing:
        ends.append(_End(period.closing.day, period.closing.reason, (period.closing.by.fact,)))
    return ends


def _end(period: Period, start: date, offers: Sequence[_Offer], bounds: Bounds, policy: Policy) -> _End:
    """E: the earliest end, the evaluation date included; on one date the first by precedence."""
    ends = _ends(period, bounds)
    first = min([*ends, _End(bounds.today, EndReason.OPEN)], key=lambda end: end.day)
    others = [end.day for end in ends if end.reason is not EndReason.DISCHARGED]
    left_on_start = bounds.discharged is not None and bounds.discharged.day == start < min(others, default=date.max)
    accepted = any(offer.by and offer.said <= start and (offer.until or date.max) > start for offer in offers)
    if policy.same_day_departure and left_on_start and not accepted:
        return replace(ends[0], day=following(start))
    return first


def _offers(period: Period, start: date, policy: Policy) -> tuple[tuple[_Offer, ...], list[Note]]:
    """The offers of a period, each from its accept to its withdraw."""
    offers: list[_Offer] = []
    notes: list[Note] = []
    standing: _Offer | None = None
    for day, given in _sequence(period, policy):
        if given is None:
            standing = standing or _Offer(day, day, None)
        elif given.kind is AnswerKind.ACCEPT and (standing is None or standing.by is None):
            counts_from = standing.day if standing else day
            if standing is None and _is_after_deadline(given, period, start, policy):
                counts_from = following(day)
                notes.append(Note(Flag.ANSWER_AFTER_DEADLINE, "LI-046", given.entry.fact))
            standing = _Offer(day, counts_from, given)
        elif given.kind is AnswerKind.WITHDRAW and standing:
            offers.append(replace(standing, until=day, withdrawn_by=given))
            standing = None
        elif given.kind is AnswerKind.WITHDRAW or (
            given.kind in {AnswerKind.LATER, AnswerKind.REFUSE} and standing and standing.by
        ):
            notes.append(Note(Flag.REVIEW, "LI-049", given.entry.fact))
    if standing:
        offers.append(standing)
    return tuple(offers), notes


def _sequence(period: Period, policy: Policy) -> list[tuple[date, Given | None]]:
    """The answers by date; among them the last promised date as None, where the agreement lets it end liability."""
    sequence: list[tuple[date, Given | None]] = [(given.day, given) for given in period.answers]
    promises = [given.promised for given in period.answers if given.kind is AnswerKind.LATER and given.promised]
    if promises and policy.acceptance_ends is AcceptanceEnds.PROMISED_DATE:
        place = sum(day < promises[-1] for day, _ in sequence)
        sequence.insert(place, (promises[-1], None))
    return sequence


def _is_after_deadline(given: Given, period: Period, start: date, policy: Policy) -> bool:
    if policy.answer_deadline_h is None or given.day != start:
        return False
    if policy.acceptance_ends is AcceptanceEnds.DEPARTURE_ONLY:
        return False
    return given.moment - period.notice.moment > timedelta(hours=policy.answer_deadline_h)


def _stretches(
    period: Period,
    start: date,
    end: _End,
    offers: Sequence[_Offer],
    policy: Policy,
    rules: tuple[str, ...],
    facts: tuple[Fact, ...],
) -> list[Stretch]:
    found: list[Stretch] = []
    cursor, begun_by = start, facts
    for offer in offers:
        if offer.until is not None and offer.until <= offer.day:
            continue
        accepted = _End(offer.day, EndReason.OFFER_READY, (offer.by.entry.fact,) if offer.by else ())
        if offer.day >= end.day:
            end = accepted if offer.day == end.day else end
            break
        if cursor < offer.day:
            found.append(_stretch(period, cursor, accepted, policy, rules, begun_by))
        if offer.until is None or offer.withdrawn_by is None:
            return found
        cursor = max(cursor, offer.until)
        rules = (*(rule for rule in rules if rule != "LI-049"), "LI-049")
        begun_by = (*facts, offer.withdrawn_by.entry.fact)
    if cursor < end.day:
        found.append(_stretch(period, cursor, end, policy, rules, begun_by))
    return found


def _stretch(
    period: Period, start: date, end: _End, policy: Policy, rules: tuple[str, ...], facts: tuple[Fact, ...]
) -> Stretch:
    reason, answer = _start_reason(period, start, policy)
    said = (answer.entry.fact,) if answer else ()
    all_rules = (*rules, "LI-052", _START_RULE[reason], _END_RULE[end.reason])
    return Stretch(start, end.day, reason, end.reason, all_rules, (*facts, *said, *end.facts))


_START_RULE = {
    StartReason.LATER: "LI-044",
    StartReason.REFUSED: "LI-040",
    StartReason.NO_ANSWER: "LI-045",
    StartReason.ACCEPTED: "LI-062",
}
_END_RULE = {
    EndReason.OFFER_READY: "LI-047",
    EndReason.DISCHARGED: "LI-051",
    EndReason.DEATH: "LI-056",
    EndReason.WITHDRAWN: "LI-057",
    EndReason.CANCELLED: "LI-065",
    EndReason.OPEN: "LI-051",
}


def _start_reason(period: Period, first: date, policy: Policy) -> tuple[StartReason, Given | None]:
    """The last `later` or `refuse` by the end of the first payable date, also one from before that date."""
    said = [given for given in period.answers if given.day <= first]
    for given in reversed(said):
        if given.kind is AnswerKind.LATER:
            return StartReason.LATER, given
        if given.kind is AnswerKind.REFUSE:
            return StartReason.REFUSED, given
    if policy.acceptance_ends is AcceptanceEnds.DEPARTURE_ONLY:
        words = [given for given in said if given.kind in {AnswerKind.ACCEPT, AnswerKind.WITHDRAW}]
        if words and words[-1].kind is AnswerKind.ACCEPT:
            return StartReason.ACCEPTED, words[-1]
    return StartReason.NO_ANSWER, None


def _without(start: date, end: _End, ends: Sequence[_End], offers: Sequence[_Offer]) -> ZeroCode | EndReason:
    """Why a period has no night: what ended the wait on or before S, the earliest first, else what gave E.

    An offer that was withdrawn again has ended nothing while the patient still waits.
    """
    still_waiting = end.reason is EndReason.OPEN
    at_once = [
        (offer.day, EndReason.OFFER_READY)
        for offer in offers
        if offer.stands_on(start) and not (still_waiting and offer.until)
    ]
    at_once += [(other.day, other.reason) for other in ends if other.day <= start]
    if at_once:
        _, reason = min(at_once, key=lambda one: (one[0], END_ORDER.index(one[1])))
        return ENDED_AT_ONCE[reason]
    return ENDED_AT_ONCE.get(end.reason, EndReason.OPEN)
