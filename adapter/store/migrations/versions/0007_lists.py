"""Indexes for the lists of a large store: by type, by the state of the AppRec, by reception, and what is kept back."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for column in ("type", "receipt_state", "reception_state"):
        op.create_index(op.f(f"ix_exchange_{column}_created_at"), "exchange", [column, "created_at"])
    kept_back = sa.text("what = 'not imported'")
    op.create_index(
        op.f("ix_journal_not_imported"), "journal", ["seq"], sqlite_where=kept_back, postgresql_where=kept_back
    )
