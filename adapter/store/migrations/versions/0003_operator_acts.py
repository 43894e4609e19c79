"""What operators did: who, when, why. Only ever added to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "operator_act",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_operator_act")),
        comment="append-only: who resent, gave up or marked what, when and why",
    )
    op.create_index("ix_operator_act_subject", "operator_act", ["subject"])
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER operator_act_no_{verb} BEFORE {verb.upper()} ON operator_act "
            "BEGIN SELECT RAISE(ABORT, 'what an operator did is never changed'); END"
        )
