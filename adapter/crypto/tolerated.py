"""What is accepted although the profile says otherwise: each tolerance, by the rule under which it is counted."""

from __future__ import annotations

from adapter.messages.findings import Finding, Severity


def tolerated(rule: str, path: str, message: str, source: str) -> Finding:
    """The named warning that goes with something accepted; `rule` is an id of `ebxml.md` chapter 10."""
    return Finding(rule, Severity.WARNING, path, None, message, source)


_SIGNATURE = "Envelope/Header/Signature"

TWO_TRANSFORMS = tolerated(
    "EB-315", _SIGNATURE, "the envelope reference lacks the XPath transform", "HIS 1037 §5.5; HITS 1172 rules 36, 38"
)
SEVERAL_CERTIFICATES = tolerated("EB-320", _SIGNATURE, "KeyInfo holds more than one certificate", "HITS 1172 rule 65")
HAS_OBJECT = tolerated("EB-330", _SIGNATURE, "the signature holds a ds:Object", "HIS 1037 §6.2.3")
STRAY_REFERENCE = tolerated(
    "EB-429", _SIGNATURE, "a signal without attachment is signed with a cid reference", "HIS 1037 §8.2"
)
SHA1 = tolerated("EB-317", _SIGNATURE, "SHA-1 is accepted from this party for a while yet", "HIS 1037 news 2021")
