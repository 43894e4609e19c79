"""The first page: how old is the oldest message without an answer, and is anything else not as it should be?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.api.endpoints.health import last_look
from adapter.api.endpoints.mails import may_see
from adapter.api.pages.screen import Screen, Shown, Visit
from adapter.config import Scope
from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import TransportState
from adapter.service.holding import held
from adapter.service.views import exchange_rows, mail_rows
from adapter.store.port import Counts, Reader

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
    """How many are in a state that a person should look at: the key of its word, and the list that shows them."""

    word: str
    count: int
    to: str


@dataclass(frozen=True, slots=True)
class PutOff:
    """What is tried again later for one reason that a person may have to see to: messages to one partner that cannot be
    sealed, or mails that cannot be judged (`partner` empty); how many, since when the oldest, and the list."""

    partner: str
    word: str
    reason: str
    count: int
    oldest: datetime
    to: str


@dataclass(frozen=True, slots=True)
class Held:
    """A received message that the application does not get before a person has decided."""

    id: str
    type: str
    called: str
    partner: str
    since: datetime


MOST_HELD = 20
MOST_PUT_OFF = 100
"""As many of each are looked at, the oldest messages and the newest mails."""

STUCK_TRANSPORT = (
    TransportState.REJECTED,
    TransportState.FAULTED,
    TransportState.BOUNCED,
    TransportState.TRANSPORT_FAILED,
    TransportState.DELIVERY_FAILED,
    TransportState.FAILED_LOCAL,
)
STUCK_RECEIPT = (AppRecState.REJECTED, AppRecState.TIMED_OUT)
STUCK_MAILS = {
    ReceptionState.QUARANTINE: "/quarantine",
    ReceptionState.FALSE_DUPLICATE: "/quarantine?which=answered",
}
"""Received mails that became no message, and the list that shows them."""


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
        "put_off": installation.store.read_now(lambda reader: _put_off(visit, reader)),
        "stuck": () if own else _stuck(counts),
        "certificates": sorted(health.certificates, key=lambda one: one.days)[:5],
        "soon": installation.settings.keys.warn_days,
    }
    return Shown("front.html", filling)


def _tone(span: timedelta) -> str:
    return "bad" if span >= VERY_LATE else "wait" if span >= LATE else "good"


def _stuck(counts: Counts) -> tuple[Stuck, ...]:
    return (
        *(
            Stuck(f"state.{state.value}", number, f"/exchanges?transport={state.value}")
            for state, number in counts.transport
            if state in STUCK_TRANSPORT
        ),
        *(
            Stuck(f"state.apprec_{state.value}", number, f"/exchanges?apprec={state.value}")
            for state, number in counts.receipt
            if state in STUCK_RECEIPT
        ),
        *(
            Stuck(f"state.{state.value}", number, STUCK_MAILS[state])
            for state, number in counts.reception
            if state in STUCK_MAILS
        ),
    )


def _put_off(visit: Visit, reader: Reader) -> list[PutOff]:
    """What waits for a reason, the longest first; what a person has dealt with is left out."""
    caller, found = visit.call.caller, dict[tuple[str, str, str, str], list[datetime]]()
    unsealed = [one for one in reader.submissions(MOST_PUT_OFF) if caller.may_see(one)]
    for one, row in zip(unsealed, exchange_rows(reader, unsealed, visit.now), strict=True):
        if row.reason and row.handled is None:
            key = (visit.name_of(one.peer), "state.put_off", row.reason, f"/exchanges?transport=new&partner={one.peer}")
            found.setdefault(key, []).append(one.created_at)
    mails = [one for one in reader.mails((ReceptionState.PENDING,), MOST_PUT_OFF) if may_see(visit.call, one)]
    for mail, row in zip(mails, mail_rows(reader, mails, visit.now), strict=True):
        if row.handled is None:
            key = ("", "state.pending", row.reason, "/quarantine")
            found.setdefault(key, []).append(mail.reception.received)
    grouped = [
        PutOff(partner, word, reason, len(moments), min(moments), to)
        for (partner, word, reason, to), moments in found.items()
    ]
    return sorted(grouped, key=lambda one: one.oldest)


SCREENS = (Screen("GET", "/", Scope.READ, _front, "menu.front"),)
