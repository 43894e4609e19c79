"""The indexes of columns that most exchanges do not have know only the exchanges that have them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    for columns in (
        ["receipt_state", "created_at"],
        ["reception_state", "created_at"],
        ["message_id"],
        ["msg_hex"],
        ["transport_state", "transport_due"],
        ["transport_state", "created_at"],
        ["receipt_due"],
        ["receipt_for"],
        ["answers"],
    ):
        name, has = op.f(f"ix_exchange_{'_'.join(columns)}"), sa.text(f"{columns[0]} IS NOT NULL")
        op.drop_index(name, "exchange")
        op.create_index(name, "exchange", columns, sqlite_where=has, postgresql_where=has)
