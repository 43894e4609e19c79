"""How a mail is read from a connection: to the lone dot, whatever stands before it and however it is cut."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from adapter.transports.data_phase import read_mail

LINES = st.lists(
    st.sampled_from([b"", b".", b"..", b".a", b"a", b"\r", b"\n", b"a\n.", b"\r\r", b"x" * 40]), max_size=8
)


def stuffed(mail: bytes) -> bytes:
    """As a client sends a mail that ends with CR LF or is empty (RFC 5321 §4.5.2)."""
    dotted = mail.replace(b"\r\n.", b"\r\n..")
    return (b"." if mail.startswith(b".") else b"") + dotted + b".\r\n"


async def read(octets: bytes, limit: int = 10_000, cut: int = 7) -> tuple[bytes | None, bytes]:
    """What is read of a connection that brings these octets bit by bit, and what stays for the next command."""
    reader = asyncio.StreamReader(limit=16)

    async def bring() -> None:
        for start in range(0, len(octets), cut):
            reader.feed_data(octets[start : start + cut])
            await asyncio.sleep(0)
        reader.feed_eof()

    bringing = asyncio.create_task(bring())
    mail = await read_mail(reader, limit)
    await bringing
    return mail, await reader.read()


@given(lines=LINES, cut=st.integers(1, 64))
def test_a_mail_is_read_whole_and_no_octet_behind_it(lines: list[bytes], cut: int) -> None:
    """Dots, empty lines, bare CR and LF: the mail is what was sent, and the next command is still there."""
    mail = b"".join(line + b"\r\n" for line in lines)
    assert asyncio.run(read(stuffed(mail) + b"QUIT\r\n", cut=cut)) == (mail, b"QUIT\r\n")


async def test_a_dot_after_a_bare_line_feed_is_no_end() -> None:
    """Nobody smuggles a second mail in behind the first with `LF . LF` or `LF . CR LF`."""
    mail = b"a\n.\r\nMAIL FROM:<x@y>\n.\nb\r\n"
    assert await read(mail + b".\r\n") == (mail, b"")


async def test_a_mail_over_the_limit_is_read_to_its_end_and_not_kept() -> None:
    """So that the next command is read as one."""
    assert await read(b"x" * 99 + b"\r\n.\r\nNOOP\r\n", limit=100) == (None, b"NOOP\r\n")
