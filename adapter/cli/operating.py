"""Who is at the keyboard, what have they done, and what of patients have they seen? All of it is written down here."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import print_json

if TYPE_CHECKING:
    from adapter.service.access import Caller, Did
    from adapter.service.installation import Installation
    from adapter.service.operating import By, Done
    from adapter.store.port import Store


def act(do: Callable[[Installation, str, By], Done], wanted: str, reason: str, config: Path, *, as_json: bool) -> None:
    """Do it in the name of the person at the keyboard."""
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.operating import By
    from adapter.store.port import Act

    words = {Act.ACCEPT: Did.RELEASED, Act.REFUSE: Did.TURNED_AWAY}
    with desk.installation(config) as installation:
        done = do(installation, wanted, By(person(), reason))
        write_down(installation.store, words.get(done.act, Did.CHANGED), done.subject)
    if as_json:
        print_json({"id": done.subject, "act": done.act.value, "outcome": done.outcome, "goes_on_as": done.goes_on_as})
    else:
        beside = f" ({done.goes_on_as})" if done.goes_on_as != done.subject else ""
        click.echo(f"{done.subject}: {done.outcome}{beside}")


def write_down(store: Store, what: Did, about: str = "") -> None:
    """Write an access to patient data into the audit log, durable, before anything of it is handed out.

    `about` is an exchange id or a stay key, empty where the access is to many.
    """
    from adapter.service.clock import MachineClock

    line = caller_here().line(MachineClock().now(), what, about)
    store.write_now(lambda writer: writer.add_audit(line))


def caller_here() -> Caller:
    """The person at the keyboard as a caller who may do everything on this machine."""
    from adapter.config import Scope
    from adapter.service.access import Caller

    return Caller(f"{person()} (command)", frozenset(Scope))


def person() -> str:
    """Who is at the keyboard: the account of the process, and who became it with sudo.

    The account is the system's word; the environment, which anybody writes, is not asked for it.
    """
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        account = str(os.getuid())
    caller = "".join(sign for sign in os.environ.get("SUDO_USER", "") if sign.isprintable())[:64]
    return f"{caller} as {account}" if caller and caller != account else account
