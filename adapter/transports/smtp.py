"""How a mail leaves: SMTP submission through aiosmtplib, over connections that stay open.

A failure is told by the phase it happened in, since that decides what it means (lessons 12): before DATA nothing has
been handed over and the mail may be tried again; once the message body has begun to flow, a lost connection leaves the
outcome unknown. Answers of the server decide by their first digit: 4 is try again, 5 is never (RFC 5321 §4.2.1).
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

import aiosmtplib

from adapter.transports.port import Accepted, Deferred, Outcome, OutcomeUnknown, OutgoingMail, Refused

_PIECE = 262_144
"""How many octets are written before others get a turn; encrypting as many for TLS takes well under a millisecond."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server that takes our mail. `tls` is None for a connection in the clear.

    `implicit_tls` speaks TLS from the first octet; otherwise STARTTLS is demanded where `tls` is given.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    username: str | None = None
    password: str | None = None
    timeout_seconds: float = 30.0
    connections: int = 4


class SmtpTransport:
    """Sends mails through one server with at most `server.connections` connections, each used again and again."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._idle: deque[aiosmtplib.SMTP] = deque()
        self._slots = asyncio.Semaphore(server.connections)

    async def send(self, mail: OutgoingMail) -> Outcome:
        """Hand over one mail. Never raises for what the server or the network does.

        A connection that lay idle may have been closed over there, which shows at the first command; the mail then goes
        over the next one, at last over a new one.
        """
        async with self._slots:
            while self._idle:
                with suppress(_LostBeforeMailError):
                    return await self._over(self._idle.pop(), mail)
            try:
                client = await self._connected()
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                return Deferred(f"no connection to {self._server.host}:{self._server.port}: {_why(error)}")
            try:
                return await self._over(client, mail)
            except _LostBeforeMailError as lost:
                return Deferred(str(lost))

    async def greet(self) -> Outcome:
        """Connect and log in as for a mail. `Refused` is for a person: TLS that cannot be trusted, or the login."""
        try:
            client = await self._connected()
        except aiosmtplib.SMTPAuthenticationError as error:
            return _by_code(error)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            reason = _why(error)
            return Refused(reason) if _is_tls(error) else Deferred(reason)
        self._idle.append(client)
        return Accepted("lets us in")

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            await _quit(self._idle.popleft())

    async def _connected(self) -> aiosmtplib.SMTP:
        client = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            timeout=self._server.timeout_seconds,
            use_tls=self._server.implicit_tls,
            start_tls=self._server.tls is not None and not self._server.implicit_tls,
            tls_context=self._server.tls,
            username=self._server.username,
            password=self._server.password,
        )
        await client.connect()
        return client

    async def _over(self, client: aiosmtplib.SMTP, mail: OutgoingMail) -> Outcome:
        """Hand the mail over on this connection, which is kept if it is still good after it."""
        try:
            outcome = await _hand_over(client, mail)
        except BaseException:
            client.close()
            raise
        if client.is_connected:
            self._idle.append(client)
        return outcome


class _LostBeforeMailError(Exception):
    """The server was gone, or said goodbye (421), before the mail began to flow: nothing has been handed over."""


async def _begin(client: aiosmtplib.SMTP, mail: OutgoingMail) -> aiosmtplib.SMTPResponseException | None:
    """Everything up to the server's word that the mail may flow; gives the refusal, if that is what it says.

    Raises `_LostBeforeMailError`.
    """
    dsn = client.supports_extension("dsn")
    try:
        await client.mail(mail.sender.value, options=["RET=HDRS", f"ENVID={mail.envelope_id}"] if dsn else [])
        await client.rcpt(mail.recipient.value, options=["NOTIFY=FAILURE"] if dsn else [])
        began = await client.execute_command(b"DATA")
        if began.code == aiosmtplib.SMTPStatus.start_input:
            return None
        refusal: aiosmtplib.SMTPResponseException = aiosmtplib.SMTPDataError(began.code, began.message)
    except aiosmtplib.SMTPResponseException as error:
        refusal = error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise _LostBeforeMailError(f"the connection was lost before the mail: {type(error).__name__}") from None
    if refusal.code == aiosmtplib.SMTPStatus.domain_unavailable:
        raise _LostBeforeMailError(_why(refusal))
    return refusal


async def _hand_over(client: aiosmtplib.SMTP, mail: OutgoingMail) -> Outcome:
    refusal = await _begin(client, mail)
    if refusal is not None:
        await _reset(client)
        return _by_code(refusal)
    try:
        answer = await _flow(client, mail.content)
    except aiosmtplib.SMTPResponseException as error:
        await _reset(client)
        return _by_code(error)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        client.close()
        return OutcomeUnknown(f"the connection was lost while the mail was handed over: {type(error).__name__}")
    return Accepted(f"{answer.code} {answer.message}"[:200])


async def _flow(client: aiosmtplib.SMTP, content: bytes) -> aiosmtplib.SMTPResponse:
    """Write a mail after DATA, piece by piece, and read what the server says of it.

    `client.data` would look at every line of it with regular expressions first, which for a large mail stops everything
    else for a tenth of a second. Raises what `client.data` raises.
    """
    protocol = client.protocol
    if protocol is None:
        raise aiosmtplib.SMTPServerDisconnected("Connection lost")
    large = len(content) > _PIECE
    octets = await asyncio.to_thread(_on_the_wire, content) if large else _on_the_wire(content)
    answering = asyncio.ensure_future(protocol.read_response(client.timeout))
    try:
        for start in range(0, len(octets), _PIECE):
            if answering.done():  # it has heard enough: what it says is the outcome, and no more fits in between
                client.close()
                break
            protocol.write(octets[start : start + _PIECE])
            await asyncio.sleep(0)
        answer = await answering
    except BaseException:
        answering.cancel()
        raise
    if answer.code != aiosmtplib.SMTPStatus.completed:
        raise aiosmtplib.SMTPDataError(answer.code, answer.message)
    return answer


def _on_the_wire(content: bytes) -> bytes:
    """A mail as DATA carries it: lines end in CRLF, a dot that begins one is doubled, a single dot is the end.

    Our own mails have such lines and no such dots, which is cheap to see (RFC 5321 §2.3.8, §4.5.2).
    """
    pairs = content.count(b"\r\n")
    if content.count(b"\n") != pairs or content.count(b"\r") != pairs:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    if content.startswith(b".") or b"\n." in content:
        content = (b"." if content.startswith(b".") else b"") + content.replace(b"\n.", b"\n..")
    return b"".join((content, b"" if content.endswith(b"\r\n") else b"\r\n", b".\r\n"))


def _why(error: BaseException) -> str:
    """What happened, in the words of the innermost error; a certificate's flaw is said as OpenSSL says it."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"[:200]
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate refused: {cause.verify_message}"[:200]
    return type(cause).__name__


def _is_tls(error: BaseException) -> bool:
    """Whether TLS is what fails: the certificate, or a server that offers none."""
    offered_none = isinstance(error, aiosmtplib.SMTPException) and "STARTTLS" in str(error)
    return offered_none or isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)


def _by_code(error: aiosmtplib.SMTPResponseException) -> Outcome:
    said = f"{error.code} {error.message}"[:200]
    return Refused(said) if 500 <= error.code < 600 else Deferred(said)


async def _reset(client: aiosmtplib.SMTP) -> None:
    try:
        await client.rset()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        client.close()


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        client.close()
