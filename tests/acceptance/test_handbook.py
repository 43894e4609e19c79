"""The console blocks of the operator handbook are run in a place that a demo has left behind, each page in its own."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from commands import KeptDemo
from transcripts import ROOT, commands_of, run_transcript

from adapter.config import parse
from adapter.lookups.directory import PartnerFile
from adapter.lookups.toml_files import read_section

PAGES = sorted((ROOT / "docs" / "handbook").glob("*.md"))
RUN = [page for page in PAGES if commands_of(page.read_text("utf-8"))]
PARTNER = 'her = "1"\nname = "A"\norganisation = { her = "2", name = "B" }\n'
TOML = re.compile(r"```toml\n(.*?)```", re.DOTALL)


def test_the_handbook_has_commands_to_run() -> None:
    """A page that loses its blocks is noticed."""
    assert {page.stem for page in RUN} >= {"index", "certificates", "data", "evidence", "faults", "stuck", "upgrade"}


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_the_page_is_what_happens(demo: KeptDemo, page: Path, tmp_path: Path) -> None:
    """An operator who types what stands there sees what stands there."""
    place = tmp_path / "place"
    shutil.copytree(demo.folder, place)
    run_transcript(page.read_text("utf-8"), place / "hospital", tmp_path / "programs")


def test_every_piece_of_configuration_is_understood(tmp_path: Path) -> None:
    """What the handbook shows of a configuration takes the place of the same table in the example, and is read; what it
    shows of a partner file is read as one."""
    base = tomllib.loads((ROOT / "config.toml").read_text("utf-8"))
    pieces = [piece for page in PAGES for piece in TOML.findall(page.read_text("utf-8"))]
    assert pieces
    for piece in pieces:
        shown = tomllib.loads(piece)
        if shown.keys() <= PartnerFile.model_fields.keys():
            assert isinstance(read_section(PartnerFile, f"{PARTNER}{piece}".encode(), tmp_path), PartnerFile)
            continue
        assert shown.keys() <= base.keys() | {"mailbox", "api", "retention", "register"}
        rest = (ROOT / "config.toml").read_text("utf-8")
        for table in shown:
            rest = re.sub(rf"(?ms)^\[{table}\].*?(?=^\[|\Z)", "", rest)
        parse(f"{rest}\n{piece}".encode(), tmp_path, "page")
