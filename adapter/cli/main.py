"""The command `adapter`: which commands there are; each is loaded only when it is called.

Exit codes: 0 fine; 1 the thing examined is not fine; 2 usage, configuration or unreadable input, with a sentence that
says what to do. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.resources import files
from types import TracebackType

import click

from adapter import __version__
from adapter.cli.streams import steady
from adapter.errors import AdapterError

COMMANDS = {
    "demo": "a whole exchange on this machine, without any set-up",
    "simulate": "what happens when the other side is late, silent, careless",
    "init": "begin an installation: configuration, test keys, a first partner",
    "run": "the daemon",
    "keys": "our certificates and the partners': days left, and whether they have been revoked",
    "check": "configuration, keys, certificates, store: every problem at once",
    "validate": "judge messages, receipts and whole folders of them",
    "build": "make a business message from JSON",
    "seal": "encrypt and sign a message into a mail, offline",
    "open": "verify and decrypt a mail, offline",
    "send": "hand a message to the daemon",
    "list": "the exchanges: state, age, next step",
    "show": "everything known of one exchange",
    "resend": "send a stuck message again, or judge a set-aside mail again",
    "giveup": "stop sending a message",
    "handled": "mark an exchange or mail as dealt with",
    "inbox": "what was received and waits: for the application, or for a person to decide",
    "answer": "the municipality's answer, or how to read it",
    "ledger": "nights, kroner and reasons of every stay",
    "liability": "decide one case file",
    "explain": "the same decision as sentences, with a picture",
    "statement": "the month between two parties: make, issue once, correct, compare",
    "statistics": "waits, answers and costs by hospital, ward, weekday and hour",
    "cofinancing": "the 20 per cent scheme of 2012 to 2014, from a file of stays",
    "evidence": "the package that proves a stay, and its check, offline",
    "token": "who may reach the HTTP interface, and for what",
    "audit": "who has looked at patient data",
    "backup": "a copy of the store while the daemon runs, checked",
    "restore": "a backup becomes the store again, checked first",
    "retention": "what has had its time, and letting go of it",
    "store": "the keys and the space of the store",
    "partners": "who the partners are, why they are treated so; take in agreements",
    "webhooks": "what applications did not hear, and telling it again",
    "rules": "every rule: what it checks, where, and its source",
    "completion": "let the shell complete commands and options",
}
"""Name and one line of each command, in the order of the help page; the module has the same name."""


def version() -> str:
    """Version and build: the commit that the wheel was made from, or `unknown`."""
    build = files("adapter") / "data" / "build"
    return f"{__version__} (build {build.read_text('ascii').strip() if build.is_file() else 'unknown'})"


class Commands(click.Group):
    """The group of all commands, each imported when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"adapter.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(), prog_name="adapter", message="%(prog)s %(version)s")
def group() -> None:
    """Signed, encrypted, acknowledged messages between hospitals and municipalities, and who owes how many nights."""


def main() -> None:
    """Run the command line and exit with its code."""
    sys.excepthook = _tell_defect
    steady()
    try:
        code = group.main(prog_name="adapter", complete_var="_ADAPTER_COMPLETE", standalone_mode=False)
        sys.stdout.flush()
    except AdapterError as error:
        click.echo(error.sentence(), err=True)
        code = 2
    except click.ClickException as error:
        error.show()
        code = 2
    except click.Abort:
        click.echo("interrupted", err=True)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _tell_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The last resort: name the place and the kind of a defect, never its text, which may hold a piece of a message."""
    if os.environ.get("ADAPTER_TRACEBACK"):
        sys.__excepthook__(kind, error, trace)
        return
    place = "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    click.echo(
        f"a defect of the adapter: {kind.__name__} at {place}. Please report it; "
        "nothing that was confirmed is lost. ADAPTER_TRACEBACK=1 shows more.",
        err=True,
    )
    sys.stdout.flush()
    os._exit(2)
