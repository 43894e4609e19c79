"""The page for integrators and the OpenAPI document name the same addresses."""

from __future__ import annotations

import json
import re
from typing import Any

from adapter.api.application import OPERATIONS
from adapter.api.openapi import description
from tests.pages import DOCS

PAGE = (DOCS / "integrators.md").read_text("utf-8")
FLAT = re.sub(r"\$\([^)]*\)", "X", PAGE)
"""The page with what a command puts into an address replaced by one word."""
ROW = re.compile(r"^\| `(GET|POST) (/\S+)` \| (?:`(\w+)`|none needed) \| .+ \|$", re.MULTILINE)
USED = re.compile(r"(?:\$ADAPTER_URL|`|POST )(/(?:api|health|metrics)[^\s\"`]*)")


def paths() -> Any:
    """What the document says of each address and method."""
    return json.loads(description(OPERATIONS))["paths"]


def fits(path: str) -> bool:
    """Whether an address of an example is one of the document, with something in each of its places."""
    asked = path.partition("?")[0]
    return any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", offered), asked) for offered in paths())


def test_the_table_has_every_address_and_no_other() -> None:
    """Each method and path of the document is a row, once."""
    rows = [(method, path) for method, path, _ in ROW.findall(PAGE)]
    assert sorted(rows) == sorted((method.upper(), path) for path, of in paths().items() for method in of)


def test_the_table_names_the_scope_that_is_asked_for() -> None:
    """As the operation's own description does."""
    for method, path, scope in ROW.findall(PAGE):
        said = paths()[path][method.lower()]
        assert bool(said["security"]) is bool(scope)
        assert not scope or f"Scope: `{scope}`" in said["description"]


def test_every_address_in_an_example_or_a_sentence_is_one_of_the_document() -> None:
    """Nothing on the page leads nowhere."""
    used = {path.rstrip("'),.;") for path in USED.findall(FLAT)}
    assert len(used) > 10
    assert [path for path in sorted(used) if "{" not in path and not fits(path)] == []
