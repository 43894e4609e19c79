"""Whether the code lists are read, looked up, and agree with the codes our models stand on."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from adapter.messages.codes import CodeLists, Event, IdType, ReceiptCode, Sex, State, Status
from adapter.messages.datatypes import OID, Code
from adapter.messages.rules.receipts import EXPLAINED, may_be_sent

REFERENCE = Path(__file__).parents[4] / "shared" / "reference"
beside = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference is not beside this checkout")


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


@beside
def test_every_list_and_code_of_the_reference_is_there_with_its_text(codes: CodeLists) -> None:
    """Each row of the table, by OID, code and Norwegian text; `*` stands for a list that is kept elsewhere."""
    with (REFERENCE / "tables" / "codes.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) > 1300
    wrong = []
    for row in rows:
        number = row["oid"].removeprefix(OID)
        listed = codes.lists.get(number)
        if listed is None or not number.isdigit():
            wrong.append((row["oid"], "no such list"))
        elif row["code"] == "*":
            assert not listed.complete, number
        elif row["code"] != "(ikke angitt)" and listed.codes.get(row["code"]) != row["norwegian"]:
            wrong.append((row["oid"], row["code"]))
    assert wrong == []


@beside
def test_the_errors_of_a_receipt_are_those_of_its_table(codes: CodeLists) -> None:
    """Each row of `apprec.md` §4.2: code, text, and whether it is ours to send for a nursing and care message."""
    text = (REFERENCE / "apprec.md").read_text("utf-8")
    table = text.partition("### 4.2 Error codes")[2].partition("Sources:")[0]
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\| [A-Z]\d\d .*$", table, re.M)
    ]
    assert {row[0] for row in rows} == set(codes.lists["8221"].codes) | {"E40"}
    for code, dn, _, when, duty in rows:
        assert code == "E40" or codes.text("8221", code) == dn
        withheld = (
            re.search(r"only if documented|[Dd]o not send in PLO|never send|Never for PLO", when) or when == "same"
        )
        withheld = withheld or when == "same limitation"
        assert may_be_sent(code, "LOG_UTSKRIVNINGSKLAR") is (withheld is None or withheld is False), (code, when, duty)
    assert may_be_sent("E35", "EPIKRISE")
    assert {row[0] for row in rows if "OT is mandatory" in row[3]} <= EXPLAINED
