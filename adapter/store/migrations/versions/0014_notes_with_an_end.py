"""Small texts that are needed for a while have an end, and where a file of the inbox lies is needed until it is taken.

What was kept without an end is kept for another thirty days, longer than any of it is needed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("meta", sa.Column("keep_until", sa.String(27)))
    op.create_index("ix_meta_keep_until", "meta", ["keep_until"], sqlite_where=sa.text("keep_until IS NOT NULL"))
    op.execute(
        "UPDATE meta SET keep_until = strftime('%Y-%m-%dT%H:%M:%S.000000Z', 'now', '+30 days')"
        " WHERE key LIKE 'note:finished:%' OR key LIKE 'note:refused unjudged:%' OR key LIKE 'note:fault:%'"
        " OR key LIKE 'note:answered:%' OR key LIKE 'note:objections:%'"
    )
    op.execute(
        "DELETE FROM meta WHERE key LIKE 'note:inbox:%'"
        " AND substr(key, 12) IN (SELECT exchange_id FROM inbox WHERE taken_at IS NOT NULL)"
    )
