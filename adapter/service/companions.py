"""What else runs in the daemon's process and is started with it: whoever starts the daemon hands it in.

The service knows nothing of what its companions do, so that the API may stand above it in the house.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from adapter.service.installation import Installation


class Companion(Protocol):
    """Something that runs as long as the daemon does."""

    async def start(self) -> None:
        """Take what it needs, such as a port. Raises `AdapterError` when it cannot be had, and nothing is started."""
        ...

    async def run(self) -> None:
        """Work until `stop`, and finish what is under way."""
        ...

    def stop(self) -> None:
        """End `run` soon."""
        ...

    async def close(self) -> None:
        """Give back what `start` took, where `run` will never be called; nothing where it has given it back."""
        ...


MakeCompanion = Callable[[Installation], tuple[Companion, ...]]
"""Makes those companions that the configuration asks for: none, one or several."""
