"""The official examples, where they lie beside this checkout, and the verdict each of them gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.lookups.packaged import schemas
from adapter.messages.schemas import SchemaSet
from adapter.messages.xml import parse

EXAMPLES = Path(__file__).parents[3] / "shared" / "examples"
SET = SchemaSet(schemas())


def examples(pattern: str) -> list[object]:
    found = [pytest.param(path, id=path.name) for path in sorted(EXAMPLES.glob(pattern))]
    reason = "the official examples are not beside this checkout"
    return found or [pytest.param(Path(), marks=pytest.mark.skip(reason=reason), id="none")]


@pytest.mark.parametrize("path", [*examples("plo-1.6/*.xml"), *examples("dialog-1.0/*.xml"), *examples("cpa/*.xml")])
def test_official_messages_and_profiles_are_accepted(path: Path) -> None:
    """The official messages and the profile template have no schema finding."""
    assert SET.validate(parse(path.read_bytes())) == ()


@pytest.mark.parametrize("path", examples("apprec/*.xml"))
def test_the_official_receipt_is_accepted_with_its_mistakes(path: Path) -> None:
    """The official receipt is XSD-valid: an empty Inst, no roles, an empty DN are for the rules (apprec.md §9)."""
    assert SET.validate(parse(path.read_bytes())) == ()


@pytest.mark.parametrize("path", examples("ebxml/*.xml"))
def test_the_official_envelopes_are_accepted_with_their_mistakes(path: Path) -> None:
    """Both envelopes are XSD-valid: what is wrong in them is for the rules (ebxml.md §12.1).

    The message has Service `EPIKRISE-S`, a MessageId with a leading blank and two different Content-IDs for one part;
    the acknowledgment has Role. Both sign with SHA-1 and two transforms. All of it is text the schema leaves free.
    The blocks once nested in MessageHeader were moved out by the publisher, and Acknowledgment ends with ds:Reference.
    """
    assert SET.validate(parse(path.read_bytes())) == ()
