"""The decision, made again from the members of a package that was honestly signed."""

from __future__ import annotations

import json

import pytest
from played_stay import Exporter, failures

from adapter.evidence.outcome import differences
from adapter.evidence.report import Outcome
from adapter.evidence.verify import verify

AGREEMENT, REGULATION = "decision/agreement.json", "decision/regulation.json"


@pytest.mark.parametrize("name", [AGREEMENT, REGULATION])
@pytest.mark.parametrize(("key", "value"), [("nights", 4), ("amount_nok", 1), ("end_reason", "DEATH"), ("flags", [])])
def test_a_decision_that_the_facts_do_not_come_to(hospital: Exporter, name: str, key: str, value: object) -> None:
    """A stored decision with another value fails, and the keys that differ are named."""
    stored = json.loads(hospital.member(name)) | {key: value}
    package = hospital.repack({name: json.dumps(stored).encode()})
    (line,) = (line for line in verify(package).lines if line.outcome is Outcome.FAILS)
    assert (line.member, line.says.rpartition(" in ")[2]) == (name, key)


GROUNDS = {
    "the sender": ("case.json", b'"sender_type": "hospital"', b'"sender_type": "municipal_emergency_unit"'),
    "the time of evaluation": ("case.json", b'"as_of": "2024-04', b'"as_of": "2024-03'),
    "the price": ("terms/rates-1.json", b'"amount": 5745', b'"amount": 5746'),
    "the policy": ("terms/baseline.toml", b'cutoff = "none"', b'cutoff = "08:00"'),
}


@pytest.mark.parametrize("name", GROUNDS)
def test_another_ground_gives_another_decision(hospital: Exporter, name: str) -> None:
    """With a ground of the decision changed, the decision made again is not the one that is stored."""
    member, old, new = GROUNDS[name]
    content = hospital.member(member)
    assert old in content
    found = failures(hospital.repack({member: content.replace(old, new)}))
    assert found == [("decision", AGREEMENT), ("decision", REGULATION)]


def test_a_fact_left_out_changes_the_decision(hospital: Exporter) -> None:
    """Without the discharge the nights go on to the day of evaluation, and the stored decision fails."""
    names = [f"facts/{number:04}.json" for number in range(1, len(hospital.dossier.facts) + 1)]
    (name,) = (name for name in names if b'"kind":"discharged"' in hospital.member(name))
    assert ("decision", AGREEMENT) in failures(hospital.repack({name: None}))


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("case.json", None),
        ("case.json", b"{}"),
        ("case.json", b"["),
        ("terms/baseline.toml", None),
        ("terms/baseline.toml", b"x"),
        ("terms/rates-1.json", None),
        ("terms/rates-1.json", b"[]"),
        (AGREEMENT, None),
        (AGREEMENT, b"[]"),
        (AGREEMENT, b"\xff"),
        (REGULATION, None),
    ],
)
def test_grounds_that_are_not_there(hospital: Exporter, member: str, content: bytes | None) -> None:
    """A ground that is missing or cannot be read is a failed check of the decision."""
    assert "decision" in {check for check, _ in failures(hospital.repack({member: content}))}


def test_a_case_of_another_stay(hospital: Exporter) -> None:
    """The case and the manifest are of one stay."""
    case = json.loads(hospital.member("case.json")) | {"stay": "stay-other"}
    assert ("decision", "case.json") in failures(hospital.repack({"case.json": json.dumps(case).encode()}))


def test_an_agreement_of_another_name(hospital: Exporter) -> None:
    """A case decided under an agreement needs that agreement in the package."""
    case = json.loads(hospital.member("case.json")) | {"policy": "OTHER"}
    changed = json.dumps(case).encode()
    assert ("decision", "case.json") in failures(hospital.repack({"case.json": changed}))
    with_another = {"case.json": changed, "terms/agreement.toml": hospital.member("terms/baseline.toml")}
    assert ("decision", "case.json") in failures(hospital.repack(with_another))


def test_other_words_are_no_failure(hospital: Exporter) -> None:
    """An explanation in the words of another version is noted: the decision is what has to be the same."""
    package = hospital.repack({"decision/explanation-en.txt": b"Other words.\n"})
    assert failures(package) == []
    assert any(line.member == "decision/explanation-en.txt" for line in verify(package).lines)


def test_a_later_version_may_say_more() -> None:
    """A stored decision is repeated when every key that it has comes out the same."""
    assert differences(b'{"nights": 3}', b'{"nights": 3, "new": 1}') == ()
    assert differences(b'{"nights": 3, "old": 1}', b'{"nights": 4}') == ("nights", "old")
