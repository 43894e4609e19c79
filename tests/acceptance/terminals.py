"""A command on a real terminal: a pseudo-terminal on its stderr, or on all of it, and the octets that were drawn."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from commands import surroundings


class Terminal:
    """One pseudo-terminal; `slave` is what a process is given."""

    def __init__(self) -> None:
        self._master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.drawn = b""

    def read(self, seconds: float) -> bool:
        """Take what was drawn until now, waiting a little for it; False once nobody draws any more."""
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            more = os.read(self._master, 65_536)
        except OSError:
            return False
        self.drawn += more
        return bool(more)

    def type(self, text: str) -> None:
        """What a person types."""
        os.write(self._master, text.encode())

    def shows(self, text: str, seconds: float = 60) -> str:
        """Wait until a text has been drawn; everything drawn up to its end."""
        until = time.monotonic() + seconds
        while text.encode() not in self.drawn:
            assert time.monotonic() < until, f"{text!r} was not drawn: {self.drawn!r}"
            assert self.read(0.2), f"{text!r} was not drawn: {self.drawn!r}"
        before, found, self.drawn = self.drawn.partition(text.encode())
        return (before + found).decode("utf-8", "replace")

    def let_go(self) -> None:
        """Close this side of what a process was given."""
        os.close(self.slave)

    def close(self) -> None:
        os.close(self._master)


def on_terminal(words: Sequence[str | Path], *, out_too: bool = False, term: str = "xterm") -> tuple[int, str, str]:
    """Run a command with its stderr (and its stdout) on a terminal: exit code, what the pipe got, what was drawn."""
    terminal = Terminal()
    process = subprocess.Popen(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=terminal.slave if out_too else subprocess.PIPE,
        stderr=terminal.slave,
        env=surroundings(TERM=term),
    )
    terminal.let_go()
    piped = b""
    if process.stdout is not None:
        os.set_blocking(process.stdout.fileno(), False)
    while terminal.read(0.05):
        if process.stdout is not None:
            piped += process.stdout.read() or b""
    code = process.wait()
    if process.stdout is not None:
        piped += process.stdout.read() or b""
        process.stdout.close()
    terminal.close()
    return code, piped.decode(), terminal.drawn.decode("utf-8", "replace")
