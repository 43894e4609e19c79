"""How it is found out whether a certificate has been revoked, and what follows from the answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.lookups.toml_files import Name, Section

Word = Literal["accept", "accept_and_warn", "hold", "refuse"]
Url = Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=500)]
_HOURS = Annotated[float, Field(gt=0, le=24)]


class RevocationActions(Section):
    """What is done by outcome. A message that is held longer than `hold_hours` gets `after_hold` instead."""

    revoked: Literal["refuse", "accept_and_warn"] = "refuse"
    stale: Word = "hold"
    unknown: Word = "hold"
    not_offered: Word = "accept"
    hold_hours: _HOURS = 24
    after_hold: Literal["accept_and_warn", "refuse"] = "refuse"

    @property
    def patience(self) -> timedelta:
        return timedelta(hours=self.hold_hours)


class SendingActions(RevocationActions):
    """The same for what we encrypt: an answer that has run out does not keep a message back (`ebxml.md` ch. 13, 5)."""

    stale: Word = "accept_and_warn"


class RevocationAddress(Section):
    """Where to ask in place of what a certificate names; `issuer` is a part of the issuer's name, left out: any."""

    issuer: Name | None = None
    ocsp: Url | None = None
    crl: Url | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.ocsp is None and self.crl is None:
            raise ValueError("needs ocsp or crl, or both")
        return self


class Revocation(Section):
    """Asking responders (OCSP) and lists (CRL): whether, how often, how long, how much.

    `refresh_minutes` is how old an answer may be before a new one is fetched beside the traffic (`ebxml.md` §4.5: an
    hour), `retry_minutes` the pause after an attempt that failed. `enabled = false` asks nobody and judges nothing.
    """

    enabled: bool = True
    order: Annotated[tuple[Literal["ocsp", "crl"], ...], Field(min_length=1, max_length=2)] = ("ocsp", "crl")
    address: tuple[RevocationAddress, ...] = ()
    proxy: Url | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5
    max_octets: Annotated[int, Field(ge=10_000, le=200_000_000)] = 20_000_000
    refresh_minutes: Annotated[float, Field(ge=1, le=10_080)] = 60
    retry_minutes: Annotated[float, Field(gt=0, le=1440)] = 5
    received: RevocationActions = RevocationActions()
    sent: SendingActions = SendingActions()

    @property
    def refresh(self) -> timedelta:
        return timedelta(minutes=self.refresh_minutes)

    @property
    def retry(self) -> timedelta:
        return timedelta(minutes=self.retry_minutes)
