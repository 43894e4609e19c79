"""Under which reason does something wait that broke our own code, and is a reason such a one?

The name of the defect and nothing else: its text may hold a piece of a message.
"""

from __future__ import annotations

_DEFECT = "defect"


def defect(name: str) -> str:
    """The reason for what broke our own code by a defect of this name."""
    return f"{_DEFECT} {name}"


def is_defect(reason: str) -> bool:
    """Whether something waits for a defect of ours."""
    return reason.startswith(f"{_DEFECT} ")
