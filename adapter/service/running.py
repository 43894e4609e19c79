"""How the parts of the daemon are made from a configuration: mail out, mail in. `life.py` runs them."""

from __future__ import annotations

import ssl
from pathlib import Path

from adapter.config import Settings
from adapter.errors import CONFIG_INVALID, AdapterError
from adapter.lookups.key_files import password
from adapter.service.daemon import Daemon
from adapter.service.installation import Installation
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
    return SmtpListener(listening(installation), daemon.keep, daemon.could_not_keep)


def listening(installation: Installation) -> Listening:
    """Where and how we listen, by the configuration. Raises `AdapterError` when the listener's certificate is bad."""
    receive = installation.settings.smtp.receive
    context = None
    if receive.certificate is not None and receive.key is not None:
        context = server_context(receive.certificate, receive.key)
    return Listening(
        host=receive.host,
        port=receive.port,
        addresses=installation.own_addresses,
        tls=context,
        require_tls=receive.require_tls,
        max_octets=receive.max_octets,
    )


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
