"""The AppRec axis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.delivery import receipts
from adapter.delivery.receipts import ROWS, AppRecState, ReceiptEvent, ReceiptNews
from adapter.delivery.sender import TransportState

T0 = datetime(2012, 3, 5, 9, 0, tzinfo=UTC)
WINDOW = timedelta(hours=96)
S, E, N = AppRecState, ReceiptEvent, ReceiptNews

# `apprec.md` §7.1, and the paths it allows: events, state at the end, news of the last event.
PATHS = {
    "the normal way": ([E.TRANSPORT_OK, E.ACCEPTED], S.ACCEPTED, N.ACCEPTED),
    "refused": ([E.TRANSPORT_OK, E.REJECTED], S.REJECTED, N.REJECTED),
    "the AppRec overtakes the ack": ([E.ACCEPTED, E.TRANSPORT_OK], S.ACCEPTED, N.NONE),
    "transport failed": ([E.TRANSPORT_FAILED], S.FAILED_TRANSPORT, N.NONE),
    "late ack after failure": ([E.TRANSPORT_FAILED, E.TRANSPORT_OK], S.TRANSPORTED, N.NONE),
    "AppRec after failure": ([E.TRANSPORT_FAILED, E.REJECTED], S.REJECTED, N.REJECTED),
    "failure after AppRec": ([E.ACCEPTED, E.TRANSPORT_FAILED], S.ACCEPTED, N.NONE),
    "nobody answers": ([E.TRANSPORT_OK, E.DEADLINE], S.TIMED_OUT, N.TIMED_OUT),
    "nobody answers, not even the transport": ([E.DEADLINE], S.TIMED_OUT, N.TIMED_OUT),
    "late positive": ([E.DEADLINE, E.ACCEPTED], S.ACCEPTED, N.ACCEPTED_LATE),
    "late negative": ([E.DEADLINE, E.REJECTED], S.REJECTED, N.REJECTED),
    "repeated": ([E.ACCEPTED, E.ACCEPTED], S.ACCEPTED, N.NONE),
    "negative after positive": ([E.ACCEPTED, E.REJECTED], S.ACCEPTED, N.CONTRADICTED),
    "positive after negative": ([E.REJECTED, E.ACCEPTED], S.REJECTED, N.CONTRADICTED),
    "deadline after the end": ([E.ACCEPTED, E.DEADLINE], S.ACCEPTED, N.NONE),
    "deadline after failure": ([E.TRANSPORT_FAILED, E.DEADLINE], S.FAILED_TRANSPORT, N.NONE),
}


@pytest.mark.parametrize(("events", "state", "news"), PATHS.values(), ids=PATHS.keys())
def test_a_path_through_the_axis(events: list[ReceiptEvent], state: AppRecState, news: ReceiptNews) -> None:
    """Each path that the standard describes ends in its state and tells what it should."""
    exchange = receipts.expected(T0, T0)
    for event in events:
        transition = receipts.step(exchange, event, T0 + WINDOW)
        exchange = transition.exchange
    assert (exchange.state, transition.news) == (state, news)


def test_the_table_is_complete() -> None:
    """The table has a cell for each state and event."""
    assert set(ROWS) == set(product(AppRecState, ReceiptEvent))


def test_the_clock_runs_from_the_generation_of_the_message() -> None:
    """The receipt is due 96 hours after GenDate, however late the message was handed over."""
    exchange = receipts.expected(T0 + timedelta(hours=50), T0)
    assert exchange.due == T0 + WINDOW


def test_what_arrives_after_its_time_is_still_awaited() -> None:
    """The deadline passed while the transport had failed; when the receiver has it after all, a new one is set."""
    exchange = receipts.expected(T0, T0)
    for event, now in ((E.TRANSPORT_FAILED, T0), (E.DEADLINE, T0 + WINDOW), (E.TRANSPORT_OK, T0 + 2 * WINDOW)):
        exchange = receipts.step(exchange, event, now).exchange
    assert (exchange.state, exchange.due) == (S.TRANSPORTED, T0 + 3 * WINDOW)
    assert receipts.step(exchange, E.DEADLINE, T0 + 3 * WINDOW).news is N.TIMED_OUT


@pytest.mark.parametrize(("days", "due"), [(1, T0 + WINDOW), (5, T0 + timedelta(days=9))], ids=["in time", "after it"])
def test_what_goes_again_has_its_time(days: int, due: datetime) -> None:
    """In a new envelope the clock of the document goes on; one that is over begins anew."""
    assert receipts.expected_again(T0 + timedelta(days=days), T0).due == due


def test_a_message_generated_at_the_end_of_time_waits_until_then() -> None:
    """A GenDate in the year 9999 has no moment 96 hours after it, and is no defect of ours."""
    end = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)
    due = receipts.expected(T0, end).due
    assert due is not None
    assert due.year == 9999


def test_a_deadline_that_has_not_come_changes_nothing() -> None:
    """A timer that fires early leaves the exchange as it is."""
    exchange = receipts.expected(T0, T0)
    early = receipts.step(exchange, E.DEADLINE, T0 + WINDOW - timedelta(seconds=1))
    assert early == receipts.ReceiptTransition(exchange, N.NONE)


@pytest.mark.parametrize("before", [[], [E.TRANSPORT_OK], [E.TRANSPORT_FAILED]], ids=["sent", "transported", "failed"])
def test_a_deadline_comes_once(before: list[ReceiptEvent]) -> None:
    """Whatever became of the message, nothing is due any more: the timer does not fire at every turn."""
    exchange = receipts.expected(T0, T0)
    for event in before:
        exchange = receipts.step(exchange, event, T0).exchange
    assert receipts.step(exchange, E.DEADLINE, T0 + WINDOW).exchange.due is None


def test_the_codes_of_the_apprec_are_kept() -> None:
    """A negative AppRec leaves its error codes on the exchange."""
    rejected = receipts.step(receipts.expected(T0, T0), E.REJECTED, T0, ("E36",)).exchange
    assert rejected.errors == ("E36",)
    assert receipts.step(rejected, E.ACCEPTED, T0).exchange.errors == ("E36",)


@given(st.lists(st.tuples(st.sampled_from(ReceiptEvent), st.integers(0, 50)), max_size=20))
def test_the_first_apprec_holds(sequence: list[tuple[ReceiptEvent, int]]) -> None:
    """After a first AppRec nothing changes the state or its moment, and no timer is left."""
    exchange, now = receipts.expected(T0, T0), T0
    for event, hours in sequence:
        now += timedelta(hours=hours)
        then = receipts.step(exchange, event, now).exchange
        if exchange.state in {S.ACCEPTED, S.REJECTED}:
            assert then == exchange
            assert then.due is None
        exchange = then


def test_every_transport_state_has_a_meaning() -> None:
    """Only the open transport states say nothing about the receipt."""
    undecided = {state for state in TransportState if receipts.transport_event(state) is None}
    assert undecided == {TransportState.NEW, TransportState.READY, TransportState.AWAIT_ACK}
    assert receipts.transport_event(TransportState.ACKED_LATE) is E.TRANSPORT_OK
    assert receipts.transport_event(TransportState.REJECTED) is E.TRANSPORT_FAILED
