"""`adapter explain`: why so many nights?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.moments import MOMENT
from adapter.cli.output import Json, options, print_json, write_file

if TYPE_CHECKING:
    from adapter.liability.changes import Change
    from adapter.liability.readings import Readings
    from adapter.liability.rules import Language


@click.command("explain")
@click.argument("stay", metavar="STAY")
@click.option("--language", type=click.Choice(["en", "nb"]), default="en", show_default=True, help="Of the sentences.")
@click.option("--svg", "picture_file", type=click.Path(path_type=Path), metavar="FILE", help="Draw the timeline there.")
@click.option("--as-of", type=MOMENT, help="Evaluate then; now if left out.")
@click.option("--known-at", type=MOMENT, help="Only from what this store knew then, whenever it happened.")
@click.option("--since", type=MOMENT, help="Show the decision as it was then, and which facts have changed it.")
@options
def command(
    stay: str,
    language: str,
    picture_file: Path | None,
    as_of: datetime | None,
    known_at: datetime | None,
    since: datetime | None,
    config: Path,
    as_json: bool,
) -> None:
    """Explain the decision for STAY, a key that `adapter ledger` shows: each night with its rules and facts.

    \b
    Examples:
      adapter explain stay-4cef6efb --svg stay.svg
      adapter explain stay-4cef6efb --since 2012-02-01T08:00
    """
    from adapter.cli.operating import write_down
    from adapter.liability.explain import explained
    from adapter.liability.picture import picture
    from adapter.liability.result import result_json
    from adapter.liability.rules import Language
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.accounts import change_since, find_stay, known_stays, readings_of
    from adapter.service.clock import MachineClock
    from adapter.service.terms import terms

    told, changed, at = Language(language), None, as_of or MachineClock().now()
    with desk.store(config) as (settings, store):
        known = find_stay(known_stays(store, known_at=known_at), stay)
        write_down(store, Did.STAY_READ, known.stay.key)
        in_force = terms(settings)
        readings = readings_of(settings, in_force, known, at)
        if since is not None:
            changed = change_since(settings, in_force, store, known, since, at)
    if picture_file is not None:
        write_file(picture_file, picture(known.stay.facts, readings, told).encode())
    if changed is not None:
        _show_change(changed, told, as_json)
    else:
        click.echo(result_json(readings) if as_json else "\n".join(explained(readings, told)))


def _show_change(changed: Change, language: Language, as_json: bool) -> None:
    from adapter.liability.changes import change_told
    from adapter.liability.explain import fact_line

    if not as_json:
        click.echo("\n".join(change_told(changed, language)))
        return
    print_json(
        {
            "then": _decision(changed.then),
            "now": _decision(changed.now),
            "same": changed.is_none,
            "by_time": changed.by_time,
            "late": [fact_line(fact, language) for fact in changed.late],
            "decisive": [fact_line(fact, language) for fact in changed.decisive],
            "together": [[fact_line(fact, language) for fact in group] for group in changed.together],
        }
    )


def _decision(readings: Readings) -> Json:
    import json

    from adapter.liability.result import result_json

    document: Json = json.loads(result_json(readings))
    return document
