"""The page about the commands: what `--help` of each says, in the order of `adapter --help`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from adapter.cli.main import group

WIDTH = 100


def helps(command: click.Command, name: str, above: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """The name and help of a command and of those below it."""
    names = ["-h", "--help"]
    context = click.Context(
        command, above, name, terminal_width=WIDTH, max_content_width=WIDTH, help_option_names=names
    )
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            inner = command.get_command(context, below)
            assert inner is not None
            yield from helps(inner, below, context)


def commands_page() -> str:
    """The whole page."""
    told = "\n\n".join(f"## {path}\n\n```text\n{said}\n```" for path, said in helps(group, "adapter"))
    return f"""# Commands

What `--help` says. Results go to stdout, everything else to stderr; with `--json` stdout has one JSON document and
nothing else. Exit code 0: fine. 1: the thing examined is not fine. 2: usage, configuration or unreadable input, with a
sentence that says what to do. `ADAPTER_CONFIG` names the configuration file where `--config` does not.

{told}
"""
