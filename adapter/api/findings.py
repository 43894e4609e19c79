"""A finding as JSON: the keys of `adapter validate --json`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from adapter.messages.findings import Finding, Severity


class FindingModel(BaseModel):
    """One thing a check has to say: `path` and `line` say where, `message` what to change, `source` what demands it."""

    model_config = ConfigDict(frozen=True, title="Finding")

    rule: str
    severity: Severity
    path: str
    line: int | None
    message: str
    source: str

    @classmethod
    def of(cls, finding: Finding) -> FindingModel:
        """The model of a finding."""
        return cls(
            rule=finding.rule,
            severity=finding.severity,
            path=finding.path,
            line=finding.line,
            message=finding.message,
            source=finding.source,
        )
