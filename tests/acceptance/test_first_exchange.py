"""The page about the first exchange is a transcript: every command on it is run, every answer compared."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "first-exchange.md"


def test_the_page_is_what_happens(tmp_path: Path) -> None:
    """A new user who types what stands there sees what stands there."""
    text = PAGE.read_text("utf-8")
    for shown in ("42525", "42526"):
        text = text.replace(shown, str(free_port()))
    commands, expected = [], []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append(line[2:])
                expected.append("")
            else:
                expected[-1] += line + "\n"
    programs = tmp_path / ".programs"
    programs.mkdir()
    # Programs and no functions: a function in the background is a shell of its own, which ends before what it started.
    for name, words in (("adapter", "-m adapter "), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words}"$@"\n')
        (programs / name).chmod(0o755)
    script = ["set -m"]
    for number, command in enumerate(commands):
        script += [command, f"echo '@@ {number}'"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(PAGE.parents[1]),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        },
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    answers = re.split(r"@@ \d+\n", done.stdout)
    assert len(answers) == len(commands) + 1, done.stderr
    for command, answer, wanted in zip(commands, answers, expected, strict=False):
        pattern = re.escape(wanted).replace(re.escape("..."), ".*")
        assert re.fullmatch(pattern, answer), f"$ {command}\n{answer}{done.stderr}"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
