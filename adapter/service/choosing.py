"""How the choices of the configuration reach the messages: the section `[choices]` as a value of the core."""

from __future__ import annotations

from functools import lru_cache

from adapter.config.choices import Choices as Section
from adapter.messages.choices import (
    Choices,
    ForeignAddress,
    Happened,
    LogisticsChange,
    MissingHer,
    ReadyEstimate,
    StayCourse,
    UnknownService,
    Unlinked,
    Unreferenced,
)


@lru_cache(maxsize=16)
def chosen(section: Section) -> Choices:
    """What the section says, each word as its choice. Asked for with every message."""
    return Choices(
        happened=Happened(section.happened),
        ready_estimate=ReadyEstimate(section.ready_estimate),
        takes_event_5=frozenset(section.takes_event_5),
        logistics_change=LogisticsChange(section.logistics_change),
        unreferenced=Unreferenced(section.unreferenced),
        unlinked=Unlinked(section.unlinked),
        foreign_address=ForeignAddress(section.foreign_address),
        missing_her=MissingHer(section.missing_her),
        unknown_service=UnknownService(section.unknown_service),
        stay_course=StayCourse(section.stay_course),
    )
