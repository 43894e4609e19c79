"""What every command shares: its options `--config` and `--json`, and how it reads input and prints a result."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from click.core import ParameterSource

from adapter.errors import FILE_UNREADABLE, AdapterError

P = ParamSpec("P")
R = TypeVar("R")

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""A JSON document on its way out."""


def options(function: Callable[P, R]) -> Callable[P, R]:
    """Give a command `--config FILE` (argument `config`: Path) and `--json` (argument `as_json`: bool)."""
    with_config = click.option(
        "--config",
        envvar="ADAPTER_CONFIG",
        type=click.Path(path_type=Path),
        default=Path("config.toml"),
        show_default=True,
        help="The configuration file.",
    )
    return with_config(_with_json(function))


def options_alone(function: Callable[P, R]) -> Callable[P, R]:
    """Give a command that needs no installation the same options: `--json`, and a `--config` that it does not read."""
    with_config = click.option(
        "--config",
        type=click.Path(path_type=Path),
        expose_value=False,
        help="Taken as by every command, and not read: this one needs no configuration.",
    )
    return with_config(_with_json(function))


def _with_json(function: Callable[P, R]) -> Callable[P, R]:
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there.")(
        function
    )


def was_named(option: str) -> bool:
    """Whether an option of the running command was given by its caller, on the command line or in the environment."""
    source = click.get_current_context().get_parameter_source(option)
    return source in {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}


MAX_INPUT = 64_000_000
"""No message is larger: the net carries mails of 51.2 million octets (`ebxml.md` §2.5)."""


def read_file(path: Path) -> bytes:
    """The octets of a file, or of stdin for `-`. Raises `AdapterError` (FILE_UNREADABLE), also for one too large."""
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(MAX_INPUT + 1)
        else:
            with path.open("rb") as file:
                content = file.read(MAX_INPUT + 1)
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{path}: {error.strerror}") from None
    if len(content) > MAX_INPUT:
        raise AdapterError(FILE_UNREADABLE, f"{path}: {too_large()}")
    return content


def too_large() -> str:
    """What is said of a file that is larger than any message."""
    return f"it is larger than {MAX_INPUT} octets, and no message is"


def write_file(path: Path, content: bytes) -> None:
    """Write a file, or stdout for `-`. Raises `AdapterError` (FILE_UNREADABLE)."""
    try:
        if str(path) == "-":
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            path.write_bytes(content)
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{path} cannot be written: {error.strerror}") from None


def tell_beside(output: Path, text: str, *, as_json: bool) -> None:
    """Say something about what was written to `output`: on stdout, or on stderr where stdout holds the thing itself."""
    if not as_json:
        click.echo(text, err=str(output) == "-")


def one_thing_on_stdout(output: Path, *, as_json: bool) -> None:
    """Raises `click.UsageError` when both the result and the JSON document would go to stdout."""
    if as_json and str(output) == "-":
        raise click.UsageError("-o - and --json both write to stdout; name a file")


def print_json(document: Json) -> None:
    """The one JSON document of a command."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
