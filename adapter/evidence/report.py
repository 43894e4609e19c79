"""What does a check of a package say, line by line?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.evidence.manifest import Manifest


class Outcome(StrEnum):
    """What became of one check."""

    HOLDS = "holds"
    FAILS = "fails"
    NOTED = "noted"
    """nothing to check: what rests on the word of the exporter, or what the reader has to compare"""


class Check(StrEnum):
    """The kinds of check, in the order in which they are done."""

    CONTAINER = "container"
    MANIFEST = "manifest"
    DIGEST = "digest"
    CERTIFICATE = "certificate"
    SIGNATURE = "signature"
    ENCRYPTION = "encryption"
    REVOCATION = "revocation"
    PLAINTEXT = "plaintext"
    ACKNOWLEDGMENT = "acknowledgment"
    APPREC = "apprec"
    CHAIN = "chain"
    FACT = "fact"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Line:
    """One check. `member` is what it is about, empty for the whole package. No line holds patient data."""

    check: Check
    member: str
    outcome: Outcome
    says: str


def holds(check: Check, member: str, says: str) -> Line:
    return Line(check, member, Outcome.HOLDS, says)


def fails(check: Check, member: str, says: str) -> Line:
    return Line(check, member, Outcome.FAILS, says)


def noted(check: Check, member: str, says: str) -> Line:
    return Line(check, member, Outcome.NOTED, says)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was checked of one package."""

    manifest: Manifest
    lines: tuple[Line, ...]

    @property
    def holds(self) -> bool:
        """Whether no check fails."""
        return all(line.outcome is not Outcome.FAILS for line in self.lines)
