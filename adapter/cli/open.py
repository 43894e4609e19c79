"""`adapter open`: verify and decrypt a mail, offline."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from adapter.cli.output import one_thing_on_stdout, options, print_json, read_file, tell_beside, write_file


@click.command("open")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.eml")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="OUT.xml")
@click.option(
    "--beside", type=click.Path(path_type=Path), metavar="FOLDER", help="Write its other payload parts into FOLDER."
)
@options
def command(file: Path, output: Path, beside: Path | None, config: Path, as_json: bool) -> None:
    """Open a sealed mail with the keys and partners of the configuration: verify, decrypt, write the message.

    Nothing is answered, and nothing is kept but a line of `adapter audit`. Exit code 1 if the mail is refused; then
    nothing is written.

    \b
    Examples:
      adapter open ready.eml -o ready.xml
      adapter open ready.eml -o ready.xml --json
      adapter open report.eml -o report.xml --beside files/
    """
    from adapter.cli.operating import write_down
    from adapter.envelope.shown import shown_id
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.extracting import extracts, write_all
    from adapter.service.offline import Refused, open_offline

    one_thing_on_stdout(output, as_json=as_json)
    outcome = open_offline(config, read_file(file))
    if isinstance(outcome, Refused):
        if as_json:
            print_json({"opened": False, **asdict(outcome)})
        else:
            answered = f", answered by {outcome.wire}" if outcome.wire else ""
            click.echo(f"{file}: refused: {outcome.reason} [{outcome.error}]{answered}", err=True)
        sys.exit(1)
    with desk.store(config) as (_, store):
        write_down(store, Did.PAYLOAD_READ, shown_id(outcome.message_id) or "")
    write_file(output, outcome.content)
    parts = extracts(b"", outcome.beside)
    written = [str(path) for path in write_all(beside, parts)] if beside is not None else []
    told = {key: value for key, value in asdict(outcome).items() if key not in {"content", "beside"}}
    if as_json:
        print_json({"opened": True, **told, "parts": len(parts), "beside": list(written)})
    checked = (f"  {check}" for check in outcome.checked)
    says = (f"{output}: opened; signed by {outcome.signer} at {outcome.timestamp}", *checked)
    tell_beside(output, "\n".join((*says, f"  revocation: {outcome.revocation}", *written)), as_json=as_json)
    if len(written) < len(parts):
        click.echo(f"{len(parts)} other payload parts came with it; --beside FOLDER writes them", err=True)
