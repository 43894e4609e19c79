"""The generated pages of the documentation."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("pages", Path(__file__).parents[1] / "pages.py")
assert SPEC is not None
assert SPEC.loader is not None
pages = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(pages)


@pytest.mark.parametrize("name", sorted(pages.PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    """The page in `docs/` is what the catalogue says now; `make docs` writes it anew."""
    assert (pages.DOCS / name).read_text("utf-8") == pages.PAGES[name]()
