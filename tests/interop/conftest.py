"""Keys and files for the tools that check us from outside: xmlsec1 and openssl."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.testing.pki import Organisation, ThrowAwayPki


@dataclass(frozen=True)
class Bench:
    """A root, two organisations, and their files in a folder."""

    pki: ThrowAwayPki
    hospital: Organisation
    municipality: Organisation
    folder: Path
    now: datetime

    def run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, cwd=self.folder, capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="session", params=[2048, 3072])
def bench(request, tmp_path_factory) -> Bench:
    pki = ThrowAwayPki(request.param)
    hospital, municipality = pki.organisation("Sykehuset", "123456789"), pki.organisation("Kommunen", "987654321")
    folder = tmp_path_factory.mktemp("interop")
    (folder / "ca.crt").write_bytes(pki.root_pem())
    hospital.write(folder / "hospital")
    municipality.write(folder / "municipality")
    return Bench(pki, hospital, municipality, folder, datetime(2026, 3, 5, 10, 15, tzinfo=UTC))


@pytest.fixture
def xmlsec1():
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed")
    return "xmlsec1"


@pytest.fixture
def openssl():
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return "openssl"
