"""What is known of every certificate that this installation works with, for a person: from files and store alone.

Nobody is asked, and nothing secret is shown: of a key pair only the certificate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.crypto.certificates import Usage, days_left, problems, thumbprint
from adapter.crypto.revocation import Outcome
from adapter.service.certificates import OURS, Known, known_certificates
from adapter.service.installation import Installation
from adapter.service.revocations import fingerprint
from adapter.store.port import Reader


@dataclass(frozen=True, slots=True)
class Row:
    """One certificate. `revocation` is its standing by the answers in the store and `age` how old the oldest of them
    is, None where there is none; `addresses` are where its issuers are asked, `plan` when the pair is used."""

    whose: str
    name: str
    usage: str
    serial: str
    sha1: str
    sha256: str
    subject: str
    issuer: str
    valid_from: datetime
    valid_to: datetime
    days_left: int
    problems: tuple[str, ...]
    revocation: str
    reason: str
    age: timedelta | None
    addresses: tuple[str, ...]
    plan: str


def rows(installation: Installation) -> tuple[Row, ...]:
    """Ours first, then the partners' in the order of their HER-ids."""
    now = installation.clock.now()
    known = known_certificates(installation)
    return installation.store.read_now(lambda reader: tuple(_row(installation, reader, one, now) for one in known))


def _row(installation: Installation, reader: Reader, one: Known, now: datetime) -> Row:
    certificate = one.certificate
    status, fetched = installation.revocations.known(reader, certificate, now)
    on = installation.settings.revocation.enabled
    return Row(
        one.whose,
        one.name,
        one.usage.value,
        f"{certificate.serial_number:x}",
        thumbprint(certificate),
        fingerprint(certificate).value,
        certificate.subject.rfc4514_string(),
        certificate.issuer.rfc4514_string(),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        days_left(certificate, now),
        tuple(problem.value for problem in problems(certificate, one.usage, installation.anchors, now)),
        status.judgement.outcome.value if on else "not asked",
        status.judgement.reason if on else "[revocation] enabled = false",
        now - fetched if fetched is not None else None,
        installation.revocations.asked(certificate, now),
        "; ".join((*_plan(installation, one, now), *_stopped(one, status.judgement.outcome if on else None))),
    )


def _plan(installation: Installation, one: Known, now: datetime) -> Iterator[str]:
    """What the configuration has planned for a pair of ours."""
    if one.whose != OURS:
        return
    keys = installation.settings.keys
    if one.usage is Usage.SIGNING:
        signer = installation.sealer.signer
        if len(signer.identities) > 1:
            yield "signs now" if signer.at(now).certificate == one.certificate else "another time's pair"
        return
    for said, pair in zip(keys.encryption, installation.keys.pairs, strict=True):
        if pair.certificate != one.certificate:
            continue
        if said.first is not None:
            yield f"from {said.first:%Y-%m-%d %H:%M}"
        if said.until is not None:
            end = said.until + keys.kept
            yield f"until {said.until:%Y-%m-%d %H:%M}, kept to open what is under way until {end:%Y-%m-%d %H:%M}"
            if now >= end:
                yield "opens nothing any more, and may be taken out of the configuration"


def _stopped(one: Known, outcome: Outcome | None) -> Iterator[str]:
    """What a revocation of a pair of ours stops; `outcome` is None where nobody asks."""
    if one.whose == OURS and outcome is Outcome.REVOKED:
        yield "nothing is signed with it" if one.usage is Usage.SIGNING else "partners encrypt nothing to it"
