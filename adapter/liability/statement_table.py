"""What does the counterpart's statement say: CSV with columns of any name, to lines, or every mistake at once."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapter.liability.inspection import FIRST_YEAR, LAST_YEAR
from adapter.liability.mistakes import Mistake, Mistakes, quoted

_LONGEST = 400
_AMOUNT = re.compile(r"[+-]?\d{1,12}(\.\d{1,4})?")


@dataclass(frozen=True, slots=True)
class TableForm:
    """How the file is written. Names of columns are None where it has no such column.

    A line has its date in `date`, or its first and last date in `first` and `last`. `decimal` is `.` or `,`; the
    other of the two, spaces and `kr` in an amount are passed over. `date_format` is that of `strptime`.
    """

    delimiter: str = ","
    decimal: str = "."
    date_format: str = "%Y-%m-%d"
    encoding: str = "utf-8"
    reference: str | None = "stay"
    date: str | None = "date"
    first: str | None = None
    last: str | None = None
    nights: str | None = "nights"
    amount: str | None = "amount_nok"


@dataclass(frozen=True, slots=True)
class TheirLine:
    """One line: its number in the file, its reference (empty without one), its dates, nights, and whole kroner.

    `amount` None: the line names none.
    """

    number: int
    reference: str
    first: date
    last: date
    nights: int
    amount: int | None

    @property
    def dates(self) -> tuple[date, ...]:
        """The dates claimed. Where the nights are one fewer than the dates, the last date is that of departure."""
        span = (self.last - self.first).days
        count = span if self.nights == span and span else span + 1
        return tuple(self.first + timedelta(number) for number in range(count))


def read_table(content: bytes, form: TableForm) -> tuple[TheirLine, ...] | Mistakes:
    """Read the file. Empty lines are passed over, and so is a line of sums that has neither reference nor dates."""
    try:
        text = content.decode("utf-8-sig" if form.encoding == "utf-8" else form.encoding)
    except UnicodeDecodeError as error:
        return Mistakes((Mistake("", f"a byte at position {error.start} that is not {form.encoding}", form.encoding),))
    reader = csv.DictReader(text.splitlines(), delimiter=form.delimiter, restval="")
    heads = [head.strip() for head in reader.fieldnames or ()]
    reader.fieldnames = heads
    columns = [form.reference, form.nights, form.amount, *((form.first, form.last) if form.first else (form.date,))]
    missing = [name for name in columns if name is not None and name not in heads]
    if missing:
        shown = ", ".join(quoted(head) for head in heads) or "nothing"
        return Mistakes(tuple(Mistake(f"column {quoted(name)}", shown, "this column", 1) for name in missing))
    mistakes: list[Mistake] = []
    lines: list[TheirLine] = []
    try:
        for row in reader:
            cells = {name: value.strip() for name, value in row.items() if isinstance(value, str)}
            if any(cells.values()) and (line := _line(cells, form, reader.line_num, mistakes)):
                lines.append(line)
    except csv.Error as error:
        mistakes.append(Mistake("", str(error), "CSV", reader.line_num))
    return Mistakes(tuple(mistakes)) if mistakes else tuple(lines)


def _line(cells: Mapping[str, str], form: TableForm, number: int, mistakes: list[Mistake]) -> TheirLine | None:
    before = len(mistakes)
    reference = cells.get(form.reference, "") if form.reference else ""
    first_name, last_name = (form.first, form.last) if form.first and form.last else (form.date, form.date)
    if not reference and not cells.get(first_name or "", ""):
        return None
    first = _day(cells, first_name, form, number, mistakes)
    last = first if last_name == first_name else _day(cells, last_name, form, number, mistakes)
    amount = _amount(cells, form, number, mistakes)
    if first is None or last is None or len(mistakes) > before:
        return None
    span = (last - first).days
    if not 0 <= span <= _LONGEST:
        mistakes.append(
            Mistake(f"{last_name}", f"{last}", f"a date from {first} on, not {_LONGEST} days later", number)
        )
        return None
    nights = span + 1
    if form.nights and (text := cells.get(form.nights, "")):
        if not re.fullmatch(r"-?\d{1,4}", text):
            mistakes.append(Mistake(form.nights, quoted(text), "a whole number", number))
            return None
        nights = int(text)
    return TheirLine(number, reference, first, last, nights, amount)


def _day(
    cells: Mapping[str, str], name: str | None, form: TableForm, number: int, mistakes: list[Mistake]
) -> date | None:
    text = cells.get(name or "", "")
    try:
        day = datetime.strptime(text, form.date_format).date()  # noqa: DTZ007
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        mistakes.append(Mistake(name or "date", quoted(text), f"a date of the form {form.date_format}", number))
        return None
    return day


def _amount(cells: Mapping[str, str], form: TableForm, number: int, mistakes: list[Mistake]) -> int | None:
    """Whole kroner; øre other than 00 are a mistake, for a price is whole kroner (LI-071)."""
    text = cells.get(form.amount, "") if form.amount else ""
    if not text:
        return None
    other = "," if form.decimal == "." else "."
    bare = re.sub(r"(?i)kr\.?|nok|[\s\u00a0\u202f]", "", text).replace(other, "").replace(form.decimal, ".")
    bare = bare.removesuffix(".-").removesuffix("-") if not bare.startswith("-") else bare
    if not _AMOUNT.fullmatch(bare) or (bare.partition(".")[2].strip("0")):
        mistakes.append(Mistake(form.amount or "", quoted(text), f"whole kroner, decimal sign {form.decimal}", number))
        return None
    return int(bare.partition(".")[0])
