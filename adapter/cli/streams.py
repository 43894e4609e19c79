"""What becomes of a command when nobody reads what it says, or when that cannot be written?

A reader that has gone (`adapter rules | head -1`) wants no more: the command goes on, silently, to the exit code it
would have had. A result that cannot be written, on a full disk say, is an error with a sentence. A log line or a
sentence that cannot be written has nowhere else to go and stops nothing. A standard stream that was closed before the
start is an empty one, so that no file of ours gets its number.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

from adapter.errors import FILE_UNREADABLE, AdapterError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Stream(io.FileIO):
    """A standard stream that outlives its reader; `result` is true for the one that carries what was asked for."""

    def __init__(self, descriptor: int, *, result: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._complains = result

    def write(self, content: ReadableBuffer) -> int:
        """Write what can be written; the rest counts as written. Raises `AdapterError` once, for a result."""
        try:
            return super().write(content)
        except BrokenPipeError:
            pass
        except OSError as error:
            if self._complains:
                self._complains = False
                raise AdapterError(FILE_UNREADABLE, f"stdout cannot be written: {error.strerror}") from None
        return memoryview(content).nbytes


def steady() -> None:
    """Make the three standard streams of this process such as the first lines of this module say."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", encoding="utf-8", closefd=False))  # noqa: SIM115
    sys.stdout = _steadied(sys.stdout, result=True)
    sys.stderr = _steadied(sys.stderr, result=False)


def _steadied(stream: TextIO, *, result: bool) -> TextIO:
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Stream(stream.fileno(), result=result)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=not result or stream.isatty(),
    )
