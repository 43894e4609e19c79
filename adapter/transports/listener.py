"""How a mail arrives: our own SMTP listener (aiosmtpd) on the event loop.

It takes mail for our own EDI addresses only, and says 250 only after the mail is kept; if keeping fails it says 451
and the sending server comes again (promise 1). A mail over the size limit is refused with 552 before it is kept.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, Unpack

from aiosmtpd.smtp import SMTP, Envelope, Session

from adapter.errors import AdapterError
from adapter.transports.data_phase import read_mail
from adapter.transports.port import Keep, ReceivedMail
from adapter.values import EdiAddress

Complaint = Callable[[str], None]
"""Told when a mail could not be kept, with the id of the error: the sender gets 451 and will come again."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the listener listens, for whom, and how large a mail may be. `tls` None: no STARTTLS is offered."""

    host: str
    port: int
    addresses: frozenset[EdiAddress]
    tls: ssl.SSLContext | None = None
    require_tls: bool = False
    max_octets: int = 51_200_000


class SmtpListener:
    """A listening socket; `start` opens it and `close` closes it and waits for the mails under way."""

    def __init__(self, listening: Listening, keep: Keep, complain: Complaint) -> None:
        self._listening = listening
        self._handler = _Handler(frozenset(a.value.lower() for a in listening.addresses), keep, complain)
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()

    def change(self, listening: Listening, keep: Keep, complain: Complaint) -> None:
        """From now on connections are served this way; the socket, and connections that are open, stay as they are."""
        self._listening = listening
        self._handler = _Handler(frozenset(a.value.lower() for a in listening.addresses), keep, complain)

    async def start(self) -> int:
        """Open the socket and return its port. Raises `OSError` when the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, self._listening.host, self._listening.port)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Take no more connections and end those that are open."""
        if self._server is not None:
            self._server.close()
            for session in tuple(self._sessions):
                session.end()
            await self._server.wait_closed()
            self._server = None

    def _session(self) -> _Session:
        session = _Session(
            self._sessions.discard,
            self._handler,
            data_size_limit=self._listening.max_octets,
            enable_SMTPUTF8=False,
            hostname="adapter",
            ident="ESMTP",
            tls_context=self._listening.tls,
            require_starttls=self._listening.require_tls,
            timeout=300,
            loop=asyncio.get_running_loop(),
        )
        self._sessions.add(session)
        return session


class _Session(SMTP):
    """One connection; it tells when it ends. Lines may be longer than RFC 5321 allows, since peers send such."""

    line_length_limit = 100_000

    def __init__(self, ended: Callable[[_Session], None], handler: _Handler, **options: Unpack[_Options]) -> None:
        super().__init__(handler, **options)
        self._ended = ended
        self._taking = handler

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take the octets of a mail; aiosmtpd's own way reads every line by itself (`data_phase`)."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if self.session is None or self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        if arg:
            await self.push("501 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await read_mail(self._reader, self.data_size_limit or 0)
        if content is None:
            answer = "552 Error: Too much mail data"
        else:
            self.envelope.content = content
            answer = await self._taking.handle_DATA(self, self.session, self.envelope)
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(answer)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if self.transport is None or self.transport.is_closing():
            self._ended(self)

    def end(self) -> None:
        """Close the connection now."""
        if self.transport is not None:
            self.transport.close()


class _Options(TypedDict):
    data_size_limit: int
    enable_SMTPUTF8: bool
    hostname: str
    ident: str
    tls_context: ssl.SSLContext | None
    require_starttls: bool
    timeout: float
    loop: asyncio.AbstractEventLoop


class _Handler:
    """The hooks of aiosmtpd; their names are its own."""

    def __init__(self, addresses: frozenset[str], keep: Keep, complain: Complaint) -> None:
        self._addresses = addresses
        self._keep = keep
        self._complain = complain

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower() not in self._addresses:
            return "550 5.1.1 there is no such mailbox here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            await self._keep(ReceivedMail(content, envelope.mail_from or "", tuple(envelope.rcpt_tos)))
        except AdapterError as error:
            self._complain(error.id)
            return "451 4.3.0 cannot keep the mail now, come again"
        return "250 2.0.0 kept"
