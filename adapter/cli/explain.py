"""`adapter explain`: why so many nights?"""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli.output import options


@click.command("explain")
@click.argument("stay", metavar="STAY")
@click.option("--language", type=click.Choice(["en", "nb"]), default="en", show_default=True, help="Of the sentences.")
@options
def command(stay: str, language: str, config: Path, as_json: bool) -> None:
    """Explain the decision for STAY, a key that `adapter ledger` shows: each night with its rules and facts."""
    from adapter.liability.explain import Language, explained
    from adapter.liability.result import result_json
    from adapter.service import desk
    from adapter.service.accounts import find_stay, known_stays, readings_of
    from adapter.service.clock import MachineClock

    with desk.store(config) as (settings, store):
        known = find_stay(known_stays(store), stay)
        readings = readings_of(settings, known, MachineClock().now())
    click.echo(result_json(readings) if as_json else "\n".join(explained(readings, Language(language))))
