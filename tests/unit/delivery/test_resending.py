"""How a message goes again: each state alone, and what demands a new envelope."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapter.delivery.receipts import AppRecState, ReceiptExchange
from adapter.delivery.resending import Again, NotAgain, Seals, Signature, Way, again
from adapter.delivery.retry import RetryTerms
from adapter.delivery.sender import OPEN_STATES, SenderExchange, TransportState

S = TransportState
T0 = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
TERMS = RetryTerms()
WHOLE = Seals(made=True, openable=True, signature=Signature.HOLDS)
SAME = {S.READY, S.AWAIT_ACK, S.TRANSPORT_FAILED, S.DELIVERY_FAILED, S.BOUNCED, S.CANCELLED}
NEW = {S.REJECTED, S.FAULTED, S.FAILED_LOCAL}


def sent(state: TransportState) -> SenderExchange:
    return SenderExchange(state, T0, first_sent=T0)


@pytest.mark.parametrize("state", TransportState)
def test_each_state_has_its_answer(state: TransportState) -> None:
    """With whole octets the state alone decides: as they are, in a new envelope, or not at all."""
    answer = again(sent(state), None, WHOLE, T0 + timedelta(hours=1), TERMS)
    expected = Way.SAME_OCTETS if state in SAME else Way.NEW_ENVELOPE if state in NEW else None
    assert (answer.way if isinstance(answer, Again) else None) is expected


@pytest.mark.parametrize(
    ("seals", "resends", "hours", "says"),
    [
        (replace(WHOLE, made=False), 0, 1, "never sealed"),
        (replace(WHOLE, openable=False), 0, 1, "another encryption certificate"),
        (replace(WHOLE, signature=Signature.EXPIRED), 0, 1, "expired"),
        (replace(WHOLE, signature=Signature.REVOKED), 0, 1, "revoked"),
        (replace(WHOLE, signature=Signature.REPLACED), 0, 1, "another certificate"),
        (replace(WHOLE, faulted=True), 0, 1, "could not read"),
        (WHOLE, 5, 1, "every transmission"),
        (WHOLE, 0, 72, "every transmission"),
    ],
    ids=["never sealed", "certificate", "expired", "revoked", "replaced", "faulted", "retries", "lifetime"],
)
@pytest.mark.parametrize("state", sorted(SAME))
def test_what_demands_a_new_envelope(state: TransportState, seals: Seals, resends: int, hours: int, says: str) -> None:
    """Octets that cannot go give way to a new envelope; while the old one is under way it is given up first."""
    exchange = replace(sent(state), resends=resends)
    answer = again(exchange, None, seals, T0 + timedelta(hours=hours), TERMS)
    if state in OPEN_STATES:
        assert isinstance(answer, NotAgain)
        assert "give it up first" in answer.why
    else:
        assert answer == Again(Way.NEW_ENVELOPE, answer.why)
    assert says in answer.why


@pytest.mark.parametrize("state", sorted(SAME | NEW))
def test_what_was_not_receipted_in_time_needs_a_new_message(state: TransportState) -> None:
    """After 96 hours without AppRec the same MsgId does not go again: a duplicate would be ignored silently."""
    receipt = ReceiptExchange(AppRecState.TIMED_OUT, T0, None)
    answer = again(sent(state), receipt, WHOLE, T0, TERMS)
    assert isinstance(answer, NotAgain)
    assert "new MsgId" in answer.why
