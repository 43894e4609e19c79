"""The awkward counterparty: each situation ends as the profile says, and no document is delivered twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapter.cli.simulate import command
from adapter.errors import AdapterError
from adapter.testing.simulation import SITUATIONS, Report, Step, scenario, simulate, situation

ENDS = {
    "well": ("acknowledged", "ok", 1),
    "lost": ("acknowledged", "ok", 1),
    "lost-answer": ("acknowledged", "ok", 1),
    "late": ("acked_late", "ok", 1),
    "slow": ("acknowledged", "ok", 1),
    "reordered": ("acknowledged", "ok", 2),
    "repeats": ("acknowledged", "ok", 1),
    "takes-back": ("acknowledged", "ok", 1),
    "thinks-again": ("rejected", "ok", 1),
    "clock-ahead": ("acknowledged", "ok", 1),
    "clock-behind": ("acknowledged", "ok", 1),
    "silent": ("delivery_failed", "waiting", 0),
    "doubled": ("acknowledged", "ok", 1),
    "busy": ("acknowledged", "ok", 1),
    "refused-mail": ("transport_failed", "waiting", 0),
    "cut": ("acknowledged", "ok", 1),
    "wrong-signature": ("delivery_failed", "waiting", 1),
    "wrong-encryption": ("rejected", "waiting", 0),
    "refused": ("acknowledged", "rejected", 0),
}


BEHAVIOURS = {
    "late": "slow",
    "repeats": "repeats",
    "reorders": "reordered",
    "contradicts itself": "takes-back",
    "contradicts itself the other way": "thinks-again",
    "signs with the wrong key": "wrong-signature",
    "lies about time": "clock-behind",
    "lies about the future": "clock-ahead",
    "answers after we gave up": "late",
}
"""What an awkward counterparty does, and the situation that plays it."""

ALARMS = {
    "takes-back": ("alarm: signals_contradict",),
    "thinks-again": ("alarm: signals_contradict",),
    "late": ("alarm: late_answer", "alarm: apprec_without_ack"),
    "wrong-signature": ("alarm: signal_not_verified",),
}
"""What an operator hears of, in the journal of the message. Mails that arrive together are read in any order, so that a
late AppRec may be read before the late Acknowledgment."""


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


def test_every_behaviour_is_played() -> None:
    """No awkwardness is without a situation."""
    assert set(BEHAVIOURS.values()) <= set(SITUATIONS)


@pytest.mark.parametrize("name", ALARMS)
async def test_what_a_counterparty_may_not_do_is_told(name: str, tmp_path: Path) -> None:
    """A contradiction, a forged or a late answer stands in the journal of the message."""
    assert any(line.startswith(ALARMS[name]) for line in (await ended(tmp_path, name)).sent_journal)


async def test_a_clock_that_is_wrong_moves_nothing_here(tmp_path: Path) -> None:
    """What the hospital writes down of its message is of its own clock, whatever the other's says."""
    for name in ("clock-ahead", "clock-behind"):
        report = await ended(tmp_path / name, name)
        assert [moment.hours for moment in report.moments] == [0, 0]
        assert report.sent_journal[0] == "submitted"


def test_a_script_of_ones_own_is_played(tmp_path: Path) -> None:
    """The command reads a file, plays every step of it and tells what was to be seen after each."""
    script = tmp_path / "fear.toml"
    script.write_text("".join(f"[[step]]\n{line}\n" for line in EVERY_STEP), "utf-8")
    result = CliRunner().invoke(command, [str(script), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert len(told["moments"]) == len(EVERY_STEP)
    assert told["moments"][-1]["transport"] == "rejected"


EVERY_STEP = (
    'stranger = "encryption"',
    "clock_hours = 0.1",
    'mail_server = ["421 busy"]',
    'road = { from = "municipality", what = "answers", fate = "hold" }',
    'send = "discharge-ready"',
    "wait_hours = 0.1",
    'careless = "discharge-ready"',
    'contradict = "Unknown"',
    'road = { fate = "pass" }',
    "release = true",
    'send = "admitted"',
)
"""One of every key there is."""


def test_every_key_of_a_step_is_played_and_documented() -> None:
    """The script above and the page of the format have every key."""
    page = (Path(__file__).parents[3] / "docs" / "simulate.md").read_text("utf-8")
    for key in Step.model_fields:
        assert any(line.startswith(f"{key} = ") for line in EVERY_STEP), key
        assert f"`{key}`" in page, key
    for name in SITUATIONS:
        assert f"`{name}`" in page, name


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
