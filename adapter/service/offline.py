"""How a message is sealed and opened without store and daemon: the same steps, with nothing kept and nothing sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from adapter.config import load
from adapter.crypto.certificates import thumbprint
from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.envelope import open as opening
from adapter.envelope.mail import MailHeaders, mail
from adapter.envelope.open import VerifiedMessage
from adapter.envelope.routing import Process, Routing
from adapter.envelope.seal import PayloadIds
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import INPUT_NOT_UNDERSTOOD, MAIL_NOT_EBXML, AdapterError
from adapter.messages.findings import has_errors
from adapter.messages.read import read
from adapter.messages.reading import Recognised, understand
from adapter.messages.rules.rule import Side
from adapter.observe.log import Silent
from adapter.service import agreements, ended_keys
from adapter.service.bundle import require_fit
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.installation import Tools, open_tools
from adapter.service.sealing import beside_ids, reported
from adapter.service.submission import NotTaken, refusal, require_named_parts
from adapter.values import HerId, MessageId

REVOCATION_LEFT_OUT = "not looked at: nobody is asked offline whether a certificate has been revoked"
"""What every judgement without the daemon has to say of revocation, lest silence be taken for good news."""


@dataclass(frozen=True, slots=True)
class SealedMail:
    """A whole mail, ready to be handed to a mail server. `revocation` says what is known of the certificates."""

    mail: bytes
    message_id: str
    conversation_id: str
    revocation: str = REVOCATION_LEFT_OUT


@dataclass(frozen=True, slots=True)
class Opened:
    """A mail that was verified and decrypted. Times are those of the envelope; `checked` says what was checked.

    `revocation` is what is known of the standing of the signer's certificate, `beside`
    are its other payload parts, in their order.
    """

    content: bytes
    sender: str
    receiver: str
    message_id: str
    conversation_id: str
    service: str
    action: str
    timestamp: str
    signer: str
    signer_thumbprint: str
    checked: tuple[str, ...]
    warnings: tuple[str, ...]
    beside: tuple[bytes, ...] = ()
    revocation: str = REVOCATION_LEFT_OUT


@dataclass(frozen=True, slots=True)
class Refused:
    """A mail that was refused: the error id, the ebXML error code that its sender would get, the reason."""

    error: str
    wire: str
    reason: str


def seal_offline(
    config: Path, content: bytes, sender: HerId, receiver: HerId, beside: tuple[bytes, ...] = ()
) -> SealedMail | NotTaken:
    """Seal a message to a partner, and the parts that go beside it.

    Raises `AdapterError` for parties and keys that are no good, and for parts that cannot go.
    """
    require_fit(beside)
    tools = open_tools(load(config), MachineClock(), RandomIds(), Silent())
    reading = read(content, tools.schemas, tools.context(Side.SEND))
    if has_errors(reading.findings):
        return NotTaken(reading.findings)
    if reading.refusal is not None:
        return refusal(reading)
    if reading.type is None:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, "only a business message or an AppRec is sealed")
    require_named_parts(reading.head, beside)
    own, partner = tools.require_own(sender), tools.partner(receiver)
    receipted = reading.apprec.original.type if reading.apprec is not None else None
    process = Process(receipted.v, receipt=True) if receipted is not None and receipted.v else Process(reading.type)
    namespace, version = reported(reading)
    agreement = tools.agreement_for(sender, receiver, process, version)
    routing = Routing(sender, receiver, process, agreement.cpa_id, namespace, version, agreement.service_type)
    fresh, now = tools.ids.fresh, tools.clock.now()
    named = beside_ids(content, len(beside), fresh)
    ids = PayloadIds(MessageId(fresh()), fresh(), fresh(), fresh(), f"=_{fresh()}", named)
    recipient = agreement.certificate or partner.encryption_at(now)
    sealed = tools.sealer.seal(content, routing, recipient, ids, now, beside, partner.packing)
    headers = MailHeaders(own.address, agreement.address or partner.address, now, f"{fresh()}@{own.address.domain}")
    return SealedMail(mail(headers, sealed.body), sealed.message_id.value, sealed.conversation_id)


def open_offline(config: Path, content: bytes) -> Opened | Refused:
    """Verify and decrypt a mail that was sealed for us. Raises `AdapterError` for our keys and partners."""
    tools = open_tools(load(config), MachineClock(), RandomIds(), Silent())
    try:
        unpacked = unpack(content)
        if not isinstance(unpacked, Unpacked):
            raise AdapterError(MAIL_NOT_EBXML, "it is a bounce, an automatic reply or a SOAP Fault")
        message = opening.read(unpacked)
        now = tools.clock.now()
        verified = agreements.verify(tools, message, now)
        remarks = (*opening.admit(message, tools.own_hers, now), *agreements.admit(tools, message.header))
        try:
            documents = opening.decrypt(verified, tools.keys.at(now), NATIONAL, now)
        except RefusedError as error:
            why = ended_keys.reason(tools, verified, now)
            raise (RefusedError(error.kind, error.rule, why) if why else error) from error
        if not documents:
            raise AdapterError(MAIL_NOT_EBXML, "it is a signal without a payload")
    except AdapterError as error:
        return Refused(error.id, error.kind.wire.value if error.kind.wire is not None else "", str(error))
    main = next((one for one in documents if understand(one.octets).recognised in _LETTERS), documents[0])
    findings = (*verified.findings, *remarks, *main.findings)
    opened = _opened(tools, verified, main.octets, tuple(f"{one.rule}: {one.message}" for one in findings))
    return replace(opened, beside=tuple(one.octets for one in documents if one is not main))


_LETTERS = frozenset({Recognised.BUSINESS, Recognised.APPREC})


def _opened(tools: Tools, verified: VerifiedMessage, content: bytes, warnings: tuple[str, ...]) -> Opened:
    header, signer = verified.header, verified.check.signer
    source = tools.partner(header.sender.her).source
    return Opened(
        content=content,
        sender=header.sender.her.value,
        receiver=header.receiver.her.value,
        message_id=header.message_id.value,
        conversation_id=header.conversation_id,
        service=header.service.value,
        action=header.action,
        timestamp=header.timestamp.text,
        signer=signer.subject.rfc4514_string(),
        signer_thumbprint=thumbprint(signer),
        checked=(
            "the signature over the envelope and every attachment",
            f"the certificate is the one that {source} names for HER-id {header.sender.her}",
            "the certificate leads to a trusted root, was valid at the time of the envelope, and may sign",
            "the message is for one of our parties",
            "the payload opens with our key",
        ),
        warnings=warnings,
    )
