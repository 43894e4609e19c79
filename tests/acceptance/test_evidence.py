"""`adapter evidence`: a package made by either side of a demo, checked far from it, and spoilt at many places."""

from __future__ import annotations

import json
import random
import shutil
import stat
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import KeptDemo, Result, adapter, many

FLIPS = 60


@dataclass(frozen=True)
class Packages:
    """The packages of one demo in a folder of their own: full ones of both sides, and an anonymised one."""

    folder: Path
    root: Path
    hospital: Path
    municipality: Path
    anonymised: Path


def key(config: Path) -> str:
    (stay,) = adapter("ledger", "--json", "--config", config).expect(0).json()["stays"]
    return str(stay["stay"])


@pytest.fixture(scope="session")
def packages(demo: KeptDemo, tmp_path_factory: pytest.TempPathFactory) -> Packages:
    folder = tmp_path_factory.mktemp("packages")
    made = Packages(
        folder, folder / "ca.crt", folder / "hospital.zip", folder / "municipality.zip", folder / "board.zip"
    )
    shutil.copy(demo.folder / "ca.crt", made.root)
    for config, file in ((demo.hospital, made.hospital), (demo.municipality, made.municipality)):
        adapter("evidence", "export", key(config), "-o", file, "--config", config).expect(0)
    words = ("evidence", "export", key(demo.hospital), "--anonymised", "-o", made.anonymised)
    adapter(*words, "--config", demo.hospital).expect(0)
    return made


def verify(file: Path, *more: str | Path) -> Result:
    return adapter("evidence", "verify", file, *more)


@pytest.mark.parametrize("side", ["hospital", "municipality", "anonymised"])
def test_a_package_verifies_without_anything_else(packages: Packages, tmp_path: Path, side: str) -> None:
    """Copied to an empty folder, without configuration, store and network, a package holds under the reader's root."""
    shutil.copy(getattr(packages, side), tmp_path / "package.zip")
    shutil.copy(packages.root, tmp_path / "ca.crt")
    result = verify(tmp_path / "package.zip", "--trust", tmp_path / "ca.crt").expect(0)
    assert "Everything that can be checked holds" in result.out
    report = verify(tmp_path / "package.zip", "--trust", tmp_path / "ca.crt", "--json").expect(0).json()
    assert report["holds"] is True
    assert {one["outcome"] for one in report["checks"]} <= {"holds", "noted"}
    assert all(set(one) == {"check", "member", "outcome", "says"} for one in report["checks"])


def test_both_sides_come_to_the_same_nights(packages: Packages) -> None:
    """The decisions in the packages of hospital and municipality agree in nights and kroner."""
    found = []
    for file in (packages.hospital, packages.municipality, packages.anonymised):
        with zipfile.ZipFile(file) as opened:
            decision = json.loads(opened.read("decision/agreement.json"))
        found.append((decision["nights"], decision["amount_nok"], decision["first"], decision["last"]))
    assert len(set(found)) == 1
    assert found[0][0] == 3


def test_a_flipped_bit_anywhere(packages: Packages, tmp_path: Path) -> None:
    """A bit flipped at any place of the file is exit 1 with the member named, or exit 2 where no manifest is left."""
    content = packages.hospital.read_bytes()
    with zipfile.ZipFile(packages.hospital) as opened:
        places = sorted((info.header_offset, info.filename) for info in opened.infolist())
        directory = opened.start_dir
    chance = random.Random(1)
    files, owners = [], []
    for number in range(FLIPS):
        at = chance.randrange(directory) if number % 10 else chance.randrange(directory, len(content))
        changed = bytearray(content)
        changed[at] ^= 1 << chance.randrange(8)
        file = tmp_path / f"{number}.zip"
        file.write_bytes(changed)
        files.append(file)
        owners.append([name for start, name in places if start <= at][-1] if at < directory else None)
    results = many([["evidence", "verify", file, "--json"] for file in files])
    for result, owner in zip(results, owners, strict=True):
        if result.code == 2:
            assert owner == "manifest.json", (result.arguments, owner)
            continue
        assert result.code == 1, result.arguments
        failed = {one["member"] for one in result.json()["checks"] if one["outcome"] == "fails"}
        assert failed
        assert owner is None or owner in failed, (result.arguments, owner, failed)


def test_the_manifest_is_signed_for_a_common_tool(packages: Packages, tmp_path: Path) -> None:
    """The openssl command alone confirms the signature over the manifest."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl command")
    with zipfile.ZipFile(packages.hospital) as opened:
        for name in ("manifest.json", "manifest.sig", "certificates/exporter-1.crt"):
            opened.extract(name, tmp_path)
    public = subprocess.run(
        ["openssl", "x509", "-in", "certificates/exporter-1.crt", "-pubkey", "-noout"],
        cwd=tmp_path, capture_output=True, check=True,
    ).stdout  # fmt: skip
    (tmp_path / "key.pem").write_bytes(public)
    subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "manifest.sig", "manifest.json"],
        cwd=tmp_path, capture_output=True, check=True,
    )  # fmt: skip


def test_another_root_is_not_believed(packages: Packages, demo: KeptDemo, tmp_path: Path) -> None:
    """Under a root that the reader trusts and that issued nothing here, the check fails."""
    shutil.copy(demo.folder / "hospital" / "keys" / "signing.crt", tmp_path / "other.crt")
    result = verify(packages.hospital, "--trust", tmp_path / "other.crt").expect(1)
    assert "no path to a trusted root" in result.out


def test_the_file_is_for_its_owner_only(packages: Packages) -> None:
    """A package holds the messages of a patient: nobody else on the machine may read it."""
    assert stat.S_IMODE(packages.hospital.stat().st_mode) == 0o600


def test_the_anonymised_package_holds_no_message(packages: Packages, demo: KeptDemo) -> None:
    """No octets of a message or mail, no MsgId and no stay key are in what the board gets."""
    content = packages.anonymised.read_bytes()
    for secret in (b"MsgHead", b"boundary=", key(demo.hospital).encode()):
        assert secret not in content
    with zipfile.ZipFile(packages.anonymised) as opened:
        names = opened.namelist()
    assert not [name for name in names if name.startswith("messages/")]


NO_PACKAGES = {
    "nothing": b"",
    "text": b"hello",
    "a mail": b"From: a@b.no\r\nTo: c@d.no\r\n\r\nhello",
    "a ZIP of something else": b"PK\x05\x06" + b"\x00" * 18,
    "only its first octets": b"PK\x03\x04",
    "noise": bytes(range(256)) * 50,
}


def test_what_is_no_package(tmp_path: Path) -> None:
    """Anything else is exit 2 with a sentence that says what to do."""
    files = []
    for number, content in enumerate(NO_PACKAGES.values()):
        file = tmp_path / f"{number}.zip"
        file.write_bytes(content)
        files.append(file)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("manifest.json", b"\x00" * 50_000_000)
    for result in many([["evidence", "verify", file] for file in (*files, tmp_path / "bomb.zip", tmp_path)]):
        result.expect(2)
        assert result.error.strip()
        assert not result.out
    assert "cannot be read" in verify(tmp_path / "missing.zip").expect(2).error


def test_an_export_of_nothing(demo: KeptDemo, tmp_path: Path) -> None:
    """An unknown stay, and a place that cannot be written, are exit 2."""
    nothing = adapter("evidence", "export", "stay-0", "-o", tmp_path / "x.zip", "--config", demo.hospital).expect(2)
    assert "no such stay" in nothing.error
    assert not (tmp_path / "x.zip").exists()
    nowhere = ("evidence", "export", "stay-", "-o", tmp_path / "no" / "x.zip", "--config", demo.hospital)
    assert "cannot be written" in adapter(*nowhere).expect(2).error


def test_as_of_another_day(demo: KeptDemo, tmp_path: Path) -> None:
    """A package as of a day in the middle of the stay holds, and has the nights up to then."""
    file = tmp_path / "then.zip"
    words = ("evidence", "export", "stay-", "--as-of", "2024-03-07", "-o", file, "--config", demo.hospital, "--json")
    assert adapter(*words).expect(0).json()["holds"] is True
    with zipfile.ZipFile(file) as opened:
        assert json.loads(opened.read("decision/agreement.json"))["nights"] < 3
    verify(file).expect(0)
