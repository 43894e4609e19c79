"""How a file is judged for `validate`: recognise what it is, then ask schema and rules."""

from __future__ import annotations

from typing import Literal

from adapter.cli.validate import Verdict
from adapter.lookups import packaged
from adapter.messages.codes import CodeLists
from adapter.messages.findings import Finding, Severity
from adapter.messages.read import read
from adapter.messages.reading import Reading, Recognised
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet


class Judge:
    """Judges document after document with one set of schemas and code lists."""

    def __init__(self, side: Literal["send", "receive"]) -> None:
        self._schemas = SchemaSet(packaged.schemas())
        self._context = Context(Side(side), CodeLists.parse(packaged.codes()))

    def verdict(self, file: str, content: bytes) -> Verdict:
        """What is to be said of the content of a file."""
        reading = read(content, self._schemas, self._context)
        findings = (*_refusal(reading), *reading.findings)
        valid = not any(finding.severity is Severity.ERROR for finding in findings)
        return Verdict(file, reading.recognised.value, reading.type, valid, findings)


def _refusal(reading: Reading) -> tuple[Finding, ...]:
    if reading.refusal is not None and not reading.findings:
        kind = reading.refusal.kind
        says = f"{kind.says}: {reading.refusal.detail}. {kind.remedy}" if reading.refusal.detail else kind.remedy
        return (Finding(kind.id, Severity.ERROR, "", None, says, "msghead.md §7.4"),)
    if reading.recognised is Recognised.UNKNOWN:
        says = "it is XML, but no MsgHead, AppRec or ebXML envelope; is it the right file?"
        return (Finding("UNKNOWN", Severity.ERROR, "", None, says, "design"),)
    return ()
