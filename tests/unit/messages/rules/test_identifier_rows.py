"""Whether every row about identifiers is judged as `msghead.md` §8 and the ID rows of `apprec.md` §10.4 say.

A row writes one identifier into a good message. What the rules say of it is compared on both sides, in test and in
production. The patient keeps name, birth date and sex, so that no number makes it unidentified; only MH-030, which
compares with that date, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from adapter.messages.codes import CodeLists
from adapter.messages.read import read
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet

PATIENT = r'<Id>12834130279</Id><TypeId V="FNR" DN="[^"]*"'
ORGANISATION = "<Id>312840103</Id>"
PERSONNEL = "<fk1:Id>9999001</fk1:Id>"
PARTY = "<Id>8140011</Id>"

GOOD, SYNTHETIC = "", "ID-006"
PERSONS = (
    # 8.2 fødselsnummer: both control digits, date, century
    ("FNR", "01015000232", GOOD),
    ("FNR", "15076500565", GOOD),
    ("FNR", "13116900216", GOOD),
    ("FNR", "01015000322", "ID-002"),  # first control digit
    ("FNR", "01015002322", "ID-002"),  # second control digit
    ("FNR", "0101500023", "ID-001"),  # too short
    ("FNR", "010150002320", "ID-001"),  # too long
    ("FNR", "010150 00232", "ID-001"),
    ("FNR", " 01015000232", "ID-001"),
    ("FNR", "01015000232\n", "ID-001"),
    ("FNR", "O1015000232", "ID-001"),  # a letter
    ("FNR", "٠1015000232", "ID-001"),  # a digit of another script
    ("FNR", "00000000000", "ID-005"),
    # 8.3 the rule of 2032: a remainder of 1, 2 or 3
    ("FNR", "15076500573", GOOD),
    ("FNR", "15076500581", GOOD),
    ("FNR", "01015000267", GOOD),
    # 8.4 D-, H- and FH-numbers, under their own type and under another
    ("DNR", "70019950032", GOOD),
    ("FNR", "70019950032", "ID-004"),
    ("DNR", "01015000232", "ID-004"),
    ("HNR", "15476500548", GOOD),
    ("HNR", "01015000232", "ID-004"),
    ("FHN", "80000000179", GOOD),
    ("FHN", "81234567802", GOOD),
    ("FHN", "91234567883", GOOD),
    ("FHN", "85000012390", "ID-002"),  # never given out: its control digit would be 10
    ("FNR", "80000000179", "ID-004"),
    ("FHN", "01015000232", "ID-004"),
    # 8.4 synthetic series
    ("FNR", "17912099997", SYNTHETIC),  # Test-Norge, month + 80
    ("DNR", "57912075186", SYNTHETIC),
    ("FNR", "15876500520", SYNTHETIC),
    ("FNR", "13766900245", SYNTHETIC),  # NHN, month + 65
    ("FNR", "15507600333", SYNTHETIC),  # month + 40 as fødselsnummer
    ("DNR", "55507608360", SYNTHETIC),
    ("HNR", "15507600333", GOOD),  # the same month in an H-number is none
    # 8.5 DUF number
    ("DUF", "200816832910", GOOD),
    ("DUF", "200816832911", "ID-012 warns"),
    ("DUF", "20081683291", "ID-012"),
    ("DUF", "2008168329100", "ID-012"),
    ("DUF", "2008A6832910", "ID-012"),
    # other types are kept as they are
    ("PNR", "A1234567", GOOD),
    ("UID", "anything at all", GOOD),
)
"""Declared type, number, the rule that it breaks."""

OTHERS = (
    # 8.6 organisation number
    *((ORGANISATION, number, GOOD) for number in ("974744570", "971318864", "889640782", "883974832", "983658776")),
    *((ORGANISATION, number, "ID-009") for number in ("999888777", "97474457", "9747445700", "974 744 570")),
    *((ORGANISATION, number, "ID-009") for number in ("NO974744570", "850000120", " 974744570")),
    # 8.7 HPR number: no control digit, leading zeros in older documents
    *((PERSONNEL, number, GOOD) for number in ("9144900", "009144897", "1", "123456789")),
    *((PERSONNEL, number, "ID-011 warns") for number in ("1234567890", "HPR9144900", "9144 900")),
    # 8.7 HER-id: compared as a number; dotted forms are obsolete
    *((PARTY, number, "AD-002") for number in ("08140011", "0008140011", " 8140011", "8140011 ")),
    *((PARTY, number, "AD-002 and MH-019") for number in ("369.767", "0", "-5", "x", "8140 011", "12345678901")),
)
"""What is replaced, by what, the rule that it breaks."""


@pytest.fixture
def judged(built: Callable[..., bytes], schemas: SchemaSet, codes: CodeLists) -> Callable[..., dict[str, str]]:
    """The rules that have something to say of a readiness message with one identifier replaced, and how severe."""

    def judge(old: str, new: str, side: Side, *, production: bool = False) -> dict[str, str]:
        text = built("discharge-ready").decode()
        if production:  # a real patient number, where another identifier is looked at
            text = text if old == PATIENT else text.replace("12834130279", "15076500565")
        assert re.search(old, text)
        content = re.sub(old, new, text, count=1).encode()
        found = read(content, schemas, Context(side, codes, None, production)).findings
        return {finding.rule: finding.severity.value for finding in found if finding.rule != "MH-030"}

    return judge


def _expected(rule: str, side: Side) -> dict[str, str]:
    """What a row means on a side: an error when sent, a warning when received; words after the rule say otherwise."""
    name, _, word = rule.partition(" ")
    if not name:
        return {}
    severity = "error" if side is Side.SEND and word != "warns" else "warning"
    return {name: severity} | ({word.removeprefix("and "): severity} if word.startswith("and ") else {})


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(("type_", "number", "rule"), PERSONS)
def test_number_of_a_patient(
    judged: Callable[..., dict[str, str]], codes: CodeLists, type_: str, number: str, rule: str, side: Side
) -> None:
    """A flaw stops what is sent and is told of what is received; synthetic persons count in production alone."""
    new = f'<Id>{number}</Id><TypeId V="{type_}" DN="{codes.text("8116", type_)}"'
    in_test, in_production = judged(PATIENT, new, side), judged(PATIENT, new, side, production=True)
    if rule == SYNTHETIC:
        assert (in_test, in_production) == ({}, {"ID-006": "error"})
    else:
        assert in_test == in_production == _expected(rule, side)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(("old", "new", "rule"), OTHERS)
def test_number_of_an_organisation_or_professional(
    judged: Callable[..., dict[str, str]], old: str, new: str, rule: str, side: Side
) -> None:
    """Organisation numbers by their control digit, HPR numbers by their length, HER-ids by their form."""
    number = re.sub(r">[^<]*<", lambda _: f">{new}<", old, count=1)
    assert judged(old, number, side) == _expected(rule, side)
