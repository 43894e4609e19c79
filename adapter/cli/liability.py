"""`adapter liability`: the decision for one case file; no store, no daemon."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import options, read_file

if TYPE_CHECKING:
    from adapter.liability.mistakes import Mistakes
    from adapter.liability.profiles import Profile
    from adapter.liability.rates import RateTable


@click.command("liability")
@click.argument("file", type=click.Path(path_type=Path), metavar="CASE.json")
@click.option("--language", type=click.Choice(["en", "nb"]), default="en", show_default=True, help="Of the sentences.")
@options
def command(file: Path, language: str, config: Path, as_json: bool) -> None:
    """Decide the stay in CASE.json (or `-`): payable nights, kroner, reasons, and what a person should look at.

    A file of another shape is refused with every mistake at once. Facts that contradict each other are a decision
    with flags.

    \b
    Examples:
      adapter liability case.json
      adapter liability case.json --json
    """
    from adapter.liability.casefile import read_case
    from adapter.liability.explain import explained
    from adapter.liability.mistakes import Mistakes
    from adapter.liability.readings import read_both
    from adapter.liability.result import result_json
    from adapter.liability.rules import Language

    profiles, rates = shipped_profiles(), shipped_rates()
    case = read_case(read_file(file), profiles)
    if isinstance(case, Mistakes):
        _tell(file, case)
        click.get_current_context().exit(2)
    readings = read_both(case.case, case.profile, profiles[0], rates, case.as_of)
    if as_json:
        click.echo(result_json(readings))
    else:
        click.echo("\n".join(explained(readings, Language(language))))


def shipped_profiles() -> tuple[Profile, ...]:
    """The policy profiles that came with the program, the baseline first. Raises `AdapterError` (POLICY-INVALID)."""
    from adapter.errors import POLICY_INVALID, AdapterError
    from adapter.liability.mistakes import Mistakes
    from adapter.liability.profiles import read_profiles
    from adapter.lookups import packaged

    profiles = read_profiles({name: packaged.policy(name) for name in packaged.policies()})
    if isinstance(profiles, Mistakes):
        raise AdapterError(POLICY_INVALID, "; ".join(profiles.lines()))
    return profiles


def shipped_rates() -> RateTable:
    """The rate table that came with the program. Raises `AdapterError` (RATES-INVALID)."""
    from adapter.errors import RATES_INVALID, AdapterError
    from adapter.liability.mistakes import Mistakes
    from adapter.liability.rates import read_rates
    from adapter.lookups import packaged

    rates = read_rates(packaged.rates())
    if isinstance(rates, Mistakes):
        raise AdapterError(RATES_INVALID, "; ".join(rates.lines()))
    return rates


def _tell(file: Path, mistakes: Mistakes) -> None:
    count = len(mistakes.all)
    click.echo(f"{file} is no case file; {count} {'mistake' if count == 1 else 'mistakes'} to correct:", err=True)
    for line in mistakes.lines():
        click.echo(f"  {line}", err=True)
