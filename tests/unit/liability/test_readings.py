"""Both readings of a case, and which keys made the difference."""

from collections.abc import Callable
from typing import Any

from adapter.liability.readings import Readings

CASE: dict[str, Any] = {
    "facts": [
        {"kind": "admission_notice", "at": "2018-04-02T18:00+02:00"},
        {"kind": "ready_notice", "at": "2018-04-09T15:30+02:00", "ready": "2018-04-09"},
        {"kind": "discharged", "at": "2018-04-12T10:00+02:00"},
    ]
}
Read = Callable[[dict[str, Any]], Readings]


def nights(read: Readings) -> tuple[int, int, tuple[str, ...]]:
    return len(read.agreement.nights), len(read.regulation.nights), read.changed_by


def test_without_agreement_both_are_one(read: Read) -> None:
    """The baseline compared with itself is one decision and no key."""
    readings = read(CASE)
    assert nights(readings) == (3, 3, ())
    assert readings.agreement is readings.regulation


def test_a_key_that_changes_something(read: Read) -> None:
    """The agreement's result and the regulation's stand side by side."""
    assert nights(read({**CASE, "overrides": {"cutoff": "15:00"}})) == (2, 3, ("cutoff",))


def test_a_key_that_changes_nothing(read: Read) -> None:
    """A key that differs but decides nothing is not named."""
    assert nights(read({**CASE, "overrides": {"cutoff": "16:00", "answer_deadline_h": 2}})) == (3, 3, ())


def test_keys_that_hide_each_other(read: Read) -> None:
    """Of two keys with one effect each is named, because each alone would have it."""
    overrides = {"cutoff": "15:00", "lead_h": 24}
    assert nights(read({**CASE, "overrides": overrides})) == (2, 3, ("cutoff", "lead_h"))


def test_a_key_that_needs_another(read: Read) -> None:
    """A key that has an effect only beside another is named, because taking it back changes the result."""
    overrides = {"cutoff": "15:00", "after_cutoff": "next_working_day", "holiday_calendar": ["2018-04-10"]}
    assert nights(read({**CASE, "overrides": overrides})) == (1, 3, ("after_cutoff", "cutoff", "holiday_calendar"))


def test_a_key_that_changes_only_money(read: Read) -> None:
    """The amount alone is an outcome too."""
    case = {
        "overrides": {"rate_by": "start_date"},
        "facts": [
            {"kind": "admission_notice", "at": "2018-12-20T18:00+01:00"},
            {"kind": "ready_notice", "at": "2018-12-30T10:00+01:00", "ready": "2018-12-30"},
            {"kind": "discharged", "at": "2019-01-02T10:00+01:00"},
        ],
    }
    readings = read(case)
    assert readings.changed_by == ("rate_by",)
    assert (readings.agreement.amount_nok, readings.regulation.amount_nok) == (3 * 4747, 2 * 4747 + 4885)
