"""Dying at a chosen moment, in a child process that shares nothing with its parent but the disk."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from changes import before_each_change

from adapter.service.installation import Installation, open_own_store


class Death:
    """Kills this process at the n-th moment that passes it."""

    def __init__(self, moment: int) -> None:
        self._left = moment

    def __call__(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with a moment before it and one after it."""

        def passed(*arguments: Any, **named: Any) -> Any:
            self()
            result = function(*arguments, **named)
            self()
            return result

        return passed


def opened(base: Installation) -> Installation:
    """The installation over its store as it is now; keys and schemas are read once."""
    return replace(base, store=open_own_store(base.settings))


def mortal(base: Installation, death: Death) -> Installation:
    """The installation over its store, with a moment before each statement that writes and before each commit."""
    alive = opened(base)
    before_each_change(alive.store._engine, death)  # type: ignore[attr-defined]
    return alive


def put_back(store: Path, content: bytes) -> None:
    """Make the store what it was, with nothing of a later life beside it."""
    for file in store.parent.glob(f"{store.name}*"):
        file.unlink()
    store.write_bytes(content)


def born(live: Callable[[Death], None], moment: int) -> int:
    """Begin a life in a child process that ends at the moment, if it does not end by itself before; its process id."""
    child = os.fork()
    if child == 0:
        try:
            live(Death(moment))
            os._exit(0)
        except BaseException:  # noqa: BLE001 (told, and the child ends in every case)
            traceback.print_exc()
        finally:
            os._exit(3)
    return child


def ended(child: int) -> bool:
    """Wait for the end; whether life ended by itself. Raises `RuntimeError` if it failed."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    if os.WEXITSTATUS(status) != 0:
        raise RuntimeError("a life failed before its moment")
    return True
