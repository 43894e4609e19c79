"""The other attachments of a message that came with several."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "beside",
        sa.Column("exchange_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_beside_exchange_id")),
        sa.ForeignKeyConstraint(["payload"], ["blob.digest"], name=op.f("fk_beside_payload")),
        sa.PrimaryKeyConstraint("exchange_id", "position", name=op.f("pk_beside")),
        comment="the other attachments of a message that came with several; the first of them has position 1",
    )
