"""What is delivered: the wheel with everything in it, the same for the same commit, and a unit that systemd accepts."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "adapter.service"


def wheel(folder: Path) -> Path:
    """A wheel made from this checkout."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_is_whole_and_the_same_for_the_same_commit(tmp_path: Path) -> None:
    """Schemas, code lists, the console script and the build id are in it, and a second wheel has the same octets."""
    one, two = wheel(tmp_path / "one"), wheel(tmp_path / "two")
    assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(two.read_bytes()).digest()
    with zipfile.ZipFile(one) as archive:
        names = set(archive.namelist())
        build = archive.read("adapter/data/build").decode().strip()
        [points] = [name for name in names if name.endswith("entry_points.txt")]
        assert b"adapter = adapter.__main__:main" in archive.read(points)
    assert {f"adapter/data/schemas/{path.name}" for path in (ROOT / "schemas").iterdir() if path.is_file()} <= names
    assert {"adapter/data/config.toml.template", "adapter/data/codes.tsv", "adapter/py.typed"} <= names
    source = {path.relative_to(ROOT).as_posix() for path in (ROOT / "adapter").rglob("*") if path.is_file()}
    lacking = {name for name in source - names if "__pycache__" not in name}
    assert lacking == set(), "templates, static files, migrations and data go with the code"
    shown = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert build.removesuffix("+") == (shown.stdout.strip() or "unknown")


def test_outside_a_repository_the_build_is_unknown(tmp_path: Path) -> None:
    """A source tree without a repository says so, instead of taking the commit of some folder above it."""
    spec = importlib.util.spec_from_file_location("build_id", ROOT / "deploy" / "build_id.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.build_id(tmp_path) == "unknown"
    assert module.build_id(ROOT / "adapter") == "unknown"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not there")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """Every directive is one that systemd knows, and the exposure it finds is at most 2 of 10."""
    program = tmp_path / "adapter"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "adapter.service"
    text = UNIT.read_text("utf-8").replace("/opt/adapter/bin/adapter", str(program))
    unit.write_text(text.replace("Documentation=file:/usr/share/doc/adapter/README.md\n", ""))
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], check=False, capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stdout[-400:]
