"""How the daemon is put together from a configuration: mail out, mail in, signals of the operating system."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections.abc import Sequence
from pathlib import Path

from adapter.config import Settings
from adapter.errors import CONFIG_INVALID, AdapterError
from adapter.lookups.key_files import password
from adapter.observe.log import Log
from adapter.service.clock import Clock, Ids
from adapter.service.companions import MakeCompanion
from adapter.service.daemon import Daemon
from adapter.service.installation import Installation, open_installation
from adapter.transports.listener import Listening, SmtpListener
from adapter.transports.port import Transport
from adapter.transports.smtp import SmtpServer, SmtpTransport


def mail_out(settings: Settings) -> Transport:
    """The transport of the configuration. Raises `AdapterError` when its files are no good."""
    send = settings.smtp.send
    context = None if send.tls == "none" else _client_context(send.ca)
    return SmtpTransport(
        SmtpServer(
            host=send.host,
            port=send.port,
            tls=context,
            implicit_tls=send.tls == "implicit",
            username=send.username,
            password=password(send.password_file),
            timeout_seconds=send.timeout_seconds,
            connections=send.connections,
        )
    )


def mail_in(installation: Installation, daemon: Daemon) -> SmtpListener:
    """The listener of the configuration. Raises `AdapterError` when its certificate is no good."""
    receive = installation.settings.smtp.receive
    context = None
    if receive.certificate is not None and receive.key is not None:
        context = server_context(receive.certificate, receive.key)
    listening = Listening(
        host=receive.host,
        port=receive.port,
        addresses=installation.own_addresses,
        tls=context,
        require_tls=receive.require_tls,
        max_octets=receive.max_octets,
    )
    return SmtpListener(listening, daemon.keep, daemon.could_not_keep)


def _client_context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise AdapterError(CONFIG_INVALID, f"smtp.send.ca: {ca}: {error}") from None


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """The TLS of a listener. Raises `AdapterError` (CONFIG_INVALID)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise AdapterError(CONFIG_INVALID, f"smtp.receive.certificate {certificate} and key {key}: {error}") from None
    return context


async def run(settings: Settings, clock: Clock, ids: Ids, log: Log, makers: Sequence[MakeCompanion] = ()) -> None:
    """Run an adapter with its companions until SIGTERM or SIGINT. Raises `AdapterError` when it cannot start."""
    daemon = Daemon(installation := open_installation(settings, clock, ids, log), mail_out(settings))
    listener = mail_in(installation, daemon)
    receive = settings.smtp.receive
    companions = [companion for make in makers for companion in make(installation)]
    try:
        for companion in companions:
            await companion.start()
        await listener.start()
    except AdapterError:
        await daemon.close()
        raise
    except OSError as error:
        await daemon.close()
        says = f"smtp.receive: cannot listen on {receive.host}:{receive.port}: {error.strerror}"
        raise AdapterError(CONFIG_INVALID, says) from None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, daemon.stop)
    try:
        await daemon.run(companions)
    finally:
        await listener.close()
        await daemon.close()
