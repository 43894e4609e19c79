"""An adapter killed anywhere while it calls a webhook tells of every message, in order, at least once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LIFE = Path(__file__).with_name("hook_life.py")


def test_death_at_every_moment_of_the_calls(tmp_path: Path) -> None:
    """A receiver that does not take each third call hears of every message; only the notice under way comes twice."""
    run = subprocess.run([sys.executable, str(LIFE), str(tmp_path)], check=False, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    result = json.loads(run.stdout)
    assert result["wrong"] == []
    assert result["moments"] > 15
