"""Which SQL does every message need, built once?

Building a statement costs several times what SQLite takes to run it, so what is asked for each message stands here with
parameters, and the reader and the writer give the values. A parameter that is compared with is called `of_...`, apart
from the columns that an update sets.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import Insert, insert

from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import TransportState
from adapter.store.port import Direction, OutboxState
from adapter.store.schema import (
    WAITS_TO_LEAVE,
    Instant,
    beside,
    blob,
    blob_key,
    exchange,
    fact_log,
    inbox,
    journal,
    mail_in,
    meta,
    outbox,
    seen_envelope,
    taken_message,
)

WAITING_MAIL: Final = (ReceptionState.STORED, ReceptionState.PENDING)
"""The states in which a mail waits for us: STORED at once, PENDING when it is due."""

OUTGOING: Final = exchange.c.direction == Direction.OUT.value
AWAITS_ACK: Final = exchange.c.transport_state == TransportState.AWAIT_ACK.value

_NOW: Final[BindParameter[Any]] = bindparam("of_now", type_=Instant())


def _is(column: Column[Any]) -> ColumnElement[bool]:
    return column == bindparam(f"of_{column.name}")


def _free(claimed_until: Column[Any]) -> ColumnElement[bool]:
    return or_(claimed_until.is_(None), claimed_until <= _NOW)


@cache
def insert_new(table: Table) -> Insert:
    """A row, or nothing when its key is taken."""
    return insert(table).on_conflict_do_nothing()


# ── bytes and mails ─────────────────────────────────────────────────────────────────────────────────────────────────

BLOB: Final = (
    select(blob.c.content, blob.c.gone_at, blob_key.c.key_id)
    .join_from(blob, blob_key, blob_key.c.digest == blob.c.digest, isouter=True)
    .where(_is(blob.c.digest))
)

BLOB_THERE: Final = select(blob.c.digest).where(_is(blob.c.digest), blob.c.gone_at.is_(None))
RENEW_BLOB: Final = update(blob).where(_is(blob.c.digest), blob.c.gone_at.is_(None))
RESTORE_BLOB: Final = update(blob).where(_is(blob.c.digest), blob.c.gone_at.is_not(None))

CLAIM_MAILS: Final = (
    update(mail_in)
    .where(
        mail_in.c.id.in_(
            select(mail_in.c.id)
            .where(
                or_(*(mail_in.c.state == state.value for state in WAITING_MAIL)),
                or_(mail_in.c.due.is_(None), mail_in.c.due <= _NOW),
                _free(mail_in.c.claimed_until),
            )
            .order_by(func.coalesce(mail_in.c.due, mail_in.c.received), mail_in.c.id)
            .limit(bindparam("of_limit"))
        )
    )
    .values(fence=mail_in.c.fence + 1)
    .returning(mail_in)
)

END_MAIL: Final = (
    update(mail_in).where(_is(mail_in.c.id), _is(mail_in.c.fence)).values(claimed_by=None, claimed_until=None)
)

# ── exchanges ───────────────────────────────────────────────────────────────────────────────────────────────────────

EXCHANGE: Final = select(exchange).where(_is(exchange.c.id))
SAVE_EXCHANGE: Final = update(exchange).where(_is(exchange.c.id), _is(exchange.c.version))
JOURNAL: Final = select(journal).where(_is(journal.c.exchange_id)).order_by(journal.c.seq)

SUBMISSIONS: Final = (
    select(exchange)
    .where(exchange.c.transport_state == TransportState.NEW.value)
    .order_by(exchange.c.created_at, exchange.c.id)
    .limit(bindparam("of_limit"))
)
DUE_TRANSPORT: Final = (
    select(exchange)
    .where(AWAITS_ACK, exchange.c.transport_due <= _NOW)
    .order_by(exchange.c.transport_due, exchange.c.id)
    .limit(bindparam("of_limit"))
)
DUE_RECEIPTS: Final = (
    select(exchange)
    .where(exchange.c.receipt_due <= _NOW)
    .order_by(exchange.c.receipt_due, exchange.c.id)
    .limit(bindparam("of_limit"))
)


def _by_index(column: Column[Any]) -> Select[Any]:
    """Exchanges by the index of an identifier: SQLite would rather go through everything that a partner has got."""
    return select(exchange).with_hint(exchange, f"INDEXED BY ix_exchange_{column.name}", "sqlite")


@cache
def by_message_id(direction: Direction, *, from_peer: bool) -> Select[Any]:
    """The newest exchange of an eb:MessageId; `from_peer` asks for the other side too, as `of_peer`."""
    named = _by_index(exchange.c.message_id)
    found = named.where(_is(exchange.c.message_id), exchange.c.direction == direction.value)
    if from_peer:
        side = exchange.c.receiver if direction is Direction.OUT else exchange.c.sender
        found = found.where(side == bindparam("of_peer"))
    return found.order_by(exchange.c.created_at.desc()).limit(1)


@cache
def sent_by(key: Column[Any], *, to_receiver: bool) -> Select[Any]:
    """What went out under a form of its MsgId, newest first; `to_receiver` asks for the receiver too."""
    found = _by_index(key).where(OUTGOING, _is(key))
    if to_receiver:
        found = found.where(_is(exchange.c.receiver))
    return found.order_by(exchange.c.created_at.desc(), exchange.c.id)


# ── outbox ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CLAIM_OUTBOX: Final = (
    update(outbox)
    .where(
        outbox.c.id.in_(
            select(outbox.c.id)
            .where(WAITS_TO_LEAVE, outbox.c.due <= _NOW, _free(outbox.c.claimed_until))
            .order_by(outbox.c.due, outbox.c.id)
            .limit(bindparam("of_limit"))
        )
    )
    .values(
        fence=outbox.c.fence + 1,
        attempts=outbox.c.attempts + 1,
        first_attempt=func.coalesce(outbox.c.first_attempt, _NOW),
    )
    .returning(outbox)
)

_END_CLAIM: Final = (
    update(outbox).where(_is(outbox.c.id), _is(outbox.c.fence)).values(claimed_by=None, claimed_until=None)
)
FINISH_OUTBOX: Final = _END_CLAIM
POSTPONE_OUTBOX: Final = _END_CLAIM.values(deferrals=outbox.c.deferrals + 1)

# Its state is bound, and so not known to be `waiting`: few rows are of one exchange, and many may wait.
WITHDRAW: Final = (
    update(outbox)
    .where(_is(outbox.c.exchange_id), outbox.c.kind == "message", outbox.c.state == OutboxState.WAITING.value)
    .values(state=OutboxState.WITHDRAWN.value)
)


PUT_BACK_OUTBOX: Final = _END_CLAIM.values(doubts=outbox.c.doubts + 1)

_HAS_ENDED: Final = and_(
    or_(outbox.c.state == OutboxState.REFUSED.value, outbox.c.state == OutboxState.WITHDRAWN.value),
    outbox.c.finished_at.is_not(None),
)
"""The last claim ended without the mail leaving; one that was withdrawn under way has no such end."""


def _put_outbox() -> Insert:
    put = insert(outbox)
    kept = {"id", "fence", "claimed_by", "claimed_until", "attempts", "first_attempt"}
    again = {column.name: put.excluded[column.name] for column in outbox.c if column.name not in kept}
    # Whether a byte can have left is known as long as every claim is counted as one that was put off.
    deferrals = case(
        (outbox.c.state == OutboxState.WAITING.value, outbox.c.deferrals),
        (and_(_HAS_ENDED, outbox.c.attempts == outbox.c.deferrals + 1), outbox.c.attempts),
        else_=put.excluded.deferrals,
    )
    return put.values(attempts=0, fence=0).on_conflict_do_update(
        index_elements=[outbox.c.id],
        set_={
            **again,
            "deferrals": deferrals,
            "fence": outbox.c.fence + 1,
            "claimed_by": None,
            "claimed_until": None,
        },
    )


PUT_OUTBOX: Final = _put_outbox()

# ── dedupe and inbox ────────────────────────────────────────────────────────────────────────────────────────────────

SEEN: Final = select(seen_envelope).where(_is(seen_envelope.c.sender), _is(seen_envelope.c.message_id))
ANSWER_SEEN: Final = update(seen_envelope).where(
    _is(seen_envelope.c.sender), _is(seen_envelope.c.message_id), seen_envelope.c.response.is_(None)
)
RENEW_ANSWER: Final = update(seen_envelope).where(_is(seen_envelope.c.response))
TAKEN: Final = select(taken_message).where(_is(taken_message.c.msg_key), _is(taken_message.c.organisation))
INBOX_ITEM: Final = select(inbox).where(_is(inbox.c.exchange_id))
BESIDE: Final = select(beside).where(_is(beside.c.exchange_id)).order_by(beside.c.position)
TAKE_INBOX: Final = update(inbox).where(_is(inbox.c.exchange_id), inbox.c.taken_at.is_(None))
INBOX_WAITING: Final = (
    select(inbox)
    .where(inbox.c.taken_at.is_(None))
    .order_by(inbox.c.received_at, inbox.c.exchange_id)
    .limit(bindparam("of_limit"))
)

# ── facts and notes ─────────────────────────────────────────────────────────────────────────────────────────────────

END_OF_LOG: Final = select(fact_log.c.seq, fact_log.c.hash).order_by(fact_log.c.seq.desc()).limit(1)
NOTE: Final = select(meta.c.value).where(_is(meta.c.key))


def _keep_note() -> Insert:
    put = insert(meta)
    return put.on_conflict_do_update(
        index_elements=[meta.c.key], set_={"value": put.excluded.value, "keep_until": put.excluded.keep_until}
    )


KEEP_NOTE: Final = _keep_note()


@cache
def facts_of(*columns: str) -> Select[Any]:
    """The facts behind a sequence number (`of_after`) that have these columns, in order."""
    wanted = select(fact_log).where(
        fact_log.c.seq > bindparam("of_after"), *(_is(fact_log.c[name]) for name in columns)
    )
    return wanted.order_by(fact_log.c.seq)


@cache
def newest_facts_of(*columns: str) -> Select[Any]:
    """The same, the newest first and no more than `of_newest`."""
    return facts_of(*columns).order_by(None).order_by(fact_log.c.seq.desc()).limit(bindparam("of_newest"))
