"""What does the agreement change: the case under the policy in force and under the baseline (step 10, LI-096)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from adapter.liability.case import Case
from adapter.liability.decide import decide
from adapter.liability.decision import Decision
from adapter.liability.policy import Policy
from adapter.liability.profiles import POLICY_KEYS, Profile
from adapter.liability.rates import RateTable
from adapter.liability.succession import decide_under
from adapter.values import Moment


@dataclass(frozen=True, slots=True)
class Readings:
    """Both decisions, and the policy keys that changed the outcome, sorted."""

    profile: Profile
    baseline: Profile
    rates: RateTable
    agreement: Decision
    regulation: Decision
    changed_by: tuple[str, ...]


def read_both(case: Case, profile: Profile, baseline: Profile, rates: RateTable, as_of: Moment | None) -> Readings:
    """Decide a case under a profile and under the baseline.

    A key has changed the outcome when setting it back to its baseline value, or setting it alone in the baseline,
    changes the payable dates or the amount (`liability.md` §3.10).
    """
    base = baseline.policy
    plain = all(policy == base for policy in _policies(profile))
    agreement = decide_under(case, profile, rates, as_of)
    regulation = agreement if plain else decide(case, base, rates, as_of)
    changed = [
        key
        for key in POLICY_KEYS
        if any(getattr(policy, key) != getattr(base, key) for policy in _policies(profile))
        and (
            outcome(decide_under(case, profile, rates, as_of, _set(key, base))) != outcome(agreement)
            or outcome(decide_under(case, _alone(key, profile, base), rates, as_of)) != outcome(regulation)
        )
    ]
    return Readings(profile, baseline, rates, agreement, regulation, tuple(sorted(changed)))


def _policies(profile: Profile) -> tuple[Policy, ...]:
    return (profile.policy, *(turn.profile.policy for turn in profile.turns))


def _set(key: str, value: Policy) -> Callable[[Policy], Policy]:
    """What gives a policy the value that a key has in another one."""
    return lambda policy: replace(policy, **{key: getattr(value, key)})


def _alone(key: str, profile: Profile, base: Policy) -> Profile:
    """The baseline in the place of each policy, with only this key of its own."""
    turns = tuple(replace(turn, profile=_alone(key, turn.profile, base)) for turn in profile.turns)
    return replace(profile, policy=_set(key, profile.policy)(base), turns=turns)


def outcome(decision: Decision) -> tuple[tuple[date, ...], int | None, int]:
    """What two decisions are compared by: payable dates, amount, and the part of it that is known."""
    return tuple(night.date for night in decision.nights), decision.amount_nok, decision.known_nok
