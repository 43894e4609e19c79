"""`adapter validate`: what is a document, and what is wrong with it?"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from adapter.cli.findings import finding_lines, findings_json
from adapter.cli.output import MAX_INPUT, Json, options, too_large
from adapter.cli.progress import progress
from adapter.errors import FILE_UNREADABLE, AdapterError
from adapter.messages.findings import Finding

UNREADABLE = "unreadable"
"""The kind of a file in a folder that cannot be read; named by itself it is a usage error."""


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
    from adapter.cli.judging import Asked, judge_all
    from adapter.cli.site import site_of

    for path in paths:
        _readable(path)
    asked = Asked(side, site_of(config), config)
    files = [str(file) for file in _files(paths)]
    tell = _Json() if as_json else _Text(len(files))
    with progress("validating", len(files), tells_each=True) as tick:
        for number, verdict in enumerate(judge_all(files, asked), 1):
            tell.verdict(verdict)
            tick(number, len(files))
    tell.end()
    sys.exit(0 if tell.wrong == 0 else 1)


def _readable(path: Path) -> None:
    """A file that was named has to be there, and no larger than a message; in a folder that is a finding."""
    if str(path) == "-" or path.is_dir():
        return
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{path}: {error.strerror}") from None
    if size > MAX_INPUT:
        raise AdapterError(FILE_UNREADABLE, f"{path}: {too_large()}")


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        else:
            yield path


class _Text:
    """Verdicts for a person, told one by one, so that a folder of any size is never held in memory."""

    def __init__(self, total: int) -> None:
        self.wrong = 0
        self._total = total

    def verdict(self, verdict: Verdict) -> None:
        self.wrong += not verdict.valid
        word = "ok" if verdict.valid else "NOT VALID"
        click.echo(f"{verdict.file}: {verdict.kind} {verdict.type or ''}".rstrip() + f": {word}")
        for line in finding_lines(verdict.findings):
            click.echo(line)

    def end(self) -> None:
        if self._total != 1:
            click.echo(f"{self._total} files, {self.wrong} not valid")


class _Json:
    """Verdicts as one JSON list, written item by item for the same reason."""

    def __init__(self) -> None:
        self.wrong = 0
        self._before = "["

    def verdict(self, verdict: Verdict) -> None:
        self.wrong += not verdict.valid
        click.echo(self._before + "\n" + json.dumps(verdict.json(), ensure_ascii=False, indent=2), nl=False)
        self._before = ","

    def end(self) -> None:
        click.echo("[]" if self._before == "[" else "\n]")
