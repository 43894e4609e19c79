"""`adapter simulate`: what happens when the other side is awkward?"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import asdict
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from adapter.cli.output import options_alone, print_json, read_file
from adapter.cli.progress import progress


def _situations(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The situations that a word may become; a shell finishes the names of files where there is none."""
    from adapter.testing.simulation import SITUATIONS

    return [
        CompletionItem(begun, type="file"),
        *(CompletionItem(name) for name in SITUATIONS if name.startswith(begun)),
    ]


@click.command("simulate")
@click.argument("what", required=False, metavar="[SITUATION|FILE.toml]", shell_complete=_situations)
@click.option("--list", "list_them", is_flag=True, help="The situations that ship with the adapter.")
@options_alone
def command(what: str | None, list_them: bool, as_json: bool) -> None:
    """Play a hospital's message to a municipality that is late, silent, careless or far away, and show what happens.

    Both adapters are made for the occasion: real messages and cryptography, a driven clock, no network, nothing kept.
    SITUATION is one of --list; a FILE.toml holds steps of your own, one key in each [[step]]: send, careless,
    mail_server, road, release, wait_hours, stranger, contradict, clock_hours.

    \b
    Examples:
      adapter simulate --list
      adapter simulate lost-answer
      adapter simulate my-fear.toml --json
    """
    from adapter.observe.log import quieten_libraries
    from adapter.testing.simulation import SITUATIONS, scenario, simulate, situation

    if list_them:
        if as_json:
            print_json({name: says for name, (says, _) in SITUATIONS.items()})
        else:
            for name, (says, _) in SITUATIONS.items():
                click.echo(f"{name:17} {says}")
        return
    if what is None:
        raise click.UsageError("name a situation of `adapter simulate --list`, or a scenario file")
    said = situation(what) if what in SITUATIONS else scenario(read_file(Path(what)), what)
    quieten_libraries()
    with tempfile.TemporaryDirectory(prefix="adapter-simulate-") as folder, progress("playing") as told:
        report = asyncio.run(simulate(Path(folder) / "place", said, told))
    if as_json:
        print_json(asdict(report))
        return
    click.echo(f"{'hours':>7}  {'transport':16} {'AppRec':10} {'delivered':>9}  step")
    for one in report.moments:
        click.echo(f"{one.hours:7.1f}  {one.transport:16} {one.apprec:10} {one.deliveries:9}  {one.step}")
    for side, journal in (("hospital", report.sent_journal), ("municipality", report.received_journal)):
        click.echo(f"\nwhat the {side} wrote down:")
        for line in journal:
            click.echo(f"  {line}")
    click.echo(f"\nnext: {report.next_step}")
