"""The table of faults is whole: nothing on it is made up, and nothing of the tests and the page is missing on it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from adapter.observe.events import catalogue
from adapter.observe.metrics import CATALOGUE
from tests.faults import test_five_faults
from tests.faults.table import FAULTS, Fault

HANDBOOK = Path(__file__).parents[2] / "docs" / "handbook"
NAMED = re.compile(r"\[[^\]]+\]\(([a-z]+\.md)\)")


def section(fault: Fault) -> str:
    """The text under the heading of a fault, with the page that it sends its reader to."""
    page = (HANDBOOK / "faults.md").read_text("utf-8")
    found = re.search(rf"(?ms)^## {re.escape(fault.section)}\n(.*?)(?=^## |\Z)", page)
    assert found is not None, f"faults.md has no section {fault.section!r}"
    sent_to = [(HANDBOOK / name).read_text("utf-8") for name in NAMED.findall(found[1])]
    return "\n".join([found[1], *sent_to])


def test_every_test_has_a_row_and_every_row_a_test() -> None:
    """The rows name the tests of the five faults, each once."""
    tests = [name for name, _ in inspect.getmembers(test_five_faults, inspect.isfunction) if name.startswith("test_")]
    assert sorted(fault.test for fault in FAULTS) == sorted(tests)


def test_the_five_faults_are_all_there() -> None:
    """Disk, lock, clock, certificate, and a server that drops."""
    assert {fault.section for fault in FAULTS} == {
        "The disk is full",
        "The store is locked",
        "The clock was set",
        "A certificate expires",
        "A mail server accepts and drops",
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.test)
def test_a_row_is_true(fault: Fault) -> None:
    """Its events are in the catalogue, its figures too, with as many labels, and the section names all of them."""
    text = section(fault)
    assert fault.events
    assert fault.shown
    for event in fault.events:
        assert event in catalogue()
        assert f"`{event.name}`" in text, event.name
    for one in fault.shown:
        assert one.figure in CATALOGUE
        assert len(one.labels) == len(one.figure.labels)
        assert one.figure.name in text, one.figure.name


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.test)
def test_a_test_asks_for_its_row(fault: Fault) -> None:
    """Each test waits for the figures and the events of its row, and sees that nothing was lost or doubled."""
    text = inspect.getsource(getattr(test_five_faults, fault.test))
    for word in ("row.assert_shown(", "row.assert_told(", "assert_each_once("):
        assert word in text
