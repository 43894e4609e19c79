"""IMAP against a server that tells of a mail in the instants in which nobody listens."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from adapter.transports.imap import ImapSession
from adapter.transports.mailbox import Account

ANSWERS = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE\r\n",
    "SELECT": "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n",
    "UID": "* SEARCH\r\n",
}


@contextmanager
def serving(idle: str, **says: str) -> Iterator[int]:
    """A server that writes `idle` when IDLE is asked for, and untagged answers to the other commands."""
    listening = socket.create_server(("127.0.0.1", 0))
    answers = ANSWERS | says

    def serve() -> None:
        client, _ = listening.accept()
        with client, client.makefile("rwb", buffering=0) as file:
            file.write(b"* OK ready\r\n")
            while line := file.readline():
                tag, command = line.decode().split()[:2]
                if command == "IDLE":
                    file.write(idle.encode())
                    file.readline()
                file.write(f"{answers.get(command, '')}{tag} OK done\r\n".encode())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        thread.join(10)
        listening.close()


def waited(port: int, seconds: float) -> float:
    """How long an open mailbox without mails waits for the next one."""
    session = ImapSession(Account("127.0.0.1", port, "me", "secret", timeout_seconds=5))
    try:
        assert session.lying() == ()
        began = time.monotonic()
        assert session.wait(seconds, threading.Event())
        return time.monotonic() - began
    finally:
        session.close()


@pytest.mark.parametrize(
    ("idle", "says"),
    [
        ("+ idling\r\n* 1 EXISTS\r\n", {}),
        ("* 1 EXISTS\r\n+ idling\r\n", {}),
        ("+ idling\r\n", {"UID": "* SEARCH\r\n* 1 EXISTS\r\n"}),
    ],
    ids=["in the packet of the continuation", "before the continuation", "in the answer to SEARCH"],
)
def test_a_mail_of_the_instant_in_which_idle_begins_is_heard_of(idle: str, says: dict[str, str]) -> None:
    """However the server tells of it, the wait is over at once and the mailbox is looked into again."""
    with serving(idle, **says) as port:
        assert waited(port, 30) < 10


def test_without_news_the_wait_is_as_long_as_was_asked() -> None:
    """A server that tells of nothing, and of mails that were seen already, ends no wait early."""
    with serving("+ idling\r\n* OK still here\r\n", NOOP="* 0 EXISTS\r\n") as port:
        assert waited(port, 1.5) >= 1.4
