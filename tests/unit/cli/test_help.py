"""The help teaches: every command has examples, and every example is a command line that parses."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest
from click.shell_completion import get_completion_class

from adapter.cli.main import group


def leaves(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with its words."""
    if isinstance(command, click.Group):
        if command.invoke_without_command:
            yield path, command
        context = click.Context(command, info_name=path[-1])
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from leaves(inner, (*path, name))
    else:
        yield path, command


ALL = dict(leaves(group, ("adapter",)))


def examples(command: click.Command) -> list[str]:
    """The example lines of a command that call `adapter`."""
    _, _, told = (command.help or "").partition("Examples:")
    return [line.strip() for line in told.splitlines() if line.strip().startswith("adapter ")]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_a_command_has_an_example_that_parses(path: tuple[str, ...]) -> None:
    """What the help shows is a valid call of that very command."""
    lines = examples(ALL[path])
    assert lines, f"{' '.join(path)} shows no example"
    for line in lines:
        assert path in {parsed(group, arguments) for arguments in calls(line)}, line


def calls(line: str) -> Iterator[list[str]]:
    """The arguments of every call of `adapter` on a line, up to a redirection."""
    for part in line.split(" | "):
        words = shlex.split(part, comments=True)
        if words[0] == "adapter":
            yield words[1 : next((n for n, word in enumerate(words) if word in {">", "<", "&"}), len(words))]


def parsed(command: click.Command, arguments: list[str]) -> tuple[str, ...]:
    """Which command the words call; every option and argument of it is checked, and nothing is done."""
    path: tuple[str, ...] = ("adapter",)
    context = command.make_context("adapter", list(arguments))
    while isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        if not rest and command.invoke_without_command:
            break
        name, inner, rest = command.resolve_command(context, rest)
        assert inner is not None
        assert name is not None
        command, context, path = inner, inner.make_context(name, rest, parent=context), (*path, name)
    return path


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes(shell: str) -> None:
    """The script for a shell names the program, and an unfinished word gets the commands that it may become."""
    kind = get_completion_class(shell)
    assert kind is not None
    completion = kind(group, {}, "adapter", "_ADAPTER_COMPLETE")
    assert "_ADAPTER_COMPLETE" in completion.source()
    assert {item.value for item in completion.get_completions([], "rese")} == {"resend"}
    assert "--reason" in {item.value for item in completion.get_completions(["giveup"], "--")}
