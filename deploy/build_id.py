"""Puts the build id into the wheel: the commit it is made from, or `unknown` outside a repository.

The same commit gives the same octets: nothing of the machine or of the time of day is in it.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildId(BuildHookInterface):  # type: ignore[misc,type-arg]
    """Found by hatchling as the one hook of this file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add `adapter/data/build` to a wheel; an editable installation has none."""
        if version == "editable":
            return
        folder = Path(tempfile.mkdtemp(prefix="adapter-build-"))
        file = folder / "build"
        file.write_text(build_id(Path(self.root)) + "\n", "ascii")
        build_data["force_include"][str(file)] = "adapter/data/build"


def build_id(root: Path) -> str:
    """The short commit of a checkout, with a + where files differ from it; `unknown` where there is none."""
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    if not commit or _git(root, "rev-parse", "--show-toplevel") != str(root.resolve()):
        return "unknown"
    return f"{commit}+" if _git(root, "status", "--porcelain", "--untracked-files=no") else commit


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
