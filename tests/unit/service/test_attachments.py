"""Files that go along with a message built from JSON."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.errors import FILE_UNREADABLE, INPUT_NOT_UNDERSTOOD, AdapterError
from adapter.lookups import packaged
from adapter.messages.building import InputError, example
from adapter.messages.codes import CodeLists
from adapter.messages.head import Attachment
from adapter.messages.read import read
from adapter.messages.reading import understand
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.messages.writing import write_message
from adapter.service.build_json import build_message
from adapter.values import MsgId

NOW = datetime(2024, 3, 25, 9, 0, tzinfo=UTC)
CODES = CodeLists.parse(packaged.codes())
SCHEMAS = SchemaSet(packaged.schemas())
PDF = b"%PDF-1.7\n\x00\xff"


def built(folder: Path | None, *attachments: dict[str, str], kind: str = "clinical-dialog") -> bytes:
    values = json.loads(example(kind)) | {"attachments": attachments}
    return build_message(
        json.dumps(values).encode(),
        kind,
        None,
        now=NOW,
        msg_id=MsgId("6a1d0b6f-5b0e-4c53-9f2c-6a1d0b6f5c11"),
        codes=CODES,
        folder=folder,
    )


def one(**said: str) -> dict[str, str]:
    return {"description": "Legemiddelliste", "mime_type": "application/pdf", **said}


@pytest.mark.parametrize("kind", ["clinical-dialog", "discharge-report", "discharge-ready", "summary"])
def test_attachments_go_along_and_are_read_back(tmp_path: Path, kind: str) -> None:
    """Each is a document of its own after the content, clean for schema and rules, and gives its octets back."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/medicines.pdf").write_bytes(PDF)
    encoded = base64.encodebytes(PDF * 40).decode()
    content = built(tmp_path, one(file="lists/medicines.pdf"), one(base64=encoded), kind=kind)
    for side in Side:
        assert read(content, SCHEMAS, Context(side, CODES, NOW)).findings == ()
    reading = understand(content)
    assert reading.head is not None
    assert reading.message is not None
    assert reading.head.attachments == (
        Attachment("Legemiddelliste", "application/pdf", PDF),
        Attachment("Legemiddelliste", "application/pdf", PDF * 40),
    )
    assert write_message(reading.head, reading.message) == content


def test_a_format_that_the_profile_forbids_is_found(tmp_path: Path) -> None:
    """Helsefaglig dialog takes no spreadsheet; the rule says so before anything is sent."""
    content = built(tmp_path, one(base64="AAAA") | {"mime_type": "application/vnd.ms-excel"})
    assert [finding.rule for finding in read(content, SCHEMAS, Context(Side.SEND, CODES, NOW)).findings] == ["MH-042"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "either base64 or file"),
        ({"base64": "AAAA", "file": "x.pdf"}, "either base64 or file"),
        ({"base64": "A"}, r"attachments\[0\]\.base64"),
        ({"base64": "????"}, r"attachments\[0\]\.base64"),
        ({"file": "empty.pdf"}, r"attachments\[0\]\.file"),
        ({"base64": "AAAA", "mime_type": "pdf"}, "mime_type"),
    ],
)
def test_an_attachment_that_cannot_be_is_refused_with_its_place(
    tmp_path: Path, said: dict[str, str], told: str
) -> None:
    """What says nothing, says two things or is no base64 is a mistake of the input like every other."""
    (tmp_path / "empty.pdf").write_bytes(b"")
    with pytest.raises(InputError, match=told):
        built(tmp_path, one(**said))


@pytest.mark.parametrize("name", ["../secret.pdf", "/etc/hostname", "away.pdf"])
def test_no_file_outside_the_folder_is_read(tmp_path: Path, name: str) -> None:
    """Neither a path upwards, an absolute one nor a link out of the folder reads a file of the machine."""
    (tmp_path / "secret.pdf").write_bytes(PDF)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "away.pdf").symlink_to(tmp_path / "secret.pdf")
    with pytest.raises(AdapterError, match="below the folder") as refused:
        built(folder, one(file=name))
    assert refused.value.kind is INPUT_NOT_UNDERSTOOD


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file is an error of its own, with its path."""
    with pytest.raises(AdapterError) as refused:
        built(tmp_path, one(file="missing.pdf"))
    assert refused.value.kind is FILE_UNREADABLE


def test_an_object_of_somebody_else_names_no_file(tmp_path: Path) -> None:
    """Where the object did not come from our own disk, a file name reads nothing."""
    with pytest.raises(AdapterError, match="base64"):
        built(None, one(file="x.pdf"))
