"""What follows for a message from the standing of a certificate, and from the form of its envelope.

It is taken, remarked on, kept waiting, or refused.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from cryptography import x509

from adapter.crypto.certificates import Usage, describe
from adapter.crypto.refusal import RefusedError
from adapter.crypto.revocation import Judgement, Outcome
from adapter.crypto.standing import Action
from adapter.crypto.tolerated import SHA1, tolerated
from adapter.envelope.open import VerifiedMessage
from adapter.envelope.rules import BY_ID
from adapter.envelope.rules.rule import Consequence
from adapter.errors import (
    CERTIFICATE_REVOKED,
    ENVELOPE_INCONSISTENT,
    ENVELOPE_INVALID,
    ENVELOPE_NOT_SUPPORTED,
    ENVELOPE_VALUE,
    REVOCATION_UNKNOWN,
    SIGNATURE_FORM,
    SIGNER_REVOKED,
    AdapterError,
    WireCode,
)
from adapter.messages.findings import Finding, Severity
from adapter.service.installation import Installation
from adapter.service.revocations import Vetted
from adapter.store.port import Mail
from adapter.values import Digest, instant_text

_SIGNATURE = "/SOAP:Envelope/SOAP:Header/ds:Signature/ds:KeyInfo"


def vet_signer(installation: Installation, message: VerifiedMessage, mail: Mail, now: datetime) -> Vetted | None:
    """Judge the certificate that a received message is signed with; None where revocation is not looked at.

    Where the signature rests on SHA-1 what let it in is kept as evidence for the message.

    Raises `RefusedError` (EB-325; CERTIFICATE_REVOKED or REVOCATION_UNKNOWN) when the message is to be refused, and a
    plain `AdapterError` (REVOCATION_UNKNOWN) when it is to wait.
    """
    signer, header = message.check.signer, message.header
    listed = installation.partners.listed_as(header.sender.her)
    if SHA1 in message.check.warnings and listed is not None and listed.sha1_before is not None:
        note = f"{listed.sha1_before.isoformat()} {instant_text(now)} {listed.source}"
        installation.store.write_now(lambda writer: writer.keep_note(sha1_note(mail.raw), note))
    vetted = installation.revocations.vet(
        installation.store, signer, Usage.SIGNING, header.timestamp.instant, mail.reception.received, now
    )
    if vetted is None:
        return None
    if vetted.action is Action.REFUSE:
        evidence = vetted
        installation.store.write_now(lambda writer: evidence.keep(writer, mail.raw))
    _stop(vetted, describe(signer, "KeyInfo of the message", header.sender.her.value), _SIGNATURE)
    return vetted


def sha1_note(mail: Digest) -> str:
    """The note of the store that says under which end of the SHA-1 switch a mail was judged, when, and whose it is."""
    return f"sha1:{mail}"


def vet_recipient(
    installation: Installation, certificate: x509.Certificate, her: str, since: datetime, now: datetime
) -> Vetted | None:
    """Judge the certificate that a message handed in at `since` is to be encrypted to. Raises as `vet_signer`."""
    vetted = installation.revocations.vet(installation.store, certificate, Usage.ENCRYPTION, now, since, now)
    if vetted is not None:
        _stop(vetted, describe(certificate, "the partner directory", her), "")
    return vetted


def require_signer(installation: Installation, now: datetime) -> None:
    """Require that our own certificate may sign now.

    Once it is revoked nothing is signed: every partner would refuse it. For want of a certain answer [revocation] own
    rules; nothing of ours is ever refused for it, it waits.

    Raises `AdapterError` (SIGNER_REVOKED, REVOCATION_UNKNOWN).
    """
    certificate = installation.sealer.signer.at(now).certificate
    judgement = installation.revocations.own(installation.store, certificate, now)
    if judgement is None:
        return
    detail = f"{_known(judgement)}: {describe(certificate, 'our keys', 'ourselves')}"
    if judgement.outcome is Outcome.REVOKED:
        raise AdapterError(SIGNER_REVOKED, detail)
    if installation.settings.revocation.own.holds(judgement.outcome.value):
        raise AdapterError(REVOCATION_UNKNOWN, detail)


def _known(judgement: Judgement) -> str:
    when = f" at {judgement.revoked_at:%Y-%m-%d %H:%M} UTC" if judgement.revoked_at is not None else ""
    return f"{judgement.outcome.value}{when}, {judgement.reason}"


def remarks(vetted: Vetted | None) -> tuple[Finding, ...]:
    """What the log is told of a certificate that was taken although something is missing."""
    if vetted is None or vetted.action is not Action.WARN:
        return ()
    judgement = vetted.status.judgement
    says = f"the certificate is {judgement.outcome.value}: {judgement.reason}"
    return (tolerated("EB-325", "Envelope/Header/Signature", says, "HITS 1171 §5.2.5; ebxml.md §4.5"),)


def _stop(vetted: Vetted, named: str, location: str) -> None:
    if vetted.action not in {Action.REFUSE, Action.HOLD}:
        return
    judgement = vetted.status.judgement
    kind = CERTIFICATE_REVOKED if judgement.outcome is Outcome.REVOKED else REVOCATION_UNKNOWN
    detail = f"{_known(judgement)}: {named}"
    if vetted.action is Action.HOLD:
        raise AdapterError(kind, detail)
    raise RefusedError(kind, "EB-325", detail, location)


def require_form(installation: Installation, message: VerifiedMessage, findings: tuple[Finding, ...]) -> None:
    """Refuse an envelope for its form: by its schema, and with `validation.strict` for what is tolerated otherwise.

    What a rule tolerates shows in the schema too, so that the schema decides only where no rule has found anything:
    then it knows of a fault that is nobody's known mistake (EB-108, EB-109, HITS 1172 §5.6).

    Raises `RefusedError`: ENVELOPE_INVALID, or in strict mode the error of the rule's own code (`ebxml.md` ch. 10).
    """
    if installation.settings.validation.strict:
        for one in findings:
            rule = BY_ID.get(one.rule)
            if rule is not None and rule.receive is Consequence.REMARK and rule.code is not None:
                raise RefusedError(_STRICT[rule.code], rule.id, one.message, one.path)
    elif findings:
        return
    document = message.message.unpacked.envelope.document
    broken = next((one for one in installation.schemas.validate(document) if one.severity is Severity.ERROR), None)
    if broken is not None:
        raise RefusedError(ENVELOPE_INVALID, schema_rule(broken.path), broken.message, broken.path)


_OF_SOAP: Final = re.compile(r"Envelope(/(Header|Body)(\[\d+\])?)?(/@\w+)?|.*/@(mustUnderstand|actor|encodingStyle)")
"""Paths of what the schema of SOAP declares: the frame itself, and the attributes that it gives to blocks."""


def schema_rule(path: str) -> str:
    """The rule that a fault found by the schemas breaks: that of SOAP 1.1 (EB-108) or that of ebMS 2.0 (EB-109)."""
    return "EB-108" if _OF_SOAP.fullmatch(path) else "EB-109"


_STRICT = {
    WireCode.VALUE_NOT_RECOGNIZED: ENVELOPE_VALUE,
    WireCode.INCONSISTENT: ENVELOPE_INCONSISTENT,
    WireCode.NOT_SUPPORTED: ENVELOPE_NOT_SUPPORTED,
    WireCode.OTHER_XML: ENVELOPE_INVALID,
    WireCode.SECURITY_FAILURE: SIGNATURE_FORM,
}
