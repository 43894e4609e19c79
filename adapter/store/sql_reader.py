"""How are the questions of the port asked in SQL?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, case, func, or_, select

from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.recorded import Pseudonym, RecordedFact
from adapter.delivery.sender import OPEN_STATES, TransportState
from adapter.errors import STORE_CORRUPT, STORE_MISSING, AdapterError
from adapter.store import fact_log as chain
from adapter.store.port import (
    ChainReport,
    Counts,
    Direction,
    Exchange,
    ExchangeFilter,
    FactFilter,
    InboxItem,
    IssuedStatement,
    JournalEntry,
    Mail,
    OperatorAct,
    OutboxItem,
    OutboxState,
    SeenEnvelope,
    Subject,
    TakenMessage,
    Unanswered,
)
from adapter.store.rows import (
    act_of,
    exchange_of,
    hex_digits,
    inbox_of,
    journal_of,
    mail_of,
    outbox_of,
    seen_of,
    statement_of,
    taken_of,
)
from adapter.store.schema import (
    blob,
    correlation,
    exchange,
    fact_log,
    inbox,
    issued_statement,
    journal,
    mail_in,
    meta,
    operator_act,
    outbox,
    seen_envelope,
    taken_message,
)
from adapter.store.sql_access import SqlAccessReader
from adapter.values import Digest, HerId, MessageId, MsgId, instant_of

S = TypeVar("S", bound=StrEnum)

WAITING_MAIL = (ReceptionState.STORED, ReceptionState.PENDING)
"""The states in which a mail waits for us: STORED at once, PENDING when it is due."""

_OUT = exchange.c.direction == Direction.OUT.value
_AWAIT_ACK = exchange.c.transport_state == TransportState.AWAIT_ACK.value


class SqlReader(SqlAccessReader):
    """The port's `Reader` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _all(self, statement: Select[*tuple[object, ...]]) -> Iterator[RowMapping]:
        yield from self._connection.execute(statement).mappings()

    def _one(self, statement: Select[*tuple[object, ...]]) -> RowMapping | None:
        return self._connection.execute(statement).mappings().first()

    # ── bytes ──

    def blob(self, digest: Digest) -> bytes:
        content: bytes | None = self._connection.execute(
            select(blob.c.content).where(blob.c.digest == digest.value)
        ).scalar()
        if content is None:
            raise AdapterError(STORE_MISSING, f"the bytes with digest {digest}")
        if Digest.of(content) != digest:
            raise AdapterError(STORE_CORRUPT, f"the bytes with digest {digest} have another digest now")
        return content

    # ── mails ──

    def mail(self, mail_id: str) -> Mail | None:
        row = self._one(select(mail_in).where(mail_in.c.id == mail_id))
        return None if row is None else mail_of(row)

    def mails(self, states: Iterable[ReceptionState], limit: int = 1000) -> tuple[Mail, ...]:
        wanted = select(mail_in).where(mail_in.c.state.in_([state.value for state in states]))
        newest = wanted.order_by(mail_in.c.received.desc(), mail_in.c.id).limit(limit)
        return tuple(mail_of(row) for row in self._all(newest))

    def mails_of(self, exchange_ids: Iterable[str]) -> tuple[Mail, ...]:
        wanted = select(mail_in).where(mail_in.c.exchange_id.in_(list(exchange_ids)))
        return tuple(mail_of(row) for row in self._all(wanted.order_by(mail_in.c.received, mail_in.c.id)))

    # ── exchanges ──

    def exchange(self, exchange_id: str) -> Exchange | None:
        row = self._one(select(exchange).where(exchange.c.id == exchange_id))
        return None if row is None else exchange_of(row)

    def _exchanges(self, statement: Select[*tuple[object, ...]]) -> tuple[Exchange, ...]:
        return tuple(exchange_of(row) for row in self._all(statement))

    def exchanges(self, which: ExchangeFilter) -> tuple[Exchange, ...]:
        wanted = select(exchange).where(*_conditions(which))
        return self._exchanges(wanted.order_by(exchange.c.created_at.desc(), exchange.c.id).limit(which.limit))

    def submissions(self, limit: int = 100) -> tuple[Exchange, ...]:
        new = select(exchange).where(exchange.c.transport_state == TransportState.NEW.value)
        return self._exchanges(new.order_by(exchange.c.created_at, exchange.c.id).limit(limit))

    def due_transport(self, now: datetime, limit: int = 100) -> tuple[Exchange, ...]:
        due = select(exchange).where(_AWAIT_ACK, exchange.c.transport_due <= now)
        return self._exchanges(due.order_by(exchange.c.transport_due, exchange.c.id).limit(limit))

    def due_receipts(self, now: datetime, limit: int = 100) -> tuple[Exchange, ...]:
        due = select(exchange).where(exchange.c.receipt_due <= now)
        return self._exchanges(due.order_by(exchange.c.receipt_due, exchange.c.id).limit(limit))

    def next_due(self) -> datetime | None:
        waiting = [state.value for state in WAITING_MAIL]
        mail_due = func.coalesce(mail_in.c.due, mail_in.c.received)
        moments = (
            select(func.min(_when_free(outbox.c.due, outbox.c.claimed_until))).where(
                outbox.c.state == OutboxState.WAITING.value
            ),
            select(func.min(_when_free(mail_due, mail_in.c.claimed_until))).where(mail_in.c.state.in_(waiting)),
            select(func.min(exchange.c.transport_due)).where(_AWAIT_ACK),
            select(func.min(exchange.c.receipt_due)),
            select(func.min(exchange.c.created_at)).where(exchange.c.transport_state == TransportState.NEW.value),
        )
        found = [self._connection.execute(statement).scalar() for statement in moments]
        return min((_instant(moment) for moment in found if moment is not None), default=None)

    def by_message_id(self, direction: Direction, message_id: MessageId, peer: HerId | None = None) -> Exchange | None:
        wanted = select(exchange).where(
            exchange.c.message_id == message_id.value, exchange.c.direction == direction.value
        )
        if peer is not None:
            side = exchange.c.receiver if direction is Direction.OUT else exchange.c.sender
            wanted = wanted.where(side == peer.value)
        row = self._one(wanted.order_by(exchange.c.created_at.desc()).limit(1))
        return None if row is None else exchange_of(row)

    def find_sent(self, msg_id: MsgId, receiver: HerId | None = None) -> tuple[Exchange, ...]:
        digits = hex_digits(msg_id)
        keys: list[ColumnElement[bool]] = [exchange.c.msg_key == msg_id.key]
        # A GUID has 32 digits; fewer would match ids that only look alike.
        if len(digits) == 32:
            keys.append(exchange.c.msg_hex == digits)
        for key in keys:
            wanted = select(exchange).where(_OUT, key)
            if receiver is not None:
                wanted = wanted.where(exchange.c.receiver == receiver.value)
            found = self._exchanges(wanted.order_by(exchange.c.created_at.desc(), exchange.c.id))
            if found:
                return found
        return ()

    def related(self, exchange_id: str) -> tuple[Exchange, ...]:
        wanted = select(exchange).where(or_(exchange.c.receipt_for == exchange_id, exchange.c.answers == exchange_id))
        return self._exchanges(wanted.order_by(exchange.c.created_at, exchange.c.id))

    def journal(self, exchange_id: str) -> tuple[JournalEntry, ...]:
        lines = select(journal).where(journal.c.exchange_id == exchange_id).order_by(journal.c.seq)
        return tuple(journal_of(row) for row in self._all(lines))

    # ── outbox, dedupe, inbox ──

    def outbox_of(self, exchange_id: str) -> tuple[OutboxItem, ...]:
        items = select(outbox).where(outbox.c.exchange_id == exchange_id).order_by(outbox.c.created_at, outbox.c.id)
        return tuple(outbox_of(row) for row in self._all(items))

    def seen(self, sender: HerId, message_id: MessageId) -> SeenEnvelope | None:
        row = self._one(
            select(seen_envelope).where(
                seen_envelope.c.sender == sender.value, seen_envelope.c.message_id == message_id.value
            )
        )
        return None if row is None else seen_of(row)

    def taken(self, msg_id: MsgId, organisation: HerId) -> TakenMessage | None:
        row = self._one(
            select(taken_message).where(
                taken_message.c.msg_key == msg_id.key, taken_message.c.organisation == organisation.value
            )
        )
        return None if row is None else taken_of(row)

    def inbox_item(self, exchange_id: str) -> InboxItem | None:
        row = self._one(select(inbox).where(inbox.c.exchange_id == exchange_id))
        return None if row is None else inbox_of(row)

    def inbox_waiting(self, limit: int = 100) -> tuple[InboxItem, ...]:
        waiting = select(inbox).where(inbox.c.taken_at.is_(None))
        return tuple(
            inbox_of(row) for row in self._all(waiting.order_by(inbox.c.received_at, inbox.c.exchange_id).limit(limit))
        )

    def correlated(self, values: Iterable[str]) -> str | None:
        found = self._one(select(correlation.c.exchange_id).where(correlation.c.value.in_(list(values))).limit(1))
        return None if found is None else found["exchange_id"]

    # ── facts ──

    def _log(self, *conditions: ColumnElement[bool]) -> Iterator[chain.LogRow]:
        for row in self._all(select(fact_log).where(*conditions).order_by(fact_log.c.seq)):
            yield chain.LogRow(
                seq=row["seq"],
                recorded_at=row["recorded_at"],
                patient=row["patient"],
                hospital=row["hospital"],
                municipality=row["municipality"],
                exchange_id=row["exchange_id"],
                text=row["entry"],
                digest=row["digest"],
                previous=row["previous"],
                hash=row["hash"],
            )

    def facts(self, which: FactFilter) -> tuple[RecordedFact, ...]:
        try:
            return tuple(chain.fact_of(row) for row in self._log(*_fact_conditions(which)))
        except ValueError as error:
            raise AdapterError(STORE_CORRUPT, f"a recorded fact cannot be read: {error}") from error

    def subjects(self, which: FactFilter) -> tuple[Subject, ...]:
        columns = (fact_log.c.patient, fact_log.c.hospital, fact_log.c.municipality)
        rows = self._connection.execute(select(*columns).where(*_fact_conditions(which)).distinct().order_by(*columns))
        return tuple(
            Subject(Pseudonym(patient), HerId(hospital), None if municipality is None else HerId(municipality))
            for patient, hospital, municipality in rows
        )

    def verify_chain(self) -> ChainReport:
        return chain.verify(self._log())

    # ── statements ──

    def statement(self, statement_id: str) -> IssuedStatement | None:
        row = self._one(select(issued_statement).where(issued_statement.c.id == statement_id))
        return None if row is None else _issued(row)

    def statements(
        self, hospital: HerId | None = None, municipality: HerId | None = None, month: str | None = None
    ) -> tuple[IssuedStatement, ...]:
        wanted = select(issued_statement)
        if hospital is not None:
            wanted = wanted.where(issued_statement.c.hospital == hospital.value)
        if municipality is not None:
            wanted = wanted.where(issued_statement.c.municipality == municipality.value)
        if month is not None:
            wanted = wanted.where(issued_statement.c.month == month)
        ordered = wanted.order_by(
            issued_statement.c.issued_at, issued_statement.c.month, issued_statement.c.number, issued_statement.c.id
        )
        return tuple(_issued(row) for row in self._all(ordered))

    # ── operators, and what they watch ──

    def acts(self, subject: str | None = None) -> tuple[OperatorAct, ...]:
        wanted = select(operator_act).order_by(operator_act.c.seq)
        if subject is not None:
            wanted = wanted.where(operator_act.c.subject == subject)
        return tuple(act_of(row) for row in self._all(wanted))

    def unanswered(self) -> tuple[Unanswered, ...]:
        waiting = or_(
            exchange.c.transport_state.in_([state.value for state in OPEN_STATES]),
            exchange.c.receipt_due.is_not(None)
            & exchange.c.receipt_state.in_([AppRecState.SENT.value, AppRecState.TRANSPORTED.value]),
        )
        oldest = func.min(exchange.c.created_at)
        rows = self._connection.execute(
            select(exchange.c.receiver, func.count(), oldest)
            .where(waiting)
            .group_by(exchange.c.receiver)
            .order_by(oldest, exchange.c.receiver)
        )
        return tuple(Unanswered(HerId(partner), count, _instant(since)) for partner, count, since in rows)

    # ── the store itself ──

    def note(self, key: str) -> str | None:
        value: str | None = self._connection.execute(select(meta.c.value).where(meta.c.key == f"note:{key}")).scalar()
        return value

    def counts(self) -> Counts:
        waiting = [state.value for state in WAITING_MAIL]
        mails = self._count_and_oldest(
            select(func.count(), func.min(mail_in.c.received)).where(mail_in.c.state.in_(waiting))
        )
        items = self._count_and_oldest(
            select(func.count(), func.min(outbox.c.created_at)).where(outbox.c.state == OutboxState.WAITING.value)
        )
        offered = self._count_and_oldest(
            select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.taken_at.is_(None))
        )
        return Counts(
            transport=self._by_state(exchange.c.transport_state, TransportState),
            receipt=self._by_state(exchange.c.receipt_state, AppRecState),
            reception=self._by_state(exchange.c.reception_state, ReceptionState),
            mails_waiting=mails[0],
            outbox_waiting=items[0],
            inbox_waiting=offered[0],
            oldest_mail=mails[1],
            oldest_outbox=items[1],
            oldest_inbox=offered[1],
        )

    def _by_state(self, column: ColumnElement[str | None], kind: type[S]) -> tuple[tuple[S, int], ...]:
        counted = self._connection.execute(select(column, func.count()).where(column.is_not(None)).group_by(column))
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


def _conditions(which: ExchangeFilter) -> Iterator[ColumnElement[bool]]:
    if which.direction is not None:
        yield exchange.c.direction == which.direction.value
    if which.type is not None:
        yield exchange.c.type == which.type
    if which.peer is not None:
        yield or_(
            (exchange.c.direction == Direction.OUT.value) & (exchange.c.receiver == which.peer.value),
            (exchange.c.direction == Direction.IN.value) & (exchange.c.sender == which.peer.value),
        )
    for column, states in (
        (exchange.c.transport_state, which.transport),
        (exchange.c.receipt_state, which.receipt),
        (exchange.c.reception_state, which.reception),
    ):
        if states:
            yield column.in_([state.value for state in states])
    if which.created_from is not None:
        yield exchange.c.created_at >= which.created_from
    if which.created_before is not None:
        yield exchange.c.created_at < which.created_before
    if which.own:
        yield _is_own(which.own)
    if which.msg_id is not None:
        yield exchange.c.msg_key == which.msg_id.key
    if which.after is not None:
        # Said twice, so that the index on created_at bounds the walk.
        yield exchange.c.created_at <= which.after.created_at
        yield or_(exchange.c.created_at < which.after.created_at, exchange.c.id > which.after.id)


def _is_own(own: tuple[HerId, ...]) -> ColumnElement[bool]:
    """Whether the own side of an exchange is one of these parties."""
    hers = [her.value for her in own]
    return or_(
        (exchange.c.direction == Direction.OUT.value) & exchange.c.sender.in_(hers),
        (exchange.c.direction == Direction.IN.value) & exchange.c.receiver.in_(hers),
    )


def _issued(row: RowMapping) -> IssuedStatement:
    issued = statement_of(row)
    if Digest.of(issued.content) != issued.digest:
        raise AdapterError(STORE_CORRUPT, f"statement {issued.id} has another digest now")
    return issued


def _fact_conditions(which: FactFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [fact_log.c.seq > which.after_seq]
    if which.patient is not None:
        conditions.append(fact_log.c.patient == which.patient.value)
    if which.hospital is not None:
        conditions.append(fact_log.c.hospital == which.hospital.value)
    if which.municipality is not None:
        conditions.append(fact_log.c.municipality == which.municipality.value)
    if which.exchange_id is not None:
        conditions.append(fact_log.c.exchange_id == which.exchange_id)
    return conditions
