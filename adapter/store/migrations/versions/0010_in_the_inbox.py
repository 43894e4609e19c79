"""What lies in the inbox has a journal line of its own, which webhooks are told of.

What a webhook has yet to be told keeps its place in the journal under the new words, so that it is told once.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        "UPDATE journal SET what = 'in the inbox' WHERE what = 'received'"
        " AND seq > (SELECT min(cursor) FROM webhook) AND exchange_id IN (SELECT exchange_id FROM inbox)"
    )
