"""How the octets of a mail are read from an SMTP connection: in large pieces, up to the line that is a lone dot.

aiosmtpd reads line by line, which for a mail of ten megabytes keeps the event loop for seconds. The end
is CR LF . CR LF and nothing else: a lone dot after a bare LF is a part of the mail, since a server that took it for the
end would let a second mail be smuggled in behind the first.
"""

from __future__ import annotations

import asyncio
from typing import Final

_END: Final = b"\r\n.\r\n"


class _Pieces:
    """What has been read; nothing is kept any more once it is more than `limit` octets."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: list[bytes] = []
        self._size = 0

    def take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            self._kept.clear()
        else:
            self._kept.append(piece)

    def mail(self) -> bytes | None:
        """The mail without the dots that were put before its own (RFC 5321 §4.5.2); None when it was too large."""
        if self._size > self._limit:
            return None
        octets = b"".join(self._kept)
        return (octets[1:] if octets.startswith(b".") else octets).replace(b"\r\n.", b"\r\n")


async def read_mail(reader: asyncio.StreamReader, limit: int) -> bytes | None:
    """Read a mail to its end, which is taken too; None when it has more than `limit` octets.

    Raises `asyncio.IncompleteReadError` when the connection ends before.
    """
    pieces = _Pieces(limit)
    at_line_start = True
    while at_line_start:
        # The end may stand here already, without the CR LF that is looked for below.
        first = await reader.readexactly(1)
        if first not in {b".", b"\r"}:
            pieces.take(first)
            break
        line = first + b"".join(await _until(reader, b"\r\n" if first == b"." else b"\n"))
        if line == b".\r\n":
            return pieces.mail()
        pieces.take(line)
        at_line_start = line.endswith(b"\r\n")
    while True:
        try:
            pieces.take((await reader.readuntil(_END))[:-3])
        except asyncio.LimitOverrunError as found:
            pieces.take(await reader.readexactly(found.consumed))
        else:
            return pieces.mail()


async def _until(reader: asyncio.StreamReader, separator: bytes) -> list[bytes]:
    """What stands up to a separator and with it, however much that is."""
    found: list[bytes] = []
    while True:
        try:
            return [*found, await reader.readuntil(separator)]
        except asyncio.LimitOverrunError as overrun:
            found.append(await reader.readexactly(overrun.consumed))
