"""What the tests of the messages share: code lists, schemas, and messages built by our own builders."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.messages.answering import Software
from adapter.messages.building import build, example, parse_input
from adapter.messages.codes import CodeLists
from adapter.messages.schemas import SchemaSet
from adapter.values import MsgId

ROOT = Path(__file__).parents[3]
Build = Callable[..., bytes]


@pytest.fixture(scope="session")
def codes() -> CodeLists:
    return CodeLists.parse((ROOT / "adapter/data/codes.tsv").read_bytes())


@pytest.fixture(scope="session")
def schemas() -> SchemaSet:
    return SchemaSet({path.name: path.read_bytes() for path in (ROOT / "schemas").iterdir()})


@pytest.fixture(scope="session")
def built(codes: CodeLists) -> Build:
    """A message of a kind, from its example input with the top-level keys replaced that are given."""

    def make(
        kind: str,
        changes: dict[str, object] | None = None,
        now: datetime = datetime(2024, 3, 25, 9, 0, tzinfo=UTC),
        msg_id: str = "6a1d0b6f-5b0e-4c53-9f2c-6a1d0b6f5c11",
    ) -> bytes:
        values = json.loads(example(kind)) | (changes or {})
        message = parse_input(kind, json.dumps(values).encode())
        software = Software("adapter", "test")
        return build(kind, message, {}, now=now, msg_id=MsgId(msg_id), codes=codes, software=software)

    return make


@pytest.fixture(scope="session")
def official() -> Path:
    """The official examples, where they lie beside the project."""
    place = ROOT.parent / "shared" / "examples"
    if not place.is_dir():
        pytest.skip("the official examples do not lie beside the project")
    return place
