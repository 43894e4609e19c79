"""The generated pages of the documentation."""

from __future__ import annotations

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
