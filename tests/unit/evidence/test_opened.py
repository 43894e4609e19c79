"""A package opened: whatever octet of it is not as it was, is named by its member."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from played_stay import Exporter, failures

from adapter.errors import AdapterError
from adapter.evidence.container import Member, read, write
from adapter.evidence.layout import MANIFEST, SIGNATURE
from adapter.evidence.opened import open_package
from adapter.evidence.report import Check, Outcome


def regions(package: bytes) -> list[tuple[int, str]]:
    """Where each member ends, then where its entry in the directory ends."""
    members, ends, at = read(package).members, [], 0
    for head, with_content in ((30, True), (46, False)):
        for one in members:
            at += head + len(one.name) + (len(one.content) if with_content else 0)
            ends.append((at, one.name))
    return ends


def owner(ends: list[tuple[int, str]], at: int) -> str:
    return next((name for end, name in ends if at < end), "")


def failed(package: bytes) -> set[str]:
    """The members that a failing line names; the opening alone sees every octet but the signature's meaning."""
    try:
        lines = open_package(package).lines
    except AdapterError as error:
        assert error.id == "EVIDENCE-UNREADABLE"  # noqa: PT017
        return {MANIFEST}
    return {line.member for line in lines if line.outcome is Outcome.FAILS}


@given(st.integers(0, 10**9), st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_a_changed_bit_is_named_by_its_member(hospital: Exporter, place: int, bit: int) -> None:
    """A bit changed at any place of the file makes a check fail that names the member it belongs to."""
    package, ends = hospital.package, regions(hospital.package)
    at = place % len(package)
    changed = bytearray(package)
    changed[at] ^= 1 << bit
    name = owner(ends, at)
    assert name in failed(bytes(changed))


@given(st.integers(0, 10**9), st.booleans())
@settings(max_examples=100, deadline=None)
def test_an_octet_more_or_less_is_named_by_its_member(hospital: Exporter, place: int, more: bool) -> None:
    """An octet added or taken away makes a check fail that names the member it belongs to, or the one before it."""
    package, ends = hospital.package, regions(hospital.package)
    first = ends[1][0] + 1
    at = first + place % (len(package) - first)
    changed = package[:at] + b"\x55" + package[at:] if more else package[:at] + package[at + 1 :]
    assert {owner(ends, at), owner(ends, at - 1)} & failed(changed)


def test_every_check_runs_on_a_damaged_package(hospital: Exporter) -> None:
    """A changed content fails in its own line; what rests on it says that it is missing, and the rest holds."""
    at = hospital.package.index(b"<MsgHead")
    name = owner(regions(hospital.package), at)
    changed = hospital.package[:at] + b"<MsgHeaD" + hospital.package[at + 8 :]
    found = failures(changed)
    assert ("digest", name) in found
    assert ("decision", "decision/agreement.json") not in found


def changed(package: bytes, change: Callable[[list[Member]], None]) -> bytes:
    members = list(read(package).members)
    change(members)
    return write(members)


@pytest.mark.parametrize("number", [1, 2, 5, 20, -1])
def test_a_missing_member_is_named(hospital: Exporter, number: int) -> None:
    """A member left out, the signature too, is named as missing, however well the file is written."""
    name = read(hospital.package).members[number].name
    without = changed(hospital.package, lambda members: members.__delitem__(number))
    assert ("digest", name) in failures(without)


def test_an_added_member_is_named(hospital: Exporter) -> None:
    """A member that the manifest does not know is named."""
    more = changed(hospital.package, lambda members: members.insert(9, Member("extra.txt", b"x")))
    assert failures(more) == [("digest", "extra.txt")]


@pytest.mark.parametrize(("one", "other"), [(2, 3), (10, 30), (0, 1), (1, 5)])
def test_members_in_another_order_are_named(hospital: Exporter, one: int, other: int) -> None:
    """Two members that changed places are found, and the first of them is named."""

    def swap(members: list[Member]) -> None:
        members[one], members[other] = members[other], members[one]

    names = [member.name for member in read(hospital.package).members]
    assert failures(changed(hospital.package, swap)) == [("digest", names[other])]


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{}", b"\xff", b'{"format": "adapter-evidence/2"}', b"[" * 100_000])
def test_a_manifest_that_cannot_be_read(hospital: Exporter, manifest: bytes) -> None:
    """Without a manifest that can be read there is nothing to check against: the file is unreadable."""
    package = changed(hospital.package, lambda members: members.__setitem__(0, Member(MANIFEST, manifest)))
    with pytest.raises(AdapterError) as caught:
        open_package(package)
    assert caught.value.id == "EVIDENCE-UNREADABLE"


def test_no_manifest_at_all(hospital: Exporter) -> None:
    """Any other ZIP of plain members is unreadable too."""
    with pytest.raises(AdapterError, match="no manifest"):
        open_package(write([Member("a.txt", b"x")]))


def test_another_manifest_over_the_same_members(hospital: Exporter) -> None:
    """A manifest that was changed together with a member fails by its signature."""
    forged = hospital.repack({"case.json": hospital.member("case.json").replace(b"SOM", b"PHV")})
    members = list(read(forged).members)
    members[1] = Member(SIGNATURE, hospital.member(SIGNATURE))
    lines = [line for line in failures(write(members)) if line[0] == Check.MANIFEST]
    assert lines == [("manifest", MANIFEST)]


@pytest.mark.parametrize("name", ["manifest.json", "case.json"])
def test_a_manifest_that_names_itself_or_a_member_twice(hospital: Exporter, name: str) -> None:
    """A list of members that is not a plain list fails, though it is signed."""
    listed = hospital.repack({})
    content = read(listed).members[0].content
    row = (
        b'"members": [\n  {\n   "name": "'
        + name.encode()
        + b'",\n   "size": 1,\n   "sha256": "'
        + b"0" * 64
        + b'"\n  },'
    )
    members = list(read(listed).members)
    members[0] = Member(MANIFEST, content.replace(b'"members": [', row, 1))
    assert ("digest", MANIFEST) in failures(write(members))
