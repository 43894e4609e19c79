"""Which of several entries about one message counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapter.delivery.fact_chain import GENESIS, linked
from adapter.delivery.recorded import Pseudonym, RecordedFact, StayFact, best_proved
from adapter.facts import AdmissionNotice, Carrier, Fact, HowKnown, ReceiptGiven, ReceiptStatus, What
from adapter.values import HerId, Moment, MsgId

T0 = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
NOTICE = AdmissionNotice(Carrier(MsgId("a")))


def log(*entries: tuple[What, int, str | None]) -> list[RecordedFact]:
    """A log of these facts: what, how many minutes after the start, of which exchange."""
    facts: list[RecordedFact] = []
    for what, minutes, exchange in entries:
        fact = Fact(what, Moment.at(T0 + timedelta(minutes=minutes)), HowKnown.THEIR_RECEIPT)
        entry = StayFact(Pseudonym("1" * 64), HerId("100"), fact, exchange_id=exchange)
        facts.append(linked(entry, facts[-1] if facts else None, T0))
    return facts


def test_the_earlier_moment_of_a_message_counts() -> None:
    """A better proof of an earlier moment takes the place of a later one, in whatever order they came."""
    for entries in (((NOTICE, 5, "e"), (NOTICE, 1, "e")), ((NOTICE, 1, "e"), (NOTICE, 5, "e"))):
        (best,) = best_proved(log(*entries))
        assert best.entry.fact.when == Moment.at(T0 + timedelta(minutes=1))


def test_facts_of_different_messages_all_count() -> None:
    """Facts of two exchanges, facts without exchange, and receipts stand beside each other."""
    receipt = ReceiptGiven(MsgId("a"), ReceiptStatus.OK)
    facts = log(
        (NOTICE, 1, "e"), (NOTICE, 1, "f"), (NOTICE, 1, None), (NOTICE, 1, None), (receipt, 1, "e"), (receipt, 2, "e")
    )
    assert best_proved(facts) == tuple(facts)


def test_the_chain_begins_at_its_beginning() -> None:
    """The first entry links to what stands before every log, each other to the one before."""
    one, two = log((NOTICE, 1, "e"), (NOTICE, 1, "f"))
    assert one.previous == GENESIS
    assert two.previous == one.hash
