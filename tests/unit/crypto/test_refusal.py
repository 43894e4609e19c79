"""What a refusal tells to whom."""

from __future__ import annotations

from adapter.crypto.refusal import RefusedError
from adapter.errors import DECRYPTION_FAILED, SIGNATURE_INVALID


def test_a_refusal_tells_its_rule_outward():
    """The sender hears what is wrong and by which rule."""
    error = RefusedError(SIGNATURE_INVALID, "EB-326", "the digest of the envelope", "/SOAP:Envelope")
    assert error.outward == "the signature of the message does not verify: the digest of the envelope (EB-326)"
    assert error.location == "/SOAP:Envelope"


def test_a_failed_decryption_tells_nothing_outward():
    """Not even the rule leaves the house."""
    assert RefusedError(DECRYPTION_FAILED, "EB-501", "reason").outward == "decryption failed"
