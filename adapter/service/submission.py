"""How a message is taken in for sending: read, judged, its partner looked up; refused now with all findings, or kept.

What is kept is an exchange in state NEW with the octets as they were handed in. They are never changed: what is sealed
is what was submitted. The daemon seals and sends it; this module needs neither keys nor network, so that a command can
use it while the daemon runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from adapter.delivery import receipts, sender
from adapter.delivery.sender import TransportState
from adapter.envelope.routing import Process
from adapter.errors import (
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
from adapter.store.port import BlobKind, Direction, Exchange, JournalEntry, Writer
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
class Submission:
    """A message that may be sent: what was read of it, where it goes, and the rules it breaks that do not stop it."""

    content: bytes
    type: str
    sender: HerId
    receiver: HerId
    msg_id: MsgId
    generated: Moment
    head: Head
    warnings: tuple[Finding, ...] = ()
    beside: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A message that may not be sent, with everything that speaks against it. Nothing was kept."""

    findings: tuple[Finding, ...]


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
    _require_named_parts(submission)
    _require_partner(installation, submission, reading)
    return submission


def _require_named_parts(submission: Submission) -> None:
    """Refuse a message that names more payload parts (FileReference with `cid:`) than go with it."""
    named = content_ids(submission.head)
    if len(named) > len(submission.beside):
        says = f"FileReference names {len(named)} payload parts by cid:, and {len(submission.beside)} go with it"
        raise AdapterError(INPUT_NOT_UNDERSTOOD, says)


def _require_partner(installation: Installation, submission: Submission, reading: Reading) -> None:
    """Refuse at once an unknown receiver and what no agreement holds; sealing waits for a register that is away."""
    _, version = reported(reading)
    try:
        installation.partner(submission.receiver)
        installation.agreement_for(submission.sender, submission.receiver, Process(submission.type), version)
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
    for earlier in writer.find_sent(submission.msg_id, submission.receiver):
        state = earlier.transport.state if earlier.transport is not None else None
        if earlier.msg_id == submission.msg_id and state not in _DID_NOT_ARRIVE:
            raise AdapterError(MESSAGE_SENT_BEFORE, f"it is exchange {earlier.id}")
    answered = answered_exchange(writer, submission.head, submission.head.sender.organisation_her, submission.receiver)
    exchange = Exchange(
        id=exchange_id,
        direction=Direction.OUT,
        type=submission.type,
        sender=submission.sender,
        receiver=submission.receiver,
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
    noted = [Told(events.MESSAGE_NOTED, line_of(exchange, "new", warning.rule)) for warning in submission.warnings]
    return exchange, [Told(events.EXCHANGE_SUBMITTED, line_of(exchange, "new")), *noted]


def submit_now(
    installation: Installation, content: bytes, also: Also = nothing_more, beside: tuple[bytes, ...] = ()
) -> str | NotTaken:
    """Judge and keep a message at once, from code without an event loop; the id of its exchange, or why not.

    `also` is written in the same transaction.
    """
    judged = judge(installation, content, beside)
    if isinstance(judged, NotTaken):
        return judged
    exchange_id, now = installation.ids.fresh(), installation.clock.now()

    def write(writer: Writer) -> list[Told]:
        _, told = keep(writer, judged, exchange_id, now)
        also(writer, exchange_id)
        return told

    for entry in installation.store.write_now(write):
        installation.log.tell(entry.event, entry.line)
    return exchange_id
