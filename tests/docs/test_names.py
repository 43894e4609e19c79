"""What the pages name is there: commands, their options, errors, figures, events and keys of the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from adapter.cli.main import group

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/*.md")])
CALL = re.compile(r"(?:`|\$ |^|\| |/)adapter ([a-z][a-z-]*)([^`\n|]*)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z-]+")
DOTTED = re.compile(r"`([a-z_]+\.[a-z_]+)`")
ERROR = re.compile(r"\b[A-Z]{3,}(?:-[A-Z]+)+\b")
FIGURE = re.compile(r"\badapter_[a-z_]+\b")
FILES = {"md", "py", "toml", "sysusers", "tmpfiles", "service", "log", "crt", "key"}
"""Endings of what is a file, where an event or a key is looked for."""


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def taken(words: list[str]) -> Iterator[click.Command]:
    """The command that the words call, and all of those that begin with them."""
    command: click.Command | None = group
    while isinstance(command, click.Group) and words and re.fullmatch("[a-z-]+", words[0]):
        command = command.get_command(click.Context(command), words.pop(0))
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from taken_by(command.get_command(click.Context(command), name))
    elif command is not None:
        yield command


def taken_by(command: click.Command | None) -> Iterator[click.Command]:
    if command is not None:
        yield command


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_and_option_is_there(path: Path) -> None:
    """A reader who types what stands on a page is not told that there is no such thing."""
    for name, rest in CALL.findall(path.read_text("utf-8")):
        commands = list(taken([name, *re.findall(r"[^\s,;.)]+", rest)]))
        assert commands, f"adapter {name}{rest}"
        known = {option for one in commands for given in one.params for option in given.opts}
        assert set(OPTION.findall(rest)) <= known | {"--help", "--version"}, f"adapter {name}{rest}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_error_and_figure_is_there(path: Path) -> None:
    """Every id of an error and every figure that a page names is one of the catalogue."""
    text = path.read_text("utf-8")
    assert {name for name in ERROR.findall(text) if name not in page("errors.md")} - NO_ERRORS == set()
    assert {name for name in FIGURE.findall(text) if f"`{name}`" not in page("metrics.md")} == set()


NO_ERRORS = {"NO-BASE", "NO-UKP", "OUR-AGREEMENT", "HMAC-SHA"}
"""What looks like an id of an error: policies and prices, an algorithm."""


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "handbook").glob("*.md")), ids=lambda path: path.name)
def test_every_event_and_key_is_there(path: Path) -> None:
    """Every dotted name of the handbook is an event of the log, a key of the configuration, or a file."""
    known = page("events.md") + page("configuration.md")
    for name in DOTTED.findall(path.read_text("utf-8")):
        section, _, last = name.partition(".")
        key = f"[{section}" in known and re.search(rf"\b{last}\b", known)
        assert f"| {name} |" in known or key or last in FILES, name
