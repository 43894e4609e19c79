"""How mail leaves and arrives: SMTP out, our own listener, mailboxes on mail servers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.lookups.toml_files import FilePath, Name, Port, Section

_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class SmtpSend(Section):
    """The mail server that takes what we send."""

    host: Name = "localhost"
    """Mail server that takes our mail."""
    port: Port = 587
    """Its port."""
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    """TLS by STARTTLS, from the first octet, or none."""
    ca: FilePath | None = None
    """Roots for the certificate of the mail server, PEM; left out, those of the machine."""
    username: Name | None = None
    """User name for SMTP AUTH, over TLS only."""
    password_file: FilePath | None = None
    """File whose first line is its password."""
    password_env: Name | None = None
    """Environment variable that holds its password."""
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    """How long one step of the conversation may take."""
    connections: Annotated[int, Field(ge=1, le=32)] = 4
    """Connections at once."""

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        passwords = [self.password_file, self.password_env]
        if passwords.count(None) != (2 if self.username is None else 1):
            raise ValueError("username and one of password_file and password_env belong together")
        if self.username is not None and self.tls == "none" and self.host not in _THIS_MACHINE:
            raise ValueError('a password is not sent in the clear: tls is "starttls" or "implicit"')
        return self


class SmtpReceive(Section):
    """Our own SMTP listener: where no `[[mailbox]]` is read, and where this section asks for it besides."""

    host: Name = "127.0.0.1"
    """Address that the listener is bound to."""
    port: Port = 2525
    """Port that the listener is bound to."""
    certificate: FilePath | None = None
    """Certificate, PEM; with `key` STARTTLS is offered."""
    key: FilePath | None = None
    """Private key of `certificate`, PEM, not encrypted."""
    require_tls: bool = False
    """Whether mail without TLS is refused."""
    max_octets: Annotated[int, Field(ge=10_000, le=104_857_600)] = 51_200_000
    """Largest mail, in octets."""

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
    """Mail out."""
    receive: SmtpReceive = SmtpReceive()
    """Mail in."""


class Mailbox(Section):
    """A mailbox on a mail server that is read for us, one `[[mailbox]]` each. It has no other reader."""

    protocol: Literal["pop3", "imap"]
    """How the mailbox is read."""
    host: Name
    """Mail server of the mailbox."""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Its port; 0 is the usual one of protocol and TLS."""
    tls: Literal["starttls", "implicit", "none"] = "implicit"
    """TLS from the first octet, by STARTTLS, or none (this machine only)."""
    ca: FilePath | None = None
    """Roots for the certificate of the mail server, PEM; left out, those of the machine."""
    username: Name
    """User name."""
    password_file: FilePath | None = None
    """File whose first line is the password."""
    password_env: Name | None = None
    """Environment variable that holds the password."""
    folder: Name = "INBOX"
    """Folder that is read (IMAP)."""
    after: Literal["delete", "move"] = "delete"
    """What becomes of a mail on its server once it is durable here."""
    move_to: Name = "Adapter"
    """Folder that a mail is moved to (IMAP, with `after = "move"`)."""
    poll_seconds: Annotated[float, Field(ge=1, le=3600)] = 60.0
    """How often the mailbox is looked at; IMAP is told of new mail besides (IDLE)."""
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    """How long one step of the conversation may take."""
    max_octets: Annotated[int, Field(ge=10_000, le=104_857_600)] = 51_200_000
    """A larger mail stays on its server, and is shown to the operator."""

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
