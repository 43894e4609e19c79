"""How a message is taken in for sending: read, judged, its partner looked up; refused now with all findings, or kept.

What is kept is an exchange in state NEW with the octets as they were handed in. They are never changed: what is sealed
is what was submitted. The daemon seals and sends it; this module needs neither keys nor network, so that a command can
use it while the daemon runs.

A copy (kopimottaker, `msghead.md` §2.3) is a message of its own to another party, with the same octets and the same
MsgId: the one who sends the message sends its copies too, each in its own envelope, acknowledged and receipted for
itself (HITS 1168 §5.4, HIS 80415:2012 §3.5.1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from adapter.delivery import receipts, sender
from adapter.delivery.sender import TransportState
from adapter.envelope.routing import Process
from adapter.errors import (
    BACKLOG_FULL,
    INPUT_NOT_UNDERSTOOD,
    MESSAGE_SENT_BEFORE,
    PARTNER_UNKNOWN,
    PARTY_NOT_OURS,
    AdapterError,
)
from adapter.messages.findings import Finding, Severity, has_errors
from adapter.messages.head import Head
from adapter.messages.read import read
from adapter.messages.reading import Reading, Recognised
from adapter.messages.rules.rule import Side
from adapter.observe import events
from adapter.service.bundle import require_fit
from adapter.service.installation import Installation
from adapter.service.repeating import Also, nothing_more
from adapter.service.sealing import content_ids, reported
from adapter.service.stay_log import answered_exchange
from adapter.service.steps import Told, line_of
from adapter.service.surrounding import judge_around
from adapter.store.port import BlobKind, Direction, Exchange, JournalEntry, Reader, Writer
from adapter.values import HerId, Moment, MsgId

_DID_NOT_ARRIVE = frozenset(
    {
        TransportState.FAILED_LOCAL,
        TransportState.REJECTED,
        TransportState.FAULTED,
        TransportState.BOUNCED,
        TransportState.TRANSPORT_FAILED,
        TransportState.CANCELLED,
    }
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A party that gets a copy of a message, and the id of the exchange that this will be."""

    receiver: HerId
    exchange_id: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A message that may be sent: what was read of it, where it goes, and the rules it breaks that do not stop it.

    `beside` are the payload parts that go with it, `copies` who else gets it.
    """

    content: bytes
    type: str
    sender: HerId
    receiver: HerId
    msg_id: MsgId
    generated: Moment
    head: Head
    warnings: tuple[Finding, ...] = ()
    beside: tuple[bytes, ...] = ()
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A message that may not be sent, with everything that speaks against it. Nothing was kept."""

    findings: tuple[Finding, ...]


def require_room(installation: Installation, reader: Reader) -> None:
    """Refuse to take a message in while as many wait to leave as may: who hands in slows down before the store grows
    without end, and what was taken in goes its way. Raises `AdapterError` (BACKLOG_FULL)."""
    most = installation.settings.delivery.most_waiting
    if reader.waiting_to_leave(most) >= most:
        raise AdapterError(BACKLOG_FULL, f"{most} wait")


def judge(installation: Installation, content: bytes, beside: tuple[bytes, ...] = ()) -> Submission | NotTaken:
    """Read a business message and decide whether it may be sent, with these parts beside it.

    Raises `AdapterError`: PARTY_NOT_OURS when its sender is nobody of ours, PARTNER_UNKNOWN when the directory does
    not know its receiver, AGREEMENT_LACKS when the two have an agreement that this message is not in,
    INPUT_NOT_UNDERSTOOD for what cannot be sent at all, the parts included.
    """
    require_fit(beside)
    reading = read(content, installation.schemas, installation.context(Side.SEND))
    if reading.refusal is not None:
        return refusal(reading)
    if has_errors(reading.findings):
        return NotTaken(reading.findings)
    if reading.recognised is not Recognised.BUSINESS or reading.head is None:
        says = f"only a business message with MsgHead is sent; this is: {reading.recognised.value}"
        raise AdapterError(INPUT_NOT_UNDERSTOOD, says)
    submission = _addressed(installation, reading)
    around = installation.store.read_now(
        lambda reader: judge_around(installation, reader, reading, (submission.sender, submission.receiver), Side.SEND)
    )
    if has_errors(around):
        return NotTaken((*reading.findings, *around))
    submission = replace(submission, warnings=(*submission.warnings, *around), beside=beside)
    copies = tuple(Copy(her, installation.ids.fresh()) for her in submission.head.copied_to)
    submission = replace(submission, copies=copies)
    require_named_parts(submission.head, beside)
    _require_partner(installation, submission, reading)
    return submission


def require_named_parts(head: Head | None, beside: tuple[bytes, ...]) -> None:
    """Refuse a message that names more payload parts (FileReference with `cid:`) than go with it.

    Raises `AdapterError` (INPUT_NOT_UNDERSTOOD).
    """
    named = content_ids(head)
    if len(named) > len(beside):
        says = f"FileReference names {len(named)} payload parts by cid:, and {len(beside)} go with it"
        raise AdapterError(INPUT_NOT_UNDERSTOOD, says)


def _require_partner(installation: Installation, submission: Submission, reading: Reading) -> None:
    """Refuse at once an unknown receiver and what no agreement holds; sealing waits for a register that is away."""
    _, version = reported(reading)
    for receiver in (submission.receiver, *(copy.receiver for copy in submission.copies)):
        try:
            installation.partner(receiver)
            installation.agreement_for(submission.sender, receiver, Process(submission.type), version)
        except AdapterError as error:
            if not error.kind.may_pass:
                raise


def refusal(reading: Reading) -> NotTaken:
    """A document that could not be read at all: what the rules say of it, or else the row of the catalogue."""
    refused = reading.refusal
    if reading.findings or refused is None:
        return NotTaken(reading.findings)
    says = f"{refused.kind.says}: {refused.detail}" if refused.detail else refused.kind.says
    finding = Finding(refused.kind.id, Severity.ERROR, "", None, f"{says}. {refused.kind.remedy}", "msghead.md §7.4")
    return NotTaken((finding,))


def _addressed(installation: Installation, reading: Reading) -> Submission:
    head = reading.head
    assert head is not None
    sender_her, receiver_her = head.sender.party_her, head.receiver.party_her
    if reading.type is None or head.msg_id is None or head.generated is None:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, "the message has no readable Type, MsgId or GenDate")
    if sender_her is None or installation.own(sender_her) is None:
        raise AdapterError(PARTY_NOT_OURS, f"HER-id {sender_her}")
    if receiver_her is None:
        raise AdapterError(PARTNER_UNKNOWN, "the message names no HER-id of a receiving party")
    return Submission(
        content=reading.content,
        type=reading.type,
        sender=sender_her,
        receiver=receiver_her,
        msg_id=head.msg_id,
        generated=head.generated,
        head=head,
        warnings=tuple(finding for finding in reading.findings if finding.severity is Severity.WARNING),
    )


def keep(
    writer: Writer,
    submission: Submission,
    exchange_id: str,
    now: datetime,
) -> tuple[Exchange, list[Told]]:
    """Write a submission down as a NEW exchange, in the conversation of the message that its ConversationRef means.

    Raises `AdapterError` (MESSAGE_SENT_BEFORE) when this MsgId has gone to this receiver before and may have arrived;
    an unchanged document that was refused on the way is sent again with its MsgId (HITS 1171 §9.7).
    """
    earlier = _sent_before(writer, submission.msg_id, submission.receiver)
    if earlier is not None:
        raise AdapterError(MESSAGE_SENT_BEFORE, f"it is exchange {earlier.id}")
    exchange, told = _keep_one(writer, submission, submission.receiver, exchange_id, now)
    for copy in submission.copies:
        if _sent_before(writer, submission.msg_id, copy.receiver) is not None:
            continue
        copied, more = _keep_one(writer, submission, copy.receiver, copy.exchange_id, now)
        told += more
        writer.add_journal(JournalEntry(exchange.id, now, COPY_GOES, f"exchange {copied.id}"))
        writer.add_journal(JournalEntry(copied.id, now, COPY_OF, f"exchange {exchange.id}"))
    noted = [Told(events.MESSAGE_NOTED, line_of(exchange, "new", warning.rule)) for warning in submission.warnings]
    return exchange, [*told, *noted]


COPY_GOES, COPY_OF = "a copy goes out", "it is a copy"
"""The journal's words at a message and at each of its copies; the detail names the exchange of the other."""


def _sent_before(reader: Reader, msg_id: MsgId, receiver: HerId) -> Exchange | None:
    """The exchange by which a message went to a receiver, if it may have arrived there."""
    for earlier in reader.find_sent(msg_id, receiver):
        state = earlier.transport.state if earlier.transport is not None else None
        if earlier.msg_id == msg_id and state not in _DID_NOT_ARRIVE:
            return earlier
    return None


def _keep_one(
    writer: Writer, submission: Submission, receiver: HerId, exchange_id: str, now: datetime
) -> tuple[Exchange, list[Told]]:
    answered = answered_exchange(writer, submission.head, submission.head.sender.organisation_her, receiver)
    exchange = Exchange(
        id=exchange_id,
        direction=Direction.OUT,
        type=submission.type,
        sender=submission.sender,
        receiver=receiver,
        created_at=now,
        payload=writer.put_blob(submission.content, BlobKind.PAYLOAD, now),
        msg_id=submission.msg_id,
        generated=submission.generated,
        conversation_id=answered.conversation_id if answered is not None else None,
        answers=answered.id if answered is not None else None,
        transport=sender.new(now),
        receipt=receipts.expected(now, submission.generated.instant),
    )
    writer.add_exchange(exchange)
    writer.add_journal(JournalEntry(exchange.id, now, "submitted"))
    if submission.beside:
        writer.add_beside(exchange.id, [writer.put_blob(one, BlobKind.PAYLOAD, now) for one in submission.beside])
        writer.add_journal(JournalEntry(exchange.id, now, "goes with it", f"{len(submission.beside)} other parts"))
    return exchange, [Told(events.EXCHANGE_SUBMITTED, line_of(exchange, "new"))]


def submit_now(
    installation: Installation, content: bytes, also: Also = nothing_more, beside: tuple[bytes, ...] = ()
) -> str | NotTaken:
    """Judge and keep a message at once, from code without an event loop; the id of its exchange, or why not.

    `also` is written in the same transaction. Raises `AdapterError`: BACKLOG_FULL, and what judging and keeping raise.
    """
    installation.store.read_now(lambda reader: require_room(installation, reader))
    judged = judge(installation, content, beside)
    if isinstance(judged, NotTaken):
        return judged
    exchange_id, now = installation.ids.fresh(), installation.clock.now()

    def write(writer: Writer) -> list[Told]:
        require_room(installation, writer)
        _, told = keep(writer, judged, exchange_id, now)
        also(writer, exchange_id)
        return told

    for entry in installation.store.write_now(write):
        installation.log.tell(entry.event, entry.line)
    return exchange_id
