"""`adapter validate`: what is a document, and what is wrong with it?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from adapter.cli.findings import finding_lines, findings_json
from adapter.cli.output import Json, options, print_json, read_file
from adapter.messages.findings import Finding


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
    from adapter.cli.judging import Judge

    judge = Judge(side, config)
    files = list(_files(paths))
    verdicts: list[Verdict] = []
    with _progress(len(files)) as tick:
        for file in files:
            verdicts.append(judge.verdict(str(file), read_file(file)))
            tick()
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


class _progress:  # noqa: N801
    """A progress bar on a terminal when there are many files; otherwise nothing."""

    def __init__(self, total: int) -> None:
        self._total = total if total > 20 and sys.stderr.isatty() else 0

    def __enter__(self) -> _progress:
        if self._total:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("validating", total=self._total)
        return self

    def __call__(self) -> None:
        if self._total:
            self._bar.advance(self._task)

    def __exit__(self, *error: object) -> None:
        if self._total:
            self._bar.stop()


def _print(verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        word = "ok" if verdict.valid else "NOT VALID"
        click.echo(f"{verdict.file}: {verdict.kind} {verdict.type or ''}".rstrip() + f": {word}")
        for line in finding_lines(verdict.findings):
            click.echo(line)
    if len(verdicts) > 1:
        wrong = sum(not verdict.valid for verdict in verdicts)
        click.echo(f"{len(verdicts)} files, {wrong} not valid")
