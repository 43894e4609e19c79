"""Does what was sealed and never left still stand, or would we not sign it so any more?

From the first hand-over on every copy is the same octets, whatever becomes of our certificate: a receiver knows a copy
by its eb:MessageId (`ebxml.md` §7.2). What no mail server was ever given nobody can have, so where our certificate in
it was revoked, has expired or was replaced while it waited, it is sealed anew with the pair of the day and a new id: a
message goes back to be sealed like any other, a signal at once. While there is no new pair, what was signed before ours
expired goes out as it is (the 84 hours of `ebxml.md` §4.4). Of an item whose claim ran out nobody knows whether it
left: it stays.

What was sealed a moment ago is not looked at: its signer was judged then.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from adapter.delivery.resending import Signature
from adapter.delivery.sender import HandOver, TransportState
from adapter.delivery.sender_events import Unsealed
from adapter.envelope.sealed_for import sealed_for
from adapter.errors import REVOCATION_UNKNOWN, SIGNER_REVOKED, SIGNER_UNUSABLE, AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service import kept_refusals, vetting
from adapter.service.installation import Installation
from adapter.service.own_signature import signature_now
from adapter.service.steps import Told, line_of, take_transport_step
from adapter.store.port import BlobKind, Exchange, JournalEntry, OutboxItem, OutboxKind, OutboxState, Reader, Writer
from adapter.values import MessageId

FRESH = timedelta(minutes=1)
"""How long the judgement that was made at sealing is taken for good enough."""

NOT_SIGNED = frozenset({SIGNER_REVOKED, SIGNER_UNUSABLE, REVOCATION_UNKNOWN})
"""Why nothing can be signed now: a signal that has to be sealed anew waits meanwhile."""

_REASONS = {
    Signature.REVOKED: SIGNER_REVOKED.id,
    Signature.EXPIRED: SIGNER_UNUSABLE.id,
    Signature.REPLACED: "our signing pair was replaced",
}


def is_to_be_looked_at(item: OutboxItem, now: datetime) -> bool:
    """Whether a claimed item has waited so long that our certificate in it may have lost its standing meanwhile."""
    return item.kind is not OutboxKind.FAULT and (item.attempts > 1 or now - item.created_at > FRESH)


def unseal(installation: Installation, item: OutboxItem) -> list[Told] | None:
    """Take a claimed item back where its signature does not hold any more and it never left; None where it may go.

    It may ask a responder: call it in a worker thread. Raises `AdapterError`: STORE_CLAIM_LOST, or one of `NOT_SIGNED`
    where a signal would have to be sealed anew and nothing can be signed.
    """
    now = installation.clock.now()

    def find(reader: Reader) -> bytes | None:
        return reader.blob(item.body) if _may_be_taken_back(reader, item) else None

    body = installation.store.read_now(find)
    if body is None:
        return None
    try:
        signer = sealed_for(body).signer
    except AdapterError:
        return None
    stands = signature_now(installation, signer, now)
    if stands is Signature.HOLDS:
        return None
    if stands is Signature.EXPIRED and signer == installation.sealer.signer.at(now).certificate:
        # There is no new pair. It was signed in time, and partners take it for as long as it may have been under way.
        return None
    why = _REASONS[stands]
    if item.kind is OutboxKind.SIGNAL:
        return _seal_anew(installation, item, body, why, now)
    return installation.store.write_now(lambda writer: _take_back(installation, writer, item, why, now))


def _may_be_taken_back(reader: Reader, item: OutboxItem) -> bool:
    return item.never_left and (item.kind is OutboxKind.SIGNAL or _waiting(reader, item) is not None)


def _waiting(reader: Reader, item: OutboxItem) -> Exchange | None:
    """The exchange of a message that no mail server was given, and that still waits for one."""
    exchange = reader.exchange(item.exchange_id) if item.exchange_id is not None else None
    if exchange is None or exchange.transport is None or exchange.sealed != item.body:
        return None
    transport = exchange.transport
    kept = transport.state is TransportState.READY and transport.hand_over is HandOver.NONE
    return exchange if kept else None


def _take_back(
    installation: Installation, writer: Writer, item: OutboxItem, why: str, now: datetime
) -> list[Told] | None:
    exchange = _waiting(writer, item)
    if exchange is None:
        return None
    writer.finish_outbox(item, OutboxState.WITHDRAWN, now, why)
    bare = replace(exchange, sealed=None, message_id=None, references=())
    event, terms = Unsealed(why), installation.terms_for(exchange)
    _, told = take_transport_step(writer, bare, event, now, terms, item.sender)
    return told


def _seal_anew(installation: Installation, item: OutboxItem, body: bytes, why: str, now: datetime) -> list[Told]:
    """Seal a signal anew; it is due at once, and is the answer that a copy of the answered envelope gets."""
    vetting.require_signer(installation, now)
    sealed = installation.sealer.renew(body, MessageId(installation.ids.fresh()), now)

    def write(writer: Writer) -> list[Told]:
        renewed = writer.put_blob(sealed.body, BlobKind.SIGNAL, now)
        writer.renew_outbox(item, renewed, now)
        kept_refusals.signed_anew(writer, item, renewed, now)
        exchange = writer.exchange(item.exchange_id) if item.exchange_id is not None else None
        if exchange is None:
            return [Told(events.ANSWER_RENEWED, Line(message_id=sealed.message_id.value, rule=why))]
        writer.add_journal(JournalEntry(exchange.id, now, "the answer was sealed anew", why))
        return [Told(events.ANSWER_RENEWED, line_of(exchange, rule=why))]

    return installation.store.write_now(write)
