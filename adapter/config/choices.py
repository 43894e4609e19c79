"""What was chosen where the national documents contradict each other."""

from __future__ import annotations

from typing import Literal

from adapter.lookups.toml_files import Her, Section


class Choices(Section):
    """One key for each contradiction that conduct can decide; the defaults are what the handbook recommends.

    What each key is about stands in `messages/choices.py` and on the page `docs/choices.md` made from it.
    """

    happened: Literal["false", "true"] = "false"
    """X-1: the `Anslag` of what has happened."""
    ready_estimate: Literal["when_announced", "always"] = "when_announced"
    """X-2: when the `Anslag` of a ready time is true."""
    takes_event_5: tuple[Her, ...] = ()
    """X-3: HER-ids that take event 5, not 3, for an expected ready date."""
    logistics_change: Literal["refuse", "send"] = "refuse"
    """X-5: whether a logistics message may be sent as a change."""
    unreferenced: Literal["match", "person"] = "match"
    """X-6: what a received cancellation or correction that names no message does."""
    unlinked: Literal["warn", "refuse"] = "warn"
    """X-7: sending a withdrawal or discharge that names no message before it."""
    foreign_address: Literal["silent", "refuse"] = "silent"
    """A-1: a message that is addressed to another organisation."""
    missing_her: Literal["refuse", "accept"] = "refuse"
    """A-2: a receiver of ours without one of its HER-ids."""
    unknown_service: Literal["accept", "refuse"] = "accept"
    """AR-040: a service of our organisation that is not known here."""
    stay_course: Literal["warn", "refuse"] = "warn"
    """PL-049 to PL-052: sending what does not fit the course of its stay as far as it is known here."""
