"""The generated pages of the documentation."""

from __future__ import annotations

import importlib
import re

import pytest

from tests import pages
from tests.configuration_page import meaningless


@pytest.mark.parametrize("name", sorted(pages.PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    """The page in `docs/` is what the catalogue says now; `make docs` writes it anew."""
    assert (pages.DOCS / name).read_text("utf-8") == pages.PAGES[name]()


def test_every_key_of_the_configuration_says_what_it_means() -> None:
    """A docstring stands under each key of each section model; the configuration reference is made of them."""
    assert meaningless() == []


def test_the_glossary_names_what_is_in_the_code() -> None:
    """Every name of its last column is a module, or stands in one."""
    rows = (pages.DOCS / "glossary.md").read_text("utf-8").splitlines()
    names = [f"adapter.{found[1]}" for row in rows if (found := re.search(r"`([a-z][\w.]+)` \|$", row))]
    assert len(names) > 30
    assert [name for name in names if not is_there(name)] == []


def is_there(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        module, _, member = name.rpartition(".")
        return hasattr(importlib.import_module(module), member)
    return True
