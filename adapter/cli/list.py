"""`adapter list`: what is under way, how old it is, and what happens next."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.her_ids import HER_ID
from adapter.cli.output import options, print_json

if TYPE_CHECKING:
    from adapter.values import HerId


@click.command("list")
@click.option("--type", "type_", help="Only messages of this type, such as LOG_UTSKRIVNINGSKLAR.")
@click.option("--partner", type=HER_ID, help="Only exchanges with this HER-id.")
@click.option("--direction", type=click.Choice(["in", "out"]), help="Only received or only sent messages.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@options
def command(
    type_: str | None, partner: HerId | None, direction: str | None, limit: int, config: Path, as_json: bool
) -> None:
    """List exchanges, the newest first, with state, age, AppRec and next step.

    \b
    Examples:
      adapter list
      adapter list --partner 990202 --direction out --json
    """
    from adapter.service import desk
    from adapter.service.clock import MachineClock
    from adapter.service.views import rows
    from adapter.store.port import Direction, ExchangeFilter

    which = ExchangeFilter(
        direction=Direction(direction) if direction is not None else None,
        type=type_,
        peer=partner,
        limit=limit,
    )
    with desk.store(config) as (_, store):
        listed = store.read_now(lambda reader: rows(reader, which, MachineClock().now()))
    if as_json:
        print_json([asdict(one) for one in listed])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for head in ("exchange", "", "type", "partner", "state", "age", "AppRec", "next attempt", "next step"):
        table.add_column(head, overflow="fold")
    for one in listed:
        step = f"{one.next_step} ({one.reason})" if one.reason else one.next_step
        table.add_row(
            one.id[:8],
            one.direction,
            one.type,
            one.partner,
            one.state,
            age(one.age_seconds),
            one.apprec or "-",
            one.next_attempt or "-",
            step,
        )
    Console(width=None if Console().is_terminal else 200).print(table)


def age(seconds: int) -> str:
    """An age for a person: the largest unit that is not zero."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 0)} s"
