"""Policy profiles and overrides."""

import json
from dataclasses import fields
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from adapter.liability.casefile import read_case
from adapter.liability.mistakes import Mistakes
from adapter.liability.policy import Payer, Policy
from adapter.liability.profiles import POLICY_KEYS, Profile, read_profile, read_profiles

SHIPPED = Path(__file__).parents[3] / "adapter" / "data" / "policies" / "NO-BASE.toml"

AGREEMENT = """
name = "AGREED-1"
version = "3"
title = "An agreement"
inherits = "NO-BASE"
[keys]
cutoff = "14:00"
holiday_calendar = [2018-05-01, 2018-05-17]
[citations]
duty = "the agreement, part 4"
"""


def overridden(profiles: tuple[Profile, ...], overrides: dict[str, Any]) -> Policy | dict[str, str]:
    found = read_case(json.dumps({"facts": [], "overrides": overrides}).encode(), profiles)
    if isinstance(found, Mistakes):
        return {mistake.where: mistake.allowed for mistake in found.all}
    return found.profile.policy


def test_the_baseline(baseline: Profile) -> None:
    """The shipped baseline has the values of the reference's table."""
    policy = baseline.policy
    assert (baseline.name, baseline.cited) == ("NO-BASE", "NO-BASE 1")
    assert [getattr(policy, key) for key in ("apprec_timeout_h", "lead_h", "same_day_departure")] == [96, 0, 0]
    assert [policy.cutoff, policy.answer_deadline_h, policy.holiday_calendar, policy.exclusion_list] == [
        *(None, None, (), ())
    ]
    words = ("notice_time", "adm_missing", "adm_late", "adm_anchor", "adm_24h", "after_cutoff", "answer_time")
    assert [getattr(policy, key) for key in words] == [
        *("transport_received", "void_until_cured", "flag", "admission", "elapsed", "next_day", "transport_received")
    ]
    words = ("answer_unacked", "early_accept", "acceptance_ends", "avmeld_reready", "cancel_effect", "future_ready")
    assert [getattr(policy, key) for key in words] == [
        *("not_given", "ignored", "express_offer_ready", "count_once", "void", "provisional")
    ]
    assert [policy.rate_by, policy.manual_notice, policy.require_doc] == [
        *("night_date", "allowed_with_evidence", False)
    ]
    assert policy.adm_notice_types == ("HELSEOPPL_SOKNAD/1",)
    assert policy.payable_sender_types == ("hospital", "private_hospital_agreement")
    dates = policy.sector_dates
    assert (date(2012, 1, 1), date(2019, 1, 1), date(2019, 1, 1)) == (dates.SOM, dates.PHV, dates.TSB)
    assert len(POLICY_KEYS) == len(fields(Policy)) == 27


def test_who_pays_across_the_change_of_the_rule(baseline: Profile) -> None:
    """The municipality of registration pays for the nights of 2018, that of stay for those from 2019 on (LI-006)."""
    nights = [date(2018, 12, 30), date(2018, 12, 31), date(2019, 1, 1)]
    payers = [baseline.policy.payer_rule.payer(night) for night in nights]
    assert payers == [Payer.REGISTERED, Payer.REGISTERED, Payer.STAY]


def test_inheritance(baseline: Profile) -> None:
    """A profile names what is agreed otherwise and has the rest from the baseline."""
    found = read_profile(AGREEMENT.encode(), baseline)
    assert isinstance(found, Profile)
    assert found.policy.cutoff == time(14)
    assert found.policy.holiday_calendar == (date(2018, 5, 1), date(2018, 5, 17))
    assert found.policy.lead_h == baseline.policy.lead_h
    assert found.citations.duty == "the agreement, part 4"
    assert found.citations.answer == baseline.citations.answer


def test_mistakes_of_a_profile_with_their_lines(baseline: Profile) -> None:
    """Every mistake of a profile file is told with its line."""
    text = AGREEMENT.replace('"14:00"', '"25:00"').replace("2018-05-17", '"may"').replace("duty", "dooty")
    found = read_profile(text.replace('inherits = "NO-BASE"', 'inherits = "X"').encode(), baseline)
    assert isinstance(found, Mistakes)
    assert [(mistake.where, mistake.line) for mistake in found.all] == [
        ("inherits", 5),
        ("keys.cutoff", 7),
        ("keys.holiday_calendar[1]", 8),
        ("citations.dooty", 10),
    ]


@pytest.mark.parametrize("text", [b"\xff", b"a = ", b"a = 1\na = 2", b"[" * 100_000])
def test_no_toml(text: bytes, baseline: Profile) -> None:
    """What is no TOML in UTF-8 is one mistake."""
    assert isinstance(read_profile(text, baseline), Mistakes)


def test_a_baseline_names_every_key() -> None:
    """A baseline without a key or a citation is refused with each that is missing."""
    found = read_profile(b"", None)
    assert isinstance(found, Mistakes)
    missing = {mistake.where for mistake in found.all}
    assert {"name", "version", "title", "keys.cutoff", "keys.sector_dates", "citations.duty"} <= missing
    assert len(missing) == 3 + 27 + 9


def test_profiles_of_a_folder() -> None:
    """Profiles are read together, the baseline first; a file is called as its profile."""
    base = SHIPPED.read_bytes()
    found = read_profiles({"AGREED-1": AGREEMENT.encode(), "NO-BASE": base})
    assert not isinstance(found, Mistakes)
    assert [profile.name for profile in found] == ["NO-BASE", "AGREED-1"]
    found = read_profiles({"OTHER": AGREEMENT.encode(), "NO-BASE": base})
    assert isinstance(found, Mistakes)
    assert found.all[0].where == "OTHER: name"
    assert isinstance(read_profiles({"AGREED-1": AGREEMENT.encode()}), Mistakes)
    assert isinstance(read_profiles({"NO-BASE": b"x"}), Mistakes)


GOOD: dict[str, list[Any]] = {
    "notice_time": ["transport_received", "apprec_ok", "gen_date", "sent"],
    "apprec_timeout_h": [0, 96, 1.5],
    "adm_missing": ["void_until_cured", "ignore"],
    "adm_late": ["flag", "void", "ignore"],
    "adm_anchor": ["admission", "need_identified"],
    "adm_24h": ["elapsed", "wall_clock"],
    "adm_notice_types": [["HELSEOPPL_SOKNAD/1", "LOG_INNLAGT", "manual"], []],
    "cutoff": ["none", "00:00", "14:00", "23:59"],
    "after_cutoff": ["next_day", "next_working_day"],
    "holiday_calendar": ["none", [], ["2018-05-17"]],
    "lead_h": [0, 24],
    "answer_deadline_h": ["none", 0, 4.5],
    "answer_time": ["transport_received", "gen_date", "sent"],
    "answer_unacked": ["not_given", "given"],
    "early_accept": ["ignored", "counts"],
    "acceptance_ends": ["express_offer_ready", "promised_date", "departure_only"],
    "same_day_departure": [0, 1],
    "avmeld_reready": ["count_once", "not_counted"],
    "cancel_effect": ["void", "ends_at_cancel"],
    "future_ready": ["provisional", "trust_message"],
    "require_doc": ["no", "yes"],
    "rate_by": ["night_date", "start_date", "end_date"],
    "payer_rule": ["registered<2019, stay>=2019", "registered", "stay"],
    "sector_dates": [{"TSB": "2019-01-01"}, {}, {"SOM": "2012-01-01", "PHV": "2020-01-01"}],
    "manual_notice": ["allowed_with_evidence", "never"],
    "exclusion_list": [[], ["newborn"]],
    "payable_sender_types": [["hospital"], [], ["other", "municipal_emergency_unit"]],
}
BAD: dict[str, list[Any]] = {
    "apprec_timeout_h": [-1, "96", 10**9, "none"],
    "adm_notice_types": ["LOG_INNLAGT", ["log"], [1]],
    "cutoff": ["24:00", "14", "14:00:00", 14, ["14:00"]],
    "holiday_calendar": ["2018-05-17", ["17.5."], {}],
    "lead_h": [-1, "none"],
    "answer_deadline_h": ["never", -1],
    "same_day_departure": [2, 0.5, "1", "none"],
    "require_doc": ["maybe", 1],
    "payer_rule": ["registered<2019, stay>=2020", "all", "registered<0000, stay>=0000"],
    "sector_dates": ["2019-01-01", {"XXX": "2019-01-01"}, {"TSB": "soon"}],
    "exclusion_list": ["newborn", [""], [{}]],
    "payable_sender_types": ["hospital", ["clinic"]],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in GOOD for value in GOOD[key]])
def test_values_that_a_key_takes(key: str, value: Any, profiles: tuple[Profile, ...]) -> None:
    """Every value of the reference's table is understood."""
    assert isinstance(overridden(profiles, {key: value}), Policy)


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, value) for key in GOOD for value in [*BAD.get(key, []), None, True, {"a": [1]}, "nonsense", [[]]]],
)
def test_values_that_a_key_refuses(key: str, value: Any, profiles: tuple[Profile, ...]) -> None:
    """Any other value is a mistake at the key."""
    found = overridden(profiles, {key: value})
    assert isinstance(found, dict)
    assert all(where.startswith(f"overrides.{key}") for where in found)


def test_table_is_whole() -> None:
    """The two tables above have every key."""
    assert tuple(GOOD) == POLICY_KEYS


def test_sector_dates_keep_the_sectors_not_named(profiles: tuple[Profile, ...]) -> None:
    """Naming one sector leaves the others as they are."""
    policy = overridden(profiles, {"sector_dates": {"TSB": "2017-01-01"}})
    assert isinstance(policy, Policy)
    assert (date(2017, 1, 1), date(2012, 1, 1)) == (policy.sector_dates.TSB, policy.sector_dates.SOM)
