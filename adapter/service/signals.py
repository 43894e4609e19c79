"""What an answer does to the message it answers: Acknowledgment, ErrorList, SOAP Fault, bounce.

A signal is never answered (`ebxml.md` §6.5). It is believed when its signature is the partner's; a Fault and a bounce
are unsigned and are believed only by the mail identifiers of something that we are waiting for (§2.6).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from adapter.crypto.refusal import RefusedError
from adapter.crypto.verified import Reference
from adapter.delivery import receiver
from adapter.delivery.receiver import Reception
from adapter.delivery.sender import ACKNOWLEDGED_STATES
from adapter.delivery.sender_events import (
    AckMismatched,
    AckVerified,
    BounceReceived,
    ErrorVerified,
    Event,
    FaultReceived,
    SignalUnverified,
    WarningVerified,
)
from adapter.envelope import open as opening
from adapter.envelope.classify import Bounce
from adapter.envelope.header import MessageHeader
from adapter.envelope.rules import judge_opened
from adapter.envelope.rules.rule import Context
from adapter.envelope.rules.subject import of_unpacked
from adapter.envelope.shown import shown_id, shown_type
from adapter.envelope.signals import AckMatch, Acknowledgment, ErrorList, match
from adapter.envelope.unpack import FaultMail, Unpacked
from adapter.errors import AdapterError
from adapter.facts import HowKnown
from adapter.messages.rules.rule import Side
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service import questions, vetting
from adapter.service.agreements import verify
from adapter.service.installation import Installation
from adapter.service.revocations import Vetted
from adapter.service.stay_log import record_kept_message
from adapter.service.steps import Told, line_of, take_transport_step
from adapter.store.port import Direction, Exchange, JournalEntry, Mail, Reader, Writer
from adapter.values import EdiAddress, HerId, MessageId, Moment


def take_signal(installation: Installation, mail: Mail, unpacked: Unpacked) -> list[Told]:
    """Feed a received Acknowledgment or ErrorList to the message it is about; a question is for `questions`."""
    now = installation.clock.now()
    try:
        message = opening.read(unpacked)
        verified = verify(installation, message, now)
        opening.admit(message, installation.own_hers, mail.reception.received)
    except AdapterError as error:
        if error.kind.may_pass:
            raise
        return _ignore(installation, mail, unpacked, error)
    try:
        vetted = vetting.vet_signer(installation, verified, mail, now)
    except RefusedError as error:
        return _ignore(installation, mail, unpacked, error)
    installation.metrics.heard(verified.header.monitoring.system, verified.header.monitoring.version)
    remarks = (*verified.findings, *judge_opened(of_unpacked(unpacked), Context(Side.RECEIVE, now)))
    rules = dict.fromkeys(one.rule for one in remarks)
    noted = [Told(events.MESSAGE_NOTED, _noted(verified.header, rule)) for rule in rules]
    return noted + _take_verified(installation, mail, unpacked, verified, vetted)


def _noted(header: MessageHeader, rule: str) -> Line:
    return Line(
        message_id=shown_id(header.message_id.value),
        type=shown_type(header.action),
        partner=header.sender.her.value,
        state="verified",
        rule=rule,
    )


def _take_verified(
    installation: Installation, mail: Mail, unpacked: Unpacked, verified: opening.VerifiedMessage, vetted: Vetted | None
) -> list[Told]:
    content, header = verified.message.content, verified.header
    if isinstance(content, Acknowledgment):
        return _answered(installation, mail, vetted, header.sender.her, content.refers_to, content, header.timestamp)
    if isinstance(content, ErrorList) and header.refers_to is not None:
        return _answered(installation, mail, vetted, header.sender.her, header.refers_to, content, header.timestamp)
    if isinstance(content, opening.ServiceMessage):
        return _asked(installation, mail, verified, vetted)
    return _ignore(installation, mail, unpacked, None)


def _asked(
    installation: Installation, mail: Mail, verified: opening.VerifiedMessage, vetted: Vetted | None
) -> list[Told]:
    """A Ping, a StatusRequest, or an answer to one: closed, and answered where that is agreed."""
    now = installation.clock.now()
    if questions.is_answered(installation, verified):
        vetting.require_signer(installation, now)

    def write(writer: Writer) -> list[Told]:
        _close(writer, mail, now, None)
        if vetted is not None:
            vetted.keep(writer, mail.raw)
        header = verified.header
        line = Line(message_id=shown_id(header.message_id.value), partner=header.sender.her.value, state="closed")
        return questions.answer(installation, writer, verified, now) or [Told(events.SIGNAL_IGNORED, line)]

    return installation.store.write_now(write)


def _answered(
    installation: Installation,
    mail: Mail,
    vetted: Vetted | None,
    peer: HerId,
    refers_to: MessageId,
    content: Acknowledgment | ErrorList,
    made: Moment,
) -> list[Told]:
    now = installation.clock.now()

    def write(writer: Writer) -> list[Told]:
        if vetted is not None:
            vetted.keep(writer, mail.raw)
        exchange = writer.by_message_id(Direction.OUT, refers_to, peer)
        if exchange is None or exchange.transport is None:
            line = Line(message_id=shown_id(refers_to.value), partner=peer.value, rule="EB-418")
            return _shelve(installation, writer, mail, line, _named_exchange(writer, refers_to.value))
        _close(writer, mail, now, exchange)
        address = own_address(installation, exchange)
        event = _event(content, exchange)
        after, told = take_transport_step(writer, exchange, event, now, installation.terms_for(exchange), address)
        assert after.transport is not None
        if after.transport.state in ACKNOWLEDGED_STATES and isinstance(event, AckVerified | WarningVerified):
            had = content.accepted_at if isinstance(content, Acknowledgment) and content.accepted_at else made
            told += record_kept_message(installation, writer, after, had, HowKnown.THEIR_RECEIPT, mail.raw)
        return told

    return installation.store.write_now(write)


def _event(content: Acknowledgment | ErrorList, exchange: Exchange) -> Event:
    if isinstance(content, Acknowledgment):
        sent = tuple(Reference(reference.uri, reference.digest) for reference in exchange.references)
        return AckMismatched() if match(content.references, sent) is AckMatch.DIFFERENT else AckVerified()
    codes = ", ".join(sorted({error.code for error in content.errors}))
    return ErrorVerified(codes) if content.rejects else WarningVerified(codes)


def _ignore(installation: Installation, mail: Mail, unpacked: Unpacked, error: AdapterError | None) -> list[Told]:
    """A signal that cannot be believed: it is kept, the message it names is told, nothing is answered."""
    now = installation.clock.now()
    reason = error.id if error is not None else "a signal about nothing"
    named = unpacked.header.find(".//{*}RefToMessageId")

    def write(writer: Writer) -> list[Told]:
        exchange = _named_exchange(writer, named.text if named is not None else None)
        if exchange is None:
            return _shelve(installation, writer, mail, Line(rule=reason), None)
        _close(writer, mail, now, exchange)
        address = own_address(installation, exchange)
        _, told = take_transport_step(
            writer, exchange, SignalUnverified(reason), now, installation.terms_for(exchange), address
        )
        return told

    return installation.store.write_now(write)


def _shelve(installation: Installation, writer: Writer, mail: Mail, line: Line, named: Exchange | None) -> list[Told]:
    """A signal about no message of ours to its sender: a person sees it, for it may mean one (`ebxml.md` §7.3).

    `named` is a message of ours to somebody else that it is about; that stays as it is, with an alarm.
    """
    now = installation.clock.now()
    shelved = receiver.step(
        mail.reception, Reception.UNREADABLE, now, "a signal about no message of ours to its sender"
    )
    writer.save_mail(replace(mail, reception=shelved.exchange))
    told = [Told(events.SIGNAL_IGNORED, replace(line, state="quarantine"))]
    if named is not None:
        event, terms = SignalUnverified("not from the party that it was sent to"), installation.terms_for(named)
        told += take_transport_step(writer, named, event, now, terms, own_address(installation, named))[1]
    return told


def _named_exchange(reader: Reader, message_id: str | None) -> Exchange | None:
    if message_id is None or not message_id.strip():
        return None
    found = reader.by_message_id(Direction.OUT, MessageId(message_id.strip()))
    return found if found is not None and found.transport is not None and found.sealed is not None else None


def take_fault(installation: Installation, mail: Mail, fault: FaultMail) -> list[Told]:
    """A SOAP Fault about a mail of ours."""
    return _notice(installation, mail, fault.in_reply_to, FaultReceived(f"SOAP Fault {fault.fault.code}"))


def take_bounce(installation: Installation, mail: Mail, bounce: Bounce) -> list[Told]:
    """A delivery report about a mail of ours; only `failed` ends the waiting (`ebxml.md` §2.6)."""
    names = (bounce.envelope_id, bounce.message_id)
    if bounce.action == "failed":
        return _notice(installation, mail, names, BounceReceived("a mail server gave it back"))
    return _notice(installation, mail, names, None, known=bool(bounce.action))


def _notice(
    installation: Installation, mail: Mail, names: tuple[str, ...], event: Event | None, *, known: bool = True
) -> list[Told]:
    """What a mail server says of a mail of ours. Without an event it ends nothing; `known` tells whether it says what
    became of the mail at all."""
    now = installation.clock.now()

    def write(writer: Writer) -> list[Told]:
        exchange_id = writer.correlated(name for name in names if name)
        exchange = writer.exchange(exchange_id) if exchange_id is not None else None
        if exchange is not None and exchange.reception is not None:
            return _answer_came_back(writer, mail, exchange, event, now)
        if exchange is None or exchange.transport is None:
            shelved = receiver.step(mail.reception, Reception.UNREADABLE, now, "a notice about no mail of ours")
            writer.save_mail(replace(mail, reception=shelved.exchange))
            return [Told(events.MAIL_QUARANTINED, Line(state="quarantine"))]
        closed = receiver.step(mail.reception, Reception.NOTICE_READ, now).exchange
        writer.save_mail(replace(mail, reception=closed, exchange_id=exchange.id))
        if event is None:
            says = "delayed or relayed" if known else "it does not say what became of the mail"
            writer.add_journal(JournalEntry(exchange.id, now, "a mail server reports", says))
            return [Told(events.EXCHANGE_CHANGED, line_of(exchange, exchange.transport.state.value))]
        address = own_address(installation, exchange)
        _, told = take_transport_step(writer, exchange, event, now, installation.terms_for(exchange), address)
        return told

    return installation.store.write_now(write)


def _answer_came_back(writer: Writer, mail: Mail, exchange: Exchange, event: Event | None, now: datetime) -> list[Told]:
    """A report about an answer of ours: the message stays taken, and its sender, who does not know, will send again.

    A copy of it is answered again; but when our answers keep coming back, somebody has to mend an address.
    """
    assert exchange.reception is not None
    closed = receiver.step(mail.reception, Reception.NOTICE_READ, now).exchange
    writer.save_mail(replace(mail, reception=closed, exchange_id=exchange.id))
    if event is None:
        writer.add_journal(JournalEntry(exchange.id, now, "a mail server reports", "our answer is delayed or relayed"))
        return []
    stepped = receiver.step(exchange.reception, Reception.RESPONSE_BOUNCED, now).exchange
    saved = writer.save_exchange(replace(exchange, reception=stepped))
    writer.add_journal(JournalEntry(saved.id, now, "our answer came back", "a mail server did not deliver it"))
    return [Told(events.ANSWER_BOUNCED, line_of(saved, stepped.state.value))]


def _close(writer: Writer, mail: Mail, now: datetime, exchange: Exchange | None) -> None:
    reception = receiver.walk(mail.reception, now, Reception.HEADER_READ, Reception.SIGNAL_READ)
    writer.save_mail(replace(mail, reception=reception, exchange_id=exchange.id if exchange is not None else None))


def own_address(installation: Installation, exchange: Exchange) -> EdiAddress:
    """The EDI address that an outgoing exchange is sent from."""
    own = installation.own(exchange.sender)
    return (own or installation.settings.party[0]).address
