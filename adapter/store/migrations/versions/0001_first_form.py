"""The first form of the store."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.String(27), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
        comment="raw bytes by digest",
    )
    op.create_table(
        "fact_log",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("patient", sa.String(length=64), nullable=False),
        sa.Column("hospital", sa.String(length=10), nullable=False),
        sa.Column("municipality", sa.String(length=10), nullable=True),
        sa.Column("exchange_id", sa.String(length=64), nullable=True),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_fact_log")),
        comment="append-only: `entry` is the canonical text, `hash` covers it and the hash before",
    )
    op.create_index("ix_fact_log_exchange_id", "fact_log", ["exchange_id"], unique=False)
    op.create_index("ix_fact_log_patient_hospital", "fact_log", ["patient", "hospital"], unique=False)
    op.create_table(
        "journal",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
        comment="the history of an exchange, for people",
    )
    op.create_index("ix_journal_exchange_id", "journal", ["exchange_id"], unique=False)
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
        comment="small texts of the store itself; `pseudonym_key` is made once",
    )
    op.create_table(
        "exchange",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=10), nullable=False),
        sa.Column("receiver", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("payload", sa.String(length=64), nullable=True),
        sa.Column("msg_id", sa.Text(), nullable=True),
        sa.Column("msg_key", sa.Text(), nullable=True),
        sa.Column("msg_hex", sa.Text(), nullable=True),
        sa.Column("generated", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("cpa_id", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("from_role", sa.Text(), nullable=True),
        sa.Column("to_role", sa.Text(), nullable=True),
        sa.Column("sealed", sa.String(length=64), nullable=True),
        sa.Column("soap", sa.String(length=64), nullable=True),
        sa.Column("peer_address", sa.String(length=254), nullable=True),
        sa.Column("signed_references", sa.Text(), nullable=False),
        sa.Column("receipt_for", sa.String(length=64), nullable=True),
        sa.Column("answers", sa.String(length=64), nullable=True),
        sa.Column("transport_state", sa.String(length=20), nullable=True),
        sa.Column("transport_since", sa.String(27), nullable=True),
        sa.Column("transport_resends", sa.Integer(), nullable=True),
        sa.Column("transport_first_sent", sa.String(27), nullable=True),
        sa.Column("transport_due", sa.String(27), nullable=True),
        sa.Column("transport_deferrals", sa.Integer(), nullable=True),
        sa.Column("transport_hand_over", sa.String(length=10), nullable=True),
        sa.Column("transport_reason", sa.Text(), nullable=True),
        sa.Column("receipt_state", sa.String(length=20), nullable=True),
        sa.Column("receipt_since", sa.String(27), nullable=True),
        sa.Column("receipt_due", sa.String(27), nullable=True),
        sa.Column("receipt_errors", sa.Text(), nullable=True),
        sa.Column("reception_state", sa.String(length=20), nullable=True),
        sa.Column("reception_since", sa.String(27), nullable=True),
        sa.Column("reception_received", sa.String(27), nullable=True),
        sa.Column("reception_attempts", sa.Integer(), nullable=True),
        sa.Column("reception_due", sa.String(27), nullable=True),
        sa.Column("reception_responded", sa.String(27), nullable=True),
        sa.Column("reception_delivered", sa.String(27), nullable=True),
        sa.Column("reception_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_exchange_direction")),
        sa.ForeignKeyConstraint(["answers"], ["exchange.id"], name=op.f("fk_exchange_answers")),
        sa.ForeignKeyConstraint(["payload"], ["blob.digest"], name=op.f("fk_exchange_payload")),
        sa.ForeignKeyConstraint(["receipt_for"], ["exchange.id"], name=op.f("fk_exchange_receipt_for")),
        sa.ForeignKeyConstraint(["sealed"], ["blob.digest"], name=op.f("fk_exchange_sealed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
        comment="one business message or AppRec, with its axes",
    )
    op.create_index("ix_exchange_answers", "exchange", ["answers"], unique=False)
    op.create_index("ix_exchange_created_at", "exchange", ["created_at"], unique=False)
    op.create_index("ix_exchange_message_id", "exchange", ["message_id"], unique=False)
    op.create_index("ix_exchange_msg_hex", "exchange", ["msg_hex"], unique=False)
    op.create_index("ix_exchange_msg_key", "exchange", ["msg_key"], unique=False)
    op.create_index("ix_exchange_receipt_due", "exchange", ["receipt_due"], unique=False)
    op.create_index("ix_exchange_receipt_for", "exchange", ["receipt_for"], unique=False)
    op.create_index(
        "ix_exchange_transport_state_transport_due", "exchange", ["transport_state", "transport_due"], unique=False
    )
    op.create_table(
        "mail_in",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("envelope_from", sa.Text(), nullable=False),
        sa.Column("envelope_to", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("received", sa.String(27), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.String(27), nullable=True),
        sa.Column("responded", sa.String(27), nullable=True),
        sa.Column("delivered", sa.String(27), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.String(length=64), nullable=True),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", sa.String(27), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["raw"], ["blob.digest"], name=op.f("fk_mail_in_raw")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_in")),
        comment="every mail that arrived, and where it is on its way in",
    )
    op.create_index("ix_mail_in_state_due", "mail_in", ["state", "due"], unique=False)
    op.create_table(
        "seen_envelope",
        sa.Column("sender", sa.String(length=10), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("soap", sa.String(length=64), nullable=False),
        sa.Column("signed_references", sa.Text(), nullable=False),
        sa.Column("response", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("exchange_id", sa.String(length=64), nullable=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("keep_until", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["response"], ["blob.digest"], name=op.f("fk_seen_envelope_response")),
        sa.PrimaryKeyConstraint("sender", "message_id", name=op.f("pk_seen_envelope")),
        comment="envelopes by verified sender and eb:MessageId, with the answer given",
    )
    op.create_index("ix_seen_envelope_keep_until", "seen_envelope", ["keep_until"], unique=False)
    op.create_table(
        "correlation",
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_correlation_exchange_id")),
        sa.PrimaryKeyConstraint("value", name=op.f("pk_correlation")),
        comment="Message-IDs and ENVIDs of mails of ours, for bounces and Faults",
    )
    op.create_table(
        "inbox",
        sa.Column("exchange_id", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("taken_at", sa.String(27), nullable=True),
        sa.Column("file", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_inbox_exchange_id")),
        sa.ForeignKeyConstraint(["payload"], ["blob.digest"], name=op.f("fk_inbox_payload")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_inbox")),
        comment="checked messages for the application",
    )
    op.create_index("ix_inbox_taken_at_received_at", "inbox", ["taken_at", "received_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("exchange_id", sa.String(length=64), nullable=True),
        sa.Column("body", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=254), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("in_reply_to", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due", sa.String(27), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deferrals", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_attempt", sa.String(27), nullable=True),
        sa.Column("finished_at", sa.String(27), nullable=True),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", sa.String(27), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["body"], ["blob.digest"], name=op.f("fk_outbox_body")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_outbox_exchange_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        comment="what is to be put on a socket",
    )
    op.create_index("ix_outbox_exchange_id", "outbox", ["exchange_id"], unique=False)
    op.create_index("ix_outbox_state_due", "outbox", ["state", "due"], unique=False)
    op.create_table(
        "taken_message",
        sa.Column("msg_key", sa.Text(), nullable=False),
        sa.Column("organisation", sa.String(length=10), nullable=False),
        sa.Column("msg_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_taken_message_exchange_id")),
        sa.PrimaryKeyConstraint("msg_key", "organisation", name=op.f("pk_taken_message")),
        comment="business messages taken in or rejected once",
    )
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER fact_log_no_{verb} BEFORE {verb.upper()} ON fact_log "
            "BEGIN SELECT RAISE(ABORT, 'the fact log is append-only'); END"
        )
