"""A standstill of the event loop is seen by its length."""

from __future__ import annotations

import asyncio
import time

from adapter.service.loop_lag import LOOK_SECONDS, watch_loop


async def test_a_loop_that_stood_still_is_told_for_how_long() -> None:
    """Work that holds the loop up past the next look is told by the time that the look came late."""
    told: asyncio.Queue[float] = asyncio.Queue()
    watch = asyncio.create_task(watch_loop(told.put_nowait))
    assert await told.get() >= 0
    time.sleep(2 * LOOK_SECONDS)  # noqa: ASYNC251 (this is the standstill)
    assert await told.get() >= LOOK_SECONDS
    watch.cancel()
