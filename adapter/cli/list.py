"""`adapter list`: what is under way, how old it is, and what happens next."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain
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
@click.option("--state", metavar="WORD", help="Only exchanges in this state, as the list calls it: delivery_failed.")
@click.option("--mails", is_flag=True, help="Only mails that became no exchange: in quarantine, put off, refused.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--after", help="Go on after this exchange (with --mails: this mail), the last of a list before.")
@options
def command(
    type_: str | None,
    partner: HerId | None,
    direction: str | None,
    state: str | None,
    mails: bool,
    limit: int,
    after: str | None,
    config: Path,
    as_json: bool,
) -> None:
    """List exchanges, the newest first, with state, age, AppRec and next step.

    Mails that became no exchange stand among them, unless the list is narrowed or goes on after another one.

    \b
    Examples:
      adapter list
      adapter list --partner 990202 --direction out --json
      adapter list --state delivery_failed
      adapter list --mails --limit 1000 --after 6f1c0a52
    """
    from adapter.service import desk
    from adapter.service.clock import MachineClock
    from adapter.service.operating import find_subject
    from adapter.service.views import SET_ASIDE, STATE_WORDS, Row, rows, set_aside
    from adapter.store.port import Direction, Exchange, ExchangeFilter, ListPlace, Reader

    narrowed = type_ is not None or partner is not None or direction is not None or state is not None
    if mails and narrowed:
        raise click.UsageError(
            "--mails: what became no exchange has no type, partner, direction or state to narrow it by"
        )
    if state is not None and state not in STATE_WORDS:
        raise click.UsageError(f"--state: the words are {', '.join(STATE_WORDS)}")
    now = MachineClock().now()

    def place(reader: Reader) -> ListPlace | None:
        if after is None:
            return None
        last = find_subject(reader, after)
        if isinstance(last, Exchange) is mails:
            raise click.UsageError("--after: with --mails the id of a mail, without it that of an exchange")
        moment = last.created_at if isinstance(last, Exchange) else last.reception.received
        return ListPlace(moment, last.id)

    def look(reader: Reader) -> tuple[Row, ...]:
        if mails:
            page = set_aside(reader, SET_ASIDE, limit, now, place(reader))
            found = page.rows
            while page.following is not None and len(found) < limit:
                page = set_aside(reader, SET_ASIDE, limit, now, page.following)
                found += page.rows
            return found[:limit]
        every = ExchangeFilter(
            direction=Direction(direction) if direction is not None else None,
            type=type_,
            peer=partner,
            limit=limit,
            after=place(reader),
        )
        which = (every,) if state is None else STATE_WORDS[state].of(every)
        several = [rows(reader, one, now) for one in which]
        if len(several) == 1:
            return several[0]
        return tuple(sorted(chain.from_iterable(several), key=lambda row: row.age_seconds))[:limit]

    with desk.store(config) as (_, store):
        listed = store.read_now(look)
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
