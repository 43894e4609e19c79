"""Which certificates does this installation work with, what is known of each, and who is told before one runs out?

Ours and the partners'. `look_after` is what the daemon does beside the traffic: it has the answers about revocation
fetched before they grow old, tells when the standing of a certificate changes, and once a day how many days are left
of those that run out soon.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from adapter.crypto.certificates import Usage, days_left, thumbprint
from adapter.crypto.revocation import Outcome
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.clock import lately
from adapter.service.installation import Installation
from adapter.service.revocations import fingerprint
from adapter.service.steps import Told
from adapter.store.port import Reader, Writer
from adapter.values import instant_of, instant_text

OURS = "ours"


@dataclass(frozen=True, slots=True)
class Known:
    """A certificate and whose it is: `OURS` or the HER-id of a partner."""

    whose: str
    name: str
    usage: Usage
    certificate: x509.Certificate


def known_certificates(installation: Installation) -> tuple[Known, ...]:
    """Every certificate that we sign with, are encrypted to, believe a signature of, or encrypt to."""
    return tuple(dict.fromkeys(_known(installation)))


def _known(installation: Installation) -> Iterator[Known]:
    own, now = installation.settings.party[0].organisation.name, installation.clock.now()
    for identity in installation.sealer.signer.identities:
        yield Known(OURS, own, Usage.SIGNING, identity.certificate)
    for pair in installation.keys.pairs:
        yield Known(OURS, own, Usage.ENCRYPTION, pair.certificate)
    for partner in installation.partners.all():
        for usage, plan in ((Usage.SIGNING, partner.signing), (Usage.ENCRYPTION, partner.encryption)):
            for one in plan:
                if one.until is None or now < one.until:
                    yield Known(partner.her.value, partner.name, usage, one.certificate)


def look_after(installation: Installation) -> tuple[int, list[Told]]:
    """Fetch the answers that are wanted and tell what has changed; says how many addresses were asked."""
    now = installation.clock.now()
    known = known_certificates(installation)
    asked = installation.revocations.refresh(
        installation.store, tuple(dict.fromkeys(one.certificate for one in known)), now
    )
    told = _tell_standing(installation, known, now) if asked else []
    return asked, told + _tell_days_left(installation, known, now)


_TOLD = {
    Outcome.REVOKED: events.CERTIFICATE_REVOKED,
    Outcome.STALE: events.CERTIFICATE_UNJUDGED,
    Outcome.UNKNOWN: events.CERTIFICATE_UNJUDGED,
    Outcome.GOOD: events.CERTIFICATE_JUDGED,
    Outcome.NOT_OFFERED: events.CERTIFICATE_JUDGED,
}


def _tell_standing(installation: Installation, known: tuple[Known, ...], now: datetime) -> list[Told]:
    """A line for each certificate whose standing has changed since it was told last; being good at first is none."""

    def read(reader: Reader) -> list[tuple[Known, str, Outcome]]:
        changed = []
        for one in known:
            key = f"standing:{fingerprint(one.certificate)}"
            outcome = installation.revocations.known(reader, one.certificate, now)[0].judgement.outcome
            quiet = _TOLD[outcome] is events.CERTIFICATE_JUDGED
            if (reader.note(key) or ("" if not quiet else outcome.value)) != outcome.value:
                changed.append((one, key, outcome))
        return changed

    changed = installation.store.read_now(read)

    def write(writer: Writer) -> None:
        for _, key, outcome in changed:
            writer.keep_note(key, outcome.value)

    if changed:
        installation.store.write_now(write)
    return [Told(_TOLD[outcome], line_of(one, outcome.value)) for one, _, outcome in changed]


_TOLD_AT = "days left told at"
_DAILY = timedelta(days=1)


def _tell_days_left(installation: Installation, known: tuple[Known, ...], now: datetime) -> list[Told]:
    last = installation.store.read_now(lambda reader: reader.note(_TOLD_AT))
    if last is not None and lately(instant_of(last), _DAILY, now):
        return []
    installation.store.write_now(lambda writer: writer.keep_note(_TOLD_AT, instant_text(now)))
    told = []
    for one in known:
        left = days_left(one.certificate, now)
        if left < 0:
            told.append(Told(events.CERTIFICATE_EXPIRED, line_of(one, "expired")))
        elif left < installation.settings.keys.warn_days:
            told.append(Told(events.CERTIFICATE_EXPIRING, line_of(one, f"{left} days left")))
    return told


def line_of(one: Known, state: str) -> Line:
    """The fields of a certificate in a log line: whose, what for, and its thumbprint as the rule's place."""
    return Line(type=one.usage.value, partner=one.whose, state=state, rule=thumbprint(one.certificate))
