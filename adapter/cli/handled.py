"""`adapter handled`: a person has dealt with it."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli.output import options


@click.command("handled")
@click.argument("id_", metavar="ID")
@click.option("--reason", required=True, help="What was done, for the record; no patient data.")
@options
def command(id_: str, reason: str, config: Path, as_json: bool) -> None:
    """Mark an exchange or a set-aside mail as dealt with outside the adapter.

    Nothing is sent and no state changes; the mark is shown until the state changes.

    \b
    Examples:
      adapter handled 5f1d4b7a --reason "called the ward, they have the patient"
    """
    from adapter.cli.operating import act
    from adapter.service.operating import mark_handled

    act(mark_handled, id_, reason, config, as_json=as_json)
