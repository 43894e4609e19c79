"""Reading a case file."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerClassified,
    AnswerKind,
    Cancellation,
    Channel,
    Correction,
    MunicipalService,
    ReadyNotice,
    Receipt,
    ReceiptGiven,
    ReceiptStatus,
)
from adapter.liability.case import Sector, SenderType
from adapter.liability.casefile import CaseFile, read_case
from adapter.liability.mistakes import Mistakes
from adapter.liability.profiles import Profile
from adapter.values import Moment, MsgId, parse_moment

Read = Callable[[Any], CaseFile | Mistakes]


@pytest.fixture
def reading(profiles: tuple[Profile, ...]) -> Read:
    return lambda case: read_case(json.dumps(case).encode(), profiles)


def wrong(found: CaseFile | Mistakes) -> dict[str, tuple[str, str]]:
    assert isinstance(found, Mistakes), found
    return {mistake.where: (mistake.found, mistake.allowed) for mistake in found.all}


def right(found: CaseFile | Mistakes) -> CaseFile:
    assert isinstance(found, CaseFile), found
    return found


def test_the_example_of_the_contract(reading: Read) -> None:
    """Every key of the contract's example is understood."""
    found = right(
        reading(
            {
                "policy": "NO-BASE",
                "overrides": {"cutoff": "14:00"},
                "as_of": "2012-04-01T00:00+02:00",
                "sector": "SOM",
                "sender_type": "hospital",
                "special_groups": [],
                "facts": [
                    {"kind": "admitted", "at": "2012-03-01T09:00+01:00"},
                    {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00", "message": "a1"},
                    {
                        "kind": "ready_notice",
                        "at": "2012-03-05T10:15+01:00",
                        "message": "r1",
                        "ready": "2012-03-05",
                        "generated": "2012-03-05T10:14+01:00",
                        "apprec": "ok",
                    },
                    {
                        "kind": "answer",
                        "at": "2012-03-05T12:30+01:00",
                        "message": "s1",
                        "answer": "later",
                        "promised": "2012-03-08",
                    },
                    {"kind": "discharged", "at": "2012-03-08T13:00+01:00"},
                ],
            }
        )
    )
    assert found.as_of == parse_moment("2012-04-01T00:00+02:00")
    assert found.profile.policy.cutoff is not None
    assert [type(fact.what).__name__ for fact in found.case.facts] == [
        *("Admitted", "AdmissionNotice", "ReadyNotice", "Answer", "Discharged")
    ]
    ready = found.case.facts[2].what
    assert isinstance(ready, ReadyNotice)
    assert (ready.ready, ready.carrier.message) == (date(2012, 3, 5), MsgId("r1"))
    assert ready.carrier.generated == parse_moment("2012-03-05T10:14+01:00")


def test_only_facts_are_required(reading: Read) -> None:
    """A file with facts alone has every other value by default."""
    found = right(reading({"facts": []}))
    assert (found.case.sector, found.case.sender_type, found.as_of) == (Sector.SOMATIC, SenderType.HOSPITAL, None)
    assert found.profile.name == "NO-BASE"


def test_every_own_key(reading: Read) -> None:
    """Each kind takes its own keys, and every kind those of a message."""
    at = "2012-03-05T10:15+01:00"
    found = right(
        reading(
            {
                "facts": [
                    {"kind": "admission_notice", "at": at, "type": "LOG_INNLAGT", "need_identified": at},
                    {"kind": "ready_notice", "at": at, "ready": "2012-03-05", "channel": "manual", "apprec": "none"},
                    {"kind": "withdrawal", "at": at, "effective": "2012-03-06", "apprec": "neg"},
                    {"kind": "answer", "at": at, "answer": "refuse", "apprec": f"late:{at}", "sent": at},
                    {"kind": "cancellation", "at": at, "refers_to": "r1"},
                    {
                        "kind": "correction",
                        "at": at,
                        "refers_to": "r1",
                        "ready": "2012-03-07",
                        "effective": "2012-03-08",
                        "answer": "accept",
                        "promised": "2012-03-09",
                    },
                    {"kind": "document", "at": at},
                    {"kind": "leave", "at": at, "message": "m"},
                    {"kind": "admitted", "at": "2012-03-01", "message": "m"},
                    {"kind": "death", "at": "2012-03-09"},
                ]
            }
        )
    )
    whats = [fact.what for fact in found.case.facts]
    assert isinstance(whats[0], AdmissionNotice)
    assert (whats[0].type, whats[0].need_identified) == ("LOG_INNLAGT", parse_moment(at))
    assert isinstance(whats[1], ReadyNotice)
    assert (whats[1].channel, whats[1].carrier.receipt) == (Channel.MANUAL, Receipt(ReceiptStatus.NONE))
    assert isinstance(whats[3], Answer)
    assert whats[3].carrier.receipt == Receipt(ReceiptStatus.OK, parse_moment(at))
    assert isinstance(whats[4], Cancellation)
    assert whats[5] == Correction(
        whats[5].carrier,  # type: ignore[union-attr]
        MsgId("r1"),
        date(2012, 3, 7),
        date(2012, 3, 8),
        AnswerKind.ACCEPT,
        date(2012, 3, 9),
    )
    assert isinstance(whats[8], Admitted)
    assert found.case.facts[8].when == date(2012, 3, 1)


def test_times_as_people_write_them(reading: Read) -> None:
    """`24:00:00` and a missing offset are read, the latter as Oslo time."""
    found = right(
        reading(
            {
                "facts": [
                    {"kind": "admitted", "at": "2012-03-01T24:00:00+01:00"},
                    {"kind": "discharged", "at": "2012-03-05T10:00"},
                ]
            }
        )
    )
    first, second = (fact.when for fact in found.case.facts)
    assert isinstance(first, Moment)
    assert isinstance(second, Moment)
    assert first.day == date(2012, 3, 2)
    assert second.instant.isoformat() == "2012-03-05T09:00:00+00:00"


def test_every_mistake_at_once(reading: Read) -> None:
    """All mistakes of a file are told together, each with path, what was found and what is allowed."""
    found = wrong(
        reading(
            {
                "policy": "NO-OTHER",
                "overrides": {"cutof": "14:00", "lead_h": "24", "same_day_departure": True},
                "as_of": "2012-04-01",
                "sector": "XXX",
                "sender_type": "clinic",
                "special_groups": [""],
                "weather": "fine",
                "facts": [
                    {"kind": "arrived", "at": "2012-03-01T09:00+01:00"},
                    {"kind": "ready_notice", "at": "2012-03-05", "colour": "red"},
                    {"kind": "answer", "at": "yesterday", "answer": "maybe", "apprec": "late"},
                    {"kind": "withdrawal", "effective": "2012-13-01"},
                    {"at": "2012-03-05T10:00Z"},
                    "discharged",
                ],
            }
        )
    )
    assert found.keys() == {
        "policy",
        "overrides.cutof",
        "overrides.lead_h",
        "overrides.same_day_departure",
        "as_of",
        "sector",
        "sender_type",
        "special_groups[0]",
        "weather",
        "facts[0].kind",
        "facts[1].at",
        "facts[1].ready",
        "facts[1].colour",
        "facts[2].at",
        "facts[2].answer",
        "facts[2].apprec",
        "facts[3].at",
        "facts[3].effective",
        "facts[4].kind",
        "facts[5]",
    }
    assert found["policy"] == ('"NO-OTHER"', "NO-BASE")
    assert found["facts[2].answer"] == ('"maybe"', "accept, later, refuse, withdraw, unclear")
    assert found["sector"] == ('"XXX"', "SOM, PHV, TSB")


@pytest.mark.parametrize("value", [None, 1, 1.5, True, "", " ", [], {}, [[]], "2012-02-30", "0001-01-01", "9999-12-31"])
@pytest.mark.parametrize(
    "key", ["kind", "at", "message", "generated", "sent", "apprec", "ready", "channel", "answer", "refers_to"]
)
def test_wrong_types_are_mistakes(value: object, key: str, reading: Read) -> None:
    """A value of another type is a mistake at its own path, whatever the key."""
    kind = {"answer": "answer", "refers_to": "cancellation"}.get(key, "ready_notice")
    fact = {"kind": kind, "at": "2012-03-05T10:00Z", "ready": "2012-03-05", "answer": "later"}
    fact = {k: v for k, v in fact.items() if k in {"kind", "at", {"ready_notice": "ready"}.get(kind, kind)}}
    if key in {"message", "refers_to"} and isinstance(value, str) and value.strip():
        return
    assert f"facts[0].{key}" in wrong(reading({"facts": [{**fact, key: value}]}))


@pytest.mark.parametrize("key", ["policy", "overrides", "as_of", "sector", "sender_type", "special_groups", "facts"])
def test_null_is_no_default(key: str, reading: Read) -> None:
    """Null does not stand for a key that was left out."""
    assert key in wrong(reading({"facts": [], key: None}))


@pytest.mark.parametrize("root", [None, [], "facts", 1])
def test_a_case_is_an_object(root: object, reading: Read) -> None:
    """Anything but an object is refused."""
    assert wrong(reading(root))[""][1] == "an object"


def test_keys_belong_to_their_kind(reading: Read) -> None:
    """A key of another kind is unknown here."""
    assert "facts[0].ready" in wrong(
        reading({"facts": [{"kind": "discharged", "at": "2012-03-05", "ready": "2012-03-05"}]})
    )


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes(profiles: tuple[Profile, ...], content: bytes) -> None:
    """Any bytes are a case or mistakes."""
    assert isinstance(read_case(content, profiles), CaseFile | Mistakes)


_SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2012-03-05T10:00Z")
_KEYS = st.sampled_from(["kind", "at", "ready", "apprec", "answer", "message", "effective", "x"])
_FACTS = st.dictionaries(_KEYS, _SCALARS | st.lists(_SCALARS, max_size=2), max_size=5) | _SCALARS


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["facts", "overrides", "as_of", "sector", "y"]), st.lists(_FACTS) | _FACTS))
def test_any_shape(profiles: tuple[Profile, ...], case: dict[str, object]) -> None:
    """Any JSON is a case or mistakes."""
    assert isinstance(read_case(json.dumps(case).encode(), profiles), CaseFile | Mistakes)


@pytest.mark.parametrize("kind", ["admission_notice", "ready_notice", "withdrawal", "discharged", "death"])
def test_the_service_addressed(reading: Read, kind: str) -> None:
    """What is addressed to a municipality may name the service it went to, in one of three words."""
    given = {"kind": kind, "at": "2018-04-09T09:00+02:00", "service": "nursing"}
    given |= {"ready": "2018-04-09"} if kind == "ready_notice" else {}
    [fact] = right(reading({"facts": [given]})).case.facts
    assert not isinstance(fact.what, ReceiptGiven | AnswerClassified)
    assert fact.what.carrier.service is MunicipalService.NURSING
    found = wrong(reading({"facts": [{**given, "service": "laundry"}]}))
    assert found == {"facts[0].service": ('"laundry"', "case_work, nursing, other")}
