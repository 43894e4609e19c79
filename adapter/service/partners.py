"""Who the partners are and why they are treated so: which certificate, which address, which resends, from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapter.crypto.certificates import Usage, days_left, problems, thumbprint
from adapter.crypto.cms import ContentCipher
from adapter.envelope.agreement import in_force, pair_id, reliability
from adapter.envelope.cpa import MAY_SEND, Can, Cpa
from adapter.envelope.plaintext import NATIONAL_PACKING
from adapter.errors import AdapterError
from adapter.lookups.planned import FLIGHT, Planned, in_use, next_change
from adapter.lookups.port import Listed, Partner
from adapter.service.installation import Tools
from adapter.values import OSLO, EdiAddress, HerId


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
    now = tools.clock.now()
    left = min((days_left(one, now) for one in partner.not_over(now)), default=0)
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
    reasons += _packing(partner, listed)
    reasons.append(_old_digest(listed, tools.clock.now()))
    for own in tools.settings.party:
        reasons += _between(tools, own.her, partner)
    return tuple(reasons)


def _packing(partner: Partner, listed: Listed) -> list[Reason]:
    """What is encrypted for it, and with what; a value that is not the national one is from its file."""
    usual, wanted = NATIONAL_PACKING, partner.packing
    said = f"{listed.source} says so"
    form = "the national rule: the document itself (HIS 1037 §5.5)" if wanted.form is usual.form else said
    cipher = "the national rule (ebxml.md §12.3)" if wanted.cipher is usual.cipher else said
    if wanted.cipher is ContentCipher.TRIPLE_DES:
        cipher += "; it is old: ask the partner for AES"
    return [Reason("plaintext", wanted.form.value, form), Reason("content encryption", wanted.cipher.value, cipher)]


def _old_digest(listed: Listed, now: datetime) -> Reason:
    """Whether what it has signed with SHA-1 is taken."""
    before = listed.sha1_before
    if before is None:
        return Reason("signed with SHA-1", "refused", "the national rule: SHA-256 since 2022 (ebxml.md §4.1)")
    if now.date() >= before:
        return Reason("signed with SHA-1", "refused", f"{listed.source} took it before {before}")
    says = f"{listed.source} takes it till then; ask the partner for SHA-256"
    return Reason("signed with SHA-1", f"taken before {before}, each message remarked on", says)


def _source(what: str, holds: str, *, pinned: bool, listed: Listed) -> Reason:
    because = f"{listed.source} names it" if pinned else f"{listed.source} leaves it out: the address register's"
    return Reason(what, holds, because)


def _certificates(tools: Tools, partner: Partner, listed: Listed) -> list[Reason]:
    now = tools.clock.now()
    found = []
    taken = in_use(partner.encryption, now)
    for usage, plan, pinned in (
        (Usage.SIGNING, partner.signing, listed.signing),
        (Usage.ENCRYPTION, partner.encryption, listed.encryption),
    ):
        for one in plan:
            because = _source("", "", pinned=bool(pinned), listed=listed).because
            if pinned and one not in pinned:
                because = "an agreement (CPA) names it"
            standing = _believed(one, now) if usage is Usage.SIGNING else _encrypted_to(one, taken, now)
            said = "; ".join(filter(None, (because, _time(one), standing)))
            found.append(Reason(f"{usage.value} certificate", _described(tools, one, usage, now), said))
    change = next_change(partner.encryption, now)
    if taken is None or change is not None:
        found.append(Reason("encryption, next change", *_next(partner.encryption, change)))
    return found


def _time(one: Planned) -> str:
    """The time of a certificate as the file has it; empty where it has none."""
    first = "" if one.first is None else f"from {_moment(one.first)}"
    until = "" if one.until is None else f"until {_moment(one.until)}"
    return " ".join(filter(None, (first, until)))


def _believed(one: Planned, now: datetime) -> str:
    if one.until is None or now < one.until:
        return ""
    end = one.until + FLIGHT
    return f"believed until {_moment(end)} for what is under way" if now < end else "not believed any more"


def _encrypted_to(one: Planned, taken: Planned | None, now: datetime) -> str:
    if one is taken:
        return "encrypted to now" if one.first is None else "encrypted to now: of those that hold it began last"
    if one.holds(now):
        return "not used: another one began later"
    return "not used yet" if now < one.begins else "not used any more"


def _next(plan: tuple[Planned, ...], change: datetime | None) -> tuple[str, str]:
    if change is None:
        return "none", "no certificate is planned for now or later: messages wait"
    after = in_use(plan, change)
    if after is None:
        return _moment(change), "from then on there is none in the plan: messages wait"
    return _moment(change), f"then to thumbprint {thumbprint(after.certificate)}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(OSLO):%Y-%m-%d %H:%M}"


def _described(tools: Tools, one: Planned, usage: Usage, now: datetime) -> str:
    certificate = one.certificate
    wrong = problems(certificate, usage, tools.anchors, max(now, one.begins))
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
