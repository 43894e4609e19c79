"""Small checked values that every part of the house speaks with: identifiers, digests, moments, local dates.

A value that exists is well-formed; the constructor raises `ValueError` with a text that names the rule and never
quotes patient data. Instants are timezone-aware UTC `datetime`s; a *day* is a `date` in Europe/Oslo.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")

_HER_ID = re.compile(r"[1-9][0-9]{0,9}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_EDI_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_DATE_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})T(?P<hour>\d{2}):(?P<minute>\d{2})(:(?P<second>\d{2})(\.(?P<fraction>\d+))?)?"
    r"(?P<zone>Z|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)", re.ASCII)
"""What nearly every time looks like, and the standard library reads fastest."""


@dataclass(frozen=True, slots=True, order=True)
class HerId:
    """The address of a communication party in the address register (HER-id): digits only (HITS 1172 rule 56)."""

    value: str

    def __post_init__(self) -> None:
        if not _HER_ID.fullmatch(self.value):
            raise ValueError("a HER-id is 1 to 10 digits and does not begin with 0")

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class MsgId:
    """The identity of a business message (MsgHead `MsgId`): echoed as written, compared without regard to case.

    `msghead.md` §3.1. Any text is kept; `is_guid` tells whether it has the form that the standard demands.
    """

    value: str

    @property
    def key(self) -> str:
        """The form under which two spellings of one MsgId are the same."""
        return self.value.strip().lower()

    @property
    def is_guid(self) -> bool:
        return _GUID.fullmatch(self.value) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MsgId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class MessageId:
    """The identity of an ebXML envelope (`eb:MessageId`): opaque, surrounding white space dropped, case kept."""

    value: str

    def __post_init__(self) -> None:
        if not self.value or self.value != self.value.strip():
            raise ValueError("an eb:MessageId is not empty and has no white space around it")

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class EdiAddress:
    """The mail address of a communication party (EDI-adresse): ASCII, no display name."""

    value: str

    def __post_init__(self) -> None:
        if not _EDI_ADDRESS.fullmatch(self.value) or len(self.value) > 254:
            raise ValueError("an EDI address has the form name@domain, in ASCII, without a display name")

    @property
    def domain(self) -> str:
        return self.value.rpartition("@")[2].lower()

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Digest:
    """The SHA-256 of some bytes, as 64 lower-case hexadecimal digits."""

    value: str

    def __post_init__(self) -> None:
        if not _DIGEST.fullmatch(self.value):
            raise ValueError("a digest is 64 lower-case hexadecimal digits")

    @classmethod
    def of(cls, content: bytes) -> Digest:
        return cls(hashlib.sha256(content).hexdigest())

    def __str__(self) -> str:
        return self.value


class Zone(StrEnum):
    """How the offset of a time is known."""

    STATED = "stated"
    ASSUMED_OSLO = "assumed_oslo"
    ASSUMED_UTC = "assumed_utc"


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as somebody wrote it: the instant in UTC, the text itself, and how its zone is known.

    `ambiguous_hour` tells that the text had no offset and fell in the repeated hour of the autumn clock change; the
    earlier of the two instants is the one taken (`msghead.md` §7.3).
    """

    instant: datetime
    text: str
    zone: Zone = Zone.STATED
    ambiguous_hour: bool = False

    def __post_init__(self) -> None:
        if self.instant.tzinfo is not UTC and self.instant.utcoffset() != timedelta(0):
            raise ValueError("an instant is kept in UTC")

    @classmethod
    def at(cls, instant: datetime) -> Moment:
        """The moment of a clock that is ours: written with its Oslo offset, to the second."""
        return cls(instant.astimezone(UTC), oslo_text(instant))

    @property
    def day(self) -> date:
        """The calendar date of the moment in Europe/Oslo."""
        return oslo_day(self.instant)


def parse_moment(text: str, zoneless: Zone = Zone.ASSUMED_OSLO) -> Moment:
    """Read an ISO 8601 date and time with `Z`, an offset, or none; `24:00:00` is the start of the next day.

    A time without offset is read in the zone that `zoneless` names: business messages and case files mean Oslo,
    the ebXML envelope means UTC (HIS 1037 §6.2.1). Seconds may be left out; fractions beyond microseconds are cut.

    Raises `ValueError` when the text is no such time.
    """
    try:
        return _parse_moment(text.strip(), zoneless)
    except OverflowError:
        raise ValueError("a time lies between the years 1 and 9999") from None


def _parse_moment(stripped: str, zoneless: Zone) -> Moment:
    if _PLAIN.fullmatch(stripped):
        return Moment(datetime.fromisoformat(stripped).astimezone(UTC), stripped)
    match = _DATE_TIME.fullmatch(stripped)
    if match is None:
        raise ValueError("a time has the form 2012-03-05T10:15:00+01:00")
    day = date.fromisoformat(match["date"])
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    fraction = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    if hour == 24:
        if minute or second or fraction:
            raise ValueError("24 is an hour only in 24:00:00")
        hour, day = 0, day + timedelta(days=1)
    naive = datetime(day.year, day.month, day.day, hour, minute, second, fraction)  # noqa: DTZ001
    zone = match["zone"]
    if zone is not None:
        shift = timedelta(0)
        if zone != "Z":
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            if hours > 14 or minutes > 59:
                raise ValueError("an offset lies between -14:00 and +14:00")
            shift = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
        return Moment((naive - shift).replace(tzinfo=UTC), stripped)
    if zoneless is Zone.ASSUMED_UTC:
        return Moment(naive.replace(tzinfo=UTC), stripped, Zone.ASSUMED_UTC)
    earlier, later = naive.replace(tzinfo=OSLO, fold=0), naive.replace(tzinfo=OSLO, fold=1)
    instant = earlier.astimezone(UTC)
    repeated = instant < later.astimezone(UTC)
    return Moment(instant, stripped, Zone.ASSUMED_OSLO, ambiguous_hour=repeated)


_LAST = datetime.max.replace(tzinfo=UTC)


def in_oslo(instant: datetime) -> datetime:
    """An instant by the clocks of Oslo. The last day of the year 9999, which some write for "without end", stands still
    at its beginning: its last hour has no Oslo time that `datetime` knows."""
    return min(instant, _LAST - timedelta(days=1)).astimezone(OSLO)


def later(instant: datetime, by: timedelta) -> datetime:
    """So much later, or the last instant there is."""
    return min(instant, _LAST - by) + by


def oslo_day(instant: datetime) -> date:
    """The calendar date of an instant in Europe/Oslo."""
    return in_oslo(instant).date()


def oslo_text(instant: datetime) -> str:
    """An instant as business messages write it: Oslo time with its offset, to the second."""
    return in_oslo(instant).isoformat(timespec="seconds")


def utc_text(instant: datetime) -> str:
    """An instant as the ebXML envelope writes it: `CCYY-MM-DDThh:mm:ssZ` (HITS 1171 §5.2.1.10)."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def instant_text(instant: datetime) -> str:
    """An instant as `2012-03-05T09:15:00.000000Z`: UTC, always 27 characters, so that texts sort as instants do."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def instant_of(text: str) -> datetime:
    """The instant of such a text; raises `ValueError` when it is none."""
    return datetime.fromisoformat(text)
