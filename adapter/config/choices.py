"""What was chosen where the national documents contradict each other."""

from __future__ import annotations

from typing import Literal

from adapter.lookups.toml_files import Her, Section


class Choices(Section):
    """One key for each contradiction that conduct can decide; the defaults are what the handbook recommends.

    What each key is about stands in `messages/choices.py` and on the page `docs/choices.md` made from it.
    """

    happened: Literal["false", "true"] = "false"
    ready_estimate: Literal["when_announced", "always"] = "when_announced"
    takes_event_5: tuple[Her, ...] = ()
    logistics_change: Literal["refuse", "send"] = "refuse"
    unreferenced: Literal["match", "person"] = "match"
    unlinked: Literal["warn", "refuse"] = "warn"
    foreign_address: Literal["silent", "refuse"] = "silent"
    missing_her: Literal["refuse", "accept"] = "refuse"
    unknown_service: Literal["accept", "refuse"] = "accept"
