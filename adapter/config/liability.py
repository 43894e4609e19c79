"""Which policy and rates the ledger uses, and how a counterpart writes its statement."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from adapter.lookups.toml_files import FilePath, Her, Name, Section, Sector

_AGREEMENT = re.compile(r"\s*\[\[\s*liability\s*\.\s*agreement\s*\]\]")


class PolicyAgreement(Section):
    """Which policy profile a hospital and a municipality (level 1) have agreed on, and for which days (LI-095)."""

    hospital: Her
    """HER-id of the hospital's organisation."""
    municipality: Her
    """HER-id of the municipality's organisation."""
    policy: Name
    """Name of the profile that the two have agreed on."""
    sector: Sector | None = None
    """Sector that the agreement holds for; left out, every sector."""
    first: Annotated[date, Field(alias="from")] = date.min
    """First day of the agreement."""
    last: Annotated[date, Field(alias="to")] = date.max
    """Last day of the agreement, included."""
    by: Literal["night", "stay"] = "night"
    """Whether the days are those of the night, or with `"stay"` the day on which a stay begins."""
    _line: int = PrivateAttr(0)

    @property
    def line(self) -> int:
        """Where its table begins in the configuration; 0 where that is not known."""
        return self._line

    def stands_on(self, line: int) -> None:
        self._line = line


class StatementImport(Section):
    """How the counterpart writes its statement as CSV: the names of its columns, separators and the form of dates.

    A line has either one date in `date`, or `first` and `last`. The defaults are the form of our own CSV.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """What separates two columns."""
    decimal: Literal[".", ","] = "."
    """What separates kroner and øre."""
    date_format: Name = "%Y-%m-%d"
    """Form of a date, in the letters of strptime."""
    encoding: Literal["utf-8", "iso-8859-1", "windows-1252"] = "utf-8"
    """Character encoding of the file."""
    reference: Name | None = "stay"
    """Column of our stay key or of a MsgId."""
    date: Name | None = "date"
    """Column of the date, where a line is one night."""
    first: Name | None = None
    """Column of the first date, where a line is a period; needs `last`."""
    last: Name | None = None
    """Column of the last date."""
    nights: Name | None = "nights"
    """Column of the number of nights."""
    amount: Name | None = "amount_nok"
    """Column of the amount in kroner."""

    @model_validator(mode="after")
    def _has_dates(self) -> Self:
        if (self.first is None) != (self.last is None):
            raise ValueError("first and last belong together")
        return self


class Liability(Section):
    """The policy profiles, agreements and further rates that the ledger uses."""

    policy: Name = "NO-BASE"
    """Profile that holds where no `[[liability.agreement]]` does."""
    policies: FilePath | None = None
    """Folder with profiles of your own, one TOML file each."""
    rates: FilePath | None = None
    """JSON file with prices that are newer than the adapter's."""
    residences: FilePath | None = None
    """CSV file that says who pays where it is not who had the notice: stay, from, registered, staying."""
    agreement: tuple[PolicyAgreement, ...] = ()
    """Which profile two organisations have agreed on."""
    smallest_cell: Annotated[int, Field(ge=1, le=100)] = 5
    """Statistics hide what fewer stays than this say."""
    statement: Annotated[StatementImport, Field(alias="import")] = StatementImport()
    """How a counterpart writes its statement."""

    def find_lines(self, content: bytes) -> None:
        """Tell each agreement on which line of the file its table begins, for mistakes that are found later."""
        lines = content.decode().splitlines()
        heads = [number for number, line in enumerate(lines, 1) if _AGREEMENT.match(line)]
        if len(heads) == len(self.agreement):
            for agreement, line in zip(self.agreement, heads, strict=True):
                agreement.stands_on(line)
