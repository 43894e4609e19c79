"""How often, since it was put, nobody knows whether an item of the outbox left: what bounds the copies of an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("doubts", sa.Integer(), nullable=False, server_default="0"))
