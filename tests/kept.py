"""What people read of a stay and of a month, kept as files: `python -m tests.kept` writes them anew.

A number that a page shows wrongly is as bad as one that is decided wrongly. Each page is compared with the kept one,
letter by letter; whoever changes a page on purpose writes it anew and reads the difference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from adapter.liability.casefile import CaseFile, read_case
from adapter.liability.explain import explained
from adapter.liability.ledger import Charge, Ledger, Row
from adapter.liability.mistakes import Mistakes
from adapter.liability.picture import picture
from adapter.liability.profiles import read_profiles
from adapter.liability.rates import Rate, RateStatus, read_rates
from adapter.liability.readings import read_both
from adapter.liability.reasons import EndReason, Flag, StartReason
from adapter.liability.rules import Language
from adapter.liability.statement import Month, Party, Statement, statement
from adapter.liability.statement_page import statement_page
from adapter.liability.statement_text import statement_csv, write_statement
from adapter.lookups import packaged
from adapter.values import HerId

FOLDER = Path(__file__).parent / "cases" / "liability" / "kept"

_WHOLE = {
    "as_of": "2019-02-01T12:00+01:00",
    "overrides": {"answer_deadline_h": 2, "rate_by": "start_date", "lead_h": 24},
    "facts": [
        {"kind": "admitted", "at": "2018-12-20T10:00+01:00"},
        {"kind": "admission_notice", "at": "2018-12-20T18:00+01:00", "message": "a"},
        {
            "kind": "ready_notice",
            "at": "2018-12-27T09:00+01:00",
            "ready": "2018-12-27",
            "message": "r",
            "apprec": "neg",
        },
        {"kind": "ready_notice", "at": "2018-12-27T09:30+01:00", "ready": "2018-12-27", "message": "q"},
        {"kind": "answer", "at": "2018-12-27T15:00+01:00", "answer": "later", "promised": "2018-12-30", "message": "s"},
        {"kind": "answer", "at": "2018-12-30T11:00+01:00", "answer": "accept", "message": "t", "apprec": "none"},
        {"kind": "answer", "at": "2018-12-31T11:00+01:00", "answer": "withdraw", "message": "u"},
        {"kind": "withdrawal", "at": "2019-01-03T08:00+01:00", "effective": "2019-01-02", "message": "v"},
        {"kind": "ready_notice", "at": "2019-01-05T10:00+01:00", "ready": "2019-01-05", "message": "w"},
        {"kind": "document", "at": "2019-01-08T09:00+01:00", "message": "x"},
        {"kind": "discharged", "at": "2019-01-08T13:00+01:00", "message": "y"},
    ],
}
_OPEN = {
    "as_of": "2026-01-08T12:00+01:00",
    "facts": [
        {"kind": "admitted", "at": "2025-12-20"},
        {"kind": "ready_notice", "at": "2026-01-05T09:00+01:00", "ready": "2026-01-05", "message": "r"},
        {"kind": "admission_notice", "at": "2026-01-06T09:00", "message": "a"},
        {"kind": "leave", "at": "2026-01-07T09:00+01:00"},
    ],
}
_NOTHING = {
    "as_of": "2018-04-12T12:00+02:00",
    "facts": [
        {"kind": "admitted", "at": "2018-04-02T10:00+02:00"},
        {"kind": "admission_notice", "at": "2018-04-02T12:00+02:00"},
        {"kind": "ready_notice", "at": "2018-04-09T09:00+02:00", "ready": "2018-04-09"},
        {"kind": "answer", "at": "2018-04-09T11:00+02:00", "answer": "accept"},
        {"kind": "death", "at": "2018-04-11T11:00+02:00"},
    ],
}
CASES: Mapping[str, Mapping[str, object]] = {"whole": _WHOLE, "open": _OPEN, "nothing": _NOTHING}


def pages() -> dict[str, str]:
    """Every kept page by the name of its file."""
    found = dict(_of_stays())
    for name, one in _statements().items():
        for language in Language:
            issued_at = datetime(2012, 4, 3, 9, tzinfo=UTC) if name == "first" else None
            found[f"statement-{name}-{language}.html"] = statement_page(one, language, issued_at)
        found[f"statement-{name}.csv"] = statement_csv(one)
        found[f"statement-{name}.json"] = write_statement(one).decode()
    return found


def _of_stays() -> dict[str, str]:
    profiles = read_profiles({name: packaged.policy(name) for name in packaged.policies()})
    rates = read_rates(packaged.rates())
    assert not isinstance(profiles, Mistakes)
    assert not isinstance(rates, Mistakes)
    found = {}
    for name, case in CASES.items():
        read = read_case(json.dumps(case).encode(), profiles)
        assert isinstance(read, CaseFile)
        readings = read_both(read.case, read.profile, profiles[0], rates, read.as_of)
        for language in Language:
            found[f"stay-{name}-{language}.txt"] = "\n".join(explained(readings, language)) + "\n"
            found[f"stay-{name}-{language}.svg"] = picture(read.case.facts, readings, language)
    return found


def _statements() -> dict[str, Statement]:
    """A first statement of a month with a price that is missing, and its correction with credits and debits."""
    known = Rate(date(2012, 1, 1), date(2012, 12, 31), 4000, RateStatus.VERIFIED, "a letter")
    unsure = replace(known, amount=4125, status=RateStatus.UNVERIFIED, source="a newspaper & more")
    row = Row("stay-a", (), StartReason.LATER, EndReason.OFFER_READY, (Flag.REVIEW,), (), 5, "NO-BASE 1")

    def nights(rate: Rate | None, *days: int) -> tuple[Charge, ...]:
        return tuple(Charge(date(2012, 3, day), rate) for day in days)

    changed = replace(row, stay="stay-b", changed_by=("cutoff", "lead_h"), policy="OURS <1>", regulation_nights=7)
    parties = (Party(HerId("100"), "Prøvefjord sykehus <HF>"), Party(HerId("200"), "Prøvefjord kommune"))

    def made(issued: tuple[Statement, ...], *rows: Row) -> Statement:
        at = datetime(2012, 4, 2, 8, tzinfo=UTC)
        return statement(parties, Month(2012, 3), Ledger(rows, "rates-1"), at, issued)

    first = made(
        (),
        replace(row, nights=(*nights(known, 5, 6, 7), *nights(unsure, 8), *nights(known, 20))),
        replace(changed, nights=(*nights(known, 9), *nights(None, 10))),
        replace(row, stay="stay-c", nights=nights(known, 30, 31)),
    )
    correction = made(
        (first,),
        replace(row, nights=nights(known, 6, 7, 8, 20, 21), flags=(Flag.DUPLICATE, Flag.REVIEW)),
        replace(changed, nights=nights(known, 9)),
    )
    settled = made((), replace(row, nights=nights(known, 5, 6)), replace(changed, nights=nights(unsure, 9)))
    return {"first": first, "correction": correction, "settled": settled, "empty": made(())}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in pages().items():
        (FOLDER / name).write_text(content, "utf-8", newline="")


if __name__ == "__main__":
    main()
