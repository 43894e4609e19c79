"""`adapter seal`: encrypt and sign a message into a mail, offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.her_ids import HER_ID
from adapter.cli.output import one_thing_on_stdout, options, print_json, read_file, tell_beside, write_file

if TYPE_CHECKING:
    from adapter.values import HerId


@click.command("seal")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "from_", type=HER_ID, required=True, help="Our own party that sends.")
@click.option("--to", type=HER_ID, required=True, help="The partner's party that receives.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="OUT.eml")
@click.option(
    "--beside", multiple=True, type=click.Path(path_type=Path), help="A file that goes along as a part of its own."
)
@options
def command(
    file: Path, from_: HerId, to: HerId, output: Path, beside: tuple[Path, ...], config: Path, as_json: bool
) -> None:
    """Seal FILE with the keys and partners of the configuration: the mail that would be sent, and nothing is sent.

    The message is judged as before sending; what may not be sent is not sealed. What belongs to it goes beside it, as
    with `adapter send`: `--beside` once for each file, or a list `beside` in a JSON file.

    \b
    Examples:
      adapter seal ready.xml --from 990102 --to 990202 -o ready.eml
      adapter seal report.xml --beside wound.jpg --from 990102 --to 990202 -o report.eml
    """
    import sys

    from adapter.cli.findings import print_findings
    from adapter.service.bundle import unbundle
    from adapter.service.offline import seal_offline
    from adapter.service.submission import NotTaken

    one_thing_on_stdout(output, as_json=as_json)
    bundle = unbundle(read_file(file), file.parent)
    parts = (*bundle.beside, *(read_file(one) for one in beside))
    outcome = seal_offline(config, bundle.content, from_, to, parts)
    if isinstance(outcome, NotTaken):
        print_findings(str(file), outcome.findings, as_json=as_json, done="sealed")
        sys.exit(1)
    write_file(output, outcome.mail)
    if as_json:
        print_json(
            {
                "file": str(output),
                "message_id": outcome.message_id,
                "conversation_id": outcome.conversation_id,
                "revocation": outcome.revocation,
            }
        )
    says = f"{output}: sealed from {from_} to {to}, message {outcome.message_id}\n  revocation: {outcome.revocation}"
    tell_beside(output, says, as_json=as_json)
