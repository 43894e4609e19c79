"""A page with console blocks is a transcript: every command on it is run, every answer compared.

Lines with `$ ` are commands, run in one shell in their order; the other lines of a block are what they print, where
`...` stands for what differs from run to run: within a line for a part of it, alone for any lines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands_of(text: str) -> list[tuple[str, str]]:
    """The commands of a page, each with the answer that stands there."""
    found: list[tuple[str, str]] = []
    for block in _BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], ""))
            else:
                command, answer = found[-1]
                found[-1] = command, f"{answer}{line}\n"
    return found


def run_transcript(text: str, folder: Path, programs: Path) -> None:
    """Run the commands of a page in a folder, and compare; `programs` is a folder for what they call."""
    commands = commands_of(text)
    programs.mkdir()
    # Programs and no functions: a function in the background is a shell of its own, which ends before what it started.
    for name, words in (("adapter", "-m adapter "), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words}"$@"\n')
        (programs / name).chmod(0o755)
    script = ["set -m"]
    for number, (command, _) in enumerate(commands):
        script += [command, f"echo '@@ {number}'"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    answers = re.split(r"@@ \d+\n", done.stdout)
    assert len(answers) == len(commands) + 1, done.stderr
    for (command, wanted), answer in zip(commands, answers, strict=False):
        assert re.fullmatch(_pattern(wanted), answer), f"$ {command}\n{answer}{done.stderr}"


def _pattern(wanted: str) -> str:
    lines = wanted.splitlines(keepends=True)
    return "".join("(?:.*\n)*" if line == "...\n" else re.escape(line).replace(r"\.\.\.", ".*") for line in lines)
