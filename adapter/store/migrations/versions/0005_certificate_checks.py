"""What certificate authorities answered, and the check of the certificate behind each message."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "revocation_answer",
        sa.Column("form", sa.String(length=4), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("tried_at", sa.String(27), nullable=False),
        sa.Column("answer", sa.String(length=64)),
        sa.Column("fetched_at", sa.String(27)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["answer"], ["blob.digest"], name=op.f("fk_revocation_answer_answer")),
        sa.PrimaryKeyConstraint("form", "about", name=op.f("pk_revocation_answer")),
        comment="the last good OCSP response by certificate and CRL by issuer, and how asking went since",
    )
    op.create_table(
        "certificate_check",
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("usage", sa.String(length=10), nullable=False),
        sa.Column("judged_at", sa.String(27), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message", "usage", name=op.f("pk_certificate_check")),
        comment="the certificate behind a mail: its path and the answers it was judged by, as digests of blobs",
    )
