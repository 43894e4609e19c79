"""What the address register and an agreement decide, where they are at hand: EB-241 to EB-257."""

from __future__ import annotations

from typing import Final

from adapter.envelope.rules.rule import Consequence, Needs, RuleBook
from adapter.errors import WireCode

BOOK: Final = RuleBook()
_FAULT, _ERROR = Consequence.FAULT, Consequence.ERROR
_VALUE, _INCONSISTENT, _SECURITY = (
    WireCode.VALUE_NOT_RECOGNIZED,
    WireCode.INCONSISTENT,
    WireCode.SECURITY_FAILURE,
)
_PARTIES: Final = "HITS 1172 §5.9.1"
_AGREEMENT: Final = "HITS 1172 §5.9.2"
_CERTIFICATE: Final = "HITS 1172 §5.9.4"

_ROWS: Final[tuple[tuple[str, str, str, str, Consequence | None, WireCode | None], ...]] = (
    ("EB-241", "The sender's HER-id is in the register", _PARTIES, "29", _FAULT, None),
    ("EB-242", "The receiver's HER-id is in the register", _PARTIES, "54", _ERROR, _VALUE),
    ("EB-243", "The sender is a Service or OrganizationPerson", _PARTIES, "30", _ERROR, _VALUE),
    ("EB-244", "The receiver is a Service or OrganizationPerson", _PARTIES, "54", _ERROR, _VALUE),
    ("EB-245", "The sender has a valid EDI address", "HITS 1172 §4.2.2.3", "", _FAULT, None),
    ("EB-246", "A CPAId that is a UUID is that of the agreement in force", _AGREEMENT, "110", _ERROR, _VALUE),
    ("EB-247", "The sender is a party of the CPA", _AGREEMENT, "111", _ERROR, _INCONSISTENT),
    ("EB-248", "The receiver is a party of the CPA", _AGREEMENT, "112", _ERROR, _INCONSISTENT),
    ("EB-249", "Timestamp is not before the period of the CPA", _AGREEMENT, "113", _ERROR, _INCONSISTENT),
    ("EB-250", "Timestamp is not after the period of the CPA", _AGREEMENT, "114", _ERROR, _INCONSISTENT),
    ("EB-251", "The CPA is valid: status 2, received also 5", "HISD 1177 §6.2, §7.1", "", _ERROR, _INCONSISTENT),
    (
        "EB-252",
        "Service, Action, Role and direction are in the CPA",
        "ebMS 3.1.2; HISD 1177 ch. 7",
        "",
        _ERROR,
        _INCONSISTENT,
    ),
    ("EB-253", "The sender's signing certificate is in the register", _CERTIFICATE, "79", _ERROR, _SECURITY),
    ("EB-254", "The certificate in the message is that of the register", _CERTIFICATE, "44", _ERROR, _SECURITY),
    (
        "EB-255",
        "The receiver's encryption certificate is valid, for encryption, of a trusted issuer, not revoked",
        "HITS 1171 §4.1, §6",
        "",
        None,
        None,
    ),
    ("EB-256", "The receiver supports the type and version of the document", "HISD 1177 §6.1, §6.4", "", None, None),
    ("EB-257", "What the register said is at most 12 hours old, older only while it is away", "HISD 1177 ch. 8", "",
     None, None),
)  # fmt: skip

_BY: Final = {
    "EB-241": "adapter.service.agreements.expected_signer",
    "EB-242": "adapter.envelope.open.admit",
    "EB-243": "adapter.lookups.register_directory.RegisterDirectory.find",
    "EB-244": "adapter.lookups.register_directory.RegisterDirectory.find",
    "EB-245": "adapter.service.answers.signal_response",
    **dict.fromkeys((f"EB-{number}" for number in range(246, 253)), "adapter.envelope.agreement.admit"),
    "EB-253": "adapter.crypto.verification.verify",
    "EB-254": "adapter.crypto.verification.verify",
    "EB-255": "adapter.envelope.seal.Sealer.seal",
    "EB-256": "adapter.envelope.agreement.to_send",
    "EB-257": "adapter.lookups.register_directory.RegisterDirectory",
}
"""What judges each rule."""

for _id, _text, _source, _hits, _receive, _code in _ROWS:
    BOOK.elsewhere(Needs.REGISTER, _id, _text, _source, by=_BY[_id], hits=_hits, receive=_receive, code=_code)
