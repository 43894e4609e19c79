"""The cases of tests/cases/liability: facts as lines, and what is decided under one policy after the other."""

import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "cases" / "liability"


def fact(line: str) -> dict[str, str]:
    """A line such as `2012-03-05T10:15+01:00 ready_notice message=r1 ready=2012-03-05` as a fact of a case file."""
    at, kind, *keys = line.split()
    return {"kind": kind, "at": at} | dict(key.split("=", 1) for key in keys)


def cases() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in document["case"]:
            lines = document.get("opening", {}).get(case.pop("after", ""), []) + case.pop("facts")
            title, expectations, about = case.pop("title"), case.pop("expect"), case.pop("about", "")
            whole = {**case, "facts": [fact(line) for line in lines]}
            for number, expected in enumerate(expectations):
                overrides = whole.get("overrides", {}) | expected.get("under", {})
                yield pytest.param(
                    {**whole, "overrides": overrides}, expected, id=f"{path.stem}: {about} {title} [{number}]"
                )


def span(text: str) -> list[str]:
    """The dates of `2012-03-05..2012-03-07` or of a list with commas."""
    days: list[str] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("..")
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
        days += [str(start + timedelta(number)) for number in range((end - start).days + 1)]
    return days


@pytest.mark.parametrize(("case", "expected"), list(cases()))
def test_case(
    case: dict[str, Any], expected: dict[str, Any], decided: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """The facts give these nights, this amount, these reasons and exactly these flags."""
    result = decided(case)
    days = [night["date"] for night in result["nights_by_date"]]
    assert days == span(expected.get("days", ""))
    assert result["nights"] == len(days)
    assert [result["first"], result["last"]] == ([days[0], days[-1]] if days else [None, None])
    assert f"{result['start_reason']} / {result['end_reason']}" == expected["reasons"]
    flags = set(result["flags"]) - {"FL_RATE_UNVERIFIED"}
    assert flags == set(expected.get("flags", []))
    if "nok" in expected:
        assert result["amount_nok"] == (None if expected["nok"] == "blocked" else expected["nok"])
    if "known" in expected:
        assert result["amount_known_nok"] == expected["known"]
    if "changed_by" in expected:
        assert result["changed_by"] == expected["changed_by"]
    if "periods" in expected:
        found = [f"{one['nights']} {one['start_reason']} / {one['end_reason']}" for one in result["periods"]]
        assert found == expected["periods"]
    assert sum(one["nights"] for one in result["periods"]) == len(days)
    if "zero" in expected["reasons"].lower() or re.search(r"- / ZR_", expected["reasons"]):
        assert not days
