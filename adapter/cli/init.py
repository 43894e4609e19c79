"""`adapter init`: a new installation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.her_ids import HER_ID
from adapter.cli.output import options_alone, print_json

if TYPE_CHECKING:
    from adapter.service.checking import Looked
    from adapter.values import HerId

_NAMES = {"hospital": ("Ortopedisk avdeling", "Prøve sykehus"), "municipality": ("Tildelingskontoret", "Prøve kommune")}
_HERS = {"hospital": ("8880101", "8880100"), "municipality": ("8880201", "8880200")}


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--role", type=click.Choice(["hospital", "municipality"]), default="hospital", show_default=True)
@click.option("--her", type=HER_ID, metavar="HER", help="Our HER-id; an invented one if left out.")
@click.option("--organisation-her", type=HER_ID, metavar="HER", help="Our organisation's HER-id; invented if left out.")
@click.option("--name", help="The name of our party.")
@click.option("--organisation-name", help="The name of our organisation.")
@click.option("--listen", type=click.IntRange(1, 65535), default=2525, show_default=True, help="Port for mail in.")
@click.option("--send-to", default="localhost:587", show_default=True, metavar="HOST:PORT", help="The mail server.")
@click.option(
    "--partner", type=click.Path(path_type=Path), metavar="SHARE", help="A partner's share/ folder to take in."
)
@options_alone
def command(
    folder: Path,
    role: str,
    her: HerId | None,
    organisation_her: HerId | None,
    name: str | None,
    organisation_name: str | None,
    listen: int,
    send_to: str,
    partner: Path | None,
    as_json: bool,
) -> None:
    """Begin an installation in DIR: a commented configuration, test keys, a first partner; then check all of it.

    DIR/share/ is what a partner needs of you; nothing in it is secret. With --partner the partner's share/ is taken
    in, also into an installation that exists. Without it the first partner is an invented one that never answers. The
    keys are test keys: put your enterprise certificates in their place before you go into production.

    \b
    Examples:
      adapter init hospital --listen 2525 --send-to localhost:2526
      adapter init municipality --role municipality --listen 2526 --send-to localhost:2525 --partner hospital/share
      adapter init hospital --partner municipality/share
    """
    from adapter.config import load
    from adapter.service.checking import State, look
    from adapter.service.clock import MachineClock
    from adapter.testing.beginning import Beginning, add_partner, begin, invented_partner
    from adapter.values import HerId

    host, colon, port = send_to.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise click.UsageError("--send-to wants HOST:PORT")
    exists = partner is not None and (folder / "config.toml").is_file()
    if not exists:
        own, above = _HERS[role]
        begin(
            folder,
            Beginning(
                role=role,
                her=her or HerId(own),
                name=name or _NAMES[role][0],
                organisation_her=organisation_her or HerId(above),
                organisation_name=organisation_name or _NAMES[role][1],
                listen=listen,
                send_host=host,
                send_port=int(port),
            ),
        )
    known = add_partner(folder, partner) if partner is not None else invented_partner(folder, role)
    config = folder / "config.toml"
    looked = look(load(config), MachineClock().now())
    fine = all(one.state is not State.PROBLEM for one in looked)
    if as_json:
        rows = [{"what": one.what, "state": one.state.value, "says": one.says} for one in looked]
        print_json({"config": str(config), "partner": known.value, "ok": fine, "checks": rows})
    else:
        _print(config, folder, known, looked, fine=fine, exists=exists)
    sys.exit(0 if fine else 1)


def _print(config: Path, folder: Path, known: HerId, looked: tuple[Looked, ...], *, fine: bool, exists: bool) -> None:
    for one in looked:
        if one.state.value != "ok":
            click.echo(f"{one.state.value}: {one.what}: {one.says}")
    click.echo(f"{config}: {'partner taken in' if exists else 'made'}, {len(looked)} things checked")
    click.echo(f"partner: {known}")
    if not exists:
        click.echo(f"give your partner: {folder / 'share'}")
    click.echo(f"next: adapter run --config {config}" if fine else "not fit to run")
