"""Who the partners are and why they are treated so: which certificate, which address, which resends, from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from adapter.crypto.certificates import Usage, days_left, problems, thumbprint
from adapter.envelope.agreement import in_force, pair_id, reliability
from adapter.envelope.cpa import MAY_SEND, Can, Cpa
from adapter.errors import AdapterError
from adapter.lookups.port import Listed, Partner
from adapter.service.installation import Tools
from adapter.values import EdiAddress, HerId


@dataclass(frozen=True, slots=True)
class Summary:
    """One line about a partner. `days_left` is the fewest of its certificates, None where they are not known."""

    her: HerId
    name: str
    role: str
    address: EdiAddress | None
    days_left: int | None
    agreements: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that holds between one of our parties and a partner, and why."""

    what: str
    holds: str
    because: str


def summaries(tools: Tools) -> tuple[Summary, ...]:
    """Every partner that has a file."""
    return tuple(summary(tools, her) for her in tools.partners.hers())


def summary(tools: Tools, her: HerId) -> Summary:
    """One partner that has a file."""
    listed = tools.partners.listed_as(her)
    assert listed is not None
    agreements = sum(len(tools.partners.agreements(own.her, her)) for own in tools.settings.party)
    try:
        partner = tools.partner(her)
    except AdapterError as error:
        return Summary(her, listed.name, listed.role.value, listed.address, None, agreements, error.sentence())
    left = min(days_left(one, tools.clock.now()) for one in (*partner.signing, partner.encryption))
    return Summary(her, partner.name, partner.role.value, partner.address, left, agreements, "")


def explain(tools: Tools, her: HerId) -> tuple[Reason, ...]:
    """Everything that holds with a partner. Raises `AdapterError` (PARTNER_UNKNOWN, REGISTER_UNREACHABLE)."""
    partner, listed = tools.partner(her), tools.partners.listed_as(her)
    assert listed is not None
    reasons = [
        Reason("party", f"{partner.name}, HER-id {her}, {partner.role.value}", f"{listed.source} says so"),
        Reason("organisation", f"{partner.organisation_name}, HER-id {partner.organisation_her}", listed.source),
        _source("address", partner.address.value, pinned=listed.address is not None, listed=listed),
    ]
    reasons += _certificates(tools, partner, listed)
    for own in tools.settings.party:
        reasons += _between(tools, own.her, partner)
    return tuple(reasons)


def _source(what: str, holds: str, *, pinned: bool, listed: Listed) -> Reason:
    because = f"{listed.source} names it" if pinned else f"{listed.source} leaves it out: the address register's"
    return Reason(what, holds, because)


def _certificates(tools: Tools, partner: Partner, listed: Listed) -> list[Reason]:
    now = tools.clock.now()
    found = []
    for usage, certificates, pinned in (
        (Usage.SIGNING, partner.signing, listed.signing),
        (Usage.ENCRYPTION, (partner.encryption,), listed.encryption),
    ):
        for certificate in certificates:
            because = _source("", "", pinned=bool(pinned), listed=listed).because
            if pinned and certificate not in pinned:
                because = "an agreement (CPA) names it"
            found.append(Reason(f"{usage.value} certificate", _described(tools, certificate, usage, now), because))
    return found


def _described(tools: Tools, certificate: x509.Certificate, usage: Usage, now: datetime) -> str:
    wrong = problems(certificate, usage, tools.anchors, now)
    says = "; ".join(wrong) if wrong else f"{days_left(certificate, now)} days left"
    return f"thumbprint {thumbprint(certificate)}, serial {certificate.serial_number:x}: {says}"


def _between(tools: Tools, own: HerId, partner: Partner) -> list[Reason]:
    now = tools.clock.now()
    known = tools.partners.agreements(own, partner.her)
    cpa = in_force(known, own, partner.her, now)
    between = f"from {own}"
    if cpa is None:
        unusable = "; ".join(_unusable(one) for one in known)
        because = unusable or "there is no agreement (CPA) of the two"
        terms = tools.terms
        return [
            Reason(f"CPAId {between}", pair_id(own, partner.her), f"{because}: the two HER-ids (HIS 1037 §6.2.1)"),
            Reason(
                f"resends {between}",
                f"{terms.retries}, {terms.interval} apart, given up after {terms.lifetime}",
                "[delivery] of the configuration, for want of an agreement",
            ),
        ]
    found = [Reason(f"CPAId {between}", cpa.id, f"agreement in force {cpa.first:%Y-%m-%d} to {cpa.last:%Y-%m-%d}")]
    party = cpa.party(own)
    said = reliability(cpa, own, "", "", "")
    if said is not None:
        holds = f"{said.retries}, {said.interval} apart, given up after {said.lifetime}"
        found.append(Reason(f"resends {between}", holds, f"agreement {cpa.id}"))
    for one in party.bindings if party is not None else ():
        if one.can is Can.SEND and one.action != "APPREC":
            found.append(Reason(f"may send {between}", f"{one.action} {one.version}", f"{one.process} in {cpa.id}"))
    return found


def _unusable(cpa: Cpa) -> str:
    if cpa.status not in MAY_SEND:
        return f"agreement {cpa.id} is {cpa.status.name.lower()}"
    return f"agreement {cpa.id} holds only from {cpa.first:%Y-%m-%d} to {cpa.last:%Y-%m-%d}"
