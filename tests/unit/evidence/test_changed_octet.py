"""One octet of a package is changed, in each of its members in turn, and the command is asked what holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from played_stay import Exporter, Played

from adapter.cli.evidence import command
from adapter.evidence.anonymised import pack_anonymised
from adapter.evidence.container import Member, read, write

SIGNED = {"manifest.json", "manifest.sig"}
"""A change in one of the two shows as a signature that does not hold over the other."""


@pytest.fixture
def checked(tmp_path: Path):
    """What `adapter evidence verify` says of a package: its exit code and its failing lines."""

    def check(package: bytes) -> tuple[int, list[str]]:
        file = tmp_path / "stay.zip"
        file.write_bytes(package)
        done = CliRunner().invoke(command, ["verify", str(file)])
        return done.exit_code, [line for line in done.output.splitlines() if line.startswith("  fails ")]

    return check


@pytest.mark.parametrize("form", ["full", "anonymised"])
def test_a_changed_octet_of_any_member_is_named(played: Played, checked, form: str) -> None:
    """Exit code 1, and a failing line with the name of the member."""
    exporter: Exporter = played.hospital
    package = exporter.package if form == "full" else pack_anonymised(exporter.dossier, 7, exporter.identity)
    members = read(package).members
    assert checked(package) == (0, [])
    for place, one in enumerate(members):
        # In the manifest the change has to leave a manifest that can be read: a digit of a digest.
        is_manifest = one.name == "manifest.json"
        at = one.content.index(b'"sha256"') + 14 if is_manifest else len(one.content) // 2
        digit = b"1" if one.content[at : at + 1] == b"0" else b"0"
        changed = digit[0] if is_manifest else one.content[at] ^ 1
        content = one.content[:at] + bytes([changed]) + one.content[at + 1 :]
        code, failing = checked(write((*members[:place], Member(one.name, content), *members[place + 1 :])))
        names = SIGNED if one.name in SIGNED else {one.name}
        assert (code, any(name in line for line in failing for name in names)) == (1, True), one.name
