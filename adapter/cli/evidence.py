"""`adapter evidence`: what proves a stay, and does a proof hold?"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import Json, options, options_alone, print_json, read_file, write_file
from adapter.errors import EVIDENCE_UNREADABLE, FILE_UNREADABLE, AdapterError

if TYPE_CHECKING:
    from cryptography import x509

    from adapter.evidence.report import Report


@click.group("evidence", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Make the evidence package of a stay, and check one."""


@command.command("export")
@click.argument("stay", metavar="STAY")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE")
@click.option("--anonymised", is_flag=True, help="For the dispute board: no message, no patient, a running number.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%dT%H:%M%z", "%Y-%m-%d"]), help="Decide as of then; now if left out."
)
@options
def export(stay: str, output: Path, anonymised: bool, as_of: datetime | None, config: Path, as_json: bool) -> None:
    """Write everything that proves STAY, a key that `adapter ledger` shows, into one signed file.

    The full package holds the messages of a patient: hand it to the other party only, by a secure channel. Exit code 1
    if something in it does not hold; the file is written all the same.

    \b
    Examples:
      adapter evidence export stay-4cef6efb -o stay.zip
    """
    from adapter.cli.operating import write_down
    from adapter.service import desk, dossier
    from adapter.service.access import Did
    from adapter.values import OSLO

    then = as_of if as_of is None or as_of.tzinfo is not None else as_of.replace(tzinfo=OSLO)
    with desk.installation(config) as installation:
        exported = dossier.export(installation, stay, then, anonymised=anonymised)
        write_down(installation.store, Did.EVIDENCE_EXPORTED, exported.report.manifest.stay)
    if str(output) != "-":
        _prepare(output)
    write_file(output, exported.package)
    if as_json:
        print_json({"file": str(output), "size": len(exported.package), **_report(exported.report)})
    else:
        members = len(exported.report.manifest.members)
        click.echo(
            f"{output}: {exported.stay}, {members} members, {len(exported.package)} octets", err=str(output) == "-"
        )
        for line in exported.report.lines:
            if line.outcome == "fails":
                click.echo(f"  fails   {line.member}: {line.says}", err=True)
    sys.exit(0 if exported.report.holds else 1)


@command.command("verify")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="ca.crt",
    help="A root that you trust (PEM or DER), in place of those in the package; may be given several times.",
)
@options_alone
def verify(file: Path, trust: tuple[Path, ...], as_json: bool) -> None:
    """Check an evidence package, offline: no store, no configuration, no network.

    Says line by line what holds, what fails, and what rests on the word of the exporter. Exit code 0 if all holds, 1 if
    something does not, 2 if the file is no package that can be read.

    \b
    Examples:
      adapter evidence verify stay.zip --trust ca.crt
    """
    from adapter.evidence import verify as checking

    report = checking.verify(_bounded(file), _roots(trust))
    if as_json:
        print_json({"file": str(file), **_report(report)})
    else:
        _print(file, report)
    sys.exit(0 if report.holds else 1)


def _prepare(output: Path) -> None:
    """A new file that nobody else on this machine can read."""
    try:
        output.touch(mode=0o600)
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{output} cannot be written: {error.strerror}") from None


def _bounded(file: Path) -> bytes:
    """The octets of a package; no file over the limit is read whole."""
    from adapter.evidence.container import MAX_OCTETS

    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as stream:
            head = stream.read(4)
            content = head + stream.read(MAX_OCTETS - 3) if head == b"PK\x03\x04" else head
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{file}: {error.strerror}") from None
    if not content.startswith(b"PK\x03\x04"):
        raise AdapterError(EVIDENCE_UNREADABLE, f"{file} does not begin as a package of ours does")
    return content


def _roots(files: tuple[Path, ...]) -> tuple[x509.Certificate, ...]:
    from adapter.crypto.certificates import load_certificates

    return tuple(certificate for file in files for certificate in load_certificates(read_file(file)))


def _report(report: Report) -> dict[str, Json]:
    manifest = report.manifest
    return {
        "holds": report.holds,
        "form": manifest.form.value,
        "stay": manifest.stay,
        "made_at": manifest.made_at.isoformat(),
        "software": manifest.software,
        "checks": [
            {"check": line.check.value, "member": line.member, "outcome": line.outcome.value, "says": line.says}
            for line in report.lines
        ],
    }


def _print(file: Path, report: Report) -> None:
    manifest = report.manifest
    made_at = f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"{file}: {manifest.form.value} package of {_printable(manifest.stay)}, made {made_at}")
    for line in report.lines:
        member = f"{line.member}: " if line.member else ""
        click.echo(f"  {line.outcome.value:6} {line.check.value:15} {_printable(member + line.says)}")
    failed = sum(line.outcome == "fails" for line in report.lines)
    words = sum(line.outcome == "noted" for line in report.lines)
    if failed:
        click.echo(f"{failed} {'check fails' if failed == 1 else 'checks fail'}.")
    else:
        click.echo(f"Everything that can be checked holds; {words} lines note what cannot be checked from here.")


def _printable(text: str) -> str:
    """A package is a stranger's file: what it says does not get to steer a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
