"""Does our signature in octets that were kept still hold: would we sign with that certificate today?

The same is asked of what waits in the outbox and never left, and of what an operator wants to send again.
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from adapter.crypto.revocation import Judgement, Outcome
from adapter.delivery.resending import Signature
from adapter.service.installation import Installation


def signature_of(
    installation: Installation, signer: x509.Certificate, judgement: Judgement | None, now: datetime
) -> Signature:
    """How a signature by `signer` stands; `judgement` is what is known of its revocation, None where that is off."""
    if judgement is not None and judgement.outcome is Outcome.REVOKED:
        return Signature.REVOKED
    if now >= signer.not_valid_after_utc:
        return Signature.EXPIRED
    if signer != installation.sealer.signer.at(now).certificate:
        return Signature.REPLACED
    return Signature.HOLDS


def signature_now(installation: Installation, signer: x509.Certificate, now: datetime) -> Signature:
    """The same, after asking its issuers if need be: call it in a worker thread, outside a transaction."""
    judgement = installation.revocations.own(installation.store, signer, now)
    return signature_of(installation, signer, judgement, now)
