"""Every statement of the rule list, and our own choices, with where they live."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapter.cli.main import group
from adapter.liability.choices import BY_ID, CHOICES, decisive
from adapter.liability.explain import explained
from adapter.liability.policy import Policy
from adapter.liability.readings import Readings
from adapter.liability.register import Place, listed
from adapter.liability.rules import RULES, Language

PACKAGE = Path(__file__).parents[3] / "adapter"

# The numbers of liability.md §3: gaps are the list's own.
NUMBERS = [
    *(*range(1, 19), *range(20, 25), *range(30, 74), 74, 80, 81, 82, 90, 91, 92, 95, 96, 97, 100),
]


def test_every_statement_is_listed() -> None:
    """LI-001 to LI-100 are all there, once and in order, each with a text and where it is carried out or why not."""
    assert [one.id for one in listed()] == [f"LI-{number:03}" for number in NUMBERS]
    assert all(one.text and one.by and one.source for one in listed())
    assert RULES.keys() <= {one.id for one in listed()}


def test_what_is_carried_out_names_a_module_that_is_there() -> None:
    """Each module that a statement or a choice names is a module of the package or a package."""
    named = [one.by for one in listed() if one.place is Place.CARRIED_OUT] + [one.module for one in CHOICES]
    for by in named:
        modules = re.findall(r"\b(?:liability|service|delivery|messages|evidence|store)(?:/[a-z_]+)?", by)
        assert modules, by
        for module in modules:
            assert (PACKAGE / f"{module}.py").is_file() or (PACKAGE / module).is_dir(), module


def test_rules_shows_them() -> None:
    """`adapter rules LI LC` lists every statement and every choice."""
    shown = CliRunner().invoke(group, ["rules", "LI", "LC", "--json"])
    rows = {row["id"]: row for row in json.loads(shown.stdout)}
    assert rows.keys() == {one.id for one in listed()} | BY_ID.keys()
    assert rows["LI-036"]["standing"] == "implemented"
    assert rows["LI-090"]["standing"] == "not checkable"
    assert "earliest holds, because" in rows["LC-01"]["text"]


def test_choices_are_about_what_there_is() -> None:
    """Ids are stable numbers; rules, flags with their rules, and keys exist."""
    assert [choice.id for choice in CHOICES] == [f"LC-{number:02}" for number in range(1, len(CHOICES) + 1)]
    known = {one.id for one in listed()}
    for choice in CHOICES:
        assert choice.rule in known
        assert {rule for _, rule in choice.notes} | set(choice.rules) <= RULES.keys()
        assert set(choice.keys) <= set(Policy.__dataclass_fields__)


ADMITTED = {"kind": "admitted", "at": "2024-03-01T09:00Z"}
NOTICE = {"kind": "admission_notice", "at": "2024-03-01T15:00Z"}
READY = {"kind": "ready_notice", "at": "2024-03-05T10:00Z", "ready": "2024-03-05", "message": "r"}
GONE = {"kind": "discharged", "at": "2024-03-08T10:00Z"}
ACCEPT = {"kind": "answer", "at": "2024-03-06T10:00Z", "answer": "accept"}
BACK = {"kind": "answer", "at": "2024-03-07T10:00Z", "answer": "withdraw"}
ILL = {"kind": "withdrawal", "at": "2024-03-06T10:00Z", "effective": "2024-03-06"}

ILL_AGAIN = {**ILL, "at": "2024-03-06T11:00Z", "effective": "2024-03-01"}
LATER = {**ACCEPT, "at": "2024-03-05T11:00Z", "answer": "later", "promised": "2024-03-07"}

DECIDED = {
    "none": ([ADMITTED, NOTICE, READY, GONE], {}, []),
    "two admissions": ([ADMITTED, {**ADMITTED, "at": "2024-03-02T09:00Z"}, NOTICE, READY, GONE], {}, ["LC-01"]),
    "repeated withdrawal": (
        [ADMITTED, NOTICE, READY, ILL, ILL_AGAIN],
        {},
        ["LC-04"],
    ),
    "taken back": ([ADMITTED, NOTICE, READY, ACCEPT, BACK, GONE], {}, ["LC-08"]),
    "promise": (
        [
            ADMITTED,
            NOTICE,
            READY,
            LATER,
            GONE,
        ],
        {"acceptance_ends": "promised_date"},
        ["LC-09"],
    ),
    "early": ([ADMITTED, NOTICE, {**ACCEPT, "at": "2024-03-04T10:00Z"}, READY, GONE], {}, ["LC-11"]),
    "same day": ([ADMITTED, NOTICE, READY, {**GONE, "at": "2024-03-05T15:00Z"}], {"same_day_departure": 1}, ["LC-13"]),
    "document": ([ADMITTED, NOTICE, READY, GONE], {"require_doc": "yes"}, ["LC-15"]),
    "late notice": ([ADMITTED, {**NOTICE, "at": "2024-03-03T15:00Z"}, READY, GONE], {}, ["LC-16"]),
    "lost cancellation": (
        [ADMITTED, NOTICE, READY, GONE, {"kind": "cancellation", "at": "2024-03-06T10:00Z", "refers_to": "q"}],
        {},
        ["LC-07"],
    ),
    "corrected": (
        [
            ADMITTED,
            NOTICE,
            READY,
            GONE,
            {"kind": "correction", "at": "2024-03-05T11:00Z", "refers_to": "r", "ready": "2024-03-06"},
        ],
        {},
        ["LC-06"],
    ),
}


@pytest.mark.parametrize("name", DECIDED)
def test_a_choice_is_told_where_it_decided(name: str, read: Callable[[dict[str, Any]], Readings]) -> None:
    """The explanation names the choices of the case, with their reasons, in both languages, and no others."""
    facts, overrides, ids = DECIDED[name]
    readings = read({"facts": facts, "overrides": overrides})
    assert [choice.id for choice in decisive(readings)] == ids
    for language in Language:
        text = "\n".join(explained(readings, language))
        assert re.findall(r"^  (LC-\d\d) ", text, re.MULTILINE) == ids
        assert all(BY_ID[id_].says(language) in text for id_ in ids)
