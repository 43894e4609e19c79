"""The timeline of a stay as a picture."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from adapter.liability.casefile import CaseFile, read_case
from adapter.liability.picture import picture
from adapter.liability.profiles import Profile
from adapter.liability.readings import Readings
from adapter.liability.rules import Language

Draw = Callable[[dict[str, Any]], etree._Element]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def draw(read: Callable[[dict[str, Any]], Readings], profiles: tuple[Profile, ...]) -> Draw:
    def _draw(case: dict[str, Any], language: Language = Language.ENGLISH) -> etree._Element:
        found = read_case(json.dumps(case).encode(), profiles)
        assert isinstance(found, CaseFile)
        return etree.fromstring(picture(found.case.facts, read(case), language).encode())

    return _draw


CASE: dict[str, Any] = {
    "facts": [
        {"kind": "admitted", "at": "2018-04-06T10:00+02:00"},
        {"kind": "admission_notice", "at": "2018-04-06T10:30+02:00", "message": "<&>"},
        {
            "kind": "ready_notice",
            "at": "2018-04-09T10:00+02:00",
            "ready": "2018-04-09",
            "apprec": "neg",
            "message": "r",
        },
        {"kind": "ready_notice", "at": "2018-04-09T10:10+02:00", "ready": "2018-04-09", "message": "r2"},
        {"kind": "answer", "at": "2018-04-09T11:00+02:00", "answer": "refuse", "apprec": "none", "message": "s"},
        {"kind": "discharged", "at": "2018-04-12"},
    ]
}


def boxes(root: etree._Element, fill: str) -> int:
    return sum(rect.get("fill") == fill and rect.get("height") == "20" for rect in root.iter(f"{SVG}rect"))


def texts(root: etree._Element) -> list[str]:
    return [str(text.text) for text in root.iter(f"{SVG}text")]


def test_nights_marks_and_receipts(draw: Draw) -> None:
    """Payable nights are hatched, the others white, every fact has a numbered mark and a line."""
    root = draw(CASE)
    assert (boxes(root, "url(#payable)"), boxes(root, "white")) == (3, 3)
    marks = [circle for circle in root.iter(f"{SVG}circle") if circle.get("r") == "8"]
    assert len(marks) == 6
    lines = texts(root)
    assert lines[0] == "3 payable nights, NOK 14 241 (REFUSED / DISCHARGED), NO-BASE 1"
    assert any("MsgId <&>" in line for line in lines)
    assert [lines.count(str(number)) for number in range(1, 7)] == [2] * 6


def test_black_and_white(draw: Draw) -> None:
    """No colour carries a meaning: everything is black, white, hatched or a grey line."""
    colours = {node.get(name) for node in draw(CASE).iter() for name in ("fill", "stroke")} - {None}
    assert colours <= {"black", "white", "url(#payable)", "#bbb"}


def test_marks_do_not_cover_each_other(draw: Draw) -> None:
    """Marks of one lane that are close in time stand one below the other."""
    places = {
        (circle.get("cx"), circle.get("cy")) for circle in draw(CASE).iter(f"{SVG}circle") if circle.get("r") == "8"
    }
    assert len(places) == 6
    heights = {float(y) for _, y in places if y}
    assert len(heights) == 4


def test_norwegian(draw: Draw) -> None:
    """The names of the lanes and the legend are in the language asked for."""
    found = texts(draw(CASE, Language.NORWEGIAN))  # type: ignore[call-arg]
    assert {"Døgn", "Sykehus", "Kommune", "Pasient", "døgn å betale"} <= set(found)


@pytest.mark.parametrize(
    "case",
    [
        {"facts": []},
        {"facts": CASE["facts"], "as_of": "2018-04-01T10:00Z"},
        {"facts": CASE["facts"][:5], "as_of": "2030-04-01T10:00Z"},
        {"facts": [{"kind": "leave", "at": "2199-12-31T20:00:00Z"}, {"kind": "leave", "at": "1900-01-02T10:00"}]},
    ],
)
def test_any_case_has_a_picture(case: dict[str, Any], draw: Draw) -> None:
    """Nothing known, a wait of years and facts ages apart can be drawn."""
    assert draw(case).tag == f"{SVG}svg"
