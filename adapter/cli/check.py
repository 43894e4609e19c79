"""`adapter check`: is this installation fit to run?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from adapter.cli.output import options, print_json


@click.command("check")
@options
def command(config: Path, as_json: bool) -> None:
    """Look at configuration, keys, certificates, partners, schemas, store and mail, and tell every problem at once.

    Exit code 1 if there is a problem; a warning (a certificate about to expire, a mail server that is away) is none.

    \b
    Examples:
      adapter check
      adapter check --config /etc/adapter/config.toml --json
    """
    from adapter.config import load
    from adapter.service.checking import State, look
    from adapter.service.clock import MachineClock

    looked = look(load(config), MachineClock().now())
    fine = all(one.state is not State.PROBLEM for one in looked)
    if as_json:
        rows = [{"what": one.what, "state": one.state.value, "says": one.says} for one in looked]
        print_json({"ok": fine, "checks": rows})
    else:
        signs = {State.OK: "ok     ", State.WARNING: "warning", State.PROBLEM: "PROBLEM"}
        for one in looked:
            click.echo(f"{signs[one.state]}  {one.what}: {one.says}")
        click.echo("fit to run" if fine else "not fit to run")
    sys.exit(0 if fine else 1)
