"""What a check has found: which rule, how bad, where, and what to change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`error` stops a message, `warning` lets it pass and is counted, `info` is only told."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check has to say about a document.

    `rule` is the id of a registered rule, or `XSD`. `path` names elements by their local names from the root, as in
    `MsgHead/MsgInfo/GenDate`, and is empty where the finding is about the whole. `line` is None where the document
    has no lines to point at. `message` says what to change and quotes no value of the document. `source` names the
    standard and section.
    """

    rule: str
    severity: Severity
    path: str
    line: int | None
    message: str
    source: str


def has_errors(findings: tuple[Finding, ...]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
