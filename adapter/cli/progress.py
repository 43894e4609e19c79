"""A progress bar on stderr, where somebody is looking at one.

It draws on a terminal only and leaves nothing behind. A command that writes a line for every thing it does needs none
where those lines go to the same terminal: they would run into the bar.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""

FEW = 20
"""So few things are done before a bar could be read."""


@contextmanager
def progress(doing: str, total: int | None = None, *, tells_each: bool = False) -> Iterator[Progress]:
    """A bar while something long is done; silent on a pipe, and for a `total` that is small; None is not known yet.

    `tells_each` is for a command that writes a line on stdout for every thing that it does.
    """
    told_already = tells_each and sys.stdout.isatty()
    if not sys.stderr.isatty() or told_already or (total is not None and total <= FEW):
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)
