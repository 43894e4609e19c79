"""How mail leaves and arrives: SMTP out, our own listener, mailboxes on mail servers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.lookups.toml_files import FilePath, Name, Port, Section

_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class SmtpSend(Section):
    """The mail server that takes what we send."""

    host: Name = "localhost"
    port: Port = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca: FilePath | None = None
    username: Name | None = None
    password_file: FilePath | None = None
    password_env: Name | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    connections: Annotated[int, Field(ge=1, le=32)] = 4

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        passwords = [self.password_file, self.password_env]
        if passwords.count(None) != (2 if self.username is None else 1):
            raise ValueError("username and one of password_file and password_env belong together")
        if self.username is not None and self.tls == "none" and self.host not in _THIS_MACHINE:
            raise ValueError('a password is not sent in the clear: tls is "starttls" or "implicit"')
        return self


class SmtpReceive(Section):
    """Our own SMTP listener. With certificate and key it offers STARTTLS; `require_tls` refuses mail without it."""

    host: Name = "127.0.0.1"
    port: Port = 2525
    certificate: FilePath | None = None
    key: FilePath | None = None
    require_tls: bool = False
    max_octets: Annotated[int, Field(ge=10_000, le=104_857_600)] = 51_200_000

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        if self.require_tls and self.certificate is None:
            raise ValueError("require_tls needs certificate and key")
        return self


class Smtp(Section):
    """Mail out and mail in."""

    send: SmtpSend = SmtpSend()
    receive: SmtpReceive = SmtpReceive()


class Mailbox(Section):
    """A mailbox on a mail server that is read for us: `pop3` or `imap`, one `[[mailbox]]` each.

    `after` says what becomes of a mail on the server once it is durable here: deleted, or with IMAP moved to
    `move_to`. `port` 0 is the usual one. IMAP is told of new mail by IDLE and looks by itself every `poll_seconds`.
    """

    protocol: Literal["pop3", "imap"]
    host: Name
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    tls: Literal["starttls", "implicit", "none"] = "implicit"
    ca: FilePath | None = None
    username: Name
    password_file: FilePath | None = None
    password_env: Name | None = None
    folder: Name = "INBOX"
    after: Literal["delete", "move"] = "delete"
    move_to: Name = "Adapter"
    poll_seconds: Annotated[float, Field(ge=1, le=3600)] = 60.0
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    max_octets: Annotated[int, Field(ge=10_000, le=104_857_600)] = 51_200_000

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        if (self.password_file is None) == (self.password_env is None):
            raise ValueError("needs one of password_file and password_env")
        if self.protocol == "pop3" and (self.after == "move" or self.folder != "INBOX"):
            raise ValueError('POP3 knows no folders: folder is "INBOX" and after is "delete"')
        if self.after == "move" and self.move_to == self.folder:
            raise ValueError("move_to is another folder than the one that is read")
        if self.tls == "none" and self.host not in _THIS_MACHINE:
            raise ValueError('a password is not sent in the clear: tls is "starttls" or "implicit"')
        return self

    @property
    def name(self) -> str:
        """How the mailbox is called in log lines, and what its mails are known by."""
        folder = "" if self.folder == "INBOX" else f"/{self.folder}"
        return f"{self.username}@{self.host}{folder}"

    @property
    def reached_port(self) -> int:
        """The port, or the usual one of the protocol (RFC 8314 §7)."""
        usual = {"pop3": (110, 995), "imap": (143, 993)}[self.protocol]
        return self.port or usual[self.tls == "implicit"]
