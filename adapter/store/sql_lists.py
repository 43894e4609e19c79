"""Which rows belong on a list of what waits, is due or was done, and in what order?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select

from adapter.delivery.receiver import ReceptionState
from adapter.store import exchange_list
from adapter.store.port import Act, Exchange, ExchangeFilter, InboxItem, JournalEntry, ListPlace, Mail
from adapter.store.rows import inbox_of, journal_of, mail_of
from adapter.store.schema import WAS_NOT_IMPORTED, exchange, inbox, journal, mail_in, operator_act
from adapter.store.sql_asked import Asked, exchanges_of
from adapter.store.statements import DUE_RECEIPTS, DUE_TRANSPORT, INBOX_WAITING, SUBMISSIONS
from adapter.values import HerId


class SqlLists(Asked):
    """The questions of the port that are answered with a list."""

    def mails(
        self, states: Iterable[ReceptionState], limit: int = 1000, after: ListPlace | None = None
    ) -> tuple[Mail, ...]:
        wanted = select(mail_in).where(mail_in.c.state.in_([state.value for state in states]))
        if after is not None:
            same = and_(mail_in.c.received == after.created_at, mail_in.c.id > after.id)
            wanted = wanted.where(or_(mail_in.c.received < after.created_at, same))
        newest = wanted.order_by(mail_in.c.received.desc(), mail_in.c.id).limit(limit)
        return tuple(mail_of(row) for row in self._all(newest))

    def mails_begun(self, id_begins: str, limit: int = 1000) -> tuple[Mail, ...]:
        within = (mail_in.c.id >= id_begins, mail_in.c.id < id_begins + exchange_list.LAST_CHARACTER)
        wanted = select(mail_in).where(*within, mail_in.c.exchange_id.is_(None)).order_by(mail_in.c.id).limit(limit)
        return tuple(mail_of(row) for row in self._all(wanted))

    def exchanges(self, which: ExchangeFilter) -> tuple[Exchange, ...]:
        listed = exchange_list.newest(self._connection, which)
        return () if listed is None else exchanges_of(self._all(listed))

    def submissions(self, limit: int = 100) -> tuple[Exchange, ...]:
        return exchanges_of(self._rows(SUBMISSIONS, of_limit=limit))

    def due_transport(self, now: datetime, limit: int = 100) -> tuple[Exchange, ...]:
        return exchanges_of(self._rows(DUE_TRANSPORT, of_now=now, of_limit=limit))

    def due_receipts(self, now: datetime, limit: int = 100) -> tuple[Exchange, ...]:
        return exchanges_of(self._rows(DUE_RECEIPTS, of_now=now, of_limit=limit))

    def kept_back(
        self, reasons: Iterable[str], own: tuple[HerId, ...] = (), limit: int = 1000
    ) -> tuple[JournalEntry, ...]:
        decided = exists().where(
            operator_act.c.subject == journal.c.exchange_id,
            operator_act.c.act.in_([Act.ACCEPT.value, Act.REFUSE.value]),
        )
        wanted = (
            select(journal)
            .join(exchange, exchange.c.id == journal.c.exchange_id)
            .where(WAS_NOT_IMPORTED, journal.c.detail.in_(list(reasons)), ~decided)
        )
        if own:
            wanted = wanted.where(exchange.c.receiver.in_([her.value for her in own]))
        return tuple(journal_of(row) for row in self._all(wanted.order_by(journal.c.seq).limit(limit)))

    def inbox_waiting(self, limit: int = 100, own: tuple[HerId, ...] = ()) -> tuple[InboxItem, ...]:
        if not own:
            return tuple(inbox_of(row) for row in self._rows(INBOX_WAITING, of_limit=limit))
        waiting = select(inbox).where(inbox.c.taken_at.is_(None), for_one_of(own))
        oldest = waiting.order_by(inbox.c.received_at, inbox.c.exchange_id).limit(limit)
        return tuple(inbox_of(row) for row in self._all(oldest))


def for_one_of(own: tuple[HerId, ...]) -> ColumnElement[bool]:
    """Whether an item of the inbox is for one of these parties; asked item by item, so that few items are few looks."""
    ours = exchange.c.receiver.in_([her.value for her in own])
    return exists().where(exchange.c.id == inbox.c.exchange_id, ours)
