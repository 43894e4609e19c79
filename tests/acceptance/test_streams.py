"""The standard streams of a command may be closed, full or left by their reader; its exit code is the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from commands import ADAPTER, surroundings

A_RESULT = (("rules", "--json"), ("build", "--list"), ("--help",))


def shell(words: tuple[str, ...], rest: str, code: int | None = None) -> str:
    """The command with `rest` of a shell line behind it; what it wrote on its error stream."""
    line = f'"$0" "$@" {rest}'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line, str(ADAPTER), *words],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=surroundings(),
        timeout=60,
        check=False,
    )
    said = done.stderr.decode()
    assert "Traceback" not in said
    assert "a defect of" not in said
    if code is not None:
        assert done.returncode == code, (words, rest, done.returncode, said)
    return said


@pytest.mark.parametrize("words", A_RESULT, ids=" ".join)
def test_a_reader_that_has_gone_changes_no_exit_code(words: tuple[str, ...]) -> None:
    """`adapter rules | head -1` is fine, and silent."""
    assert shell(words, "| true", 0) == ""


def test_what_is_not_fine_is_not_fine_without_a_reader(tmp_path: Path) -> None:
    """A message that is not valid is exit code 1, though nobody read why."""
    (tmp_path / "no.xml").write_text("<nothing/>")
    assert shell(("validate", str(tmp_path / "no.xml")), "| true", 1) == ""


@pytest.mark.parametrize("words", A_RESULT, ids=" ".join)
def test_a_result_that_cannot_be_written_is_a_sentence(words: tuple[str, ...]) -> None:
    """A full disk under the result is exit code 2 and says so."""
    said = shell(words, "> /dev/full", 2)
    assert "stdout cannot be written: No space left on device" in said


def test_an_error_that_cannot_be_told_keeps_its_code() -> None:
    """A full disk under the error stream leaves the exit code as it was."""
    shell(("liability", "/nonexistent.json"), "2> /dev/full", 2)
    shell(("nosuch",), "2> /dev/full", 2)


def test_closed_streams(tmp_path: Path) -> None:
    """A stream that is closed reads as empty and takes what is written."""
    for words in (("build", "admitted", "-"), ("open", "-", "-o", "-"), ("liability", "-")):
        assert shell(words, "<&- ", 2) != ""
    assert "not well-formed" in shell(("validate", "-"), "<&- 1>&2", 1)
    shell(("rules",), ">&-", 0)
    shell(("rules",), "<&- >&- 2>&-", 0)
    case = tmp_path / "case.json"
    case.write_text('{"facts": []}')
    shell(("liability", str(case), "--json"), ">&-", 0)
