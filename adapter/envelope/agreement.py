"""What is in force between two parties: the agreement id, how often to resend, which old algorithms are let in.

Without a CPA these are the national defaults (`ebxml.md` §7.1, §8.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from adapter.crypto.policy import NATIONAL, Policy
from adapter.values import HerId


@dataclass(frozen=True, slots=True)
class Agreement:
    """The parameters between two parties. `retries` are resends: one more transmission than that in total."""

    cpa_id: str
    service_type: str = "kithService"
    retries: int = 5
    retry_interval: timedelta = timedelta(hours=12)
    lifetime: timedelta = timedelta(hours=72)
    policy: Policy = NATIONAL


def without_cpa(one: HerId, other: HerId) -> Agreement:
    """The agreement of two parties that have no CPA: HIS 1037 §5.2 and §6.2.1."""
    return Agreement(pair_id(one, other))


def pair_id(one: HerId, other: HerId) -> str:
    """The CPAId of two parties without a CPA: the two HER-ids in *numerical* order (HIS 1037 §6.2.1)."""
    low, high = sorted((int(one.value), int(other.value)))
    return f"{low}_{high}"
