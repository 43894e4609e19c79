"""What does a person do about an exchange: answer it, send it again, give it up, note that it is dealt with?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from adapter.api.endpoints.messages import NotTakenError
from adapter.api.operation import Answer, Call, Given, Key, Model, Operation, Taken
from adapter.config import Scope
from adapter.errors import REQUEST_REFUSED, AdapterError
from adapter.facts import AnswerKind
from adapter.service.access import Did
from adapter.service.asking import Said, answer
from adapter.service.installation import Installation
from adapter.service.operating import By, Done, give_up, mark_handled, resend
from adapter.service.repeating import Also, nothing_more
from adapter.service.submission import NotTaken
from adapter.store.port import Exchange


class AnswerInput(Model):
    """Can the municipality take the patient? `later` needs `day`; `unclear` is only a classification."""

    answer: AnswerKind
    day: date | None = None
    text: Annotated[str, Field(max_length=4000)] = ""


class Answered(Model):
    """The answer was submitted as this exchange (`sent`), or noted for it (`classified`)."""

    exchange: str
    done: Literal["sent", "classified"]


class ByHand(Model):
    """Why an operator does this: a sentence without patient data."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class DoneByHand(Model):
    """What was done, in words, and as which exchange the message goes on."""

    exchange: str
    outcome: str
    goes_on_as: str

    @classmethod
    def of(cls, done: Done) -> DoneByHand:
        return cls(exchange=done.subject, outcome=done.outcome, goes_on_as=done.goes_on_as)


def _answer(call: Call) -> Answer:
    exchange = call.exchange(Did.ANSWERED)
    told = call.told(AnswerInput)
    if (told.day is None) == (told.answer is AnswerKind.LATER):
        raise AdapterError(REQUEST_REFUSED, "body.day: `later` has a day, the other answers have none")
    keyed, now = call.keyed(), call.installation.clock.now()
    if keyed is not None:
        before = call.installation.store.read_now(keyed.done)
        if before is not None:
            return _answered(before, exchange, {"Idempotency-Replayed": "true"})
    call.audit(Did.ANSWERED, exchange.id)
    also: Also = nothing_more if keyed is None else (lambda writer, outcome: keyed.keep(writer, outcome, now))
    outcome = answer(call.installation, exchange, Said(told.answer, told.day, told.text), also)
    if isinstance(outcome, NotTaken):
        raise NotTakenError(outcome.findings)
    return _answered(outcome.exchange_id, exchange, {})


def _answered(outcome: str, exchange: Exchange, headers: dict[str, str]) -> Answer:
    """An answer that is sent is an exchange of its own."""
    done: Literal["sent", "classified"] = "classified" if outcome == exchange.id else "sent"
    return Answer(Answered(exchange=outcome, done=done), headers=headers)


_Deed = Callable[[Installation, str, By], Done]


def _by_hand(deed: _Deed) -> Callable[[Call], Answer]:
    def do(call: Call) -> Answer:
        exchange = call.exchange(Did.CHANGED)
        by = By(call.caller.name, call.told(ByHand).reason)
        call.audit(Did.CHANGED, exchange.id)
        done = deed(call.installation, exchange.id, by)
        return Answer(DoneByHand.of(done))

    return do


def _operator(path: str, name: str, summary: str, description: str, deed: _Deed) -> Operation:
    return Operation(
        "POST",
        f"/api/v1/exchanges/{{id}}/{path}",
        name,
        "operating",
        summary,
        description,
        Scope.OPERATE,
        _by_hand(deed),
        (Given(200, "It is done.", DoneByHand),),
        refuses=(409, 422),
        takes=Taken(("application/json",), ByHand),
    )


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/exchanges/{id}/answer",
        "answerReadiness",
        "exchanges",
        "Answer a readiness message, or say what a received answer means.",
        "In the municipality the exchange is the readiness message received: the answer is built and sent. In the "
        "hospital it is a received answer, which is classified, or the readiness message sent, for an answer by "
        "telephone.",
        Scope.SUBMIT,
        _answer,
        (Given(200, "It is sent, or noted.", Answered),),
        refuses=(409, 422),
        takes=Taken(("application/json",), AnswerInput),
        keyed=Key.TAKEN,
    ),
    _operator(
        "resend",
        "resend",
        "Send a message again.",
        "As the same octets, or in a new envelope where the old one is no use; the answer says which and why.",
        resend,
    ),
    _operator(
        "give-up",
        "giveUp",
        "Stop sending a message by itself.",
        "A late answer still counts.",
        give_up,
    ),
    _operator(
        "handled",
        "markHandled",
        "Note that a person has dealt with it elsewhere.",
        "It changes no state, and stands until the state changes.",
        mark_handled,
    ),
)
