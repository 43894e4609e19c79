"""How is a statement written for programs: canonical JSON, which is what is kept and digested, and CSV.

Canonical JSON: keys sorted, no white space, one spelling for each value, so that one statement is always the same
octets. It is read back only from what was written here.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypedDict

from adapter.liability.statement import Booking, Entry, Line, Month, Party, Statement
from adapter.values import HerId, utc_text


class _EntryJson(TypedDict):
    date: str
    booking: str
    amount_nok: int | None
    status: str
    source: str


class _LineJson(TypedDict):
    stay: str
    nights: int
    amount_nok: int | None
    entries: list[_EntryJson]
    start_reason: str
    end_reason: str
    flags: list[str]
    policy: str
    changed_by: list[str]
    regulation_nights: int


class _PartyJson(TypedDict):
    her: str
    name: str


class StatementJson(TypedDict):
    """The document. The sums repeat what the entries say, for readers."""

    id: str
    kind: str
    hospital: _PartyJson
    municipality: _PartyJson
    month: str
    number: int
    as_of: str
    policies: list[str]
    rates_version: str
    nights: int
    amount_nok: int | None
    amount_known_nok: int
    lines: list[_LineJson]


def statement_document(one: Statement) -> StatementJson:
    """The statement as a document."""
    return {
        "id": one.id,
        "kind": "correction" if one.is_correction else "statement",
        "hospital": {"her": one.hospital.her.value, "name": one.hospital.name},
        "municipality": {"her": one.municipality.her.value, "name": one.municipality.name},
        "month": str(one.month),
        "number": one.number,
        "as_of": utc_text(one.as_of),
        "policies": list(one.policies),
        "rates_version": one.rates_version,
        "nights": one.nights,
        "amount_nok": one.amount_nok,
        "amount_known_nok": one.known_nok,
        "lines": [_line_document(line) for line in one.lines],
    }


def _line_document(line: Line) -> _LineJson:
    return {
        "stay": line.stay,
        "nights": line.nights,
        "amount_nok": line.amount_nok,
        "entries": [
            {
                "date": entry.date.isoformat(),
                "booking": entry.booking.value,
                "amount_nok": entry.amount,
                "status": entry.status,
                "source": entry.source,
            }
            for entry in line.entries
        ],
        "start_reason": line.start_reason,
        "end_reason": line.end_reason,
        "flags": list(line.flags),
        "policy": line.policy,
        "changed_by": list(line.changed_by),
        "regulation_nights": line.regulation_nights,
    }


def write_statement(one: Statement) -> bytes:
    """The canonical octets."""
    text = json.dumps(statement_document(one), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return (text + "\n").encode()


def read_statement(content: bytes) -> Statement:
    """The statement of such octets. Raises `ValueError` when they are no such thing."""
    try:
        document: StatementJson = json.loads(content)
        return Statement(
            Party(HerId(document["hospital"]["her"]), document["hospital"]["name"]),
            Party(HerId(document["municipality"]["her"]), document["municipality"]["name"]),
            Month.of(document["month"]),
            document["number"],
            datetime.fromisoformat(document["as_of"]),
            tuple(document["policies"]),
            document["rates_version"],
            tuple(_read_line(line) for line in document["lines"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("the octets are no statement") from error


def _read_line(line: _LineJson) -> Line:
    entries = tuple(
        Entry(
            date.fromisoformat(entry["date"]),
            Booking(entry["booking"]),
            entry["amount_nok"],
            entry["status"],
            entry["source"],
        )
        for entry in line["entries"]
    )
    return Line(
        line["stay"],
        entries,
        line["start_reason"],
        line["end_reason"],
        tuple(line["flags"]),
        line["policy"],
        tuple(line["changed_by"]),
        line["regulation_nights"],
    )


COLUMNS = (
    *("statement", "hospital", "municipality", "month", "stay", "date", "booking", "nights", "amount_nok"),
    *("price_status", "start_reason", "end_reason", "flags", "policy", "changed_by", "as_of", "rates_version"),
)
"""The columns of the CSV: a line for each date of each stay. A credit is a night and an amount below zero."""


@dataclass(slots=True)
class Lines:
    """Where `csv.writer` writes to, without a file."""

    written: list[str] = field(default_factory=list)

    def write(self, text: str) -> int:
        self.written.append(text)
        return len(text)


def statement_csv(one: Statement) -> str:
    """The entries as comma-separated values with a line of heads; an amount that is not known is empty."""
    out = Lines()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in one.lines:
        for entry in line.entries:
            writer.writerow(
                (
                    *(one.id, one.hospital.her, one.municipality.her, one.month, line.stay, entry.date, entry.booking),
                    *(entry.sign, None if entry.amount is None else entry.sign * entry.amount, entry.status),
                    *(line.start_reason, line.end_reason, " ".join(line.flags), line.policy),
                    *(" ".join(line.changed_by), utc_text(one.as_of), one.rates_version),
                )
            )
    return "".join(out.written)
