"""What does the agreement change: the case under the policy in force and under the baseline (step 10, LI-096)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from adapter.liability.case import Case
from adapter.liability.decide import decide
from adapter.liability.decision import Decision
from adapter.liability.policy import Policy
from adapter.liability.profiles import POLICY_KEYS, Profile
from adapter.liability.rates import RateTable
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
    policy, base = profile.policy, baseline.policy
    agreement = decide(case, policy, rates, as_of)
    regulation = agreement if policy == base else decide(case, base, rates, as_of)

    def under(one: Policy) -> tuple[object, ...]:
        return outcome(decide(case, one, rates, as_of))

    changed = [
        key
        for key in POLICY_KEYS
        if getattr(policy, key) != getattr(base, key)
        and (
            under(replace(policy, **{key: getattr(base, key)})) != outcome(agreement)
            or under(replace(base, **{key: getattr(policy, key)})) != outcome(regulation)
        )
    ]
    return Readings(profile, baseline, rates, agreement, regulation, tuple(sorted(changed)))


def outcome(decision: Decision) -> tuple[tuple[date, ...], int | None, int]:
    """What two decisions are compared by: payable dates, amount, and the part of it that is known."""
    return tuple(night.date for night in decision.nights), decision.amount_nok, decision.known_nok
