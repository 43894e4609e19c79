"""An adapter killed anywhere while its inbox is claimed over HTTP gives each message once and receipts it once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LIFE = Path(__file__).with_name("claim_life.py")


def test_death_at_every_moment_of_a_claim(tmp_path: Path) -> None:
    """What was not confirmed is given again when the lease is over, what was is not; the sender gets one AppRec."""
    run = subprocess.run([sys.executable, str(LIFE), str(tmp_path)], check=False, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    result = json.loads(run.stdout)
    assert result["wrong"] == []
    assert result["moments"] > 20
