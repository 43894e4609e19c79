"""What is known, in which order, and what is each message worth: steps 0 to 2 of the algorithm (`liability.md` §3.11).

From facts in any order to one timeline. What lies after the evaluation time is left out, a repeated message is dropped,
each message is judged by its receipt, and cancellations and corrections are carried out. What seems wrong on the way
becomes a note for a person; nothing is ever refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerClassified,
    AnswerKind,
    Cancellation,
    Channel,
    Correction,
    Death,
    Discharged,
    DischargeDocument,
    Fact,
    Leave,
    MunicipalService,
    ReadyNotice,
    ReceiptGiven,
    ReceiptStatus,
    Withdrawal,
)
from adapter.liability.calendar import EARLIEST, clamped, instant_of
from adapter.liability.entries import Entry, Happening, Standing
from adapter.liability.folding import folded
from adapter.liability.policy import AnswerUnacked, ManualNotice, Policy
from adapter.liability.reasons import Flag, Note
from adapter.liability.references import cancelled, corrected
from adapter.values import Moment, MsgId, Zone, oslo_day

K = TypeVar("K", bound=Happening)

_RANK: dict[type[Happening], int] = {
    Admitted: 0,
    AdmissionNotice: 1,
    ReadyNotice: 2,
    Withdrawal: 3,
    Answer: 4,
    Cancellation: 5,
    Correction: 6,
    DischargeDocument: 7,
    Discharged: 8,
    Death: 9,
    Leave: 10,
}
"""The order within one instant: READY, AVMELD, ANSWER; the others stand where they disturb nothing."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the engine goes by: the entries of each kind in order of time.

    `ready` holds the notices that are void or cancelled too, for the reason that they give; everything else is left
    out when it does not count. `now` is the evaluation time and `today` its local date.
    """

    now: datetime
    today: date
    admitted: tuple[Entry[Admitted], ...]
    notices: tuple[Entry[AdmissionNotice], ...]
    ready: tuple[Entry[ReadyNotice], ...]
    withdrawals: tuple[Entry[Withdrawal], ...]
    answers: tuple[Entry[Answer], ...]
    documents: tuple[Entry[DischargeDocument], ...]
    discharged: tuple[Entry[Discharged], ...]
    deaths: tuple[Entry[Death], ...]
    notes: tuple[Note, ...]


def timeline(facts: Sequence[Fact], policy: Policy, as_of: Moment | None) -> Timeline:
    """The timeline of the facts known at `as_of`; None evaluates at the latest moment that the facts name."""
    now = latest_moment(facts) if as_of is None else clamped(as_of.instant)
    today = oslo_day(now)
    known = [fact for fact in facts if _is_known(fact, now, today)]
    notes = [] if as_of is None else _time_notes(None, (as_of,))
    for fact in known:
        notes += _time_notes(fact, tuple(moment for moment in _named(fact) if clamped(moment.instant) <= now))
    happened, more = folded(known)
    notes += more
    entries, more = _without_repeats(_ordered(happened, policy, now))
    notes += more
    entries, more = cancelled(entries)
    notes += more
    entries, more = corrected(entries)
    notes += more
    standing = [entry for entry in entries if entry.counts]
    notes += [Note(Flag.LEAVE, "LI-068", leave.fact) for leave in _of(standing, Leave)]
    notes += _doubts(entries)
    notes += _contradictions(_of(standing, Admitted), _of(standing, Discharged), _of(standing, Death))
    return Timeline(
        now=now,
        today=today,
        admitted=_of(standing, Admitted),
        notices=_of(standing, AdmissionNotice),
        ready=_of(entries, ReadyNotice),
        withdrawals=_of(standing, Withdrawal),
        answers=_of(standing, Answer),
        documents=_of(standing, DischargeDocument),
        discharged=_of(standing, Discharged),
        deaths=_of(standing, Death),
        notes=tuple(notes),
    )


def latest_moment(facts: Iterable[Fact]) -> datetime:
    """The latest moment named in the facts (step 0), the beginning of time without any.

    A plain date is reached with its first instant. The dates that messages speak of (ready, effective, promised) are
    no moments.
    """
    latest = EARLIEST
    for fact in facts:
        latest = max(latest, instant_of(fact.when), *(clamped(moment.instant) for moment in _named(fact)))
    return latest


def _named(fact: Fact) -> tuple[Moment, ...]:
    """Every moment that a fact names."""
    what = fact.what
    moments = [fact.when] if isinstance(fact.when, Moment) else []
    if not isinstance(what, ReceiptGiven | AnswerClassified):
        carrier = what.carrier
        need = what.need_identified if isinstance(what, AdmissionNotice) else None
        moments += [moment for moment in (carrier.generated, carrier.sent, carrier.receipt.at, need) if moment]
    return tuple(moments)


def _is_known(fact: Fact, now: datetime, today: date) -> bool:
    if isinstance(fact.when, Moment):
        return clamped(fact.when.instant) <= now
    return fact.when <= today


def _time_notes(fact: Fact | None, moments: tuple[Moment, ...]) -> list[Note]:
    notes: list[Note] = []
    if any(moment.zone is Zone.ASSUMED_OSLO for moment in moments):
        notes.append(Note(Flag.REVIEW, "LI-053", fact))
    if any(moment.ambiguous_hour for moment in moments):
        notes.append(Note(Flag.AMBIGUOUS_LOCAL_TIME, "LI-053", fact))
    return notes


def _ordered(facts: list[Fact], policy: Policy, now: datetime) -> list[Entry[Happening]]:
    """The facts as entries in order of time; facts of one kind and instant are ordered by what they say."""
    entries: list[Entry[Happening]] = []
    for fact in facts:
        what = fact.what
        assert not isinstance(what, ReceiptGiven | AnswerClassified)
        manual = isinstance(what, ReadyNotice) and what.channel is Channel.MANUAL
        if manual and policy.manual_notice is ManualNotice.NEVER:
            continue
        at = instant_of(fact.when)
        day = oslo_day(at) if isinstance(fact.when, Moment) else fact.when
        standing, positive = _standing(what, at, policy, now)
        entries.append(Entry(fact, what, at, day, standing, positive))
    entries.sort(key=lambda entry: (entry.at, _RANK[type(entry.what)]))
    if any(a.at == b.at and type(a.what) is type(b.what) for a, b in pairwise(entries)):
        entries.sort(key=lambda entry: (entry.at, _RANK[type(entry.what)], repr(entry.fact)))
    return entries


def _standing(what: Happening, at: datetime, policy: Policy, now: datetime) -> tuple[Standing, datetime | None]:
    """What a message is worth at the evaluation time, and when its positive AppRec was made.

    What happened to the patient stands whatever the receipt of the message that told it.
    """
    receipt = what.carrier.receipt
    if isinstance(what, Admitted | Discharged | Death | Leave):
        return Standing.VALID, at
    if isinstance(what, Answer) and policy.answer_unacked is AnswerUnacked.GIVEN:
        return Standing.VALID, at
    if receipt.status is ReceiptStatus.NEGATIVE:
        return Standing.REJECTED, None
    positive = at if receipt.at is None else clamped(receipt.at.instant)
    if receipt.status is ReceiptStatus.OK and positive <= now:
        return Standing.VALID, positive
    generated = at if what.carrier.generated is None else clamped(what.carrier.generated.instant)
    in_time = now - generated <= timedelta(hours=policy.apprec_timeout_h)
    return (Standing.PROVISIONAL if in_time else Standing.UNACKED), None


def _without_repeats(entries: list[Entry[Happening]]) -> tuple[list[Entry[Happening]], list[Note]]:
    """Each message once, the first by time (LI-035).

    One message may tell two things, as `LOG_INNLAGT` does: facts of different kinds with one digest are of one copy.
    """
    seen: dict[MsgId, list[Entry[Happening]]] = {}
    kept: list[Entry[Happening]] = []
    notes: list[Note] = []
    for entry in entries:
        message = entry.carrier.message
        before = seen.setdefault(message, []) if message is not None else []
        if before and not _is_of_one_copy(entry, before):
            notes.append(Note(Flag.DUPLICATE, "LI-035", entry.fact))
            continue
        before.append(entry)
        kept.append(entry)
    return kept, notes


def _is_of_one_copy(entry: Entry[Happening], before: list[Entry[Happening]]) -> bool:
    digest = entry.fact.digest
    return digest is not None and all(
        other.fact.digest == digest and type(other.what) is not type(entry.what) for other in before
    )


def _addressee(what: Happening) -> MunicipalService | None:
    """The service that a message is for (`msghead.md` §9.3); None where the profiles name no single one."""
    match what:
        case AdmissionNotice(type="LOG_INNLAGT") | Discharged() | Death():
            return MunicipalService.NURSING
        case AdmissionNotice() | ReadyNotice() | Withdrawal():
            return MunicipalService.CASE_WORK
        case _:
            return None


def _doubts(entries: list[Entry[Happening]]) -> list[Note]:
    """Single messages that a person has to look at."""
    notes: list[Note] = []
    for entry in entries:
        what = entry.what
        service = entry.carrier.service
        if service is not None and entry.counts and _addressee(what) not in (None, service):
            notes.append(Note(Flag.REVIEW, "LI-036", entry.fact))
        if isinstance(what, Withdrawal) and not entry.standing.counts and entry.cancelled is None:
            notes.append(Note(Flag.REVIEW, "LI-031", entry.fact))
        if isinstance(what, Answer) and what.answer is AnswerKind.UNCLEAR and entry.counts:
            notes.append(Note(Flag.REVIEW, "LI-042", entry.fact))
        if not isinstance(entry.fact.when, Moment) and not isinstance(what, Admitted | Discharged | Death | Leave):
            notes.append(Note(Flag.REVIEW, "LI-022", entry.fact))
    return notes


def _contradictions(
    admitted: Sequence[Entry[Admitted]], discharged: Sequence[Entry[Discharged]], deaths: Sequence[Entry[Death]]
) -> list[Note]:
    """Two admissions, departures or deaths that are not the same; a departure before admission or after death."""
    notes: list[Note] = []
    each: tuple[Sequence[Entry[Happening]], ...] = (admitted, discharged, deaths)
    for entries in each:
        notes += [Note(Flag.REVIEW, "LI-069", later.fact) for later in entries[1:] if _is_before(entries[0], later)]
    departures: tuple[Entry[Happening], ...] = (*discharged, *deaths)
    for left in departures:
        notes += [Note(Flag.REVIEW, "LI-069", left.fact) for entry in admitted[:1] if _is_before(left, entry)]
    for gone in discharged:
        notes += [Note(Flag.REVIEW, "LI-069", gone.fact) for died in deaths[:1] if died.day < gone.day]
    return notes


def _is_before(one: Entry[Happening], other: Entry[Happening]) -> bool:
    """Whether one lies before the other as far as their precision tells: by date where either has no clock time."""
    if isinstance(one.fact.when, Moment) and isinstance(other.fact.when, Moment):
        return one.at < other.at
    return one.day < other.day


def _of(entries: Iterable[Entry[Happening]], kind: type[K]) -> tuple[Entry[K], ...]:
    return tuple(entry for entry in entries if isinstance(entry.what, kind))  # type: ignore[misc]
