"""Bad input for every command: the exit code of the contract, a clear sentence, never a traceback."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ADAPTER, MESSAGES, KeptDemo, Result, adapter, many

from adapter.testing.place import Place

MESSAGE = (MESSAGES / "discharge-ready.xml").read_bytes()
NOISE = random.Random(1).randbytes(4000)
BOMB = b"".join(b'<!ENTITY x%d "%s">' % (n, b"&x%d;" % (n - 1) * 10 if n else b"x" * 10) for n in range(9))

CONTENTS = {
    "empty": b"",
    "white-space": b" \n\n",
    "random": NOISE,
    "nul": b"\0" * 1000,
    "nul-inside": MESSAGE[:500] + b"\0" + MESSAGE[500:],
    "deep-xml": b"<a>" * 100_000 + b"</a>" * 100_000,
    "deep-json": b"[" * 100_000 + b"]" * 100_000,
    "deep-object": b'{"facts":' * 100_000 + b"1" + b"}" * 100_000,
    "utf-16": MESSAGE.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "utf-16-json": '{"facts": []}'.encode("utf-16"),
    "latin-1-json": '{"facts": "ø"}'.encode("latin-1"),
    "wrong-encoding": '<?xml version="1.0" encoding="UTF-8"?><a>ø</a>'.encode("latin-1"),
    "strange-encoding": b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><a/>',
    "dtd": b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
    "bomb": b"<!DOCTYPE a [" + BOMB + b"]><a>&x8;</a>",
    "attributes": b"<a " + b" ".join(b'a%d="1"' % n for n in range(100_000)) + b"/>",
    "cut-off": MESSAGE[: len(MESSAGE) // 2],
    "other-xml": b'<html xmlns="http://www.w3.org/1999/xhtml"/>',
    "json-number": b"12",
    "json-cut-off": b'{"facts": ',
    "json-surrogate": b'{"kind": "\\ud800", "facts": [{"kind": "\\ud800", "at": "\\ud800"}]}',
    "json-long-number": b'{"facts": ' + b"9" * 10_000 + b"}",
    "mail": b"From: a@b.example\r\nTo: b@a.example\r\n\r\nhello\r\n",
    "mail-of-parts": b'Content-Type: multipart/related; boundary="x"\r\nMime-Version: 1.0\r\n\r\n'
    + b"--x\r\n" * 20_000,
    "toml": b"a = 1\n",
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of every kind of bad content."""
    folder = tmp_path_factory.mktemp("bad")
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    return folder


def inputs(folder: Path, command: str) -> list[Path]:
    """Every kind of bad content, a folder and a missing file; where `send` reads like another command, every third."""
    names = list(CONTENTS)[:: 3 if command in {"seal", "demo"} else 1]
    return [*(folder / name for name in names), folder, folder / "missing"]


def require_words(result: Result) -> None:
    """What was said ends up on stderr or, as a finding, on stdout, and is short enough to be read."""
    said = (result.error + result.out).strip()
    assert said, result.arguments
    assert len(said) < 3000, result.arguments


@pytest.mark.parametrize("command", ["open", "seal", "send", "build", "liability", "demo"])
def test_bad_files(command: str, bad: Path, place: Place, tmp_path: Path) -> None:
    """A file of any other kind than the command takes is refused in words, and nothing is written or kept."""
    out, config = tmp_path / "out", place.hospital.config
    ways: dict[str, tuple[tuple[str | Path, ...], tuple[str | Path, ...], set[int]]] = {
        "open": (("open",), ("-o", out, "--config", config), {1}),
        "seal": (("seal",), ("--from", "8140011", "--to", "8140022", "-o", out, "--config", config), {1}),
        "send": (("send",), ("--config", config), {1, 2}),
        "build": (("build", "discharge-ready"), ("-o", out), {2}),
        "liability": (("liability",), (), {2}),
        "demo": (("demo", "--message"), (), {2}),
    }
    before, after, codes = ways[command]
    results = many([(*before, file, *after) for file in inputs(bad, command)])
    for file, result in zip(inputs(bad, command), results, strict=True):
        require_words(result)
        assert result.code in ({2} if file.name not in CONTENTS else codes), (result.arguments, result.error)
        if result.code == 2:
            assert result.out == ""
    assert not out.exists()
    if command == "send":
        assert adapter("list", "--json", "--config", config).expect(0).json() == []


def test_validate_bad_files(bad: Path) -> None:
    """`validate` judges a whole folder of rubbish: every file has its verdict, and none is valid."""
    verdicts = adapter("validate", bad, "--json").expect(1).json()
    assert [Path(one["file"]).name for one in verdicts] == sorted(CONTENTS)
    for one in verdicts:
        assert one["valid"] is False
        assert any(finding["severity"] == "error" and finding["message"] for finding in one["findings"]), one
    said = {Path(one["file"]).name: one["findings"][0]["message"] for one in verdicts}
    assert "DTD" in said["dtd"]
    assert "DTD" in said["bomb"]
    assert "cannot be read" in adapter("validate", bad / "missing").expect(2).error


def configured(config: Path) -> list[tuple[str | Path, ...]]:
    """Every command that needs a configuration."""
    file = MESSAGES / "admitted.xml"
    calls: list[tuple[str | Path, ...]] = [
        ("run",),
        ("check",),
        ("build", "discharge-ready", config),
        ("seal", file, "--from", "1", "--to", "2", "-o", "out.eml"),
        ("open", file, "-o", "out.xml"),
        ("send", file),
        ("list",),
        ("show", "x"),
        ("answer", "x", "--accept"),
        ("ledger",),
        ("explain", "x"),
    ]
    return [(*call, "--config", config) for call in calls]


def test_bad_configuration(bad: Path) -> None:
    """A configuration that is missing, a folder, or rubbish is exit 2 with its name, for every command."""
    names = ["empty", "random", "deep-json", "toml", "missing", "."]
    configs = [bad / name for name in names]
    for result in many([call for config in configs for call in configured(config)]):
        result.expect(2)
        assert result.out == ""
        assert result.arguments[-1].rstrip(".") in result.error
        require_words(result)


@pytest.mark.parametrize("content", [b"a = " + b"[" * 100_000, b"a = " + b"9" * 10_000], ids=["deep", "long"])
def test_strange_toml(content: bytes, tmp_path: Path) -> None:
    """TOML that nests too deep or holds an endless number is a configuration that cannot be used."""
    config = tmp_path / "config.toml"
    config.write_bytes(content)
    assert "CFG-INVALID" in adapter("check", "--config", config).expect(2).error


def edited(place: Place, tmp_path: Path, **changes: str) -> Path:
    """A copy of the hospital's folder, with pieces of its configuration replaced."""
    folder = tmp_path / "copy"
    shutil.copytree(place.folder, folder)
    config = folder / "hospital" / "config.toml"
    text = config.read_text("utf-8")
    for piece, other in changes.items():
        assert piece in text
        text = text.replace(piece, other)
    config.write_text(text, "utf-8")
    return config


def test_every_mistake_at_once(place: Place, tmp_path: Path) -> None:
    """A configuration with six mistakes is refused with six lines: key, what is allowed, what was found."""
    config = edited(
        place,
        tmp_path,
        **{
            'mode = "test"': 'mode = "tset"\ncolour = 1',
            'tls = "starttls"': 'tls = "sometimes"',
            f"port = {place.hospital.port}": "port = 99999",
            'her = "8140011"': 'her = "abc"',
            'path = "adapter.sqlite"': "path = 5",
        },
    )
    said = adapter("check", "--config", config).expect(2).error
    for key, found in (
        ("mode", "tset"),
        ("colour", "no such key"),
        ("smtp.send.tls", "sometimes"),
        ("smtp.receive.port", "99999"),
        ("her", "abc"),
        ("store.path", "5"),
    ):
        (line,) = [line for line in said.splitlines() if line.strip().startswith(key) or f".{key}:" in line]
        assert found in line
    assert "'test' or 'production'" in said
    for call in configured(config):
        if call[0] == "run":
            assert adapter(*call).expect(2).error == said


def test_keys_and_folders_that_do_not_fit(place: Place, tmp_path: Path) -> None:
    """`check` tells two keys of other certificates and an inbox that cannot be written, all at once; exit 1."""
    config = edited(
        place,
        tmp_path,
        **{
            'signing = { key = "keys/signing.key"': 'signing = { key = "keys/encryption.key"',
            'folder = "inbox"': 'folder = "/proc/inbox"',
            'certificate = "keys/mail.crt"': 'certificate = "keys/signing.crt"',
        },
    )
    told = adapter("check", "--json", "--config", config).expect(1).json()
    problems = {one["what"]: one["says"] for one in told["checks"] if one["state"] == "problem"}
    assert told["ok"] is False
    assert set(problems) >= {"keys.signing", "inbox.folder", "smtp.receive.certificate"}
    assert "does not belong" in problems["keys.signing"]
    assert "PROBLEM" in adapter("check", "--config", config).expect(1).out
    for result in many([call for call in configured(config) if call[0] in {"run", "send", "seal", "open"}]):
        assert "KEY-MISMATCH" in result.expect(2).error


def test_store_that_cannot_be_made(place: Place, tmp_path: Path) -> None:
    """A store whose folder cannot be made is a problem for `check`, and a sentence for every other command."""
    config = edited(place, tmp_path, **{'path = "adapter.sqlite"': 'path = "/proc/adapter/adapter.sqlite"'})
    told = adapter("check", "--json", "--config", config).expect(1).json()
    assert {one["what"] for one in told["checks"] if one["state"] == "problem"} == {"store"}
    for result in many([call for call in configured(config) if call[0] in {"run", "send", "list", "ledger", "show"}]):
        assert "STORE" in result.expect(2).error


def test_unknown_names(demo: KeptDemo) -> None:
    """An exchange, a stay, a kind, a scenario, a command or an option that does not exist is exit 2 and named."""
    config = ("--config", demo.municipality)
    for result in many(
        [
            ("show", "nothing", *config),
            ("show", "", *config),
            ("answer", "nothing", "--accept", *config),
            ("explain", "nothing", *config),
            ("build", "nothing", "--example"),
            ("build", "nothing", "--schema"),
            ("demo", "--scenario", "nothing"),
            ("nothing",),
            ("list", "--nothing"),
            ("list", "--direction", "sideways", *config),
            ("list", "--limit", "0", *config),
            ("list", "--partner", "x", *config),
            ("ledger", "--from", "yesterday", *config),
            ("liability", "--language", "xx", "-"),
            ("validate", "--side", "left", MESSAGES),
            ("validate",),
            ("build",),
            ("answer", "x", *config),
            ("answer", "x", "--accept", "--later", "2024-01-01", *config),
            ("answer", "x", "--later", "tomorrow", *config),
        ]
    ):
        result.expect(2)
        assert result.out == ""
        require_words(result)


HUGE = 2 * 1024**3
MEMORY = 150
"""Megabytes that one call may come to hold; a good message takes about sixty."""


MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stderr=subprocess.STDOUT)
_, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss, file=sys.stderr)
"""
"""Runs a command from a small process: a child's figure begins with what the process that forked it held."""


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty", b"", 1),
        ("two gigabytes", None, 2),
        ("random octets", bytes(n * 7919 % 256 for n in range(100_000)), 1),
        ("entity bomb", b"<!DOCTYPE a [" + BOMB + b"]><a>&x8;</a>", 1),
        ("100 000 levels", b"<a>" * 100_000 + b"</a>" * 100_000, 1),
        ("a million attributes", b"<a " + b" ".join(b'a%d="1"' % n for n in range(999_999)) + b"/>", 1),
        ("five million elements", b"<a>" + b"<b/>" * 5_000_000 + b"</a>", 1),
        ("PDF", b"%PDF-1.7\n" + bytes(100_000), 1),
    ],
)
def test_bad_input_is_held_in_little_memory(name: str, content: bytes | None, code: int, tmp_path: Path) -> None:
    """The process says what is wrong and never holds more than the limit."""
    file = tmp_path / "input.xml"
    if content is None:
        with file.open("wb") as sparse:
            sparse.truncate(HUGE)
    else:
        file.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-S", "-c", MEASURED, ADAPTER, "validate", file], capture_output=True, check=False
    )
    *said, figures = (done.stdout + done.stderr).decode().splitlines()
    exit_code, kilobytes = map(int, figures.split())
    assert (exit_code, "Traceback" in said) == (code, False), said
    assert 0 < len("".join(said)) < 1000
    assert kilobytes < MEMORY * 1024, f"{name}: {kilobytes} kB"
