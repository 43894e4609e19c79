"""`adapter send`: hand a message to the daemon."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from adapter.cli.output import options, print_json, read_file


@click.command("send")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE|-")
@click.option(
    "--beside", multiple=True, type=click.Path(path_type=Path), help="A file that goes along as a part of its own."
)
@options
def command(file: Path, beside: tuple[Path, ...], config: Path, as_json: bool) -> None:
    """Hand over a message, as XML or as build-JSON with its kind (`{"kind": "discharge-ready", ...}`).

    What belongs to it goes beside it, each file a payload part of its own: `--beside` once for each, or a list `beside`
    in the JSON.

    The message is judged now. With an error in it nothing is sent and every finding is told; otherwise it is kept
    before this command returns, the running daemon sends it, and the id of its exchange is printed.

    \b
    Examples:
      adapter send ready.xml
      adapter send report.xml --beside wound.jpg --beside medicines.pdf
      adapter build discharge-ready ready.json | adapter send -
    """
    from adapter.cli.findings import print_findings
    from adapter.cli.operating import caller_here
    from adapter.lookups import packaged
    from adapter.messages.codes import CodeLists
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.build_json import build_message, is_json
    from adapter.service.bundle import unbundle
    from adapter.service.submission import NotTaken, submit_now
    from adapter.values import MsgId

    folder = Path() if str(file) == "-" else file.parent
    bundle = unbundle(read_file(file), folder)
    content, parts = bundle.content, (*bundle.beside, *(read_file(one) for one in beside))
    with desk.installation(config) as installation:
        if is_json(content):
            content = build_message(
                content,
                None,
                (installation.settings, installation.partners),
                now=installation.clock.now(),
                msg_id=MsgId(installation.ids.fresh()),
                codes=CodeLists.parse(packaged.codes()),
                folder=folder,
            )
        outcome = submit_now(
            installation,
            content,
            lambda writer, exchange: writer.add_audit(
                caller_here().line(installation.clock.now(), Did.SUBMITTED, exchange)
            ),
            parts,
        )
    if isinstance(outcome, NotTaken):
        print_findings(str(file), outcome.findings, as_json=as_json)
        sys.exit(1)
    if as_json:
        print_json({"exchange": outcome})
    else:
        click.echo(outcome)
