"""What people read of a stay and of a month is what was read and kept."""

from __future__ import annotations

from tests.kept import FOLDER, pages


def test_every_page_is_as_it_was_kept() -> None:
    """Letter by letter; a page that changes on purpose is written anew by `python -m tests.kept`, and read."""
    kept = {}
    for path in FOLDER.iterdir():
        with path.open(encoding="utf-8", newline="") as file:
            kept[path.name] = file.read()
    found = pages()
    assert sorted(found) == sorted(kept)
    assert [name for name in sorted(found) if found[name] != kept[name]] == []
