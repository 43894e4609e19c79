"""The defaults between two parties."""

from __future__ import annotations

from datetime import timedelta

from adapter.envelope.agreement import pair_id, without_cpa
from adapter.values import HerId


def test_the_pair_is_ordered_as_numbers():
    """Case 3: 9 comes before 10, whoever sends."""
    assert pair_id(HerId("10"), HerId("9")) == pair_id(HerId("9"), HerId("10")) == "9_10"


def test_without_cpa_the_national_defaults_hold():
    """Five resends twelve hours apart, 72 hours, kithService, no SHA-1 (§7.1)."""
    agreement = without_cpa(HerId("10"), HerId("9"))
    assert (agreement.cpa_id, agreement.service_type, agreement.retries) == ("9_10", "kithService", 5)
    assert (agreement.retry_interval, agreement.lifetime) == (timedelta(hours=12), timedelta(hours=72))
