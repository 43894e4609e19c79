"""The receiver's machine: every row of the norm, and what no sequence of events can do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.delivery import receiver
from adapter.delivery.receiver import ROWS, Follows, ReceivedExchange, Reception, ReceptionState
from adapter.errors import AdapterError

T0 = datetime(2012, 3, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
S, E, F = ReceptionState, Reception, Follows

# One line per row of the table in `ebxml.md` §7.4.
NORM = {
    "stored": (S.FETCHED, E.BYTES_STORED, S.STORED, [F.DELETE_ON_SERVER]),
    "bounce or fault": (S.STORED, E.NOTICE_READ, S.CLOSED, [F.FEED_SENDER]),
    "not ebXML": (S.STORED, E.UNREADABLE, S.QUARANTINE, [F.SHOW_OPERATOR]),
    "not ebXML, known address": (S.STORED, E.UNREADABLE_ANSWERABLE, S.FAULT_SENT, [F.SEND_FAULT, F.SHOW_OPERATOR]),
    "readable header": (S.STORED, E.HEADER_READ, S.PARSED, [F.LOOK_UP]),
    "duplicate": (S.PARSED, E.DUPLICATE_ANSWERED, S.DUPLICATE, [F.REPEAT_RESPONSE]),
    "duplicate in progress": (S.PARSED, E.DUPLICATE_IN_PROGRESS, S.DUPLICATE, []),
    "false duplicate": (S.PARSED, E.DIFFERENT_CONTENT, S.FALSE_DUPLICATE, [F.SEND_INCONSISTENT, F.ALARM]),
    "new": (S.PARSED, E.NEW_ENVELOPE, S.VALIDATING, [F.VALIDATE, F.RESERVE_ID]),
    "rule broken": (S.VALIDATING, E.RULE_BROKEN, S.REJECTED, [F.SEND_ERROR]),
    "temporary": (S.VALIDATING, E.CANNOT_JUDGE, S.PENDING, []),
    "limit": (S.PENDING, E.LIMIT_REACHED, S.REJECTED, [F.SEND_DELIVERY_FAILURE, F.ALARM]),
    "time to live": (S.VALIDATING, E.TIME_TO_LIVE_PASSED, S.REJECTED, [F.SEND_TIME_TO_LIVE_EXPIRED]),
    "valid": (S.VALIDATING, E.VALID, S.ACCEPTED, [F.DELIVER_AND_ACKNOWLEDGE]),
    "response sent": (S.ACCEPTED, E.RESPONSE_SENT, S.RESPONDED, []),
    "taken": (S.RESPONDED, E.TAKEN, S.DELIVERED, []),
    "taken before the response left": (S.ACCEPTED, E.TAKEN, S.DELIVERED, []),
    "application away": (S.RESPONDED, E.APPLICATION_AWAY, S.RESPONDED, [F.OFFER_AGAIN, F.ALARM]),
    "application refuses": (S.RESPONDED, E.APPLICATION_REFUSES, S.RESPONDED, [F.DECIDE_APPREC]),
    "response bounced": (S.DELIVERED, E.RESPONSE_BOUNCED, S.DELIVERED, [F.ALARM]),
}


def at(state: ReceptionState) -> ReceivedExchange:
    return ReceivedExchange(state, T0, T0)


@pytest.mark.parametrize(("before", "event", "state", "follows"), NORM.values(), ids=NORM.keys())
def test_a_row_of_the_norm(
    before: ReceptionState, event: Reception, state: ReceptionState, follows: list[Follows]
) -> None:
    """Each row of `ebxml.md` §7.4 leads to its state and asks for its effects."""
    transition = receiver.step(at(before), event, T0)
    assert (transition.exchange.state, [*transition.follows]) == (state, follows)


@pytest.mark.parametrize("state", ReceptionState)
@pytest.mark.parametrize("event", Reception)
def test_every_pair_is_a_row_or_an_error(state: ReceptionState, event: Reception) -> None:
    """A pair outside the table is the error of the catalogue."""
    if (state, event) in ROWS:
        assert receiver.step(at(state), event, T0).exchange.state is (ROWS[state, event].next or state)
    else:
        with pytest.raises(AdapterError, match=f"{event} while {state}"):
            receiver.step(at(state), event, T0)


def test_every_event_and_state_is_in_the_table() -> None:
    """No event is without a row; only the end of the way has no event of its own."""
    assert {event for _, event in ROWS} == set(Reception)
    assert set(ReceptionState) - {state for state, _ in ROWS} == {S.CLOSED}


def test_only_a_valid_message_is_delivered() -> None:
    """One cell of the table delivers, and it is that of a valid message."""
    assert [cell for cell, row in ROWS.items() if F.DELIVER_AND_ACKNOWLEDGE in row.follows] == [(S.VALIDATING, E.VALID)]


def test_what_cannot_be_judged_is_tried_again_and_then_refused() -> None:
    """A pending mail waits 5, 15 and 60 minutes and so on, and its sender is told within a day."""
    exchange, now, pauses = at(S.VALIDATING), T0, []
    while True:
        exchange = receiver.step(exchange, E.CANNOT_JUDGE, now, "CRL out of reach").exchange
        assert exchange.due is not None
        pauses.append((exchange.due - now) // timedelta(minutes=1))
        now = exchange.due
        if receiver.has_waited_long(exchange, now):
            break
        exchange = receiver.step(exchange, E.TRY_AGAIN, now).exchange
        assert exchange.due is None
    assert pauses[:3] == [5, 15, 60]
    assert now - T0 == timedelta(hours=24)
    assert not receiver.has_waited_long(exchange, now - timedelta(seconds=1))
    assert receiver.step(exchange, E.LIMIT_REACHED, now).exchange.state is S.REJECTED


@pytest.mark.parametrize("hours", [0, 23.9, 24, 200])
def test_what_cannot_be_judged_is_never_due_at_once(hours: float) -> None:
    """However long it has waited, there is a pause before it is tried again."""
    now = T0 + timedelta(hours=hours)
    exchange = receiver.step(at(S.VALIDATING), E.CANNOT_JUDGE, now, "CRL out of reach").exchange
    assert exchange.due is not None
    assert exchange.due > now


def test_every_state_tells_a_person_what_to_do() -> None:
    """Each state has a sentence about what happens next."""
    assert all(receiver.next_step(at(state)) for state in ReceptionState)


@given(st.lists(st.tuples(st.sampled_from(Reception), st.integers(0, 5)), max_size=60))
def test_moments_are_set_once(sequence: list[tuple[Reception, int]]) -> None:
    """Received, responded and delivered never move, nothing leaves DELIVERED, REJECTED or CLOSED, and only a person
    takes a mail out of the quarantine."""
    exchange, now = receiver.fetched(T0), T0
    for event, hours in sequence:
        now += hours * HOUR
        try:
            then = receiver.step(exchange, event, now).exchange
        except AdapterError:
            continue
        assert then.received == exchange.received
        for name in ("responded", "delivered"):
            if getattr(exchange, name) is not None:
                assert getattr(then, name) == getattr(exchange, name)
        by_a_person = exchange.state is S.QUARANTINE and event in {E.OPERATOR_RETRIES, E.OPERATOR_CLOSES}
        if exchange.state in {S.DELIVERED, S.REJECTED, S.CLOSED, S.DUPLICATE, S.QUARANTINE} and not by_a_person:
            assert then.state is exchange.state
        exchange = then


def test_a_delivered_message_keeps_the_moment_of_its_answer() -> None:
    """The answer may leave after the application was quicker; both moments are known in the end."""
    taken = receiver.step(at(S.ACCEPTED), E.TAKEN, T0 + HOUR).exchange
    answered = receiver.step(taken, E.RESPONSE_SENT, T0 + 2 * HOUR).exchange
    assert (answered.state, answered.delivered, answered.responded) == (S.DELIVERED, T0 + HOUR, T0 + 2 * HOUR)
    again = receiver.step(replace(answered), E.RESPONSE_SENT, T0 + 9 * HOUR).exchange
    assert again.responded == T0 + 2 * HOUR
