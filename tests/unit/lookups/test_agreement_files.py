"""Agreements in the partner folder: one id stands for one agreement, and an import says what holds from then on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.envelope.cpa import CpaStatus, read_cpa
from adapter.errors import CONFIG_INVALID, AdapterError
from adapter.lookups.agreement_files import import_agreement
from adapter.lookups.directory import FolderDirectory, load
from adapter.testing.agreements import Agreeing, cpa_xml
from adapter.testing.pki import Organisation, ThrowAwayPki
from adapter.values import HerId

HER, OURS = HerId("8140022"), HerId("8140011")
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys() -> Organisation:
    return ThrowAwayPki(2048).organisation("Kommunen", "974744570")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.toml").write_text(
        f'her = "{HER}"\nname = "Tildeling"\norganisation = {{ her = "81", name = "K" }}\n'
    )
    return tmp_path


def document(keys: Organisation, cpa_id: str, retries: int = 4) -> bytes:
    theirs = Agreeing(HER, "kommune@edi.example", keys, (("DIALOG_HELSEFAGLIG", "1.1"),))
    ours = Agreeing(OURS, "sykehus@edi.example", keys, (("LOG_UTSKRIVNINGSKLAR", "1.6"),))
    return cpa_xml(cpa_id, ours, theirs, FIRST, LAST, retries=retries)


def known(folder: Path) -> FolderDirectory:
    return load(folder, register=True)


def take_in(folder: Path, content: bytes, status: CpaStatus = CpaStatus.VALID) -> None:
    import_agreement(folder, known(folder), read_cpa(content, status), content, frozenset({OURS}), None)


def test_agreements_whose_ids_make_one_name_are_two(folder: Path, keys: Organisation) -> None:
    """Neither takes the other's file, and each is found by its own id, also after it came a second time."""
    ids = ("urn:a:1", "urn/a/1", "x" * 90, "x" * 91)
    for cpa_id in (*ids, *ids):
        take_in(folder, document(keys, cpa_id))
    directory = known(folder)
    assert sorted(cpa.id for cpa in directory.known_agreements) == sorted(ids)
    assert len(list(folder.glob("*.cpa.xml"))) == len(ids)


def test_an_import_says_how_the_register_stands_to_it_now(folder: Path, keys: Organisation) -> None:
    """An agreement that was valid and is revoked is revoked in the partner's file from then on."""
    content = document(keys, "cpa-1")
    take_in(folder, document(keys, "cpa-0"))
    take_in(folder, content)
    take_in(folder, content, CpaStatus.REVOKED)
    standing = {cpa.id: cpa.status for cpa in known(folder).known_agreements}
    assert standing == {"cpa-0": CpaStatus.VALID, "cpa-1": CpaStatus.REVOKED}


@pytest.mark.parametrize("written", ['status = "valid"\nfile = "{}"\n', "file = '{}'\n"], ids=["order", "quotes"])
def test_a_standing_that_a_person_wrote_is_left_to_the_person(folder: Path, keys: Organisation, written: str) -> None:
    """What does not look as we write it is not changed: the command says where to change it, and writes nothing."""
    content = document(keys, "cpa-1")
    (folder / f"{HER}-cpa-1.cpa.xml").write_bytes(content)
    file = folder / "a.toml"
    before = f"{file.read_text()}\n[[agreement]]\n{written.format(f'{HER}-cpa-1.cpa.xml')}"
    file.write_text(before)
    with pytest.raises(AdapterError, match=r"a\.toml.*status"):
        take_in(folder, content, CpaStatus.REVOKED)
    assert file.read_text() == before


def test_a_file_that_could_not_be_read_afterwards_is_not_written(folder: Path, keys: Organisation) -> None:
    """A list of agreements in one line takes no table after it; the partner stays as it was, and so does the folder."""
    file, content = folder / "a.toml", document(keys, "cpa-1")
    before = file.read_text() + "agreement = []\n"
    file.write_text(before)
    with pytest.raises(AdapterError) as raised:
        take_in(folder, content)
    assert raised.value.kind is CONFIG_INVALID
    assert file.read_text() == before
    assert [path.name for path in folder.iterdir()] == ["a.toml"]


def test_one_id_is_one_agreement(folder: Path, keys: Organisation) -> None:
    """Two files of one id that say different things are a mistake; which of them held would be a matter of names."""
    for number, retries in (("1", 4), ("2", 5)):
        (folder / f"{number}.xml").write_bytes(document(keys, "cpa-1", retries))
        with (folder / "a.toml").open("a") as file:
            file.write(f'\n[[agreement]]\nfile = "{number}.xml"\n')
    with pytest.raises(AdapterError, match="cpa-1") as raised:
        known(folder)
    assert raised.value.kind is CONFIG_INVALID
