"""Statements that were issued, never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "statement",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("hospital", sa.String(length=10), nullable=False),
        sa.Column("municipality", sa.String(length=10), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.String(27), nullable=False),
        sa.Column("issued_at", sa.String(27), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint(
            "hospital", "municipality", "month", "number", name=op.f("uq_statement_hospital_municipality_month_number")
        ),
        comment="issued statements: `content` is the canonical text, `digest` is of it",
    )
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER statement_no_{verb} BEFORE {verb.upper()} ON statement "
            "BEGIN SELECT RAISE(ABORT, 'an issued statement is never changed'); END"
        )
