"""The catalogue of everything that can go wrong: stable id, whose fault, wire code, AppRec code, retryable, remedy.

One row per kind of error, in one table, so that an operator's handbook, a log line, an ebXML ErrorList and an AppRec
can never disagree. An `AdapterError` carries its row and a detail; neither may hold a name, a national identity
number or a piece of a message. Wire codes are those of `ebxml.md` §6.4, AppRec codes those of `apprec.md` §4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Blame(StrEnum):
    """Whose fault an error is: who has to change something before it goes away."""

    CALLER = "caller"
    """the integrator or the person at the keyboard"""
    OPERATOR = "operator"
    """this installation: configuration, keys, disk"""
    PARTNER = "partner"
    """the other party: its message, its certificate, its mail server"""
    NETWORK = "network"
    """nobody yet: a connection that may come back"""
    ADAPTER = "adapter"
    """us: a defect to report"""


class WireCode(StrEnum):
    """The ebXML error codes of the profile (HIS 1037 §7.2.4, HITS 1171 §8.3)."""

    VALUE_NOT_RECOGNIZED = "ValueNotRecognized"
    NOT_SUPPORTED = "NotSupported"
    INCONSISTENT = "Inconsistent"
    OTHER_XML = "OtherXml"
    DELIVERY_FAILURE = "DeliveryFailure"
    TIME_TO_LIVE_EXPIRED = "TimeToLiveExpired"
    SECURITY_FAILURE = "SecurityFailure"
    MIME_PROBLEM = "MimeProblem"
    UNKNOWN = "Unknown"


class AppRecCode(StrEnum):
    """The AppRec error codes that this adapter sends itself (OID 2.16.578.1.12.4.1.1.8221)."""

    NOT_WELL_FORMED = "T01"
    NOT_SCHEMA_VALID = "T02"
    FORMAT_NOT_SUPPORTED = "T10"
    BAD_MSG_ID = "E10"
    RECEIVER_UNKNOWN = "E21"
    PATIENT_INSUFFICIENT = "E36"
    OTHER = "X99"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One row of the catalogue. `wire` and `apprec` are None where the error has no answer on that level."""

    id: str
    blame: Blame
    says: str
    remedy: str
    wire: WireCode | None = None
    apprec: AppRecCode | None = None
    retryable: bool = False


class AdapterError(Exception):
    """An error of the catalogue that happened. `detail` says what exactly; it holds no patient data."""

    def __init__(self, kind: ErrorKind, detail: str = "") -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind.says}: {detail}" if detail else kind.says)

    @property
    def id(self) -> str:
        return self.kind.id

    def sentence(self) -> str:
        """What happened and what to do about it, for a person."""
        return f"{self} [{self.kind.id}]. {self.kind.remedy}"


_CATALOGUE: dict[str, ErrorKind] = {}


def _kind(  # noqa: PLR0917
    id: str,  # noqa: A002
    blame: Blame,
    says: str,
    remedy: str,
    wire: WireCode | None = None,
    apprec: AppRecCode | None = None,
    *,
    retryable: bool = False,
) -> ErrorKind:
    if id in _CATALOGUE:
        raise ValueError(f"two errors are called {id}")
    _CATALOGUE[id] = ErrorKind(id, blame, says, remedy, wire, apprec, retryable)
    return _CATALOGUE[id]


def catalogue() -> tuple[ErrorKind, ...]:
    """Every kind of error, in the order of this file."""
    return tuple(_CATALOGUE.values())


# ── configuration, files, usage ─────────────────────────────────────────────────────────────────────────────────────

CONFIG_INVALID = _kind(
    "CFG-INVALID",
    Blame.OPERATOR,
    "the configuration cannot be used",
    "Correct the keys named; every mistake is listed at once.",
)
FILE_UNREADABLE = _kind(
    "FILE-UNREADABLE",
    Blame.CALLER,
    "the file cannot be read",
    "Check the path and the permissions.",
)
INPUT_NOT_UNDERSTOOD = _kind(
    "INPUT-NOT-UNDERSTOOD",
    Blame.CALLER,
    "the input has another shape than the command takes",
    "Compare with the example that the command prints.",
)

# ── XML and business messages ───────────────────────────────────────────────────────────────────────────────────────

XML_NOT_WELL_FORMED = _kind(
    "XML-NOT-WELL-FORMED",
    Blame.PARTNER,
    "the document is not well-formed XML",
    "Ask the sender for a corrected document; the position is in the detail.",
    WireCode.OTHER_XML,
    AppRecCode.NOT_WELL_FORMED,
)
XML_DOCTYPE = _kind(
    "XML-DOCTYPE",
    Blame.PARTNER,
    "the document has a document type declaration (DTD), which no message needs",
    "Remove the DOCTYPE and every entity declaration.",
    WireCode.OTHER_XML,
    AppRecCode.NOT_WELL_FORMED,
)
XML_TOO_LARGE = _kind(
    "XML-TOO-LARGE",
    Blame.PARTNER,
    "the document is over a limit",
    "Send a smaller document; the limit is named in the detail.",
    WireCode.OTHER_XML,
    AppRecCode.NOT_WELL_FORMED,
)

# ── partners, keys, certificates ────────────────────────────────────────────────────────────────────────────────────

# ── envelope and crypto ─────────────────────────────────────────────────────────────────────────────────────────────

# ── delivery and transports ─────────────────────────────────────────────────────────────────────────────────────────

# ── store ───────────────────────────────────────────────────────────────────────────────────────────────────────────

# ── liability and evidence ──────────────────────────────────────────────────────────────────────────────────────────
