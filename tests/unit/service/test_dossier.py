"""The dossier of a stay, collected from a store in use."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.config import load
from adapter.errors import AdapterError
from adapter.evidence.container import read
from adapter.evidence.report import Outcome, Report
from adapter.facts import AnswerKind
from adapter.messages.reading import understand
from adapter.service import asking, dossier
from adapter.service.accounts import known_stays
from adapter.service.terms import TermsInForce
from adapter.testing import scenarios
from adapter.testing.neighbours import Neighbour, World
from adapter.values import Digest

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
ANOTHER = scenarios.sorum().stays[3].patient
OTHER_PATIENT = {
    "family_name": ANOTHER.family_name,
    "given_name": ANOTHER.given_name,
    "birth_date": ANOTHER.born.isoformat(),
    "id": {"type": "FNR", "number": ANOTHER.number},
}


@pytest.fixture
async def stay(world: World) -> World:
    """The two sides in the middle of a stay: admitted, ready, answered."""
    await say(world, "admitted")
    await say(world, "discharge-ready")
    (readiness,) = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    asking.answer(world.municipality.installation, readiness, asking.Said(AnswerKind.ACCEPT))
    await world.go_on(timedelta(minutes=1))
    return world


async def say(world: World, kind: str, **fields: object) -> None:
    world.hospital.submit(world.hospital.build(kind, **fields))  # type: ignore[arg-type]
    await world.go_on(timedelta(minutes=1))


def export(side: Neighbour, *, anonymised: bool = False, stay: str = "stay-") -> dossier.Exported:
    return dossier.export(side.installation, stay, None, anonymised=anonymised)


def failed(report: Report) -> list[tuple[str, str]]:
    return [(line.check.value, line.member) for line in report.lines if line.outcome is Outcome.FAILS]


async def test_both_sides_export_a_stay_that_is_not_over(stay: World) -> None:
    """A package can be made at any time of a stay, by either side, and holds."""
    for side in (stay.hospital, stay.municipality):
        exported = export(side)
        assert failed(exported.report) == []
        assert exported.stay.startswith("stay-")


async def test_an_unknown_stay(stay: World) -> None:
    """A key that no stay has is STAY-UNKNOWN."""
    with pytest.raises(AdapterError) as caught:
        export(stay.hospital, stay="stay-0000")
    assert caught.value.id == "STAY-UNKNOWN"


async def test_the_stays_of_two_patients_keep_apart(stay: World) -> None:
    """Each patient's package has its own messages, and of the other's facts nothing but digests."""
    await say(stay, "admitted", patient=OTHER_PATIENT)
    await say(stay, "discharge-ready", patient=OTHER_PATIENT)
    (ready, _) = stay.hospital.sent("LOG_UTSKRIVNINGSKLAR")
    assert ready.msg_id is not None
    await say(stay, "discharged", reference={"parent": ready.msg_id.value})
    stays = {one.stay.key: one.whose.patient for one in known_stays(stay.hospital.installation.store)}
    assert len(stays) == 2
    for key, patient in stays.items():
        exported = export(stay.hospital, stay=key)
        assert failed(exported.report) == []
        others = {other for other in stays.values() if other != patient}
        assert not any(other.encode() in exported.package for other in others)


async def test_an_export_is_a_line_in_the_journal(stay: World) -> None:
    """Each exchange of the stay keeps that it was exported, as what, and the digest of the package."""
    exported = export(stay.hospital)
    (ready,) = stay.hospital.sent("LOG_UTSKRIVNINGSKLAR")
    line = stay.hospital.journal(ready.id)[-1]
    assert line == f"exported as evidence (full) SHA-256 {Digest.of(exported.package)}"


async def test_running_numbers_are_never_used_twice(stay: World) -> None:
    """Every anonymised package has a number of its own, which only this store can trace back to the stay."""
    (known,) = known_stays(stay.hospital.installation.store)
    exported = [export(stay.hospital, anonymised=True) for _ in range(3)]
    assert [one.stay for one in exported] == ["stay 1", "stay 2", "stay 3"]
    assert [failed(one.report) for one in exported] == [[], [], []]
    assert stay.hospital.installation.store.read_now(lambda reader: reader.note("evidence:number:2")) == known.stay.key


async def test_a_rejected_message(stay: World) -> None:
    """A negative AppRec is in the package with its code, and its fact holds."""
    good = stay.hospital.build("discharged")
    bad = good.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b"")
    stay.hospital.send_unjudged(bad, good)
    await stay.go_on(timedelta(minutes=1))
    assert "rejected" in " ".join(str(row.apprec) for row in stay.hospital.listing())
    for known in known_stays(stay.hospital.installation.store):
        exported = export(stay.hospital, stay=known.stay.key)
        assert failed(exported.report) == []


async def test_octets_that_are_gone_are_named(stay: World) -> None:
    """Where the store has let go of a mail, the package is made without it and its check names the fact."""
    (answer,) = stay.hospital.received("DIALOG_HELSEFAGLIG")
    (mail,) = stay.hospital.installation.store.read_now(lambda reader: reader.mails_of([answer.id]))
    connection = sqlite3.connect(stay.hospital.settings.store.path)
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("DELETE FROM blob WHERE digest = ?", (mail.raw.value,))
    connection.commit()
    connection.close()
    report = export(stay.hospital).report
    assert "fact" in {check for check, _ in failed(report)}
    assert any("no sealed mail" in line.says for line in report.lines)


async def test_a_resent_message_is_in_it_once(stay: World) -> None:
    """A mail that came again adds nothing: the first copy is the proof."""
    again = [mail for mail in stay.road.taken if b"multipart/related" in mail.content][:2]
    for mail in again:
        await stay.road.arrive(mail)
    await stay.go_on(timedelta(minutes=1))
    for side in (stay.hospital, stay.municipality):
        assert failed(export(side).report) == []


async def test_a_signal_that_was_not_believed_is_left_out(stay: World) -> None:
    """A forged acknowledgment that names our message proves nothing and does not spoil the package."""
    signals = [mail for mail in stay.road.taken if b"multipart/related" not in mail.content]
    for mail in signals:
        lines = mail.content.splitlines(keepends=True)
        middle = len(lines) // 2
        spoilt = b"".join((*lines[:middle], lines[middle].swapcase(), *lines[middle + 1 :]))
        await stay.road.arrive(replace(mail, content=spoilt))
    await stay.go_on(timedelta(minutes=1))
    for side in (stay.hospital, stay.municipality):
        assert failed(export(side).report) == []


async def test_the_terms_are_those_of_the_settings(stay: World, tmp_path: Path) -> None:
    """A site's own agreement and prices are in the package, and decide when it is checked."""
    hospital = stay.hospital
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "LOCAL.toml").write_text(
        'name = "LOCAL"\nversion = "3"\ntitle = "Local"\ninherits = "NO-BASE"\n[keys]\ncutoff = "08:00"\n', "utf-8"
    )
    config = hospital.side.config
    config.write_text(
        config.read_text("utf-8") + f'\n[liability]\npolicy = "LOCAL"\npolicies = "{policies}"\n', "utf-8"
    )
    settings = load(config)
    in_force = TermsInForce(settings, hospital.installation.log)
    installation = replace(hospital.installation, settings=settings, in_force=in_force)
    exported = dossier.export(installation, "stay-", START + timedelta(days=9), anonymised=False)
    assert failed(exported.report) == []
    members = {one.name: one.content for one in read(exported.package).members}
    assert members["terms/agreement.toml"] == (policies / "LOCAL.toml").read_bytes()
    assert json.loads(members["decision/agreement.json"])["policy"] == "LOCAL 3"
    assert json.loads(members["decision/regulation.json"])["policy"].startswith("NO-BASE")
    assert installation.in_force.terms.profile.name == "LOCAL"


async def test_an_agreement_that_begins_while_the_patient_waits(stay: World) -> None:
    """Both policies and the date between them are in the package, and both decide when it is checked."""
    hospital = stay.hospital
    config = hospital.side.config
    (config.parent / "policies").mkdir()
    keys = '[keys]\nadm_missing = "ignore"\nacceptance_ends = "departure_only"\n'
    profile = f'name = "LOCAL"\nversion = "3"\ntitle = "Local"\ninherits = "NO-BASE"\n{keys}'
    (config.parent / "policies" / "LOCAL.toml").write_text(profile, "utf-8")
    [known] = known_stays(hospital.installation.store)
    assert known.whose.municipality is not None
    parties = f'hospital = "{known.whose.hospital}"\nmunicipality = "{known.whose.municipality}"\n'
    agreement = f'[[liability.agreement]]\n{parties}policy = "LOCAL"\nfrom = 2024-03-07\n'
    config.write_text(f'{config.read_text("utf-8")}\n[liability]\npolicies = "policies"\n{agreement}', "utf-8")
    settings = load(config)
    in_force = TermsInForce(settings, hospital.installation.log)
    installation = replace(hospital.installation, settings=settings, in_force=in_force)
    exported = dossier.export(installation, "stay-", START + timedelta(days=9), anonymised=False)
    assert failed(exported.report) == []
    members = {one.name: one.content for one in read(exported.package).members}
    assert json.loads(members["case.json"])["policy"] == "NO-BASE, 2024-03-07 LOCAL"
    decision = json.loads(members["decision/agreement.json"])
    assert [night["date"][-2:] for night in decision["nights_by_date"]] == ["07", "08", "09", "10", "11", "12", "13"]
    assert decision["policy"] == "NO-BASE 1, LOCAL 3 from 2024-03-07"


async def test_the_keys_in_the_package_open_its_mails(stay: World) -> None:
    """Every received document is there with the key of its mail, and none of our private keys."""
    exported = export(stay.municipality)
    members = {one.name: one.content for one in read(exported.package).members}
    received = [name for name in members if name.endswith("mail.eml")]
    assert received
    for name in received:
        folder = name.removesuffix("mail.eml")
        assert len(members[f"{folder}content-key-1.bin"]) == 32
        assert understand(members[f"{folder}document-1.xml"]).type is not None
    assert b"PRIVATE KEY" not in exported.package
