"""The transport axis: every row of the norm, every cell of the table, and what no sequence of events can do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.delivery import sender
from adapter.delivery.retry import MAIL_BACK_OFF, RetryTerms
from adapter.delivery.sender import IMPOSSIBLE, ROWS, HandOver, On, Row, SenderExchange, TransportState
from adapter.delivery.sender_events import (
    AckMismatched,
    AckVerified,
    AddressChanged,
    Alarm,
    AlarmRule,
    AppRecArrived,
    BounceReceived,
    CancelRequested,
    ErrorVerified,
    Event,
    FaultReceived,
    MailAccepted,
    MailDeferred,
    MailRefused,
    MailUnknown,
    News,
    PollMailbox,
    ResendRequested,
    Sealed,
    SealingDeferred,
    SendRuleFailed,
    SignalUnverified,
    TellApplication,
    TimerFired,
    Transmit,
    Unsealed,
    WarningVerified,
)
from adapter.errors import AdapterError

T0 = datetime(2012, 3, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = RetryTerms()
S = TransportState

NEW = sender.new(T0)
READY = SenderExchange(S.READY, T0, due=T0)
AWAIT_ACK = SenderExchange(S.AWAIT_ACK, T0, first_sent=T0, due=T0 + TERMS.interval, hand_over=HandOver.ACCEPTED)


def after(state: TransportState) -> SenderExchange:
    """An exchange that was sent and then came to a final state."""
    return SenderExchange(state, T0 + HOUR, first_sent=T0, hand_over=HandOver.ACCEPTED)


TIMER = TimerFired(mailbox_emptied=T0 + 13 * HOUR)

# One line per row of the table in `ebxml.md` §7.3: before, event, hours since T0, next state, effects.
NORM = {
    "sealed": (NEW, Sealed(), 0, S.READY, [Transmit(0, T0)]),
    "send rule": (
        NEW,
        SendRuleFailed("EB-1"),
        0,
        S.FAILED_LOCAL,
        [TellApplication(News.NOT_SENT, "EB-1"), Alarm(AlarmRule.SEND_RULE, "EB-1")],
    ),
    "cannot be sealed now": (NEW, SealingDeferred("SIGNER-REVOKED"), 0, S.NEW, []),
    "unsealed": (READY, Unsealed("SIGNER-REVOKED"), 0, S.NEW, []),
    "accepted": (READY, MailAccepted(), 0, S.AWAIT_ACK, []),
    "deferred": (READY, MailDeferred("451"), 0, S.READY, [Transmit(0, T0 + timedelta(minutes=1))]),
    "deferred over an hour": (
        READY,
        MailDeferred("451"),
        2,
        S.READY,
        [Transmit(0, T0 + 2 * HOUR + timedelta(minutes=1)), Alarm(AlarmRule.MAIL_WAITING, "451")],
    ),
    "refused": (
        READY,
        MailRefused("550"),
        0,
        S.TRANSPORT_FAILED,
        [TellApplication(News.NOT_DELIVERED, "550"), Alarm(AlarmRule.MAIL_REFUSED, "550")],
    ),
    "ack": (AWAIT_ACK, AckVerified(), 1, S.ACKED, [TellApplication(News.TRANSPORT_OK, "")]),
    "warning": (
        AWAIT_ACK,
        WarningVerified("ValueNotRecognized"),
        1,
        S.ACKED_WARN,
        [TellApplication(News.TRANSPORT_OK_WITH_WARNING, "ValueNotRecognized")],
    ),
    "error": (
        AWAIT_ACK,
        ErrorVerified("SecurityFailure"),
        1,
        S.REJECTED,
        [TellApplication(News.REFUSED, "SecurityFailure"), Alarm(AlarmRule.REFUSED, "SecurityFailure")],
    ),
    "wrong references": (AWAIT_ACK, AckMismatched(), 1, S.AWAIT_ACK, [Alarm(AlarmRule.ACK_REFERENCES, "")]),
    "bad signature": (
        AWAIT_ACK,
        SignalUnverified("digest"),
        1,
        S.AWAIT_ACK,
        [Alarm(AlarmRule.SIGNAL_NOT_VERIFIED, "digest")],
    ),
    "fault": (
        AWAIT_ACK,
        FaultReceived("Client"),
        1,
        S.FAULTED,
        [TellApplication(News.NOT_DELIVERED, "Client"), Alarm(AlarmRule.FAULT, "Client")],
    ),
    "bounce": (
        AWAIT_ACK,
        BounceReceived("5.1.1"),
        1,
        S.BOUNCED,
        [TellApplication(News.NOT_DELIVERED, "5.1.1"), Alarm(AlarmRule.BOUNCE, "5.1.1")],
    ),
    "timer, mailbox not read": (AWAIT_ACK, TimerFired(T0 + HOUR), 13, S.AWAIT_ACK, [PollMailbox()]),
    "timer, resend": (AWAIT_ACK, TIMER, 13, S.AWAIT_ACK, [Transmit(1, T0 + 13 * HOUR)]),
    "timer, retries used": (
        replace(AWAIT_ACK, resends=5),
        TIMER,
        13,
        S.DELIVERY_FAILED,
        [
            TellApplication(News.OUTCOME_UNKNOWN, "no answer to any transmission; the receiver may have the message"),
            Alarm(AlarmRule.NO_ANSWER, "no answer to any transmission; the receiver may have the message"),
        ],
    ),
    "AppRec without ack": (
        AWAIT_ACK,
        AppRecArrived(),
        1,
        S.ACKED_IMPLIED,
        [
            TellApplication(News.TRANSPORT_OK, "implied by the AppRec; the acknowledgment was not seen"),
        ],
    ),
    "late ack after silence": (
        after(S.DELIVERY_FAILED),
        AckVerified(),
        90,
        S.ACKED_LATE,
        [TellApplication(News.TRANSPORT_OK_LATE, ""), Alarm(AlarmRule.LATE_ANSWER, "")],
    ),
    "late error after silence": (
        after(S.DELIVERY_FAILED),
        ErrorVerified("SecurityFailure"),
        100,
        S.REJECTED,
        [TellApplication(News.REFUSED, "SecurityFailure"), Alarm(AlarmRule.LATE_ANSWER, "SecurityFailure")],
    ),
    "late ack after fault": (
        after(S.FAULTED),
        AckVerified(),
        90,
        S.ACKED_LATE,
        [TellApplication(News.TRANSPORT_OK_LATE, ""), Alarm(AlarmRule.LATE_ANSWER, "")],
    ),
    "late ack after bounce": (
        after(S.BOUNCED),
        AckVerified(),
        90,
        S.ACKED_LATE,
        [TellApplication(News.TRANSPORT_OK_LATE, ""), Alarm(AlarmRule.LATE_ANSWER, "")],
    ),
    "repeated ack": (after(S.ACKED), AckVerified(), 2, S.ACKED, []),
    "error after ack": (
        after(S.ACKED),
        ErrorVerified("Unknown"),
        2,
        S.ACKED,
        [Alarm(AlarmRule.SIGNALS_CONTRADICT, "Unknown")],
    ),
    "ack after error": (after(S.REJECTED), AckVerified(), 2, S.REJECTED, [Alarm(AlarmRule.SIGNALS_CONTRADICT, "")]),
    "ack after AppRec": (after(S.ACKED_IMPLIED), AckVerified(), 2, S.ACKED, []),
    "warning after AppRec": (
        after(S.ACKED_IMPLIED),
        WarningVerified("ValueNotRecognized"),
        2,
        S.ACKED_WARN,
        [TellApplication(News.TRANSPORT_OK_WITH_WARNING, "ValueNotRecognized")],
    ),
    "error after AppRec": (
        after(S.ACKED_IMPLIED),
        ErrorVerified("Unknown"),
        2,
        S.ACKED_IMPLIED,
        [Alarm(AlarmRule.SIGNALS_CONTRADICT, "Unknown")],
    ),
    "AppRec after ack": (after(S.ACKED), AppRecArrived(), 2, S.ACKED, []),
    "AppRec after warning": (after(S.ACKED_WARN), AppRecArrived(), 2, S.ACKED_WARN, []),
    "cancelled": (
        AWAIT_ACK,
        CancelRequested("wrong patient"),
        1,
        S.CANCELLED,
        [TellApplication(News.CANCELLED, "wrong patient")],
    ),
}


@pytest.mark.parametrize(("before", "event", "hours", "state", "effects"), NORM.values(), ids=NORM.keys())
def test_a_row_of_the_norm(
    before: SenderExchange, event: Event, hours: int, state: TransportState, effects: list[object]
) -> None:
    """Each row of `ebxml.md` §7.3 leads to its state and has its effects."""
    transition = sender.step(before, event, T0 + hours * HOUR, TERMS)
    assert transition.exchange.state is state
    assert [*transition.effects] == effects


EVENTS: tuple[Event, ...] = (
    Sealed(),
    SendRuleFailed("r"),
    SealingDeferred("r"),
    Unsealed("r"),
    MailAccepted(),
    MailDeferred("r"),
    MailRefused("r"),
    MailUnknown("r"),
    AddressChanged("r"),
    AckVerified(),
    WarningVerified("r"),
    ErrorVerified("r"),
    AckMismatched(),
    SignalUnverified("r"),
    FaultReceived("r"),
    BounceReceived("r"),
    TimerFired(None),
    TimerFired(T0 + timedelta(days=30)),
    AppRecArrived(),
    CancelRequested("r"),
    ResendRequested("r"),
)


@pytest.mark.parametrize("state", TransportState)
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_state_has_an_answer_to_every_event(state: TransportState, event: Event) -> None:
    """Each pair of state and event is a transition or the error of the catalogue, never anything else."""
    exchange = replace(AWAIT_ACK, state=state)
    now = T0 + timedelta(days=2)
    row = ROWS[state, sender.name_of(exchange, event, now, TERMS)]
    if row is IMPOSSIBLE:
        with pytest.raises(AdapterError) as caught:
            sender.step(exchange, event, now, TERMS)
        assert caught.value.id == "DELIVERY-IMPOSSIBLE"
    else:
        assert sender.step(exchange, event, now, TERMS).exchange.state is (row.next or state)


def test_every_name_is_given_to_some_event() -> None:
    """No column of the table is out of reach."""
    times = (T0, T0 + 2 * HOUR, T0 + timedelta(days=1), T0 + timedelta(days=30))
    exchanges = (READY, AWAIT_ACK, replace(AWAIT_ACK, resends=5))
    names = {sender.name_of(e, event, now, TERMS) for e in exchanges for event in EVENTS for now in times}
    assert names == set(On)


def test_the_table_is_complete() -> None:
    """The table has one cell for each state and name."""
    assert set(ROWS) == {(state, name) for state in TransportState for name in On}
    assert all(isinstance(row, Row) for row in ROWS.values())


def test_six_transmissions_twelve_hours_apart() -> None:
    """Without an answer a message leaves at 0, 12, 24, 36, 48 and 60 hours and is given up at 72."""
    exchange = sender.step(READY, MailAccepted(), T0, TERMS).exchange
    sent = [T0]
    while exchange.state is S.AWAIT_ACK:
        assert exchange.due is not None
        now = exchange.due
        transition = sender.step(exchange, TimerFired(now), now, TERMS)
        sent += [effect.at for effect in transition.effects if isinstance(effect, Transmit)]
        exchange = transition.exchange
    assert [(at - T0) / HOUR for at in sent] == [0, 12, 24, 36, 48, 60]
    assert exchange.state is S.DELIVERY_FAILED
    assert exchange.since == T0 + 72 * HOUR
    assert exchange.due is None


def test_the_lifetime_ends_before_the_retries() -> None:
    """A short lifetime ends the wait although retries are left."""
    terms = RetryTerms(retries=5, lifetime=timedelta(hours=10))
    exchange = sender.step(READY, MailAccepted(), T0, terms).exchange
    assert exchange.due is not None
    assert sender.step(exchange, TimerFired(exchange.due), exchange.due, terms).exchange.state is S.DELIVERY_FAILED


def test_a_mail_server_that_says_later_gets_pauses_that_grow() -> None:
    """Deferrals wait longer and longer, up to half an hour, and are no resends."""
    exchange, now, pauses = READY, T0, []
    for _ in range(8):
        transition = sender.step(exchange, MailDeferred("421"), now, TERMS)
        exchange = transition.exchange
        assert exchange.due is not None
        pauses.append((exchange.due - now) // timedelta(minutes=1))
        now = exchange.due
    assert pauses == [1, 2, 5, 10, 20, 30, 30, 30]
    assert exchange.resends == 0
    assert exchange.first_sent is None


def test_a_connection_lost_after_data_counts_as_sent_and_says_so() -> None:
    """An unknown hand-over awaits the acknowledgment, carries its own mark, and keeps it after a resend."""
    exchange = sender.step(READY, MailUnknown("lost after DATA"), T0, TERMS).exchange
    assert (exchange.state, exchange.hand_over, exchange.first_sent) == (S.AWAIT_ACK, HandOver.UNKNOWN, T0)
    assert "unknown" in sender.next_step(exchange)
    resent = sender.step(exchange, TimerFired(T0 + 12 * HOUR), T0 + 12 * HOUR, TERMS).exchange
    accepted = sender.step(resent, MailAccepted(), T0 + 12 * HOUR, TERMS).exchange
    assert (accepted.hand_over, accepted.first_sent) == (HandOver.UNKNOWN, T0)


def test_a_doubt_is_soon_removed_by_another_copy() -> None:
    """After an unknown hand-over the same bytes go again at once; a second doubt waits for the agreed interval."""
    unknown = sender.step(READY, MailUnknown("lost after DATA"), T0, TERMS).exchange
    assert unknown.due == T0 + MAIL_BACK_OFF.after(1)
    again = sender.step(unknown, TimerFired(unknown.due), unknown.due, TERMS)
    assert (again.exchange.resends, again.effects) == (1, (Transmit(1, unknown.due),))
    doubted = sender.step(again.exchange, MailUnknown("lost after DATA"), unknown.due, TERMS).exchange
    assert doubted.due == unknown.due + TERMS.interval


def test_a_doubt_is_no_end_where_no_copy_is_agreed() -> None:
    """Without resends the receiver has the whole interval to answer, also when the hand-over is unknown."""
    unknown = sender.step(READY, MailUnknown("lost after DATA"), T0, replace(TERMS, retries=0)).exchange
    assert unknown.due == T0 + TERMS.interval


def test_an_acknowledgment_may_overtake_our_own_note_of_the_hand_over() -> None:
    """An ack that comes while READY is believed, and the hand-over is noted when we hear of it."""
    acked = sender.step(READY, AckVerified(), T0 + HOUR, TERMS).exchange
    assert (acked.state, acked.first_sent, acked.due) == (S.ACKED, None, None)
    noted = sender.step(acked, MailAccepted(), T0 + 2 * HOUR, TERMS).exchange
    assert (noted.state, noted.first_sent, noted.due) == (S.ACKED, T0 + 2 * HOUR, None)


@pytest.mark.parametrize("before", [READY, AWAIT_ACK], ids=["the first", "a copy"])
def test_a_new_address_gives_a_refused_message_another_try(before: SenderExchange) -> None:
    """A refusal where the register has another address is no failure: ready, for the new address, and nobody told."""
    transition = sender.step(before, AddressChanged("550"), T0 + HOUR, TERMS)
    assert (transition.exchange.state, transition.exchange.reason) == (S.READY, "550")
    assert transition.effects == (Transmit(0, T0 + HOUR),)


def test_a_person_sends_the_same_octets_again() -> None:
    """A resend by hand counts as a transmission once the message has left, and goes at once."""
    assert sender.step(READY, ResendRequested("x"), T0 + HOUR, TERMS).exchange.resends == 0
    waiting = sender.step(AWAIT_ACK, ResendRequested("x"), T0 + HOUR, TERMS)
    assert (waiting.exchange.state, waiting.exchange.resends) == (S.AWAIT_ACK, 1)
    assert waiting.exchange.due == T0 + HOUR + TERMS.interval
    assert waiting.effects == (Transmit(1, T0 + HOUR),)
    revived = sender.step(after(S.BOUNCED), ResendRequested("x"), T0 + HOUR, TERMS)
    assert (revived.exchange.state, revived.exchange.resends) == (S.READY, 1)
    twice = sender.step(revived.exchange, ResendRequested("x"), T0 + 2 * HOUR, TERMS)
    assert (twice.exchange.resends, twice.effects) == (1, (Transmit(1, T0 + 2 * HOUR),))
    # That no mail server takes it is news after an hour of this waiting, not of the message's age.
    put_off = sender.step(revived.exchange, MailDeferred("451"), T0 + HOUR + HOUR / 2, TERMS)
    assert not any(isinstance(effect, Alarm) for effect in put_off.effects)


@pytest.mark.parametrize("spent", [replace(AWAIT_ACK, resends=5), after(S.DELIVERY_FAILED)], ids=["retries", "life"])
def test_octets_that_have_had_their_time_are_not_sent_by_hand(spent: SenderExchange) -> None:
    """No person makes a seventh transmission, or one after the lifetime: that takes a new envelope."""
    with pytest.raises(AdapterError) as caught:
        sender.step(spent, ResendRequested("x"), T0 + 72 * HOUR, TERMS)
    assert caught.value.id == "DELIVERY-IMPOSSIBLE"


def test_a_message_cancelled_too_late_says_that_it_left() -> None:
    """The hand-over of a message that was cancelled meanwhile is noted and told."""
    cancelled = sender.step(READY, CancelRequested("x"), T0, TERMS).exchange
    transition = sender.step(cancelled, MailAccepted(), T0 + HOUR, TERMS)
    assert transition.exchange.first_sent == T0 + HOUR
    assert [effect.rule for effect in transition.effects if isinstance(effect, Alarm)] == [AlarmRule.SENT_AFTER_CANCEL]


def test_every_state_tells_a_person_what_to_do() -> None:
    """Each state has a sentence about what happens next."""
    assert all(sender.next_step(replace(NEW, state=state)) for state in TransportState)


FINAL = frozenset(TransportState) - sender.OPEN_STATES
LEAVES = {
    S.TRANSPORT_FAILED: {S.ACKED_LATE, S.REJECTED, S.READY, S.CANCELLED},
    S.DELIVERY_FAILED: {S.ACKED_LATE, S.REJECTED, S.READY, S.CANCELLED},
    S.FAULTED: {S.ACKED_LATE, S.REJECTED, S.CANCELLED},
    S.BOUNCED: {S.ACKED_LATE, S.REJECTED, S.READY, S.CANCELLED},
    S.FAILED_LOCAL: {S.CANCELLED},
    S.ACKED_IMPLIED: {S.ACKED, S.ACKED_WARN},
    S.CANCELLED: {S.ACKED_LATE, S.REJECTED, S.READY},
}

steps = st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 20)), max_size=40)


@settings(max_examples=300, deadline=None)
@given(steps)
def test_no_sequence_of_events_breaks_a_promise(sequence: list[tuple[Event, int]]) -> None:
    """Final states stay, but for a late answer or an operator; the first hand-over never moves; resends are counted."""
    exchange, now = NEW, T0
    for event, hours in sequence:
        now += hours * HOUR
        try:
            transition = sender.step(exchange, event, now, TERMS)
        except AdapterError:
            continue
        then = transition.exchange
        if exchange.state in FINAL and then.state is not exchange.state:
            assert then.state in LEAVES[exchange.state]
        if exchange.first_sent is not None:
            assert then.first_sent == exchange.first_sent
            assert then.hand_over is exchange.hand_over
        assert exchange.resends <= then.resends <= TERMS.retries
        assert (then.due is None) == (then.state not in {S.READY, S.AWAIT_ACK})
        assert (then.since == now) if then.state is not exchange.state else (then.since == exchange.since)
        if any(isinstance(effect, Transmit) for effect in transition.effects):
            assert then.state in {S.READY, S.AWAIT_ACK}
        exchange = then


@given(
    st.sampled_from([after(state) for state in (S.ACKED, S.ACKED_WARN, S.ACKED_LATE, S.REJECTED)]),
    st.sampled_from(EVENTS),
)
def test_what_the_receiver_signed_is_never_taken_back(exchange: SenderExchange, event: Event) -> None:
    """No event at all leaves ACKED, ACKED_WARN, ACKED_LATE or REJECTED."""
    with suppress(AdapterError):
        exchange_after = sender.step(exchange, event, T0 + 99 * HOUR, TERMS).exchange
        assert exchange_after.state is exchange.state


@given(st.permutations([AppRecArrived(), AppRecArrived(), AckVerified(), AckVerified()]))
def test_an_acknowledgment_and_an_apprec_agree_in_any_order(sequence: list[Event]) -> None:
    """However AppRec and Acknowledgment overtake each other, the message is ACKED and nothing contradicts."""
    assert agreed(sequence) is S.ACKED


@given(st.permutations([AppRecArrived(), AppRecArrived(), WarningVerified("r"), WarningVerified("r")]))
def test_a_warning_and_an_apprec_agree_in_any_order(sequence: list[Event]) -> None:
    """However AppRec and Warning overtake each other, the message is ACKED_WARN and nothing contradicts."""
    assert agreed(sequence) is S.ACKED_WARN


def agreed(sequence: list[Event]) -> TransportState:
    """The state at the end of a sequence of which nothing contradicts anything."""
    exchange = AWAIT_ACK
    for event in sequence:
        transition = sender.step(exchange, event, T0 + HOUR, TERMS)
        rules = {effect.rule for effect in transition.effects if isinstance(effect, Alarm)}
        assert not rules
        exchange = transition.exchange
    return exchange.state


def test_an_unsigned_notice_is_told_but_explains_nothing() -> None:
    """A bounce or an unverified signal after the acknowledgment leaves the reason as it was."""
    for event in (BounceReceived("5.1.1"), FaultReceived("Client"), SignalUnverified("digest")):
        transition = sender.step(after(S.ACKED), event, T0 + HOUR, TERMS)
        assert transition.exchange == after(S.ACKED)
        assert [type(effect) for effect in transition.effects] == [Alarm]
