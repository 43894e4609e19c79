"""Offers what waits to the application, and dies on the way. Run as a program by `test_inbox_kill.py`.

python offer.py CONFIG NUMBER    be killed before the NUMBERth thing that reaches the disk: file, note, name, store
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapter.config import load
from adapter.observe.log import Silent
from adapter.service import inbox
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.installation import open_installation


class Death:
    """Kills this process at the chosen one of the calls that pass it."""

    def __init__(self, at: int) -> None:
        self._left = at

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def passed(*arguments: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return passed


def main() -> None:
    installation = open_installation(load(Path(sys.argv[1])), MachineClock(), RandomIds(), Silent())
    death = Death(int(sys.argv[2]))
    os.fsync = death.before(os.fsync)
    Path.replace = death.before(Path.replace)  # type: ignore[method-assign]
    store = type(installation.store)
    store.write_now = death.before(store.write_now)  # type: ignore[method-assign]
    inbox.offer_waiting(installation)
    print("whole")  # noqa: T201
    installation.store.close()


if __name__ == "__main__":
    main()
