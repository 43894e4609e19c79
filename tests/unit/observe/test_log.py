"""The structured log."""

from __future__ import annotations

import io
import json
import re

from adapter.observe.events import ACK_RECEIVED, DAEMON_STARTED, Level, catalogue
from adapter.observe.log import Line, Stream


def test_a_line_is_json_with_the_documented_fields() -> None:
    """On a pipe a line is one JSON object; fields that are None are left out."""
    out = io.StringIO()
    Stream(stream=out).tell(ACK_RECEIVED, Line(exchange="e1", took_ms=1.5))
    line = json.loads(out.getvalue())
    assert (line["event"], line["exchange"], line["took_ms"], line["level"]) == ("ack.received", "e1", 1.5, "info")
    assert set(line) == {"event", "exchange", "took_ms", "level", "timestamp"}


def test_the_level_is_kept() -> None:
    """A line below the configured level is not written."""
    out = io.StringIO()
    Stream(Level.ERROR, out).tell(DAEMON_STARTED)
    assert out.getvalue() == ""


def test_event_names_are_dotted_and_past() -> None:
    """Every event of the catalogue has the form thing.happened, a meaning, and a remedy where it is an error."""
    for event in catalogue():
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", event.name), event.name
        assert event.means
        assert event.do or event.level is not Level.ERROR, event.name
