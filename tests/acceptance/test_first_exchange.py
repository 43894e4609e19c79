"""The page about the first exchange is a transcript: every command on it is run, every answer compared."""

from __future__ import annotations

import socket
from pathlib import Path

from transcripts import ROOT, run_transcript


def test_the_page_is_what_happens(tmp_path: Path) -> None:
    """A new user who types what stands there sees what stands there."""
    text = (ROOT / "docs" / "first-exchange.md").read_text("utf-8")
    for shown in ("42525", "42526"):
        text = text.replace(shown, str(free_port()))
    run_transcript(text, tmp_path, tmp_path / ".programs")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
