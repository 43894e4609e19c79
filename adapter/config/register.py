"""The address register and the register of agreements, where they are asked over the net."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from adapter.lookups.toml_files import FilePath, Section

Url = Annotated[str, Field(pattern=r"^https?://[^\s?#]+$", max_length=300)]


class Register(Section):
    """Where to ask about parties and agreements: what a partner file leaves out is asked for here, and kept."""

    url: Url
    """Address of the address register."""
    agreements_url: Url | None = None
    """Address of the register of agreements; left out, no agreement (CPA) is asked for."""
    token_file: FilePath | None = None
    """File with the bearer token of the day; whoever renews it replaces the file."""
    ca: FilePath | None = None
    """Roots for the registers' certificates, PEM; left out, those of the machine."""
    cache: FilePath
    """Folder of what was answered."""
    hours: Annotated[float, Field(gt=0, le=12)] = 12
    """How long an answer is used before it is asked for again (HISD 1177 ch. 8: at most 12). While the register is
    away, it is used longer."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5
    """How long one answer may take."""
    pause_seconds: Annotated[float, Field(ge=0, le=3600)] = 60
    """How long nobody asks after the register did not answer."""

    @property
    def fresh(self) -> timedelta:
        return timedelta(hours=self.hours)

    @property
    def pause(self) -> timedelta:
        """How long nobody asks after the register did not answer."""
        return timedelta(seconds=self.pause_seconds)
