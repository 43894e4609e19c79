"""How a received mail is answered: an ErrorList to the partner's own address, a guarded Fault, or nothing.

The address of an answer is the one that the partner directory has for the From HER-id, never the one in the mail
(`ebxml.md` §6.3). A Fault goes to a mail address, so it is sent only to the address of a known partner, at most once an
hour to each, never to ourselves and never for a mail from `<>`: otherwise two machines could answer each other without
end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapter.delivery import receiver
from adapter.delivery.receiver import Reception
from adapter.envelope import respond
from adapter.envelope.classify import Kind
from adapter.envelope.header import ReturnAddress
from adapter.envelope.mime import parse_mail
from adapter.envelope.respond import Answer
from adapter.envelope.seal import Sealed, fault_body
from adapter.envelope.signals import EbError, SoapFault
from adapter.envelope.unpack import MailFacts, mail_facts
from adapter.errors import AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.installation import Installation
from adapter.service.steps import Told, shown_id
from adapter.store.port import BlobKind, Mail, OutboxItem, OutboxKind, Writer
from adapter.values import Digest, EdiAddress, MessageId

_FAULT_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Response:
    """A finished answer and where it goes. `exchange_id` is the exchange it belongs to, None where there is none."""

    id: str
    body: bytes
    kind: OutboxKind
    sender: EdiAddress
    recipient: EdiAddress
    exchange_id: str | None = None
    in_reply_to: str | None = None

    def put(self, writer: Writer, now: datetime) -> Digest:
        """Keep the octets and put them into the outbox."""
        digest = writer.put_blob(self.body, BlobKind.SIGNAL, now)
        put_stored(writer, self, digest, now)
        return digest


def put_stored(writer: Writer, response: Response, body: Digest, now: datetime) -> None:
    """Put octets that are kept already into the outbox, to go the way of `response`."""
    writer.put_outbox(
        OutboxItem(
            id=response.id,
            kind=response.kind,
            body=body,
            sender=response.sender,
            recipient=response.recipient,
            due=now,
            created_at=now,
            exchange_id=response.exchange_id,
            in_reply_to=response.in_reply_to,
        )
    )


def signal_response(installation: Installation, to: ReturnAddress, sealed: Sealed) -> Response | None:
    """A sealed signal on its way to the partner; None when the directory does not know it or we are not addressed."""
    partner, own = installation.partners.find(to.sender), installation.own(to.receiver)
    if partner is None:
        return None
    address = own.address if own is not None else installation.settings.party[0].address
    return Response(sealed.message_id.value, sealed.body, OutboxKind.SIGNAL, address, partner.address)


def objection(installation: Installation, to: ReturnAddress, errors: tuple[EbError, ...]) -> Sealed:
    """A signed ErrorList about a message."""
    return installation.sealer.object_to(to, errors, MessageId(installation.ids.fresh()), installation.clock.now())


def answer_unreadable(installation: Installation, mail: Mail, octets: bytes, error: AdapterError) -> list[Told]:
    """A mail that cannot be taken apart: kept, and a Fault where the guard allows."""
    try:
        facts = mail_facts(parse_mail(octets))
    except AdapterError:
        facts = MailFacts("", "", "", "")
    return answer_by_fault(installation, mail, facts, error)


def answer_by_fault(installation: Installation, mail: Mail, facts: MailFacts, error: AdapterError) -> list[Told]:
    """Answer a mail by a SOAP Fault where the guard allows, else put it into quarantine."""
    now = installation.clock.now()
    recipient = _fault_address(installation, facts) if mail.envelope_from else None

    def write(writer: Writer) -> bool:
        allowed = recipient is not None and _may_fault(writer, recipient, now)
        event = Reception.UNREADABLE_ANSWERABLE if allowed else Reception.UNREADABLE
        writer.save_mail(replace(mail, reception=receiver.step(mail.reception, event, now, error.id).exchange))
        if allowed and recipient is not None:
            Response(
                installation.ids.fresh(),
                fault_body(SoapFault("Client", str(error))),
                OutboxKind.FAULT,
                installation.settings.party[0].address,
                recipient,
                in_reply_to=facts.message_id or None,
            ).put(writer, now)
            writer.keep_note(f"fault:{recipient}", now.isoformat())
        return allowed

    faulted = installation.store.write_now(write)
    event = events.MAIL_FAULTED if faulted else events.MAIL_QUARANTINED
    return [Told(event, Line(state="fault_sent" if faulted else "quarantine", rule=error.id))]


def _fault_address(installation: Installation, facts: MailFacts) -> EdiAddress | None:
    """The mail's reply address when it is that of a known partner; None where the guard forbids a Fault."""
    wanted = (facts.reply_to or facts.sender).strip().lower()
    known = {partner.address for partner in installation.partners.all()} - installation.own_addresses
    return next((address for address in known if address.value.lower() == wanted), None)


def _may_fault(writer: Writer, recipient: EdiAddress, now: datetime) -> bool:
    last = writer.note(f"fault:{recipient}")
    return last is None or now - datetime.fromisoformat(last) >= _FAULT_PAUSE


def refuse(
    installation: Installation,
    mail: Mail,
    kind: Kind,
    to: ReturnAddress | None,
    facts: MailFacts,
    error: AdapterError,
) -> list[Told]:
    """Answer a message that could not be verified or read: ErrorList, Fault or nothing, as the profile has it.

    Nothing is reserved for it: an unverified message leaves no trace but its own record.
    """
    decided = respond.refusal(kind, to)
    if decided is Answer.FAULT or (decided is Answer.ERROR and (to is None or not to.message_id)):
        return answer_by_fault(installation, mail, facts, error)
    now = installation.clock.now()
    response = None
    if decided is Answer.ERROR and to is not None:
        response = signal_response(installation, to, objection(installation, to, respond.errors(error)))
        if response is None:
            return answer_by_fault(installation, mail, facts, error)

    def write(writer: Writer) -> None:
        steps = (
            (Reception.HEADER_READ, Reception.SIGNAL_READ)
            if response is None
            else (Reception.HEADER_READ, Reception.NEW_ENVELOPE, Reception.RULE_BROKEN)
        )
        reception = receiver.walk(mail.reception, now, *steps, reason=error.id)
        writer.save_mail(replace(mail, reception=reception))
        if response is not None:
            response.put(writer, now)

    installation.store.write_now(write)
    partner = to.sender.value if to is not None else None
    message_id = shown_id(to.message_id) if to is not None else None
    event = events.SIGNAL_IGNORED if response is None else events.MESSAGE_REFUSED
    state = "closed" if response is None else "rejected"
    return [Told(event, Line(message_id=message_id, partner=partner, state=state, rule=error.id))]
