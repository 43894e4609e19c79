"""A folder of case files, decided under one policy or compared under two."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli.liability import command
from adapter.errors import AdapterError
from adapter.service import batch
from adapter.service.batch import Bad, Decided, case_files, decide_all, policy_named
from adapter.service.terms import terms

CASE = {
    "facts": [
        {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00"},
        {"kind": "ready_notice", "at": "2012-03-05T14:15+01:00", "ready": "2012-03-05"},
        {"kind": "discharged", "at": "2012-03-08T09:30+01:00"},
    ]
}
OURS = 'name = "OURS"\nversion = "2"\ntitle = "ours"\ninherits = "NO-BASE"\n[keys]\ncutoff = "14:00"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two case files, one of them in a folder of its own; a policy file beside them is no case file."""
    (tmp_path / "cases" / "more").mkdir(parents=True)
    (tmp_path / "cases" / "a.json").write_text(json.dumps(CASE))
    accept = {"kind": "answer", "at": "2012-03-05T15:00+01:00", "answer": "accept"}
    dear = {"policy": "NO-BASE", "facts": [*CASE["facts"], accept]}
    (tmp_path / "cases" / "more" / "b.json").write_text(json.dumps(dear))
    (tmp_path / "cases" / "ours.toml").write_text(OURS)
    return tmp_path / "cases"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_totals_of_a_folder(folder: Path) -> None:
    """Every case file below the folder is decided, and the sums are theirs."""
    document = json.loads(run("--batch", str(folder), "--json").stdout)
    assert [Path(one["file"]).name for one in document["files"]] == ["a.json", "b.json"]
    assert document["totals"] == {
        "files": 2,
        "files_with_cost": 1,
        "nights": 3,
        "amount_nok": 12000,
        "amount_known_nok": 12000,
    }
    assert "2 files, 3 nights, NOK 12 000" in run("--batch", str(folder)).stdout


def test_what_another_agreement_would_have_cost(folder: Path) -> None:
    """Under two policies: totals of both, and by file the difference with the keys that mattered."""
    arguments = ("--batch", str(folder), "--diff", "NO-BASE", str(folder / "ours.toml"))
    document = json.loads(run(*arguments, "--json").stdout)
    assert document["totals"]["nights"] == 2
    assert document["totals"]["against"]["nights"] == 3
    assert (document["totals"]["nights_more"], document["totals"]["known_nok_more"]) == (-1, -4000)
    assert [(one["differs"], one["changed_by"]) for one in document["files"]] == [(True, ["cutoff"]), (False, [])]
    told = run(*arguments).stdout
    assert "under OURS 2: 2 nights, NOK 8 000; -1 nights, -4000 NOK, 1 files differ" in told
    assert "b.json" not in told
    lines = list(csv.DictReader(run(*arguments, "--csv").stdout.splitlines()))
    assert [(line["nights"], line["against_nights"], line["changed_by"]) for line in lines] == [
        *(("2", "3", "cutoff"), ("0", "0", "")),
    ]


def test_bad_files_are_listed_after_the_others(folder: Path) -> None:
    """A file that is no case file stops nothing; it is named with its mistakes, and the exit code is 2."""
    (folder / "0.json").write_text('{"facts": 1, "x": 2}')
    (folder / "dir.json").mkdir()
    done = run("--batch", str(folder), "--json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["totals"]["files"], len(document["bad"][0]["mistakes"])) == (2, 2, 2)
    assert "1 of 3 files were left out" in done.stderr


def test_many_files_on_two_cores(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are many, two processes decide them, in the same order and with the same results."""
    files = case_files(folder) * 3
    alone = list(decide_all(files, terms(None), None, lambda done, of: None))
    monkeypatch.setattr(batch, "_CHUNK", 2)
    told: list[tuple[int, int]] = []
    assert list(decide_all(files, terms(None), None, lambda done, of: told.append((done, of)))) == alone
    assert told == [(number, 6) for number in range(1, 7)]
    assert all(isinstance(one, Decided) for one in alone)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """It is a bad file like others."""
    (found,) = decide_all((tmp_path / "gone.json",), terms(None), None, lambda done, of: None)
    assert isinstance(found, Bad)


@pytest.mark.parametrize("name", ["NONE", "none.toml", "wrong.toml"])
def test_a_policy_that_is_not_there(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown name, a missing file and a file with mistakes are errors that say what to do."""
    monkeypatch.chdir(folder)
    (folder / "wrong.toml").write_text(OURS.replace("14:00", "25:00"))
    with pytest.raises(AdapterError):
        policy_named(name, terms(None).profiles)
    assert run("--batch", str(folder), "--diff", "NO-BASE", name).exit_code != 0


@pytest.mark.parametrize(
    "arguments", [[], ["a.json", "--batch", "."], ["a.json", "--csv"], ["a.json", "--diff", "NO-BASE", "NO-BASE"]]
)
def test_one_file_or_a_folder(arguments: list[str]) -> None:
    """Neither, both, or an option that goes with a folder is a usage error."""
    assert run(*arguments).exit_code == 2


def test_no_folder(tmp_path: Path) -> None:
    """A folder that does not exist is an error, an empty one has nothing to it."""
    with pytest.raises(AdapterError):
        case_files(tmp_path / "none")
    assert json.loads(run("--batch", str(tmp_path), "--json").stdout)["totals"]["files"] == 0
