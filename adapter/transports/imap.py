"""How mail is fetched by IMAP (RFC 9051) through IMAPClient: a session that stays open, and IDLE where there is one."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from threading import Event

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from adapter.errors import (
    MAILBOX_FOLDER,
    MAILBOX_LOCKED,
    MAILBOX_LOGIN,
    MAILBOX_MAIL,
    MAILBOX_TLS,
    MAILBOX_UNREACHABLE,
    AdapterError,
    ErrorKind,
)
from adapter.transports.mailbox import HEADER_OCTETS, Account, Lying

ASKED_AT_ONCE = 500
"""Mails whose size is asked for in one command: a command line stays under the 8000 octets of RFC 7162 §4."""

LOOKS_UP_SECONDS = 1.0
"""How often one that waits in IDLE looks whether it shall stop."""


class _Client(IMAPClient):  # type: ignore[misc]
    """An IMAPClient that hears of a mail that arrives in the very instant in which IDLE begins.

    A server may tell of it before the continuation that IDLE waits for, or in the same packet behind it; then it lies
    in the buffer of `imaplib`, where polling the socket does not see it.
    """

    def idle(self) -> None:
        self._idle_tag = self._imap._command("IDLE")
        while self._imap._get_response() is not None:
            if self._imap.tagged_commands[self._idle_tag]:
                raise IMAPClientError("IDLE is refused")

    def told(self) -> int:
        """The newest number of mails that the server has told of since this was asked last; 0 where it has not."""
        _, said = self._imap.response("EXISTS")
        return int(said[-1]) if said and said[-1] else 0

    def _poll_socket(self, sock: socket.socket, timeout: float | None = None) -> object:
        # The socket does not block while IDLE is looked after, so that peeking waits for nothing.
        with contextlib.suppress(OSError):
            if self._imap.file.peek(1):
                return True
        return super()._poll_socket(sock, timeout)


class ImapSession:
    """An open IMAP folder; see `MailboxSession`. Raises `AdapterError` (MAILBOX-...) when it cannot be opened."""

    stays_open = True

    def __init__(self, account: Account) -> None:
        self._account = account
        self._there = 0
        with _told("the connection"):
            self._server = _Client(
                account.host,
                account.port,
                ssl=account.implicit_tls,
                ssl_context=account.tls if account.implicit_tls else None,
                timeout=account.timeout_seconds,
            )
        try:
            self._enter()
        except AdapterError:
            self.close()
            raise

    @property
    def numbering(self) -> str:
        return self._numbering

    def lying(self) -> tuple[Lying, ...]:
        with _told("SEARCH"):
            self._server.noop()
            self._server.told()
            numbers = sorted(self._server.search())
            self._there = len(numbers)
            sizes: dict[int, int] = {}
            for start in range(0, len(numbers), ASKED_AT_ONCE):
                asked = self._server.fetch(numbers[start : start + ASKED_AT_ONCE], ["RFC822.SIZE"])
                sizes |= {number: int(said[b"RFC822.SIZE"]) for number, said in asked.items() if b"RFC822.SIZE" in said}
        return tuple(
            Lying(f"{self._numbering}:{number}", number, sizes[number]) for number in numbers if number in sizes
        )

    def fetch(self, mail: Lying) -> bytes:
        return self._part(mail, "BODY.PEEK[]", b"BODY[]")

    def header(self, mail: Lying) -> bytes:
        try:
            return self._part(mail, f"BODY.PEEK[HEADER]<0.{HEADER_OCTETS}>", b"BODY[HEADER]<0>")
        except AdapterError as error:
            if error.kind is MAILBOX_MAIL:
                return b""
            raise

    def remove(self, mails: Sequence[Lying]) -> None:
        numbers = [mail.number for mail in mails]
        if not numbers:
            return
        self._there -= len(numbers)
        with _told("the removal"):
            target = self._account.move_to
            if target and self._server.has_capability("MOVE"):
                self._server.move(numbers, target)
                return
            if target:
                self._server.copy(numbers, target)
            self._server.delete_messages(numbers, silent=True)
            if self._server.has_capability("UIDPLUS"):
                self._server.uid_expunge(numbers)
            else:
                self._server.expunge()

    def finish(self) -> None:
        """Nothing is left to do: a removal holds when it is answered."""

    def wait(self, seconds: float, until: Event) -> bool:
        if not self._server.has_capability("IDLE"):
            return False
        end = time.monotonic() + seconds
        with _told("IDLE"):
            self._server.idle()
            # Told of while other commands ran, or before IDLE had begun: the server does not say it again.
            came = self._server.told() > self._there
            while not came and not until.is_set() and (now := time.monotonic()) < end:
                at_most = min(LOOKS_UP_SECONDS, end - now)
                said = self._server.idle_check(timeout=at_most)
                if any(len(one) > 1 and one[1] == b"EXISTS" for one in said):
                    break
                if not said and time.monotonic() - now < at_most / 2:
                    break  # silence before its time is the end of the connection: DONE finds out
            self._server.idle_done()
        return True

    def close(self) -> None:
        with contextlib.suppress(OSError, IMAPClientError):
            self._server.shutdown()

    def _enter(self) -> None:
        account = self._account
        if account.tls is not None and not account.implicit_tls:
            with _told("STARTTLS", MAILBOX_TLS):
                self._server.starttls(account.tls)
        with _told("the login"):
            self._server.login(account.username, account.password)
        with _told(f"folder {account.folder}", MAILBOX_FOLDER):
            selected = self._server.select_folder(account.folder)
            self._numbering = str(selected.get(b"UIDVALIDITY", ""))
        if account.move_to:
            with _told(f"folder {account.move_to}", MAILBOX_FOLDER):
                if not self._server.folder_exists(account.move_to):
                    self._server.create_folder(account.move_to)

    def _part(self, mail: Lying, asked: str, named: bytes) -> bytes:
        try:
            with _told("FETCH", MAILBOX_MAIL):
                said = self._server.fetch([mail.number], [asked]).get(mail.number, {})
        except AdapterError as error:
            if error.kind is MAILBOX_MAIL:
                raise AdapterError(MAILBOX_MAIL, f"mail {mail.mark}: {error.detail}") from None
            raise
        content = said.get(named)
        if not isinstance(content, bytes):
            raise AdapterError(MAILBOX_MAIL, f"mail {mail.mark} is not handed over")
        return content


@contextlib.contextmanager
def _told(step: str, refused: ErrorKind = MAILBOX_UNREACHABLE) -> Iterator[None]:
    """Say what went wrong in a step as an error of the catalogue; `refused` is what a plain NO means in it."""
    try:
        yield
    except LoginError as error:
        said = str(error)[:200]
        if "[INUSE]" in said.upper() or "[LIMIT]" in said.upper():
            raise AdapterError(MAILBOX_LOCKED, f"{step}: {said}") from None
        away = "[UNAVAILABLE]" in said.upper() or "EOF" in said
        raise AdapterError(MAILBOX_UNREACHABLE if away else MAILBOX_LOGIN, f"{step}: {said}") from None
    except IMAPClientAbortError as error:
        raise AdapterError(MAILBOX_UNREACHABLE, f"{step}: {str(error)[:200]}") from None
    except IMAPClientError as error:
        said = str(error)[:200]
        if "[INUSE]" in said.upper():
            raise AdapterError(MAILBOX_LOCKED, f"{step}: {said}") from None
        raise AdapterError(refused, f"{step}: {said}") from None
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        raise AdapterError(MAILBOX_UNREACHABLE, f"{step}: {type(error).__name__}") from None
    except ssl.SSLError as error:
        raise AdapterError(MAILBOX_TLS, f"{step}: {error.reason or error}") from None
    except (OSError, EOFError, ValueError) as error:
        raise AdapterError(MAILBOX_UNREACHABLE, f"{step}: {type(error).__name__}") from None
