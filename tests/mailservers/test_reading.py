"""Mailboxes of a real Dovecot: fetched whole, told by IDLE, and every way of not getting in is a state of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapter.config import Mailbox
from adapter.errors import (
    MAILBOX_FOLDER,
    MAILBOX_LOGIN,
    MAILBOX_TLS,
    MAILBOX_UNREACHABLE,
    AdapterError,
)
from adapter.service.mailboxes import MailboxReader, State
from adapter.service.running import open_mailbox
from adapter.testing.neighbours import World
from tests.mailservers.cutting import Cutting
from tests.mailservers.servers import PASSWORD, MailServers

USER = "municipality"
ROADS = [("imap", "starttls"), ("imap", "implicit"), ("pop3", "starttls"), ("pop3", "implicit")]


@pytest.fixture
def box(servers: MailServers) -> Callable[..., Mailbox]:
    """A mailbox that is empty, as the configuration would name it."""
    servers.empty(USER)

    def make(protocol: str, tls: str = "starttls", **other: object) -> Mailbox:
        told = {
            "protocol": protocol,
            "host": "localhost",
            "port": servers.ports[protocol if tls == "starttls" else f"{protocol}s"],
            "tls": tls,
            "ca": servers.ca,
            "username": f"{USER}@edi.example",
            "password_file": servers.password_file,
            "timeout_seconds": 10,
        }
        return Mailbox.model_validate(told | other)

    return make


@pytest.fixture
def reader(world: World) -> Iterator[Callable[[Mailbox], MailboxReader]]:
    """The municipality's reader of a mailbox; its connection is closed after the test."""
    made: list[MailboxReader] = []

    def make(mailbox: Mailbox) -> MailboxReader:
        made.append(MailboxReader(world.municipality.installation, mailbox, lambda: open_mailbox(mailbox)))
        return made[-1]

    yield make
    for one in made:
        one.stop()
        one.close()


@pytest.fixture
def start(reader: Callable[[Mailbox], MailboxReader]) -> Callable[[Mailbox], MailboxReader]:
    """The same, reading in its thread."""

    def begin(mailbox: Mailbox) -> MailboxReader:
        one = reader(mailbox)
        one.start()
        return one

    return begin


def mail(number: int, body: bytes = b"x") -> bytes:
    return b"Return-Path: <hospital@edi.example>\nSubject: %d\n\n%s\n" % (number, body)


def as_sent(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


def kept(world: World) -> list[bytes]:
    store = world.municipality.installation.store
    return sorted(store.read_now(lambda reader, raw=one.raw: reader.blob(raw)) for one in world.municipality.mails())


def until(done: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)


@pytest.mark.parametrize(("protocol", "tls"), ROADS)
async def test_everything_is_fetched_whole_and_removed(
    world: World,
    servers: MailServers,
    box: Callable[..., Mailbox],
    reader: Callable[[Mailbox], MailboxReader],
    protocol: str,
    tls: str,
) -> None:
    """Forty mails, dots at line starts, long lines and 8-bit octets included, are kept as they were."""
    mails = [mail(n, b".\n..x\n" + b"y" * 5000 + b"\n\xc3\xa6" * n) for n in range(40)]
    for number, content in enumerate(mails):
        servers.put(USER, content, f"{number:03}.x")
    assert reader(box(protocol, tls)).read() == 40
    assert kept(world) == sorted(as_sent(content) for content in mails)
    assert servers.lying(USER) == []
    assert {one.envelope_from for one in world.municipality.mails()} == {"hospital@edi.example"}


async def test_a_line_of_a_megabyte_is_fetched_by_pop3(
    world: World, servers: MailServers, box: Callable[..., Mailbox], reader: Callable[[Mailbox], MailboxReader]
) -> None:
    """A peer that does not fold its base64 sends lines far over the limit of RFC 5321; they are read all the same."""
    servers.put(USER, mail(1, b"A" * 900_000), "1.x")
    reader(box("pop3")).read()
    assert kept(world) == [as_sent(mail(1, b"A" * 900_000))]


async def test_mails_may_be_moved_instead(
    world: World, servers: MailServers, box: Callable[..., Mailbox], reader: Callable[[Mailbox], MailboxReader]
) -> None:
    """With `after = "move"` what is durable here lies in the other folder there, which is made where it is missing."""
    servers.put(USER, mail(1), "1.x")
    reader(box("imap", after="move", move_to="Hentet")).read()
    assert servers.lying(USER) == []
    assert servers.lying(USER, "Hentet") == [mail(1)]
    assert kept(world) == [as_sent(mail(1))]


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
async def test_a_large_mail_stays_and_the_others_come(
    world: World,
    servers: MailServers,
    box: Callable[..., Mailbox],
    reader: Callable[[Mailbox], MailboxReader],
    protocol: str,
) -> None:
    """A mail over the limit is not fetched; its header is kept for the operator, and the mails behind it arrive."""
    servers.put(USER, mail(1, b"z" * 30_000), "1.x")
    servers.put(USER, mail(2), "2.x")
    one = reader(box(protocol, max_octets=10_000))
    assert one.read() == 1
    assert one.read() == 0
    assert servers.lying(USER) == [mail(1, b"z" * 30_000)]
    header = as_sent(mail(1)).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert kept(world) == sorted([header, as_sent(mail(2))])


async def test_idle_tells_of_new_mail_at_once(
    world: World, servers: MailServers, box: Callable[..., Mailbox], start: Callable[[Mailbox], MailboxReader]
) -> None:
    """A mailbox that is looked at once an hour is read within seconds when a mail arrives in it."""
    one = start(box("imap", poll_seconds=3600))
    until(lambda: one.state is State.WAITING)
    await asyncio.sleep(1)  # from here on it is in IDLE
    servers.put(USER, mail(1), "1.x")
    until(lambda: kept(world) == [as_sent(mail(1))])


async def test_pop3_is_polled(
    world: World, servers: MailServers, box: Callable[..., Mailbox], start: Callable[[Mailbox], MailboxReader]
) -> None:
    """POP3 has nothing to tell with, so the mailbox is opened again and again."""
    one = start(box("pop3", poll_seconds=1))
    until(lambda: one.state is State.WAITING)
    servers.put(USER, mail(1), "1.x")
    until(lambda: kept(world) == [as_sent(mail(1))])


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
async def test_a_server_that_is_restarted(
    world: World,
    servers: MailServers,
    box: Callable[..., Mailbox],
    start: Callable[[Mailbox], MailboxReader],
    protocol: str,
) -> None:
    """While the server is away the state says so; when it is back, reading goes on by itself."""
    one = start(box(protocol, poll_seconds=1))
    until(lambda: one.state is State.WAITING)
    servers.stop_dovecot()
    try:
        until(lambda: one.state is State.UNREACHABLE)
        servers.put(USER, mail(1), "1.x")
    finally:
        servers.start_dovecot()
    until(lambda: kept(world) == [as_sent(mail(1))], 30)


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_why_a_mailbox_cannot_be_opened(
    servers: MailServers, box: Callable[..., Mailbox], protocol: str, tmp_path: Path
) -> None:
    """A wrong password, a certificate of a stranger, another name, no server: each has its own error."""
    wrong = tmp_path / "wrong"
    wrong.write_text("feil\n")
    cases = [
        (box(protocol, password_file=wrong), MAILBOX_LOGIN),
        (box(protocol, "implicit", ca=None), MAILBOX_TLS),
        (box(protocol, ca=None), MAILBOX_TLS),
        (box(protocol, host="127.0.0.2"), MAILBOX_TLS),
        (box(protocol, port=1), MAILBOX_UNREACHABLE),
    ]
    if protocol == "imap":
        cases.append((box(protocol, folder="Nowhere"), MAILBOX_FOLDER))
    for mailbox, kind in cases:
        with pytest.raises(AdapterError) as caught:
            open_mailbox(mailbox)
        assert caught.value.kind is kind, caught.value
        assert PASSWORD not in str(caught.value)


CUTS = [
    ("pop3", b"LIST", 0),
    ("pop3", b"RETR 2", 0),
    ("pop3", b"RETR 2", 700),
    ("pop3", b"DELE 2", 0),
    ("pop3", b"QUIT", 0),
    ("imap", b"SEARCH", 0),
    ("imap", b"FETCH 2 ", 0),
    ("imap", b"FETCH 2 ", 700),
    ("imap", b"STORE", 0),
    ("imap", b"EXPUNGE", 0),
]


@pytest.mark.parametrize(("protocol", "command", "octets"), CUTS)
async def test_a_connection_that_is_cut(
    world: World,
    servers: MailServers,
    box: Callable[..., Mailbox],
    reader: Callable[[Mailbox], MailboxReader],
    protocol: str,
    command: bytes,
    octets: int,
) -> None:
    """Cut at a command, or in the middle of its answer: every mail is kept once in the end, and none is lost."""
    mails = [mail(n, b"q" * 1000) for n in range(1, 4)]
    for number, content in enumerate(mails):
        servers.put(USER, content, f"{number}.x")
    with Cutting(servers.ports[protocol], command, octets) as cutting:
        one = reader(box(protocol, "none", ca=None, port=cutting.port))
        with pytest.raises(AdapterError) as caught:
            one.read()
        assert caught.value.kind is MAILBOX_UNREACHABLE
        safe = {*kept(world), *(as_sent(content) for content in servers.lying(USER))}
        assert safe == {as_sent(content) for content in mails}
        one.read()
    assert kept(world) == sorted(as_sent(content) for content in mails)
    assert servers.lying(USER) == []
