"""`adapter cofinancing`: the other money scheme of 2012 to 2014, as a small report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import Json, options, print_json, read_file

if TYPE_CHECKING:
    from decimal import Decimal

    from adapter.liability.cofinancing import Share


@click.command("cofinancing")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@options
def command(file: Path, config: Path, as_json: bool) -> None:
    """Calculate what municipalities paid of their inhabitants' somatic care (kommunal medfinansiering, 2012 to 2014).

    FILE.csv has the columns stay, municipality, date, drg_type (medical, surgical, birth, newborn, medicine), points.
    The formula, its prices and its cap are not verified; every report says so.

    \b
    Examples:
      adapter cofinancing stays.csv
    """
    from adapter.errors import TABLE_UNREADABLE, AdapterError
    from adapter.liability.cofinancing import MARK, UNIT_PRICES, cofinancing
    from adapter.liability.mistakes import Mistakes

    found = cofinancing(read_file(file))
    if isinstance(found, Mistakes):
        raise AdapterError(TABLE_UNREADABLE, "; ".join(found.lines()))
    if as_json:
        print_json(
            {
                "mark": MARK,
                "unit_prices_nok": {str(year): price for year, price in UNIT_PRICES.items()},
                "amount_nok": str(found.amount),
                "municipalities": [
                    {"municipality": name, "stays": count, "amount_nok": str(amount)}
                    for name, count, amount in found.by_municipality
                ],
                "stays": [_share(share) for share in found.shares],
            }
        )
        return
    for name, count, amount in found.by_municipality:
        click.echo(f"{name}: {count} stays, {_nok(amount)}")
    left_out = sum(bool(share.reason) for share in found.shares)
    click.echo(f"in all {len(found.shares)} stays, {left_out} not covered, {_nok(found.amount)}")
    click.echo(MARK)


def _nok(amount: Decimal) -> str:
    return f"NOK {amount:,}".replace(",", " ")


def _share(share: Share) -> Json:
    return {
        "stay": share.stay,
        "municipality": share.municipality,
        "date": share.date.isoformat(),
        "points": str(share.points),
        "counted_points": str(share.counted_points),
        "amount_nok": str(share.amount),
        "reason": share.reason or None,
    }
