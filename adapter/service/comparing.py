"""How the counterpart's statement is compared with the stays of the store."""

from __future__ import annotations

from datetime import datetime

from adapter.config import Settings, StatementImport
from adapter.errors import TABLE_UNREADABLE, AdapterError
from adapter.liability.comparison import Comparison, OurStay, compared
from adapter.liability.mistakes import Mistakes
from adapter.liability.readings import read_both
from adapter.liability.statement import Month
from adapter.liability.statement_table import TableForm, read_table
from adapter.service.accounts import case_in, institutions, known_stays
from adapter.service.terms import Terms
from adapter.store.port import Store
from adapter.values import HerId, Moment


def compare(
    settings: Settings,
    in_force: Terms,
    store: Store,
    content: bytes,
    month: Month,
    pair: tuple[HerId, HerId],
    as_of: datetime,
) -> Comparison:
    """Compare a CSV file of a month with what we have for the pair (hospital, municipality).

    Raises `AdapterError` (TABLE_UNREADABLE) with every mistake of the file.
    """
    lines = read_table(content, table_form(settings.liability.statement))
    if isinstance(lines, Mistakes):
        raise AdapterError(TABLE_UNREADABLE, "; ".join(lines.lines()))
    names, at = institutions(settings), Moment.at(as_of)
    hospital, municipality = pair
    ours = []
    for known in known_stays(store, municipality, hospital):
        case = case_in(names, known)
        profile = in_force.profile_for(known.whose, case, at)
        ours.append(OurStay(known.stay.key, case, read_both(case, profile, in_force.baseline, in_force.rates, at)))
    return compared(lines, ours, month)


def table_form(section: StatementImport) -> TableForm:
    """The section of the configuration as the core takes it."""
    return TableForm(
        delimiter=section.delimiter,
        decimal=section.decimal,
        date_format=section.date_format,
        encoding=section.encoding,
        reference=section.reference,
        date=section.date,
        first=section.first,
        last=section.last,
        nights=section.nights,
        amount=section.amount,
    )
