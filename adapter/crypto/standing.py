"""May a certificate be used although it could have been revoked: its whole path judged, and what is then done.

Each certificate of the path but the root is judged by the answers of its issuer; the path is as good as the worst of
them. What follows is a table of the configuration: accept, accept and warn, hold, refuse. Its default is that of
`ebxml.md` §4.5: who is revoked is refused, and where nobody can say, the message waits and nothing is answered. A wait
has an end: then a last decision holds, and by default the sender is told, so that it learns early (§7.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from adapter.crypto.revocation import Judgement, Outcome, RevocationList, judge_by_crl, judge_by_ocsp, read_crl

# ── who can be asked ────────────────────────────────────────────────────────────────────────────────────────────────


class Form(StrEnum):
    """The two forms in which an issuer speaks."""

    OCSP = "ocsp"
    """about one certificate, asked for"""
    CRL = "crl"
    """the list of every certificate that it has revoked"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an issuer or its responder said, octet for octet (DER). Nobody has vouched for it yet."""

    form: Form
    octets: bytes


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an issuer can be asked about a certificate: `http` and `https` addresses, in the order of trying."""

    ocsp: tuple[str, ...] = ()
    crl: tuple[str, ...] = ()

    def of(self, form: Form) -> tuple[str, ...]:
        return self.ocsp if form is Form.OCSP else self.crl

    def __bool__(self) -> bool:
        return bool(self.ocsp or self.crl)


def addresses(certificate: x509.Certificate) -> Addresses:
    """The addresses that a certificate names (authorityInfoAccess, CRLDistributionPoints); LDAP is passed over."""
    return Addresses(tuple(_http(_responders(certificate))), tuple(_http(_lists(certificate))))


def _responders(certificate: x509.Certificate) -> Iterable[x509.GeneralName]:
    try:
        named = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for one in named:
        if one.access_method == AuthorityInformationAccessOID.OCSP:
            yield one.access_location


def _lists(certificate: x509.Certificate) -> Iterable[x509.GeneralName]:
    try:
        named = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for point in named:
        # A list of some reasons only, or signed by somebody else, is not the whole answer.
        if point.reasons is None and point.crl_issuer is None:
            yield from point.full_name or ()


def _http(names: Iterable[x509.GeneralName]) -> Iterable[str]:
    for name in names:
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.lower().startswith(("http://", "https://")):
            yield name.value


# ── what they say ───────────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=8)
def _list(octets: bytes, issuer: x509.Certificate) -> RevocationList | Judgement:
    """A list is read once and asked often: reading 20 000 entries takes longer than a whole message."""
    return read_crl(octets, issuer)


def judge(certificate: x509.Certificate, issuer: x509.Certificate, answer: Answer, now: datetime) -> Judgement:
    """What one answer says about a certificate at a time."""
    if answer.form is Form.OCSP:
        return judge_by_ocsp(certificate, issuer, answer.octets, now)
    crl = _list(answer.octets, issuer)
    return judge_by_crl(certificate, crl, now) if isinstance(crl, RevocationList) else crl


_WORST_FIRST = (Outcome.REVOKED, Outcome.UNKNOWN, Outcome.STALE, Outcome.NOT_OFFERED, Outcome.GOOD)


def weakest(links: tuple[Judgement, ...]) -> Judgement:
    """The judgement of a path by those of its certificates, leaf first; a path of a root alone cannot be revoked."""
    if not links:
        return Judgement(Outcome.NOT_OFFERED, "a root vouches for itself")
    worst = min(links, key=lambda link: _WORST_FIRST.index(link.outcome))
    place = links.index(worst)
    return worst if not place else Judgement(worst.outcome, f"issuer {place}: {worst.reason}", worst.revoked_at)


# ── what is done about it ───────────────────────────────────────────────────────────────────────────────────────────


class Action(StrEnum):
    """What is done with a message."""

    ACCEPT = "accept"
    WARN = "accept_and_warn"
    HOLD = "hold"
    """it waits, nothing is answered, and it is judged again"""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Rules:
    """What follows from each outcome. A message that is held for `patience` gets the `last` action instead."""

    actions: Mapping[Outcome, Action]
    patience: timedelta
    last: Action

    def action(self, outcome: Outcome, since: datetime, now: datetime) -> Action:
        """What is done now with a message that came, or was handed in, at `since`."""
        action = self.actions[outcome]
        return self.last if action is Action.HOLD and now - since >= self.patience else action
