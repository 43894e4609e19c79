"""Every alarm of the transport axis is told by the event that says what has happened, and by one only."""

from __future__ import annotations

from adapter.delivery.sender_events import AlarmRule
from adapter.observe import events
from adapter.service.steps import ALARM_EVENTS, TOLD_BY_STATE


def test_every_alarm_is_told_once() -> None:
    """By the line about the new state, or by a line of its own; none by both, and none by neither."""
    assert set(ALARM_EVENTS) | TOLD_BY_STATE == set(AlarmRule)
    assert not set(ALARM_EVENTS) & TOLD_BY_STATE


def test_only_what_contradicts_or_does_not_verify_says_so() -> None:
    """A busy mail server, a late answer, a Fault and a bounce are no contradiction of a partner's."""
    alarmed = {rule for rule, event in ALARM_EVENTS.items() if event is events.ACK_ALARMED}
    assert alarmed == {
        AlarmRule.ACK_REFERENCES,
        AlarmRule.SIGNAL_NOT_VERIFIED,
        AlarmRule.SIGNALS_CONTRADICT,
        AlarmRule.APPREC_NOT_EXPECTED,
    }
