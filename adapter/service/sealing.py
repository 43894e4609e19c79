"""How a submission becomes octets that can be sent: routed, sealed, kept, due.

Everything of one message is one task of the worker pool: read, seal, and one transaction for the sealed octets, the
ids and the new state. What cannot be sealed is FAILED_LOCAL with the reason, and nothing is sent. A message that breaks
our own code waits under the name of the defect, is tried again for the next version to seal it, and never stops the
messages behind it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from adapter.crypto.refusal import RefusedError
from adapter.delivery.duplicates import SignedReference
from adapter.delivery.retry import VALIDATION_BACK_OFF
from adapter.delivery.sender import TransportState
from adapter.delivery.sender_events import Sealed as SealedEvent
from adapter.delivery.sender_events import SealingDeferred, SendRuleFailed
from adapter.envelope.agreement import Agreement
from adapter.envelope.reported import version_of
from adapter.envelope.routing import Process, Routing
from adapter.envelope.seal import PayloadIds, Sealed
from adapter.errors import (
    INPUT_NOT_UNDERSTOOD,
    PARTY_NOT_OURS,
    RECIPIENT_UNUSABLE,
    REVOCATION_UNKNOWN,
    SIGNER_REVOKED,
    SIGNER_UNUSABLE,
    AdapterError,
)
from adapter.messages.head import Head
from adapter.messages.namespaces import namespace_of
from adapter.messages.reading import Reading, understand
from adapter.observe import events
from adapter.observe.events import Event
from adapter.service import vetting
from adapter.service.defects import defect
from adapter.service.installation import Installation
from adapter.service.revocations import Vetted
from adapter.service.steps import Told, line_of, take_transport_step
from adapter.store.port import BlobKind, Exchange, JournalEntry, Reader, Writer
from adapter.values import Digest, EdiAddress, MessageId


@dataclass(frozen=True, slots=True)
class Waiting:
    """A NEW exchange and its octets. `receipted_type` is the type of the message that an AppRec is for, else empty."""

    exchange: Exchange
    payload: Digest
    receipted_type: str


@dataclass(frozen=True, slots=True)
class PutOff:
    """A submission that cannot be sealed now for a reason that may pass, such as a certificate or a defect of ours."""

    exchange: Exchange
    reason: str
    event: Event = events.EXCHANGE_PUT_OFF


_WAITED_FOR = frozenset({RECIPIENT_UNUSABLE, REVOCATION_UNKNOWN, SIGNER_UNUSABLE, SIGNER_REVOKED})
"""A certificate, the receiver's or ours, has run out or was revoked, or nobody can say of it: a new one can come, a
responder come back."""


class Patience:
    """Which submissions wait before they are tried again, so that they do not stand in the way of those behind.

    It is a memory of this process: after a restart each is tried at once. Why each waits is in the store.
    """

    def __init__(self) -> None:
        self._waits: dict[str, tuple[int, datetime]] = {}

    def waiting(self, now: datetime) -> frozenset[str]:
        """The ids of the exchanges whose time has not come."""
        return frozenset(exchange_id for exchange_id, (_, until) in self._waits.items() if now < until)

    def put_off(self, item: PutOff, now: datetime) -> Told:
        """Let an exchange wait, the longer the more often it did."""
        failures = self._waits.get(item.exchange.id, (0, now))[0] + 1
        self._waits[item.exchange.id] = (failures, now + VALIDATION_BACK_OFF.after(failures))
        return Told(item.event, line_of(item.exchange, "new", item.reason))

    def done(self, exchange_id: str) -> None:
        """Forget an exchange that was sealed or failed for good."""
        self._waits.pop(exchange_id, None)


def waiting(installation: Installation, limit: int, later: frozenset[str] = frozenset()) -> list[Waiting]:
    """The submissions that wait to be sealed, oldest first, without those that are to be tried `later`."""

    def find(reader: Reader) -> list[Waiting]:
        found = []
        due = [one for one in reader.submissions(limit + len(later)) if one.id not in later]
        for exchange in due[:limit]:
            assert exchange.payload is not None
            original = reader.exchange(exchange.receipt_for) if exchange.receipt_for is not None else None
            found.append(Waiting(exchange, exchange.payload, original.type if original is not None else ""))
        return found

    return installation.store.read_now(find)


def seal_one(installation: Installation, item: Waiting) -> list[Told] | PutOff:
    """Seal one submission and keep the result; runs in a worker thread."""
    started = time.perf_counter()
    exchange = item.exchange
    own = installation.own(exchange.sender)
    try:
        if own is None:
            raise AdapterError(PARTY_NOT_OURS, f"HER-id {exchange.sender}")
        partner = installation.partner(exchange.receiver)
        content, beside = installation.store.read_now(lambda reader: _octets(reader, item))
        routing, agreement = _routing(installation, item, content)
        ids = PayloadIds(
            message_id=MessageId(installation.ids.fresh()),
            conversation_id=exchange.conversation_id or installation.ids.fresh(),
            payload_content_id=installation.ids.fresh(),
            envelope_content_id=installation.ids.fresh(),
            boundary=f"=_{installation.ids.fresh()}",
            beside_content_ids=beside_ids(content, len(beside), installation.ids.fresh),
        )
        now = installation.clock.now()
        recipient = agreement.certificate or partner.encryption_at(now)
        # Before anybody is asked about revocation: of one that has run out nobody says anything, for as long as we ask.
        installation.sealer.require_recipient(recipient, partner.her, now)
        vetted = vetting.vet_recipient(installation, recipient, partner.her.value, exchange.created_at, now)
        vetting.require_signer(installation, now)
        sealed = installation.sealer.seal(content, routing, recipient, ids, now, beside, partner.packing)
    except AdapterError as error:
        if not isinstance(error, RefusedError) and (error.kind.may_pass or error.kind in _WAITED_FOR):
            _write_down(installation, exchange, error.id)
            return PutOff(exchange, error.id)
        if error.kind.retryable:
            raise
        reason = f"{error.id}: {error}"
        return installation.store.write_now(lambda writer: _fail(installation, writer, exchange.id, reason))
    except Exception as error:
        return _met_defect(installation, exchange, error)
    address = agreement.address or partner.address
    try:
        told = installation.store.write_now(
            lambda writer: _keep(installation, writer, exchange.id, routing, sealed, vetted, own.address, address)
        )
    except AdapterError:
        raise
    except Exception as error:
        return _met_defect(installation, exchange, error)
    took_ms = round((time.perf_counter() - started) * 1000, 1)
    return [replace(entry, line=replace(entry.line, took_ms=took_ms)) for entry in told]


def _met_defect(installation: Installation, exchange: Exchange, error: Exception) -> PutOff:
    """Seal a message that broke our code later: nothing is wrong with it, and the next version of us may do better."""
    reason = defect(type(error).__name__)
    _write_down(installation, exchange, reason)
    return PutOff(exchange, reason, events.EXCHANGE_SEALING_FAILED)


def _octets(reader: Reader, item: Waiting) -> tuple[bytes, tuple[bytes, ...]]:
    return reader.blob(item.payload), tuple(reader.blob(one) for one in reader.beside(item.exchange.id))


def content_ids(head: Head | None) -> tuple[str, ...]:
    """The Content-IDs of other payload parts that a message names by FileReference, each once, in their order.

    The first is that of the first part beside it, and so on (`msghead.md` §2.5). Raises `AdapterError`
    (INPUT_NOT_UNDERSTOOD) for one that could not stand in the header of a mail part as it is.
    """
    said = (one.file_reference or "" for one in head.documents) if head is not None else ()
    named = tuple(dict.fromkeys(one.removeprefix("cid:") for one in said if one.startswith("cid:")))
    if not all(map(_CONTENT_ID.fullmatch, named)):
        says = "FileReference names a payload part by an id of other signs than letters, digits and . _ @ + = -"
        raise AdapterError(INPUT_NOT_UNDERSTOOD, says)
    return named


_CONTENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=-]{0,199}")


def beside_ids(content: bytes, count: int, fresh: Callable[[], str]) -> tuple[str, ...]:
    """The Content-IDs of the parts beside a message: those that it names, then new ones. Raises as `content_ids`."""
    if not count:
        return ()
    named = content_ids(understand(content).head)[:count]
    return (*named, *(fresh() for _ in range(count - len(named))))


def _routing(installation: Installation, item: Waiting, content: bytes) -> tuple[Routing, Agreement]:
    exchange = item.exchange
    process = Process(item.receipted_type, receipt=True) if item.receipted_type else Process(exchange.type)
    namespace, version = reported(understand(content))
    agreement = installation.agreement_for(exchange.sender, exchange.receiver, process, version)
    routing = Routing(
        exchange.sender, exchange.receiver, process, agreement.cpa_id, namespace, version, agreement.service_type
    )
    return routing, agreement


def reported(reading: Reading) -> tuple[str, str]:
    """The namespace and version of the document for the monitoring (`ebxml.md` §9.2); without known version, 0."""
    if reading.standard is not None:
        return reading.standard.namespace, reading.standard.version
    if reading.payload is not None:
        namespace = namespace_of(reading.payload.tag)
        return namespace, version_of(namespace)
    return "", "0"


def _still_new(writer: Writer, exchange_id: str) -> Exchange | None:
    """The exchange as it is now, which may have been given up, or have missed its AppRec, while it was being sealed."""
    exchange = writer.exchange(exchange_id)
    if exchange is None or exchange.transport is None or exchange.transport.state is not TransportState.NEW:
        return None
    return exchange


def _keep(
    installation: Installation,
    writer: Writer,
    exchange_id: str,
    routing: Routing,
    sealed: Sealed,
    vetted: Vetted | None,
    sender: EdiAddress,
    receiver: EdiAddress,
) -> list[Told]:
    exchange = _still_new(writer, exchange_id)
    if exchange is None:
        return []
    now = installation.clock.now()
    sender_role, receiver_role = routing.process.roles
    kept = replace(
        exchange,
        peer_address=receiver,
        sealed=writer.put_blob(sealed.body, BlobKind.SEALED, now),
        message_id=sealed.message_id,
        conversation_id=sealed.conversation_id,
        cpa_id=routing.cpa_id,
        service=routing.process.service,
        action=routing.process.action,
        from_role=sender_role,
        to_role=receiver_role,
        references=tuple(SignedReference(reference.uri, reference.digest) for reference in sealed.references),
    )
    after, told = take_transport_step(writer, kept, SealedEvent(), now, installation.terms_for(kept), sender)
    if vetted is not None and kept.sealed is not None:
        vetted.keep(writer, kept.sealed)
    return [*told, *(Told(events.MESSAGE_NOTED, line_of(after, "ready", one.rule)) for one in vetting.remarks(vetted))]


def _write_down(installation: Installation, exchange: Exchange, reason: str) -> None:
    """Keep why a submission waits, where it is another reason than the last time: nothing is written at each try."""
    if exchange.transport is not None and exchange.transport.reason == reason:
        return

    def write(writer: Writer) -> None:
        waiting = _still_new(writer, exchange.id)
        if waiting is None:
            return
        now = installation.clock.now()
        event, terms = SealingDeferred(reason), installation.terms_for(waiting)
        take_transport_step(writer, waiting, event, now, terms, _NOWHERE)
        writer.add_journal(JournalEntry(waiting.id, now, "put off", reason))

    installation.store.write_now(write)


_NOWHERE = EdiAddress("nobody@nowhere.invalid")
"""The sender of a step that sends nothing."""


def _fail(installation: Installation, writer: Writer, exchange_id: str, reason: str) -> list[Told]:
    exchange = _still_new(writer, exchange_id)
    if exchange is None:
        return []
    now = installation.clock.now()
    _, told = take_transport_step(
        writer, exchange, SendRuleFailed(reason), now, installation.terms_for(exchange), _NOWHERE
    )
    return told
