"""After how long a message about a stay is late, where the national documents leave it to the place."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from adapter.lookups.toml_files import Section

_Hours = Annotated[float, Field(gt=0, le=720)]


class Deadlines(Section):
    """Hours after which a message is told to be late, when it goes out or comes in; none is refused for it."""

    admitted_hours: _Hours = 24
    """From the admission to LOG_INNLAGT (PL-099)."""
    withdrawn_hours: _Hours = 24
    """From when the patient was no longer ready to LOG_AVMELDING (PL-100)."""
    answered_hours: _Hours = 24
    """From the readiness message to the first answer (PL-064)."""

    @property
    def admitted(self) -> timedelta:
        return timedelta(hours=self.admitted_hours)

    @property
    def withdrawn(self) -> timedelta:
        return timedelta(hours=self.withdrawn_hours)

    @property
    def answered(self) -> timedelta:
        return timedelta(hours=self.answered_hours)
