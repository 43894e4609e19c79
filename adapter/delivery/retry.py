"""When is something tried again? The terms of ebMS resends, and the back-off of everything that is not one.

Two clocks that are not to be confused. A *resend* repeats an envelope that was handed over and not answered; it
follows the agreement with the partner, and its defaults are those of HIS 1037 §5.2 (five retries, twelve hours apart)
and HISD 1177 §5.3 (a message lives 72 hours), `ebxml.md` §7.1. A *back-off* repeats what never left us or what we
could not finish: a mail server that says "later", a revocation list that cannot be fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BackOff:
    """Growing pauses: the first attempt after a failure waits `pauses[0]`, and so on; the last pause repeats.

    Raises `ValueError` when there is no pause or one that is not positive.
    """

    pauses: tuple[timedelta, ...]

    def __post_init__(self) -> None:
        if not self.pauses or min(self.pauses) <= timedelta(0):
            raise ValueError("a back-off has at least one pause, and each is longer than nothing")

    def after(self, failures: int) -> timedelta:
        """The pause after the given number of failures in a row (1 or more)."""
        return self.pauses[min(max(failures, 1), len(self.pauses)) - 1]


MAIL_BACK_OFF = BackOff(tuple(timedelta(minutes=m) for m in (1, 2, 5, 10, 20, 30)))
"""A mail server that says "later" or does not answer: minutes, and no ebMS resend (`ebxml.md` §7.3, READY)."""


@dataclass(frozen=True, slots=True)
class RetryTerms:
    """The terms of resending: `retries` counts *re*sends, so one message is transmitted at most `retries + 1` times.

    `lifetime` runs from the first hand-over. `mail_back_off` are the pauses after a mail server that does not take a
    mail; its first is also how soon a mail is handed over once more when it is unknown whether the server has it, as
    mail servers do themselves (RFC 5321 §4.5.4.1): the receiver knows a copy by its MessageId. Values of a CPA take
    the place of the defaults (`ebxml.md` §7.1).
    Raises `ValueError` when a value makes no sense.
    """

    retries: int = 5
    interval: timedelta = timedelta(hours=12)
    lifetime: timedelta = timedelta(hours=72)
    mail_back_off: BackOff = MAIL_BACK_OFF

    def __post_init__(self) -> None:
        if self.retries < 0:
            raise ValueError("a number of retries is not negative")
        if self.interval <= timedelta(0) or self.lifetime <= timedelta(0):
            raise ValueError("the retry interval and the lifetime are longer than nothing")


VALIDATION_BACK_OFF = BackOff(
    (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12))
)
"""A message that cannot be judged yet: 5 minutes, 15 minutes, 1 hour and so on (`ebxml.md` §7.4, PENDING)."""

VALIDATION_LIFETIME = timedelta(hours=24)
"""How long a message may stay unjudged before its sender is told; well inside the 72 hours of its life (own rule)."""

MAIL_WAITING_ALERT = timedelta(hours=1)
"""How long a finished message may wait for a mail server before an operator is told (`ebxml.md` §7.3)."""

APPREC_WINDOW = timedelta(hours=96)
"""How long a receiver has for its AppRec, counted from the message's GenDate (80415:2012 §3.2, `apprec.md` §5.3)."""

APPREC_OWED_ALERT = timedelta(hours=72)
"""How long a message that we received may be without its AppRec before an operator is told: a day is left to see to the
application, or to ask who has to decide (own rule; `apprec.md` §5.1 step 7 wants "in good time")."""
