"""Whether every report is read as it was written."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.messages.datatypes import Code, Timestamp
from adapter.messages.head import Document, Head
from adapter.messages.logistics import TimedEvent, Version
from adapter.messages.parties import Ident, Organisation, Person, Professional, Telecom
from adapter.messages.reading import understand
from adapter.messages.reports.coming import CaseHandlingInformation, Summary
from adapter.messages.reports.messages import (
    AbsenceNotice,
    AdmissionReport,
    DischargeReport,
    HealthInformation,
    HealthInformationToGp,
    MedicalInformation,
    Report,
    ServicesOffered,
)
from adapter.messages.reports.table import FlowingText, Quantity
from adapter.messages.top import Interpreting, PatientContact, Top
from adapter.messages.writing import write_message
from adapter.values import Moment

BOTH = st.sampled_from([Version.V1_5, Version.V1_6])
REPORTS: dict[type[Report], st.SearchStrategy[Version]] = {
    AdmissionReport: BOTH,
    DischargeReport: BOTH,
    HealthInformation: BOTH,
    HealthInformationToGp: BOTH,
    MedicalInformation: BOTH,
    ServicesOffered: BOTH,
    AbsenceNotice: st.just(Version.V1_5),
    CaseHandlingInformation: st.just(Version.V2_0),
    Summary: st.just(Version.V2_0),
}
HEAD = Head(documents=(Document(has_content=True),))

WORD = st.text(st.sampled_from("abcæøåÆØÅ<>&\"' 1-"), min_size=1, max_size=8).map(str.strip).filter(bool)
DATE = st.dates(date(1900, 1, 1), date(2100, 1, 1))
MOMENT = st.datetimes(datetime(1980, 1, 1), datetime(2080, 1, 1)).map(  # noqa: DTZ001
    lambda naive: Moment.at(naive.replace(tzinfo=UTC, microsecond=0))
)
CODE = st.builds(Code, WORD, st.none() | WORD, st.none() | st.just("2.16.578.1.12.4.1.1.9121"))
PERSON = st.builds(Person, WORD, st.none(), WORD, st.none() | DATE)
TIME = st.one_of(DATE.map(date.isoformat), MOMENT.map(lambda when: when.text)).map(Timestamp.read)
TOP = st.builds(Top, st.none() | CODE)
INTERPRETING = st.builds(
    Interpreting, st.none() | PERSON, st.booleans(), st.none(), st.none() | CODE, st.none(), st.none() | DATE, WORD
)
TOP_2_0 = st.builds(
    Top,
    st.none() | CODE,
    interpreting=st.lists(INTERPRETING, max_size=2).map(tuple),
    other_contacts=st.lists(st.builds(PatientContact, PERSON, st.none() | WORD, WORD), max_size=2).map(tuple),
)
LEAVES: dict[object, st.SearchStrategy[object]] = {
    str: WORD,
    FlowingText: WORD.map(FlowingText),
    bool: st.booleans(),
    int: st.integers(-(10**17), 10**17),
    Decimal: st.decimals(-1000, 1000, places=2),
    date: DATE,
    Moment: MOMENT,
    Timestamp: TIME,
    Code: CODE,
    Quantity: st.builds(Quantity, st.none() | WORD, st.none() | WORD),
    Person: PERSON,
    Professional: st.builds(Professional, PERSON, st.none() | CODE),
    Organisation: st.builds(
        Organisation, WORD, idents=st.just((Ident("7", Code("LAV")),)), telecoms=st.just((Telecom("tel:1"),))
    ),
    TimedEvent: st.builds(TimedEvent, st.none() | CODE, st.none() | TIME, st.none() | st.booleans(), st.none() | WORD),
    Top: TOP,
}


@cache
def _of(hint: object) -> st.SearchStrategy[object]:
    """Anything that a field of this type may hold."""
    if hint in LEAVES:
        return LEAVES[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _of(arguments[0])
    if origin is tuple:
        return st.lists(_of(arguments[0]), max_size=2).map(tuple)
    if origin in {Union, UnionType}:
        return st.one_of([st.none() if one is NoneType else _of(one) for one in arguments])
    assert isinstance(hint, type)
    assert is_dataclass(hint)
    hints = get_type_hints(hint, include_extras=True)
    return st.deferred(lambda: st.builds(hint, **{field.name: _of(hints[field.name]) for field in fields(hint)}))


@pytest.mark.parametrize("table", REPORTS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_report_is_read_back(table: type[Report], data: st.DataObject) -> None:
    """Every part that a report can hold is read as it was written, in every version that has it."""
    hints = get_type_hints(table, include_extras=True)
    parts = {name: _of(part) for name, part in hints.items() if name != "version"}
    if "top" in parts and table in {CaseHandlingInformation, Summary}:
        parts["top"] = TOP_2_0
    report = data.draw(st.builds(table, REPORTS[table], **parts))
    assert understand(write_message(HEAD, report)).message == report
