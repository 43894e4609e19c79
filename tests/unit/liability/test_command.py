"""`adapter liability`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapter.cli.liability import command

GOOD = {
    "facts": [
        {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00"},
        {"kind": "ready_notice", "at": "2012-03-05T10:15+01:00", "ready": "2012-03-05"},
        {"kind": "answer", "at": "2012-03-08T09:30+01:00", "answer": "accept"},
    ]
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(GOOD))
    return path


def test_json(file: Path) -> None:
    """With `--json` the result of the contract, and nothing else, is on stdout, with its keys in order."""
    done = CliRunner().invoke(command, [str(file), "--json"])
    assert (done.exit_code, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert list(result) == [
        *("nights", "amount_nok", "amount_known_nok", "first", "last", "start_reason", "end_reason", "flags"),
        *("periods", "nights_by_date", "policy", "changed_by", "rates_version"),
    ]
    assert (result["nights"], result["amount_nok"], result["first"], result["last"]) == (
        *(3, 12000, "2012-03-05", "2012-03-07"),
    )
    assert list(result["periods"][0]) == ["first", "last", "nights", "start_reason", "end_reason"]
    assert list(result["nights_by_date"][0]) == ["date", "rate_nok", "reasons"]
    assert all(rule.startswith("LI-") for rule in result["nights_by_date"][0]["reasons"])


@pytest.mark.parametrize(("language", "piece"), [("en", "3 payable nights"), ("nb", "3 døgn kan kreves betalt")])
def test_text(file: Path, language: str, piece: str) -> None:
    """Without it a person reads sentences, in the language asked for."""
    done = CliRunner().invoke(command, [str(file), "--language", language])
    assert done.exit_code == 0
    assert piece in done.stdout


def test_mistakes(file: Path) -> None:
    """A file of another shape is exit code 2, nothing on stdout and every mistake on stderr."""
    file.write_text(json.dumps({**GOOD, "sector": "X", "overrides": {"x": 1}}))
    done = CliRunner().invoke(command, [str(file), "--json"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "2 mistakes to correct" in done.stderr
    assert 'sector (line 1): found "X"; allowed: SOM, PHV, TSB' in done.stderr
    assert "overrides.x (line 1): found an unknown key" in done.stderr


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 10_000, b"NaN"])
def test_no_json(file: Path, content: bytes) -> None:
    """What is no JSON is exit code 2 with a sentence, never a traceback."""
    file.write_bytes(content)
    done = CliRunner().invoke(command, [str(file)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "1 mistake to correct" in done.stderr
