"""Where a store can be struck: before each statement that changes something, and before each commit.

The driver itself tells, so that it does not matter which way a statement goes to it. What is between two of them is in
memory alone: before the next is after the one before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sqlalchemy import Engine, event

_CHANGES_NOTHING = ("SELECT", "PRAGMA")


def before_each_change(engine: Engine, strike: Callable[[], None]) -> None:
    """Call something before each statement on an engine that is not only a question, and before each commit.

    The connections are those that the engine gives out from now on.
    """

    def begun(statement: str) -> None:
        if not statement.lstrip().upper().startswith(_CHANGES_NOTHING):
            strike()

    def watched(driver: sqlite3.Connection, *_: object) -> None:
        driver.set_trace_callback(begun)

    event.listen(engine, "checkout", watched)
