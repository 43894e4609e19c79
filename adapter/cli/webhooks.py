"""`adapter webhooks`: what did applications not hear?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from adapter.cli.output import options, print_json


@click.command("webhooks")
@click.option("--again", is_flag=True, help="Call once more about every notice that was set aside.")
@options
def command(again: bool, config: Path, as_json: bool) -> None:
    """Show how far each webhook has come, what its last call met, and what was set aside.

    Exit code 1 if anything is set aside (with --again: still).

    \b
    Examples:
      adapter webhooks
      adapter webhooks --again
    """
    from adapter.service import desk
    from adapter.service.webhooks import hooks, tell_again
    from adapter.values import utc_text

    with desk.installation(config) as installation:
        if again:
            for view in hooks(installation):
                for letter in view.letters:
                    reason = tell_again(installation, letter.hook, letter.seq)
                    click.echo(f"{letter.hook} {letter.seq}: {reason or 'taken'}", err=True)
        views = hooks(installation)
    if as_json:
        print_json(
            [
                {
                    "name": view.state.hook,
                    "behind": view.behind,
                    "attempts": view.state.attempts,
                    "next_attempt": utc_text(view.state.due) if view.state.due is not None else None,
                    "reason": view.state.reason,
                    "set_aside": [
                        {"seq": one.seq, "event": one.event, "exchange": one.exchange_id, "reason": one.reason}
                        for one in view.letters
                    ],
                }
                for view in views
            ]
        )
    else:
        for view in views:
            trouble = f", not taken {view.state.attempts} times: {view.state.reason}" if view.state.attempts else ""
            click.echo(f"{view.state.hook}: {view.behind} journal lines behind{trouble}")
            for one in view.letters:
                click.echo(f"  set aside {one.seq}  {one.event}  exchange {one.exchange_id}  {one.reason}")
        if not views:
            click.echo("The configuration has no [[webhook]].")
    sys.exit(1 if any(view.letters for view in views) else 0)
