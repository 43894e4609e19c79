"""An index of the answers that only a person can read: they are few, and the log is long."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    unclear = sa.text("""instr(entry, '"answer":"unclear"') > 0 AND instr(entry, '"kind":"answer"') > 0""")
    op.create_index(op.f("ix_fact_log_unclear"), "fact_log", ["seq"], sqlite_where=unclear)
