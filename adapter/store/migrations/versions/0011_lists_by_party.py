"""Indexes for the lists of one partner and of one party of ours, and one of what waits in the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for column in ("type", "sender", "receiver"):
        op.create_index(
            op.f(f"ix_exchange_direction_{column}_created_at"), "exchange", ["direction", column, "created_at"]
        )
    op.drop_index(op.f("ix_exchange_type_created_at"), "exchange")
    waits = sa.text("state = 'waiting'")
    op.create_index(op.f("ix_outbox_waiting"), "outbox", ["due"], sqlite_where=waits, postgresql_where=waits)
    op.drop_index(op.f("ix_outbox_state_due"), "outbox")
