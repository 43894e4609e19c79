"""SMTP out through aiosmtplib against our own listener on loopback, and against servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from adapter.errors import FILE_UNREADABLE, AdapterError
from adapter.transports.listener import Listening, SmtpListener
from adapter.transports.port import Accepted, Deferred, Outcome, OutcomeUnknown, OutgoingMail, ReceivedMail, Refused
from adapter.transports.smtp import SmtpServer, SmtpTransport
from adapter.values import EdiAddress

HOSPITAL = EdiAddress("hospital@edi.example")
MUNICIPALITY = EdiAddress("municipality@edi.example")


def mail(content: bytes = b"Subject: x\r\n\r\nbody\r\n", to: EdiAddress = MUNICIPALITY) -> OutgoingMail:
    return OutgoingMail(HOSPITAL, to, content, "env-1")


@asynccontextmanager
async def listening(
    keep: Callable[[ReceivedMail], None], complaints: list[str] | None = None, max_octets: int = 100_000
) -> AsyncIterator[SmtpTransport]:
    async def kept(received: ReceivedMail) -> None:
        keep(received)

    said = complaints if complaints is not None else []
    where = Listening("127.0.0.1", 0, frozenset({MUNICIPALITY}), max_octets=max_octets)
    listener = SmtpListener(where, kept, said.append)
    transport = SmtpTransport(SmtpServer("127.0.0.1", await listener.start(), timeout_seconds=5))
    try:
        yield transport
    finally:
        await transport.close()
        await listener.close()


async def test_a_mail_arrives_with_the_same_octets() -> None:
    """Octets, dots at line starts and long lines included, are the same on the other side."""
    content = b"Subject: x\r\n\r\n.dot\r\n..dots\r\n" + b"a" * 5000 + b"\r\n\xc3\xa6\r\n"
    got: list[ReceivedMail] = []
    async with listening(got.append) as transport:
        assert isinstance(await transport.send(mail(content)), Accepted)
    assert [(m.content, m.sender, m.recipients) for m in got] == [(content, HOSPITAL.value, (MUNICIPALITY.value,))]


@pytest.mark.parametrize(
    ("content", "arrives"),
    [
        (b"Subject: x\n\nlone\rends\n", b"Subject: x\r\n\r\nlone\r\nends\r\n"),
        (b".x\r\n.\r\n.\r\n", b".x\r\n.\r\n.\r\n"),
        (b"no end", b"no end\r\n"),
        (b"Subject: x\r\n\r\n" + b"A" * 900_000, b"Subject: x\r\n\r\n" + b"A" * 900_000 + b"\r\n"),
    ],
    ids=["lone line ends", "dots alone", "without a line end", "in several pieces"],
)
async def test_lines_end_as_smtp_wants_it(content: bytes, arrives: bytes) -> None:
    """Whatever ends the lines of a mail, the server gets CRLF, and no line of the mail ends it early."""
    got: list[ReceivedMail] = []
    async with listening(got.append, max_octets=1_000_000) as transport:
        assert isinstance(await transport.send(mail(content)), Accepted)
        assert isinstance(await transport.send(mail()), Accepted)
    assert [one.content for one in got] == [arrives, mail().content]


async def test_connections_are_used_again() -> None:
    """Twenty mails, some at once, go over at most four connections."""
    got: list[ReceivedMail] = []
    async with listening(got.append) as transport:
        outcomes = await asyncio.gather(*(transport.send(mail()) for _ in range(20)))
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert len(transport._idle) <= 4
    assert len(got) == 20


@pytest.mark.parametrize("goodbye", [b"", b"421 4.4.2 idle for too long\r\n"], ids=["closed", "421"])
async def test_a_connection_that_was_closed_while_idle_costs_no_attempt(goodbye: bytes) -> None:
    """A server that closes after every mail gets each mail at once, over a connection of its own."""
    mails: list[bytes] = []

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 brief ESMTP\r\n")
        for answer in (b"250 brief", b"250 ok", b"250 ok", b"354 go"):
            await reader.readline()
            writer.write(answer + b"\r\n")
        mails.append(await reader.readuntil(b"\r\n.\r\n"))
        writer.write(b"250 taken\r\n" + goodbye)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.sockets[0].getsockname()[1], timeout_seconds=5))
    try:
        outcomes = [await transport.send(mail()) for _ in range(3)]
    finally:
        await transport.close()
        server.close()
        await server.wait_closed()
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len(mails) == 3


async def test_a_mail_for_somebody_else_is_refused() -> None:
    """A recipient that is not ours gets 550 and the sender learns that it is final."""
    async with listening(lambda received: None) as transport:
        assert isinstance(await transport.send(mail(to=EdiAddress("nobody@edi.example"))), Refused)
        assert isinstance(await transport.send(mail()), Accepted)


async def test_a_mail_that_cannot_be_kept_is_deferred() -> None:
    """When the store is full the sender gets 451, never 250, and the operator is told."""

    def full(received: ReceivedMail) -> None:
        raise AdapterError(FILE_UNREADABLE)

    complaints: list[str] = []
    async with listening(full, complaints) as transport:
        assert isinstance(await transport.send(mail()), Deferred)
    assert complaints == [FILE_UNREADABLE.id]


async def test_a_mail_over_the_limit_is_refused() -> None:
    """A mail larger than the listener takes is refused for good and not kept."""
    got: list[ReceivedMail] = []
    async with listening(got.append, max_octets=2000) as transport:
        assert isinstance(await transport.send(mail(b"x\r\n\r\n" + b"a" * 900 + b"\r\n" + b"b" * 1800)), Refused)
    assert got == []


async def test_no_server_is_deferred() -> None:
    """A server that is not there means: try again."""
    transport = SmtpTransport(SmtpServer("127.0.0.1", 1, timeout_seconds=2))
    assert isinstance(await transport.send(mail()), Deferred)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([b"250 ok", b"452 later"], Deferred),
        ([b"250 ok", b"250 ok", b"354 go", b"554 no"], Refused),
        ([b"250 ok", b"250 ok", b"354 go", b"451 later"], Deferred),
        ([b"250 ok", b"250 ok", b"354 go", None], OutcomeUnknown),
        ([b"250 ok", None], Deferred),
        ([b"250 ok", b"250 ok", None], Deferred),
        ([b"250 ok", b"250 ok", b"451 no room for it"], Deferred),
        ([b"250 ok", b"250 ok", b"554 no such mails"], Refused),
    ],
)
async def test_the_phase_of_a_failure_decides_what_it_means(
    script: list[bytes | None], expected: type[Outcome]
) -> None:
    """Lost before DATA is try again, lost after DATA is unknown, 4xx is try again, 5xx is final."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 awkward ESMTP\r\n")
        await reader.readline()
        writer.write(b"250 awkward\r\n")
        for line in script:
            await reader.readline()
            if line is None:
                break
            writer.write(line + b"\r\n")
            if line.startswith(b"354"):
                await reader.readuntil(b"\r\n.\r\n" if script[-1] is not None else b"body")
                last = script[-1]
                if last is not None:
                    writer.write(last + b"\r\n")
                break
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.sockets[0].getsockname()[1], timeout_seconds=5))
    try:
        assert isinstance(await transport.send(mail()), expected)
    finally:
        await transport.close()
        server.close()
        await server.wait_closed()
