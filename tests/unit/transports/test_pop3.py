"""POP3 against servers that misbehave: what they say decides what it means, and no answer is taken without an end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from adapter.errors import (
    MAILBOX_LOCKED,
    MAILBOX_LOGIN,
    MAILBOX_MAIL,
    MAILBOX_TLS,
    MAILBOX_UNREACHABLE,
    AdapterError,
    ErrorKind,
)
from adapter.service.running import client_context
from adapter.transports.mailbox import Account, Lying
from adapter.transports.pop3 import Pop3Session

GREETING = "+OK ready"
ENTERED = {"USER": "+OK", "PASS": "+OK", "LIST": "+OK\r\n1 20\r\n2 30\r\n.", "UIDL": "+OK\r\n1 a\r\n2 b\r\n."}


@contextmanager
def serving(says: dict[str, str | None], greeting: str | None = GREETING) -> Iterator[int]:
    """A server that answers each command as it is told; None ends the connection."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listening.accept()
        with client, client.makefile("rwb", buffering=0) as file:
            if greeting is None:
                return
            file.write(f"{greeting}\r\n".encode())
            while line := file.readline():
                answer = says.get(line.split()[0].decode(), "+OK")
                if answer is None:
                    return
                file.write(f"{answer}\r\n".encode())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        thread.join(10)
        listening.close()


def account(port: int, *, tls: bool = False) -> Account:
    context = client_context(None, "ca") if tls else None
    return Account("127.0.0.1", port, "me", "secret", tls=context, timeout_seconds=5)


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ({"PASS": "-ERR [IN-USE] another session has the mailbox"}, MAILBOX_LOCKED),
        ({"PASS": "-ERR [LOGIN-DELAY] come later"}, MAILBOX_LOCKED),
        ({"PASS": "-ERR [AUTH] wrong"}, MAILBOX_LOGIN),
        ({"USER": "-ERR no such user"}, MAILBOX_LOGIN),
        ({"PASS": "-ERR [SYS/TEMP] the disk is away"}, MAILBOX_UNREACHABLE),
        ({"PASS": None}, MAILBOX_UNREACHABLE),
        ({"USER": "nonsense"}, MAILBOX_UNREACHABLE),
    ],
)
def test_what_the_server_says_to_the_login_decides(says: dict[str, str | None], kind: ErrorKind) -> None:
    """In use, refused, out of order, gone: each is another error, and none names the password."""
    with serving(says) as port, pytest.raises(AdapterError) as caught:
        Pop3Session(account(port))
    assert caught.value.kind is kind
    assert "secret" not in str(caught.value)


def test_a_server_without_a_greeting() -> None:
    """A connection that ends at once is a server that cannot be reached."""
    with serving({}, greeting=None) as port, pytest.raises(AdapterError) as caught:
        Pop3Session(account(port))
    assert caught.value.kind is MAILBOX_UNREACHABLE


def test_a_password_is_never_sent_in_the_clear() -> None:
    """A server that does not offer STLS where TLS is demanded gets no login."""
    says: dict[str, str | None] = {"STLS": "-ERR not here", "CAPA": "+OK\r\n."}
    with serving(says) as port, pytest.raises(AdapterError) as caught:
        Pop3Session(account(port, tls=True))
    assert caught.value.kind is MAILBOX_TLS


def test_a_mail_that_is_not_handed_over() -> None:
    """A no to RETR is about this mail only, and the session goes on."""
    with serving({**ENTERED, "RETR": "-ERR the mail is damaged", "TOP": "-ERR the mail is damaged"}) as port:
        session = Pop3Session(account(port))
        first, second = session.lying()
        assert (first, second.mark) == (Lying("a", 1, 20), "b")
        with pytest.raises(AdapterError) as caught:
            session.fetch(first)
        assert caught.value.kind is MAILBOX_MAIL
        assert session.header(first) == b""
        session.finish()
        session.close()


def test_a_server_without_uidl() -> None:
    """Where there are no marks, mails are listed all the same."""
    with serving({**ENTERED, "UIDL": "-ERR not known here"}) as port:
        session = Pop3Session(account(port))
        assert [mail.mark for mail in session.lying()] == ["", ""]
        session.close()


def test_an_answer_without_an_end_is_broken_off() -> None:
    """A mail that grows far beyond the size that was listed is not read to the end of memory."""
    with serving({**ENTERED, "RETR": "+OK\r\n" + "x" * 300_000}) as port:
        session = Pop3Session(account(port))
        with pytest.raises(AdapterError) as caught:
            session.fetch(session.lying()[0])
        assert caught.value.kind is MAILBOX_UNREACHABLE
        session.close()
