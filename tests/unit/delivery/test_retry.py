"""Terms of resending and back-off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.delivery.retry import MAIL_BACK_OFF, BackOff, RetryTerms

HOUR = timedelta(hours=1)


def test_the_defaults_are_those_of_the_profile() -> None:
    """Five retries, twelve hours apart, within 72 hours."""
    assert RetryTerms() == RetryTerms(5, 12 * HOUR, 72 * HOUR)


@pytest.mark.parametrize(
    ("retries", "interval", "lifetime"), [(-1, HOUR, HOUR), (1, timedelta(0), HOUR), (1, HOUR, -HOUR)]
)
def test_senseless_terms_are_refused(retries: int, interval: timedelta, lifetime: timedelta) -> None:
    """Negative retries and empty durations are no terms."""
    with pytest.raises(ValueError, match=r"retries|longer than nothing"):
        RetryTerms(retries, interval, lifetime)


def test_the_last_pause_repeats() -> None:
    """A back-off never ends and never grows beyond its last pause."""
    assert MAIL_BACK_OFF.after(1) == timedelta(minutes=1)
    assert MAIL_BACK_OFF.after(100) == timedelta(minutes=30)


@pytest.mark.parametrize("pauses", [(), (timedelta(0),)])
def test_a_back_off_without_a_pause_is_refused(pauses: tuple[timedelta, ...]) -> None:
    """A back-off that would not wait cannot be made."""
    with pytest.raises(ValueError, match="pause"):
        BackOff(pauses)
