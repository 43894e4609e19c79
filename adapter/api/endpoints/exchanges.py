"""What has gone out and come in: the list, one exchange, and its message."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from adapter.api.operation import Answer, Call, Given, Instant, Model, Operation
from adapter.config import Scope
from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import TransportState
from adapter.envelope.shown import shown_action, shown_service, shown_type
from adapter.errors import EXCHANGE_UNFIT, REQUEST_REFUSED, AdapterError
from adapter.service.access import Did
from adapter.service.installation import Installation
from adapter.service.receipt_errors import receipt_errors
from adapter.service.views import Row, exchange_rows
from adapter.store.port import Direction, Exchange, ExchangeFilter, ListPlace, Reader
from adapter.values import Digest, HerId, MsgId, instant_of, instant_text, utc_text

Her = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$", description="A HER-id.")]


class ListQuery(Model):
    """Which exchanges."""

    direction: Annotated[Direction | None, Field(description="Only received (`in`) or sent (`out`).")] = None
    type: Annotated[str | None, Field(max_length=64, description="Only of this type (list 8279).")] = None
    partner: Annotated[Her | None, Field(description="Only with this HER-id.")] = None
    msg_id: Annotated[str | None, Field(min_length=1, max_length=100, description="Only with this MsgId.")] = None
    transport: Annotated[TransportState | None, Field(description="Only sent, in this state.")] = None
    reception: Annotated[ReceptionState | None, Field(description="Only received, in this state.")] = None
    apprec: Annotated[AppRecState | None, Field(description="Only with the AppRec in this state.")] = None
    created_from: Annotated[Instant | None, Field(description="Only created then or later.")] = None
    created_before: Annotated[Instant | None, Field(description="Only created before then.")] = None
    cursor: Annotated[str | None, Field(max_length=200, description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="The longest page.")] = 50


class MessageQuery(Model):
    """Which octets."""

    beside: Annotated[
        int, Field(ge=0, le=1000, description="0: the message. More: what came with it beside, counted from 1.")
    ] = 0


class ExchangeRow(Model):
    """One exchange: its state, age, AppRec, and what happens next. Times are UTC."""

    id: str
    direction: Direction
    type: str
    sender: str
    receiver: str
    partner: str
    msg_id: str | None
    state: str
    since: str
    created: str
    age_seconds: int
    apprec: str | None
    next_attempt: str | None
    next_step: str
    reason: str
    handled: str | None


class ExchangePage(Model):
    """A page of the list, the newest first; `next` is the cursor of the following one, null at the end."""

    exchanges: tuple[ExchangeRow, ...]
    next: str | None


class JournalLine(Model):
    """One thing that happened to an exchange."""

    at: str
    what: str
    detail: str


class Related(Model):
    """An AppRec for or an answer to an exchange."""

    exchange: str
    type: str
    direction: Direction


class AppRecError(Model):
    """An error of an AppRec: its code, the text of the code, and what its sender added; empty where there is none."""

    code: str
    text: str
    explanation: str


class ExchangeDetail(ExchangeRow):
    """Everything known of an exchange but its message."""

    message_id: str | None
    conversation_id: str | None
    cpa_id: str | None
    service: str | None
    action: str | None
    generated: str | None
    payload_sha256: str | None
    sealed_sha256: str | None
    apprec_errors: tuple[str, ...]
    apprec_said: tuple[AppRecError, ...]
    receipt_for: str | None
    answers: str | None
    related: tuple[Related, ...]
    journal: tuple[JournalLine, ...]


def _list(call: Call) -> Answer:
    asked = call.asked(ListQuery)
    which = ExchangeFilter(
        direction=asked.direction,
        type=asked.type,
        peer=None if asked.partner is None else HerId(asked.partner),
        transport=() if asked.transport is None else (asked.transport,),
        receipt=() if asked.apprec is None else (asked.apprec,),
        reception=() if asked.reception is None else (asked.reception,),
        created_from=asked.created_from,
        created_before=asked.created_before,
        own=tuple(sorted(call.caller.parties)),
        msg_id=None if asked.msg_id is None else MsgId(asked.msg_id),
        after=None if asked.cursor is None else place_of(asked.cursor),
        limit=asked.limit + 1,
    )
    now = call.installation.clock.now()

    def look(reader: Reader) -> ExchangePage:
        found = reader.exchanges(which)
        shown = found[: asked.limit]
        following = cursor_of(shown[-1]) if len(found) > len(shown) else None
        return ExchangePage(exchanges=_rows(reader, shown, now), next=following)

    return Answer(call.installation.store.read_now(look))


def cursor_of(place: ListPlace | Exchange) -> str:
    """The place in a list, of an exchange or told otherwise, as a text for the following page."""
    return base64.urlsafe_b64encode(f"{instant_text(place.created_at)} {place.id}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> ListPlace:
    """The place that such a text means. Raises `AdapterError` (REQUEST_REFUSED)."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        created, _, exchange_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(" ")
        moment = instant_of(created)
        if moment.utcoffset() != timedelta(0):
            raise ValueError("a cursor of ours is in UTC")
        return ListPlace(moment, exchange_id)
    except (ValueError, binascii.Error):
        raise AdapterError(REQUEST_REFUSED, "query.cursor: it is `next` of a page before") from None


def _rows(reader: Reader, exchanges: tuple[Exchange, ...], now: datetime) -> tuple[ExchangeRow, ...]:
    shown = zip(exchanges, exchange_rows(reader, exchanges, now), strict=True)
    return tuple(
        ExchangeRow(
            **{name: getattr(row, name) for name in _OF_ROW},
            sender=exchange.sender.value,
            receiver=exchange.receiver.value,
            created=utc_text(exchange.created_at),
        )
        for exchange, row in shown
    )


_OF_ROW = tuple(name for name in ExchangeRow.model_fields if name in Row.__slots__)


def _one(call: Call) -> Answer:
    exchange = call.exchange(Did.EXCHANGE_READ)
    now = call.installation.clock.now()

    def look(reader: Reader) -> ExchangeDetail:
        return ExchangeDetail(
            **_rows(reader, (exchange,), now)[0].model_dump(),
            message_id=None if exchange.message_id is None else exchange.message_id.value,
            conversation_id=exchange.conversation_id,
            cpa_id=exchange.cpa_id,
            service=None if exchange.service is None else shown_service(exchange.service),
            action=None if exchange.action is None else shown_action(exchange.action),
            generated=None if exchange.generated is None else exchange.generated.text,
            payload_sha256=None if exchange.payload is None else exchange.payload.value,
            sealed_sha256=None if exchange.sealed is None else exchange.sealed.value,
            apprec_errors=exchange.receipt.errors if exchange.receipt is not None else (),
            apprec_said=tuple(
                AppRecError(code=one.code, text=one.text, explanation=one.explanation)
                for one in receipt_errors(reader, exchange, call.installation.codes)
            ),
            receipt_for=exchange.receipt_for,
            answers=exchange.answers,
            related=tuple(
                Related(exchange=one.id, type=shown_type(one.type), direction=one.direction)
                for one in reader.related(exchange.id)
            ),
            journal=tuple(
                JournalLine(at=utc_text(line.at), what=line.what, detail=line.detail)
                for line in reader.journal(exchange.id)
            ),
        )

    detail = call.installation.store.read_now(look)
    call.audit(Did.EXCHANGE_READ, exchange.id)
    return Answer(detail)


def _payload(call: Call) -> Answer:
    exchange = call.exchange(Did.PAYLOAD_READ)
    payload = exchange.payload
    if payload is None:
        raise AdapterError(EXCHANGE_UNFIT, "its message is not kept")
    wanted = call.asked(MessageQuery).beside
    digest = payload if wanted == 0 else _beside(call.installation, exchange.id, wanted)
    content = call.installation.store.read_now(lambda reader: reader.blob(digest))
    call.audit(Did.PAYLOAD_READ, exchange.id)
    media_type = "application/xml" if wanted == 0 else "application/octet-stream"
    return Answer(content, media_type=media_type, headers={"Content-Digest-SHA256": digest.value})


def _beside(installation: Installation, exchange_id: str, position: int) -> Digest:
    there = installation.store.read_now(lambda reader: reader.beside(exchange_id))
    if position > len(there):
        raise AdapterError(EXCHANGE_UNFIT, f"beside: {len(there)} other attachments came with it")
    return there[position - 1]


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/exchanges",
        "listExchanges",
        "exchanges",
        "List what has gone out and come in, the newest first.",
        "No patient data. Follow `next` for more; a page never skips or repeats an exchange that stands still.",
        Scope.READ,
        _list,
        (Given(200, "A page.", ExchangePage),),
        query=ListQuery,
    ),
    Operation(
        "GET",
        "/api/v1/exchanges/{id}",
        "readExchange",
        "exchanges",
        "Everything known of one exchange but its message.",
        "",
        Scope.READ,
        _one,
        (Given(200, "The exchange.", ExchangeDetail),),
    ),
    Operation(
        "GET",
        "/api/v1/exchanges/{id}/message",
        "readMessage",
        "exchanges",
        "The business message itself, byte for byte.",
        "Patient data: every reading is a line of the audit log.",
        Scope.READ,
        _payload,
        (Given(200, "The octets that were handed in or decrypted.", None, "application/xml"),),
        refuses=(409,),
        query=MessageQuery,
    ),
)
