"""Whether a national identifier can be right, and of which series it is: control digits, dates, synthetic ranges.

`msghead.md` §8. Nothing here raises and nothing here quotes a number: each check gives a small value.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from operator import mul

_W1 = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_W2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ORGANISATION = (3, 2, 7, 6, 5, 4, 3, 2)
_DUF = (4, 6, 3, 2, 7, 5, 4, 6, 3, 2)


class Series(StrEnum):
    """The series of a person's number: fødselsnummer, D-nummer, H-nummer, felles hjelpenummer."""

    FNR = "FNR"
    DNR = "DNR"
    HNR = "HNR"
    FHN = "FHN"


class Range(StrEnum):
    """Whether a number stands for a real person, or from which synthetic range it comes."""

    REAL = "real"
    TENOR = "Test-Norge (month + 80)"
    NHN = "NHN test numbers (month + 65)"
    DOLLY = "NAV synthetic (month + 40)"


class Flaw(StrEnum):
    """Why a number cannot be right."""

    LENGTH = "it is not 11 digits"
    CONTROL_DIGITS = "its control digits do not fit"
    DATE = "its first six digits are no date of any series"


@dataclass(frozen=True, slots=True)
class PersonNumber:
    """A number that can be right: its series, its range, the birth date it states, whether the rule of 2032 was needed.

    `born` is None for an FH-number, and for a number whose century cannot be told: under the rule of 2032 the
    individual number says nothing about century or sex (`msghead.md` §8.3).
    """

    series: Series
    range: Range
    born: date | None
    relaxed: bool


def person_number(text: str) -> PersonNumber | Flaw:
    """Judge an 11-digit number. A month of 41 to 52 is an H-number here; see `fits` for the declared type."""
    if len(text) != 11 or not (text.isascii() and text.isdigit()):
        return Flaw.LENGTH
    digits = [int(character) for character in text]
    remainder = (sum(map(mul, _W1, digits)) + digits[9]) % 11
    second = (sum(map(mul, _W2, digits)) + digits[10]) % 11
    if second != 0 or remainder > 3:
        return Flaw.CONTROL_DIGITS
    relaxed = remainder != 0
    if digits[0] >= 8:
        return Flaw.CONTROL_DIGITS if relaxed else PersonNumber(Series.FHN, Range.REAL, None, relaxed=False)
    series, day = (Series.DNR, int(text[:2]) - 40) if digits[0] >= 4 else (Series.FNR, int(text[:2]))
    month, number_range = int(text[2:4]), Range.REAL
    if 41 <= month <= 52:
        month -= 40
        if series is Series.DNR:
            number_range = Range.DOLLY
        else:
            series = Series.HNR
    elif 66 <= month <= 77:
        month, number_range = month - 65, Range.NHN
    elif 81 <= month <= 92:
        month, number_range = month - 80, Range.TENOR
    if not _possible_day(day, month, int(text[4:6])):
        return Flaw.DATE
    year = None if relaxed else _year(int(text[4:6]), int(text[6:9]))
    if year is None:
        return Flaw.DATE if not relaxed else PersonNumber(series, number_range, None, relaxed)
    try:
        return PersonNumber(series, number_range, date(year, month, day), relaxed)
    except ValueError:
        return Flaw.DATE


def fits(declared: str, number: PersonNumber) -> bool:
    """Whether a declared type (list 8116) is that of the number's series (rule ID-004)."""
    return declared == number.series or (declared == Series.FNR and number.series is Series.HNR)


def synthetic(declared: str, number: PersonNumber) -> bool:
    """Whether the number is of a synthetic range (ID-006); a month of 41 to 52 is one unless declared an H-number."""
    return number.range is not Range.REAL or (number.series is Series.HNR and declared != Series.HNR)


def _possible_day(day: int, month: int, year_in_century: int) -> bool:
    if not (1 <= month <= 12 and day >= 1):
        return False
    if month == 2 and day == 29:
        return isleap(2000 + year_in_century) or year_in_century == 0
    return day <= (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _year(year_in_century: int, individual: int) -> int | None:
    """The year of birth by the table of 1964; None for a combination that was never given out."""
    if individual <= 499:
        return 1900 + year_in_century
    if individual <= 749 and year_in_century >= 55:
        return 1800 + year_in_century
    if year_in_century <= 39:
        return 2000 + year_in_century
    if individual >= 900:
        return 1900 + year_in_century
    return None


@lru_cache(maxsize=1024)
def organisation_number(text: str) -> bool:
    """Whether an organisation number (ENH) is 9 digits with the right control digit (`msghead.md` §8.6).

    The same few come in every message.
    """
    if len(text) != 9 or not (text.isascii() and text.isdigit()):
        return False
    total: int = sum(map(mul, _ORGANISATION, map(int, text)))
    return (total + int(text[8])) % 11 == 0


def duf_number(text: str) -> bool:
    """Whether a DUF number has its 12 digits (HIS 1001 §2.3)."""
    return len(text) == 12 and text.isascii() and text.isdigit()


def duf_control_digits(text: str) -> bool:
    """Whether the last two digits are those of the unconfirmed check; `text` has 12 digits."""
    number = text[4:10] + text[:4]
    return sum(weight * int(digit) for weight, digit in zip(_DUF, number, strict=True)) % 11 == int(text[10:])


def hpr_number(text: str) -> bool:
    """Whether a number in the register of health personnel (HPR) is 1 to 9 digits."""
    return 1 <= len(text) <= 9 and text.isascii() and text.isdigit()
