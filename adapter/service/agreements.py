"""Whether what we receive and send stands under an agreement, and is signed by whom the directory names."""

from __future__ import annotations

from datetime import datetime

from adapter.crypto.refusal import RefusedError
from adapter.crypto.verification import ExpectedSigner
from adapter.envelope import agreement
from adapter.envelope import open as opening
from adapter.envelope.header import MessageHeader
from adapter.envelope.open import Message, VerifiedMessage
from adapter.errors import PARTNER_UNKNOWN, AdapterError
from adapter.messages.findings import Finding
from adapter.service.installation import Tools
from adapter.values import HerId

_SURPRISING = {"EB-253", "EB-254"}
"""No certificate, or another than the directory's: the party may have changed it since we asked."""


def expected_signer(tools: Tools, her: HerId, at: datetime) -> ExpectedSigner:
    """Who a message from this HER-id that arrives at a time must be signed by.

    Raises `AdapterError` (PARTNER_UNKNOWN).
    """
    partner = tools.partners.find(her)
    if partner is None:
        raise AdapterError(PARTNER_UNKNOWN, f"HER-id {her}")
    return ExpectedSigner(her.value, partner.source, partner.believed(at), tools.anchors)


def verify(tools: Tools, message: Message, now: datetime) -> VerifiedMessage:
    """Check who signed; before a certificate that surprises is refused, the directory is asked once anew (§8.6).

    Raises `RefusedError`, or `AdapterError` (PARTNER_UNKNOWN, REGISTER_UNREACHABLE).
    """
    her = message.header.sender.her
    try:
        return opening.verify(message, expected_signer(tools, her, now), tools.policy_of(her), now)
    except RefusedError as error:
        if error.rule not in _SURPRISING or not tools.partners.refresh(her):
            raise
    return opening.verify(message, expected_signer(tools, her, now), tools.policy_of(her), now)


def admit(tools: Tools, header: MessageHeader) -> tuple[Finding, ...]:
    """Whether a verified payload message stands under the agreement it names.

    Raises `RefusedError` (EB-246 to EB-252), or `AdapterError` (REGISTER_UNREACHABLE).
    """
    named = None if agreement.is_pair_id(header.cpa_id) else tools.partners.agreement(header.cpa_id)
    return agreement.admit(header, named, register=tools.partners.asks_register)
