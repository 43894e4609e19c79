"""Which policy decides each night of a stay when the agreement changes while the patient waits (LI-095)?

The case is decided whole under every policy that holds in its time, so that no answer and no notice is torn apart; each
policy then keeps the nights of its own dates:

    policy    holds                its decision                  kept
    ──────    ─────                ────────────                  ────
    OLD       to 31 December       30 31 |  1  2  payable        30 31
    NEW       from 1 January       30 31 |  1     payable               1

Nights that follow each other across the change are one stretch, with the start reason of the one policy and the end
reason of the other. Where the policies do not agree about the stay as a whole, a person looks at it (FL_REVIEW).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from adapter.liability.case import Case
from adapter.liability.decide import decide
from adapter.liability.decision import Decision, Night, Span
from adapter.liability.policy import Policy
from adapter.liability.profiles import Profile, Turn
from adapter.liability.rates import RateStatus, RateTable
from adapter.liability.reasons import ENDED_AT_ONCE, EndReason, Flag, Note, StartReason, ZeroCode
from adapter.values import Moment

_ONE_DAY = timedelta(days=1)
_OF_THE_RATES = {Flag.RATE_BLOCKED: "LI-072", Flag.RATE_UNVERIFIED: "LI-073"}

Change = Callable[[Policy], Policy]


@dataclass(frozen=True, slots=True)
class _Part:
    """A policy's decision of the whole case, and the dates that are its own, both included."""

    decision: Decision
    first: date
    last: date

    @property
    def nights(self) -> tuple[Night, ...]:
        return self.own(self.decision.nights)

    def own(self, nights: Sequence[Night]) -> tuple[Night, ...]:
        return tuple(night for night in nights if self.first <= night.date <= self.last)


def decide_under(
    case: Case, profile: Profile, rates: RateTable, as_of: Moment | None, change: Change | None = None
) -> Decision:
    """Decide a case under a profile and those that follow it. `change` alters each of their policies first."""
    altered = change or (lambda policy: policy)
    if not profile.turns:
        return decide(case, altered(profile.policy), rates, as_of)
    holding = [(date.min, profile), *((turn.first, turn.profile) for turn in profile.turns)]
    ends = [following - _ONE_DAY for following, _ in holding[1:]] + [date.max]
    return _joined(
        [
            _Part(decide(case, altered(one.policy), rates, as_of), first, last)
            for (first, one), last in zip(holding, ends, strict=True)
        ]
    )


def narrowed(case: Case, profile: Profile, day: date, rates: RateTable, as_of: Moment) -> Profile:
    """The profile with only those turns that a payable night under any of its policies falls to.

    Without such a night it is the one profile that holds on `day`.
    """
    holding = [(date.min, profile), *((turn.first, turn.profile) for turn in profile.turns)]
    nights = {night.date for _, one in holding for night in decide(case, one.policy, rates, as_of).nights} or {day}
    bounds = [*(first for first, _ in holding), date.max]
    kept = [
        (first, replace(one, turns=()))
        for (first, one), (_, following) in zip(holding, pairwise(bounds), strict=True)
        if any(first <= night < following for night in nights)
    ]
    (_, leading), *turns = kept
    return replace(leading, turns=tuple(Turn(first, one) for first, one in turns))


def _joined(parts: Sequence[_Part]) -> Decision:
    notes = list(
        dict.fromkeys(note for part in parts for note in part.decision.notes if note.flag not in _OF_THE_RATES)
    )
    nights = tuple(night for part in parts for night in part.nights)
    if any(_outcome(part.decision.nights) != _outcome(nights) for part in parts):
        notes.append(Note(Flag.REVIEW, "LI-095"))
    if any(night.rate is None for night in nights):
        notes.append(Note(Flag.RATE_BLOCKED, "LI-072"))
    if any(night.rate and night.rate.status is not RateStatus.VERIFIED for night in nights):
        notes.append(Note(Flag.RATE_UNVERIFIED, "LI-073"))
    as_of = parts[0].decision.as_of
    if not nights:
        why = _why_nothing(parts)
        empty = Span((), StartReason.NOTHING, why)
        spans = next((part.decision.spans for part in parts if part.decision.end_reason is why), (empty,))
        kept = tuple(span for span in spans if not span.nights)
        return Decision(as_of, kept, StartReason.NOTHING, why, tuple(notes))
    found = _spans(parts)
    return Decision(as_of, tuple(found), found[0].start_reason, found[-1].end_reason, tuple(notes))


def _outcome(nights: Sequence[Night]) -> list[tuple[date, int | None]]:
    return [(night.date, night.rate.amount if night.rate else None) for night in nights]


def _spans(parts: Sequence[_Part]) -> list[Span]:
    """The stretches in order of time; one that goes on under the next policy is one."""
    found: list[tuple[int, Span]] = []
    for number, part in enumerate(parts):
        for span in part.decision.spans:
            own = part.own(span.nights)
            if not own:
                continue
            before = found[-1] if found else None
            if before and before[0] < number and before[1].nights[-1].date + _ONE_DAY == own[0].date:
                found[-1] = number, Span((*before[1].nights, *own), before[1].start_reason, span.end_reason)
            else:
                found.append((number, replace(span, nights=own)))
    return [span for _, span in found]


def _why_nothing(parts: Sequence[_Part]) -> ZeroCode | EndReason:
    """Why no policy has a night in its own dates: the word of the last that has none at all, else of what ended it."""
    words = [part.decision.end_reason for part in parts if not part.decision.nights]
    why = words[-1] if words else parts[-1].decision.end_reason
    return ENDED_AT_ONCE.get(why, why) if isinstance(why, EndReason) else why
