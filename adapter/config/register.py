"""The address register and the register of agreements, where they are asked over the net."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from adapter.lookups.toml_files import FilePath, Section

Url = Annotated[str, Field(pattern=r"^https?://[^\s?#]+$", max_length=300)]


class Register(Section):
    """Where to ask about parties (`url`) and agreements (`agreements_url`), and the folder of what was answered.

    `token_file` holds the bearer token of the day; whoever renews it replaces the file. What is kept is asked again
    after `hours` (at most 12, HISD 1177 ch. 8) and used for as long as the register is away.
    """

    url: Url
    agreements_url: Url | None = None
    token_file: FilePath | None = None
    ca: FilePath | None = None
    cache: FilePath
    hours: Annotated[float, Field(gt=0, le=12)] = 12
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5
    pause_seconds: Annotated[float, Field(ge=0, le=3600)] = 60

    @property
    def fresh(self) -> timedelta:
        return timedelta(hours=self.hours)

    @property
    def pause(self) -> timedelta:
        """How long nobody asks after the register did not answer."""
        return timedelta(seconds=self.pause_seconds)
