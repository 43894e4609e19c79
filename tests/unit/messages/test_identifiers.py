"""Whether national identifiers are judged as HIS 1001 and the rule of 2032 say."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.messages.identifiers import (
    Flaw,
    PersonNumber,
    Range,
    Series,
    duf_control_digits,
    duf_number,
    fits,
    hpr_number,
    organisation_number,
    person_number,
    synthetic,
)

RIGHT = [
    ("01015000232", Series.FNR, Range.REAL, date(1950, 1, 1), False),
    ("15076500565", Series.FNR, Range.REAL, date(1965, 7, 15), False),
    ("15076500573", Series.FNR, Range.REAL, None, True),
    ("15076500581", Series.FNR, Range.REAL, None, True),
    ("01015000267", Series.FNR, Range.REAL, None, True),
    ("70019950032", Series.DNR, Range.REAL, date(1899, 1, 30), False),
    ("15476500548", Series.HNR, Range.REAL, date(1965, 7, 15), False),
    ("80000000179", Series.FHN, Range.REAL, None, False),
    ("91234567883", Series.FHN, Range.REAL, None, False),
    ("17912099997", Series.FNR, Range.TENOR, date(2020, 11, 17), False),
    ("57912075186", Series.DNR, Range.TENOR, date(2020, 11, 17), False),
    ("13766900245", Series.FNR, Range.NHN, date(1969, 11, 13), False),
    ("55507608360", Series.DNR, Range.DOLLY, date(1976, 10, 15), False),
]
RIGHT += [
    ("13116900216", Series.FNR, Range.REAL, date(1969, 11, 13), False),
    ("01015000240", Series.FNR, Range.REAL, None, True),
    ("01015000259", Series.FNR, Range.REAL, None, True),
    ("13116900224", Series.FNR, Range.REAL, None, True),
    ("13116900232", Series.FNR, Range.REAL, None, True),
    ("13116900240", Series.FNR, Range.REAL, None, True),
    ("81234567802", Series.FHN, Range.REAL, None, False),
    ("15726500522", Series.FNR, Range.NHN, date(1965, 7, 15), False),
    ("15876500520", Series.FNR, Range.TENOR, date(1965, 7, 15), False),
    ("15507600333", Series.HNR, Range.REAL, date(1976, 10, 15), False),
]
"""Every worked example of `msghead.md` §8.2 to §8.4 that these do not have already."""

WRONG = [
    ("0101500023", Flaw.LENGTH),
    ("0101500023 2", Flaw.LENGTH),
    ("٠1015000232", Flaw.LENGTH),
    ("01015000322", Flaw.CONTROL_DIGITS),
    ("01015002322", Flaw.CONTROL_DIGITS),
    ("00000000000", Flaw.DATE),
]


def with_control_digits(nine: str) -> str | None:
    """Nine digits with the control digits of 1964; None where one would be 10."""
    digits = [int(one) for one in nine]
    for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
        control = -sum(weight * digit for weight, digit in zip(weights, digits, strict=True)) % 11
        if control == 10:
            return None
        digits.append(control)
    return "".join(map(str, digits))


CENTURIES = [(0, 499, 0, 99, 1900), (500, 749, 55, 99, 1800), (500, 999, 0, 39, 2000), (900, 999, 40, 99, 1900)]
"""First and last individual number, first and last year of the century, century (`msghead.md` §8.2)."""


@pytest.mark.parametrize("individual", [0, 499, 500, 749, 750, 899, 900, 999])
@pytest.mark.parametrize("year", [0, 39, 40, 54, 55, 99])
def test_the_century_is_that_of_the_table(individual: int, year: int) -> None:
    """At each edge of the table; what it does not have was never given out."""
    rows = [row[4] for row in CENTURIES if row[0] <= individual <= row[1] and row[2] <= year <= row[3]]
    judged = {
        person_number(text)
        for day in range(1, 29)
        if (text := with_control_digits(f"{day:02}07{year:02}{individual:03}"))
    }
    assert judged
    if not rows:
        assert judged == {Flaw.DATE}
    else:
        years = {one.born.year for one in judged if isinstance(one, PersonNumber) and one.born is not None}
        assert years == {rows[0] + year}


@pytest.mark.parametrize("month", range(100))
@pytest.mark.parametrize("born_in_day_40", [False, True])
def test_a_month_tells_the_series_and_the_range(month: int, born_in_day_40: bool) -> None:
    """1 to 12 real, 41 to 52 an H-number or synthetic, 66 to 77 and 81 to 92 synthetic, all others impossible."""
    texts = (with_control_digits(f"{day + 40 * born_in_day_40:02}{month:02}65005") for day in range(1, 29))
    (judged, *others) = [person_number(text) for text in texts if text is not None]
    expected = next(
        (
            (series, number_range)
            for first, series, number_range in (
                (1, Series.FNR, Range.REAL),
                (41, Series.HNR, Range.REAL),
                (66, Series.FNR, Range.NHN),
                (81, Series.FNR, Range.TENOR),
            )
            if first <= month < first + 12
        ),
        None,
    )
    if expected is not None and born_in_day_40:
        expected = (Series.DNR, Range.DOLLY if expected[0] is Series.HNR else expected[1])
    for one in (judged, *others):
        assert (None if one is Flaw.DATE else (one.series, one.range)) == expected  # type: ignore[union-attr]


@pytest.mark.parametrize(("text", "series", "number_range", "born", "relaxed"), RIGHT)
def test_number_is_recognised(text: str, series: Series, number_range: Range, born: date | None, relaxed: bool) -> None:
    """A number that can be right tells its series, its range and its birth date."""
    assert person_number(text) == PersonNumber(series, number_range, born, relaxed)


@pytest.mark.parametrize(("text", "flaw"), WRONG)
def test_flaw_is_named(text: str, flaw: Flaw) -> None:
    """A number that cannot be right tells what is wrong with it."""
    assert person_number(text) is flaw


@given(st.sampled_from([row[0] for row in RIGHT]), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_found(number: str, position: int, shift: int) -> None:
    """No single wrong digit makes another number that can be right."""
    digit = (int(number[position]) + shift) % 10
    assert isinstance(person_number(number[:position] + str(digit) + number[position + 1 :]), Flaw)


def test_month_of_forty_one_is_synthetic_unless_declared_help_number() -> None:
    """A month of 41 to 52 is a help number when declared so and a synthetic person otherwise."""
    number = person_number("15507600333")
    assert isinstance(number, PersonNumber)
    assert (synthetic("HNR", number), synthetic("FNR", number)) == (False, True)


def test_declared_type_is_compared_with_the_series() -> None:
    """A D-number declared as fødselsnummer does not fit."""
    number = person_number("70019950032")
    assert isinstance(number, PersonNumber)
    assert (fits("DNR", number), fits("FNR", number)) == (True, False)


@pytest.mark.parametrize(
    ("text", "right"),
    [("974744570", True), ("889640782", True), ("983658776", True), ("999888777", False), ("97474457", False)],
)
def test_organisation_number(text: str, right: bool) -> None:
    """An organisation number has nine digits and a control digit."""
    assert organisation_number(text) is right


def test_other_numbers() -> None:
    """DUF numbers have twelve digits, HPR numbers one to nine."""
    assert duf_number("200816832910")
    assert duf_control_digits("200816832910")
    assert not duf_control_digits("200816832911")
    assert not duf_number("2008")
    assert (hpr_number("9144900"), hpr_number(""), hpr_number("1234567890")) == (True, False, False)


# ── a calculation of its own ────────────────────────────────────────────────────────────────────────────────────────

K1 = dict(enumerate((3, 7, 6, 1, 8, 9, 4, 5, 2))) | {9: 1}
K2 = dict(enumerate((5, 4, 3, 2, 7, 6, 5, 4, 3, 2))) | {10: 1}
MONTHS = {0: ("", ""), 40: ("HNR", ""), 65: ("", "synthetic"), 80: ("", "synthetic")}
"""What is added to the month: the series that it makes, and whether it is a synthetic range (`msghead.md` §8.4)."""


def remainder(number: str, weights: dict[int, int]) -> int:
    return sum(weight * int(number[position]) for position, weight in weights.items()) % 11


def exists(day: int, month: int, years: list[int]) -> bool:
    for year in years:
        try:
            date(year, month, day)
        except ValueError:
            continue
        return True
    return False


def worked_out(number: str) -> tuple[str, str]:
    """Series and range of a number as the text of the reference has it; a flaw and nothing where it cannot be right."""
    first, second = remainder(number, K1), remainder(number, K2)
    if second != 0 or first > 3:
        return "control digits", ""
    if number[0] in "89":
        return ("FHN", "") if first == 0 else ("control digits", "")
    day, month, year, individual = int(number[:2]), int(number[2:4]), int(number[4:6]), int(number[6:9])
    series = "DNR" if day > 40 else "FNR"
    day -= 40 if series == "DNR" else 0
    for added, (of_month, synthetic_range) in MONTHS.items():
        if not 1 <= month - added <= 12:
            continue
        centuries = [
            century
            for low, high, begins, ends, century in CENTURIES
            if low <= individual <= high and begins <= year <= ends
        ]
        years = [century + year for century in centuries[:1]] if first == 0 else [1900 + year, 2000 + year]
        if not exists(day, month - added, years):
            return "date", ""
        if of_month and series == "DNR":
            return "DNR", "synthetic"
        return of_month or series, synthetic_range
    return "date", ""


def sampled(how_many: int, seed: int) -> list[str]:
    """Numbers of every series and range, right and wrong, the control digits with remainders of 0 to 4."""
    dice = random.Random(seed)
    found: list[str] = []
    while len(found) < how_many:
        nine = (
            f"{dice.choice((0, 0, 40)) + dice.randint(0, 32):02}"
            f"{dice.choice((0, 0, 20, 40, 60, 65, 80)) + dice.randint(0, 13):02}"
            f"{dice.randint(0, 99):02}{dice.randint(0, 999):03}"
        )
        if dice.random() < 0.1:
            nine = str(dice.randint(800_000_000, 999_999_999))
        wanted = dice.choice((0, 0, 1, 2, 3, 4))
        for tenth in "0123456789":
            for last in "0123456789":
                number = nine + tenth + last
                if remainder(number, K1) == wanted and remainder(number, K2) == 0:
                    found.append(number)
    return found[:how_many]


def test_a_sample_is_judged_as_it_is_worked_out_apart() -> None:
    """Three thousand numbers, worked out by the text of the reference; each verdict occurs among them."""
    flaws = {Flaw.CONTROL_DIGITS: "control digits", Flaw.DATE: "date"}
    seen = set()
    for number in sampled(3_000, seed=2032):
        judged, expected = person_number(number), worked_out(number)
        if isinstance(judged, PersonNumber):
            said = (str(judged.series), "" if judged.range is Range.REAL else "synthetic")
        else:
            said = (flaws[judged], "")
        assert said == expected
        seen.add(said)
    assert seen == {
        *((series, "") for series in ("FNR", "DNR", "HNR", "FHN", "date", "control digits")),
        *((series, "synthetic") for series in ("FNR", "DNR")),
    }
