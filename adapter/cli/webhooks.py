"""`adapter webhooks`: what did applications not hear?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from adapter.cli.output import options, print_json


@click.command("webhooks")
@click.option("--again", is_flag=True, help="Call once more about every notice that was set aside.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Notices of each webhook.")
@click.option(
    "--after", type=click.IntRange(min=0), default=0, help="Only notices after this number, the last that was shown."
)
@options
def command(again: bool, limit: int, after: int, config: Path, as_json: bool) -> None:
    """Show how far each webhook has come, what its last call met, and what was set aside.

    Exit code 1 if a notice is shown that was set aside (with --again: that still is).

    \b
    Examples:
      adapter webhooks
      adapter webhooks --again
      adapter webhooks --after 4711
    """
    from adapter.service import desk
    from adapter.service.webhooks import hooks, set_aside, tell_again
    from adapter.values import utc_text

    with desk.installation(config) as installation:
        if again:
            for hook in installation.settings.webhook:
                place: int | None = after
                while place is not None:
                    page = set_aside(installation, hook.name, after=place)
                    for letter in page.letters:
                        reason = tell_again(installation, letter.hook, letter.seq)
                        click.echo(f"{letter.hook} {letter.seq}: {reason or 'taken'}", err=True)
                    place = page.following
        views = hooks(installation, limit, after)
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
                        for one in view.set_aside.letters
                    ],
                    "next": view.set_aside.following,
                }
                for view in views
            ]
        )
    else:
        for view in views:
            trouble = f", not taken {view.state.attempts} times: {view.state.reason}" if view.state.attempts else ""
            click.echo(f"{view.state.hook}: {view.behind} journal lines behind{trouble}")
            for one in view.set_aside.letters:
                click.echo(f"  set aside {one.seq}  {one.event}  exchange {one.exchange_id}  {one.reason}")
            if view.set_aside.following is not None:
                click.echo(f"  and more: adapter webhooks --after {view.set_aside.following}")
        if not views:
            click.echo("The configuration has no [[webhook]].")
    sys.exit(1 if any(view.set_aside.letters for view in views) else 0)
