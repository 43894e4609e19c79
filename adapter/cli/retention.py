"""`adapter retention`: what has had its time?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import Json, options, print_json
from adapter.cli.progress import progress

if TYPE_CHECKING:
    from adapter.service.retention import Going


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@options
def command(dry_run: bool, config: Path, as_json: bool) -> None:
    """Let go of what has had its time, by the days that `[retention]` names for each kind; the daemon does it daily.

    Never let go: what is open or waits for an answer, what a fact of a stay rests on, and what belongs to it. Of octets
    that go, digest, size and day stay, and `adapter show` and evidence name the day. The daemon may run meanwhile.

    \b
    Examples:
      adapter retention --dry-run
      adapter retention --json
    """
    from adapter.service import desk
    from adapter.service.clock import MachineClock
    from adapter.service.retention import due, let_go

    now = MachineClock().now()
    with desk.store(config) as (settings, store):
        going = due(store, settings.retention, now)
        done = None
        if not dry_run:
            with progress("letting go", sum(len(one.things) for one in going)) as tick:
                done = let_go(store, going, now, tick)
    if as_json:
        rows: list[Json] = [_row(one) for one in going]
        document: dict[str, Json] = {"dry_run": dry_run, "kinds": rows}
        if done is not None:
            document["gone"] = {kept.value: count for kept, count in done.gone}
            document["file_octets_before"] = done.before.octets
            document["file_octets"] = done.after.octets
            document["free_octets"] = done.after.free
        print_json(document)
        return
    for one in going:
        span = f", {one.oldest:%Y-%m-%d} to {one.newest:%Y-%m-%d}" if one.oldest and one.newest else ""
        after = f"after {one.days} days" if one.days is not None else "each with its own end"
        click.echo(f"{one.kept.value:14} {len(one.things):8} {one.octets:14} octets{span}  ({after})")
    if done is None:
        click.echo("Nothing was let go: this was a dry run.")
        return
    click.echo(f"{sum(count for _, count in done.gone)} let go; the file has {done.after.octets} octets", nl=False)
    click.echo(f", {done.before.octets - done.after.octets} less than before.")
    if done.after.free:
        click.echo(f"{done.after.free} octets in it are free and used again; `adapter store compact` gives them back.")


def _row(one: Going) -> Json:
    from adapter.values import utc_text

    return {
        "kind": one.kept.value,
        "days": one.days,
        "count": len(one.things),
        "octets": one.octets,
        "oldest": utc_text(one.oldest) if one.oldest is not None else None,
        "newest": utc_text(one.newest) if one.newest is not None else None,
    }
