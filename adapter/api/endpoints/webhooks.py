"""How webhooks are: how far behind, what the last call met, what was set aside; and telling it again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from adapter.api.operation import Answer, Call, Given, Model, Operation
from adapter.config import Scope
from adapter.errors import EXCHANGE_UNKNOWN, AdapterError
from adapter.service.access import Did
from adapter.service.webhooks import MOST_LETTERS, HookView, Letters, hooks, set_aside, tell_again
from adapter.values import utc_text


class Letter(Model):
    """A notice that was not taken in all its tries."""

    seq: int
    event: str
    exchange: str
    at: str
    set_aside_at: str
    reason: str


class LetterQuery(Model):
    """Which notices."""

    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="The longest page.")] = MOST_LETTERS


class LetterPage(Model):
    """A page of what a webhook did not take, the oldest first; `next` is the cursor of the following one, null at the
    end."""

    set_aside: tuple[Letter, ...]
    next: str | None


class HookModel(Model):
    """One webhook. `behind` counts journal lines; `attempts` the tries for the notice that is next. `set_aside` is the
    first page of what it did not take, and `next` the cursor of the following one, null where there is none."""

    name: str
    behind: int
    attempts: int
    next_attempt: str | None
    reason: str
    set_aside: tuple[Letter, ...]
    next: str | None


class Hooks(Model):
    """Every webhook of the configuration."""

    webhooks: tuple[HookModel, ...]


class ToldAgain(Model):
    """Whether the notice was taken now; if not, why not."""

    taken: bool
    reason: str


def _is_for(call: Call, exchange_id: str) -> bool:
    """Whether a notice is about an exchange that the caller may see."""
    return exchange_id in _seen(call, (exchange_id,))


def _seen(call: Call, exchange_ids: tuple[str, ...]) -> frozenset[str]:
    """Those of the exchanges that the caller may see; who is not limited to parties sees what is gone, too."""
    if not call.caller.parties:
        return frozenset(exchange_ids)
    found = call.installation.store.read_now(lambda reader: reader.exchanges_named(exchange_ids))
    return frozenset(one.id for one in found if call.caller.may_see(one))


def _page(call: Call, found: Letters) -> LetterPage:
    seen = _seen(call, tuple(one.exchange_id for one in found.letters))
    shown = tuple(
        Letter(
            seq=one.seq,
            event=one.event,
            exchange=one.exchange_id,
            at=utc_text(one.at),
            set_aside_at=utc_text(one.set_aside_at),
            reason=one.reason,
        )
        for one in found.letters
        if one.exchange_id in seen
    )
    return LetterPage(set_aside=shown, next=None if found.following is None else str(found.following))


def _shown(call: Call, view: HookView) -> HookModel:
    state, page = view.state, _page(call, view.set_aside)
    return HookModel(
        name=state.hook,
        behind=view.behind,
        attempts=state.attempts,
        next_attempt=None if state.due is None else utc_text(state.due),
        reason=state.reason,
        set_aside=page.set_aside,
        next=page.next,
    )


def _list(call: Call) -> Answer:
    return Answer(Hooks(webhooks=tuple(_shown(call, view) for view in hooks(call.installation))))


def _set_aside(call: Call) -> Answer:
    asked = call.asked(LetterQuery)
    after = 0 if asked.cursor is None else int(asked.cursor)
    return Answer(_page(call, set_aside(call.installation, call.path["name"], asked.limit, after)))


def _again(call: Call) -> Answer:
    number, name = call.path["seq"], call.path["name"]
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise AdapterError(EXCHANGE_UNKNOWN, "there is no such notice")
    meant = call.installation.store.read_now(lambda reader: reader.dead_letter(name, int(number)))
    if meant is not None:
        if not _is_for(call, meant.exchange_id):
            call.refuse(Did.CHANGED, meant.exchange_id)
            raise AdapterError(EXCHANGE_UNKNOWN, "there is no such notice")
        call.audit(Did.CHANGED, meant.exchange_id)
    reason = tell_again(call.installation, name, int(number))
    return Answer(ToldAgain(taken=not reason, reason=reason))


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/webhooks",
        "listWebhooks",
        "operating",
        "How webhooks are, and what they did not take.",
        "",
        Scope.OPERATE,
        _list,
        (Given(200, "The webhooks.", Hooks),),
    ),
    Operation(
        "GET",
        "/api/v1/webhooks/{name}/set-aside",
        "listSetAside",
        "operating",
        "What a webhook did not take, the oldest first.",
        "",
        Scope.OPERATE,
        _set_aside,
        (Given(200, "A page of notices.", LetterPage),),
        query=LetterQuery,
    ),
    Operation(
        "POST",
        "/api/v1/webhooks/{name}/set-aside/{seq}/again",
        "tellAgain",
        "operating",
        "Call a webhook once more about a notice that was set aside.",
        "",
        Scope.OPERATE,
        _again,
        (Given(200, "It was called.", ToldAgain),),
        refuses=(422,),
    ),
)
