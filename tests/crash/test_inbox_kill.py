"""An adapter killed anywhere while it gives a message to the application gives it once, whole, after all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LIFE = Path(__file__).with_name("inbox_life.py")


@pytest.mark.parametrize("application", ["quick", "slow"])
def test_a_message_is_given_once(tmp_path: Path, application: str) -> None:
    """Killed at each moment that reaches the disk and started again, the adapter shows the file exactly once."""
    run = subprocess.run([sys.executable, str(LIFE), str(tmp_path), application], check=False, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    result = json.loads(run.stdout)
    assert result["wrong"] == []
    assert result["moments"] > 10
