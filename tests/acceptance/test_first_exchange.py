"""The pages about the first exchange are transcripts: every command on them is run, every answer compared."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from transcripts import ROOT, run_transcript

SHOWN_PORT = re.compile(r"\b42[45]\d\d\b")


@pytest.mark.parametrize("page", ["first-exchange.md", "first-exchange-http.md"])
def test_the_page_is_what_happens(page: str, tmp_path: Path) -> None:
    """A new user who types what stands there sees what stands there."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    shown = sorted(set(SHOWN_PORT.findall(text)))
    assert len(shown) >= 2
    for one, free in zip(shown, free_ports(len(shown)), strict=True):
        text = text.replace(one, str(free))
    run_transcript(text, tmp_path, tmp_path / ".programs")


def free_ports(number: int) -> list[int]:
    """As many different ports as wanted, free a moment ago."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
