"""How AppRecs go out and come in: made for what we received, matched to what we sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from adapter.delivery import sender
from adapter.delivery.owed import due, is_over
from adapter.delivery.receipts import ReceiptEvent
from adapter.delivery.sender_events import AppRecArrived
from adapter.errors import AppRecCode
from adapter.facts import HowKnown
from adapter.messages.answering import ReceiverRole, answer, error
from adapter.messages.answering import receipt as make
from adapter.messages.apprec import AppRec, AppRecVersion, Original, write_apprec
from adapter.messages.codes import IdType
from adapter.messages.datatypes import cs, moment
from adapter.messages.head import Participant
from adapter.messages.parties import Ident, Organisation
from adapter.messages.reading import Reading
from adapter.messages.receipting import Decision, Own, late, version_of
from adapter.messages.rules.known import OwnReceipt
from adapter.observe import events
from adapter.service.build_json import SOFTWARE
from adapter.service.installation import Installation
from adapter.service.signals import own_address
from adapter.service.stay_log import record_kept_message, record_receipt
from adapter.service.steps import Told, line_of, take_receipt_step, take_transport_step
from adapter.store.port import BlobKind, Direction, Exchange, FactFilter, JournalEntry, Reader, Writer
from adapter.values import Digest, HerId, MessageId, Moment, MsgId, Zone, utc_text


def own_at(installation: Installation, addressed: HerId) -> Own:
    """Who we are for an envelope to this party of ours: its organisation, and that organisation's parties.

    An installation may host several organisations. Each gets envelopes of its own and answers only for itself: a
    receipt is never sent on behalf of another organisation (HITS 1168 §5.1, `apprec.md` §5.5, `msghead.md` §9.4).
    """
    party = installation.own(addressed)
    if party is None:
        return Own(frozenset(), frozenset())
    organisation = party.organisation.her
    parties = (one.her for one in installation.settings.party if one.organisation.her == organisation)
    return Own(frozenset({organisation}), frozenset(parties))


def in_time(
    installation: Installation, writer: Writer, exchange: Exchange, decision: Decision
) -> tuple[Decision, list[Told]]:
    """What may still be said of what a person or the application has decided: all of it, or after the 96 hours what is
    positive (AR-024). The sender that is told nothing has to hear it otherwise, so an operator is told.

    What is refused when it comes is answered at once, however late it comes: the checks of `apprec.md` §5.2 know no
    limit, and nobody has kept its sender waiting.
    """
    now = installation.clock.now()
    still = late(decision)
    if still == decision or not is_over(due_of(exchange), now):
        return decision, []
    writer.add_journal(JournalEntry(exchange.id, now, "no AppRec", NOTHING_NEGATIVE))
    return still, [Told(events.MESSAGE_UNANSWERED, line_of(exchange, "accepted", "AR-024"))]


def was_receipted(journal: Iterable[JournalEntry]) -> bool:
    """Whether an AppRec was handed over for the received message of this journal: there is one only, ever (AR-017)."""
    return any(line.what.startswith(_APPREC) for line in journal)


def own_receipt(reader: Reader, exchange: Exchange, now: datetime) -> OwnReceipt:
    """What a received message has been answered with."""
    lines = reader.journal(exchange.id)
    if was_receipted(lines):
        negative = any(line.what == f"{_APPREC}{_REJECTED}" for line in lines)
        return OwnReceipt.NEGATIVE if negative else OwnReceipt.SETTLED
    owed = exchange.reception is not None and exchange.type != "APPREC" and not is_over(due_of(exchange), now)
    return OwnReceipt.OWED if owed else OwnReceipt.SETTLED


_REJECTED: Final = "rejected"
_APPREC: Final = "apprec: "
"""How the journal's words about an AppRec begin, at the message that it is for."""


def due_of(exchange: Exchange) -> datetime:
    """Until when a received message is to be receipted."""
    assert exchange.reception is not None
    return due(exchange.reception.received, exchange.generated)


NOTHING_NEGATIVE: Final = "the 96 hours are over, and after them only a positive AppRec may be sent (AR-024)"


def submit_apprecs(
    installation: Installation, writer: Writer, exchange: Exchange, reading: Reading, decision: Decision, sent: Moment
) -> list[Told]:
    """Hand over one AppRec for each own receiver, as a submission of its own in the same conversation.

    `sent` is the eb:Timestamp, or when the envelope came; it stands for a GenDate that the message has not.
    """
    assert reading.head is not None
    told, parties = list[Told](), own_at(installation, exchange.receiver).parties
    for one in decision.receipts:
        receipt = answer(
            reading.head,
            _said_by_envelope(installation, exchange, sent),
            one.receiver,
            one.role,
            one.errors,
            version=version_of(reading),
            now=Moment.at(installation.clock.now()),
            receipt_id=MsgId(installation.ids.fresh()),
            software=SOFTWARE,
        )
        party = one.receiver.party_her
        own = party if party is not None and party in parties else exchange.receiver
        told += _hand_over(installation, writer, exchange, receipt, own)
    return told


_ENVELOPE_SAYS = "Id og tidspunkt er konvoluttens."
_UNREAD: Final = {
    AppRecCode.NOT_WELL_FORMED: f"Dokumentet kunne ikke leses. {_ENVELOPE_SAYS}",
    AppRecCode.FORMAT_NOT_SUPPORTED: f"Dokumentet er ikke en melding med hodemelding (MsgHead 1.2). {_ENVELOPE_SAYS}",
}
"""What the receipt says where nothing of the document could be read (`apprec.md` §6.1)."""


def submit_by_envelope(
    installation: Installation, writer: Writer, exchange: Exchange, sent: Moment, code: AppRecCode | None
) -> list[Told]:
    """Tell the sender that its document could not be read or is not supported, by what its verified envelope says
    (`apprec.md` §5.1 step 3, §6.1). Nothing where the envelope does not say enough: its sender waits, and an operator
    is told."""
    own, partner = installation.own(exchange.receiver), installation.partners.find(exchange.sender)
    original = _said_by_envelope(installation, exchange, sent)
    if own is None or partner is None or original.type is None or original.id is None or code is None:
        return []
    if exchange.action == "APPREC":  # a receipt is never receipted, nor what came as one
        return []
    now = Moment.at(installation.clock.now())
    receipt = make(
        _party(own.her, own.name, own.organisation.her, own.organisation.name),
        ReceiverRole.PRIMARY,
        _party(partner.her, partner.name, partner.organisation_her, partner.organisation_name),
        original,
        (error(code, installation.codes.text("8221", code) or "", _UNREAD[code]),),
        version=AppRecVersion.V1_1,
        now=now,
        receipt_id=MsgId(installation.ids.fresh()),
        software=SOFTWARE,
    )
    return _hand_over(installation, writer, exchange, receipt, exchange.receiver)


def _said_by_envelope(installation: Installation, exchange: Exchange, sent: Moment) -> Original:
    """What the envelope says of the message in it: eb:Action, eb:Timestamp, eb:MessageId (`apprec.md` §6.1)."""
    action = exchange.action or ""
    named = installation.codes.text("8279", action)
    issued = sent.text if sent.zone is Zone.STATED else utc_text(sent.instant)
    return Original(
        cs(action, named) if named is not None else None,
        issued,
        MsgId(exchange.message_id.value) if exchange.message_id is not None else None,
    )


def _party(her: HerId, name: str, organisation_her: HerId, organisation_name: str) -> Participant:
    """A party on its two levels, as the address register has it."""
    type_ = IdType.HER.of_organisation()
    service = Organisation(name, idents=(Ident(her.value, type_),))
    return Participant(Organisation(organisation_name, idents=(Ident(organisation_her.value, type_),), unit=service))


def _hand_over(
    installation: Installation, writer: Writer, exchange: Exchange, receipt: AppRec, own: HerId
) -> list[Told]:
    """Take a receipt in for sending, from this party of ours."""
    now = installation.clock.now()
    payload = writer.put_blob(write_apprec(receipt), BlobKind.PAYLOAD, now)
    outgoing = Exchange(
        id=installation.ids.fresh(),
        direction=Direction.OUT,
        type="APPREC",
        sender=own,
        receiver=exchange.sender,
        created_at=now,
        payload=payload,
        msg_id=receipt.id,
        generated=receipt.generated,
        conversation_id=exchange.conversation_id,
        receipt_for=exchange.id,
        transport=sender.new(now),
    )
    writer.add_exchange(outgoing)
    word = _REJECTED if receipt.errors else "ok"
    writer.add_journal(JournalEntry(outgoing.id, now, "submitted", f"AppRec {word} for {exchange.id}"))
    writer.add_journal(JournalEntry(exchange.id, now, f"{_APPREC}{word}", f"exchange {outgoing.id}"))
    told = [Told(events.APPREC_SENT, line_of(outgoing, word))]
    return told + record_receipt(
        installation, writer, exchange, not receipt.errors, Moment.at(now), HowKnown.OUR_MESSAGE, payload
    )


def take_apprec(
    installation: Installation, writer: Writer, exchange: Exchange, receipt: AppRec, mail: Digest
) -> list[Told]:
    """Feed a received, verified AppRec to the message that it is about (`apprec.md` §7.2)."""
    now = installation.clock.now()
    original = receipted(installation, writer, receipt, exchange)
    if original is None or receipt.accepted is None:
        writer.add_journal(JournalEntry(exchange.id, now, "an AppRec that answers nothing of ours"))
        return [Told(events.APPREC_UNKNOWN, line_of(exchange, "accepted"))]
    codes = tuple(error.v for error in receipt.errors if error.v)
    event = ReceiptEvent.ACCEPTED if receipt.accepted else ReceiptEvent.REJECTED
    made = receipt.generated or Moment.at(now)
    writer.add_journal(JournalEntry(exchange.id, now, "apprec for", original.id))
    noted = _noted(writer, exchange, [f"AR-016: {says}" for says in _unlike(receipt, original)], now)
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
    return noted + told


def note_findings(writer: Writer, exchange: Exchange, reading: Reading, now: datetime) -> list[Told]:
    """Tell what is wrong with a received AppRec; it counts all the same where it can be read (`apprec.md` §7.2)."""
    return _noted(writer, exchange, [f"{one.rule}: {one.message}" for one in reading.findings], now)


def _noted(writer: Writer, exchange: Exchange, remarks: list[str], now: datetime) -> list[Told]:
    for remark in dict.fromkeys(remarks):
        writer.add_journal(JournalEntry(exchange.id, now, "noted", remark))
    rules = dict.fromkeys(remark.partition(":")[0] for remark in remarks)
    return [Told(events.MESSAGE_NOTED, line_of(exchange, "accepted", rule)) for rule in rules]


def _unlike(receipt: AppRec, original: Exchange) -> Iterator[str]:
    """In what an AppRec names another message than ours by that MsgId; nothing is matched on it (§7.2 step 3)."""
    named = receipt.original
    if named.id != original.msg_id:
        return
    if named.type is not None and named.type.v is not None and named.type.v != original.type:
        yield "OriginalMsgId/MsgType is not that of the message"
    issued = moment(named.issued)
    if issued is not None and original.generated is not None and issued.instant != original.generated.instant:
        yield "OriginalMsgId/IssueDate is not the GenDate of the message"


def receipted(installation: Installation, reader: Reader, receipt: AppRec, exchange: Exchange) -> Exchange | None:
    """The message of ours that a received AppRec is about, if its sender may receipt it."""
    original = _original(installation, reader, receipt, exchange)
    if original is None or not _may_receipt(installation, exchange.sender, original.receiver):
        return None
    return original


def _may_receipt(installation: Installation, answering: HerId, asked: HerId) -> bool:
    """Whether a party may receipt what went to another: they are one organisation, or the same party."""
    answers, receives = installation.partners.find(answering), installation.partners.find(asked)
    if answers is None or receives is None:
        return answering == asked
    return answers.organisation_her == receives.organisation_her


def _original(installation: Installation, reader: Reader, receipt: AppRec, exchange: Exchange) -> Exchange | None:
    """The message of ours that an AppRec is about: by MsgId and answering party, by the envelope's party, the only one
    with that MsgId that went to the answering organisation, or by the envelope that it names."""
    about = receipt.original.id
    if about is None:
        return None
    for party in (receipt.sender.party_her, exchange.sender):
        found = reader.find_sent(about, party) if party is not None else ()
        if found:
            return found[0]
    sent = [one for one in reader.find_sent(about) if _may_receipt(installation, exchange.sender, one.receiver)]
    return sent[0] if len(sent) == 1 else _by_envelope(reader, about, exchange)


def _by_envelope(reader: Reader, about: MsgId, exchange: Exchange) -> Exchange | None:
    """The message whose envelope an AppRec names, for want of a document that its receiver could read (T01)."""
    try:
        return reader.by_message_id(Direction.OUT, MessageId(about.value), exchange.sender)
    except ValueError:
        return None
