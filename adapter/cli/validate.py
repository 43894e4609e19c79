"""`adapter validate`: what is a document, and what is wrong with it?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from adapter.cli.findings import finding_lines, findings_json
from adapter.cli.output import Json, options, print_json
from adapter.cli.progress import progress
from adapter.errors import FILE_UNREADABLE
from adapter.messages.findings import Finding

UNREADABLE = "unreadable"
"""The kind of a file that cannot be read; in a folder a finding, named by itself a usage error."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one file."""

    file: str
    kind: str
    type: str | None
    valid: bool
    findings: tuple[Finding, ...]

    def json(self) -> Json:
        return {
            "file": self.file,
            "kind": self.kind,
            "type": self.type,
            "valid": self.valid,
            "findings": findings_json(self.findings),
        }


@click.command("validate")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|FOLDER...")
@click.option(
    "--side",
    type=click.Choice(["send", "receive"]),
    default="send",
    show_default=True,
    help="Judge as strictly as before sending, or as tolerantly as when received.",
)
@options
def command(paths: tuple[Path, ...], side: Literal["send", "receive"], config: Path, as_json: bool) -> None:
    """Judge messages: a business message, an AppRec, an ebXML envelope or a whole mail.

    Every finding is told with rule, place and what to change. Exit code 1 if any of them is an error.

    \b
    Examples:
      adapter validate message.xml
      adapter validate outbox/ --json
    """
    from adapter.cli.judging import judge_all

    files = list(_files(paths))
    named = frozenset(str(path) for path in paths)
    with progress("validating", len(files)) as tick:
        verdicts = []
        for verdict in judge_all([str(file) for file in files], side, config):
            if verdict.file in named and verdict.findings and verdict.findings[0].rule == FILE_UNREADABLE.id:
                click.echo(verdict.findings[0].message, err=True)
                sys.exit(2)
            verdicts.append(verdict)
            tick(len(verdicts), len(files))
    if as_json:
        print_json([verdict.json() for verdict in verdicts])
    else:
        _print(verdicts)
    sys.exit(0 if all(verdict.valid for verdict in verdicts) else 1)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        else:
            yield path


def _print(verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        word = "ok" if verdict.valid else "NOT VALID"
        click.echo(f"{verdict.file}: {verdict.kind} {verdict.type or ''}".rstrip() + f": {word}")
        for line in finding_lines(verdict.findings):
            click.echo(line)
    if len(verdicts) > 1:
        wrong = sum(not verdict.valid for verdict in verdicts)
        click.echo(f"{len(verdicts)} files, {wrong} not valid")
