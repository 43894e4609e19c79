"""Which tables are there?

The tables as they are now. The migrations say how a store of any age becomes this; a test holds the two together, and
`REVISION` is the newest migration. Moments are text of fixed width in UTC, so that they sort; digests are 64
hexadecimal digits; identifiers are text. The row's state *is* the delivery state: there is no queue beside these.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    literal_column,
    text,
)
from sqlalchemy.types import TypeDecorator

from adapter.values import instant_of, instant_text

REVISION = "0015"
"""The newest migration: what a store of this version of the adapter carries."""


class Instant(TypeDecorator[datetime]):
    """A UTC moment as `2012-03-05T09:15:00.000000Z`."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else instant_of(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("keep_until", Instant),
    comment="small texts of the store itself; `pseudonym_key` is made once",
)
_ENDS = meta.c.keep_until.is_not(None)
Index("ix_meta_keep_until", meta.c.keep_until, sqlite_where=_ENDS, postgresql_where=_ENDS)

KEY_INSIDE = "pseudonym_key"
KEY_OUTSIDE = "pseudonym_key_id"
"""The row of `meta` with the key of the pseudonyms, or where it lies in a file, with its id."""

blob = Table(
    "blob",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("size", Integer, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("gone_at", Instant),
    comment="raw bytes by digest",
)

# A table of its own: a column behind `content` would make every look at it walk through the octets.
blob_key = Table(
    "blob_key",
    metadata,
    Column("digest", ForeignKey("blob.digest"), primary_key=True),
    Column("key_id", String(16), nullable=False),
    comment="with which key the octets of a blob are encrypted; no row: they are not",
)
Index("ix_blob_key_key_id", blob_key.c.key_id)

store_key = Table(
    "store_key",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("wrapped", LargeBinary),
    Column("wrapped_by", String(16)),
    comment="the keys in use by id; `wrapped` only while a rotation is not over",
)

mail_in = Table(
    "mail_in",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("raw", ForeignKey("blob.digest"), nullable=False),
    Column("source", String(64), nullable=False),
    Column("envelope_from", Text, nullable=False),
    Column("envelope_to", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("since", Instant, nullable=False),
    Column("received", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Instant),
    Column("responded", Instant),
    Column("delivered", Instant),
    Column("reason", Text, nullable=False),
    Column("exchange_id", String(64)),
    Column("claimed_by", String(64)),
    Column("claimed_until", Instant),
    Column("fence", Integer, nullable=False, server_default="0"),
    comment="every mail that arrived, and where it is on its way in",
)
Index("ix_mail_in_state_due", mail_in.c.state, mail_in.c.due)
Index("ix_mail_in_exchange_id", mail_in.c.exchange_id)

exchange = Table(
    "exchange",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("direction", String(3), nullable=False),
    Column("type", String(64), nullable=False),
    Column("sender", String(10), nullable=False),
    Column("receiver", String(10), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("payload", ForeignKey("blob.digest")),
    Column("msg_id", Text),
    Column("msg_key", Text),
    Column("msg_hex", Text),
    Column("generated", Text),
    Column("message_id", Text),
    Column("conversation_id", Text),
    Column("cpa_id", Text),
    Column("service", Text),
    Column("action", Text),
    Column("from_role", Text),
    Column("to_role", Text),
    Column("sealed", ForeignKey("blob.digest")),
    Column("soap", String(64)),
    Column("peer_address", String(254)),
    Column("signed_references", Text, nullable=False),
    Column("receipt_for", ForeignKey("exchange.id")),
    Column("answers", ForeignKey("exchange.id")),
    Column("transport_state", String(20)),
    Column("transport_since", Instant),
    Column("transport_resends", Integer),
    Column("transport_first_sent", Instant),
    Column("transport_due", Instant),
    Column("transport_deferrals", Integer),
    Column("transport_hand_over", String(10)),
    Column("transport_reason", Text),
    Column("receipt_state", String(20)),
    Column("receipt_since", Instant),
    Column("receipt_due", Instant),
    Column("receipt_errors", Text),
    Column("reception_state", String(20)),
    Column("reception_since", Instant),
    Column("reception_received", Instant),
    Column("reception_attempts", Integer),
    Column("reception_due", Instant),
    Column("reception_responded", Instant),
    Column("reception_delivered", Instant),
    Column("reception_reason", Text),
    CheckConstraint("direction IN ('in', 'out')", name="direction"),
    comment="one business message or AppRec, with its axes",
)
Index("ix_exchange_created_at", exchange.c.created_at)
Index("ix_exchange_direction_type_created_at", exchange.c.direction, exchange.c.type, exchange.c.created_at)
Index("ix_exchange_direction_sender_created_at", exchange.c.direction, exchange.c.sender, exchange.c.created_at)
Index("ix_exchange_direction_receiver_created_at", exchange.c.direction, exchange.c.receiver, exchange.c.created_at)
Index("ix_exchange_msg_key", exchange.c.msg_key)
for _columns in (
    (exchange.c.receipt_state, exchange.c.created_at),
    (exchange.c.reception_state, exchange.c.created_at),
    (exchange.c.message_id,),
    (exchange.c.msg_hex,),
    (exchange.c.transport_state, exchange.c.transport_due),
    (exchange.c.transport_state, exchange.c.created_at),
    (exchange.c.receipt_due,),
    (exchange.c.receipt_for,),
    (exchange.c.answers,),
):
    # What is received has no transport, what is sent no reception: an index of a column is of the rows that have it.
    _has = _columns[0].is_not(None)
    _name = "_".join(column.name for column in _columns)
    Index(f"ix_exchange_{_name}", *_columns, sqlite_where=_has, postgresql_where=_has)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("exchange_id", ForeignKey("exchange.id")),
    Column("body", ForeignKey("blob.digest"), nullable=False),
    Column("sender", String(254), nullable=False),
    Column("recipient", String(254), nullable=False),
    Column("in_reply_to", Text),
    Column("state", String(16), nullable=False),
    Column("due", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("deferrals", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("first_attempt", Instant),
    Column("finished_at", Instant),
    Column("claimed_by", String(64)),
    Column("claimed_until", Instant),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("doubts", Integer, nullable=False, server_default="0"),
    comment="what is to be put on a socket",
)
WAITS_TO_LEAVE = outbox.c.state == literal_column("'waiting'")
"""Written out and not bound, as below. The index knows nothing of what has left, however much that is."""
Index("ix_outbox_waiting", outbox.c.due, sqlite_where=WAITS_TO_LEAVE, postgresql_where=WAITS_TO_LEAVE)
Index("ix_outbox_exchange_id", outbox.c.exchange_id)

seen_envelope = Table(
    "seen_envelope",
    metadata,
    Column("sender", String(10), primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("soap", String(64), nullable=False),
    Column("signed_references", Text, nullable=False),
    Column("response", ForeignKey("blob.digest")),
    Column("outcome", String(16), nullable=False),
    Column("exchange_id", String(64)),
    Column("at", Instant, nullable=False),
    Column("keep_until", Instant, nullable=False),
    comment="envelopes by verified sender and eb:MessageId, with the answer given",
)
Index("ix_seen_envelope_keep_until", seen_envelope.c.keep_until)

taken_message = Table(
    "taken_message",
    metadata,
    Column("msg_key", Text, primary_key=True),
    Column("organisation", String(10), primary_key=True),
    Column("msg_id", Text, nullable=False),
    Column("exchange_id", ForeignKey("exchange.id"), nullable=False),
    Column("payload", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    comment="business messages taken in or rejected once",
)

inbox = Table(
    "inbox",
    metadata,
    Column("exchange_id", ForeignKey("exchange.id"), primary_key=True),
    Column("payload", ForeignKey("blob.digest"), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("taken_at", Instant),
    Column("file", Text, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", Instant),
    Column("fence", Integer, nullable=False, server_default="0"),
    comment="checked messages for the application",
)
Index("ix_inbox_taken_at_received_at", inbox.c.taken_at, inbox.c.received_at)

beside = Table(
    "beside",
    metadata,
    Column("exchange_id", ForeignKey("exchange.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("payload", ForeignKey("blob.digest"), nullable=False),
    comment="the other attachments of a message that came with several; the first of them has position 1",
)

correlation = Table(
    "correlation",
    metadata,
    Column("value", Text, primary_key=True),
    Column("exchange_id", ForeignKey("exchange.id"), nullable=False),
    Column("at", Instant, nullable=False),
    comment="Message-IDs and ENVIDs of mails of ours, for bounces and Faults",
)

journal = Table(
    "journal",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("exchange_id", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
    comment="the history of an exchange, for people",
)
Index("ix_journal_exchange_id", journal.c.exchange_id)
WAS_NOT_IMPORTED = journal.c.what == literal_column("'not imported'")
"""Written out and not bound, so that SQLite knows that the index below is for it."""
Index("ix_journal_not_imported", journal.c.seq, sqlite_where=WAS_NOT_IMPORTED, postgresql_where=WAS_NOT_IMPORTED)

fact_log = Table(
    "fact_log",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("recorded_at", Instant, nullable=False),
    Column("patient", String(64), nullable=False),
    Column("hospital", String(10), nullable=False),
    Column("municipality", String(10)),
    Column("exchange_id", String(64)),
    Column("entry", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    comment="append-only: `entry` is the canonical text, `hash` covers it and the hash before",
)
Index("ix_fact_log_patient_hospital", fact_log.c.patient, fact_log.c.hospital)
Index("ix_fact_log_exchange_id", fact_log.c.exchange_id)
SAYS_UNCLEAR = text("""instr(entry, '"answer":"unclear"') > 0 AND instr(entry, '"kind":"answer"') > 0""")
"""An `Answer` that only a person can read, by the one spelling that a fact has (`adapter.delivery.fact_json`): what a
partner wrote has its quotation marks escaped there. Not as JSON: a row that was tampered with must not stop a look."""
Index("ix_fact_log_unclear", fact_log.c.seq, sqlite_where=SAYS_UNCLEAR)

FACT_LOG_GUARDS = tuple(
    f"CREATE TRIGGER fact_log_no_{verb} BEFORE {verb.upper()} ON fact_log "
    "BEGIN SELECT RAISE(ABORT, 'the fact log is append-only'); END"
    for verb in ("update", "delete")
)
"""SQLite: nobody, not even we, changes or removes a fact."""

issued_statement = Table(
    "statement",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("hospital", String(10), nullable=False),
    Column("municipality", String(10), nullable=False),
    Column("month", String(7), nullable=False),
    Column("number", Integer, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("hospital", "municipality", "month", "number"),
    comment="issued statements: `content` is the canonical text, `digest` is of it",
)

operator_act = Table(
    "operator_act",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("act", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    comment="append-only: who resent, gave up or marked what, when and why",
)
Index("ix_operator_act_subject", operator_act.c.subject)

OPERATOR_ACT_GUARDS = tuple(
    f"CREATE TRIGGER operator_act_no_{verb} BEFORE {verb.upper()} ON operator_act "
    "BEGIN SELECT RAISE(ABORT, 'what an operator did is never changed'); END"
    for verb in ("update", "delete")
)
"""SQLite: the record of what people did stands."""

STATEMENT_GUARDS = tuple(
    f"CREATE TRIGGER statement_no_{verb} BEFORE {verb.upper()} ON statement "
    "BEGIN SELECT RAISE(ABORT, 'an issued statement is never changed'); END"
    for verb in ("update", "delete")
)
"""SQLite: what was issued stands; a correction is a statement of its own (LI-082)."""

access_token = Table(
    "access_token",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("parties", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    comment="bearer tokens: the digest of the secret, never the secret",
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("about", Text, nullable=False),
    comment="append-only: every access to patient data, and what was refused; no content",
)
Index("ix_audit_about", audit.c.about)

AUDIT_KEPT_FROM = "audit_kept_from"
"""The row of `meta` with the moment before which retention may drop lines of the audit log."""

AUDIT_GUARDS = tuple(
    f"CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON audit {spared}"
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for verb, spared in (
        ("update", ""),
        ("delete", f"WHEN OLD.at >= coalesce((SELECT value FROM meta WHERE key = '{AUDIT_KEPT_FROM}'), '') "),  # noqa: S608
    )
)
"""SQLite: nobody, not even we, changes a line about an access, or removes one that retention has not come to."""

kept_answer = Table(
    "kept_answer",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", String(64), nullable=False),
    Column("exchange_id", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("keep_until", Instant, nullable=False),
    comment="answers to requests with an Idempotency-Key, to be given again",
)
Index("ix_kept_answer_keep_until", kept_answer.c.keep_until)

webhook = Table(
    "webhook",
    metadata,
    Column("hook", String(200), primary_key=True),
    Column("cursor", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Instant),
    Column("reason", Text, nullable=False),
    comment="how far each webhook has come in the journal",
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("hook", String(200), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("event", String(64), nullable=False),
    Column("exchange_id", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("set_aside_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    comment="notices that a webhook did not take in all its tries",
)

revocation_answer = Table(
    "revocation_answer",
    metadata,
    Column("form", String(4), primary_key=True),
    Column("about", String(64), primary_key=True),
    Column("tried_at", Instant, nullable=False),
    Column("answer", ForeignKey("blob.digest")),
    Column("fetched_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    comment="the last good OCSP response by certificate and CRL by issuer, and how asking went since",
)

certificate_check = Table(
    "certificate_check",
    metadata,
    Column("message", String(64), primary_key=True),
    Column("usage", String(10), primary_key=True),
    Column("judged_at", Instant, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("answers", Text, nullable=False),
    comment="the certificate behind a mail: its path and the answers it was judged by, as digests of blobs",
)

for _guarded, _guards in (
    (fact_log, FACT_LOG_GUARDS),
    (issued_statement, STATEMENT_GUARDS),
    (operator_act, OPERATOR_ACT_GUARDS),
    (audit, AUDIT_GUARDS),
):
    for _guard in _guards:
        event.listen(_guarded, "after_create", DDL(_guard).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
