"""What an operator does with a message or a mail that is stuck: send again, give up, mark as handled.

Each is one transaction: the change, its journal lines, and the record of who did it, when and why. What the state does
not allow is refused with a sentence that says what to do instead, and nothing is changed. Commands, API and dashboard
call the same three functions.

- *Send again* means: a message of ours goes as `delivery/resending.py` decides, as the same octets or in a new
  envelope; a mail in quarantine, or one that cannot be judged yet, is judged once more.
- *Give up* means: a message of ours is cancelled and never sent by itself again (a late answer still counts); a mail in
  quarantine is laid aside.
- *Handled* means: a person has dealt with it elsewhere. It changes no state, and stands until the state changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from adapter.delivery import receipts, receiver, resending, sender
from adapter.delivery.receiver import Reception, ReceptionState
from adapter.delivery.resending import Again, NotAgain, Seals, Signature, Way
from adapter.delivery.sender import ROWS, On, TransportState
from adapter.delivery.sender_events import AlarmRule, CancelRequested, ResendRequested
from adapter.envelope.sealed_for import sealed_for
from adapter.errors import EXCHANGE_UNFIT, EXCHANGE_UNKNOWN, REASON_UNFIT, AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.desk import find_exchange
from adapter.service.installation import Installation
from adapter.service.own_signature import signature_of
from adapter.service.signals import own_address
from adapter.service.steps import Told, line_of, take_transport_step, tell
from adapter.store.port import Act, Direction, Exchange, JournalEntry, Mail, OperatorAct, Reader, Writer

MAX_REASON = 200
_NATIONAL_ID = re.compile(r"\d{6}\s?\d{5}")
"""Fødselsnummer, D-nummer and their like: eleven digits, with or without a space in the middle."""


@dataclass(frozen=True, slots=True)
class By:
    """Who asks, and why. Raises `AdapterError` (REASON_UNFIT) for a reason that cannot be kept."""

    who: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip() or len(self.reason) > MAX_REASON or not self.reason.isprintable():
            raise AdapterError(REASON_UNFIT, f"it has {len(self.reason)} characters")
        if _NATIONAL_ID.search(self.reason):
            raise AdapterError(REASON_UNFIT, "it looks as if it held a national identity number")


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: to which exchange or mail, in words, and as which exchange it goes on (the same one, or the new
    envelope's)."""

    subject: str
    act: Act
    outcome: str
    goes_on_as: str


def resend(installation: Installation, wanted: str, by: By) -> Done:
    """Send a message again, or judge a mail again.

    `wanted` is the id of an exchange or mail, the beginning of one, or a MsgId. Raises `AdapterError`:
    EXCHANGE_UNKNOWN, EXCHANGE_UNFIT with what to do instead, PARTNER_UNKNOWN, PARTY_NOT_OURS.
    """
    _ask_about_signer(installation, wanted)
    return carry_out(installation, wanted, by, Act.RESEND, _send_again, _judge_again)


def give_up(installation: Installation, wanted: str, by: By) -> Done:
    """Stop sending a message, or lay a mail aside. Raises as `resend` does."""
    return carry_out(installation, wanted, by, Act.GIVE_UP, _cancel, _lay_aside)


def mark_handled(installation: Installation, wanted: str, by: By) -> Done:
    """Note that a person has dealt with an exchange or a mail elsewhere. Raises `AdapterError` (EXCHANGE_UNKNOWN)."""
    return carry_out(installation, wanted, by, Act.HANDLED, _note_exchange, _note_mail)


def handled_by(acts: Iterable[OperatorAct], subject: str, since: datetime) -> OperatorAct | None:
    """The mark that a subject, in its state `since` then, carries, told from what operators did to it and to others;
    None when nobody has marked it in this state."""
    marks = [act for act in acts if act.subject == subject and act.act is Act.HANDLED and act.at >= since]
    return marks[-1] if marks else None


@dataclass(frozen=True, slots=True)
class Change:
    """What a piece of work did: in words, as which exchange it goes on, and its lines for the log."""

    outcome: str
    goes_on_as: str
    told: list[Told]


OnExchange = Callable[[Installation, Writer, Exchange, By, datetime], Change]
OnMail = Callable[[Installation, Writer, Mail, By, datetime], Change]


def carry_out(
    installation: Installation, wanted: str, by: By, act: Act, on_exchange: OnExchange, on_mail: OnMail
) -> Done:
    """Do one thing to the exchange or mail that is meant, in one transaction with the record of who did it and why."""
    now = installation.clock.now()

    def write(writer: Writer) -> tuple[Done, list[Told]]:
        subject = find_subject(writer, wanted)
        if isinstance(subject, Exchange):
            change = on_exchange(installation, writer, subject, by, now)
            writer.add_journal(JournalEntry(subject.id, now, f"operator: {act.value}", f"{by.who}: {by.reason}"))
            line = line_of(subject, act.value)
        else:
            change = on_mail(installation, writer, subject, by, now)
            line = Line(state=act.value)
        writer.add_act(OperatorAct(subject.id, now, by.who, act, by.reason, change.outcome))
        done = Done(subject.id, act, change.outcome, change.goes_on_as)
        return done, [Told(events.OPERATOR_ACTED, line), *change.told]

    done, told = installation.store.write_now(write)
    tell(installation.log, told)
    return done


def find_subject(reader: Reader, wanted: str) -> Exchange | Mail:
    """An exchange, or a mail that became none. Raises `AdapterError` (EXCHANGE_UNKNOWN)."""
    mail = reader.mail(wanted)
    if mail is None and reader.exchange(wanted) is None:
        found = [one for one in reader.mails_begun(wanted) if one.reception.state is not ReceptionState.CLOSED]
        if len(found) > 1:
            raise AdapterError(EXCHANGE_UNKNOWN, f"{len(found)} mails match")
        mail = found[0] if found else None
    return mail if mail is not None and mail.exchange_id is None else find_exchange(reader, wanted)


# ── send again ──────────────────────────────────────────────────────────────────────────────────────────────────────


def way_of(installation: Installation, reader: Reader, exchange: Exchange, now: datetime) -> Again | NotAgain:
    """Whether and how a message may be sent again; for a page that shows the button, and for the deed itself."""
    if exchange.transport is None:
        return NotAgain("it was received, not sent")
    same = reader.find_sent(exchange.msg_id, exchange.receiver) if exchange.msg_id is not None else ()
    newer = [one for one in same if one.msg_id == exchange.msg_id and one.created_at > exchange.created_at]
    if newer:
        return NotAgain(f"its document went again in a new envelope; look at exchange {newer[0].id}")
    return resending.again(
        exchange.transport,
        exchange.receipt,
        _seals(installation, reader, exchange, now),
        now,
        installation.terms_for(exchange),
    )


def _ask_about_signer(installation: Installation, wanted: str) -> None:
    """Ask whether our certificate in a sealed message was revoked: inside the transaction only the cache is read."""

    def find(reader: Reader) -> bytes | None:
        subject = find_subject(reader, wanted)
        digest = subject.sealed if isinstance(subject, Exchange) else None
        return reader.blob(digest) if digest is not None else None

    body = installation.store.read_now(find)
    if body is not None:
        installation.revocations.own(installation.store, sealed_for(body).signer, installation.clock.now())


def _seals(installation: Installation, reader: Reader, exchange: Exchange, now: datetime) -> Seals:
    if exchange.sealed is None:
        return Seals(made=False, openable=False, signature=Signature.HOLDS)
    partner = installation.partners.find(exchange.receiver)
    kept = sealed_for(reader.blob(exchange.sealed))
    try:
        openable = partner is not None and kept.opens_with(partner.encryption_at(now))
    except AdapterError:
        openable = False
    status, _ = installation.revocations.known(reader, kept.signer, now)
    judgement = status.judgement if installation.settings.revocation.enabled and status.chain else None
    signature = signature_of(installation, kept.signer, judgement, now)
    faulted = any(line.what == f"alarm: {AlarmRule.FAULT.value}" for line in reader.journal(exchange.id))
    return Seals(made=True, openable=openable, signature=signature, faulted=faulted)


def _send_again(installation: Installation, writer: Writer, exchange: Exchange, by: By, now: datetime) -> Change:
    way = way_of(installation, writer, exchange, now)
    if isinstance(way, NotAgain):
        raise AdapterError(EXCHANGE_UNFIT, way.why)
    installation.require_own(exchange.sender)
    partner = installation.partner(exchange.receiver)
    if way.way is Way.SAME_OCTETS:
        outcome = f"the same octets go again to {partner.address}: {way.why}"
        readdressed = replace(exchange, peer_address=partner.address)
        address = own_address(installation, exchange)
        event = ResendRequested(by.reason)
        _, told = take_transport_step(writer, readdressed, event, now, installation.terms_for(exchange), address)
        writer.add_journal(JournalEntry(exchange.id, now, "sent again", outcome))
        return Change(outcome, exchange.id, told)
    generated = exchange.generated
    anew = Exchange(
        id=installation.ids.fresh(),
        direction=Direction.OUT,
        type=exchange.type,
        sender=exchange.sender,
        receiver=exchange.receiver,
        created_at=now,
        payload=exchange.payload,
        msg_id=exchange.msg_id,
        generated=generated,
        conversation_id=exchange.conversation_id,
        peer_address=partner.address,
        receipt_for=exchange.receipt_for,
        answers=exchange.answers,
        transport=sender.new(now),
        receipt=receipts.expected_again(now, generated.instant) if exchange.receipt and generated else None,
    )
    outcome = f"the same document goes in a new envelope: {way.why}"
    writer.add_exchange(anew)
    writer.add_beside(anew.id, writer.beside(exchange.id))
    writer.add_journal(JournalEntry(anew.id, now, "submitted", f"the document of {exchange.id} again: {way.why}"))
    writer.add_journal(JournalEntry(exchange.id, now, "sent again", f"as {anew.id}: {outcome}"))
    return Change(outcome, anew.id, [Told(events.EXCHANGE_SUBMITTED, line_of(anew, "new"))])


def _judge_again(_: Installation, writer: Writer, mail: Mail, __: By, now: datetime) -> Change:
    state = mail.reception.state
    if state not in {ReceptionState.QUARANTINE, ReceptionState.PENDING}:
        raise AdapterError(EXCHANGE_UNFIT, f"the mail is {state.value}; only one that is set aside is judged again")
    stepped = receiver.step(mail.reception, Reception.OPERATOR_RETRIES, now).exchange
    writer.save_mail(replace(mail, reception=stepped))
    return Change("the mail is judged again", mail.id, [])


# ── give up ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def may_give_up(exchange: Exchange) -> bool:
    """Whether there is anything to give up: a message of ours that is under way, or that failed."""
    transport = exchange.transport
    return transport is not None and ROWS[transport.state, On.CANCEL].next is TransportState.CANCELLED


def _cancel(installation: Installation, writer: Writer, exchange: Exchange, by: By, now: datetime) -> Change:
    if exchange.transport is None:
        raise AdapterError(EXCHANGE_UNFIT, "it was received, not sent; mark it as handled instead")
    if not may_give_up(exchange):
        raise AdapterError(EXCHANGE_UNFIT, f"it is {exchange.transport.state.value}, and nothing is under way")
    address = own_address(installation, exchange)
    event = CancelRequested(by.reason)
    saved, told = take_transport_step(writer, exchange, event, now, installation.terms_for(exchange), address)
    assert saved.transport is not None
    left = " (it had left already: the receiver may have it)" if saved.transport.first_sent is not None else ""
    return Change(f"given up{left}", exchange.id, told)


def _lay_aside(_: Installation, writer: Writer, mail: Mail, by: By, now: datetime) -> Change:
    if mail.reception.state is not ReceptionState.QUARANTINE:
        says = f"the mail is {mail.reception.state.value}; only one in quarantine is laid aside"
        raise AdapterError(EXCHANGE_UNFIT, says)
    stepped = receiver.step(mail.reception, Reception.OPERATOR_CLOSES, now, by.reason).exchange
    writer.save_mail(replace(mail, reception=stepped))
    return Change("laid aside", mail.id, [])


# ── handled ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _note_exchange(_: Installation, __: Writer, exchange: Exchange, ___: By, ____: datetime) -> Change:
    return Change("marked as handled", exchange.id, [])


def _note_mail(_: Installation, __: Writer, mail: Mail, ___: By, ____: datetime) -> Change:
    return Change("marked as handled", mail.id, [])
