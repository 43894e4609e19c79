"""How mail leaves and arrives."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.lookups.toml_files import FilePath, Name, Port, Section


class SmtpSend(Section):
    """The mail server that takes what we send."""

    host: Name = "localhost"
    port: Port = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca: FilePath | None = None
    username: Name | None = None
    password_file: FilePath | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    connections: Annotated[int, Field(ge=1, le=32)] = 4

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file belong together")
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
