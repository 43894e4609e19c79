"""How late does the event loop come round? What holds it up holds up every mail and every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LOOK_SECONDS = 0.25
"""Often enough to meet a standstill that a large mail could cause, and some hundred microseconds of CPU a minute."""


async def watch_loop(late: Callable[[float], None]) -> None:
    """Say, until cancelled, how many seconds later than asked for each look came."""
    loop = asyncio.get_running_loop()
    while True:
        asked = loop.time() + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)
        late(max(0.0, loop.time() - asked))
