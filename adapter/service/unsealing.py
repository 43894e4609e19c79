"""Does what was sealed and never left still stand, or was our certificate in it revoked while it waited?

From the first hand-over on every copy is the same octets, whatever becomes of our certificate: a receiver knows a copy
by its eb:MessageId (`ebxml.md` §7.2). What no mail server was ever given nobody can have, so it goes back to be sealed
anew, with the pair of the day and a new id. Of an item whose claim ran out nobody knows whether it left: it stays.

What was sealed a moment ago is not looked at: its signer was judged then.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from adapter.crypto.revocation import Outcome
from adapter.delivery.sender import HandOver, TransportState
from adapter.delivery.sender_events import Unsealed
from adapter.envelope.sealed_for import sealed_for
from adapter.errors import SIGNER_REVOKED, AdapterError
from adapter.service.installation import Installation
from adapter.service.steps import Told, take_transport_step
from adapter.store.port import Exchange, OutboxItem, OutboxKind, OutboxState, Reader, Writer

FRESH = timedelta(minutes=1)
"""How long the judgement that was made at sealing is taken for good enough."""


def is_to_be_looked_at(item: OutboxItem, now: datetime) -> bool:
    """Whether a claimed item has waited so long that our certificate in it may have been revoked meanwhile."""
    return item.kind is OutboxKind.MESSAGE and (item.attempts > 1 or now - item.created_at > FRESH)


def unseal(installation: Installation, item: OutboxItem) -> list[Told] | None:
    """Take a claimed item back to be sealed anew where its signer is revoked and it never left; None where it may go.

    It may ask a responder: call it in a worker thread. Raises `AdapterError` (STORE_CLAIM_LOST).
    """
    now = installation.clock.now()

    def find(reader: Reader) -> bytes | None:
        exchange = _never_left(reader, item)
        return reader.blob(item.body) if exchange is not None else None

    body = installation.store.read_now(find)
    if body is None:
        return None
    try:
        signer = sealed_for(body).signer
    except AdapterError:
        return None
    judgement = installation.revocations.own(installation.store, signer, now)
    if judgement is None or judgement.outcome is not Outcome.REVOKED:
        return None
    return installation.store.write_now(lambda writer: _take_back(installation, writer, item, now))


def _never_left(reader: Reader, item: OutboxItem) -> Exchange | None:
    """The exchange of an item that no mail server was given: of each earlier claim it is known that it was put off."""
    exchange = reader.exchange(item.exchange_id) if item.exchange_id is not None else None
    if exchange is None or exchange.transport is None or exchange.sealed != item.body:
        return None
    transport = exchange.transport
    kept = transport.state is TransportState.READY and transport.hand_over is HandOver.NONE
    return exchange if kept and item.attempts == transport.deferrals + 1 else None


def _take_back(installation: Installation, writer: Writer, item: OutboxItem, now: datetime) -> list[Told] | None:
    exchange = _never_left(writer, item)
    if exchange is None:
        return None
    writer.finish_outbox(item, OutboxState.WITHDRAWN, now, SIGNER_REVOKED.id)
    bare = replace(exchange, sealed=None, message_id=None, references=())
    event, terms = Unsealed(SIGNER_REVOKED.id), installation.terms_for(exchange)
    _, told = take_transport_step(writer, bare, event, now, terms, item.sender)
    return told
