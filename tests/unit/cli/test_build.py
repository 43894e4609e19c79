"""What is built is judged clean: the three commands behind each other, in one process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli.main import group
from adapter.messages.building import kinds, versions

PIPES = [(kind, version) for kind in kinds() for version in versions(kind) or (None,)]


def run(*arguments: str, given: bytes | None = None) -> Result:
    """One command, away from any configuration."""
    return CliRunner().invoke(group, list(arguments), input=given)


@pytest.mark.parametrize(("kind", "version"), PIPES)
def test_example_becomes_a_clean_message(
    kind: str, version: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`build KIND --example | build KIND - | validate -` finds nothing, sent or received, in every version."""
    monkeypatch.chdir(tmp_path)
    choice = ("--version", version) if version is not None else ()
    example = run("build", kind, "--example", *choice)
    assert example.exit_code == 0
    built = run("build", kind, "-", given=example.stdout_bytes)
    assert built.exit_code == 0
    for side in ("send", "receive"):
        judged = run("validate", "-", "--side", side, "--json", given=built.stdout_bytes)
        [verdict] = json.loads(judged.stdout)
        assert (judged.exit_code, verdict["valid"]) == (0, True)
        assert [finding for finding in verdict["findings"] if finding["rule"] not in AGE] == []


AGE = {"MH-016", "PL-037"}
"""Rules about the time between an example of 2024 and the moment of building."""
