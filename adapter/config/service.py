"""How the daemon itself behaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from adapter.lookups.toml_files import Section


class Service(Section):
    """The daemon itself."""

    stop_seconds: Annotated[float, Field(gt=0, le=3600)] = 30
    """How long what is under way may take to finish when the daemon is told to stop."""

    @property
    def stop_within(self) -> timedelta:
        return timedelta(seconds=self.stop_seconds)
