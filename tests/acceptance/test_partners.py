"""`adapter partners`: who they are, why they are treated so, and an agreement taken in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import HOSPITAL, MESSAGES, MUNICIPALITY, adapter, many

from adapter.testing.agreements import Agreeing, cpa_xml
from adapter.testing.pki import ThrowAwayPki
from adapter.testing.place import Place, prepare
from adapter.values import HerId

WARD, CASE_WORK, NEW = HerId("8140011"), HerId("8140022"), HerId("8140777")
NOW = datetime.now(UTC)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return prepare(tmp_path / "place", HOSPITAL, MUNICIPALITY, key_size=2048)


def agreement(folder: Path, partner: HerId, cpa_id: str = "cpa-1") -> Path:
    """A file with an agreement of the ward and a partner."""
    keys = ThrowAwayPki(2048).organisation("En kommune", "974744570")
    file = folder / f"{cpa_id}.xml"
    sends = (("LOG_UTSKRIVNINGSKLAR", "1.6"),)
    file.write_bytes(
        cpa_xml(
            cpa_id,
            Agreeing(WARD, "hospital@edi.example", keys, sends),
            Agreeing(partner, "ny@edi.example", keys, (("DIALOG_HELSEFAGLIG", "1.1"),)),
            NOW - timedelta(days=1),
            NOW + timedelta(days=400),
            retries=3,
            interval="PT6H",
        )
    )
    return file


def test_partners_are_listed_and_explained(place: Place) -> None:
    """Every partner with its days left; each thing that holds with the reason for it."""
    config = ("--config", place.hospital.config)
    listed, table, explained, unknown = many(
        [
            ("partners", "list", "--json", *config),
            ("partners", "list", *config),
            ("partners", "explain", str(CASE_WORK), "--json", *config),
            ("partners", "explain", "1", *config),
        ]
    )
    assert [row["her"] for row in listed.expect(0).json()] == ["8140021", "8140022"]
    assert all(row["days_left"] > 1000 and row["trouble"] is None for row in listed.json())
    assert "8140022" in table.expect(0).out
    reasons = {row["what"]: (row["holds"], row["because"]) for row in explained.expect(0).json()}
    assert reasons["address"] == ("municipality@edi.example", "partner file 8140022.toml names it")
    assert reasons["CPAId from 8140011"] == (
        "8140011_8140022",
        "there is no agreement (CPA) of the two: the two HER-ids (HIS 1037 §6.2.1)",
    )
    assert "5, 12:00:00 apart" in reasons["resends from 8140011"][0]
    assert "days left" in reasons["signing certificate"][0]
    assert "PARTNER-UNKNOWN" in unknown.expect(2).error


def test_a_partner_that_opens_only_what_is_packed_in_its_way(place: Place, tmp_path: Path) -> None:
    """What its file asks for is explained and is what goes to it; its own adapter opens that. A typo is said."""
    config = ("--config", place.hospital.config)
    explain = ("partners", "explain", str(CASE_WORK), "--json", *config)
    before = {row["what"]: row for row in adapter(*explain).expect(0).json()}
    assert (before["plaintext"]["holds"], before["content encryption"]["holds"]) == ("raw", "aes256-cbc")
    assert "national rule" in before["plaintext"]["because"]
    file = place.hospital.folder / "partners" / f"{CASE_WORK}.toml"
    known = file.read_text()
    file.write_text('plaintext = "mime"\ncontent_encryption = "des-ede3-cbc"\n' + known)
    after = {row["what"]: row for row in adapter(*explain).expect(0).json()}
    assert (after["plaintext"]["holds"], after["content encryption"]["holds"]) == ("mime", "des-ede3-cbc")
    assert after["plaintext"]["because"] == f"partner file {CASE_WORK}.toml says so"
    assert "old" in after["content encryption"]["because"]
    mail, out = tmp_path / "out.eml", tmp_path / "out.xml"
    message = MESSAGES / "discharge-ready.xml"
    adapter("seal", message, "--from", str(WARD), "--to", str(CASE_WORK), "-o", mail, *config).expect(0)
    opened = adapter("open", mail, "-o", out, "--json", "--config", place.municipality.config).expect(0).json()
    assert out.read_bytes() == message.read_bytes()
    assert [one for one in opened["warnings"] if one.startswith("EB-503")]
    file.write_text('plaintext = "gzip"\n' + known)
    wrong = adapter(*explain).expect(2)
    assert "plaintext" in wrong.error
    assert "raw" in wrong.error


def test_an_agreement_is_taken_in(place: Place, tmp_path: Path) -> None:
    """For a known partner it is added to the file, once; what holds then comes from it."""
    config = ("--config", place.hospital.config)
    file = agreement(tmp_path, CASE_WORK)
    for _ in range(2):
        adapter("partners", "import", file, *config).expect(0)
    partners = place.hospital.folder / "partners"
    assert (partners / "8140022-cpa-1.cpa.xml").read_bytes() == file.read_bytes()
    assert (partners / "8140022.toml").read_text("utf-8").count("[[agreement]]") == 1
    explained = adapter("partners", "explain", str(CASE_WORK), "--json", *config).expect(0)
    reasons = {row["what"]: row["holds"] for row in explained.json()}
    assert reasons["CPAId from 8140011"] == "cpa-1"
    assert reasons["resends from 8140011"].startswith("3, 6:00:00 apart")
    assert reasons["may send from 8140011"] == "LOG_UTSKRIVNINGSKLAR 1.6"


def test_a_new_partner_gets_a_file(place: Place, tmp_path: Path) -> None:
    """Its organisation and role have to be said, since no agreement tells them; then it can be written to."""
    config = ("--config", place.hospital.config)
    file = agreement(tmp_path, NEW)
    refused = adapter("partners", "import", file, *config).expect(2)
    assert "organisation" in refused.error
    said = ("--organisation", "8140770", "--organisation-name", 'Ny "kommune"', "--role", "municipality")
    done = adapter("partners", "import", file, *said, "--json", *config).expect(0)
    assert [Path(path).name for path in done.json()["files"]] == [
        "8140777-cpa-1.cpa.xml",
        "8140777-cpa-1-signing.crt",
        "8140777-cpa-1-encryption.crt",
        "8140777.toml",
    ]
    [row] = [row for row in adapter("partners", "list", "--json", *config).json() if row["her"] == str(NEW)]
    assert (row["address"], row["role"], row["agreements"]) == ("ny@edi.example", "municipality", 1)


def test_what_is_no_agreement_of_ours_is_refused(place: Place, tmp_path: Path) -> None:
    """Another document, an agreement between others, and a file that is not there: a sentence, and nothing written."""
    before = sorted((place.hospital.folder / "partners").iterdir())
    other = tmp_path / "other.xml"
    other.write_text("<a/>")
    strangers = agreement(tmp_path, NEW, "cpa-2")
    strangers.write_bytes(strangers.read_bytes().replace(b">8140011<", b">8140012<"))
    config = ("--config", place.hospital.config)
    for file, says in ((other, "CPA-UNREADABLE"), (strangers, "[[party]]"), (tmp_path / "none", "FILE-UNREADABLE")):
        assert says in adapter("partners", "import", file, *config).expect(2).error
    assert sorted((place.hospital.folder / "partners").iterdir()) == before
