"""How AppRecs go out and come in: made for what we received, matched to what we sent."""

from __future__ import annotations

from adapter.delivery import sender
from adapter.delivery.receipts import ReceiptEvent
from adapter.delivery.sender_events import AppRecArrived
from adapter.facts import HowKnown
from adapter.messages.answering import answer
from adapter.messages.apprec import AppRec, write_apprec
from adapter.messages.reading import Reading
from adapter.messages.receipting import Decision, version_of
from adapter.observe import events
from adapter.service.build_json import SOFTWARE
from adapter.service.installation import Installation
from adapter.service.signals import own_address
from adapter.service.stay_log import record_kept_message, record_receipt
from adapter.service.steps import Told, line_of, take_receipt_step, take_transport_step
from adapter.store.port import BlobKind, Direction, Exchange, FactFilter, JournalEntry, Writer
from adapter.values import Digest, HerId, Moment, MsgId


def submit_apprecs(
    installation: Installation, writer: Writer, exchange: Exchange, reading: Reading, decision: Decision
) -> list[Told]:
    """Hand over one AppRec for each own receiver, as a submission of its own in the same conversation."""
    assert reading.head is not None
    told = []
    for due in decision.receipts:
        now = installation.clock.now()
        receipt_id = MsgId(installation.ids.fresh())
        receipt = answer(
            reading.head,
            due.receiver,
            due.role,
            due.errors,
            version=version_of(reading),
            now=Moment.at(now),
            receipt_id=receipt_id,
            software=SOFTWARE,
        )
        party = due.receiver.party_her
        own = party if party is not None and installation.own(party) is not None else exchange.receiver
        content = write_apprec(receipt)
        payload = writer.put_blob(content, BlobKind.PAYLOAD, now)
        outgoing = Exchange(
            id=installation.ids.fresh(),
            direction=Direction.OUT,
            type="APPREC",
            sender=own,
            receiver=exchange.sender,
            created_at=now,
            payload=payload,
            msg_id=receipt_id,
            generated=receipt.generated,
            conversation_id=exchange.conversation_id,
            receipt_for=exchange.id,
            transport=sender.new(now),
        )
        writer.add_exchange(outgoing)
        word = "rejected" if due.errors else "ok"
        writer.add_journal(JournalEntry(outgoing.id, now, "submitted", f"AppRec {word} for {exchange.id}"))
        writer.add_journal(JournalEntry(exchange.id, now, f"apprec: {word}", f"exchange {outgoing.id}"))
        told.append(Told(events.APPREC_SENT, line_of(outgoing, word)))
        told += record_receipt(
            installation, writer, exchange, not due.errors, Moment.at(now), HowKnown.OUR_MESSAGE, payload
        )
    return told


def take_apprec(
    installation: Installation, writer: Writer, exchange: Exchange, receipt: AppRec, mail: Digest
) -> list[Told]:
    """Feed a received, verified AppRec to the message that it is about (`apprec.md` §7.2)."""
    now = installation.clock.now()
    original = _original(installation, writer, receipt, exchange)
    if original is not None and not _may_receipt(installation, exchange.sender, original.receiver):
        original = None
    if original is None or receipt.accepted is None:
        writer.add_journal(JournalEntry(exchange.id, now, "an AppRec that answers nothing of ours"))
        return [Told(events.APPREC_UNKNOWN, line_of(exchange, "accepted"))]
    codes = tuple(error.v for error in receipt.errors if error.v)
    event = ReceiptEvent.ACCEPTED if receipt.accepted else ReceiptEvent.REJECTED
    made = receipt.generated or Moment.at(now)
    writer.add_journal(JournalEntry(exchange.id, now, "apprec for", original.id))
    address = own_address(installation, original)
    original, told = take_transport_step(
        writer, original, AppRecArrived(), now, installation.terms_for(original), address
    )
    if original.receipt is not None:
        original, more = take_receipt_step(writer, original, event, now, codes)
        told += more
    if not writer.facts(FactFilter(exchange_id=original.id)):
        # The acknowledgment says when the mail was kept; an AppRec dates the message only for want of one.
        told += record_kept_message(installation, writer, original, made, HowKnown.THEIR_RECEIPT, mail)
    told += record_receipt(installation, writer, original, receipt.accepted, made, HowKnown.THEIR_RECEIPT, mail)
    return told


def _may_receipt(installation: Installation, answering: HerId, asked: HerId) -> bool:
    """Whether a party may receipt what went to another: they are one organisation, or the same party."""
    answers, receives = installation.partners.find(answering), installation.partners.find(asked)
    if answers is None or receives is None:
        return answering == asked
    return answers.organisation_her == receives.organisation_her


def _original(installation: Installation, writer: Writer, receipt: AppRec, exchange: Exchange) -> Exchange | None:
    """The message of ours that an AppRec is about: by MsgId and answering party, by the envelope's party, or the only
    one with that MsgId that went to the answering organisation."""
    about = receipt.original.id
    if about is None:
        return None
    for party in (receipt.sender.party_her, exchange.sender):
        found = writer.find_sent(about, party) if party is not None else ()
        if found:
            return found[0]
    sent = [one for one in writer.find_sent(about) if _may_receipt(installation, exchange.sender, one.receiver)]
    return sent[0] if len(sent) == 1 else None
