"""The other commands: what they print, for people and as JSON, and their exit codes."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from commands import MESSAGES, ROOT, Daemon, KeptDemo, Two, adapter, many, started, surroundings, wait_for

from adapter.cli.main import COMMANDS, group
from adapter.messages import building
from adapter.testing.place import place_at
from adapter.testing.scenarios import HOSPITAL, MUNICIPALITY

VERDICT_KEYS = ["file", "kind", "type", "valid", "findings"]
FINDING_KEYS = ["rule", "severity", "path", "line", "message", "source"]
RESULT_KEYS = (
    *("nights", "amount_nok", "amount_known_nok", "first", "last", "start_reason", "end_reason", "flags"),
    *("periods", "nights_by_date", "policy", "changed_by", "rates_version"),
)
CASE: dict[str, Any] = {
    "policy": "NO-BASE",
    "as_of": "2012-04-01T00:00+02:00",
    "facts": [
        {"kind": "admitted", "at": "2012-03-01T09:00+01:00"},
        {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00", "message": "a1"},
        {"kind": "ready_notice", "at": "2012-03-05T10:15+01:00", "message": "r1", "ready": "2012-03-05"},
        {"kind": "answer", "at": "2012-03-05T12:30+01:00", "answer": "later", "promised": "2012-03-08"},
        {"kind": "discharged", "at": "2012-03-08T13:00+01:00"},
    ],
}


# ── help, module, environment ───────────────────────────────────────────────────────────────────────────────────────


def test_help_of_every_command() -> None:
    """Every command explains itself and takes the two options that all have."""
    calls = list(every_command(group, ()))
    assert ("evidence", "verify") in calls
    for path, result in zip(calls, many([(*path, "--help") for path in calls]), strict=True):
        result.expect(0)
        assert "--config" in result.out, path
        assert "--json" in result.out, path
    shown = adapter("--help").expect(0).out
    assert all(name in shown for name in COMMANDS)
    assert adapter("--version").expect(0).out.startswith("adapter")


PAGES = ("first-exchange*.md", "handbook/*.md", "integrators.md")
"""Of the documentation, what tests run with programs that start."""


def test_commands_that_no_page_runs_start_by_themselves(demo: KeptDemo, tmp_path: Path) -> None:
    """Started as a program, with nothing imported before, each does its work."""
    mail, message = tmp_path / "one.eml", MESSAGES / "admitted.xml"
    (tmp_path / "case.json").write_text(json.dumps(CASE), "utf-8")
    (tmp_path / "stays.csv").write_text("stay,municipality,date,drg_type,points\na,0301,2012-03-05,medical,1.0\n")
    shutil.copytree(demo.folder, tmp_path / "place")
    hospital, municipality = (
        ("--config", tmp_path / "place" / side / "config.toml") for side in ("hospital", "municipality")
    )
    listed = adapter("list", "--json", *hospital).expect(0).json()
    [sent] = [one["id"] for one in listed if one["type"] == "LOG_UTSKRIVNINGSKLAR"]
    calls: list[tuple[str | Path, ...]] = [
        ("answer", sent, "--accept", *hospital),
        ("cofinancing", tmp_path / "stays.csv"),
        ("completion", "bash"),
        ("inbox", "list", *municipality),
        ("liability", tmp_path / "case.json"),
        ("partners", "list", *hospital),
        ("rules",),
        ("seal", message, "--from", "8140011", "--to", "8140022", "-o", mail, *hospital),
        ("open", mail, "-o", tmp_path / "opened.xml", *municipality),
        ("statistics", *hospital),
        ("validate", message),
        ("webhooks", *municipality),
    ]
    pages = "".join(page.read_text("utf-8") for pattern in PAGES for page in (ROOT / "docs").glob(pattern))
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", pages, re.DOTALL)
    run_there = {command for block in blocks for command in re.findall(r"\badapter ([a-z]+)", block)}
    # The demo of this session was played by a program that was started.
    assert set(COMMANDS) == (run_there & set(COMMANDS)) | {str(call[0]) for call in calls} | {"demo"}
    for call in calls:
        started(*call).expect(0)
    assert (tmp_path / "opened.xml").read_bytes() == message.read_bytes()


def every_command(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words that call each command which does something."""
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from every_command(inner, (*path, name))


def test_python_module() -> None:
    """`python -m adapter` is the same command."""
    done = subprocess.run(
        [sys.executable, "-m", "adapter", "build", "--list"], capture_output=True, env=surroundings(), check=False
    )
    assert done.returncode == 0
    assert done.stdout.decode() == adapter("build", "--list").expect(0).out


def test_configuration_from_the_environment(demo: KeptDemo, tmp_path: Path) -> None:
    """`ADAPTER_CONFIG` names the configuration, and `--config` goes before it."""
    by_environment = adapter("list", "--json", ADAPTER_CONFIG=str(demo.municipality)).expect(0).json()
    by_option = adapter("list", "--json", "--config", demo.municipality).expect(0).json()
    assert {one["id"] for one in by_environment} == {one["id"] for one in by_option} != set()
    adapter("list", "--config", demo.municipality, ADAPTER_CONFIG=str(tmp_path / "missing")).expect(0)
    assert str(tmp_path / "missing") in adapter("list", ADAPTER_CONFIG=str(tmp_path / "missing")).expect(2).error


# ── validate, build, rules ──────────────────────────────────────────────────────────────────────────────────────────


def test_validate(tmp_path: Path) -> None:
    """Files and folders together: one verdict a file, in order, with the keys of the contract; exit 1 for any error."""
    wrong = tmp_path / "wrong.xml"
    wrong.write_bytes((MESSAGES / "death.xml").read_bytes().replace(b"<GivenName>", b"<GivenNames>"))
    other = tmp_path / "other.xml"
    other.write_bytes((MESSAGES / "death.xml").read_bytes().replace(b"<Receiver>", b"<Recipient/><Receiver>"))
    fine = adapter("validate", MESSAGES, "--json").expect(0).json()
    assert [Path(one["file"]) for one in fine] == sorted(MESSAGES.glob("*.xml"))
    assert all(one["valid"] and list(one) == VERDICT_KEYS for one in fine)
    assert {one["kind"] for one in fine} == {"business", "apprec"}
    verdicts = adapter("validate", MESSAGES, wrong, other, "--json").expect(1).json()
    assert [one["valid"] for one in verdicts] == [True] * len(fine) + [False, False]
    schema = [finding for finding in verdicts[-1]["findings"] if finding["rule"] == "XSD"]
    assert schema
    for finding in verdicts[-1]["findings"] + verdicts[-2]["findings"]:
        assert list(finding) == FINDING_KEYS
        assert finding["severity"] in {"error", "warning", "info"}
    assert "MsgInfo" in schema[0]["path"]
    assert schema[0]["line"] > 0
    shown = adapter("validate", MESSAGES, other).expect(1).out
    assert "NOT VALID" in shown
    assert "1 not valid" in shown


def test_build_every_kind(tmp_path: Path) -> None:
    """Every kind: its example builds a message without any finding, from a file and from standard input."""
    kinds = adapter("build", "--list", "--json").expect(0).json()
    assert set(kinds) >= {"admitted", "discharge-ready", "withdrawal", "discharged", "death"}
    assert adapter("build", "--list").expect(0).out.split() == kinds
    for kind, example in zip(kinds, many([("build", kind, "--example") for kind in kinds]), strict=True):
        example.expect(0).json()
        (tmp_path / f"{kind}.json").write_text(example.out, "utf-8")
    built = many([("build", kind, tmp_path / f"{kind}.json", "-o", tmp_path / f"{kind}.xml") for kind in kinds])
    assert [result.code for result in built] == [0] * len(kinds), [result.error for result in built]
    verdicts = adapter("validate", "--json", *(tmp_path / f"{kind}.xml" for kind in kinds)).expect(0).json()
    assert {one["file"]: one["findings"] for one in verdicts if one["findings"]} == {}
    piped = adapter("build", "death", "-", given=(tmp_path / "death.json").read_text("utf-8")).expect(0)
    assert piped.out.startswith("<?xml")
    document = adapter("build", "death", tmp_path / "death.json", "--json").expect(0).json()
    assert document["kind"] == "death"


def test_every_kind_is_clean_in_every_version(tmp_path: Path) -> None:
    """`build KIND --example --version V | build KIND - | validate`: no finding, for each version of each kind."""
    pairs = [(kind, version) for kind in building.kinds() for version in building.versions(kind)]
    assert {version for _, version in pairs} >= {"1.5", "1.6", "2.0"}
    for kind in {kind for kind, _ in pairs}:
        (tmp_path / kind).mkdir()
    examples = many([("build", kind, "--example", "--version", version) for kind, version in pairs])
    for (kind, version), example in zip(pairs, examples, strict=True):
        (tmp_path / kind / f"{version}.json").write_text(example.expect(0).out, "utf-8")
    files = [(kind, tmp_path / kind / version) for kind, version in pairs]
    for made in many([("build", kind, f"{file}.json", "-o", f"{file}.xml") for kind, file in files]):
        made.expect(0)
    verdicts = adapter("validate", "--json", *(f"{file}.xml" for _, file in files)).expect(0).json()
    assert len(verdicts) == len(pairs) > 30
    assert {one["file"]: one["findings"] for one in verdicts if one["findings"]} == {}


def test_build_schema_accepts_the_example() -> None:
    """The JSON Schema of a kind allows the keys of its example, requires none that is missing, and names every part."""
    kinds = adapter("build", "--list", "--json").expect(0).json()
    schemas = many([("build", kind, "--schema") for kind in kinds])
    examples = many([("build", kind, "--example") for kind in kinds])
    for schema, example in zip(schemas, examples, strict=True):
        rules, value = schema.expect(0).json(), example.json()
        assert list(problems(value, rules, rules)) == []
        assert list(problems({}, rules, rules))


def test_an_example_is_handed_in_as_it_is(demo: KeptDemo, tmp_path: Path) -> None:
    """What `build KIND --example` prints says its kind, so that `send` takes it; the schema names the key."""
    schema = adapter("build", "admitted", "--schema").expect(0).json()
    assert schema["properties"]["kind"]["const"] == "admitted"
    shutil.copytree(demo.folder, tmp_path / "place")
    example = adapter("build", "admitted", "--example").expect(0).out
    config = tmp_path / "place" / "hospital" / "config.toml"
    sent = adapter("send", "-", "--config", config, "--json", given=example).expect(0).json()["exchange"]
    assert adapter("show", sent, "--config", config, "--json").expect(0).json()["type"] == "LOG_INNLAGT"


def problems(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    """What JSON Schema has against a value, as far as types, keys, references and alternatives go."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    for word in ("anyOf", "oneOf"):
        if word in schema and all(list(problems(value, one, root)) for one in schema[word]):
            yield f"none of {word}"
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        yield f"no {schema['type']}"
    if "enum" in schema and value not in schema["enum"]:
        yield "not in enum"
    if isinstance(value, dict):
        yield from (f"{key} is missing" for key in schema.get("required", ()) if key not in value)
        for key, inner in value.items():
            if key in schema.get("properties", {}):
                yield from (f"{key}: {one}" for one in problems(inner, schema["properties"][key], root))
            elif schema.get("additionalProperties") is False:
                yield f"{key} is unknown"
    if isinstance(value, list) and "items" in schema:
        for inner in value:
            yield from problems(inner, schema["items"], root)


def test_rules() -> None:
    """The rules are listed with id, text and source, each id once."""
    rules = adapter("rules", "--json").expect(0).json()
    ids = [rule["id"] for rule in rules]
    assert len(set(ids)) == len(ids) > 50
    assert all(rule["text"] and rule["source"] for rule in rules)
    assert ids[0] in adapter("rules").expect(0).out
    assert [rule["id"] for rule in adapter("rules", ids[0], "--json").expect(0).json()] == ids[:1]
    assert "adapter rules" in adapter("rules", "XX-999").expect(2).error


# ── liability ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_liability(tmp_path: Path) -> None:
    """The decision has the keys of the contract in their order, from a file and from standard input alike."""
    case = tmp_path / "case.json"
    case.write_text(json.dumps(CASE))
    decided = adapter("liability", case, "--json").expect(0)
    assert tuple(decided.json()) == RESULT_KEYS
    assert (decided.json()["nights"], decided.json()["amount_nok"]) == (3, 12000)
    assert adapter("liability", "-", "--json", given=json.dumps(CASE)).expect(0).out == decided.out
    reversed_facts = {**CASE, "facts": CASE["facts"][::-1]}
    assert adapter("liability", "-", "--json", given=json.dumps(reversed_facts)).expect(0).out == decided.out
    assert "12 000" in adapter("liability", case).expect(0).out or "12000" in adapter("liability", case).out


def test_liability_of_a_wrong_file() -> None:
    """A case file with an unknown kind, key, policy and policy key is exit 2 with all four mistakes."""
    wrong = {
        "policy": "NO-SUCH",
        "overrides": {"colour": "red"},
        "shape": 1,
        "facts": [{"kind": "vanished", "at": "2012-03-01T09:00+01:00"}],
    }
    refused = adapter("liability", "-", "--json", given=json.dumps(wrong)).expect(2)
    assert refused.out == ""
    for word in ("NO-SUCH", "colour", "shape", "vanished"):
        assert word in refused.error
    assert adapter("liability", "-", "--json", given='{"facts": []}').expect(0).json()["nights"] == 0


# ── a kept demo: list, show, ledger, explain, check ─────────────────────────────────────────────────────────────────


def test_list_and_show(demo: KeptDemo) -> None:
    """What `list` lists, `show` shows by id, by the beginning of the id and by MsgId, without patient data."""
    config = ("--config", demo.hospital)
    listed = adapter("list", "--json", *config).expect(0).json()
    assert len(listed) == 12
    (ready,) = [one for one in listed if one["type"] == "LOG_UTSKRIVNINGSKLAR"]
    shown = [adapter("show", "--json", name, *config).expect(0) for name in (ready["id"], ready["msg_id"])]
    assert shown[0].json()["id"] == shown[1].json()["id"] == ready["id"]
    assert shown[0].json()["facts"]
    assert adapter("show", ready["id"][:13], *config).expect(0).out
    message = adapter("show", "--payload", ready["id"], *config).expect(0).out
    family_name = message.split("<FamilyName>")[1].split("<")[0]
    everything = "".join(result.out for result in shown) + json.dumps(listed)
    assert family_name not in everything
    adapter("show", "--payload", "--json", ready["id"], *config).expect(2)
    some = adapter("list", "--json", "--type", "APPREC", "--direction", "in", *config).expect(0).json()
    assert {(one["type"], one["direction"]) for one in some} == {("APPREC", "in")}
    assert len(adapter("list", "--json", "--limit", "2", *config).expect(0).json()) == 2


def test_list_by_state(demo: KeptDemo) -> None:
    """`list --state` takes the words that the list shows, of both directions, and names them when it gets another."""
    config = ("--config", demo.municipality)
    every = adapter("list", "--json", *config).expect(0).json()
    words = {one["state"] for one in every}
    assert {"acknowledged", "delivered"} <= words
    for word in words:
        found = adapter("list", "--state", word, "--json", *config).expect(0).json()
        assert {one["id"] for one in found} == {one["id"] for one in every if one["state"] == word}
    assert adapter("list", "--state", "rejected", "--json", *config).expect(0).json() == []
    assert "delivery_failed" in adapter("list", "--state", "lost", *config).expect(2).error


def test_one_answer_at_a_time(demo: KeptDemo) -> None:
    """An answer that says two things is refused before anything is looked at."""
    for two in (("--accept", "--refuse"), ("--accept", "--later", "2030-01-02"), ("--withdraw", "--unclear"), ()):
        assert "give one of" in adapter("answer", "x", *two, "--config", demo.municipality).expect(2).error


def test_ledger(demo: KeptDemo) -> None:
    """The ledger says the same as JSON, as CSV and as a table, on both sides, and narrows to dates and parties."""
    ledgers = [adapter("ledger", "--json", "--config", config) for config in (demo.hospital, demo.municipality)]
    (stay,) = ledgers[0].expect(0).json()["stays"]
    assert (stay["nights"], stay["amount_nok"]) == (3, demo.document["stays"][0]["amount_nok"])
    assert ledgers[1].expect(0).json()["totals"] == ledgers[0].json()["totals"]
    config = ("--config", demo.hospital)
    (row,) = csv.DictReader(io.StringIO(adapter("ledger", "--csv", *config).expect(0).out))
    assert row["stay"] == stay["stay"]
    assert (row["nights"], row["amount_nok"]) == ("3", str(stay["amount_nok"]))
    assert stay["stay"] in adapter("ledger", *config).expect(0).out
    cut = adapter("ledger", "--json", "--to", stay["first"], *config).expect(0).json()
    assert cut["totals"]["nights"] == 1
    assert adapter("ledger", "--json", "--hospital", "4711", *config).expect(0).json()["stays"] == []
    explained = adapter("explain", stay["stay"], "--json", *config).expect(0).json()
    assert tuple(explained)[: len(RESULT_KEYS)] == RESULT_KEYS
    assert "LATER" in adapter("explain", stay["stay"], *config).expect(0).out


def test_check_of_a_good_place(demo: KeptDemo) -> None:
    """A good installation is fit to run, each thing looked at is told with its days or numbers; exit 0."""
    told = adapter("check", "--json", "--config", demo.hospital).expect(0).json()
    assert told["ok"] is True
    assert {"keys.signing", "keys.signing.certificate", "trust", "partners", "schemas", "store", "inbox.folder"} <= {
        one["what"] for one in told["checks"]
    }
    assert "days left" in json.dumps(told)
    assert "fit to run" in adapter("check", "--config", demo.hospital).expect(0).out


# ── send and answer with daemons ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def living(demo: KeptDemo, tmp_path: Path) -> Iterator[Two]:
    """A copy of the kept demo with both daemons running."""
    folder = tmp_path / "place"
    shutil.copytree(demo.folder, folder)
    place = place_at(folder, HOSPITAL, MUNICIPALITY)
    two = Two(place, Daemon(place.hospital), Daemon(place.municipality))
    two.start()
    yield two
    two.clear()


def newest(daemon: Daemon, type_: str, direction: str, count: int) -> list[dict[str, Any]]:
    """The newest exchanges of a type, once there are so many of them."""
    wait_for(lambda: [(one.type, one.direction) for one in daemon.rows()].count((type_, direction)) >= count, 60)
    return [one for one in daemon.listed() if (one["type"], one["direction"]) == (type_, direction)]


def test_answers_on_both_sides(living: Two, tmp_path: Path) -> None:
    """The municipality sends each of its answers, the hospital gets them and may classify one or note a telephone."""
    example = json.loads(adapter("build", "discharge-ready", "--example").expect(0).out)
    given = json.dumps(
        {**example, "kind": "discharge-ready", "sender": {"her": "8140011"}, "receiver": {"her": "8140022"}}
    )
    hospital, municipality = ("--config", living.place.hospital.config), ("--config", living.place.municipality.config)
    sent = adapter("send", "-", "--json", *hospital, given=given).expect(0).json()["exchange"]
    msg_id = adapter("show", sent, "--json", *hospital).expect(0).json()["msg_id"]
    newest(living.municipality, "LOG_UTSKRIVNINGSKLAR", "in", 2)

    assert adapter("answer", msg_id, "--unclear", *municipality).expect(2).error
    options = (("--later", "2030-01-02"), ("--refuse",), ("--accept",), ("--withdraw",))
    done = [adapter("answer", msg_id, *option, "--json", *municipality).expect(0).json() for option in options]
    assert [one["done"] for one in done] == ["sent"] * 4
    assert [one["answer"] for one in done] == ["later", "refuse", "accept", "withdraw"]
    received = newest(living.hospital, "DIALOG_HELSEFAGLIG", "in", 6)

    classified = adapter("answer", received[0]["id"], "--unclear", "--json", *hospital).expect(0).json()
    assert classified["done"] == "classified"
    by_telephone = adapter("answer", sent, "--accept", *hospital).expect(0)
    assert "classified" in by_telephone.out
    adapter("answer", msg_id, *municipality).expect(2)
    apprec = newest(living.hospital, "APPREC", "in", 1)[0]
    assert adapter("answer", apprec["id"], "--accept", *hospital).expect(2).error

    wrong = tmp_path / "wrong.xml"
    wrong.write_bytes((MESSAGES / "discharge-ready.xml").read_bytes().replace(b"<Patient>", b"<Patients>"))
    refused = adapter("send", wrong, "--json", *hospital).expect(1)
    assert refused.json()["exchange"] is None
    assert refused.json()["findings"]
    living.stop()
    assert len(list((living.place.hospital.folder / "inbox").glob("*.xml"))) == 6
