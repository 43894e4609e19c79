"""An adapter killed anywhere while it takes from the drop folder takes each file once and stands by what it told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LIFE = Path(__file__).with_name("drop_life.py")


def test_death_at_every_moment_of_a_turn(tmp_path: Path) -> None:
    """Killed and started again, each file is one message or none, its result beside it; no result is taken back."""
    run = subprocess.run([sys.executable, str(LIFE), str(tmp_path)], check=False, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    result = json.loads(run.stdout)
    assert result["wrong"] == []
    assert result["moments"] > 20
