"""Which received messages wait for a person, and what does the person decide?

A message is kept from the application where a rule says that a person has to look: it names another sender than the one
that signed its envelope (EB-508, a possible forgery), or it breaks a rule that parks (such as ID-006, or MH-010: the
message and its envelope name two types). It was acknowledged, and has no AppRec. A person then *accepts* it, and all
follows as if it had just arrived, but that the moment it was received stays what it was; or *refuses* it with a reason,
with a negative AppRec where a code of list 8221 is given. A message under another's name is refused without one: who
sent it is not known (`ebxml.md` EB-508); and any message when its sender has waited for 96 hours (AR-024).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from adapter.delivery.receiver import ReceptionState
from adapter.errors import EXCHANGE_UNFIT, AdapterError
from adapter.messages.datatypes import Code
from adapter.messages.read import read
from adapter.messages.receipting import Decision, Silence, decide
from adapter.messages.rules.rule import Side
from adapter.service import letters, receipts
from adapter.service.claiming import require_sendable
from adapter.service.installation import Installation
from adapter.service.letters import ANOTHER_SENDER, CAME_WITH_OTHERS, NOT_IMPORTED
from adapter.service.operating import By, Change, Done, carry_out
from adapter.service.steps import Told
from adapter.store.port import Act, Exchange, JournalEntry, Mail, OperatorAct, Reader, Writer
from adapter.values import HerId, Moment

REASONS = (ANOTHER_SENDER, Silence.HELD.value)
"""The details of the journal that mean: a person decides."""


@dataclass(frozen=True, slots=True)
class Held:
    """A message that waits for a person: since when, and why."""

    exchange: Exchange
    since: datetime
    why: str


def held(installation: Installation, own: tuple[HerId, ...] = (), limit: int = 100) -> tuple[Held, ...]:
    """What waits for a person, the oldest first; only what these own parties received, if any are named."""

    def look(reader: Reader) -> tuple[Held, ...]:
        lines = reader.kept_back(REASONS, own, limit)
        known = {one.id: one for one in reader.exchanges_named(line.exchange_id for line in lines)}
        return tuple(Held(known[line.exchange_id], line.at, line.detail) for line in lines)

    return installation.store.read_now(look)


def why_held(reader: Reader, exchange_id: str) -> str | None:
    """Why a message waits for a person; None where it does not, or where somebody has decided."""
    return held_among((exchange_id,), reader.acts(exchange_id), reader.journal(exchange_id)).get(exchange_id)


def held_among(
    exchange_ids: Iterable[str], acts: Iterable[OperatorAct], lines: Iterable[JournalEntry]
) -> Mapping[str, str]:
    """Why those of these messages that wait for a person do, told from what operators did and from their journals."""
    decided = {act.subject for act in acts if act.act in {Act.ACCEPT, Act.REFUSE}}
    waiting = set(exchange_ids) - decided
    held: dict[str, str] = {}
    for line in lines:
        if line.exchange_id in waiting and line.what == NOT_IMPORTED and line.detail in REASONS:
            held.setdefault(line.exchange_id, line.detail)
    return held


def accept(installation: Installation, wanted: str, by: By) -> Done:
    """Give a held message to the application after all. Raises `AdapterError`: EXCHANGE_UNKNOWN, EXCHANGE_UNFIT."""
    return carry_out(installation, wanted, by, Act.ACCEPT, _accept, _no_mail)


def refuse(installation: Installation, wanted: str, by: By, errors: tuple[Code, ...] = ()) -> Done:
    """Keep a held message from the application for good; with `errors` the sender gets a negative AppRec.

    Raises `AdapterError`: EXCHANGE_UNKNOWN, EXCHANGE_UNFIT.
    """
    return carry_out(installation, wanted, by, Act.REFUSE, _refuse(errors), _no_mail)


def _accept(installation: Installation, writer: Writer, exchange: Exchange, _: By, __: datetime) -> Change:
    _require_held(writer, exchange)
    told = _decided(installation, writer, exchange, ())
    imported = writer.inbox_item(exchange.id) is not None
    word = "given to the application" if imported else "the rules refuse it: a negative AppRec goes out"
    return Change(word, exchange.id, told)


def _refuse(errors: tuple[Code, ...]) -> Callable[[Installation, Writer, Exchange, By, datetime], Change]:
    def do(installation: Installation, writer: Writer, exchange: Exchange, _: By, __: datetime) -> Change:
        why = _require_held(writer, exchange)
        if not errors:
            return Change("refused, without an AppRec", exchange.id, [])
        require_sendable(errors, exchange.type)
        if why == ANOTHER_SENDER:
            says = "who sent it is not known, so nobody gets an AppRec; refuse it without a code, and ask the partner"
            raise AdapterError(EXCHANGE_UNFIT, says)
        told = _decided(installation, writer, exchange, errors)
        return Change("refused, with a negative AppRec", exchange.id, told)

    return do


def _decided(installation: Installation, writer: Writer, exchange: Exchange, errors: tuple[Code, ...]) -> list[Told]:
    """Judge the message again, past what held it, and do what follows."""
    assert exchange.payload is not None
    reading = read(writer.blob(exchange.payload), installation.schemas, installation.context(Side.RECEIVE))
    case = replace(letters.case_of(installation, writer, reading, exchange), passed=frozenset({Silence.HELD}))
    decision = decide(case)
    if decision.silence is not None:
        raise AdapterError(EXCHANGE_UNFIT, f"the application cannot have it: {decision.silence.value}")
    if errors:
        refused = tuple(replace(due, errors=errors) for due in decision.receipts)
        decision = Decision(imported=False, receipts=refused)
    mail = _mail_of(writer, exchange)
    if mail is None:
        raise AdapterError(EXCHANGE_UNFIT, "the mail it came in is not kept")
    sent = Moment.at(exchange.created_at)
    decision, told = receipts.in_time(installation, writer, exchange, decision)
    if not (decision.imported or decision.receipts):
        says = f"{receipts.NOTHING_NEGATIVE}; refuse it without a code, and tell its sender in another way"
        raise AdapterError(EXCHANGE_UNFIT, says)
    return told + letters.answer_decided(installation, writer, exchange, reading, decision, mail, sent)


def _mail_of(reader: Reader, exchange: Exchange) -> Mail | None:
    """The mail that a message came in, which is kept with the first message of its envelope."""
    lines = (line for line in reader.journal(exchange.id) if line.what == CAME_WITH_OTHERS)
    first = next((line.detail.removeprefix("exchange ") for line in lines), exchange.id)
    copies = {ReceptionState.DUPLICATE, ReceptionState.FALSE_DUPLICATE}
    return next((one for one in reader.mails_of((first,)) if one.reception.state not in copies), None)


def _require_held(writer: Writer, exchange: Exchange) -> str:
    why = why_held(writer, exchange.id)
    if why is None:
        raise AdapterError(EXCHANGE_UNFIT, "it does not wait for a person's decision")
    return why


def _no_mail(_: Installation, __: Writer, mail: Mail, ___: By, ____: datetime) -> Change:
    says = f"the mail is {mail.reception.state.value} and became no message; see `adapter resend` and `adapter giveup`"
    raise AdapterError(EXCHANGE_UNFIT, says)
