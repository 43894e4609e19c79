"""On a real terminal: bars that draw there only and leave nothing behind, and shells that finish what is typed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import ADAPTER, KeptDemo, adapter, surroundings
from terminals import Terminal, on_terminal

HIDDEN, SHOWN, ERASED = "\x1b[?25l", "\x1b[?25h", "\x1b[2K"


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of so many messages that a bar is worth drawing."""
    folder = tmp_path_factory.mktemp("many") / "messages"
    folder.mkdir()
    example = adapter("build", "admitted", "--example").expect(0).out
    message = adapter("build", "admitted", "-", given=example).expect(0).out
    for number in range(60):
        (folder / f"{number:02}.xml").write_text(message, "utf-8")
    return folder


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of case files."""
    folder = tmp_path_factory.mktemp("many") / "cases"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:02}.json").write_text(
            '{"facts": [{"kind": "admitted", "at": "2012-03-01T09:00+01:00"}]}', "utf-8"
        )
    return folder


def is_gone(drawn: str) -> bool:
    """Whether a bar was drawn and nothing of it is left: the cursor is back, the line erased, nothing after it."""
    return drawn.count(HIDDEN) == drawn.count(SHOWN) == 1 and drawn.endswith(ERASED) and "━" in drawn


def test_a_bar_is_drawn_on_the_terminal_and_the_result_goes_down_the_pipe(
    messages: Path, cases: Path, demo: KeptDemo, tmp_path: Path
) -> None:
    """validate, liability, backup: the same stdout as without a terminal, and a clean one after it."""
    for words in (["validate", messages, "--json"], ["validate", messages], ["liability", "--batch", cases, "--json"]):
        code, piped, drawn = on_terminal([ADAPTER, *words])
        assert (code, piped) == (0, adapter(*words).expect(0).out), words
        assert is_gone(drawn), (words, drawn)
        assert re.search(r"60/60", drawn), (words, drawn)
    target = tmp_path / "one.backup"
    config = demo.folder / "hospital" / "config.toml"
    code, piped, drawn = on_terminal([ADAPTER, "backup", "-o", target, "--config", config, "--json"])
    assert code == 0
    assert piped.startswith("{")
    assert is_gone(drawn), drawn
    assert "1000000" not in drawn


def test_nothing_is_drawn_on_a_pipe(messages: Path, cases: Path) -> None:
    """stderr is empty."""
    for words in (["validate", messages, "--json"], ["liability", "--batch", cases]):
        assert adapter(*words).expect(0).error == ""


def test_lines_do_not_run_into_a_bar(messages: Path) -> None:
    """Where every file has its line on the same terminal, there is no bar between them."""
    code, _, drawn = on_terminal([ADAPTER, "validate", messages], out_too=True)
    assert code == 0
    assert drawn.replace("\r\n", "\n") == adapter("validate", messages).out


def test_a_terminal_that_cannot_move_its_cursor_gets_no_escapes(messages: Path) -> None:
    """TERM=dumb: no control sequence reaches it."""
    code, _, drawn = on_terminal([ADAPTER, "validate", messages, "--json"], term="dumb")
    assert code == 0
    assert "\x1b" not in drawn


# ── completion ──


@pytest.fixture
def bash(tmp_path: Path) -> Iterator[Terminal]:
    """A bash that has read the completion, in a folder with one message."""
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    (tmp_path / "utskriving.xml").write_text("<x/>")
    script = tmp_path / "completion.bash"
    script.write_text(adapter("completion", "bash").expect(0).out)
    terminal = Terminal()
    path = f"{ADAPTER.parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
        cwd=tmp_path,
        env=surroundings(PATH=path, TERM="dumb", PS1="ready> ", HISTFILE="", INPUTRC="/dev/null"),
        start_new_session=True,
    )
    terminal.let_go()
    terminal.shows("ready> ")
    terminal.type(f"bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; source {script}; echo go''ne\n")
    terminal.shows("gone")
    terminal.shows("ready> ")
    yield terminal
    shell.kill()
    shell.wait()
    terminal.close()


TYPED = (
    ("adapter vali", "adapter validate "),
    ("adapter inbox acc", "adapter inbox accept "),
    ("adapter giveup 5f --rea", "adapter giveup 5f --reason "),
    ("adapter validate utsk", "adapter validate utskriving.xml"),
    ("adapter build discharge-rea", "adapter build discharge-ready "),
    ("adapter token add --scope ope", "adapter token add --scope operate "),
    ("adapter simulate lost-a", "adapter simulate lost-answer "),
    ("adapter run --config utsk", "adapter run --config utskriving.xml"),
)
"""What is typed before Tab, and what it becomes."""


def test_bash_finishes_what_is_typed(bash: Terminal) -> None:
    """Commands, commands of commands, options, their choices, kinds of messages, and names of files."""
    for typed, becomes in TYPED:
        bash.type(f"{typed}\t")
        bash.shows(becomes, 30)
        bash.type("\x15")  # the line is taken back


@pytest.mark.parametrize(
    ("shell", "check"), [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])]
)
def test_the_script_of_a_shell_is_one_that_it_reads(shell: str, check: list[str], tmp_path: Path) -> None:
    """The shell itself parses it, and running it says nothing."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    script = tmp_path / f"completion.{shell}"
    script.write_text(adapter("completion", shell).expect(0).out)
    done = subprocess.run([*check, script], capture_output=True, check=False, env=surroundings(HOME=str(tmp_path)))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_fish_finishes_what_is_typed(tmp_path: Path) -> None:
    """fish can be asked what it would offer."""
    if shutil.which("fish") is None:
        pytest.skip("there is no fish")
    script = tmp_path / "completion.fish"
    script.write_text(adapter("completion", "fish").expect(0).out)
    path = f"{ADAPTER.parent}{os.pathsep}{os.environ['PATH']}"
    for typed, offered in (("adapter vali", "validate"), ("adapter giveup 5f --rea", "--reason")):
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source {script}; complete --do-complete '{typed}'"],
            capture_output=True,
            check=True,
            env=surroundings(PATH=path, HOME=str(tmp_path)),
        )
        assert offered in done.stdout.decode(), done
