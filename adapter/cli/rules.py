"""`adapter rules`: what is checked, where, with which consequence, and by which norm?"""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli.output import Json, options, print_json


@click.command("rules")
@options
def command(config: Path, as_json: bool) -> None:
    """List every rule that messages are judged by."""
    from adapter.messages.rules import RULES

    rows: list[dict[str, Json]] = [
        {
            "id": rule.id,
            "text": rule.text,
            "send": rule.send.value if rule.send is not None else None,
            "receive": rule.receive.value if rule.receive is not None else None,
            "apprec": rule.code.value if rule.code is not None else None,
            "needs": rule.needs.value if rule.needs is not None else None,
            "judged_as": list(rule.judged_as),
            "source": rule.source,
        }
        for rule in RULES
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        sides = ", ".join(f"{side}: {row[side]}" for side in ("send", "receive") if row[side])
        click.echo(f"{row['id']:8} {row['text']}")
        click.echo(
            f"         {sides}" + (f"; needs the {row['needs']}" if row["needs"] else "") + f" ({row['source']})"
        )
