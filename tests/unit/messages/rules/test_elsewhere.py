"""Whether it is said of every rule that the document cannot show where it is held, or why it is not."""

from __future__ import annotations

import re
from pathlib import Path

from adapter.messages.rules import RULES
from adapter.messages.rules.elsewhere import DEFERRED, HELD, NOT_CHECKABLE

ADAPTER = Path(__file__).parents[4] / "adapter"


def test_every_rule_that_needs_more_has_one_row() -> None:
    """Held, deferred or not checkable, each with a reason, and nothing else."""
    rows = [*HELD, *DEFERRED, *NOT_CHECKABLE]
    assert sorted(rows) == sorted(rule.id for rule in RULES if rule.needs is not None)
    assert all([*HELD.values(), *DEFERRED.values(), *NOT_CHECKABLE.values()])


def test_the_parts_that_hold_rules_exist() -> None:
    """A module named as the holder of a rule is there."""
    named = {path for text in HELD.values() for path in re.findall(r"\(([a-z]+(?:/[a-z_]+)?)[,)]", text)}
    assert len(named) > 15
    missing = [path for path in named if not (ADAPTER / f"{path}.py").is_file() and not (ADAPTER / path).is_dir()]
    assert missing == []
