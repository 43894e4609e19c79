"""The awkward counterparty: each situation ends as the profile says, and no document is delivered twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.errors import AdapterError
from adapter.testing.simulation import SITUATIONS, Report, scenario, simulate, situation

ENDS = {
    "well": ("acknowledged", "ok", 1),
    "lost": ("acknowledged", "ok", 1),
    "lost-answer": ("acknowledged", "ok", 1),
    "late": ("acked_late", "ok", 1),
    "silent": ("delivery_failed", "waiting", 0),
    "doubled": ("acknowledged", "ok", 1),
    "busy": ("acknowledged", "ok", 1),
    "refused-mail": ("transport_failed", "waiting", 0),
    "cut": ("acknowledged", "ok", 1),
    "wrong-signature": ("delivery_failed", "waiting", 1),
    "wrong-encryption": ("rejected", "waiting", 0),
    "refused": ("acknowledged", "rejected", 0),
}


async def ended(folder: Path, name: str) -> Report:
    return await simulate(folder / "place", situation(name), lambda done, of: None)


def test_every_situation_has_its_end() -> None:
    """No situation is without an expectation."""
    assert set(ENDS) == set(SITUATIONS)


@pytest.mark.parametrize("name", ENDS)
async def test_a_situation(name: str, tmp_path: Path) -> None:
    """The last line of the report is what the situation comes to."""
    last = (await ended(tmp_path, name)).moments[-1]
    assert (last.transport, last.apprec, last.deliveries) == ENDS[name]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[step]]\nsend = "x"\nwait_hours = 1', "exactly one key"),
        ("[[step]]\nfly = true", "there is no such key"),
        ("", "step: is missing"),
        ('[[step]]\nroad = { fate = "burn" }', "'lose', 'hold', 'double' or 'pass'"),
    ],
)
def test_a_file_with_mistakes_is_told_what_is_wrong(text: str, says: str) -> None:
    """A scenario that cannot be played says which key, and nothing is played."""
    with pytest.raises(AdapterError, match=says):
        scenario(text.encode(), "mine.toml")
