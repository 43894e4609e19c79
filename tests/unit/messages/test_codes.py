"""Whether the code lists are read, looked up, and agree with the codes our models stand on."""

from __future__ import annotations

import pytest

from adapter.messages.codes import CodeLists, Event, IdType, ReceiptCode, Sex, State, Status
from adapter.messages.datatypes import Code


def test_lists_have_a_version(codes: CodeLists) -> None:
    """The lists say which edition they are."""
    assert codes.version == "2024-09-05"
    assert len(codes.lists) > 80


def test_code_gets_its_text_and_list(codes: CodeLists) -> None:
    """A CV is made with text and OID."""
    assert codes.cv("9034", "24") == Code("24", "Kontakt hos mottaker", "2.16.578.1.12.4.1.1.9034")
    assert codes.cs("7309", "C") == Code("C", "Kansellering")


def test_only_a_complete_list_refuses(codes: CodeLists) -> None:
    """A code outside is refused by a list known whole and by no other."""
    assert codes.refuses("9121", "99")
    assert not codes.refuses("9121", "3")
    assert not codes.refuses("8279", "ERM1")
    assert not codes.refuses("7110", "S720")
    assert not codes.refuses("0000", "1")


@pytest.mark.parametrize(
    ("number", "members"),
    [
        ("9121", tuple(Event)),
        ("7309", tuple(Status)),
        ("8431", tuple(State)),
        ("3101", tuple(Sex)),
        ("8258", tuple(ReceiptCode)),
        ("8116", (IdType.FNR, IdType.DNR, IdType.HNR, IdType.FHN, IdType.DUF, IdType.HPR, IdType.HER)),
        ("9051", (IdType.HER, IdType.ENH, IdType.LAV, IdType.LOK)),
    ],
)
def test_codes_in_the_program_are_those_of_the_lists(codes: CodeLists, number: str, members: tuple[Event, ...]) -> None:
    """The texts of the codes that models stand on are those of the lists."""
    for member in members:
        assert codes.text(number, member.value) == member.dn


@pytest.mark.parametrize("line", ["code\tA\tB", "list\t1", "word", "version\t1\t2"])
def test_broken_layout_is_refused(line: str) -> None:
    """A line that is no record is refused with its number."""
    with pytest.raises(ValueError, match="line 2"):
        CodeLists.parse(f"version\t1\n{line}\n".encode())
