"""Octets at rest may be encrypted, and may go by retention; what the audit log drops is bounded by a mark."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("blob", sa.Column("gone_at", sa.String(27)))
    op.create_table(
        "blob_key",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_blob_key_digest")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob_key")),
        comment="with which key the octets of a blob are encrypted; no row: they are not",
    )
    op.create_index(op.f("ix_blob_key_key_id"), "blob_key", ["key_id"])
    op.create_table(
        "store_key",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("wrapped", sa.LargeBinary()),
        sa.Column("wrapped_by", sa.String(length=16)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_key")),
        comment="the keys in use by id; `wrapped` only while a rotation is not over",
    )
    # The audit log was wholly append-only. Retention may drop its beginning, up to a mark in `meta`.
    op.execute("DROP TRIGGER audit_no_delete")
    op.execute(
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
        "WHEN OLD.at >= coalesce((SELECT value FROM meta WHERE key = 'audit_kept_from'), '') "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    )
