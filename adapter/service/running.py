"""How the parts of the daemon are made from a configuration: mail out, mail in. `life.py` runs them."""

from __future__ import annotations

import functools
import ssl
from pathlib import Path

from adapter.config import Mailbox, Settings
from adapter.errors import CONFIG_INVALID, AdapterError
from adapter.lookups.key_files import password_given
from adapter.service.daemon import Daemon
from adapter.service.installation import Installation
from adapter.service.mailboxes import MailboxReader, Reading
from adapter.transports.imap import ImapSession
from adapter.transports.listener import Listening, SmtpListener
from adapter.transports.mailbox import Account, MailboxSession
from adapter.transports.pop3 import Pop3Session
from adapter.transports.smtp import SmtpServer, SmtpTransport


def mail_out(settings: Settings, timeout_seconds: float | None = None) -> SmtpTransport:
    """The transport of the configuration, with its own timeout or another. Raises `AdapterError` for bad files."""
    send = settings.smtp.send
    context = None if send.tls == "none" else client_context(send.ca, "smtp.send.ca")
    return SmtpTransport(
        SmtpServer(
            host=send.host,
            port=send.port,
            tls=context,
            implicit_tls=send.tls == "implicit",
            username=send.username,
            password=password_given(send.password_file, send.password_env),
            timeout_seconds=timeout_seconds or send.timeout_seconds,
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


def readers(installation: Installation) -> tuple[Reading, ...]:
    """What reads the mailboxes of the configuration, each beside the daemon in a thread of its own."""
    return tuple(
        Reading(
            MailboxReader(installation, mailbox, functools.partial(open_mailbox, mailbox)),
            functools.partial(account, mailbox),
        )
        for mailbox in installation.settings.mailbox
    )


def open_mailbox(mailbox: Mailbox) -> MailboxSession:
    """Log in. Raises `AdapterError` (MAILBOX-..., CFG-INVALID, FILE-UNREADABLE)."""
    into = account(mailbox)
    return Pop3Session(into) if mailbox.protocol == "pop3" else ImapSession(into)


def account(mailbox: Mailbox) -> Account:
    """How we get into a mailbox; its password is read anew each time, so that it may be changed while we run."""
    return Account(
        host=mailbox.host,
        port=mailbox.reached_port,
        username=mailbox.username,
        password=password_given(mailbox.password_file, mailbox.password_env) or "",
        tls=None if mailbox.tls == "none" else client_context(mailbox.ca, "mailbox.ca"),
        implicit_tls=mailbox.tls == "implicit",
        folder=mailbox.folder,
        move_to=mailbox.move_to if mailbox.after == "move" else "",
        timeout_seconds=mailbox.timeout_seconds,
    )


def client_context(ca: Path | None, key: str) -> ssl.SSLContext:
    """The TLS towards a server. Raises `AdapterError` (CONFIG_INVALID) naming the key of the configuration."""
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise AdapterError(CONFIG_INVALID, f"{key}: {ca}: {error}") from None


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """The TLS of a listener. Raises `AdapterError` (CONFIG_INVALID)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise AdapterError(CONFIG_INVALID, f"smtp.receive.certificate {certificate} and key {key}: {error}") from None
    return context
