"""Mails that became no exchange: which were set aside, since when, why, and what can be done."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from adapter.api.endpoints.exchanges import cursor_of, place_of
from adapter.api.operation import Answer, Call, Given, Model, Operation
from adapter.config import Scope
from adapter.delivery.receiver import ReceptionState
from adapter.service.views import MailPage, Row, set_aside
from adapter.store.port import Mail, Reader

Which = Literal["quarantine", "answered"]

STATES = {
    "quarantine": (ReceptionState.QUARANTINE, ReceptionState.PENDING),
    "answered": (ReceptionState.FAULT_SENT, ReceptionState.REJECTED, ReceptionState.FALSE_DUPLICATE),
}
"""What waits for a person or for another try, and what was answered with an error."""


class MailQuery(Model):
    """Which mails."""

    which: Annotated[
        Which, Field(description="Those that wait for a person or another try, or those whose sender was told.")
    ] = "quarantine"
    cursor: Annotated[str | None, Field(max_length=200, description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="The longest page.")] = 50


class MailRow(Model):
    """One mail: its state, age, and what happens next. What it says of itself is not believed and not shown."""

    id: str
    state: str
    since: str
    age_seconds: int
    next_attempt: str | None
    next_step: str
    reason: str
    handled: str | None


class MailList(Model):
    """A page of the list, the newest first; `next` is the cursor of the following one, null at the end. A page may be
    shorter than was asked for, or empty, and another one follow it."""

    mails: tuple[MailRow, ...]
    next: str | None


def may_see(call: Call, mail: Mail) -> bool:
    """Whether a mail is the caller's: it belongs to the parties whose address it was sent to."""
    parties = call.caller.parties
    if not parties:
        return True
    own = {party.address.value.lower() for party in call.installation.settings.party if party.her in parties}
    return any(address.lower() in own for address in mail.envelope_to)


def page_of(call: Call, reader: Reader, which: Which, cursor: str | None, limit: int) -> MailPage:
    """A page of what the caller may see. Raises `AdapterError` (REQUEST_REFUSED) for what is no cursor."""
    after = None if cursor is None else place_of(cursor)
    now = call.installation.clock.now()
    return set_aside(reader, STATES[which], limit, now, after, lambda mail: may_see(call, mail))


def _list(call: Call) -> Answer:
    asked = call.asked(MailQuery)
    page = call.installation.store.read_now(
        lambda reader: page_of(call, reader, asked.which, asked.cursor, asked.limit)
    )
    following = None if page.following is None else cursor_of(page.following)
    return Answer(MailList(mails=tuple(_shown(row) for row in page.rows), next=following))


def _shown(row: Row) -> MailRow:
    return MailRow(**{name: getattr(row, name) for name in MailRow.model_fields})


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/mails",
        "listMails",
        "operating",
        "Mails that became no exchange, the newest first.",
        "",
        Scope.READ,
        _list,
        (Given(200, "A page of mails.", MailList),),
        query=MailQuery,
    ),
)
