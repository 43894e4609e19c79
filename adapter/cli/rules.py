"""`adapter rules`: what is checked, where, with which consequence, and by which norm?"""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli.output import Json, options, print_json


@click.command("rules")
@click.argument("ids", nargs=-1, metavar="[ID|FAMILY]...")
@options
def command(ids: tuple[str, ...], config: Path, as_json: bool) -> None:
    """List every rule, or those named by id (MH-001) or family (PL).

    \b
    Examples:
      adapter rules PL
      adapter rules MH-015 --json
    """
    from adapter.cli.registers import rule_rows

    wanted = {id_.upper() for id_ in ids}
    rows = [row for row in rule_rows() if not wanted or {row.id, row.id.partition("-")[0]} & wanted]
    known = {name for row in rows for name in (row.id, row.id.partition("-")[0])}
    if wanted - known:
        raise click.UsageError(
            f"there is no rule or family {', '.join(sorted(wanted - known))}; `adapter rules` lists all"
        )
    if as_json:
        found: list[dict[str, Json]] = [
            {
                "id": row.id,
                "text": row.text,
                "send": row.send,
                "receive": row.receive,
                "apprec": row.apprec,
                "standing": row.standing.value,
                "by": row.by,
                "source": row.source,
            }
            for row in rows
        ]
        print_json(found)
        return
    for row in rows:
        sides = "".join(f"{side}: {says}, " for side, says in (("send", row.send), ("receive", row.receive)) if says)
        click.echo(f"{row.id:8} {row.text}")
        click.echo(f"         {sides}{row.standing.value}: {row.by} ({row.source})")
