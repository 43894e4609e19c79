"""What did a municipality pay towards its inhabitants' somatic care 2012 to 2014 (kommunal medfinansiering, KMF)?

A scheme of its own, beside the payable nights: 20 per cent of a DRG-based price, with a cap of points a stay, no
message of the discharge process involved (`liability.md` §9). The formula, the unit prices and the cap are remembered
and not read in a source, so every report says so.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from adapter.liability.mistakes import Mistake, Mistakes, quoted

MARK = "unverified [B]: formula, unit prices and cap are remembered, no source was read"
SHARE = Decimal("0.20")
CAP = Decimal(4)
UNIT_PRICES: Mapping[int, int] = {2012: 38_209, 2013: 39_447, 2014: 40_772}
"""Kroner for one DRG point, by year of the stay."""

COLUMNS = ("stay", "municipality", "date", "drg_type", "points")


class DrgType(StrEnum):
    """What kind of stay it was; only medical ones, and consultations in medical DRGs, are covered."""

    MEDICAL = "medical"
    SURGICAL = "surgical"
    BIRTH = "birth"
    NEWBORN = "newborn"
    MEDICINE = "medicine"
    """certain expensive medicines"""


@dataclass(frozen=True, slots=True)
class Share:
    """One stay: what the municipality pays, in kroner and øre. `reason` says why it is nothing, empty where it pays."""

    stay: str
    municipality: str
    date: date
    points: Decimal
    counted_points: Decimal
    amount: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Cofinancing:
    """All stays of a file, and what each municipality pays for them."""

    shares: tuple[Share, ...]

    @property
    def by_municipality(self) -> tuple[tuple[str, int, Decimal], ...]:
        """Municipality, stays that it pays for, kroner."""
        names = sorted({share.municipality for share in self.shares})
        return tuple((name, sum(bool(one.amount) for one in self._of(name)), self._sum(name)) for name in names)

    @property
    def amount(self) -> Decimal:
        return sum((share.amount for share in self.shares), Decimal(0))

    def _of(self, name: str) -> tuple[Share, ...]:
        return tuple(share for share in self.shares if share.municipality == name)

    def _sum(self, name: str) -> Decimal:
        return sum((share.amount for share in self._of(name)), Decimal(0))


def cofinancing(content: bytes) -> Cofinancing | Mistakes:
    """Read a CSV (UTF-8, comma or semicolon) with the columns of `COLUMNS` and calculate; or tell every mistake.

    `date` is the day of discharge or consultation, `points` the DRG points with decimal point or comma.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Mistakes((Mistake("", f"a byte at position {error.start} that is not UTF-8", "CSV in UTF-8"),))
    lines = text.splitlines()
    reader = csv.DictReader(lines, delimiter=";" if lines and ";" in lines[0] else ",", restval="")
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        return Mistakes(tuple(Mistake(f"column {name}", "nothing", "this column", 1) for name in missing))
    mistakes: list[Mistake] = []
    shares = [share for row in reader if (share := _share(row, reader.line_num, mistakes)) is not None]
    return Mistakes(tuple(mistakes)) if mistakes else Cofinancing(tuple(shares))


def _share(row: Mapping[str, str], line: int, mistakes: list[Mistake]) -> Share | None:
    before = len(mistakes)
    try:
        day = date.fromisoformat(row["date"].strip())
    except ValueError:
        day = date.min
        mistakes.append(Mistake("date", quoted(row["date"]), "a date such as 2012-03-05", line))
    try:
        kind: DrgType | None = DrgType(row["drg_type"].strip().lower())
    except ValueError:
        kind = None
        mistakes.append(Mistake("drg_type", quoted(row["drg_type"]), ", ".join(DrgType), line))
    text = row["points"].strip().replace(",", ".")
    if text.replace(".", "", 1).isdigit() and text.isascii() and len(text) <= 12:
        points = Decimal(text)
    else:
        points = Decimal(0)
        mistakes.append(Mistake("points", quoted(row["points"]), "DRG points such as 1.25, not below 0", line))
    if len(mistakes) > before or kind is None:
        return None
    price = UNIT_PRICES.get(day.year)
    reason = "" if kind is DrgType.MEDICAL else f"{kind.value} is not covered"
    if price is None:
        reason = "outside 2012 to 2014"
    counted = min(points, CAP) if not reason else Decimal(0)
    amount = (SHARE * (price or 0) * counted).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Share(row["stay"].strip(), row["municipality"].strip(), day, points, counted, amount, reason)
