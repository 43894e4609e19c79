"""The decision told to people."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, get_args

import pytest

from adapter.facts import AnswerKind, HowKnown, What
from adapter.liability import wording
from adapter.liability.explain import explained
from adapter.liability.profiles import Profile
from adapter.liability.rates import RateStatus
from adapter.liability.readings import Readings
from adapter.liability.reasons import EndReason, Flag, StartReason, ZeroCode
from adapter.liability.rules import RULES, Language, Source

CASE: dict[str, Any] = {
    "facts": [
        {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00", "message": "a1"},
        {"kind": "ready_notice", "at": "2012-03-05T10:15+01:00", "message": "r1", "ready": "2012-03-05"},
        {
            "kind": "answer",
            "at": "2012-03-05T12:30+01:00",
            "message": "s1",
            "answer": "later",
            "promised": "2012-03-08",
        },
        {"kind": "withdrawal", "at": "2012-03-07T12:30+01:00", "message": "v1", "effective": "2012-03-07"},
        {"kind": "ready_notice", "at": "2012-03-07T15:15+01:00", "message": "r2", "ready": "2012-03-07"},
        {"kind": "answer", "at": "2012-03-07T16:00+01:00", "answer": "accept"},
        {"kind": "discharged", "at": "2012-03-08"},
    ]
}
Read = Callable[[dict[str, Any]], Readings]


def text(readings: Readings, language: Language = Language.ENGLISH) -> str:
    return "\n".join(explained(readings, language))


def test_english(read: Read) -> None:
    """Nights, amount, reasons, facts, rules and sources stand in the text."""
    told = text(read(CASE))
    for piece in (
        "2 payable nights, 5 March 2012 to 6 March 2012.",
        "Amount: NOK 8 000.",
        "From 5 March 2012 because the municipality said: not now, later; 2 nights, until readiness was withdrawn",
        "A period of readiness without a payable night: an offer was ready on or before the first date",
        "2012-03-05: NOK 4 000 (verified); LI-050",
        "MsgId s1",
        "LI-044: able to receive on a later date is not able to receive.",
        "Policy NO-BASE 1, prices NO-UKP-2026-1, evaluated at 2012-03-08T00:00:00+01:00.",
    ):
        assert piece in told


def test_norwegian(read: Read) -> None:
    """The same stands there in Norwegian, and no English sentence between."""
    told = text(read(CASE), Language.NORWEGIAN)
    assert "2 døgn kan kreves betalt, 5. mars 2012 til 6. mars 2012." in told
    assert "Fra 5. mars 2012 fordi kommunen svarte: ikke nå, senere; 2 døgn, til pasienten ble avmeldt" in told
    assert not re.search(r"\b(the|night|nights|because|until|payable)\b", told.partition("2012: NOK")[0])


def test_no_night(read: Read) -> None:
    """Without nights the text says why and by which rule."""
    told = text(read({"facts": []}))
    assert "No payable night: no notice of a discharge-ready patient was given (ZR_NO_READY_NOTICE, LI-030)." in told
    assert "evaluated at -" in told
    waiting = {"facts": CASE["facts"][:2], "as_of": "2012-03-05T20:00+01:00"}
    assert "No payable night: the time of evaluation; the patient still waits (OPEN, LI-051)." in text(read(waiting))


def test_both_readings(read: Read) -> None:
    """Where agreement and regulation differ, both results and the keys stand there; where they agree, that."""
    assert "gives another result: 2 nights, NOK 8 000." in text(read({**CASE, "overrides": {"lead_h": 24}}))
    assert "Changed by: lead_h." in text(read({**CASE, "overrides": {"lead_h": 24}}))
    assert "gives the same nights and amount." in text(read({**CASE, "overrides": {"cutoff": "23:00"}}))
    assert "without agreement" not in text(read(CASE))


def test_a_missing_price(read: Read) -> None:
    """Without a price there is no amount, and the known part stands there."""
    case = {
        "facts": [
            {"kind": "admission_notice", "at": "2025-12-20T18:00+01:00"},
            {"kind": "ready_notice", "at": "2025-12-31T10:00+01:00", "ready": "2025-12-31"},
            {"kind": "discharged", "at": "2026-01-02T10:00+01:00"},
        ]
    }
    told = text(read(case))
    assert "No amount, because a price is missing; the nights that have one come to NOK 5 981." in told
    assert "2026-01-01: no price known" in told
    assert "BLOCKED_RATE: a price is missing" in told


def test_citations_are_those_of_the_profile(read: Read, baseline: Profile) -> None:
    """No section number comes from the code: every source is cited in the words of the profile."""
    told = text(read(CASE))
    assert f"[{baseline.citations.duty}]" in told
    for rule in RULES.values():
        assert "§" not in rule.english + rule.norwegian
        assert rule.source is Source.CHOICE or getattr(baseline.citations, rule.source)


@pytest.mark.parametrize("language", list(Language))
def test_there_are_words_for_everything(language: Language) -> None:
    """Every reason, code, flag, status, kind of fact and of answer has its words in both languages."""
    for kind in (EndReason, ZeroCode, Flag, RateStatus, HowKnown, AnswerKind):
        for member in kind:
            assert wording.word(member, language)
    for reason in set(StartReason) - {StartReason.NOTHING}:
        assert wording.word(reason, language)
    for kind in get_args(What):
        assert wording.fact_name(object.__new__(kind), language)


def test_amounts_and_dates() -> None:
    """Amounts stand in groups of three, dates in words."""
    assert wording.kroner(7_171_219) == "NOK 7 171 219"
    assert wording.day_text(date(2018, 5, 17), Language.NORWEGIAN) == "17. mai 2018"
    assert wording.day_text(date(2018, 5, 17), Language.ENGLISH) == "17 May 2018"
