"""The co-financing of 2012 to 2014."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapter.cli.cofinancing import command
from adapter.liability.cofinancing import Cofinancing, cofinancing
from adapter.liability.mistakes import Mistakes

HEAD = "stay,municipality,date,drg_type,points\n"


def amount(row: str) -> tuple[str, str]:
    found = cofinancing((HEAD + row).encode())
    assert isinstance(found, Cofinancing)
    return str(found.shares[0].amount), found.shares[0].reason


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a,M,2012-03-05,medical,1", ("7641.80", "")),
        ("a,M,2012-03-05,medical,4", ("30567.20", "")),
        ("a,M,2012-12-31,Medical,9.5", ("30567.20", "")),
        ("a,M,2013-01-01,medical,4.1", ("31557.60", "")),
        ("a,M,2014-12-31,medical,4", ("32617.60", "")),
        ("a,M,2012-03-05,surgical,1", ("0.00", "surgical is not covered")),
        ("a,M,2012-03-05,newborn,1", ("0.00", "newborn is not covered")),
        ("a,M,2015-01-01,medical,1", ("0.00", "outside 2012 to 2014")),
        ("a,M,2011-12-31,medical,1", ("0.00", "outside 2012 to 2014")),
        ("a,M,2012-03-05,medical,0", ("0.00", "")),
    ],
)
def test_the_share_of_a_stay(row: str, expected: tuple[str, str]) -> None:
    """20 per cent of unit price times points, at most 4 points, of medical stays of the three years."""
    assert amount(row) == expected


def test_municipalities_and_sum() -> None:
    """Each municipality has its own sum; semicolons and decimal commas are read too."""
    rows = ("a;M;2012-03-05;medical;1,0", "b;N;2012-03-05;medical;0,5", "c;N;2012-03-05;birth;1")
    found = cofinancing("\n".join((HEAD.strip().replace(",", ";"), *rows)).encode("utf-8-sig"))
    assert isinstance(found, Cofinancing)
    assert found.by_municipality == (("M", 1, Decimal("7641.80")), ("N", 1, Decimal("3820.90")))
    assert found.amount == Decimal("11462.70")


def test_every_mistake_at_once() -> None:
    """Wrong dates, kinds and points are told with their lines; so are missing columns and other encodings."""
    found = cofinancing((HEAD + "a,M,5.3.2012,medisin,-1\nb,M,2012-03-05,medical,1e9\n").encode())
    assert isinstance(found, Mistakes)
    assert [(one.where, one.line) for one in found.all] == [("date", 2), ("drg_type", 2), ("points", 2), ("points", 3)]
    short = cofinancing(b"stay,date\n")
    assert isinstance(short, Mistakes)
    assert len(short.all) == 3
    assert isinstance(cofinancing(b""), Mistakes)
    assert isinstance(cofinancing(b"\xff"), Mistakes)


def test_the_report_says_that_it_is_not_verified(tmp_path: Path) -> None:
    """The mark stands in every form of the report; a file with mistakes is an error."""
    file = tmp_path / "kmf.csv"
    file.write_text(HEAD + "a,M,2012-03-05,medical,5\nb,M,2012-03-05,birth,5\n")
    told = CliRunner().invoke(command, [str(file)]).stdout
    assert "M: 1 stays, NOK 30 567.20" in told
    assert "unverified [B]" in told
    document = json.loads(CliRunner().invoke(command, [str(file), "--json"]).stdout)
    assert (document["amount_nok"], document["stays"][1]["reason"]) == ("30567.20", "birth is not covered")
    assert "unverified" in document["mark"]
    file.write_text("stay\n")
    assert CliRunner().invoke(command, [str(file)]).exit_code != 0
