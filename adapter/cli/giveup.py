"""`adapter giveup`: no more."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli.output import options


@click.command("giveup")
@click.argument("id_", metavar="ID")
@click.option("--reason", required=True, help="Why, for the record; no patient data.")
@options
def command(id_: str, reason: str, config: Path, as_json: bool) -> None:
    """Stop sending a message of ours, or lay a mail in quarantine aside.

    A message that had left already may have arrived: a late answer is still taken and shown.

    \b
    Examples:
      adapter giveup 5f1d4b7a --reason "sent by post instead"
    """
    from adapter.cli.operating import act
    from adapter.service.operating import give_up

    act(give_up, id_, reason, config, as_json=as_json)
