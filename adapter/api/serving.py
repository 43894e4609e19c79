"""How the application is served: uvicorn inside the daemon's loop, on a port that is taken before the daemon runs."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager

import h11
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from adapter.api.application import SECURITY_HEADERS, Desk, application
from adapter.api.callers import PEER_CERTIFICATE
from adapter.api.pages.routes import pages
from adapter.config import Api
from adapter.errors import CONFIG_INVALID, AdapterError
from adapter.observe import events
from adapter.service.companions import Companion
from adapter.service.installation import Installation

GRACE_SECONDS = 5
"""How long requests under way have when the daemon stops."""


def api_companion(installation: Installation) -> tuple[Companion, ...]:
    """The interface, if the configuration has `[api]`."""
    api = installation.settings.api
    return () if api is None else (ApiServer(installation, api),)


class _Connection(H11Protocol):
    """A connection that tells the application which certificate its client has proved to own.

    Its client has not all the time in the world: uvicorn ends a connection that rests between requests, and would wait
    for ever for one that drips.
    """

    head_seconds: float
    body_seconds: float
    _sends: object = None
    _ends: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        shown = secured.getpeercert(binary_form=True) if secured is not None else None
        self.app_state = {**self.app_state, PEER_CERTIFICATE: shown}
        self._await(h11.IDLE)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await(self.conn.their_state)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._await(h11.CLOSED)

    def _await(self, state: object) -> None:
        """Wait for the rest of what the client is sending, for so long as it may take since it has begun."""
        if state is self._sends:
            return
        self._sends = state
        if self._ends is not None:
            self._ends.cancel()
            self._ends = None
        if state in {h11.IDLE, h11.SEND_BODY}:
            seconds = self.head_seconds if state is h11.IDLE else self.body_seconds
            self._ends = self.loop.call_later(seconds, self.transport.abort)


def _connections(api: Api) -> type[_Connection]:
    """The connections of an interface, with its times."""

    class Patient(_Connection):
        head_seconds = api.head_seconds
        body_seconds = api.body_seconds

    return Patient


class _Server(uvicorn.Server):
    """A server that leaves the signals of the process to the daemon."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class ApiServer:
    """The companion that serves. Raises `AdapterError` when certificates or clients cannot be read."""

    def __init__(self, installation: Installation, api: Api) -> None:
        self._installation = installation
        self._api = api
        self._tls = _tls(api)
        self._desk: Desk | None = None
        self._socket: socket.socket | None = None
        self._server: _Server | None = None

    @property
    def port(self) -> int:
        """The port that was taken."""
        assert self._socket is not None
        return int(self._socket.getsockname()[1])

    async def start(self) -> None:
        """Read who may come in, and take the port."""
        api = self._api
        self._desk = Desk(self._installation)
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(api.host, api.port, type=socket.SOCK_STREAM)[0]
            self._socket = _listening(socket.socket(family, kind, protocol), address)
        except OSError as error:
            self._desk.close()
            says = f"api: cannot listen on {api.host}:{api.port}: {error.strerror}"
            raise AdapterError(CONFIG_INVALID, says) from None

    async def run(self) -> None:
        """Serve until `stop`."""
        if self._socket is None or self._desk is None:
            await self.start()
        assert self._socket is not None
        assert self._desk is not None
        tls = self._tls
        config = uvicorn.Config(
            guarded(application(self._desk, pages(self._desk, self._api))),
            http=_connections(self._api),
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=self._api.concurrent_requests,
            timeout_graceful_shutdown=GRACE_SECONDS,
            ssl_context_factory=None if tls is None else lambda *_: tls,
        )
        self._server = _Server(config)
        self._installation.log.tell(events.API_STARTED)
        try:
            await self._server.serve([self._socket])
        finally:
            await self.close()

    def stop(self) -> None:
        """Answer what is under way, and end."""
        if self._server is not None:
            self._server.should_exit = True

    async def close(self) -> None:
        """Give the port and the threads back."""
        if self._socket is not None:
            self._socket.close()
        if self._desk is not None:
            self._desk.close()
        self._socket = self._desk = None


def _listening(
    taken: socket.socket, address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
) -> socket.socket:
    """The socket, bound; closed where that cannot be. Raises `OSError`."""
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError:
        taken.close()
        raise
    return taken


def guarded(app: ASGIApp) -> ASGIApp:
    """The application with the headers that every answer has."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in SECURITY_HEADERS if name not in said),
                ]
            await send(message)

        await app(scope, receive, with_headers)

    return answer


def _tls(api: Api) -> ssl.SSLContext | None:
    """The TLS of the interface; with clients in the configuration it asks for a certificate and believes only those."""
    if api.certificate is None or api.key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(api.certificate, api.key)
        for client in api.client:
            context.load_verify_locations(client.certificate)
    except (OSError, ssl.SSLError) as error:
        raise AdapterError(CONFIG_INVALID, f"api.certificate, api.key or api.client: {error}") from None
    if api.client:
        # The named certificates are the trust: no issuer above them is asked, and none of its others is believed.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_mode = ssl.CERT_OPTIONAL
    return context
