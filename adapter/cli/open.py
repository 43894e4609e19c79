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
@options
def command(file: Path, output: Path, config: Path, as_json: bool) -> None:
    """Open a sealed mail with the keys and partners of the configuration: verify, decrypt, write the message.

    Nothing is answered and nothing is kept. Exit code 1 if the mail is refused; then nothing is written.

    \b
    Examples:
      adapter open ready.eml -o ready.xml
      adapter open ready.eml -o ready.xml --json
    """
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
    write_file(output, outcome.content)
    told = {key: value for key, value in asdict(outcome).items() if key != "content"}
    if as_json:
        print_json({"opened": True, **told})
    checked = (f"  {check}" for check in outcome.checked)
    says = (f"{output}: opened; signed by {outcome.signer} at {outcome.timestamp}", *checked)
    tell_beside(output, "\n".join(says), as_json=as_json)
