"""What was chosen where the national documents contradict each other."""

from __future__ import annotations

from adapter.lookups.toml_files import Her, Section
from adapter.messages import choices
from adapter.messages.choices import (
    RECOMMENDED,
    ForeignAddress,
    Happened,
    LogisticsChange,
    MissingHer,
    ReadyEstimate,
    UnknownService,
    Unlinked,
    Unreferenced,
)


class Choices(Section):
    """One key for each contradiction that conduct can decide (`messages/choices.py`); the defaults are recommended."""

    happened: Happened = RECOMMENDED.happened
    ready_estimate: ReadyEstimate = RECOMMENDED.ready_estimate
    takes_event_5: tuple[Her, ...] = ()
    logistics_change: LogisticsChange = RECOMMENDED.logistics_change
    unreferenced: Unreferenced = RECOMMENDED.unreferenced
    unlinked: Unlinked = RECOMMENDED.unlinked
    foreign_address: ForeignAddress = RECOMMENDED.foreign_address
    missing_her: MissingHer = RECOMMENDED.missing_her
    unknown_service: UnknownService = RECOMMENDED.unknown_service

    @property
    def made(self) -> choices.Choices:
        """As the messages take them."""
        return choices.Choices(
            happened=self.happened,
            ready_estimate=self.ready_estimate,
            takes_event_5=frozenset(self.takes_event_5),
            logistics_change=self.logistics_change,
            unreferenced=self.unreferenced,
            unlinked=self.unlinked,
            foreign_address=self.foreign_address,
            missing_her=self.missing_her,
            unknown_service=self.unknown_service,
        )
