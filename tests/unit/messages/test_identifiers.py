"""Whether national identifiers are judged as HIS 1001 and the rule of 2032 say."""

from __future__ import annotations

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
WRONG = [
    ("0101500023", Flaw.LENGTH),
    ("0101500023 2", Flaw.LENGTH),
    ("٠1015000232", Flaw.LENGTH),
    ("01015000322", Flaw.CONTROL_DIGITS),
    ("01015002322", Flaw.CONTROL_DIGITS),
    ("00000000000", Flaw.DATE),
]


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
