"""The container: one way to write it, and every other octet is found."""

from __future__ import annotations

import io
import random
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import AdapterError
from adapter.evidence import container
from adapter.evidence.container import Member, Unpacked, read, write

MEMBERS = (
    Member("manifest.json", b'{"a": 1}\n'),
    Member("facts/0001.json", b"{}"),
    Member("messages/001/mail.eml", b"From: a\r\n\r\nPK\x03\x04 in the text"),
    Member("empty.bin", b""),
)
SMALL = write(MEMBERS)


def read_if_possible(content: bytes) -> Unpacked | None:
    """What is read of a file; None where it is refused as unreadable."""
    try:
        return read(content)
    except AdapterError as error:
        if error.id != "EVIDENCE-UNREADABLE":
            raise
        return None


names = st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8})?\.[a-z]{3}", fullmatch=True)
members = st.lists(st.builds(Member, names, st.binary(max_size=50)), min_size=1, unique_by=lambda one: one.name)


@given(members)
def test_what_is_written_is_read_back(given_members: list[Member]) -> None:
    """Any members come back as they were, in their order, without a word of damage."""
    found = read(write(given_members))
    assert found.members == tuple(given_members)
    assert found.damage == ()


@given(members)
def test_every_zip_program_opens_it(given_members: list[Member]) -> None:
    """The standard library's own reader of ZIP files finds the same members."""
    with zipfile.ZipFile(io.BytesIO(write(given_members))) as opened:
        assert opened.testzip() is None
        assert [(one, opened.read(one)) for one in opened.namelist()] == [
            (one.name, one.content) for one in given_members
        ]


def region(at: int) -> str:
    """The member whose header, content or directory entry an octet belongs to; empty for the end."""
    before = 0
    for one in MEMBERS:
        before += 30 + len(one.name) + len(one.content)
        if at < before:
            return one.name
    for one in MEMBERS:
        before += 46 + len(one.name)
        if at < before:
            return one.name
    return ""


@pytest.mark.parametrize("bit", [0, 3, 7])
def test_every_octet_changed_is_found(bit: int) -> None:
    """A bit changed anywhere is damage, or a member that is not what it was; outside the contents it is named."""
    for at in range(len(SMALL)):
        changed = bytearray(SMALL)
        changed[at] ^= 1 << bit
        found = read_if_possible(bytes(changed))
        if found is None:
            continue
        assert found.damage, at
        there = {one.name: one.content for one in found.members}
        changed_members = {one.name for one in MEMBERS if there.get(one.name) != one.content}
        assert region(at) in {one.member for one in found.damage} | changed_members | {""}, at


def test_every_octet_removed_or_added_is_found() -> None:
    """A file that lost an octet, or has one more, is never read without damage."""
    for at in range(len(SMALL) + 1):
        for other in (SMALL[:at] + SMALL[at + 1 :], SMALL[:at] + b"\x00" + SMALL[at:], SMALL[:at]):
            if other == SMALL:
                continue
            found = read_if_possible(other)
            assert found is None or found.damage, at


def test_members_behind_a_torn_place_are_found_again() -> None:
    """A header that cannot be read loses its own member and no other."""
    at = SMALL.index(b"facts/0001.json") - 30
    torn = SMALL[:at] + b"XXXX" + SMALL[at + 4 :]
    found = read(torn)
    assert [one.name for one in found.members] == ["manifest.json", "messages/001/mail.eml", "empty.bin"]
    assert found.damage[0].member == "facts/0001.json"


def test_two_members_of_one_name_are_damage() -> None:
    """A name that stands twice is named."""
    twice = write([Member("a.txt", b"1"), Member("b.txt", b"2")]).replace(b"b.txt", b"a.txt")
    assert container.Damage("a.txt", "there are two members of this name") in read(twice).damage


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"PK\x05\x06" + b"\x00" * 18, b"<MsgHead/>", b"\x00" * 1000, b"PK\x03\x04" * 5000],
    ids=["nothing", "two octets", "an empty ZIP", "XML", "zeros", "marks without members"],
)
def test_what_is_no_package_is_refused(content: bytes) -> None:
    """A file without one member of ours is unreadable, and says so."""
    with pytest.raises(AdapterError) as caught:
        read(content)
    assert caught.value.id == "EVIDENCE-UNREADABLE"


def test_a_compressed_member_is_no_member() -> None:
    """A ZIP that could unfold to more than itself is refused whole."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("manifest.json", b"\x00" * 1_000_000)
    with pytest.raises(AdapterError):
        read(made.getvalue())


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the size, or with too many members, is refused before it is worked on."""
    monkeypatch.setattr(container, "MAX_OCTETS", len(SMALL) - 1)
    with pytest.raises(AdapterError, match="over"):
        read(SMALL)
    monkeypatch.setattr(container, "MAX_OCTETS", len(SMALL))
    monkeypatch.setattr(container, "MAX_MEMBERS", 3)
    with pytest.raises(AdapterError, match="over 3 members"):
        read(SMALL)
    with pytest.raises(ValueError, match="not too many"):
        write(MEMBERS)


@pytest.mark.parametrize("name", ["", "A.txt", "../x", "/x", "x/", "a//b", "a b", "ø", "x" * 101, "a\\b", ".hidden"])
def test_names_that_could_lead_astray(name: str) -> None:
    """A member's name is plain: no path upwards, no white space, no capital, nothing long."""
    with pytest.raises(ValueError):
        Member(name, b"")


@given(st.binary(max_size=300), st.integers(0, 2**32))
def test_no_file_breaks_the_reader(noise: bytes, seed: int) -> None:
    """Whatever octets come, there is an answer or a refusal."""
    shuffled = bytearray(SMALL)
    chance = random.Random(seed)
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(shuffled))
        shuffled[at : at + chance.randrange(4)] = noise[: chance.randrange(8)]
    for content in (noise, SMALL + noise, noise + SMALL, bytes(shuffled)):
        found = read_if_possible(content)
        assert found is None or found.damage or content == SMALL
