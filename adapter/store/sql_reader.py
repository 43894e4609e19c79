"""How are the questions of the port asked in SQL?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, case, exists, func, or_, select

from adapter.crypto.standing import Form
from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.recorded import Pseudonym, RecordedFact
from adapter.delivery.sender import ACKNOWLEDGED_STATES, OPEN_STATES, TransportState
from adapter.errors import STORE_CORRUPT, STORE_EXPIRED, STORE_MISSING, AdapterError
from adapter.store import exchange_list
from adapter.store import fact_log as chain
from adapter.store.key_ring import KeyRing
from adapter.store.port import (
    Act,
    CertificateCheck,
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
    RecentSubject,
    RevocationAnswer,
    SeenEnvelope,
    Subject,
    TakenMessage,
    Unanswered,
    UnclearAnswer,
)
from adapter.store.rows import (
    act_of,
    check_of,
    exchange_of,
    hex_digits,
    inbox_of,
    journal_of,
    mail_of,
    outbox_of,
    revocation_of,
    seen_of,
    statement_of,
    taken_of,
)
from adapter.store.schema import (
    SAYS_UNCLEAR,
    WAITS_TO_LEAVE,
    WAS_NOT_IMPORTED,
    beside,
    certificate_check,
    correlation,
    exchange,
    fact_log,
    inbox,
    issued_statement,
    journal,
    mail_in,
    operator_act,
    outbox,
    revocation_answer,
)
from adapter.store.sql_access import SqlAccessReader
from adapter.store.sql_care import SqlCareReader
from adapter.store.statements import (
    AWAITS_ACK,
    BESIDE,
    BLOB,
    DUE_RECEIPTS,
    DUE_TRANSPORT,
    EXCHANGE,
    INBOX_ITEM,
    INBOX_WAITING,
    JOURNAL,
    NOTE,
    SEEN,
    TAKEN,
    WAITING_MAIL,
    by_message_id,
    facts_of,
    sent_by,
)
from adapter.values import Digest, HerId, MessageId, MsgId, instant_of

S = TypeVar("S", bound=StrEnum)

UNSETTLED = tuple(
    state for state in TransportState if state not in ACKNOWLEDGED_STATES and state is not TransportState.CANCELLED
)
"""States of what is under way or has failed: few of many exchanges."""

NOT_RECEIPTED = (AppRecState.REJECTED, AppRecState.TIMED_OUT)
SET_ASIDE = (ReceptionState.QUARANTINE, ReceptionState.FALSE_DUPLICATE)


class SqlReader(SqlAccessReader, SqlCareReader):
    """The port's `Reader` on one connection."""

    def __init__(self, connection: Connection, keys: KeyRing | None = None) -> None:
        self._connection = connection
        self._keys = KeyRing() if keys is None else keys

    def _all(self, statement: Select[*tuple[object, ...]], **values: object) -> Iterator[RowMapping]:
        yield from self._connection.execute(statement, values).mappings()

    def _one(self, statement: Select[*tuple[object, ...]], **values: object) -> RowMapping | None:
        return self._connection.execute(statement, values).mappings().first()

    # ── bytes ──

    def blob(self, digest: Digest) -> bytes:
        row = self._one(BLOB, of_digest=digest.value)
        if row is None:
            raise AdapterError(STORE_MISSING, f"the bytes with digest {digest}")
        if row["gone_at"] is not None:
            raise AdapterError(STORE_EXPIRED, f"the bytes with digest {digest}, on {row['gone_at']:%Y-%m-%d}")
        content: bytes = row["content"]
        if row["key_id"] is not None:
            content = self._keys.key(self._connection, row["key_id"]).open(content, digest)
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

    def mails_begun(self, id_begins: str, limit: int = 1000) -> tuple[Mail, ...]:
        within = (mail_in.c.id >= id_begins, mail_in.c.id < id_begins + exchange_list.LAST_CHARACTER)
        wanted = select(mail_in).where(*within, mail_in.c.exchange_id.is_(None)).order_by(mail_in.c.id).limit(limit)
        return tuple(mail_of(row) for row in self._all(wanted))

    # ── exchanges ──

    def exchange(self, exchange_id: str) -> Exchange | None:
        row = self._one(EXCHANGE, of_id=exchange_id)
        return None if row is None else exchange_of(row)

    def _exchanges(self, statement: Select[*tuple[object, ...]], **values: object) -> tuple[Exchange, ...]:
        return tuple(exchange_of(row) for row in self._all(statement, **values))

    def exchanges(self, which: ExchangeFilter) -> tuple[Exchange, ...]:
        listed = exchange_list.newest(self._connection, which)
        return () if listed is None else self._exchanges(listed)

    def exchanges_named(self, exchange_ids: Iterable[str]) -> tuple[Exchange, ...]:
        return self._exchanges(select(exchange).where(exchange.c.id.in_(list(exchange_ids))))

    def submissions(self, limit: int = 100) -> tuple[Exchange, ...]:
        new = select(exchange).where(exchange.c.transport_state == TransportState.NEW.value)
        return self._exchanges(new.order_by(exchange.c.created_at, exchange.c.id).limit(limit))

    def due_transport(self, now: datetime, limit: int = 100) -> tuple[Exchange, ...]:
        return self._exchanges(DUE_TRANSPORT, of_now=now, of_limit=limit)

    def due_receipts(self, now: datetime, limit: int = 100) -> tuple[Exchange, ...]:
        return self._exchanges(DUE_RECEIPTS, of_now=now, of_limit=limit)

    def next_due(self) -> datetime | None:
        waiting = [state.value for state in WAITING_MAIL]
        mail_due = func.coalesce(mail_in.c.due, mail_in.c.received)
        moments = (
            select(func.min(_when_free(outbox.c.due, outbox.c.claimed_until))).where(WAITS_TO_LEAVE),
            select(func.min(_when_free(mail_due, mail_in.c.claimed_until))).where(mail_in.c.state.in_(waiting)),
            select(func.min(exchange.c.transport_due)).where(AWAITS_ACK),
            select(func.min(exchange.c.receipt_due)),
            select(func.min(exchange.c.created_at)).where(exchange.c.transport_state == TransportState.NEW.value),
        )
        found = [self._connection.execute(statement).scalar() for statement in moments]
        return min((_instant(moment) for moment in found if moment is not None), default=None)

    def by_message_id(self, direction: Direction, message_id: MessageId, peer: HerId | None = None) -> Exchange | None:
        of_peer = {} if peer is None else {"of_peer": peer.value}
        row = self._one(by_message_id(direction, from_peer=peer is not None), of_message_id=message_id.value, **of_peer)
        return None if row is None else exchange_of(row)

    def find_sent(self, msg_id: MsgId, receiver: HerId | None = None) -> tuple[Exchange, ...]:
        digits = hex_digits(msg_id)
        of_receiver = {} if receiver is None else {"of_receiver": receiver.value}
        by_key = sent_by(exchange.c.msg_key, to_receiver=receiver is not None)
        found = self._exchanges(by_key, of_msg_key=msg_id.key, **of_receiver)
        # A GUID has 32 digits; fewer would match ids that only look alike.
        if not found and len(digits) == 32:
            by_digits = sent_by(exchange.c.msg_hex, to_receiver=receiver is not None)
            found = self._exchanges(by_digits, of_msg_hex=digits, **of_receiver)
        return found

    def related(self, exchange_id: str) -> tuple[Exchange, ...]:
        wanted = select(exchange).where(or_(exchange.c.receipt_for == exchange_id, exchange.c.answers == exchange_id))
        return self._exchanges(wanted.order_by(exchange.c.created_at, exchange.c.id))

    def journal(self, exchange_id: str) -> tuple[JournalEntry, ...]:
        return tuple(journal_of(row) for row in self._all(JOURNAL, of_exchange_id=exchange_id))

    def journals(self, exchange_ids: Iterable[str]) -> tuple[JournalEntry, ...]:
        wanted = select(journal).where(journal.c.exchange_id.in_(list(exchange_ids))).order_by(journal.c.seq)
        return tuple(journal_of(row) for row in self._all(wanted))

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

    # ── outbox, dedupe, inbox ──

    def outbox_of(self, exchange_id: str) -> tuple[OutboxItem, ...]:
        items = select(outbox).where(outbox.c.exchange_id == exchange_id).order_by(outbox.c.created_at, outbox.c.id)
        return tuple(outbox_of(row) for row in self._all(items))

    def seen(self, sender: HerId, message_id: MessageId) -> SeenEnvelope | None:
        row = self._one(SEEN, of_sender=sender.value, of_message_id=message_id.value)
        return None if row is None else seen_of(row)

    def taken(self, msg_id: MsgId, organisation: HerId) -> TakenMessage | None:
        row = self._one(TAKEN, of_msg_key=msg_id.key, of_organisation=organisation.value)
        return None if row is None else taken_of(row)

    def inbox_item(self, exchange_id: str) -> InboxItem | None:
        row = self._one(INBOX_ITEM, of_exchange_id=exchange_id)
        return None if row is None else inbox_of(row)

    def inbox_waiting(self, limit: int = 100, own: tuple[HerId, ...] = ()) -> tuple[InboxItem, ...]:
        if not own:
            return tuple(inbox_of(row) for row in self._all(INBOX_WAITING, of_limit=limit))
        waiting = select(inbox).where(inbox.c.taken_at.is_(None), for_one_of(own))
        oldest = waiting.order_by(inbox.c.received_at, inbox.c.exchange_id).limit(limit)
        return tuple(inbox_of(row) for row in self._all(oldest))

    def in_inbox(self, exchange_ids: Iterable[str]) -> frozenset[str]:
        wanted = select(inbox.c.exchange_id).where(inbox.c.exchange_id.in_(list(exchange_ids)))
        return frozenset(self._connection.execute(wanted).scalars())

    def besides(self, exchange_ids: Iterable[str]) -> tuple[tuple[str, int], ...]:
        of_them = select(beside.c.exchange_id, func.count()).where(beside.c.exchange_id.in_(list(exchange_ids)))
        rows = self._connection.execute(of_them.group_by(beside.c.exchange_id))
        return tuple((str(exchange_id), int(count)) for exchange_id, count in rows)

    def beside(self, exchange_id: str) -> tuple[Digest, ...]:
        return tuple(Digest(row["payload"]) for row in self._all(BESIDE, of_exchange_id=exchange_id))

    def correlated(self, values: Iterable[str]) -> str | None:
        found = self._one(select(correlation.c.exchange_id).where(correlation.c.value.in_(list(values))).limit(1))
        return None if found is None else found["exchange_id"]

    # ── facts ──

    def _log(self, statement: Select[*tuple[object, ...]], **values: object) -> Iterator[chain.LogRow]:
        for row in self._all(statement, **values):
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
            wanted = {name: value for name, value in _fact_values(which).items() if value is not None}
            of_values = {f"of_{name}": value for name, value in wanted.items()}
            rows = self._log(facts_of(*wanted), of_after=which.after_seq, **of_values)
            return tuple(chain.fact_of(row) for row in rows)
        except ValueError as error:
            raise AdapterError(STORE_CORRUPT, f"a recorded fact cannot be read: {error}") from error

    def facts_about(self, exchange_ids: Iterable[str]) -> tuple[RecordedFact, ...]:
        of_them = select(fact_log).where(fact_log.c.exchange_id.in_(list(exchange_ids)))
        return tuple(chain.fact_of(row) for row in self._log(of_them.order_by(fact_log.c.seq)))

    def subjects(self, which: FactFilter) -> tuple[Subject, ...]:
        columns = (fact_log.c.patient, fact_log.c.hospital, fact_log.c.municipality)
        rows = self._connection.execute(select(*columns).where(*_fact_conditions(which)).distinct().order_by(*columns))
        return tuple(_subject(patient, hospital, municipality) for patient, hospital, municipality in rows)

    def recent_subjects(
        self, before: int | None, limit: int, organisations: tuple[HerId, ...] = ()
    ) -> tuple[RecentSubject, ...]:
        newer = fact_log.alias("newer")
        columns = (fact_log.c.seq, fact_log.c.patient, fact_log.c.hospital, fact_log.c.municipality)
        wanted = select(*columns).where(
            ~exists().where(
                newer.c.patient == fact_log.c.patient,
                newer.c.hospital == fact_log.c.hospital,
                newer.c.municipality.is_not_distinct_from(fact_log.c.municipality),
                newer.c.seq > fact_log.c.seq,
            )
        )
        if before is not None:
            wanted = wanted.where(fact_log.c.seq < before)
        if organisations:
            hers = [her.value for her in organisations]
            wanted = wanted.where(or_(fact_log.c.hospital.in_(hers), fact_log.c.municipality.in_(hers)))
        rows = self._connection.execute(wanted.order_by(fact_log.c.seq.desc()).limit(limit))
        return tuple(
            RecentSubject(seq, _subject(patient, hospital, municipality))
            for seq, patient, hospital, municipality in rows
        )

    def subject_of(self, seq: int) -> Subject | None:
        row = self._one(select(fact_log).where(fact_log.c.seq == seq))
        return None if row is None else _subject(row["patient"], row["hospital"], row["municipality"])

    def facts_about_any(self, subjects: Iterable[Subject]) -> tuple[RecordedFact, ...]:
        wanted = set(subjects)
        # By the patient alone: SQLite goes through everything for pairs, and few were in two hospitals.
        of_them = select(fact_log).where(fact_log.c.patient.in_(sorted({one.patient.value for one in wanted})))
        try:
            return tuple(
                chain.fact_of(row)
                for row in self._log(of_them.order_by(fact_log.c.seq))
                if _subject(row.patient, row.hospital, row.municipality) in wanted
            )
        except ValueError as error:
            raise AdapterError(STORE_CORRUPT, f"a recorded fact cannot be read: {error}") from error

    def unclear_answers(self, before: int | None, limit: int) -> tuple[UnclearAnswer, ...]:
        unclear, later = fact_log, fact_log.alias("later")
        read = exists().where(
            later.c.exchange_id == unclear.c.exchange_id,
            func.instr(later.c.entry, '"kind":"answer_classified"') > 0,
        )
        wanted = select(unclear.c.seq, unclear.c.exchange_id, read).where(
            SAYS_UNCLEAR, unclear.c.exchange_id.is_not(None)
        )
        if before is not None:
            wanted = wanted.where(unclear.c.seq < before)
        rows = self._connection.execute(wanted.order_by(unclear.c.seq.desc()).limit(limit))
        return tuple(UnclearAnswer(seq, exchange_id, bool(is_read)) for seq, exchange_id, is_read in rows)

    def verify_chain(self) -> ChainReport:
        return chain.verify(self._log(facts_of(), of_after=-1))

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

    def acts_about(self, subjects: Iterable[str]) -> tuple[OperatorAct, ...]:
        wanted = select(operator_act).where(operator_act.c.subject.in_(list(subjects)))
        return tuple(act_of(row) for row in self._all(wanted.order_by(operator_act.c.seq)))

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

    # ── certificates ──

    def revocation_answer(self, form: Form, about: Digest) -> RevocationAnswer | None:
        row = self._one(
            select(revocation_answer).where(
                revocation_answer.c.form == str(form), revocation_answer.c.about == about.value
            )
        )
        return None if row is None else revocation_of(row)

    def certificate_checks(self, messages: Iterable[Digest]) -> tuple[CertificateCheck, ...]:
        wanted = select(certificate_check).where(certificate_check.c.message.in_([one.value for one in messages]))
        ordered = wanted.order_by(certificate_check.c.judged_at, certificate_check.c.message, certificate_check.c.usage)
        return tuple(check_of(row) for row in self._all(ordered))

    # ── the store itself ──

    def note(self, key: str) -> str | None:
        value: str | None = self._connection.execute(NOTE, {"of_key": f"note:{key}"}).scalar()
        return value

    def waiting(self) -> Counts:
        return replace(
            self._queues(),
            transport=self._by_state(exchange.c.transport_state, TransportState, UNSETTLED),
            receipt=self._by_state(
                exchange.c.receipt_state, AppRecState, (AppRecState.REJECTED, AppRecState.TIMED_OUT)
            ),
            reception=self._by_state(
                mail_in.c.state, ReceptionState, (ReceptionState.QUARANTINE, ReceptionState.FALSE_DUPLICATE)
            ),
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


def for_one_of(own: tuple[HerId, ...]) -> ColumnElement[bool]:
    """Whether an item of the inbox is for one of these parties; asked item by item, so that few items are few looks."""
    ours = exchange.c.receiver.in_([her.value for her in own])
    return exists().where(exchange.c.id == inbox.c.exchange_id, ours)


def _when_free(due: ColumnElement[datetime], claimed_until: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """A claimed row counts from the end of its lease: before that nobody else may take it."""
    return case((claimed_until > due, claimed_until), else_=due)


def _instant(value: object) -> datetime:
    return value if isinstance(value, datetime) else instant_of(str(value))


def _subject(patient: str, hospital: str, municipality: str | None) -> Subject:
    return Subject(Pseudonym(patient), HerId(hospital), None if municipality is None else HerId(municipality))


def _issued(row: RowMapping) -> IssuedStatement:
    issued = statement_of(row)
    if Digest.of(issued.content) != issued.digest:
        raise AdapterError(STORE_CORRUPT, f"statement {issued.id} has another digest now")
    return issued


def _fact_values(which: FactFilter) -> dict[str, str | None]:
    return {
        "patient": which.patient.value if which.patient is not None else None,
        "hospital": which.hospital.value if which.hospital is not None else None,
        "municipality": which.municipality.value if which.municipality is not None else None,
        "exchange_id": which.exchange_id,
    }


def _fact_conditions(which: FactFilter) -> list[ColumnElement[bool]]:
    asked = _fact_values(which).items()
    return [
        fact_log.c.seq > which.after_seq,
        *(fact_log.c[name] == value for name, value in asked if value is not None),
    ]
