"""`adapter partners`: who the partners are, why they are treated so, and taking in an agreement."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from adapter.cli.her_ids import HER_ID
from adapter.cli.output import options, print_json, read_file

if TYPE_CHECKING:
    from adapter.service.installation import Tools
    from adapter.values import HerId


@click.group("partners")
def command() -> None:
    """List the partners, explain what holds with one, and take in agreements (CPA).

    \b
    adapter partners list
    adapter partners explain 990202
    adapter partners import agreement.xml
    """


@command.command("list")
@options
def list_partners(config: Path, as_json: bool) -> None:
    """Every partner: address, days left of its certificates, agreements. Exit code 1 if one cannot be written to.

    \b
    Examples:
      adapter partners list --json
    """
    from adapter.service.partners import summaries

    rows = summaries(_tools(config))
    if as_json:
        print_json(
            [
                {
                    "her": one.her.value,
                    "name": one.name,
                    "role": one.role,
                    "address": one.address.value if one.address is not None else None,
                    "days_left": one.days_left,
                    "agreements": one.agreements,
                    "trouble": one.trouble or None,
                }
                for one in rows
            ]
        )
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None)
        for heading in ("HER-id", "name", "role", "address", "days left", "agreements"):
            table.add_column(heading)
        for one in rows:
            address = one.address.value if one.address is not None else "-"
            left = str(one.days_left) if one.days_left is not None else "-"
            table.add_row(one.her.value, one.name, one.role, address, left, str(one.agreements))
        Console(width=None if Console().is_terminal else 160).print(table)
        for one in rows:
            if one.trouble:
                click.echo(f"{one.her}: {one.trouble}")
    sys.exit(1 if any(one.trouble for one in rows) else 0)


@command.command("explain")
@click.argument("her", type=HER_ID)
@options
def explain_partner(her: HerId, config: Path, as_json: bool) -> None:
    """Why this certificate, this address, this CPAId, these resends: everything that holds with HER, and its source.

    \b
    Examples:
      adapter partners explain 990202
    """
    from adapter.service.partners import explain

    reasons = explain(_tools(config), her)
    if as_json:
        print_json([{"what": one.what, "holds": one.holds, "because": one.because} for one in reasons])
        return
    for one in reasons:
        click.echo(f"{one.what}: {one.holds}\n    {one.because}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--status",
    type=click.Choice(["proposed", "valid", "revoked", "expired", "superseded"]),
    default="valid",
    show_default=True,
    help="How the register stands to the agreement; the document itself does not tell.",
)
@click.option("--organisation", type=HER_ID, help="HER-id of the organisation, for a partner without file.")
@click.option("--organisation-name", help="Name of the organisation, for a partner without file.")
@click.option(
    "--role",
    type=click.Choice(["hospital", "municipality", "other"]),
    default="other",
    show_default=True,
    help="What a partner without file is.",
)
@options
def import_cpa(
    file: Path,
    status: Literal["proposed", "valid", "revoked", "expired", "superseded"],
    organisation: HerId | None,
    organisation_name: str | None,
    role: Literal["hospital", "municipality", "other"],
    config: Path,
    as_json: bool,
) -> None:
    """Take an agreement (CPA 2.0) into the partner folder; a partner that has no file yet gets one.

    \b
    Examples:
      adapter partners import agreement.xml
    """
    from adapter.config import load
    from adapter.envelope.cpa import CpaStatus, read_cpa
    from adapter.lookups import directory
    from adapter.lookups.agreement_files import Newcomer, import_agreement
    from adapter.lookups.port import PartyRole

    if (organisation is None) != (organisation_name is None):
        raise click.UsageError("--organisation and --organisation-name belong together")
    newcomer = None
    if organisation is not None and organisation_name is not None:
        newcomer = Newcomer(organisation, organisation_name, PartyRole(role))

    settings, content = load(config), read_file(file)
    cpa = read_cpa(content, CpaStatus[status.upper()])
    folder = settings.partners.folder
    known = directory.load(folder, register=settings.address_register is not None)
    own = frozenset(party.her for party in settings.party)
    done = import_agreement(folder, known, cpa, content, own, newcomer)
    if as_json:
        files = [str(path) for path in done.files]
        print_json({"partner": done.partner.value, "files": files})
        return
    for path in done.files:
        click.echo(f"wrote {path}")


def _tools(config: Path) -> Tools:
    from adapter.config import load
    from adapter.observe.log import Silent
    from adapter.service.clock import MachineClock, RandomIds
    from adapter.service.installation import open_tools

    return open_tools(load(config), MachineClock(), RandomIds(), Silent())
