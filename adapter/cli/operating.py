"""How the three commands of an operator ask the service and print what came of it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import print_json

if TYPE_CHECKING:
    from adapter.service.access import Caller
    from adapter.service.installation import Installation
    from adapter.service.operating import By, Done


def act(do: Callable[[Installation, str, By], Done], wanted: str, reason: str, config: Path, *, as_json: bool) -> None:
    """Do it in the name of the person at the keyboard."""
    from adapter.service import desk
    from adapter.service.operating import By

    with desk.installation(config) as installation:
        done = do(installation, wanted, By(person(), reason))
    if as_json:
        print_json({"id": done.subject, "act": done.act.value, "outcome": done.outcome, "goes_on_as": done.goes_on_as})
    else:
        beside = f" ({done.goes_on_as})" if done.goes_on_as != done.subject else ""
        click.echo(f"{done.subject}: {done.outcome}{beside}")


def caller_here() -> Caller:
    """The person at the keyboard as a caller who may do everything on this machine."""
    from adapter.config import Scope
    from adapter.service.access import Caller

    return Caller(f"{person()} (command)", frozenset(Scope))


def person() -> str:
    """Who is at the keyboard: the account, and who became it with sudo."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = str(os.getuid())
    caller = os.environ.get("SUDO_USER", "")
    return f"{caller} as {account}" if caller and caller != account else account
