"""Indexes for the pages of one exchange and of what is stuck: mails by exchange, and sent messages by their state."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index(op.f("ix_mail_in_exchange_id"), "mail_in", ["exchange_id"])
    op.create_index(op.f("ix_exchange_transport_state_created_at"), "exchange", ["transport_state", "created_at"])
