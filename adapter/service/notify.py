"""What the service manager is told: ready, reloading, stopping, a line of status, and that we are still alive.

The protocol of `sd_notify(3)`: one datagram of `NAME=value` lines to the socket in `NOTIFY_SOCKET`. Without that
variable nobody listens, and nothing is sent.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

PATIENCE_SECONDS = 1.0
"""How long a manager whose queue is full is waited for."""


class ServiceManager:
    """The other end of `NOTIFY_SOCKET`. A manager that is away is no trouble of ours: nothing here raises."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        every = environment.get("WATCHDOG_USEC", "")
        self._watchdog = int(every) / 1_000_000 if meant and every.isdigit() else None

    @property
    def watchdog_seconds(self) -> float | None:
        """Within how many seconds a sign of life is expected; None where none is."""
        return self._watchdog

    def ready(self, status: str) -> None:
        """Everything is open; also the end of a reload."""
        self._say("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is being read again."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reading the configuration")

    def stopping(self) -> None:
        """What is under way is being finished."""
        self._say("STOPPING=1", "STATUS=finishing what is under way")

    def status(self, text: str) -> None:
        """One line for a person."""
        self._say(f"STATUS={text}")

    def alive(self) -> None:
        """The sign of life."""
        self._say("WATCHDOG=1")

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        text = "\n".join(" ".join(line.split()) for line in lines)
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.settimeout(PATIENCE_SECONDS)
            out.sendto(text.encode(), address)
