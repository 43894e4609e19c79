"""Where integrators and the dashboard reach the adapter over HTTP, and who may do what there."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.lookups.toml_files import FilePath, Her, Name, Port, Section


class Scope(StrEnum):
    """What a caller may do."""

    SUBMIT = "submit"
    """hand in messages and answers, take messages from the inbox and receipt them"""
    READ = "read"
    """see exchanges, and the messages themselves"""
    OPERATE = "operate"
    """resend, give up, see webhooks"""
    ECONOMY = "economy"
    """see the ledger, explanations, statements and evidence; issue statements"""


class ApiClient(Section):
    """A caller that shows a client certificate (mutual TLS)."""

    name: Name
    """What the caller is called in the audit log."""
    certificate: FilePath
    """Its certificate, PEM. Exactly this one is believed; its issuer is not asked."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    """What the caller may do."""
    parties: tuple[Her, ...] = ()
    """Own parties that it is limited to; left out, it sees every own party's exchanges."""


class Api(Section):
    """The HTTP interface. It listens on this machine only, unless it has TLS and asks everyone who they are."""

    host: Name = "127.0.0.1"
    """Address that the interface listens on. Any other than this machine's needs TLS and authentication."""
    port: Port = 8480
    """Port that the interface listens on."""
    certificate: FilePath | None = None
    """Certificate of the interface, PEM; with `key` it speaks TLS."""
    key: FilePath | None = None
    """Private key of `certificate`, PEM, not encrypted."""
    authentication: Literal["required", "none"] = "required"
    """With `"required"` a caller shows a bearer token (`adapter token add`) or the certificate of an
    `[[api.client]]`. With `"none"` every user of this machine may do everything; it is for trying things."""
    client: tuple[ApiClient, ...] = ()
    """Callers that show a client certificate."""
    max_octets: Annotated[int, Field(ge=10_000, le=104_857_600)] = 51_200_000
    """Largest request body, in octets."""
    session_idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    """A login to the dashboard ends when nobody has asked for a page for so long."""
    session_hours: Annotated[int, Field(ge=1, le=168)] = 12
    """A login to the dashboard ends after so long in any case: a shift."""
    concurrent_requests: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Connections served at once; more are answered with 503."""
    head_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
    """How long a client has for the head of a request, from the first octet or from when it has connected; then its
    connection is ended."""
    body_seconds: Annotated[float, Field(gt=0, le=3600)] = 120.0
    """How long it then has for the body."""

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        if self.client and self.certificate is None:
            raise ValueError("client certificates need TLS: give certificate and key")
        if len({one.name for one in self.client}) < len(self.client):
            raise ValueError("two clients have one name; claims, keys and the audit log tell callers apart by it")
        if not self.is_loopback and self.certificate is None:
            raise ValueError(f"{self.host} is reached from outside, which needs TLS: give certificate and key")
        if not self.is_loopback and self.authentication == "none":
            raise ValueError(f'{self.host} is reached from outside, which needs authentication = "required"')
        return self

    @property
    def session_idle(self) -> timedelta:
        """How long a login lasts without a page being asked for by a person."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_longest(self) -> timedelta:
        """How long a login lasts at most."""
        return timedelta(hours=self.session_hours)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
