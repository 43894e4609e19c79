"""The scenario blocks of the reference, lifted from its text, where the reference lies beside the project."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

REFERENCE = Path(__file__).parents[3].parent / "shared" / "reference" / "liability.md"

_KINDS = {
    "ADMITTED": "admitted",
    "ADMNOTICE": "admission_notice",
    "READY": "ready_notice",
    "AVMELD": "withdrawal",
    "ANSWER": "answer",
    "CANCEL": "cancellation",
    "CHANGE": "correction",
    "DISCHARGED": "discharged",
    "DEATH": "death",
    "DOC": "document",
}
_KEYS = {"msg": "message", "eff": "effective", "kind": "answer", "ref": "refers_to", "gen": "generated"}


def _value(key: str, text: str) -> object:
    return int(text) if re.fullmatch(r"\d+", text) else text


def _pairs(text: str, separator: str | None = None) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(separator))


def _scenarios() -> Iterator[Any]:
    if not REFERENCE.exists():
        return
    for block in re.findall(r"```scenario\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL):
        case: dict[str, Any] = {"facts": []}
        name = ""
        for line in block.splitlines():
            key, _, rest = line.partition(":")
            rest = rest.strip()
            if key == "id":
                name = rest
            elif key == "asof":
                case["as_of"] = rest
            elif key == "policy":
                case["overrides"] = {k: _value(k, v) for k, v in _pairs(rest).items()}
            elif key == "scope":
                case["sender_type"] = "private_rehabilitation"
            elif key == "payable_from":
                case["sector"] = "TSB"
            elif key == "ev":
                time, kind, *keys = rest.split()
                fact = {"kind": _KINDS[kind], "at": time}
                fact |= {_KEYS.get(k, k): v for k, v in (pair.split("=", 1) for pair in keys)}
                case["facts"].append(fact)
        for override, expected in re.findall(r"^expect(?:\[(.*?)\])?: (.*)$", block, re.MULTILINE):
            changed = {k: _value(k, v) for k, v in _pairs(override, ",").items()} if override else {}
            whole = {**case, "overrides": {**case.get("overrides", {}), **changed}}
            yield pytest.param(whole, _pairs(expected), id=f"{name}[{override}]" if override else name)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference is not beside the project")
@pytest.mark.parametrize(("case", "expected"), list(_scenarios()))
def test_reference_scenario(
    case: dict[str, Any], expected: dict[str, str], decided: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Every `expect` line of the reference holds to the letter."""
    result = decided(case)
    days = [night["date"] for night in result["nights_by_date"]]
    flags = set(result["flags"])
    for key, text in expected.items():
        match key:
            case "nights":
                assert result["nights"] == int(text) == len(days)
            case "nok":
                assert result["amount_nok"] == (None if text == "BLOCKED" else int(text))
                assert ("BLOCKED_RATE" in flags) == (text == "BLOCKED")
            case "nok_known":
                assert result["amount_known_nok"] == int(text)
            case "start":
                assert result["start_reason"] == text
            case "end":
                assert result["end_reason"] == text
            case "days":
                assert days == text.split(",")
            case "span":
                first, last = (date.fromisoformat(one) for one in text.split(".."))
                assert days == [str(first + timedelta(n)) for n in range((last - first).days + 1)]
            case "flags":
                assert (flags - {"FL_RATE_UNVERIFIED"} == set()) if text == "-" else set(text.split(",")) <= flags
            case _:
                pytest.fail(f"an unknown expectation: {key}")
