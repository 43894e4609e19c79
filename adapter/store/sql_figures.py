"""How many are there in each state, how old is the oldest, and when is the next due?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import ACKNOWLEDGED_STATES, OPEN_STATES, TransportState
from adapter.store.port import Counts, Unanswered
from adapter.store.schema import WAITS_TO_LEAVE, exchange, inbox, mail_in, outbox
from adapter.store.sql_asked import Asked
from adapter.store.statements import AWAITS_ACK, WAITING_MAIL
from adapter.values import HerId, instant_of

S = TypeVar("S", bound=StrEnum)

UNSETTLED = tuple(
    state for state in TransportState if state not in ACKNOWLEDGED_STATES and state is not TransportState.CANCELLED
)
"""States of what is under way or has failed: few of many exchanges."""

NOT_RECEIPTED = (AppRecState.REJECTED, AppRecState.TIMED_OUT)
SET_ASIDE = (ReceptionState.QUARANTINE, ReceptionState.FALSE_DUPLICATE)
_NOT_LEFT = (TransportState.NEW.value, TransportState.READY.value)


class SqlFigures(Asked):
    """The questions of the port that are answered with numbers and moments."""

    def next_due(self) -> datetime | None:
        waiting = [state.value for state in WAITING_MAIL]
        mail_due = func.coalesce(mail_in.c.due, mail_in.c.received)
        moments = (
            select(func.min(_when_free(outbox.c.due, outbox.c.claimed_until))).where(WAITS_TO_LEAVE),
            select(func.min(_when_free(mail_due, mail_in.c.claimed_until))).where(mail_in.c.state.in_(waiting)),
            select(func.min(exchange.c.transport_due)).where(AWAITS_ACK),
            select(func.min(exchange.c.receipt_due)).where(exchange.c.receipt_due.is_not(None)),
            select(func.min(exchange.c.created_at)).where(exchange.c.transport_state == TransportState.NEW.value),
        )
        found = [self._connection.execute(statement).scalar() for statement in moments]
        return min((_instant(moment) for moment in found if moment is not None), default=None)

    def waiting_to_leave(self, most: int) -> int:
        waiting = select(exchange.c.id).where(exchange.c.transport_state.in_(_NOT_LEFT)).limit(most)
        return int(self._connection.execute(select(func.count()).select_from(waiting.subquery())).scalar_one())

    def unanswered(self, own: tuple[HerId, ...] = ()) -> tuple[Unanswered, ...]:
        waiting = or_(
            exchange.c.transport_state.in_([state.value for state in OPEN_STATES]),
            exchange.c.receipt_due.is_not(None)
            & exchange.c.receipt_state.in_([AppRecState.SENT.value, AppRecState.TRANSPORTED.value]),
        )
        oldest = func.min(exchange.c.created_at)
        rows = self._connection.execute(
            select(exchange.c.receiver, func.count(), oldest)
            .where(waiting, *([exchange.c.sender.in_([her.value for her in own])] if own else []))
            .group_by(exchange.c.receiver)
            .order_by(oldest, exchange.c.receiver)
        )
        return tuple(Unanswered(HerId(partner), count, _instant(since)) for partner, count, since in rows)

    def waiting(self) -> Counts:
        return replace(
            self._queues(),
            transport=self._by_state(exchange.c.transport_state, TransportState, UNSETTLED),
            receipt=self._by_state(exchange.c.receipt_state, AppRecState, NOT_RECEIPTED),
            reception=self._by_state(mail_in.c.state, ReceptionState, SET_ASIDE),
        )

    def counts(self) -> Counts:
        return replace(
            self._queues(),
            transport=self._by_state(exchange.c.transport_state, TransportState, tuple(TransportState)),
            receipt=self._by_state(exchange.c.receipt_state, AppRecState, tuple(AppRecState)),
            reception=self._by_state(exchange.c.reception_state, ReceptionState, tuple(ReceptionState)),
        )

    def _queues(self) -> Counts:
        waiting = [state.value for state in WAITING_MAIL]
        mails = self._count_and_oldest(
            select(func.count(), func.min(mail_in.c.received)).where(mail_in.c.state.in_(waiting))
        )
        items = self._count_and_oldest(select(func.count(), func.min(outbox.c.created_at)).where(WAITS_TO_LEAVE))
        offered = self._count_and_oldest(
            select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.taken_at.is_(None))
        )
        return Counts(
            mails_waiting=mails[0],
            outbox_waiting=items[0],
            inbox_waiting=offered[0],
            oldest_mail=mails[1],
            oldest_outbox=items[1],
            oldest_inbox=offered[1],
        )

    def _by_state(
        self, column: ColumnElement[str | None], kind: type[S], states: tuple[S, ...]
    ) -> tuple[tuple[S, int], ...]:
        wanted = [state.value for state in states]
        counted = self._connection.execute(select(column, func.count()).where(column.in_(wanted)).group_by(column))
        return tuple(sorted((kind(str(state)), number) for state, number in counted))

    def _count_and_oldest(self, statement: Select[*tuple[object, ...]]) -> tuple[int, datetime | None]:
        number, oldest = self._connection.execute(statement).one()
        assert isinstance(number, int)
        return number, None if oldest is None else _instant(oldest)


def _when_free(due: ColumnElement[datetime], claimed_until: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """A claimed row counts from the end of its lease: before that nobody else may take it."""
    return case((claimed_until > due, claimed_until), else_=due)


def _instant(value: object) -> datetime:
    return value if isinstance(value, datetime) else instant_of(str(value))
