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
from adapter.envelope.classify import Kind, stranger
from adapter.envelope.header import ReturnAddress
from adapter.envelope.mime import survey_mail
from adapter.envelope.respond import Answer
from adapter.envelope.rules import judge
from adapter.envelope.rules.rule import Context
from adapter.envelope.rules.subject import of_mail
from adapter.envelope.seal import Sealed, fault_body
from adapter.envelope.shown import shown_id
from adapter.envelope.signals import EbError, SoapFault
from adapter.envelope.unpack import MailFacts, mail_facts
from adapter.errors import JUDGING_DEFECT, STORE_EXPIRED, AdapterError
from adapter.messages.findings import Finding
from adapter.messages.rules.rule import Side
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service import vetting
from adapter.service.clock import lately
from adapter.service.installation import Installation
from adapter.service.kept_refusals import KeptRefusal
from adapter.service.steps import Told
from adapter.store.port import BlobKind, Mail, OutboxItem, OutboxKind, Reader, Writer
from adapter.values import Digest, EdiAddress, MessageId

_FAULT_PAUSE = timedelta(hours=1)

MAX_OBJECTIONS = 20
"""How many ErrorLists a party gets in an hour for mails whose signature was not verified. Anybody can write a partner's
HER-id into a mail; without a limit the mails of a stranger would be turned into as many signed mails of ours to the
partner. A partner with a wrong certificate has read enough after twenty, and its message handler sends again."""

_OBJECTIONS_WITHIN = timedelta(hours=1)


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


def signal_response(installation: Installation, to: ReturnAddress, answer_id: str, body: bytes) -> Response | None:
    """A sealed signal on its way to the partner; None when the directory does not know it or we are not addressed."""
    partner, own = installation.partners.find(to.sender), installation.own(to.receiver)
    if partner is None:
        return None
    address = own.address if own is not None else installation.settings.party[0].address
    return Response(answer_id, body, OutboxKind.SIGNAL, address, partner.address)


def objection(installation: Installation, to: ReturnAddress, errors: tuple[EbError, ...]) -> Sealed:
    """A signed ErrorList about a message, under our first HER-id where the one addressed is none of ours.

    Raises `AdapterError` (SIGNER_REVOKED, REVOCATION_UNKNOWN, SIGNER_UNUSABLE) while nothing can be signed.
    """
    now = installation.clock.now()
    vetting.require_signer(installation, now)
    answering = to.receiver if installation.own(to.receiver) is not None else installation.settings.party[0].her
    message_id = MessageId(installation.ids.fresh())
    return installation.sealer.object_to(to, errors, message_id, now, answering)


def everything_wrong(installation: Installation, mail: Mail, error: AdapterError) -> tuple[Finding, ...]:
    """What every rule has to say about a mail that is refused, so that its sender hears all of it at once (EB-627).

    Nothing of a mail that broke our own code: it is refused for that alone, and its rules might break once more.
    """
    if error.kind is JUDGING_DEFECT:
        return ()
    octets = installation.store.read_now(lambda reader: reader.blob(mail.raw))
    return judge(of_mail(octets), Context(Side.RECEIVE, installation.clock.now()))


def answer_unreadable(installation: Installation, mail: Mail, octets: bytes, error: AdapterError) -> list[Told]:
    """A mail that cannot be taken apart: kept, and a Fault where the guard allows.

    Its headers can mostly be read although its parts cannot; a bounce or an automatic reply that came broken is what it
    would be whole, and gets nothing.
    """
    entity, _ = survey_mail(octets)
    answerable = entity is not None and stranger(entity) is None
    facts = mail_facts(entity) if entity is not None and answerable else MailFacts("", "", "", "")
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
            writer.keep_note(f"fault:{recipient}", now.isoformat(), until=now + _FAULT_PAUSE)
        return allowed

    faulted = installation.store.write_now(write)
    event = events.MAIL_FAULTED if faulted else events.MAIL_QUARANTINED
    return [Told(event, Line(state="fault_sent" if faulted else "quarantine", rule=error.id))]


def _fault_address(installation: Installation, facts: MailFacts) -> EdiAddress | None:
    """The mail's reply address when it is that of a known partner; None where the guard forbids a Fault."""
    wanted = facts.reply_to.strip().lower()
    known = {partner.address for partner in installation.partners.all()} - installation.own_addresses
    return next((address for address in known if address.value.lower() == wanted), None)


def _may_fault(writer: Writer, recipient: EdiAddress, now: datetime) -> bool:
    last = writer.note(f"fault:{recipient}")
    return last is None or not lately(datetime.fromisoformat(last), _FAULT_PAUSE, now)


def refuse(
    installation: Installation,
    mail: Mail,
    kind: Kind,
    to: ReturnAddress | None,
    facts: MailFacts,
    error: AdapterError,
    kept: KeptRefusal | None = None,
) -> list[Told]:
    """Answer a message that could not be verified or read: ErrorList, Fault or nothing, as the profile has it.

    Nothing is reserved for it: an unverified message leaves no trace but its own record, and where `kept` is given the
    ErrorList that the same octets get when they come again.
    """
    decided = respond.refusal(kind, to)
    if decided is Answer.ERROR and to is not None and _is_flooding(installation, to):
        return _keep_silent(installation, mail, error)
    if decided is Answer.FAULT or (decided is Answer.ERROR and (to is None or not to.message_id)):
        return answer_by_fault(installation, mail, facts, error)
    now = installation.clock.now()
    response = None
    if decided is Answer.ERROR and to is not None:
        response = _refusal(installation, mail, to, error, kept)
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
        if response is not None and to is not None:
            digest = response.put(writer, now)
            if kept is not None:
                kept.keep(writer, digest, now)
            counted = _counted(writer.note(_flood_note(to)), now)
            writer.keep_note(_flood_note(to), counted, until=now + _OBJECTIONS_WITHIN)

    installation.store.write_now(write)
    partner = to.sender.value if to is not None else None
    message_id = shown_id(to.message_id) if to is not None else None
    event = events.SIGNAL_IGNORED if response is None else events.MESSAGE_REFUSED
    state = "closed" if response is None else "rejected"
    return [Told(event, Line(message_id=message_id, partner=partner, state=state, rule=error.id))]


def _refusal(
    installation: Installation, mail: Mail, to: ReturnAddress, error: AdapterError, kept: KeptRefusal | None
) -> Response | None:
    """An ErrorList on its way, a new one or the one that these octets had before; None when nobody is to get it."""
    if kept is not None:
        now = installation.clock.now()
        before = installation.store.read_now(lambda reader: _octets(reader, kept.answer(reader, now)))
        if before:
            return signal_response(installation, to, kept.outbox_id, before)
    sealed = objection(installation, to, respond.errors(error, everything_wrong(installation, mail, error)))
    answer_id = sealed.message_id.value if kept is None else kept.outbox_id
    return signal_response(installation, to, answer_id, sealed.body)


def _octets(reader: Reader, answer: Digest | None) -> bytes:
    """The octets of a kept answer; empty where there is none, or the retention of signals has let go of it."""
    try:
        return b"" if answer is None else reader.blob(answer)
    except AdapterError as error:
        if error.kind is not STORE_EXPIRED:
            raise
        return b""


def _is_flooding(installation: Installation, to: ReturnAddress) -> bool:
    """Whether the party has had as many ErrorLists in this hour as unverified mails may cause."""
    now = installation.clock.now()
    began, count = _count_of(installation.store.read_now(lambda reader: reader.note(_flood_note(to))), now)
    return count >= MAX_OBJECTIONS and lately(began, _OBJECTIONS_WITHIN, now)


def _flood_note(to: ReturnAddress) -> str:
    return f"objections:{to.sender}"


def _counted(note: str | None, now: datetime) -> str:
    """The note after one more ErrorList: when the hour began, and how many there were in it."""
    began, count = _count_of(note, now)
    return f"{began.isoformat()} {count + 1}" if lately(began, _OBJECTIONS_WITHIN, now) else f"{now.isoformat()} 1"


def _count_of(note: str | None, now: datetime) -> tuple[datetime, int]:
    if note is None:
        return now, 0
    began, _, count = note.partition(" ")
    return datetime.fromisoformat(began), int(count)


def _keep_silent(installation: Installation, mail: Mail, error: AdapterError) -> list[Told]:
    """Put a mail aside without an answer, where the operator sees it."""
    now = installation.clock.now()

    def write(writer: Writer) -> None:
        stepped = receiver.step(
            mail.reception, Reception.UNREADABLE, now, f"{error.id}, not answered: too many"
        ).exchange
        writer.save_mail(replace(mail, reception=stepped))

    installation.store.write_now(write)
    return [Told(events.MAIL_QUARANTINED, Line(state="quarantine", rule=error.id))]
