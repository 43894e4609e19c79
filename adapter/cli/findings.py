"""How findings are printed: for a person line by line, for a program as in `design.md` §5."""

from __future__ import annotations

from collections.abc import Iterable

import click

from adapter.cli.output import Json, print_json
from adapter.messages.findings import Finding


def findings_json(findings: Iterable[Finding]) -> list[Json]:
    """The findings as JSON objects."""
    return [
        {
            "rule": finding.rule,
            "severity": finding.severity.value,
            "path": finding.path,
            "line": finding.line,
            "message": finding.message,
            "source": finding.source,
        }
        for finding in findings
    ]


def finding_lines(findings: Iterable[Finding]) -> Iterable[str]:
    """The findings as indented lines."""
    for finding in findings:
        place = f"line {finding.line}, " if finding.line is not None else ""
        yield f"  {finding.severity.value:7} {finding.rule:10} {place}{finding.path or 'the whole document'}"
        yield f"          {finding.message} ({finding.source})"


def print_findings(file: str, findings: tuple[Finding, ...], *, as_json: bool, done: str = "sent") -> None:
    """Say why a message was not taken; `done` is what would have been done with it."""
    if as_json:
        print_json({"exchange": None, "findings": findings_json(findings)})
        return
    click.echo(f"{file}: not {done}", err=True)
    for line in finding_lines(findings):
        click.echo(line, err=True)
