"""Where do the other side's statement and ours differ, and why: date by date, each difference with its reason.

A line of theirs belongs to the stay whose key it carries; else to the stay of the readiness message whose MsgId it
carries; else to the only stay left over with the same dates and amount, then with the same dates. What is left is told
as a line that fits no stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from adapter.facts import ReadyNotice
from adapter.liability.case import Case
from adapter.liability.decision import Night
from adapter.liability.readings import Readings
from adapter.liability.reasons import ZeroCode
from adapter.liability.statement import Month
from adapter.liability.statement_table import TheirLine
from adapter.liability.waiting import Unpaid, waiting


class MatchedBy(StrEnum):
    """How a line of theirs found its stay."""

    STAY = "stay"
    MESSAGE = "message"
    DATES_AND_AMOUNT = "dates and amount"
    DATES = "dates"


class Kind(StrEnum):
    """What is different about a date."""

    THEY_HAVE = "they have, we have not"
    WE_HAVE = "we have, they have not"
    AMOUNT = "amounts differ"
    NIGHTS = "their number of nights is not that of their dates"


@dataclass(frozen=True, slots=True)
class Gap:
    """One difference. `date` None where it is about the stay as a whole. `reason` is a word of `Unpaid`, a zero code,
    or a short text."""

    kind: Kind
    reason: str
    date: date | None = None


@dataclass(frozen=True, slots=True)
class OurStay:
    """A stay of the pair, with its case and both readings."""

    key: str
    case: Case
    readings: Readings


@dataclass(frozen=True, slots=True)
class StayCompared:
    """What the two sides have of one stay in the month. `matched_by` None: they have no line for it."""

    stay: str
    references: tuple[str, ...]
    matched_by: MatchedBy | None
    our_nights: int
    their_nights: int
    our_nok: int | None
    their_nok: int | None
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The stays that either side has nights for, and the lines that fit none."""

    stays: tuple[StayCompared, ...]
    unmatched: tuple[TheirLine, ...]

    @property
    def agrees(self) -> bool:
        return not self.unmatched and not any(stay.gaps for stay in self.stays)

    @property
    def our_nights(self) -> int:
        return sum(stay.our_nights for stay in self.stays)

    @property
    def their_nights(self) -> int:
        return sum(stay.their_nights for stay in self.stays) + sum(line.nights for line in self.unmatched)

    @property
    def our_nok(self) -> int | None:
        return _sum(stay.our_nok for stay in self.stays)

    @property
    def their_nok(self) -> int | None:
        matched = _sum(stay.their_nok for stay in self.stays if stay.matched_by is not None)
        return _sum((matched, *(line.amount for line in self.unmatched)))

    @property
    def by_reason(self) -> tuple[tuple[str, int], ...]:
        """How many differences each reason explains, the most frequent first; a line that fits nothing counts once."""
        counted = Counter(f"{gap.kind.value}: {gap.reason}" for stay in self.stays for gap in stay.gaps)
        if self.unmatched:
            counted["they have, we have not: fits no stay"] = len(self.unmatched)
        return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def compared(theirs: Sequence[TheirLine], ours: Sequence[OurStay], month: Month) -> Comparison:
    """Compare the lines of a month with the stays of the pair."""
    homes = _matched(theirs, ours, month)
    stays = []
    for stay in sorted(ours, key=lambda stay: stay.key):
        lines = tuple(theirs[number] for number, (home, _) in homes.items() if home == stay.key)
        matched_by = next((how for home, how in homes.values() if home == stay.key), None)
        if lines or _nights(stay, month):
            stays.append(_compared(stay, lines, matched_by, month))
    unmatched = tuple(line for number, line in enumerate(theirs) if number not in homes)
    return Comparison(tuple(stays), unmatched)


def _matched(theirs: Sequence[TheirLine], ours: Sequence[OurStay], month: Month) -> dict[int, tuple[str, MatchedBy]]:
    """The stay of each line, by the line's place."""
    homes: dict[int, tuple[str, MatchedBy]] = {}
    keys = {stay.key for stay in ours}
    messages = {
        fact.what.carrier.message.key: stay.key
        for stay in ours
        for fact in stay.case.facts
        if isinstance(fact.what, ReadyNotice) and fact.what.carrier.message is not None
    }
    for number, line in enumerate(theirs):
        if line.reference in keys:
            homes[number] = (line.reference, MatchedBy.STAY)
        elif (home := messages.get(line.reference.strip().lower())) is not None:
            homes[number] = (home, MatchedBy.MESSAGE)
    for how in (MatchedBy.DATES_AND_AMOUNT, MatchedBy.DATES):
        taken = {home for home, _ in homes.values()}
        free = [stay for stay in ours if stay.key not in taken and _nights(stay, month)]
        wanted: dict[tuple[object, ...], list[str]] = {}
        for stay in free:
            wanted.setdefault(_signature(stay, month, how), []).append(stay.key)
        offered = Counter(_offer(line, how) for number, line in enumerate(theirs) if number not in homes)
        for number, line in enumerate(theirs):
            found = wanted.get(_offer(line, how), []) if number not in homes else []
            # Two that look the same on either side are not told apart by a guess.
            if len(found) == 1 and offered[_offer(line, how)] == 1:
                homes[number] = (found[0], how)
    return homes


def _signature(stay: OurStay, month: Month, how: MatchedBy) -> tuple[object, ...]:
    nights = _nights(stay, month)
    dates = (nights[0].date, nights[-1].date)
    return (*dates, _price(nights)) if how is MatchedBy.DATES_AND_AMOUNT else dates


def _offer(line: TheirLine, how: MatchedBy) -> tuple[object, ...]:
    dates = (line.dates[0], line.dates[-1]) if line.dates else (line.first, line.last)
    return (*dates, line.amount) if how is MatchedBy.DATES_AND_AMOUNT else dates


def _nights(stay: OurStay, month: Month) -> tuple[Night, ...]:
    return tuple(night for night in stay.readings.agreement.nights if month.first <= night.date <= month.last)


def _price(nights: Iterable[Night]) -> int | None:
    return _sum(night.rate.amount if night.rate else None for night in nights)


def _sum(amounts: Iterable[int | None]) -> int | None:
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _compared(stay: OurStay, lines: tuple[TheirLine, ...], matched_by: MatchedBy | None, month: Month) -> StayCompared:
    nights = {night.date: night for night in _nights(stay, month)}
    dates = Counter(day for line in lines for day in line.dates)
    gaps = [
        Gap(Kind.NIGHTS, f"line {line.number}: {line.nights} nights, {line.first} to {line.last}")
        for line in lines
        if len(line.dates) != line.nights
    ]
    why_not = waiting(stay.case, stay.readings)
    for day in sorted(dates.keys() | nights.keys()):
        if day not in nights:
            gaps.append(Gap(Kind.THEY_HAVE, _reason(stay, why_not.why_unpaid(day)), day))
        elif day not in dates:
            gaps.append(Gap(Kind.WE_HAVE, stay.readings.agreement.start_reason.value, day))
        if dates[day] > 1:
            gaps.append(Gap(Kind.THEY_HAVE, f"counted {dates[day]} times", day))
    our_nok, their_nok = _price(nights.values()), _sum(line.amount for line in lines)
    if lines and not gaps and their_nok is not None and our_nok != their_nok:
        gaps.append(Gap(Kind.AMOUNT, f"ours {our_nok}, theirs {their_nok}, {_prices(nights)} NOK a night"))
    return StayCompared(
        stay.key,
        tuple(dict.fromkeys(line.reference for line in lines if line.reference)),
        matched_by,
        len(nights),
        sum(line.nights for line in lines),
        our_nok,
        their_nok if lines else None,
        tuple(gaps),
    )


def _reason(stay: OurStay, why: Unpaid) -> str:
    """The word for a night that is not payable: with the zero code where the whole case has one, with the keys of the
    agreement where it makes the difference."""
    readings = stay.readings
    code = readings.agreement.end_reason
    if why is Unpaid.AGREEMENT:
        return f"{why.value} ({', '.join(readings.changed_by)})"
    if isinstance(code, ZeroCode) and why in _BY_WHOLE_CASE and not readings.agreement.nights:
        return f"{why.value} ({code.value})"
    return why.value


_BY_WHOLE_CASE = frozenset(
    {
        Unpaid.OUT_OF_SCOPE,
        Unpaid.NO_NOTICE,
        Unpaid.NO_ADMISSION_NOTICE,
        Unpaid.DOCUMENT_MISSING,
        Unpaid.ACCEPTED,
        Unpaid.WITHDRAWN,
    }
)


def _prices(nights: Mapping[date, Night]) -> str:
    return ", ".join(sorted({str(night.rate.amount) for night in nights.values() if night.rate})) or "no price known"
