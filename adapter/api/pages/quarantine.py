"""Mails that became no message: why each was set aside, what it said of itself, and what a person can do with it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from adapter.api.endpoints.exchanges import cursor_of
from adapter.api.endpoints.mails import STATES, Which, may_see, page_of
from adapter.api.operation import Model
from adapter.api.pages.exchanges import DEEDS, DoneQuery
from adapter.api.pages.mails import of_mail
from adapter.api.pages.screen import Onward, Screen, Shown, Visit
from adapter.api.problems import status_of
from adapter.config import Scope
from adapter.delivery.receiver import ReceptionState
from adapter.errors import EXCHANGE_UNKNOWN, REQUEST_REFUSED, AdapterError
from adapter.service.access import Did
from adapter.service.operating import By
from adapter.service.views import mail_row
from adapter.store.port import Act, Mail, Reader

MOST = 100
"""Mails on one page, the newest first; those that are dealt with leave it."""


class QuarantineQuery(Model):
    """Those that wait for a person, or those whose sender was told; `after` goes on where a page ended."""

    which: Which = "quarantine"
    after: Annotated[str | None, Field(max_length=200)] = None


def _list(visit: Visit) -> Shown:
    asked, call = visit.call.asked(QuarantineQuery), visit.call
    page = call.installation.store.read_now(lambda reader: page_of(call, reader, asked.which, asked.after, MOST))
    following = None if page.following is None else cursor_of(page.following)
    return Shown("quarantine.html", {"rows": page.rows, "which": asked.which, "following": following})


def _mail(visit: Visit) -> Mail:
    """The mail that the address names. Raises `AdapterError` (EXCHANGE_UNKNOWN)."""
    wanted = visit.call.path["id"]
    found = visit.call.installation.store.read_now(lambda reader: reader.mail(wanted))
    if found is None or found.exchange_id is not None:
        raise AdapterError(EXCHANGE_UNKNOWN)
    if not may_see(visit.call, found):
        visit.call.refuse(Did.EXCHANGE_READ, found.id)
        raise AdapterError(EXCHANGE_UNKNOWN)
    return found


def _one(visit: Visit) -> Shown:
    mail = _mail(visit)
    visit.call.audit(Did.EXCHANGE_READ, mail.id)
    return _shown(visit, mail, done=visit.call.asked(DoneQuery).done)


def _shown(visit: Visit, mail: Mail, *, done: Act | None = None, error: AdapterError | None = None) -> Shown:
    def look(reader: Reader) -> dict[str, object]:
        return {"row": mail_row(reader, mail, visit.now), "headers": of_mail(reader, mail)}

    state = mail.reception.state
    buttons = [Act.RESEND] if state in STATES["quarantine"] else []
    buttons += [Act.GIVE_UP] if state is ReceptionState.QUARANTINE else []
    filling = {
        **visit.call.installation.store.read_now(look),
        "mail": mail,
        "buttons": [one.value for one in (*buttons, Act.HANDLED)],
        "may_operate": visit.call.caller.may(Scope.OPERATE),
        "done": done,
        "error": error,
        "reason": visit.filled("reason"),
    }
    return Shown("mail.html", filling, 200 if error is None else status_of(error))


def _act(visit: Visit) -> Shown | Onward:
    mail = _mail(visit)
    visit.call.audit(Did.CHANGED, mail.id)
    act = next((one for one in DEEDS if one.value == visit.filled("act")), None)
    if act is None:
        raise AdapterError(REQUEST_REFUSED, "form.act: one of the buttons")
    try:
        DEEDS[act](visit.call.installation, mail.id, By(visit.call.caller.name, visit.filled("reason")))
    except AdapterError as error:
        return _shown(visit, mail, error=error)
    return Onward(f"/quarantine/{mail.id}?done={act.value}")


SCREENS = (
    Screen("GET", "/quarantine", Scope.READ, _list, "menu.quarantine", QuarantineQuery),
    Screen("GET", "/quarantine/{id}", Scope.READ, _one, query=DoneQuery),
    Screen("POST", "/quarantine/{id}", Scope.OPERATE, _act),
)
