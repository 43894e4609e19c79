"""How mail is fetched by POP3 (RFC 1939): a session for one reading, whose deletions hold when QUIT is answered."""

from __future__ import annotations

import contextlib
import poplib
import ssl
from collections.abc import Iterator, Sequence
from threading import Event

from adapter.errors import (
    MAILBOX_LOCKED,
    MAILBOX_LOGIN,
    MAILBOX_MAIL,
    MAILBOX_TLS,
    MAILBOX_UNREACHABLE,
    AdapterError,
)
from adapter.transports.mailbox import HEADER_OCTETS, Account, Lying

LONGEST_LINE = 1_000_000
"""Octets of one line: RFC 5321 allows 998, and peers that do not fold base64 send a whole mail in one line."""


class Pop3Session:
    """An open POP3 mailbox; see `MailboxSession`. Raises `AdapterError` (MAILBOX-...) when it cannot be opened."""

    stays_open = False

    def __init__(self, account: Account) -> None:
        self._account = account
        with _told("the connection"):
            self._server = _connected(account)
        try:
            self._log_in()
        except AdapterError:
            self.close()
            raise

    @property
    def numbering(self) -> str:
        return ""

    def lying(self) -> tuple[Lying, ...]:
        with _told("LIST"):
            sizes = dict(_numbered(line) for line in self._server.list()[1])
            try:
                marks = dict(_numbered(line) for line in self._server.uidl()[1])
            except poplib.error_proto as error:
                if not _is_answer(error):
                    raise
                marks = {}  # UIDL is optional: a mail is then known by its octets alone
        return tuple(
            Lying(marks.get(number, b"").decode("ascii", "replace"), int(number), int(size))
            for number, size in sizes.items()
        )

    def fetch(self, mail: Lying) -> bytes:
        with _told("RETR", mail):
            self._server.allowed = mail.octets * 2 + HEADER_OCTETS
            lines: list[bytes] = self._server.retr(mail.number)[1]
        return b"\r\n".join([*lines, b""])

    def header(self, mail: Lying) -> bytes:
        try:
            with _told("TOP", mail):
                self._server.allowed = HEADER_OCTETS * 2
                lines: list[bytes] = self._server.top(mail.number, 0)[1]
        except AdapterError as error:
            if error.kind is MAILBOX_MAIL:
                return b""
            raise
        return b"\r\n".join([*lines, b""])[:HEADER_OCTETS]

    def remove(self, mails: Sequence[Lying]) -> None:
        for mail in mails:
            with _told("DELE"):
                self._server.dele(mail.number)

    def finish(self) -> None:
        with _told("QUIT"):
            self._server.quit()

    def wait(self, seconds: float, until: Event) -> bool:
        return False

    def close(self) -> None:
        with contextlib.suppress(OSError, poplib.error_proto):
            self._server.close()

    def _log_in(self) -> None:
        account = self._account
        if account.tls is not None and not account.implicit_tls:
            with _told("STLS"):
                try:
                    self._server.stls(account.tls)
                except poplib.error_proto as error:
                    raise AdapterError(MAILBOX_TLS, f"{account.host}: STLS: {_said(error)}") from None
        try:
            with _told("the login"):
                self._server.user(account.username)
                self._server.pass_(account.password)
        except AdapterError as error:
            refused = error.kind is MAILBOX_UNREACHABLE and "[SYS/TEMP]" not in error.detail and "-ERR" in error.detail
            raise AdapterError(MAILBOX_LOGIN, error.detail) if refused else error from None


class _Patient(poplib.POP3):
    """poplib's client with longer lines, and an end to how much one answer may hold."""

    allowed = 1 << 30

    def __init__(self, host: str, port: int, *, timeout: float, **tls: ssl.SSLContext) -> None:
        try:
            super().__init__(host, port, timeout=timeout, **tls)
        except BaseException:
            if getattr(self, "sock", None) is not None:
                self.close()  # poplib leaves the connection open when the greeting is none
            raise

    def _getline(self) -> tuple[bytes, int]:
        line = self.file.readline(LONGEST_LINE + 1)
        self.allowed -= len(line)
        if len(line) > LONGEST_LINE or self.allowed < 0:
            self.close()
            raise poplib.error_proto("an answer longer than it may be")
        if not line:
            raise poplib.error_proto("-EOF")
        return line.removesuffix(b"\n").removesuffix(b"\r"), len(line)

    def _putcmd(self, line: str) -> None:
        self.allowed = 1 << 30 if not line.startswith(("RETR", "TOP")) else self.allowed
        super()._putcmd(line)  # type: ignore[misc]


class _PatientTls(_Patient, poplib.POP3_SSL):
    """The same with TLS from the first octet."""


def _connected(account: Account) -> _Patient:
    if account.implicit_tls and account.tls is not None:
        return _PatientTls(account.host, account.port, timeout=account.timeout_seconds, context=account.tls)
    return _Patient(account.host, account.port, timeout=account.timeout_seconds)


@contextlib.contextmanager
def _told(step: str, mail: Lying | None = None) -> Iterator[None]:
    """Say what went wrong in a step as an error of the catalogue."""
    try:
        yield
    except poplib.error_proto as error:
        said = _said(error)
        if "[IN-USE]" in said or "[LOGIN-DELAY]" in said:
            raise AdapterError(MAILBOX_LOCKED, f"{step}: {said}") from None
        if mail is not None and _is_answer(error):
            raise AdapterError(MAILBOX_MAIL, f"{step} of mail {mail.mark or mail.number}: {said}") from None
        raise AdapterError(MAILBOX_UNREACHABLE, f"{step}: {said}") from None
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        raise AdapterError(MAILBOX_UNREACHABLE, f"{step}: {type(error).__name__}") from None
    except ssl.SSLError as error:
        raise AdapterError(MAILBOX_TLS, f"{step}: {error.reason or error}") from None
    except (OSError, EOFError, ValueError) as error:
        raise AdapterError(MAILBOX_UNREACHABLE, f"{step}: {type(error).__name__}") from None


def _is_answer(error: poplib.error_proto) -> bool:
    """Whether the server has said no, and the connection goes on."""
    return _said(error).startswith("-ERR")


def _said(error: poplib.error_proto) -> str:
    said = error.args[0] if error.args else ""
    return (said.decode("ascii", "replace") if isinstance(said, bytes) else str(said))[:200]


def _numbered(line: bytes) -> tuple[bytes, bytes]:
    number, _, rest = line.partition(b" ")
    return number, rest.strip()
