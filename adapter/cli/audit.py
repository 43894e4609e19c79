"""`adapter audit`: who has looked at patient data?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from adapter.cli.moments import MOMENT
from adapter.cli.output import options, print_json


@click.command("audit")
@click.option("--who", help="Only accesses of this caller, as the list names it.")
@click.option("--about", help="Only accesses to this exchange id or stay key.")
@click.option("--since", type=MOMENT, help="Only from then on.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@options
def command(
    who: str | None, about: str | None, since: datetime | None, limit: int, config: Path, as_json: bool
) -> None:
    """List accesses to patient data, over HTTP and by commands that print it, and those refused, the newest first.

    A line says who, when, what, and about which exchange or stay; never what was seen.

    \b
    Examples:
      adapter audit
      adapter audit --json
    """
    from adapter.service import desk
    from adapter.store.access import AuditFilter
    from adapter.values import utc_text

    with desk.store(config) as (_, store):
        lines = store.read_now(lambda reader: reader.audit(AuditFilter(who, about, since, limit)))
    if as_json:
        print_json(
            [
                {
                    "seq": line.seq,
                    "at": utc_text(line.at),
                    "who": line.who,
                    "what": line.what,
                    "outcome": line.outcome,
                    "about": line.about,
                }
                for line in lines
            ]
        )
        return
    for line in lines:
        click.echo(f"{utc_text(line.at)}  {line.who}  {line.what}  {line.outcome}  {line.about}".rstrip())
    if not lines:
        click.echo("Nothing was looked at.")
