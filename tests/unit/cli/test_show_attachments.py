"""`adapter show --attachments` and `adapter open --beside`: what goes with a message, laid into a folder safely."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli.main import group
from adapter.errors import FILE_UNREADABLE, AdapterError
from adapter.service.extracting import Extract, extracts, write_all
from adapter.service.submission import submit_now
from adapter.store.access import AuditFilter
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, place_at, prepare
from adapter.values import Digest

PDF, PICTURE, NOTE = b"%PDF-1.7\n\x00\xff", b"\xff\xd8\xff\xe0 a picture", b"<note>beside</note>"
HOSTILE = (
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\x",
    ".bashrc",
    "a\x85b",
    "\u202egpj.exe",
    "-rf",
    "...",
    "x" * 5000,
    "CON",
    "Sårbilde venstre fot",
)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return prepare(tmp_path_factory.mktemp("original"), scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)


@pytest.fixture
async def world(original: Place, tmp_path: Path) -> AsyncIterator[World]:
    shutil.copytree(original.folder, tmp_path / "place")
    made = World(
        place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY), datetime(2024, 3, 5, 9, tzinfo=UTC)
    )
    yield made
    await made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


def attached(world: World, *descriptions: str) -> bytes:
    """A message with a PDF under each description."""
    one = {"mime_type": "application/pdf", "base64": base64.b64encode(PDF).decode()}
    return world.hospital.build("discharge-ready", attachments=[{**one, "description": said} for said in descriptions])


def lying(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name; other folders in it are left out."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.is_dir()}


def run(world: World, *words: str) -> Result:
    return CliRunner().invoke(group, [*words, "--config", str(world.municipality.side.config)])


async def received(world: World, content: bytes, *beside: bytes) -> str:
    assert isinstance(submit_now(world.hospital.installation, content, beside=beside), str)
    await world.settle()
    [exchange] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    return exchange.id


async def test_what_goes_with_a_message_is_written_and_audited(world: World, folder: Path) -> None:
    """Inside and beside, byte for byte, with their digests; who had it is in the audit log."""
    exchange = await received(world, attached(world, "Legemiddelliste"), PICTURE, NOTE)
    shown = run(world, "show", exchange, "--attachments", str(folder), "--json")
    assert shown.exit_code == 0, shown.output
    told = {Path(one["file"]).name: one["sha256"] for one in json.loads(shown.output)}
    expected = {"1-Legemiddelliste.pdf": PDF, "2-part.jpg": PICTURE, "3-part.xml": NOTE}
    assert told == {name: Digest.of(octets).value for name, octets in expected.items()}
    assert lying(folder) == expected
    store = world.municipality.installation.store
    lines = store.read_now(lambda reader: reader.audit(AuditFilter(about=exchange)))
    assert [(line.what, line.outcome) for line in lines] == [("payload read", "allowed")]


async def test_nothing_is_overwritten_and_nothing_half_done(world: World, folder: Path) -> None:
    """A file of that name, or a link with it, stays as it is, and of the others none is left behind."""
    outside = folder.parent / "outside"
    outside.write_bytes(b"mine")
    exchange = await received(world, attached(world, "a", "b"))
    (folder / "2-b.pdf").symlink_to(outside)
    refused = run(world, "show", exchange, "--attachments", str(folder))
    assert isinstance(refused.exception, AdapterError)
    assert refused.exception.kind is FILE_UNREADABLE
    assert outside.read_bytes() == b"mine"
    assert list(lying(folder)) == ["2-b.pdf"]
    assert "is no folder" in str(run(world, "show", exchange, "--attachments", str(folder / "none")).exception)


@pytest.mark.parametrize("said", HOSTILE)
async def test_no_name_leads_out_of_the_folder(world: World, folder: Path, said: str) -> None:
    """Whatever a partner calls it, it is one plain file in the folder, with a number first."""
    try:
        content = attached(world, said)
    except AdapterError:
        content = attached(world, "HERE").replace(b"HERE", said.encode())
    [file] = extracts(content, ())
    [written] = write_all(folder, (file,))
    assert written.parent == folder
    assert written.name in lying(folder)
    assert written.name.startswith("1-")
    assert len(written.name) < 80
    assert written.name.isprintable()
    assert list(lying(folder).values()) == [PDF]
    assert lying(folder.parent) == {}


def test_two_of_one_name_are_two_files(folder: Path) -> None:
    """The number tells them apart."""
    names = [one.name for one in extracts(b"", (PICTURE, PICTURE))]
    assert names == ["1-part.jpg", "2-part.jpg"]
    assert len(write_all(folder, extracts(b"", (PICTURE, PICTURE)))) == 2


@pytest.mark.parametrize("letter", ["x", "å", "\u0b85", "\U00020bb7"], ids=["1", "2", "3", "4"])
async def test_many_files_of_long_names_are_all_written(world: World, folder: Path, letter: str) -> None:
    """A hundred and fifty packed attachments, named in letters of one to four octets: no name is too long for a disk,
    none is cut inside a letter, and each keeps its ending."""
    content = attached(world, *[letter * 200] * 150)
    packed = content.replace(b"</MimeType>", b'</MimeType><Compression V="DF" DN="Deflate"/>')
    files = extracts(packed, ())
    assert len(write_all(folder, files)) == 150
    there = lying(folder)
    assert set(there.values()) == {PDF}
    assert all(len(name.encode()) <= 255 and name.endswith(f"{letter}.pdf.deflate") for name in there)
    assert {int(name.partition("-")[0]) for name in there} == set(range(1, 151))


async def test_what_cannot_be_decoded_is_told(world: World) -> None:
    """No attachment is left out in silence."""
    content = attached(world, "Liste").replace(base64.b64encode(PDF), b"????")
    with pytest.raises(AdapterError, match="no base64"):
        extracts(content, ())


async def test_a_sealed_mail_is_opened_with_its_parts(world: World, folder: Path) -> None:
    """`adapter open` writes the message, and the parts where it is told to; otherwise it says how many there are."""
    content = world.hospital.build("discharge-ready")
    submit_now(world.hospital.installation, content, beside=(PICTURE, NOTE))
    await world.hospital.daemon.settle()
    mail, out = folder.parent / "in.eml", folder.parent / "out.xml"
    mail.write_bytes(world.road.taken[0].content)
    alone = run(world, "open", str(mail), "-o", str(out))
    assert alone.exit_code == 0, alone.output
    assert "2 other payload parts" in alone.output
    told = run(world, "open", str(mail), "-o", str(out), "--beside", str(folder), "--json")
    assert (json.loads(told.output)["parts"], out.read_bytes()) == (2, content)
    assert lying(folder) == {"1-part.jpg": PICTURE, "2-part.xml": NOTE}


async def test_a_message_without_files_says_so(world: World, folder: Path) -> None:
    """Nothing is written, and that is no mistake."""
    exchange = await received(world, world.hospital.build("discharge-ready"))
    shown = run(world, "show", exchange, "--attachments", str(folder))
    assert (shown.exit_code, "Nothing goes with" in shown.output) == (0, True)
    both = run(world, "show", exchange, "--attachments", str(folder), "--payload")
    assert both.exit_code == 2
    assert lying(folder) == {}
    assert write_all(folder, (Extract("1-a.bin", b""),))[0].read_bytes() == b""
