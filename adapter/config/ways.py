"""Ways in and out for applications that speak no HTTP to us: the drop folder, and webhooks."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from adapter.lookups.toml_files import FilePath, Name, Section

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}

HookEvent = Literal["message.received", "exchange.final", "answer.received", "alarm"]


class Drop(Section):
    """The folder in which an application lays messages to send: XML (`*.xml`) or build-JSON (`*.json`).

    A file that was renamed into the folder is whole at once, but we cannot see that, so write elsewhere on the same
    disk and rename.
    """

    folder: FilePath
    """The folder; `taken/` and `refused/` are made in it."""
    settle_seconds: Annotated[float, Field(ge=0, le=600)] = 2.0
    """A file counts as whole when it has not changed for so long."""
    max_octets: Annotated[int, Field(ge=10_000, le=104_857_600)] = 51_200_000
    """Largest file, in octets."""


class Webhook(Section):
    """Where an application is told that something has happened: signed, ids only, repeated until it is taken."""

    name: Name
    """What the webhook is called in log lines."""
    url: Name
    """Where it is called: https, or http on this machine."""
    secret_file: FilePath
    """File whose content signs every call; at least 16 octets."""
    events: Annotated[tuple[HookEvent, ...], Field(min_length=1)] = (
        "message.received",
        "exchange.final",
        "answer.received",
        "alarm",
    )
    """What it is told of."""
    ca: FilePath | None = None
    """Roots for its certificate, PEM; left out, those of the machine."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    """How long one call may take."""
    pauses_seconds: Annotated[tuple[Annotated[float, Field(gt=0, le=86_400)], ...], Field(min_length=1)] = (
        5, 30, 120, 600, 3600, 10_800, 21_600, 43_200,
    )  # fmt: skip
    """Pauses after a call that was not taken; after the last one the notice is set aside."""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError:
            raise ValueError("url must be an https address") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
            raise ValueError("url must be an https address")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("url must be https, except for this machine itself")
        if parts.username or parts.password:
            raise ValueError("url carries a password; the signature is what proves who calls")
        return self
