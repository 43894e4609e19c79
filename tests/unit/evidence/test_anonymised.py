"""The package for the dispute board."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from played_stay import Exporter, failures

from adapter.delivery.fact_json import read_fact
from adapter.evidence.anonymised import pack_anonymised
from adapter.evidence.container import read
from adapter.evidence.report import Outcome
from adapter.evidence.verify import verify
from adapter.facts import ReceiptGiven


@pytest.fixture(scope="module")
def anonymised(hospital: Exporter) -> bytes:
    return pack_anonymised(hospital.dossier, 7, hospital.identity)


def members(package: bytes) -> dict[str, bytes]:
    return {one.name: one.content for one in read(package).members}


def test_it_holds(hospital: Exporter, anonymised: bytes) -> None:
    """Container, signature, chain and decision hold; what needs the full package is said to be the exporter's word."""
    assert failures(anonymised, hospital.roots) == []
    report = verify(anonymised)
    assert report.manifest.stay == "stay 7"
    assert any(line.member == "facts.json" and line.outcome is Outcome.NOTED for line in report.lines)


def test_nothing_of_the_patient_is_in_it(hospital: Exporter, anonymised: bytes) -> None:
    """Neither number, name, pseudonym, stay key nor MsgId is in it, and no message."""
    text = anonymised.decode("utf-8", "replace")
    letters = hospital.dossier.letters
    secrets = {"12834130279", "Lyngrose", "Signe<", hospital.dossier.subject.stay, "ContentDescription", "MIME-Version"}
    secrets |= {one.entry.patient.value for one in hospital.dossier.facts}
    secrets |= {one.entry.exchange_id for one in hospital.dossier.facts if one.entry.exchange_id is not None}
    secrets |= {letter.record.msg_id for letter in letters}
    for secret in secrets:
        assert secret.lower() not in text.lower(), secret
    assert not [name for name in members(anonymised) if name.startswith(("messages/", "facts/"))]


def test_moments_receipts_and_digests_are_in_it(hospital: Exporter, anonymised: bytes) -> None:
    """Each fact keeps its kind, time, source and digest; each message its receipts and the digests of its octets."""
    found = members(anonymised)
    facts = [read_fact(one["fact"]) for one in json.loads(found["facts.json"])["facts"]]
    full = [one.entry.fact for one in hospital.dossier.facts]
    assert [(type(one.what), one.when, one.how, one.digest) for one in facts] == [
        (type(one.what), one.when, one.how, one.digest) for one in full
    ]
    messages = json.loads(found["messages.json"])["messages"]
    assert len(messages) == len(hospital.dossier.letters)
    assert {one["receipt"] for one in messages} == {"ok", ""}
    assert all(len(one["sealed_sha256"]) == 64 and one["transport"] for one in messages)
    assert "journal" not in messages[0]


def test_messages_keep_their_references_under_running_numbers(anonymised: bytes) -> None:
    """A receipt still points at the message that it is about."""
    found = members(anonymised)
    known = {one["msg_id"] for one in json.loads(found["messages.json"])["messages"]}
    facts = [read_fact(one["fact"]) for one in json.loads(found["facts.json"])["facts"]]
    assert {one.what.refers_to.value for one in facts if isinstance(one.what, ReceiptGiven)} <= known
    assert all(one.startswith("message-") for one in known)


def test_both_readings_are_in_it(hospital: Exporter, anonymised: bytes) -> None:
    """The decisions are those of the full package, octet for octet; the explanation in words is not in it."""
    found = members(anonymised)
    for name in ("decision/agreement.json", "decision/regulation.json"):
        assert found[name] == hospital.member(name)
    assert not [name for name in found if name.endswith(".txt")]


def test_a_fact_of_another_entry_fails(hospital: Exporter, anonymised: bytes) -> None:
    """A fact that names an entry which the chain does not have is found."""
    document = json.loads(members(anonymised)["facts.json"])
    document["facts"][0]["entry"] = "0" * 64
    exporter = replace(hospital, package=anonymised)
    assert ("fact", "facts.json") in failures(exporter.repack({"facts.json": json.dumps(document).encode()}))


@pytest.mark.parametrize("content", [None, b"", b'{"facts": [1]}', b'{"facts": [{}]}'])
def test_no_facts(hospital: Exporter, anonymised: bytes, content: bytes | None) -> None:
    """Without facts that can be read there is a failed line, and no traceback."""
    exporter = replace(hospital, package=anonymised)
    assert ("fact", "facts.json") in failures(exporter.repack({"facts.json": content}))
