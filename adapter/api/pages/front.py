"""The first page: how old is the oldest message without an answer, and is anything else not as it should be?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.api.endpoints.health import last_look
from adapter.api.pages.screen import Screen, Shown, Visit
from adapter.config import Scope
from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import TransportState
from adapter.service.holding import held
from adapter.store.port import Counts

LATE = timedelta(hours=1)
"""Past this the wait for an answer is shown as late: an acknowledgment comes within minutes from who is there."""

VERY_LATE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A partner that owes answers: since when, for how many messages, and how that is to be taken (`good`, `wait`,
    `bad`)."""

    her: str
    name: str
    count: int
    oldest: datetime
    tone: str


@dataclass(frozen=True, slots=True)
class Queue:
    """Something that waits for us or the application; `oldest` None when nothing does."""

    name: str
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """How many are in a state that a person should look at, and the list that shows them."""

    axis: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Held:
    """A received message that the application does not get before a person has decided."""

    id: str
    type: str
    called: str
    partner: str
    since: datetime


MOST_HELD = 20

STUCK_TRANSPORT = (
    TransportState.REJECTED,
    TransportState.FAULTED,
    TransportState.BOUNCED,
    TransportState.TRANSPORT_FAILED,
    TransportState.DELIVERY_FAILED,
    TransportState.FAILED_LOCAL,
)
STUCK_RECEIPT = (AppRecState.REJECTED, AppRecState.TIMED_OUT)
STUCK_RECEPTION = (ReceptionState.FALSE_DUPLICATE,)


def _front(visit: Visit) -> Shown:
    installation = visit.call.installation
    health = last_look(installation)
    own = tuple(sorted(visit.call.caller.parties))
    found = installation.store.read_now(lambda reader: reader.unanswered(own)) if own else health.unanswered
    waiting = [
        Waiting(one.partner.value, visit.name_of(one.partner), one.count, one.oldest, _tone(visit.now - one.oldest))
        for one in found
    ]
    counts = health.counts
    kept_back = [
        Held(
            one.exchange.id,
            one.exchange.type,
            visit.called(one.exchange.type),
            visit.name_of(one.exchange.peer),
            one.since,
        )
        for one in held(installation, own, MOST_HELD)
    ]
    filling = {
        "held": kept_back,
        "health": health,
        "waiting": waiting,
        "queues": (
            Queue("outbox", counts.outbox_waiting, counts.oldest_outbox),
            Queue("mails", counts.mails_waiting, counts.oldest_mail),
            Queue("inbox", counts.inbox_waiting, counts.oldest_inbox),
        ),
        "stuck": () if own else _stuck(counts),
        "certificates": sorted(health.certificates, key=lambda one: one.days)[:5],
        "soon": installation.settings.keys.warn_days,
    }
    return Shown("front.html", filling)


def _tone(span: timedelta) -> str:
    return "bad" if span >= VERY_LATE else "wait" if span >= LATE else "good"


def _stuck(counts: Counts) -> tuple[Stuck, ...]:
    return (
        *(Stuck("transport", state.value, number) for state, number in counts.transport if state in STUCK_TRANSPORT),
        *(Stuck("apprec", state.value, number) for state, number in counts.receipt if state in STUCK_RECEIPT),
        *(Stuck("reception", state.value, number) for state, number in counts.reception if state in STUCK_RECEPTION),
    )


SCREENS = (Screen("GET", "/", Scope.READ, _front, "menu.front"),)
