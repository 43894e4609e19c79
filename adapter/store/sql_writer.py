"""How are the changes of the port written in SQL?

Claims are one statement (`UPDATE ... WHERE id IN (SELECT ...) RETURNING`), so no two workers can take the same row;
each claim raises the row's fence, and an end is only written for the fence that was handed out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Column, ColumnElement, Connection, Table, Update, delete, or_, select, tuple_, update

from adapter.delivery.fact_chain import End, linked_as
from adapter.delivery.fact_json import write_entry
from adapter.delivery.recorded import RecordedFact, StayFact
from adapter.errors import STORE_CLAIM_LOST, STORE_CONFLICT, STORE_EXISTS, STORE_MISSING, AdapterError
from adapter.store import fact_log as chain
from adapter.store.cipher import StoreKey
from adapter.store.key_ring import KeyRing
from adapter.store.port import (
    BlobKind,
    CertificateCheck,
    Direction,
    Exchange,
    InboxItem,
    IssuedStatement,
    JournalEntry,
    Latest,
    Mail,
    OperatorAct,
    OutboxItem,
    OutboxState,
    Outcome,
    RevocationAnswer,
    SeenEnvelope,
    TakenMessage,
)
from adapter.store.prepared import change, change_many, rows
from adapter.store.rows import (
    Values,
    act_values,
    check_values,
    course_values,
    exchange_values,
    inbox_of,
    mail_of,
    mail_values,
    outbox_of,
    outbox_values,
    reception_values,
    revocation_values,
    seen_values,
    statement_values,
)
from adapter.store.schema import (
    WAITS_TO_LEAVE,
    beside,
    blob,
    blob_key,
    certificate_check,
    correlation,
    exchange,
    fact_log,
    inbox,
    issued_statement,
    journal,
    kept_answer,
    mail_in,
    meta,
    operator_act,
    outbox,
    revocation_answer,
    seen_envelope,
    taken_message,
)
from adapter.store.sql_access import SqlAccessWriter
from adapter.store.sql_care import SqlCareWriter
from adapter.store.sql_lists import for_one_of
from adapter.store.sql_reader import SqlReader
from adapter.store.statements import (
    ANSWER_SEEN,
    BLOB_THERE,
    CLAIM_MAILS,
    CLAIM_OUTBOX,
    END_MAIL,
    END_OF_LOG,
    FINISH_OUTBOX,
    KEEP_NOTE,
    POSTPONE_OUTBOX,
    PUT_BACK_OUTBOX,
    PUT_OUTBOX,
    RENEW_ANSWER,
    RENEW_BLOB,
    RESTORE_BLOB,
    SAVE_EXCHANGE,
    TAKE_INBOX,
    WITHDRAW,
    insert_new,
)
from adapter.values import Digest, HerId, MessageId


class SqlWriter(SqlReader, SqlAccessWriter, SqlCareWriter):
    """The port's `Writer` on one connection that has a transaction open; `flush` ends a piece of work."""

    def __init__(self, connection: Connection, keys: KeyRing | None = None) -> None:
        super().__init__(connection, keys)
        self._journal: list[Values] = []
        self._read: dict[str, Exchange] = {}

    def _changed(self, statement: Update, values: Values) -> bool:
        return change(self._driver, statement, values) == 1

    def _add(self, table: Table, values: Values) -> bool:
        """Insert a row; False, and nothing is changed, when its key is taken."""
        return change(self._driver, insert_new(table), values) == 1

    def _add_new(self, table: Table, values: Values, key: str) -> None:
        """Insert a row whose key must be free."""
        if not self._add(table, values):
            raise AdapterError(STORE_EXISTS, f"{table.name} {key}")

    # ── bytes ──

    def put_blob(self, content: bytes, kind: BlobKind, now: datetime) -> Digest:
        digest = Digest.of(content)
        if kind is BlobKind.CERTIFICATE and self._row(BLOB_THERE, of_digest=digest.value) is not None:
            return digest  # the same few come with every message, and retention never lets one go
        key = self._key
        octets = {"stored_at": now, "content": content if key is None else key.seal(content, digest)}
        if not self._add(blob, {"digest": digest.value, "kind": str(kind), "size": len(content), **octets}):
            if self._renewed(digest, now):
                return digest
            self._changed(RESTORE_BLOB, {"of_digest": digest.value, **octets, "gone_at": None})
        if key is not None:
            self._add(blob_key, {"digest": digest.value, "key_id": key.id})
        return digest

    @cached_property
    def _key(self) -> StoreKey | None:
        """What to encrypt with; no other process can begin a rotation while this transaction is open."""
        return self._keys.current(self._driver)

    def _renewed(self, digest: Digest, now: datetime) -> bool:
        """Whether these octets are there: then they are young again, so that retention lets them be."""
        return self._changed(RENEW_BLOB, {"of_digest": digest.value, "stored_at": now})

    # ── mails ──

    def add_mail(self, mail: Mail) -> None:
        self._add_new(mail_in, mail_values(mail), mail.id)

    def claim_mails(self, now: datetime, limit: int, lease: timedelta, worker: str) -> tuple[Mail, ...]:
        values = {"of_now": now, "of_limit": limit, "claimed_by": worker, "claimed_until": now + lease}
        claimed = [mail_of(row) for row in rows(self._driver, CLAIM_MAILS, values)]
        return tuple(sorted(claimed, key=lambda mail: (mail.reception.due or mail.reception.received, mail.id)))

    def save_mail(self, mail: Mail) -> None:
        values = {"of_id": mail.id, "of_fence": mail.fence, "exchange_id": mail.exchange_id}
        if not self._changed(END_MAIL, values | reception_values(mail.reception)):
            raise AdapterError(STORE_CLAIM_LOST, f"mail {mail.id}")

    # ── exchanges ──

    def add_exchange(self, exchange: Exchange) -> None:
        self._add_new(_EXCHANGE, exchange_values(exchange), exchange.id)

    def exchange(self, exchange_id: str) -> Exchange | None:
        return self._remembered(super().exchange(exchange_id))

    def by_message_id(self, direction: Direction, message_id: MessageId, peer: HerId | None = None) -> Exchange | None:
        return self._remembered(super().by_message_id(direction, message_id, peer))

    def _remembered(self, read: Exchange | None) -> Exchange | None:
        """Nobody else writes while this transaction is open, so that saving can leave out what is as it was read."""
        if read is not None:
            self._read[read.id] = read
        return read

    def save_exchange(self, exchange: Exchange) -> Exchange:
        after = replace(exchange, version=exchange.version + 1)
        read = self._read.get(exchange.id)
        before = read if read is not None and read.version == exchange.version else None
        values = course_values(after, before) | {"of_id": exchange.id, "of_version": exchange.version}
        if not self._changed(SAVE_EXCHANGE, values):
            raise AdapterError(STORE_CONFLICT, f"exchange {exchange.id}")
        self._read[exchange.id] = after
        if after.transport is not None and not after.transport.is_open:
            self._withdraw_messages(after.id)
        return after

    def _withdraw_messages(self, exchange_id: str) -> None:
        """The fence stays: an attempt that is under way may still write how it ended."""
        change(self._driver, WITHDRAW, {"of_exchange_id": exchange_id})

    def add_journal(self, entry: JournalEntry) -> None:
        values = {"exchange_id": entry.exchange_id, "at": entry.at, "what": entry.what, "detail": entry.detail}
        self._journal.append(values)

    def journal(self, exchange_id: str) -> tuple[JournalEntry, ...]:
        self.flush()
        return super().journal(exchange_id)

    def flush(self) -> None:
        """Write the lines of the journal that have been collected, in one go."""
        if self._journal:
            lines, self._journal = self._journal, []
            change_many(self._driver, insert_new(journal), lines)

    # ── outbox ──

    def put_outbox(self, item: OutboxItem) -> None:
        change(self._driver, PUT_OUTBOX, outbox_values(item))

    def claim_outbox(self, now: datetime, limit: int, lease: timedelta, worker: str) -> tuple[OutboxItem, ...]:
        values = {"of_now": now, "of_limit": limit, "claimed_by": worker, "claimed_until": now + lease}
        claimed = [outbox_of(row) for row in rows(self._driver, CLAIM_OUTBOX, values)]
        return tuple(sorted(claimed, key=lambda item: (item.due, item.id)))

    def finish_outbox(self, item: OutboxItem, state: OutboxState, now: datetime, reason: str = "") -> None:
        self._end_claim(item, FINISH_OUTBOX, {"state": state.value, "finished_at": now, "reason": reason})

    def postpone_outbox(self, item: OutboxItem, due: datetime, reason: str) -> None:
        self._end_claim(item, POSTPONE_OUTBOX, {"due": due, "reason": reason})

    def put_back_outbox(self, item: OutboxItem, due: datetime, reason: str) -> None:
        self._end_claim(item, PUT_BACK_OUTBOX, {"due": due, "reason": reason})

    def renew_outbox(self, item: OutboxItem, body: Digest, now: datetime) -> None:
        self._end_claim(item, POSTPONE_OUTBOX, {"body": body.value, "due": now, "reason": ""})
        self._changed(RENEW_ANSWER, {"of_response": item.body.value, "response": body.value})

    def _end_claim(self, item: OutboxItem, statement: Update, values: Values) -> None:
        if not self._changed(statement, {"of_id": item.id, "of_fence": item.fence, **values}):
            raise AdapterError(STORE_CLAIM_LOST, f"outbox item {item.id}")

    def release_claims(self, worker: str) -> int:
        return sum(
            self._connection.execute(
                update(table)
                .where(table.c.claimed_by == worker)
                .values(claimed_by=None, claimed_until=None, fence=table.c.fence + 1)
            ).rowcount
            for table in (outbox, mail_in)
        )

    # ── dedupe and inbox ──

    def reserve(self, envelope: SeenEnvelope) -> None:
        self._add_new(seen_envelope, seen_values(envelope), envelope.message_id.value)

    def answered(self, sender: HerId, message_id: MessageId, response: Digest, outcome: Outcome) -> None:
        of_key = {"of_sender": sender.value, "of_message_id": message_id.value}
        written = self._changed(ANSWER_SEEN, {**of_key, "response": response.value, "outcome": str(outcome)})
        if not written:
            raise AdapterError(STORE_CONFLICT, f"envelope {message_id} is not reserved, or has an answer")

    def take_msg_id(self, message: TakenMessage) -> TakenMessage | None:
        before = self.taken(message.msg_id, message.organisation)
        if before is None:
            values = {
                "msg_key": message.msg_id.key,
                "organisation": message.organisation.value,
                "msg_id": message.msg_id.value,
                "exchange_id": message.exchange_id,
                "payload": message.payload.value,
                "at": message.at,
            }
            self._add(taken_message, values)
        return before

    def add_inbox(self, item: InboxItem) -> None:
        values = {
            "exchange_id": item.exchange_id,
            "payload": item.payload.value,
            "received_at": item.received_at,
            "taken_at": item.taken_at,
            "file": item.file,
        }
        self._add_new(inbox, values, item.exchange_id)

    def add_beside(self, exchange_id: str, payloads: Iterable[Digest]) -> None:
        for position, payload in enumerate(payloads, start=1):
            values = {"exchange_id": exchange_id, "position": position, "payload": payload.value}
            self._add_new(beside, values, exchange_id)

    def claim_inbox(
        self, now: datetime, limit: int, lease: timedelta, caller: str, own: tuple[HerId, ...] = ()
    ) -> tuple[InboxItem, ...]:
        waiting = (
            select(inbox.c.exchange_id)
            .where(inbox.c.taken_at.is_(None), _free(inbox.c.claimed_until, now))
            .order_by(inbox.c.received_at, inbox.c.exchange_id)
            .limit(limit)
        )
        if own:
            waiting = waiting.where(for_one_of(own))
        claim = (
            update(inbox)
            .where(inbox.c.exchange_id.in_(waiting))
            .values(claimed_by=caller, claimed_until=now + lease, fence=inbox.c.fence + 1)
        )
        claimed = [inbox_of(row) for row in self._connection.execute(claim.returning(inbox)).mappings()]
        return tuple(sorted(claimed, key=lambda item: (item.received_at, item.exchange_id)))

    def take_inbox(self, exchange_id: str, at: datetime, file: str = "") -> InboxItem:
        change(self._driver, TAKE_INBOX, {"of_exchange_id": exchange_id, "taken_at": at, "file": file})
        item = self.inbox_item(exchange_id)
        if item is None:
            raise AdapterError(STORE_MISSING, f"the inbox has no exchange {exchange_id}")
        return item

    def correlate(self, value: str, exchange_id: str, at: datetime) -> None:
        self._add_new(correlation, {"value": value, "exchange_id": exchange_id, "at": at}, value)

    # ── facts and notes ──

    def append_fact(self, entry: StayFact, now: datetime) -> RecordedFact:
        last, text = self._row(END_OF_LOG), write_entry(entry)
        fact = linked_as(text, entry, None if last is None else End(last["seq"], Digest(last["hash"])), now)
        row = chain.row_of(fact, text)
        values = {
            "seq": row.seq,
            "recorded_at": row.recorded_at,
            "patient": row.patient,
            "hospital": row.hospital,
            "municipality": row.municipality,
            "exchange_id": row.exchange_id,
            "entry": row.text,
            "digest": row.digest,
            "previous": row.previous,
            "hash": row.hash,
        }
        self._add_new(fact_log, values, str(row.seq))
        return fact

    def issue_statement(self, issued: IssuedStatement) -> None:
        self._add_new(issued_statement, statement_values(issued), issued.id)

    def add_act(self, act: OperatorAct) -> None:
        self._add(operator_act, act_values(act))

    def keep_revocation_answer(self, kept: RevocationAnswer) -> None:
        values = revocation_values(kept)
        where = (revocation_answer.c.form == values["form"], revocation_answer.c.about == values["about"])
        if not self._add(revocation_answer, values):
            self._connection.execute(update(revocation_answer).where(*where).values(values))

    def keep_check(self, check: CertificateCheck) -> None:
        self._add(certificate_check, check_values(check))

    def keep_note(self, key: str, value: str, until: datetime | None = None) -> None:
        change(self._driver, KEEP_NOTE, {"key": f"note:{key}", "value": value, "keep_until": until})

    def drop_note(self, key: str) -> None:
        self._connection.execute(delete(meta).where(meta.c.key == f"note:{key}"))

    def rein_in(self, now: datetime, latest: Latest) -> int:
        beyond = (
            (outbox, outbox.c.due, latest.outbox_due, (WAITS_TO_LEAVE,)),
            (mail_in, mail_in.c.due, latest.mail_due, ()),
            (outbox, outbox.c.claimed_until, latest.claim, ()),
            (mail_in, mail_in.c.claimed_until, latest.claim, ()),
            (inbox, inbox.c.claimed_until, latest.inbox_claim, (inbox.c.taken_at.is_(None),)),
        )
        return sum(
            self._connection.execute(update(table).where(moment > last, *waits).values({moment: now})).rowcount
            for table, moment, last, waits in beyond
        )

    def forget(self, before: datetime, limit: int) -> int:
        over = {
            seen_envelope: (
                seen_envelope.c.keep_until < before,
                seen_envelope.c.outcome != Outcome.IN_PROGRESS.value,
            ),
            kept_answer: (kept_answer.c.keep_until < before,),
            meta: (meta.c.keep_until < before,),
        }
        dropped = 0
        for table, conditions in over.items():
            key = tuple_(*table.primary_key.columns)
            some = select(*table.primary_key.columns).where(*conditions).limit(limit)
            dropped += self._connection.execute(delete(table).where(key.in_(some))).rowcount
        return dropped


_EXCHANGE = exchange
"""The table, where a parameter has its name."""


def _free(claimed_until: Column[datetime], now: datetime) -> ColumnElement[bool]:
    return or_(claimed_until.is_(None), claimed_until <= now)
