"""What is shown of an exchange or a mail: its state in words, its age, its next step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapter.delivery import receiver, sender
from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import TransportState
from adapter.envelope.shown import shown_type
from adapter.service.holding import held_among
from adapter.service.operating import handled_by
from adapter.service.owing import TOLD
from adapter.service.receipts import due_of, was_receipted
from adapter.store.port import Exchange, ExchangeFilter, JournalEntry, ListPlace, Mail, OperatorAct, Reader
from adapter.values import utc_text

SET_ASIDE = (
    ReceptionState.QUARANTINE,
    ReceptionState.FAULT_SENT,
    ReceptionState.REJECTED,
    ReceptionState.FALSE_DUPLICATE,
    ReceptionState.PENDING,
)
"""Mails that became no exchange and that an operator may want to see."""

MOST_MAILS = 1000
"""So many of them stand in the list of everything; those before them are asked for by themselves."""

APPREC_WORDS = {
    AppRecState.ACCEPTED: "ok",
    AppRecState.REJECTED: "rejected",
    AppRecState.TIMED_OUT: "timed_out",
}
"""The words of `design.md` §5; every other state is `waiting`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `adapter list`. Times are UTC texts; `apprec` and `next_attempt` are None where there is none.

    `handled` says who has dealt with it in its present state, when and why; None where nobody has.
    `msg_id` is None also where it is no GUID: then it may be any text of a partner's, and is not shown (promise 7).
    """

    id: str
    direction: str
    type: str
    partner: str
    msg_id: str | None
    state: str
    since: str
    age_seconds: int
    apprec: str | None
    next_attempt: str | None
    next_step: str
    reason: str
    handled: str | None


def transport_word(exchange: Exchange) -> str:
    """`acknowledged` once the verified acknowledgment is there, else the state's name."""
    if exchange.transport is None:
        return exchange.reception.state.value if exchange.reception is not None else "unknown"
    return _word(exchange.transport.state)


def _word(state: TransportState) -> str:
    return "acknowledged" if state is TransportState.ACKED else state.value


def apprec_word(exchange: Exchange) -> str | None:
    """What is known of the AppRec; None where none is awaited."""
    return None if exchange.receipt is None else APPREC_WORDS.get(exchange.receipt.state, "waiting")


HELD = "waits for a person, on its page or by `adapter inbox accept` or `adapter inbox refuse`"
"""The next step of a received message that is held."""

_NOT_GIVEN = frozenset({ReceptionState.ACCEPTED, ReceptionState.RESPONDED})
"""The states in which a received message waits for the application, if it is one that the application gets."""


def exchange_rows(reader: Reader, exchanges: Sequence[Exchange], now: datetime) -> tuple[Row, ...]:
    """Exchanges as lines, in their order; what belongs to them is read for all of them at once."""
    ids = [one.id for one in exchanges]
    acts = reader.acts_about(ids)
    open_ones = [one.id for one in exchanges if _may_wait(one)]
    kept_back = set(open_ones) - reader.in_inbox(open_ones) if open_ones else set[str]()
    lines = reader.journals(open_ones) if open_ones else ()
    held = held_among(kept_back, acts, lines) if kept_back else {}
    owed = _owed([one for one in exchanges if one.id not in kept_back or one.id in held], lines)
    marked = {act.subject for act in acts}
    return tuple(
        _row(
            one,
            _step(one, given=one.id not in kept_back, held=one.id in held),
            acts if one.id in marked else (),
            now,
            owed.get(one.id, ""),
        )
        for one in exchanges
    )


def _owed(waiting: Iterable[Exchange], lines: Iterable[JournalEntry]) -> Mapping[str, str]:
    """What is said of those of these messages of which was told that they owe their AppRec, and that still do."""
    of_each: dict[str, list[JournalEntry]] = {}
    for line in lines:
        of_each.setdefault(line.exchange_id, []).append(line)
    return {
        one.id: f"its AppRec is due by {utc_text(due_of(one))}"
        for one in waiting
        if any(line.what == TOLD for line in of_each.get(one.id, ())) and not was_receipted(of_each[one.id])
    }


def _may_wait(exchange: Exchange) -> bool:
    """Whether a received message may be one that the application was not given."""
    reception = exchange.reception
    return reception is not None and exchange.type != "APPREC" and reception.state in _NOT_GIVEN


def _step(exchange: Exchange, *, given: bool, held: bool) -> str:
    """What happens next."""
    receipt = exchange.receipt.state if exchange.receipt is not None else None
    if exchange.transport is not None:
        if exchange.transport.state is TransportState.NEW:
            return sender.next_step(exchange.transport)
        if receipt is AppRecState.TIMED_OUT:
            return "no AppRec within 96 hours: ask the receiver whether the message is in its system"
        if receipt is AppRecState.REJECTED:
            return "rejected by the receiver's application: correct what the codes name, then send a new message"
        return sender.next_step(exchange.transport)
    assert exchange.reception is not None
    if exchange.type == "APPREC":
        return "nothing: it belongs to a message of ours"
    if held:
        return HELD
    if not given:
        return "was not given to the application; its timeline says why"
    return receiver.next_step(exchange.reception)


def row(reader: Reader, exchange: Exchange, now: datetime) -> Row:
    """An exchange as a line."""
    return exchange_rows(reader, (exchange,), now)[0]


def _row(exchange: Exchange, step: str, acts: Sequence[OperatorAct], now: datetime, owed: str) -> Row:
    axis = exchange.transport if exchange.transport is not None else exchange.reception
    assert axis is not None
    due = exchange.transport.due if exchange.transport is not None else None
    return Row(
        id=exchange.id,
        direction=exchange.direction.value,
        type=shown_type(exchange.type),
        partner=exchange.peer.value,
        msg_id=exchange.msg_id.value if exchange.msg_id is not None and exchange.msg_id.is_guid else None,
        state=transport_word(exchange),
        since=utc_text(axis.since),
        age_seconds=_seconds(now - exchange.created_at),
        apprec=apprec_word(exchange),
        next_attempt=utc_text(due) if due is not None else None,
        next_step=step,
        reason=axis.reason or owed,
        handled=_handled(acts, exchange.id, axis.since),
    )


def mail_rows(reader: Reader, mails: Sequence[Mail], now: datetime) -> tuple[Row, ...]:
    """Mails that became no exchange as lines, in their order."""
    acts = reader.acts_about(one.id for one in mails)
    return tuple(_mail_row(one, acts, now) for one in mails)


def mail_row(reader: Reader, mail: Mail, now: datetime) -> Row:
    """A mail that became no exchange as a line; what it says of itself is not believed and not shown."""
    return mail_rows(reader, (mail,), now)[0]


def _mail_row(mail: Mail, acts: Sequence[OperatorAct], now: datetime) -> Row:
    reception = mail.reception
    return Row(
        id=mail.id,
        direction="in",
        type="mail",
        partner="?",
        msg_id=None,
        state=reception.state.value,
        since=utc_text(reception.since),
        age_seconds=_seconds(now - reception.received),
        apprec=None,
        next_attempt=utc_text(reception.due) if reception.due is not None else None,
        next_step=receiver.next_step(reception),
        reason=reception.reason,
        handled=_handled(acts, mail.id, reception.since),
    )


@dataclass(frozen=True, slots=True)
class StateWord:
    """The states that a word of the list stands for: of messages of ours, and of what was received."""

    sent: tuple[TransportState, ...]
    received: tuple[ReceptionState, ...]

    def of(self, which: ExchangeFilter) -> tuple[ExchangeFilter, ...]:
        """The filters that find the exchanges in these states."""
        sent = (replace(which, transport=self.sent),) if self.sent else ()
        received = (replace(which, reception=self.received),) if self.received else ()
        return sent + received


STATE_WORDS: Mapping[str, StateWord] = {
    word: StateWord(
        tuple(state for state in TransportState if _word(state) == word),
        tuple(state for state in ReceptionState if state.value == word),
    )
    for word in (*map(_word, TransportState), *(state.value for state in ReceptionState))
}
"""Every word that `Row.state` may be."""


def rows(reader: Reader, which: ExchangeFilter, now: datetime) -> tuple[Row, ...]:
    """The exchanges that fit, and the mails that were set aside, newest first."""
    listed = exchange_rows(reader, reader.exchanges(which), now)
    if which == ExchangeFilter(limit=which.limit):
        listed += set_aside(reader, SET_ASIDE, max(which.limit, MOST_MAILS), now).rows
    return tuple(sorted(listed, key=lambda one: one.age_seconds))


@dataclass(frozen=True, slots=True)
class MailPage:
    """Mails that became no exchange, newest first; the list goes on after `following`, None at the end."""

    rows: tuple[Row, ...]
    following: ListPlace | None


def set_aside(
    reader: Reader,
    states: Iterable[ReceptionState],
    limit: int,
    now: datetime,
    after: ListPlace | None = None,
    shown: Callable[[Mail], bool] = lambda mail: True,
) -> MailPage:
    """A page of the mails in these states that became no exchange, but those that are not to be shown: it looks through
    `limit` mails, and may be shorter."""
    found = reader.mails(states, limit + 1, after)
    page = found[:limit]
    following = ListPlace(page[-1].reception.received, page[-1].id) if len(found) > len(page) else None
    kept = [mail for mail in page if mail.exchange_id is None and shown(mail)]
    return MailPage(mail_rows(reader, kept, now), following)


def _handled(acts: Sequence[OperatorAct], subject: str, since: datetime) -> str | None:
    marked = handled_by(acts, subject, since)
    return None if marked is None else f"{utc_text(marked.at)} {marked.who}: {marked.reason}"


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
