"""How webhooks are: how far behind, what the last call met, what was set aside; and telling it again."""

from __future__ import annotations

from adapter.api.operation import Answer, Call, Given, Model, Operation
from adapter.config import Scope
from adapter.errors import EXCHANGE_UNKNOWN, AdapterError
from adapter.service.access import Did
from adapter.service.webhooks import HookView, hooks, tell_again
from adapter.values import utc_text


class Letter(Model):
    """A notice that was not taken in all its tries."""

    seq: int
    event: str
    exchange: str
    at: str
    set_aside_at: str
    reason: str


class HookModel(Model):
    """One webhook. `behind` counts journal lines; `attempts` the tries for the notice that is next."""

    name: str
    behind: int
    attempts: int
    next_attempt: str | None
    reason: str
    set_aside: tuple[Letter, ...]


class Hooks(Model):
    """Every webhook of the configuration."""

    webhooks: tuple[HookModel, ...]


class ToldAgain(Model):
    """Whether the notice was taken now; if not, why not."""

    taken: bool
    reason: str


def _is_for(call: Call, exchange_id: str) -> bool:
    """Whether a notice is about an exchange that the caller may see."""
    exchange = call.installation.store.read_now(lambda reader: reader.exchange(exchange_id))
    return not call.caller.parties or (exchange is not None and call.caller.may_see(exchange))


def _shown(call: Call, view: HookView) -> HookModel:
    state = view.state
    return HookModel(
        name=state.hook,
        behind=view.behind,
        attempts=state.attempts,
        next_attempt=None if state.due is None else utc_text(state.due),
        reason=state.reason,
        set_aside=tuple(
            Letter(
                seq=one.seq,
                event=one.event,
                exchange=one.exchange_id,
                at=utc_text(one.at),
                set_aside_at=utc_text(one.set_aside_at),
                reason=one.reason,
            )
            for one in view.letters
            if _is_for(call, one.exchange_id)
        ),
    )


def _list(call: Call) -> Answer:
    return Answer(Hooks(webhooks=tuple(_shown(call, view) for view in hooks(call.installation))))


def _again(call: Call) -> Answer:
    number, name = call.path["seq"], call.path["name"]
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise AdapterError(EXCHANGE_UNKNOWN, "there is no such notice")
    letters = call.installation.store.read_now(lambda reader: reader.dead_letters(name))
    meant = next((one for one in letters if one.seq == int(number)), None)
    if meant is not None and not _is_for(call, meant.exchange_id):
        call.refuse(Did.CHANGED, meant.exchange_id)
        raise AdapterError(EXCHANGE_UNKNOWN, "there is no such notice")
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
