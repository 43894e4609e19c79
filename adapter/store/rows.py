"""How does a row of a table become a value, and a value a row?"""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any

from adapter.crypto.certificates import Usage
from adapter.crypto.revocation import Outcome as RevocationOutcome
from adapter.crypto.standing import Action, Form
from adapter.delivery.duplicates import Seen, SignedReference
from adapter.delivery.receipts import AppRecState, ReceiptExchange
from adapter.delivery.receiver import ReceivedExchange, ReceptionState
from adapter.delivery.sender import HandOver, SenderExchange, TransportState
from adapter.store.fact_log import LogRow
from adapter.store.port import (
    Act,
    CertificateCheck,
    Direction,
    Exchange,
    InboxItem,
    IssuedStatement,
    JournalEntry,
    Mail,
    OperatorAct,
    OutboxItem,
    OutboxKind,
    OutboxState,
    Outcome,
    RevocationAnswer,
    SeenEnvelope,
    TakenMessage,
    UsedAnswer,
)
from adapter.store.prepared import Row
from adapter.values import Digest, EdiAddress, HerId, MessageId, Moment, MsgId, Zone

Values = dict[str, Any]
"""Column values of one row, as SQLAlchemy takes them. They stay inside the store."""


def hex_digits(msg_id: MsgId) -> str:
    """A MsgId reduced to its hexadecimal digits: how some counterparties give it back (`apprec.md` §7.2)."""
    return "".join(character for character in msg_id.key if character in "0123456789abcdef")


def _text(value: object) -> str | None:
    return None if value is None else str(value)


# ── texts that hold several values: one value per line, parts separated by a space or a tab ─────────────────────────


def references_text(references: tuple[SignedReference, ...]) -> str:
    return "\n".join(f"{reference.digest}\t{reference.uri}" for reference in references)


def references_of(text: str) -> tuple[SignedReference, ...]:
    pairs = (line.partition("\t") for line in text.split("\n") if line)
    return tuple(SignedReference(uri, digest) for digest, _, uri in pairs)


def moment_text(moment: Moment | None) -> str | None:
    """A moment with all it carries: instant, how the zone is known, whether the hour is ambiguous, the text itself."""
    if moment is None:
        return None
    marks = f"{moment.zone} {'ambiguous' if moment.ambiguous_hour else 'clear'}"
    return f"{moment.instant.isoformat(timespec='microseconds')} {marks} {moment.text}"


def moment_of(text: str | None) -> Moment | None:
    if text is None:
        return None
    instant, zone, hour, written = text.split(" ", 3)
    return Moment(datetime.fromisoformat(instant), written, Zone(zone), hour == "ambiguous")


# ── exchanges ───────────────────────────────────────────────────────────────────────────────────────────────────────


def exchange_values(exchange: Exchange) -> Values:
    """What an exchange is, from its first moment on, and how it goes."""
    return {
        "id": exchange.id,
        "direction": str(exchange.direction),
        "type": exchange.type,
        "sender": exchange.sender.value,
        "receiver": exchange.receiver.value,
        "created_at": exchange.created_at,
        "payload": _text(exchange.payload),
        "msg_id": _text(exchange.msg_id),
        "msg_key": exchange.msg_id.key if exchange.msg_id else None,
        "msg_hex": hex_digits(exchange.msg_id) if exchange.msg_id else None,
        "generated": moment_text(exchange.generated),
        "receipt_for": exchange.receipt_for,
        "answers": exchange.answers,
        **course_values(exchange),
    }


def course_values(exchange: Exchange, before: Exchange | None = None) -> Values:
    """How an exchange goes; with `before`, only what is not as it was then.

    An update that sets a column costs its indexes and looks at what it refers to, even if the value is the same; and
    one that sets the id makes SQLite look for rows that refer to it, in every table that may have some, through the
    whole table where there is no index.
    """
    values: Values = {"version": exchange.version}
    if before is None or _envelope(exchange) != _envelope(before):
        values |= _envelope_values(exchange)
    if before is None or exchange.transport != before.transport:
        values |= _transport_values(exchange.transport)
    if before is None or exchange.receipt != before.receipt:
        values |= _receipt_values(exchange.receipt)
    if before is None or exchange.reception != before.reception:
        values |= _reception_values(exchange.reception)
    return values


_envelope = attrgetter(
    "message_id", "conversation_id", "cpa_id", "service", "action", "from_role", "to_role", "sealed", "soap",
    "peer_address", "references",
)  # fmt: skip


def _envelope_values(exchange: Exchange) -> Values:
    return {
        "message_id": _text(exchange.message_id),
        "conversation_id": exchange.conversation_id,
        "cpa_id": exchange.cpa_id,
        "service": exchange.service,
        "action": exchange.action,
        "from_role": exchange.from_role,
        "to_role": exchange.to_role,
        "sealed": _text(exchange.sealed),
        "soap": _text(exchange.soap),
        "peer_address": _text(exchange.peer_address),
        "signed_references": references_text(exchange.references),
    }


def _transport_values(transport: SenderExchange | None) -> Values:
    return {
        "transport_state": str(transport.state) if transport else None,
        "transport_since": transport.since if transport else None,
        "transport_resends": transport.resends if transport else None,
        "transport_first_sent": transport.first_sent if transport else None,
        "transport_due": transport.due if transport else None,
        "transport_deferrals": transport.deferrals if transport else None,
        "transport_hand_over": str(transport.hand_over) if transport else None,
        "transport_reason": transport.reason if transport else None,
    }


def _receipt_values(receipt: ReceiptExchange | None) -> Values:
    return {
        "receipt_state": str(receipt.state) if receipt else None,
        "receipt_since": receipt.since if receipt else None,
        "receipt_due": receipt.due if receipt else None,
        "receipt_errors": "\n".join(receipt.errors) if receipt else None,
    }


def _reception_values(reception: ReceivedExchange | None) -> Values:
    return {
        "reception_state": str(reception.state) if reception else None,
        "reception_since": reception.since if reception else None,
        "reception_received": reception.received if reception else None,
        "reception_attempts": reception.attempts if reception else None,
        "reception_due": reception.due if reception else None,
        "reception_responded": reception.responded if reception else None,
        "reception_delivered": reception.delivered if reception else None,
        "reception_reason": reception.reason if reception else None,
    }


def exchange_of(row: Row) -> Exchange:
    return Exchange(
        id=row["id"],
        direction=Direction(row["direction"]),
        type=row["type"],
        sender=HerId(row["sender"]),
        receiver=HerId(row["receiver"]),
        created_at=row["created_at"],
        payload=_digest(row["payload"]),
        msg_id=MsgId(row["msg_id"]) if row["msg_id"] is not None else None,
        generated=moment_of(row["generated"]),
        message_id=MessageId(row["message_id"]) if row["message_id"] is not None else None,
        conversation_id=row["conversation_id"],
        cpa_id=row["cpa_id"],
        service=row["service"],
        action=row["action"],
        from_role=row["from_role"],
        to_role=row["to_role"],
        sealed=_digest(row["sealed"]),
        soap=_digest(row["soap"]),
        peer_address=EdiAddress(row["peer_address"]) if row["peer_address"] is not None else None,
        references=references_of(row["signed_references"]),
        receipt_for=row["receipt_for"],
        answers=row["answers"],
        transport=_transport_of(row),
        receipt=_receipt_of(row),
        reception=_reception_of(row, "reception_"),
        version=row["version"],
    )


def _digest(value: str | None) -> Digest | None:
    return None if value is None else Digest(value)


def _transport_of(row: Row) -> SenderExchange | None:
    if row["transport_state"] is None:
        return None
    return SenderExchange(
        state=TransportState(row["transport_state"]),
        since=row["transport_since"],
        resends=row["transport_resends"],
        first_sent=row["transport_first_sent"],
        due=row["transport_due"],
        deferrals=row["transport_deferrals"],
        hand_over=HandOver(row["transport_hand_over"]),
        reason=row["transport_reason"],
    )


def _receipt_of(row: Row) -> ReceiptExchange | None:
    if row["receipt_state"] is None:
        return None
    return ReceiptExchange(
        state=AppRecState(row["receipt_state"]),
        since=row["receipt_since"],
        due=row["receipt_due"],
        errors=tuple(code for code in row["receipt_errors"].split("\n") if code),
    )


def _reception_of(row: Row, prefix: str) -> ReceivedExchange | None:
    if row[f"{prefix}state"] is None:
        return None
    return ReceivedExchange(
        state=ReceptionState(row[f"{prefix}state"]),
        since=row[f"{prefix}since"],
        received=row[f"{prefix}received"],
        attempts=row[f"{prefix}attempts"],
        due=row[f"{prefix}due"],
        responded=row[f"{prefix}responded"],
        delivered=row[f"{prefix}delivered"],
        reason=row[f"{prefix}reason"],
    )


# ── mails and outbox ────────────────────────────────────────────────────────────────────────────────────────────────


def reception_values(reception: ReceivedExchange) -> Values:
    return {
        "state": str(reception.state),
        "since": reception.since,
        "received": reception.received,
        "attempts": reception.attempts,
        "due": reception.due,
        "responded": reception.responded,
        "delivered": reception.delivered,
        "reason": reception.reason,
    }


def mail_values(mail: Mail) -> Values:
    return {
        "id": mail.id,
        "raw": mail.raw.value,
        "source": mail.source,
        "envelope_from": mail.envelope_from,
        "envelope_to": "\n".join(mail.envelope_to),
        "exchange_id": mail.exchange_id,
        **reception_values(mail.reception),
    }


def mail_of(row: Row) -> Mail:
    reception = _reception_of(row, "")
    assert reception is not None
    return Mail(
        id=row["id"],
        raw=Digest(row["raw"]),
        source=row["source"],
        envelope_from=row["envelope_from"],
        envelope_to=tuple(address for address in row["envelope_to"].split("\n") if address),
        reception=reception,
        exchange_id=row["exchange_id"],
        fence=row["fence"],
    )


def outbox_values(item: OutboxItem) -> Values:
    """Everything but what the store itself counts: attempts, fence, claim, first attempt."""
    return {
        "id": item.id,
        "kind": str(item.kind),
        "exchange_id": item.exchange_id,
        "body": item.body.value,
        "sender": item.sender.value,
        "recipient": item.recipient.value,
        "in_reply_to": item.in_reply_to,
        "state": str(OutboxState.WAITING),
        "due": item.due,
        "created_at": item.created_at,
        "deferrals": 0,
        "doubts": 0,
        "reason": item.reason,
        "finished_at": None,
    }


def outbox_of(row: Row) -> OutboxItem:
    return OutboxItem(
        id=row["id"],
        kind=OutboxKind(row["kind"]),
        body=Digest(row["body"]),
        sender=EdiAddress(row["sender"]),
        recipient=EdiAddress(row["recipient"]),
        due=row["due"],
        created_at=row["created_at"],
        exchange_id=row["exchange_id"],
        in_reply_to=row["in_reply_to"],
        state=OutboxState(row["state"]),
        attempts=row["attempts"],
        deferrals=row["deferrals"],
        doubts=row["doubts"],
        reason=row["reason"],
        fence=row["fence"],
        first_attempt=row["first_attempt"],
        finished_at=row["finished_at"],
    )


# ── what has been seen ──────────────────────────────────────────────────────────────────────────────────────────────


def seen_values(envelope: SeenEnvelope) -> Values:
    return {
        "sender": envelope.sender.value,
        "message_id": envelope.message_id.value,
        "soap": envelope.seen.soap.value,
        "signed_references": references_text(envelope.seen.references),
        "response": _text(envelope.seen.response),
        "outcome": str(envelope.outcome),
        "exchange_id": envelope.exchange_id,
        "at": envelope.at,
        "keep_until": envelope.keep_until,
    }


def seen_of(row: Row) -> SeenEnvelope:
    return SeenEnvelope(
        sender=HerId(row["sender"]),
        message_id=MessageId(row["message_id"]),
        seen=Seen(Digest(row["soap"]), references_of(row["signed_references"]), _digest(row["response"])),
        outcome=Outcome(row["outcome"]),
        exchange_id=row["exchange_id"],
        at=row["at"],
        keep_until=row["keep_until"],
    )


def taken_of(row: Row) -> TakenMessage:
    return TakenMessage(
        msg_id=MsgId(row["msg_id"]),
        organisation=HerId(row["organisation"]),
        exchange_id=row["exchange_id"],
        payload=Digest(row["payload"]),
        at=row["at"],
    )


def inbox_of(row: Row) -> InboxItem:
    return InboxItem(
        exchange_id=row["exchange_id"],
        payload=Digest(row["payload"]),
        received_at=row["received_at"],
        taken_at=row["taken_at"],
        file=row["file"],
        claimed_by=row["claimed_by"] or "",
        claimed_until=row["claimed_until"],
        fence=row["fence"],
    )


def journal_of(row: Row) -> JournalEntry:
    return JournalEntry(exchange_id=row["exchange_id"], at=row["at"], what=row["what"], detail=row["detail"])


def log_row_of(row: Row) -> LogRow:
    """A row of the fact log, of which nothing is believed yet."""
    return LogRow(
        seq=row["seq"],
        recorded_at=row["recorded_at"],
        patient=row["patient"],
        hospital=row["hospital"],
        municipality=row["municipality"],
        exchange_id=row["exchange_id"],
        text=row["entry"],
        digest=row["digest"],
        previous=row["previous"],
        hash=row["hash"],
    )


# ── what operators did ──────────────────────────────────────────────────────────────────────────────────────────────


def act_values(act: OperatorAct) -> Values:
    return {
        "subject": act.subject,
        "at": act.at,
        "who": act.who,
        "act": act.act.value,
        "reason": act.reason,
        "outcome": act.outcome,
    }


def act_of(row: Row) -> OperatorAct:
    return OperatorAct(row["subject"], row["at"], row["who"], Act(row["act"]), row["reason"], row["outcome"])


# ── statements ──────────────────────────────────────────────────────────────────────────────────────────────────────


def statement_values(issued: IssuedStatement) -> Values:
    return {
        "id": issued.id,
        "hospital": issued.hospital.value,
        "municipality": issued.municipality.value,
        "month": issued.month,
        "number": issued.number,
        "as_of": issued.as_of,
        "issued_at": issued.issued_at,
        "digest": issued.digest.value,
        "content": issued.content,
    }


def statement_of(row: Row) -> IssuedStatement:
    return IssuedStatement(
        id=row["id"],
        hospital=HerId(row["hospital"]),
        municipality=HerId(row["municipality"]),
        month=row["month"],
        number=row["number"],
        as_of=row["as_of"],
        issued_at=row["issued_at"],
        digest=Digest(row["digest"]),
        content=row["content"],
    )


# ── certificates ────────────────────────────────────────────────────────────────────────────────────────────────────


def revocation_values(kept: RevocationAnswer) -> Values:
    return {
        "form": str(kept.form),
        "about": kept.about.value,
        "tried_at": kept.tried_at,
        "answer": _text(kept.answer),
        "fetched_at": kept.fetched_at,
        "failures": kept.failures,
        "problem": kept.problem,
    }


def revocation_of(row: Row) -> RevocationAnswer:
    return RevocationAnswer(
        form=Form(row["form"]),
        about=Digest(row["about"]),
        tried_at=row["tried_at"],
        answer=None if row["answer"] is None else Digest(row["answer"]),
        fetched_at=row["fetched_at"],
        failures=row["failures"],
        problem=row["problem"],
    )


def check_values(check: CertificateCheck) -> Values:
    return {
        "message": check.message.value,
        "usage": str(check.usage),
        "judged_at": check.judged_at,
        "outcome": str(check.outcome),
        "action": str(check.action),
        "reason": check.reason,
        "chain": "\n".join(one.value for one in check.chain),
        "answers": "\n".join(f"{one.link} {one.form} {one.octets}" for one in check.answers),
    }


def check_of(row: Row) -> CertificateCheck:
    answers = (line.split(" ") for line in row["answers"].split("\n") if line)
    return CertificateCheck(
        message=Digest(row["message"]),
        usage=Usage(row["usage"]),
        judged_at=row["judged_at"],
        outcome=RevocationOutcome(row["outcome"]),
        action=Action(row["action"]),
        reason=row["reason"],
        chain=tuple(Digest(line) for line in row["chain"].split("\n") if line),
        answers=tuple(UsedAnswer(int(link), Form(form), Digest(octets)) for link, form, octets in answers),
    )
