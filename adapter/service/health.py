"""Is this adapter alive, is it ready, and if not, why not?

*Live* means that the process turns: it should be left running. *Ready* means that a message handed in now will be
kept and go its way. A reason says which of the two it stands against (a warning against neither), and what is wrong, in
a sentence for a person. Pages, metrics and the status line of the service manager show the same values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509

from adapter.crypto.certificates import Usage, days_left, problems
from adapter.crypto.revocation import Outcome
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import TransportState
from adapter.errors import AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.defects import is_defect
from adapter.service.installation import Installation
from adapter.service.mailboxes import condition_of
from adapter.service.owing import Owing, owing
from adapter.service.pulse import Pulse
from adapter.service.terms import price_remedy
from adapter.store.port import Counts, Reader, Unanswered, Writer
from adapter.values import utc_text

STALE = timedelta(minutes=2)
"""A loop that has not turned for so long is stuck: even an idle one turns every few seconds, a busy one per batch."""

LONGEST_TURN = timedelta(minutes=20)
"""Handing over mail is one turn, and a mail server may be very slow; past this nobody believes that it still works."""

MAIL_AWAY = timedelta(minutes=15)
"""How long a mail server may take nothing before the adapter is not ready."""

BACKLOG_AGE = timedelta(minutes=30)
"""How old the oldest thing that *we* have to do may be; a mail server that is away explains it, and is told first."""


class Against(StrEnum):
    """What a reason stands against."""

    LIFE = "live"
    READINESS = "ready"
    NOTHING = "warning"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is not as it should be. `what` is a fixed word for a machine, `says` a sentence for a person."""

    what: str
    against: Against
    says: str


@dataclass(frozen=True, slots=True)
class CertificateDays:
    """A certificate by its key in the configuration, or as `partner HER`, and how many days it has left (may be
    negative)."""

    what: str
    days: int


@dataclass(frozen=True, slots=True)
class Health:
    """How the adapter is at a moment. `counts` are of what waits, `unanswered` is by partner, the longest first."""

    at: datetime
    reasons: tuple[Reason, ...]
    counts: Counts
    unanswered: tuple[Unanswered, ...]
    certificates: tuple[CertificateDays, ...]

    @property
    def live(self) -> bool:
        return all(reason.against is not Against.LIFE for reason in self.reasons)

    @property
    def ready(self) -> bool:
        return all(reason.against is Against.NOTHING for reason in self.reasons)

    def status(self) -> str:
        """The one line that a service manager shows."""
        waiting = f"{self.counts.outbox_waiting} to send, {self.counts.mails_waiting} to judge"
        oldest = f", oldest unanswered since {utc_text(self.unanswered[0].oldest)}" if self.unanswered else ""
        wrong = "; ".join(reason.says for reason in self.reasons if reason.against is not Against.NOTHING)
        return f"not ready: {wrong}" if wrong else f"ready; {waiting}{oldest}"


def examine(installation: Installation) -> Health:
    """Look at everything once; takes a write to the store, and does not raise for what is wrong.

    A store that has stopped working, or works again, is told here as it is by the loops: who sees it first says so.
    """
    now, pulse = installation.clock.now(), installation.pulse
    reasons = list(_loops(pulse))
    counts, broken = Counts(), _Broken((), ())
    unanswered: tuple[Unanswered, ...] = ()
    owed: tuple[Owing, ...] = ()
    try:
        installation.store.write_now(lambda writer: probe(writer, now))
        counts, unanswered, broken = installation.store.read_now(_waiting)
        owed = installation.store.read_now(lambda reader: owing(installation, reader, now, _MOST_OWING))
    except AdapterError as error:
        store_failed(installation, error)
        reasons.append(Reason("store", Against.READINESS, f"the store cannot be written: {error.sentence()}"))
    else:
        store_answered(installation)
    certificates, wrong = _certificates(installation, now)
    wrong += _revoked(installation, now)
    reasons += _mailboxes(installation)
    reasons += _terms(installation)
    reasons += _prices(installation, now)
    reasons += [*wrong, *_mail(pulse, now), *_defects(broken), *_full(installation, counts), *_backlog(counts, now)]
    reasons += _owed(owed)
    return Health(now, tuple(reasons), counts, unanswered, certificates)


def store_failed(installation: Installation, error: AdapterError) -> None:
    """The store has said no; told once for as long as it says the same."""
    if installation.pulse.store_fails(error, installation.clock.now()):
        installation.log.tell(events.STORE_UNAVAILABLE, Line(rule=error.id))


def store_answered(installation: Installation) -> None:
    """The store has answered; told once, where it did not before."""
    if installation.pulse.store_works(installation.clock.now()) is not None:
        installation.log.tell(events.STORE_AVAILABLE)


def probe(writer: Writer, now: datetime) -> None:
    """The smallest change there is; when it is durable, the store can be written."""
    writer.keep_note("health looked at", utc_text(now))


@dataclass(frozen=True, slots=True)
class _Broken:
    """Since when each waits that broke our own code: mails that came, and messages that were handed in."""

    mails: tuple[datetime, ...]
    messages: tuple[datetime, ...]


def _waiting(reader: Reader) -> tuple[Counts, tuple[Unanswered, ...], _Broken]:
    pending = reader.mails((ReceptionState.PENDING,))
    mails = tuple(one.reception.received for one in pending if is_defect(one.reception.reason))
    unsealed = reader.submissions(_MOST_UNSEALED)
    messages = tuple(
        one.created_at for one in unsealed if one.transport is not None and is_defect(one.transport.reason)
    )
    return reader.waiting(), reader.unanswered(), _Broken(mails, messages)


_MOST_UNSEALED = 1000
"""So many of the oldest are looked through."""


def _loops(pulse: Pulse) -> list[Reason]:
    stuck = [name for name, idle in pulse.idle if idle > (LONGEST_TURN if name == "transmit" else STALE)]
    return [Reason("loop", Against.LIFE, f"the loop {name!r} does not turn") for name in stuck]


def _mail(pulse: Pulse, now: datetime) -> list[Reason]:
    trouble = pulse.mail_out.trouble
    if trouble is None:
        return []
    against = Against.READINESS if now - trouble.since >= MAIL_AWAY else Against.NOTHING
    since = utc_text(trouble.since)
    return [Reason("mail_out", against, f"the mail server has taken nothing since {since}: {trouble.says}")]


def _mailboxes(installation: Installation) -> list[Reason]:
    """The mailboxes that are not read now. What is handed in goes its way all the same; answers wait on the server."""
    try:
        found = installation.store.read_now(
            lambda reader: [(mailbox, condition_of(reader, mailbox)) for mailbox in installation.settings.mailbox]
        )
    except AdapterError:
        return []
    return [
        Reason("mailbox", Against.NOTHING, f"mailbox {mailbox.name}: {how.reason} (since {utc_text(how.since)})")
        for mailbox, how in found
        if how is not None and how.reason
    ]


def _terms(installation: Installation) -> list[Reason]:
    """Policies and prices with mistakes: no message waits for them, but who asks what is owed has to be told."""
    refused = installation.in_force.refused
    if refused is None:
        return []
    held = installation.in_force.held
    meanwhile = "those read before stay in force" if held else "nothing can be decided until they are mended"
    return [Reason("terms", Against.NOTHING, f"policies or prices have mistakes, {meanwhile}: {refused.sentence()}")]


def _prices(installation: Installation, now: datetime) -> list[Reason]:
    """Nights that have no price: they are counted, and who asks what they cost gets no amount."""
    in_force = installation.in_force
    if not in_force.held:
        return []
    held, remedy = in_force.terms, price_remedy(installation.settings)
    return [
        Reason("prices", Against.NOTHING, f"nights {span} have no price in {held.rates.version}: {remedy}")
        for span in held.without_price(now)
    ]


def _defects(broken: _Broken) -> list[Reason]:
    """What broke our own code and is tried again; the others go on, so it stands against nothing."""
    reasons = []
    if broken.mails:
        since = utc_text(min(broken.mails))
        says = f"{len(broken.mails)} mails met a defect of the adapter and are tried again, the oldest since {since}"
        reasons.append(Reason("defect", Against.NOTHING, says))
    if broken.messages:
        since = utc_text(min(broken.messages))
        count = len(broken.messages)
        says = f"{count} messages to send met a defect of the adapter and are tried again, the oldest since {since}"
        reasons.append(Reason("defect", Against.NOTHING, says))
    return reasons


def _full(installation: Installation, counts: Counts) -> list[Reason]:
    """As many messages wait to leave as may: none is taken in."""
    most, waiting = installation.settings.delivery.most_waiting, dict(counts.transport)
    count = waiting.get(TransportState.NEW, 0) + waiting.get(TransportState.READY, 0)
    if count < most:
        return []
    says = f"{count} messages wait to leave, and no more than {most} may: none is taken in"
    return [Reason("full", Against.READINESS, says)]


def _backlog(counts: Counts, now: datetime) -> list[Reason]:
    """The oldest mail that was kept and not judged; what waits for a mail server or the application is not ours."""
    if counts.oldest_mail is None or now - counts.oldest_mail < BACKLOG_AGE:
        return []
    says = f"{counts.mails_waiting} mails wait to be judged, the oldest since {utc_text(counts.oldest_mail)}"
    return [Reason("backlog", Against.READINESS, says)]


_MOST_OWING = 1000
"""So many of the oldest that wait for the application, and for a person, are looked through."""


def _owed(owed: tuple[Owing, ...]) -> list[Reason]:
    """Received messages that owe their AppRec: the application or a person has kept their senders waiting."""
    if not owed:
        return []
    says = f"{len(owed)} received messages owe their AppRec, the first by {utc_text(owed[0].due)}"
    return [Reason("apprec_owed", Against.NOTHING, says)]


def _certificates(installation: Installation, now: datetime) -> tuple[tuple[CertificateDays, ...], list[Reason]]:
    days, reasons, soon = [], [], installation.settings.keys.warn_days
    signing = installation.sealer.signer.at(now).certificate
    current = installation.keys.pairs[0].certificate
    own = (
        ("keys.signing", signing, Usage.SIGNING),
        ("keys.encryption", current, Usage.ENCRYPTION),
    )
    for what, certificate, usage in own:
        days.append(CertificateDays(what, days_left(certificate, now)))
        if wrong := problems(certificate, usage, installation.anchors, now):
            reasons.append(Reason("certificate", Against.READINESS, f"{what}: {'; '.join(wrong)}"))
        elif days[-1].days < soon:
            reasons.append(Reason("certificate", Against.NOTHING, f"{what} has {days[-1].days} days left"))
    if not installation.keys.at(now).pairs:
        says = "the time of every pair in keys.encryption is over: no message can be opened"
        reasons.append(Reason("certificate", Against.READINESS, says))
    for partner in installation.partners.all():
        left = min(_days(now, *partner.not_over(now)), default=0)
        days.append(CertificateDays(f"partner {partner.her}", left))
        if left < soon:
            says = f"a certificate of partner {partner.her} has {left} days left"
            reasons.append(Reason("partner_certificate", Against.NOTHING, says))
    return tuple(days), reasons


_LOST = {
    Usage.SIGNING: "nothing is signed, and messages wait for a new pair",
    Usage.ENCRYPTION: "partners encrypt nothing to it",
}


def _revoked(installation: Installation, now: datetime) -> list[Reason]:
    """Our own certificates of which their issuer has said, as far as the store knows, that they are revoked."""
    if not installation.settings.revocation.enabled:
        return []
    own = (
        ("keys.signing", installation.sealer.signer.at(now).certificate, Usage.SIGNING),
        ("keys.encryption", installation.keys.pairs[0].certificate, Usage.ENCRYPTION),
    )
    known = installation.revocations.known
    try:
        found = installation.store.read_now(
            lambda reader: [(what, known(reader, one, now)[0].judgement, usage) for what, one, usage in own]
        )
    except AdapterError:
        return []
    return [
        Reason("revoked", Against.READINESS, f"{what} has been revoked ({how.reason}): {_LOST[usage]}")
        for what, how, usage in found
        if how.outcome is Outcome.REVOKED
    ]


def _days(now: datetime, *certificates: x509.Certificate) -> tuple[int, ...]:
    return tuple(days_left(certificate, now) for certificate in certificates)
