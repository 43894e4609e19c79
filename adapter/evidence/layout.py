"""Where does what lie in a package? Members are named by role and number."""

from __future__ import annotations

import re
from typing import Final

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
CASE: Final = "case.json"
CHAIN: Final = "chain.json"
FACTS: Final = "facts.json"
"""all facts of an anonymised package"""
MESSAGES: Final = "messages.json"
"""all messages of an anonymised package"""

REVOCATION: Final = "revocation/checks.json"
"""what was found out about the certificates behind the mails"""

ALGORITHMS: Final = "terms/algorithms.json"
"""which mails were taken although they are signed with SHA-1, and until when that was allowed"""

EXPORTER: Final = "certificates/exporter-1.crt"
BASELINE: Final = "terms/baseline.toml"
AGREEMENT_DECISION: Final = "decision/agreement.json"
BASELINE_DECISION: Final = "decision/regulation.json"

_CERTIFICATE = re.compile(r"certificates/([a-z]+|[0-9]+)-[0-9]+\.crt")
_FACT = re.compile(r"facts/([0-9]{4,6})\.json")
_MESSAGE = re.compile(r"messages/([0-9]{3,5})/[a-z]+(?:-[a-z]+)*(?:-[0-9]+)?\.[a-z]+")
_ANSWER = re.compile(r"messages/[0-9]+/answer-[0-9]+\.(eml|mime)")
_SEALED = re.compile(r"messages/[0-9]+/(?:mail|answer-[0-9]+)\.(?:eml|mime)")
_RATES = re.compile(r"terms/rates-[0-9]+\.json")


def fact(number: int) -> str:
    """The canonical text of one entry of the fact log."""
    return f"facts/{number:04}.json"


def record(message: int) -> str:
    """What the exporter's own books say about a message."""
    return f"messages/{message:03}/record.json"


def received_mail(message: int) -> str:
    """A whole mail as it arrived."""
    return f"messages/{message:03}/mail.eml"


def sent_body(message: int) -> str:
    """The finished MIME body of a message that was sent; the mail headers before it were new at every resend."""
    return f"messages/{message:03}/mail.mime"


def document(message: int, part: int) -> str:
    """A decrypted attachment."""
    return f"messages/{message:03}/document-{part}.xml"


def content_key(message: int, part: int) -> str:
    """The key that opens one encrypted attachment."""
    return f"messages/{message:03}/content-key-{part}.bin"


def answer(message: int, number: int, *, received: bool) -> str:
    """An Acknowledgment or ErrorList about the message: a whole mail, or the MIME body that we sent."""
    return f"messages/{message:03}/answer-{number}.{'eml' if received else 'mime'}"


def certificate(whose: str, number: int) -> str:
    """A certificate, PEM: `root`, `issuer`, `exporter`, or the HER-id of who signs with it."""
    return f"certificates/{whose}-{number}.crt"


def agreement(number: int) -> str:
    """A profile that the parties have agreed on; most stays have one, or none."""
    return "terms/agreement.toml" if number == 1 else f"terms/agreement-{number}.toml"


def path_certificate(number: int) -> str:
    """A certificate of a path that was judged, DER."""
    return f"revocation/certificate-{number}.der"


def revocation_answer(number: int, form: str) -> str:
    """What an issuer answered, DER; `form` is `ocsp` or `crl`."""
    return f"revocation/answer-{number}.{form}"


def rates(number: int) -> str:
    """A table of prices; the first one shipped with the adapter, the second is the site's own."""
    return f"terms/rates-{number}.json"


def explanation(language: str) -> str:
    """The decision in words."""
    return f"decision/explanation-{language}.txt"


def whose_certificate(name: str) -> str | None:
    """What `certificate` was called with; None for any other member."""
    match = _CERTIFICATE.fullmatch(name)
    return None if match is None else match[1]


def fact_number(name: str) -> int | None:
    match = _FACT.fullmatch(name)
    return None if match is None else int(match[1])


def message_number(name: str) -> int | None:
    match = _MESSAGE.fullmatch(name)
    return None if match is None else int(match[1])


def is_answer(name: str) -> bool:
    return _ANSWER.fullmatch(name) is not None


def is_sealed(name: str) -> bool:
    """Whether it is a mail or a sealed body: a message, or an answer to one."""
    return _SEALED.fullmatch(name) is not None


def is_rates(name: str) -> bool:
    return _RATES.fullmatch(name) is not None
