"""Which municipality is billed for each night: that of registration, or that of the stay (LI-006)?

Neither is in any message, so a person enters them, in a CSV file of the site, by the key of the stay:

    stay,from,registered,staying
    stay-4cef6efb90d1c2aa,2018-12-01,100201,100301

A later line of the same stay is a change of residence from its date on. For a stay without a line, and for a night
before its first, the municipality that had the notice pays. Who pays changes no night and no amount.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from adapter.liability.mistakes import Mistake, Mistakes, not_utf8, quoted
from adapter.liability.policy import Payer, PayerRule
from adapter.values import HerId

_COLUMNS = ("stay", "from", "registered", "staying")


@dataclass(frozen=True, slots=True)
class Residence:
    """Where a patient is registered and stays from `first` on, as HER-ids of municipalities (level 1)."""

    first: date
    registered: HerId
    staying: HerId


Residences = Mapping[str, tuple[Residence, ...]]
"""By the key of the stay, in order of time."""


def payer(night: date, residences: Sequence[Residence], rule: PayerRule, addressee: HerId | None) -> HerId | None:
    """The municipality that pays for a night. `addressee` had the notice; None is an unknown one."""
    holding = [residence for residence in residences if residence.first <= night]
    if not holding:
        return addressee
    return holding[-1].staying if rule.payer(night) is Payer.STAY else holding[-1].registered


def read_residences(content: bytes) -> Residences | Mistakes:
    """Read the file of residences (CSV with a head, UTF-8), or tell every mistake in it with its line."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        return Mistakes((not_utf8(content, error.start, "CSV in UTF-8"),))
    reader = csv.DictReader(lines, delimiter=";" if lines and ";" in lines[0] else ",", restval="")
    heads = reader.fieldnames or ()
    if missing := [name for name in _COLUMNS if name not in heads]:
        return Mistakes(tuple(Mistake(f"column {name}", "nothing", "this column", 1) for name in missing))
    mistakes: list[Mistake] = []
    found: dict[str, dict[date, Residence]] = defaultdict(dict)
    for row in reader:
        before, line = len(mistakes), reader.line_num
        stay = row["stay"].strip()
        if not stay:
            mistakes.append(Mistake("stay", "nothing", "the key of a stay, as `adapter ledger` shows it", line))
        first = _day(row["from"], line, mistakes)
        registered, staying = (_her(row[name], name, line, mistakes) for name in ("registered", "staying"))
        if len(mistakes) > before or first is None or registered is None or staying is None:
            continue
        if first in found[stay]:
            mistakes.append(Mistake("from", quoted(row["from"]), "a date that the stay has no line for yet", line))
        found[stay][first] = Residence(first, registered, staying)
    if mistakes:
        return Mistakes(tuple(mistakes))
    return {stay: tuple(by_date[day] for day in sorted(by_date)) for stay, by_date in found.items()}


def _day(text: str, line: int, mistakes: list[Mistake]) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        mistakes.append(Mistake("from", quoted(text), "a date such as 2018-12-01", line))
        return None


def _her(text: str, name: str, line: int, mistakes: list[Mistake]) -> HerId | None:
    try:
        return HerId(text.strip())
    except ValueError:
        mistakes.append(Mistake(name, quoted(text), "the HER-id of a municipality (level 1)", line))
        return None
