"""Received messages for the application: see what waits, claim it, confirm it or reject it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from adapter.api.endpoints.by_hand import ByHand, DoneByHand
from adapter.api.operation import Answer, Call, Given, Model, Operation, Taken
from adapter.config import Scope
from adapter.envelope.shown import shown_type
from adapter.errors import EXCHANGE_UNKNOWN, AdapterError
from adapter.service.access import Did
from adapter.service.claiming import LONGEST_LEASE, Waiting, claim, confirm, refusal_code, reject, waiting
from adapter.service.holding import accept, held, refuse
from adapter.service.operating import By
from adapter.values import utc_text


class InboxQuery(Model):
    """How much."""

    limit: Annotated[int, Field(ge=1, le=500, description="The longest list.")] = 100


class InboxItem(Model):
    """A message that waits: read it at `message`, and the `beside` other attachments that came with it, if any, at
    `message` with `?beside=1` and so on. `claim` is the number that confirming needs, 0 if never claimed."""

    exchange: str
    type: str
    sender: str
    receiver: str
    msg_id: str | None
    received: str
    message: str
    beside: int
    claim: int
    claimed_until: str | None


class Inbox(Model):
    """What waits, the oldest first."""

    items: tuple[InboxItem, ...]


class ClaimInput(Model):
    """How many messages, and for how long. A message that is not confirmed by then is given to the next who asks."""

    limit: Annotated[int, Field(ge=1, le=100)] = 10
    lease_seconds: Annotated[int, Field(ge=5, le=LONGEST_LEASE // timedelta(seconds=1))] = 300


class ConfirmInput(Model):
    """The number of the claim."""

    claim: Annotated[int, Field(ge=1, le=2**53)]


class RefusalInput(Model):
    """One error of the negative AppRec: a code of list 8221 and a short text without patient data."""

    code: Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}$")]
    text: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class RejectInput(Model):
    """The number of the claim, and why the application cannot use the message."""

    claim: Annotated[int, Field(ge=1, le=2**53)]
    errors: Annotated[tuple[RefusalInput, ...], Field(min_length=1, max_length=10)]


class HeldItem(Model):
    """A message that waits for a person: why it is kept from the application."""

    exchange: str
    type: str
    sender: str
    receiver: str
    since: str
    why: str


class HeldList(Model):
    """What waits for a person, the oldest first."""

    items: tuple[HeldItem, ...]


class HeldRefusalInput(Model):
    """Why, for the record and without patient data; with `errors` the sender gets a negative AppRec."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]
    errors: Annotated[tuple[RefusalInput, ...], Field(max_length=10)] = ()


class Finished(Model):
    """The message is no longer in the inbox."""

    exchange: str


def _shown(one: Waiting) -> InboxItem:
    exchange, item = one.exchange, one.item
    known = exchange.msg_id is not None and exchange.msg_id.is_guid
    return InboxItem(
        exchange=exchange.id,
        type=shown_type(exchange.type),
        sender=exchange.sender.value,
        receiver=exchange.receiver.value,
        msg_id=exchange.msg_id.value if known and exchange.msg_id is not None else None,
        received=utc_text(item.received_at),
        message=f"/api/v1/exchanges/{exchange.id}/message",
        beside=one.beside,
        claim=item.fence,
        claimed_until=None if item.claimed_until is None else utc_text(item.claimed_until),
    )


def _list(call: Call) -> Answer:
    asked = call.asked(InboxQuery)
    return Answer(Inbox(items=tuple(map(_shown, waiting(call.installation, call.caller, asked.limit)))))


def _claim(call: Call) -> Answer:
    told = call.told(ClaimInput)
    claimed = claim(call.installation, call.caller, told.limit, timedelta(seconds=told.lease_seconds))
    return Answer(Inbox(items=tuple(map(_shown, claimed))))


def _confirm(call: Call) -> Answer:
    told = call.told(ConfirmInput)
    exchange = call.exchange(Did.CONFIRMED)
    confirm(call.installation, call.caller, exchange.id, told.claim)
    return Answer(Finished(exchange=exchange.id))


def _reject(call: Call) -> Answer:
    told = call.told(RejectInput)
    exchange = call.exchange(Did.REJECTED)
    if exchange.reception is None:
        raise AdapterError(EXCHANGE_UNKNOWN)
    codes = tuple(refusal_code(call.installation.codes, one.code, one.text) for one in told.errors)
    reject(call.installation, call.caller, exchange.id, told.claim, codes)
    return Answer(Finished(exchange=exchange.id))


def _held(call: Call) -> Answer:
    own = tuple(sorted(call.caller.parties))
    found = held(call.installation, own, call.asked(InboxQuery).limit)
    return Answer(
        HeldList(
            items=tuple(
                HeldItem(
                    exchange=one.exchange.id,
                    type=shown_type(one.exchange.type),
                    sender=one.exchange.sender.value,
                    receiver=one.exchange.receiver.value,
                    since=utc_text(one.since),
                    why=one.why,
                )
                for one in found
            )
        )
    )


def _accept_held(call: Call) -> Answer:
    exchange = call.exchange(Did.RELEASED)
    by = By(call.caller.name, call.told(ByHand).reason)
    call.audit(Did.RELEASED, exchange.id)
    return Answer(DoneByHand.of(accept(call.installation, exchange.id, by)))


def _refuse_held(call: Call) -> Answer:
    exchange = call.exchange(Did.TURNED_AWAY)
    told = call.told(HeldRefusalInput)
    by = By(call.caller.name, told.reason)
    codes = tuple(refusal_code(call.installation.codes, one.code, one.text) for one in told.errors)
    call.audit(Did.TURNED_AWAY, exchange.id)
    return Answer(DoneByHand.of(refuse(call.installation, exchange.id, by, codes)))


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/inbox",
        "listInbox",
        "inbox",
        "What waits for the application, the oldest first.",
        "Claimed messages are in the list until they are confirmed.",
        Scope.READ,
        _list,
        (Given(200, "What waits.", Inbox),),
        query=InboxQuery,
    ),
    Operation(
        "POST",
        "/api/v1/inbox/claim",
        "claimMessages",
        "inbox",
        "Take messages for a while.",
        'Needs `inbox.by = "api"`. Nobody else gets them until the lease ends.',
        Scope.SUBMIT,
        _claim,
        (Given(200, "What was claimed; empty when nothing waits.", Inbox),),
        refuses=(409,),
        takes=Taken(("application/json",), ClaimInput),
    ),
    Operation(
        "POST",
        "/api/v1/inbox/{id}/confirm",
        "confirmMessage",
        "inbox",
        "The application has the message; it is never given again.",
        'With `inbox.apprec = "when_taken"` the positive AppRec goes out now. Confirming twice is confirming once;'
        " what was rejected cannot be confirmed (409).",
        Scope.SUBMIT,
        _confirm,
        (Given(200, "It is done.", Finished),),
        refuses=(409,),
        takes=Taken(("application/json",), ConfirmInput),
    ),
    Operation(
        "POST",
        "/api/v1/inbox/{id}/reject",
        "rejectMessage",
        "inbox",
        "The application cannot use the message: a negative AppRec goes out.",
        'Only with `inbox.apprec = "when_taken"`; otherwise the message was receipted when it arrived.'
        " The same rejection again is done once; with other errors, or after a confirmation, it is refused (409).",
        Scope.SUBMIT,
        _reject,
        (Given(200, "It is done.", Finished),),
        refuses=(409, 422),
        takes=Taken(("application/json",), RejectInput),
    ),
    Operation(
        "GET",
        "/api/v1/inbox/held",
        "listHeld",
        "operating",
        "What is kept from the application until a person has decided.",
        "Such as a message that names another sender than the one that signed it (EB-508).",
        Scope.OPERATE,
        _held,
        (Given(200, "What waits for a person.", HeldList),),
        query=InboxQuery,
    ),
    Operation(
        "POST",
        "/api/v1/inbox/{id}/accept-held",
        "acceptHeld",
        "operating",
        "Give a held message to the application.",
        "Everything follows as if it had just arrived, but the moment it was received stays.",
        Scope.OPERATE,
        _accept_held,
        (Given(200, "It is done.", DoneByHand),),
        refuses=(409, 422),
        takes=Taken(("application/json",), ByHand),
    ),
    Operation(
        "POST",
        "/api/v1/inbox/{id}/refuse-held",
        "refuseHeld",
        "operating",
        "Keep a held message from the application for good.",
        "With `errors` the sender gets a negative AppRec; not where it is unknown who sent it.",
        Scope.OPERATE,
        _refuse_held,
        (Given(200, "It is done.", DoneByHand),),
        refuses=(409, 422),
        takes=Taken(("application/json",), HeldRefusalInput),
    ),
)
