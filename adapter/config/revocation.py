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
    """What is done by outcome: accept, accept and warn, hold (nothing is answered; tried again), refuse."""

    revoked: Literal["refuse", "accept_and_warn"] = "refuse"
    """The certificate is revoked."""
    stale: Word = "hold"
    """The last answer has run out, and there is no newer one."""
    unknown: Word = "hold"
    """There is no answer that says anything certain."""
    not_offered: Word = "accept"
    """The certificate names nobody to ask."""
    hold_hours: _HOURS = 24
    """How long a message is held at most."""
    after_hold: Literal["accept_and_warn", "refuse"] = "refuse"
    """What is done with one that was held for so long."""

    @property
    def patience(self) -> timedelta:
        return timedelta(hours=self.hold_hours)


class SendingActions(RevocationActions):
    """The same for what we encrypt: an answer that has run out does not keep a message back (`ebxml.md` ch. 13, 5)."""

    stale: Word = "accept_and_warn"
    """The last answer has run out, and there is no newer one; sending goes on."""


class OwnActions(Section):
    """Whether we go on signing when our own certificate is in doubt. Once it is revoked nothing is signed: it waits.

    What is held waits until there is an answer; it is never refused. Going on is the default: who reads it judges for
    himself, and an issuer that is away must not stop us.
    """

    stale: Literal["accept", "hold"] = "accept"
    """The last answer about our own certificate has run out, and there is no newer one."""
    unknown: Literal["accept", "hold"] = "accept"
    """There is no answer about our own certificate that says anything certain."""

    def holds(self, outcome: str) -> bool:
        return {"stale": self.stale, "unknown": self.unknown}.get(outcome) == "hold"


class RevocationAddress(Section):
    """Where to ask in place of what a certificate names; `issuer` is a part of the issuer's name, left out: any."""

    issuer: Name | None = None
    """Part of the issuer's name; left out, any issuer."""
    ocsp: Url | None = None
    """Responder to ask."""
    crl: Url | None = None
    """List to fetch."""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.ocsp is None and self.crl is None:
            raise ValueError("needs ocsp or crl, or both")
        return self


class Revocation(Section):
    """Asking responders (OCSP) and lists (CRL): whether, how often, how long, how much (`ebxml.md` §4.5)."""

    enabled: bool = True
    """Whether anybody is asked; with false nothing is judged."""
    order: Annotated[tuple[Literal["ocsp", "crl"], ...], Field(min_length=1, max_length=2)] = ("ocsp", "crl")
    """Whom to ask first; the other where that says nothing certain."""
    address: tuple[RevocationAddress, ...] = ()
    """Where to ask in place of what certificates name."""
    proxy: Url | None = None
    """HTTP proxy for every question."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5
    """How long a whole answer may take."""
    max_octets: Annotated[int, Field(ge=10_000, le=200_000_000)] = 20_000_000
    """Largest list, in octets."""
    refresh_minutes: Annotated[float, Field(ge=1, le=10_080)] = 60
    """How old an answer may be before a new one is fetched beside the traffic."""
    retry_minutes: Annotated[float, Field(gt=0, le=1440)] = 5
    """Pause after an attempt that failed."""
    received: RevocationActions = RevocationActions()
    """What is done with a received message, by what is known of its signer."""
    sent: SendingActions = SendingActions()
    """What is done with a message to be sent, by what is known of its reader."""
    own: OwnActions = OwnActions()
    """What is done with what we sign, by what is known of our own signing certificate."""

    @property
    def refresh(self) -> timedelta:
        return timedelta(minutes=self.refresh_minutes)

    @property
    def retry(self) -> timedelta:
        return timedelta(minutes=self.retry_minutes)
