"""Which policy and rates the ledger uses, and how a counterpart writes its statement."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.lookups.toml_files import FilePath, Her, Name, Section, Sector


class PolicyAgreement(Section):
    """Which policy profile a hospital and a municipality (level 1) have agreed on, `from` and `to` included (LI-095).

    Without `sector` it holds for every sector. The dates are those of the night; with `by = "stay"` those on which a
    stay begins.
    """

    hospital: Her
    municipality: Her
    policy: Name
    sector: Sector | None = None
    first: Annotated[date, Field(alias="from")] = date.min
    last: Annotated[date, Field(alias="to")] = date.max
    by: Literal["night", "stay"] = "night"


class StatementImport(Section):
    """How the counterpart writes its statement as CSV: the names of its columns, separators and the form of dates.

    `reference` is the column of our stay key or of a MsgId. A line has either one date in `date`, or `first` and
    `last`. The defaults are the form of our own CSV.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    date_format: Name = "%Y-%m-%d"
    encoding: Literal["utf-8", "iso-8859-1", "windows-1252"] = "utf-8"
    reference: Name | None = "stay"
    date: Name | None = "date"
    first: Name | None = None
    last: Name | None = None
    nights: Name | None = "nights"
    amount: Name | None = "amount_nok"

    @model_validator(mode="after")
    def _has_dates(self) -> Self:
        if (self.first is None) != (self.last is None):
            raise ValueError("first and last belong together")
        return self


class Liability(Section):
    """The policy profiles, agreements and further rates that the ledger uses.

    `policy` holds where no `[[liability.agreement]]` does; `residences` is a CSV file (`adapter.liability.payers`).
    Statistics hide what fewer than `smallest_cell` stays say.
    """

    policy: Name = "NO-BASE"
    policies: FilePath | None = None
    rates: FilePath | None = None
    residences: FilePath | None = None
    agreement: tuple[PolicyAgreement, ...] = ()
    smallest_cell: Annotated[int, Field(ge=1, le=100)] = 5
    statement: Annotated[StatementImport, Field(alias="import")] = StatementImport()
