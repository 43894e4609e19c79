"""What has gone out and come in: the list, the search by id, one exchange, and what a person can do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import Field

from adapter.api.endpoints.exchanges import Her, cursor_of, place_of
from adapter.api.operation import Model
from adapter.api.pages.answers import may_be_answered
from adapter.api.pages.mails import Headers, headers_of
from adapter.api.pages.screen import Onward, Screen, Shown, Visit
from adapter.api.problems import status_of
from adapter.config import Scope
from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.resending import Again
from adapter.delivery.sender import ACKNOWLEDGED_STATES, TransportState
from adapter.errors import REQUEST_REFUSED, AdapterError
from adapter.messages.codes import CodeLists
from adapter.messages.kinds import KINDS
from adapter.messages.rules.receipts import may_be_sent
from adapter.service.access import Did
from adapter.service.claiming import refusal_code
from adapter.service.holding import accept, refuse, why_held
from adapter.service.installation import Installation
from adapter.service.letters import ANOTHER_SENDER
from adapter.service.operating import By, Done, give_up, mark_handled, may_give_up, resend, way_of
from adapter.service.receipt_errors import ReceiptError, receipt_errors
from adapter.service.views import HELD, Row, exchange_rows
from adapter.store.port import Act, Direction, Exchange, ExchangeFilter, JournalEntry, Reader
from adapter.values import OSLO, HerId, MsgId

PAGE = 50


class ListQuery(Model):
    """Which exchanges: choices of lists and dates, so that no text about a patient can come into an address."""

    direction: Direction | None = None
    type: Annotated[str | None, Field(pattern=r"^[A-Z0-9_]{1,64}$")] = None
    partner: Her | None = None
    transport: TransportState | None = None
    reception: ReceptionState | None = None
    apprec: AppRecState | None = None
    first: date | None = None
    last: date | None = None
    after: Annotated[str | None, Field(max_length=200)] = None

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the place in the list was chosen."""
        return bool(self.model_fields_set - {"after"})


class DoneQuery(Model):
    """What was done a moment ago, for the sentence at the top of the page."""

    done: Act | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An exchange in the list; `called` is the Norwegian name of its type, `state` the word of the texts."""

    row: Row
    called: str
    partner: str
    created: datetime
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found wrong or doubtful: when, and what the journal says; `codes` where that is AppRec errors
    and nothing else."""

    at: datetime
    what: str
    detail: str
    codes: tuple[ReceiptError, ...] = ()


BAD = frozenset(
    {"rejected", "faulted", "bounced", "transport_failed", "delivery_failed", "failed_local", "quarantine"}
    | {"false_duplicate", "fault_sent"}
)
WAITING = frozenset({"new", "ready", "await_ack", "fetched", "stored", "parsed", "validating", "pending"})


def tone(shown: Row) -> str:
    """How a line is to be taken at a glance: `bad`, `wait` or `good`; what a person has dealt with is not bad."""
    stuck = _is_put_off(shown) or shown.state in BAD or shown.next_step == HELD
    if shown.handled is None and (stuck or shown.apprec in {"rejected", "timed_out"}):
        return "bad"
    return "wait" if shown.state in WAITING or shown.apprec == "waiting" else "good"


_BY_APPREC = {"rejected": "apprec_rejected", "timed_out": "apprec_timed_out"}
"""What a message that was acknowledged is called when that is not all that is known of it."""


def _word(exchange: Exchange, row: Row) -> str:
    """The word of the texts for how an exchange is."""
    if row.next_step == HELD:
        return "held"
    if _is_put_off(row):
        return "put_off"
    acknowledged = exchange.transport is not None and exchange.transport.state in ACKNOWLEDGED_STATES
    return _BY_APPREC.get(row.apprec or "", row.state) if acknowledged else row.state


def _is_put_off(shown: Row) -> bool:
    """Whether a message of ours waits unsealed for something that a person may have to see to."""
    return shown.state == TransportState.NEW and bool(shown.reason)


def line(visit: Visit, reader: Reader, exchange: Exchange) -> Line:
    """An exchange as a line of a list."""
    return lines(visit, reader, (exchange,))[0]


def lines(visit: Visit, reader: Reader, exchanges: Sequence[Exchange]) -> list[Line]:
    """Exchanges as lines of a list."""
    names = {her: visit.name_of(her) for her in {one.peer for one in exchanges}}
    return [
        Line(
            row,
            visit.called(one.type),
            names[one.peer],
            one.created_at,
            _word(one, row),
            tone(row),
        )
        for one, row in zip(exchanges, exchange_rows(reader, exchanges, visit.now), strict=True)
    ]


def _list(visit: Visit) -> Shown:
    asked = visit.call.asked(ListQuery)
    which = ExchangeFilter(
        direction=asked.direction,
        type=asked.type,
        peer=None if asked.partner is None else HerId(asked.partner),
        transport=() if asked.transport is None else (asked.transport,),
        receipt=() if asked.apprec is None else (asked.apprec,),
        reception=() if asked.reception is None else (asked.reception,),
        created_from=None if asked.first is None else _midnight(asked.first),
        created_before=None if asked.last is None else _midnight(asked.last + timedelta(days=1)),
        own=tuple(sorted(visit.call.caller.parties)),
        after=None if asked.after is None else place_of(asked.after),
        limit=PAGE + 1,
    )

    def look(reader: Reader) -> tuple[list[Line], str | None]:
        found = reader.exchanges(which)
        shown = found[:PAGE]
        following = cursor_of(shown[-1]) if len(found) > len(shown) else None
        return lines(visit, reader, shown), following

    listed, following = visit.call.installation.store.read_now(look)
    return Shown("exchanges.html", {**_choices(visit), "asked": asked, "lines": listed, "following": following})


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), OSLO).astimezone(UTC)


def _choices(visit: Visit) -> dict[str, object]:
    partners = visit.call.installation.partners.hers()
    return {
        "directions": [one.value for one in Direction],
        "types": [*(kind.type for kind in KINDS), "APPREC"],
        "partners": [(her.value, visit.name_of(her)) for her in partners],
        "transports": [one.value for one in TransportState],
        "receptions": [one.value for one in ReceptionState],
        "apprecs": [one.value for one in AppRecState],
        "searched": False,
    }


def _search(visit: Visit) -> Shown | Onward:
    """A form that is sent, not an address: what somebody types or pastes here may be anything."""
    wanted = visit.filled("id").strip()
    found: tuple[Exchange, ...] = ()
    if wanted:
        caller = visit.call.caller

        def look(reader: Reader) -> tuple[Exchange, ...]:
            matching = [*reader.exchanges(ExchangeFilter(id_begins=wanted, limit=PAGE)), *_of_msg_id(reader, wanted)]
            return tuple({one.id: one for one in matching if caller.may_see(one)}.values())

        found = visit.call.installation.store.read_now(look)
    mail = visit.call.installation.store.read_now(lambda reader: reader.mail(wanted)) if not found else None
    if mail is not None:
        return Onward(f"/exchanges/{mail.exchange_id}" if mail.exchange_id else f"/quarantine/{mail.id}")
    if len(found) == 1:
        return Onward(f"/exchanges/{found[0].id}")
    listed = visit.call.installation.store.read_now(lambda reader: lines(visit, reader, found))
    filling = {**_choices(visit), "asked": ListQuery(), "lines": listed, "following": None, "searched": True}
    return Shown("exchanges.html", filling, 200 if found else 404)


def _of_msg_id(reader: Reader, wanted: str) -> tuple[Exchange, ...]:
    try:
        msg_id = MsgId(wanted)
    except ValueError:
        return ()
    return reader.exchanges(ExchangeFilter(msg_id=msg_id, limit=PAGE))


_FINDINGS = ("noted", "put off", "for a person", "not imported", "alarm:", "an AppRec that answers nothing")
"""How the journal begins what was found wrong or doubtful."""


def findings(journal: tuple[JournalEntry, ...], codes: CodeLists) -> list[Finding]:
    """What the journal has of findings."""
    return [
        Finding(one.at, one.what, one.detail, _only_codes(one.detail, codes))
        for one in journal
        if one.what.startswith(_FINDINGS)
    ]


def _only_codes(detail: str, codes: CodeLists) -> tuple[ReceiptError, ...]:
    named = tuple(ReceiptError(one, codes.text("8221", one) or "") for one in detail.split(", "))
    return named if all(one.text for one in named) else ()


def _one(visit: Visit) -> Shown:
    exchange = visit.call.exchange(Did.EXCHANGE_READ)
    visit.call.audit(Did.EXCHANGE_READ, exchange.id)
    return _shown(visit, exchange, done=visit.call.asked(DoneQuery).done)


def _shown(visit: Visit, exchange: Exchange, *, done: Act | None = None, error: AdapterError | None = None) -> Shown:
    installation = visit.call.installation

    def look(reader: Reader) -> dict[str, object]:
        journal = reader.journal(exchange.id)
        way = way_of(installation, reader, exchange, visit.now) if visit.call.caller.may(Scope.OPERATE) else None
        mails: list[Headers] = headers_of(reader, exchange)
        held = why_held(reader, exchange.id) if exchange.direction is Direction.IN else None
        return {
            "line": line(visit, reader, exchange),
            "journal": journal,
            "findings": findings(journal, installation.codes),
            "related": reader.related(exchange.id),
            "errors": receipt_errors(reader, exchange, installation.codes),
            "mails": mails,
            "way": way,
            "answerable": may_be_answered(reader, exchange),
            "may_resend": isinstance(way, Again),
            "held": held,
            "codes": () if held == ANOTHER_SENDER else _refusals(installation, exchange.type),
        }

    filling = {
        **installation.store.read_now(look),
        "exchange": exchange,
        "sender": visit.name_of(exchange.sender),
        "receiver": visit.name_of(exchange.receiver),
        "may_operate": visit.call.caller.may(Scope.OPERATE),
        "may_give_up": may_give_up(exchange),
        "done": done,
        "error": error,
        "reason": visit.filled("reason"),
        "filled": {name: visit.filled(name) for name in ("code", "text")},
    }
    return Shown("exchange.html", filling, 200 if error is None else status_of(error))


def _refusals(installation: Installation, message_type: str) -> tuple[tuple[str, str], ...]:
    """The errors that a negative AppRec for such a message can carry, with their texts (list 8221)."""
    listed = installation.codes.lists["8221"].codes.items()
    return tuple(sorted((code, text) for code, text in listed if may_be_sent(code, message_type)))


DEEDS: Mapping[Act, Callable[[Installation, str, By], Done]] = {
    Act.RESEND: resend,
    Act.GIVE_UP: give_up,
    Act.HANDLED: mark_handled,
}
"""What each button does."""


def _act(visit: Visit) -> Shown | Onward:
    """Do what a button says. What cannot be done is told on the page, with the reason kept in its field."""
    exchange = visit.call.exchange(Did.CHANGED)
    visit.call.audit(Did.CHANGED, exchange.id)
    act = next((one for one in Act if one.value == visit.filled("act")), None)
    if act is None:
        raise AdapterError(REQUEST_REFUSED, "form.act: one of the buttons")
    try:
        by = By(visit.call.caller.name, visit.filled("reason"))
        done = _decision(visit, act)(visit.call.installation, exchange.id, by)
    except AdapterError as error:
        return _shown(visit, exchange, error=error)
    return Onward(f"/exchanges/{done.goes_on_as}?done={act.value}")


def _decision(visit: Visit, act: Act) -> Callable[[Installation, str, By], Done]:
    """What a button does; a held message that is refused is told to its sender with the code that was chosen."""
    if act is Act.ACCEPT:
        return accept
    if act is not Act.REFUSE:
        return DEEDS[act]
    code, text = visit.filled("code"), visit.filled("text").strip()
    errors = (refusal_code(visit.call.installation.codes, code, text),) if code else ()
    return lambda installation, wanted, by: refuse(installation, wanted, by, errors)


SCREENS = (
    Screen("GET", "/exchanges", Scope.READ, _list, "menu.exchanges", ListQuery),
    Screen("POST", "/exchanges", Scope.READ, _search),
    Screen("GET", "/exchanges/{id}", Scope.READ, _one, query=DoneQuery),
    Screen("POST", "/exchanges/{id}", Scope.OPERATE, _act),
)
