"""Can the municipality take the patient? Answers that a person has to read, and readiness messages that wait for one.

What an answer says is patient data: it is shown on a page of its own, and each reading is a line of the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from adapter.api.operation import Model
from adapter.api.pages.screen import Onward, Screen, Shown, Visit
from adapter.api.problems import status_of
from adapter.config import Scope
from adapter.errors import REQUEST_REFUSED, AdapterError
from adapter.facts import Answer, AnswerClassified, AnswerKind
from adapter.messages.dialog import Dialog
from adapter.messages.findings import Finding
from adapter.messages.reading import understand
from adapter.service.access import Did
from adapter.service.asking import READINESS, Said, answer
from adapter.service.submission import NotTaken
from adapter.store.port import Direction, Exchange, FactFilter, Reader

WINDOW = 500
"""Answers that one page goes through, read ones among them; older ones are a link away."""

MAX_TEXT = 4000


class AnswersQuery(Model):
    """Where the list goes on."""

    before: Annotated[int | None, Field(ge=1)] = None


class GivenQuery(Model):
    """Whether an answer was given a moment ago."""

    given: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A received answer that nobody has read yet."""

    exchange: Exchange
    partner: str
    had: datetime


def _list(visit: Visit) -> Shown:
    installation, asked = visit.call.installation, visit.call.asked(AnswersQuery)

    def look(reader: Reader) -> tuple[list[Line], int | None]:
        unclear = reader.unclear_answers(asked.before, WINDOW + 1)
        unread = dict.fromkeys(one.exchange_id for one in unclear[:WINDOW] if not one.is_read)
        known = {one.id: one for one in reader.exchanges_named(unread)}
        waiting = [known[one] for one in unread if one in known]
        lines = [
            Line(one, visit.name_of(one.peer), one.created_at)
            for one in waiting
            if one.direction is not Direction.OUT and visit.call.caller.may_see(one)
        ]
        return lines, unclear[WINDOW - 1].seq if len(unclear) > WINDOW else None

    lines, following = installation.store.read_now(look)
    return Shown("answers.html", {"lines": lines, "following": following})


def reading_of(reader: Reader, exchange: Exchange) -> AnswerClassified | None:
    """What a person has last read in an answer; None where nobody has."""
    found = [
        one.entry.fact.what
        for one in reader.facts(FactFilter(exchange_id=exchange.id))
        if isinstance(one.entry.fact.what, AnswerClassified)
    ]
    return found[-1] if found else None


def may_be_answered(reader: Reader, exchange: Exchange) -> bool:
    """Whether there is a page to answer it: a readiness message, or a received answer to one."""
    if exchange.payload is None:
        return False
    if exchange.type == READINESS:
        return True
    said = reader.facts(FactFilter(exchange_id=exchange.id)) if exchange.direction is Direction.IN else ()
    return any(isinstance(one.entry.fact.what, Answer) for one in said)


def _one(visit: Visit) -> Shown:
    exchange = visit.call.exchange(Did.PAYLOAD_READ)
    visit.call.audit(Did.PAYLOAD_READ, exchange.id)
    return _shown(visit, exchange)


def _shown(
    visit: Visit, exchange: Exchange, error: AdapterError | None = None, findings: tuple[Finding, ...] = ()
) -> Shown:
    def look(reader: Reader) -> dict[str, object]:
        return {
            "text": _text(reader, exchange),
            "reading": reading_of(reader, exchange),
            "answerable": may_be_answered(reader, exchange),
        }

    sends = exchange.type == READINESS and exchange.direction is Direction.IN
    filling = {
        **visit.call.installation.store.read_now(look),
        "exchange": exchange,
        "partner": visit.name_of(exchange.peer),
        "sends": sends,
        "may_answer": visit.call.caller.may(Scope.SUBMIT),
        "kinds": [one.value for one in AnswerKind if not (sends and one is AnswerKind.UNCLEAR)],
        "given": not visit.form and visit.call.asked(GivenQuery).given,
        "error": error,
        "findings": findings,
        "filled": {name: visit.filled(name) for name in ("answer", "day", "text")},
    }
    status = 422 if findings else 200 if error is None else status_of(error)
    return Shown("answer.html", filling, status)


def _text(reader: Reader, exchange: Exchange) -> tuple[str, ...]:
    """The words of a dialog message; none of any other, which the application shows better."""
    if exchange.payload is None:
        return ()
    try:
        message = understand(reader.blob(exchange.payload)).message
    except AdapterError:
        return ()
    if not isinstance(message, Dialog):
        return ()
    said = [*(note.text for note in message.notes), *(note.remark for note in message.notes)]
    return tuple(one for one in said if one)


def _answer(visit: Visit) -> Shown | Onward:
    exchange = visit.call.exchange(Did.ANSWERED)
    visit.call.audit(Did.ANSWERED, exchange.id)
    try:
        outcome = answer(visit.call.installation, exchange, _said(visit))
    except AdapterError as error:
        return _shown(visit, exchange, error)
    if isinstance(outcome, NotTaken):
        return _shown(visit, exchange, findings=outcome.findings)
    return Onward(f"/exchanges/{exchange.id}/answer?given=true")


def _said(visit: Visit) -> Said:
    """What was filled in. Raises `AdapterError` (REQUEST_REFUSED)."""
    kind = next((one for one in AnswerKind if one.value == visit.filled("answer")), None)
    if kind is None:
        raise AdapterError(REQUEST_REFUSED, "choose one of the answers")
    written, day = visit.filled("day"), None
    if written and kind is AnswerKind.LATER:
        try:
            day = date.fromisoformat(written)
        except ValueError:
            raise AdapterError(REQUEST_REFUSED, "the date is written 2024-03-08") from None
    if kind is AnswerKind.LATER and day is None:
        raise AdapterError(REQUEST_REFUSED, "`later` needs a date")
    text = visit.filled("text").replace("\r\n", "\n")
    if len(text) > MAX_TEXT:
        raise AdapterError(REQUEST_REFUSED, f"the text is over {MAX_TEXT} characters")
    return Said(kind, day, text)


SCREENS = (
    Screen("GET", "/answers", Scope.READ, _list, "menu.answers", AnswersQuery),
    Screen("GET", "/exchanges/{id}/answer", Scope.READ, _one, query=GivenQuery),
    Screen("POST", "/exchanges/{id}/answer", Scope.SUBMIT, _answer),
)
