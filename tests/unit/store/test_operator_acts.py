"""What operators did, and who has not answered: kept, asked, never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapter.delivery import receipts, sender
from adapter.delivery.sender import TransportState
from adapter.errors import AdapterError
from adapter.store.port import Act, Direction, Exchange, OperatorAct, Unanswered
from adapter.store.sql_store import SqlStore
from adapter.values import HerId

T0 = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
ACT = OperatorAct("one", T0, "kari", Act.HANDLED, "called", "marked as handled")


def test_acts_come_back_in_order(store: SqlStore) -> None:
    """Every act is kept as it was written, also two alike."""
    others = (replace(ACT, subject="two"), replace(ACT, at=T0 + timedelta(hours=1), act=Act.RESEND), ACT)
    for act in (ACT, *others):
        store.write_now(lambda writer, act=act: writer.add_act(act))  # type: ignore[misc]
    assert store.read_now(lambda reader: reader.acts()) == (ACT, *others)
    assert store.read_now(lambda reader: reader.acts("two")) == (others[0],)


@pytest.mark.parametrize("change", ["UPDATE operator_act SET who = 'nobody'", "DELETE FROM operator_act"])
def test_nobody_changes_the_record(store: SqlStore, change: str) -> None:
    """The database itself refuses to change or remove what an operator did."""
    store.write_now(lambda writer: writer.add_act(ACT))

    def meddle(writer: object) -> None:
        writer._connection.exec_driver_sql(change)  # type: ignore[attr-defined]

    with pytest.raises(AdapterError):
        store.write_now(meddle)
    assert store.read_now(lambda reader: reader.acts()) == (ACT,)


def outgoing(name: str, receiver: str, hours: int, state: TransportState, *, receipt: bool) -> Exchange:
    at = T0 + timedelta(hours=hours)
    axis = replace(sender.new(at), state=state)
    awaited = receipts.expected(at, at) if receipt else None
    return Exchange(name, Direction.OUT, "PLO", HerId("100"), HerId(receiver), at, transport=axis, receipt=awaited)


def test_who_has_not_answered(store: SqlStore) -> None:
    """Per partner, what waits for acknowledgment or AppRec is counted, the longest wait first."""
    for exchange in (
        outgoing("a", "200", 3, TransportState.AWAIT_ACK, receipt=False),
        outgoing("b", "200", 1, TransportState.ACKED, receipt=True),
        outgoing("c", "200", 0, TransportState.ACKED, receipt=False),
        outgoing("d", "300", 0, TransportState.READY, receipt=True),
        outgoing("e", "400", 0, TransportState.DELIVERY_FAILED, receipt=False),
    ):
        store.write_now(lambda writer, exchange=exchange: writer.add_exchange(exchange))  # type: ignore[misc]
    assert store.read_now(lambda reader: reader.unanswered()) == (
        Unanswered(HerId("300"), 1, T0),
        Unanswered(HerId("200"), 2, T0 + timedelta(hours=1)),
    )
