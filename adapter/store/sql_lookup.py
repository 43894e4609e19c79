"""What does the store hold under this id, digest or key?"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, or_, select

from adapter.crypto.standing import Form
from adapter.errors import STORE_CORRUPT, STORE_EXPIRED, STORE_MISSING, AdapterError
from adapter.store.key_ring import KeyRing
from adapter.store.port import (
    CertificateCheck,
    Direction,
    Exchange,
    InboxItem,
    IssuedStatement,
    JournalEntry,
    Mail,
    OperatorAct,
    OutboxItem,
    RevocationAnswer,
    SeenEnvelope,
    TakenMessage,
)
from adapter.store.prepared import Row
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
    beside,
    certificate_check,
    correlation,
    exchange,
    inbox,
    issued_statement,
    journal,
    mail_in,
    operator_act,
    outbox,
    revocation_answer,
)
from adapter.store.sql_asked import Asked, exchanges_of
from adapter.store.statements import (
    BESIDE,
    BLOB,
    EXCHANGE,
    INBOX_ITEM,
    JOURNAL,
    NOTE,
    SEEN,
    TAKEN,
    by_message_id,
    sent_by,
)
from adapter.values import Digest, HerId, MessageId, MsgId


class SqlLookup(Asked):
    """The questions of the port that name what they ask for."""

    _keys: KeyRing

    def blob(self, digest: Digest) -> bytes:
        row = self._row(BLOB, of_digest=digest.value)
        if row is None:
            raise AdapterError(STORE_MISSING, f"the bytes with digest {digest}")
        if row["gone_at"] is not None:
            raise AdapterError(STORE_EXPIRED, f"the bytes with digest {digest}, on {row['gone_at']:%Y-%m-%d}")
        content: bytes = row["content"]
        if row["key_id"] is not None:
            content = self._keys.key(self._driver, row["key_id"]).open(content, digest)
        if Digest.of(content) != digest:
            raise AdapterError(STORE_CORRUPT, f"the bytes with digest {digest} have another digest now")
        return content

    def mail(self, mail_id: str) -> Mail | None:
        row = self._one(select(mail_in).where(mail_in.c.id == mail_id))
        return None if row is None else mail_of(row)

    def mails_of(self, exchange_ids: Iterable[str]) -> tuple[Mail, ...]:
        wanted = select(mail_in).where(mail_in.c.exchange_id.in_(list(exchange_ids)))
        return tuple(mail_of(row) for row in self._all(wanted.order_by(mail_in.c.received, mail_in.c.id)))

    def exchange(self, exchange_id: str) -> Exchange | None:
        row = self._row(EXCHANGE, of_id=exchange_id)
        return None if row is None else exchange_of(row)

    def exchanges_named(self, exchange_ids: Iterable[str]) -> tuple[Exchange, ...]:
        return exchanges_of(self._all(select(exchange).where(exchange.c.id.in_(list(exchange_ids)))))

    def by_message_id(self, direction: Direction, message_id: MessageId, peer: HerId | None = None) -> Exchange | None:
        of_peer = {} if peer is None else {"of_peer": peer.value}
        row = self._row(by_message_id(direction, from_peer=peer is not None), of_message_id=message_id.value, **of_peer)
        return None if row is None else exchange_of(row)

    def find_sent(self, msg_id: MsgId, receiver: HerId | None = None) -> tuple[Exchange, ...]:
        digits = hex_digits(msg_id)
        of_receiver = {} if receiver is None else {"of_receiver": receiver.value}
        by_key = sent_by(exchange.c.msg_key, to_receiver=receiver is not None)
        found = exchanges_of(self._rows(by_key, of_msg_key=msg_id.key, **of_receiver))
        # A GUID has 32 digits; fewer would match ids that only look alike.
        if not found and len(digits) == 32:
            by_digits = sent_by(exchange.c.msg_hex, to_receiver=receiver is not None)
            found = exchanges_of(self._rows(by_digits, of_msg_hex=digits, **of_receiver))
        return found

    def related(self, exchange_id: str) -> tuple[Exchange, ...]:
        wanted = select(exchange).where(or_(exchange.c.receipt_for == exchange_id, exchange.c.answers == exchange_id))
        return exchanges_of(self._all(wanted.order_by(exchange.c.created_at, exchange.c.id)))

    def journal(self, exchange_id: str) -> tuple[JournalEntry, ...]:
        return tuple(journal_of(row) for row in self._rows(JOURNAL, of_exchange_id=exchange_id))

    def journals(self, exchange_ids: Iterable[str]) -> tuple[JournalEntry, ...]:
        wanted = select(journal).where(journal.c.exchange_id.in_(list(exchange_ids))).order_by(journal.c.seq)
        return tuple(journal_of(row) for row in self._all(wanted))

    def outbox_of(self, exchange_id: str) -> tuple[OutboxItem, ...]:
        items = select(outbox).where(outbox.c.exchange_id == exchange_id).order_by(outbox.c.created_at, outbox.c.id)
        return tuple(outbox_of(row) for row in self._all(items))

    def seen(self, sender: HerId, message_id: MessageId) -> SeenEnvelope | None:
        row = self._row(SEEN, of_sender=sender.value, of_message_id=message_id.value)
        return None if row is None else seen_of(row)

    def taken(self, msg_id: MsgId, organisation: HerId) -> TakenMessage | None:
        row = self._row(TAKEN, of_msg_key=msg_id.key, of_organisation=organisation.value)
        return None if row is None else taken_of(row)

    def inbox_item(self, exchange_id: str) -> InboxItem | None:
        row = self._row(INBOX_ITEM, of_exchange_id=exchange_id)
        return None if row is None else inbox_of(row)

    def in_inbox(self, exchange_ids: Iterable[str]) -> frozenset[str]:
        wanted = select(inbox.c.exchange_id).where(inbox.c.exchange_id.in_(list(exchange_ids)))
        return frozenset(self._connection.execute(wanted).scalars())

    def besides(self, exchange_ids: Iterable[str]) -> tuple[tuple[str, int], ...]:
        of_them = select(beside.c.exchange_id, func.count()).where(beside.c.exchange_id.in_(list(exchange_ids)))
        rows = self._connection.execute(of_them.group_by(beside.c.exchange_id))
        return tuple((str(exchange_id), int(count)) for exchange_id, count in rows)

    def beside(self, exchange_id: str) -> tuple[Digest, ...]:
        return tuple(Digest(row["payload"]) for row in self._rows(BESIDE, of_exchange_id=exchange_id))

    def correlated(self, values: Iterable[str]) -> str | None:
        found = self._one(select(correlation.c.exchange_id).where(correlation.c.value.in_(list(values))).limit(1))
        return None if found is None else found["exchange_id"]

    def acts(self, subject: str | None = None) -> tuple[OperatorAct, ...]:
        wanted = select(operator_act).order_by(operator_act.c.seq)
        if subject is not None:
            wanted = wanted.where(operator_act.c.subject == subject)
        return tuple(act_of(row) for row in self._all(wanted))

    def acts_about(self, subjects: Iterable[str]) -> tuple[OperatorAct, ...]:
        wanted = select(operator_act).where(operator_act.c.subject.in_(list(subjects)))
        return tuple(act_of(row) for row in self._all(wanted.order_by(operator_act.c.seq)))

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

    def note(self, key: str) -> str | None:
        row = self._row(NOTE, of_key=f"note:{key}")
        return None if row is None else row["value"]


def _issued(row: Row) -> IssuedStatement:
    issued = statement_of(row)
    if Digest.of(issued.content) != issued.digest:
        raise AdapterError(STORE_CORRUPT, f"statement {issued.id} has another digest now")
    return issued
