"""Whether the tables of the reports are those of the schemas, and reading by them is total."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Union, cast, get_args, get_origin, get_type_hints

import pytest
from lxml import etree

from adapter.messages.datatypes import Code, Timestamp
from adapter.messages.head import Document, Head
from adapter.messages.logistics import TimedEvent, Version
from adapter.messages.namespaces import PO_16_NS, clark
from adapter.messages.nodes import Nodes
from adapter.messages.parties import Ident, Organisation, Person, Professional
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
from adapter.messages.reports.nursing import Nursing
from adapter.messages.reports.table import FlowingText, Quantity, po, read_table, write_table
from adapter.messages.schemas import SchemaSet
from adapter.messages.top import Interpreting, PatientContact, PatientDetails, Top
from adapter.messages.writing import write_message
from adapter.messages.xml import Element
from adapter.values import Moment

PO = clark(PO_16_NS)
HEAD = Head(documents=(Document(issued=Timestamp.read("2024-03-05"), msg_type=Code("XML"), has_content=True),))
REPORTS: dict[type[Report], Version] = {
    AdmissionReport: Version.V1_6,
    DischargeReport: Version.V1_6,
    HealthInformation: Version.V1_6,
    HealthInformationToGp: Version.V1_6,
    MedicalInformation: Version.V1_6,
    ServicesOffered: Version.V1_6,
    AbsenceNotice: Version.V1_5,
    CaseHandlingInformation: Version.V2_0,
    Summary: Version.V2_0,
}
IDENTS = (Ident("7", Code("HPR", "HPR-nummer", "2.16.578.1.12.4.1.1.8116")),)
LEAVES: dict[object, object] = {
    str: "ord",
    bool: True,
    int: 3,
    Decimal: Decimal("2.5"),
    date: date(2024, 3, 5),
    Moment: Moment.at(datetime(2024, 3, 5, 9, 30, tzinfo=UTC)),
    Timestamp: Timestamp.read("2024-03-05"),
    Code: Code("1", "en", "2.16.578.1.12.4.1.1.9121"),
    Quantity: Quantity("2.5", "mg"),
    Person: Person("Fjellro"),
    Professional: Professional(Person("Fjellro", idents=IDENTS)),
    Organisation: Organisation("Sengepost", idents=IDENTS),
    TimedEvent: TimedEvent(
        Code("3"), Timestamp.read("2024-03-05"), estimate=False, description="ord", remark="ord", place="her"
    ),
    FlowingText: FlowingText("ord"),
    Top: Top(Code("N", "Ny")),
}


TOP_2_0 = Top(
    Code("N", "Ny"),
    answers_request=True,
    patient=PatientDetails(Code("1"), True, Code("NO"), True, "ord"),
    remark="ord",
    interpreting=(Interpreting(Person("Fjellro"), True, False, Code("NO"), Person("Fjellro"), date(2024, 3, 5), "ord"),)
    * 2,
    other_contacts=(PatientContact(Person("Fjellro"), "ord", "ord", "ord"),) * 2,
)


def _full(hint: object, name: str = "") -> object:
    """A value with every field filled, every tuple twice and every choice once."""
    if name == "category":
        return "Andre notater"
    if hint in LEAVES:
        return LEAVES[hint]
    origin, arguments = get_origin(hint), [one for one in get_args(hint) if one is not NoneType]
    if origin is Annotated:
        return _full(arguments[0], name)
    if origin is tuple:
        several = get_args(arguments[0]) if get_origin(arguments[0]) in {Union, UnionType} else (arguments[0],) * 2
        return tuple(_full(one) for one in several)
    if origin in {Union, UnionType}:
        return _full(arguments[0], name)
    assert isinstance(hint, type)
    assert is_dataclass(hint)
    hints = get_type_hints(hint, include_extras=True)
    return hint(**{field.name: _full(hints[field.name], field.name) for field in fields(hint)})


def _full_report(table: type[Report]) -> Report:
    hints = get_type_hints(table, include_extras=True)
    parts = {name: _full(part, name) for name, part in hints.items() if name != "version"}
    report = cast(Callable[..., Report], table)(version=REPORTS[table], **parts)
    if isinstance(report, CaseHandlingInformation | Summary):
        report = replace(report, top=TOP_2_0)
    return report


def _without_list(content: bytes) -> bytes:
    """Most codes are CS and name no list, some are CV and may; without S the schema takes either."""
    return content.replace(b' S="2.16.578.1.12.4.1.1.9121"', b"")


@pytest.mark.parametrize("table", REPORTS)
def test_full_report_is_in_schema_order(schemas: SchemaSet, table: type[Report]) -> None:
    """A report with every part filled, repeated where it may be, has only what the schema knows, in its order."""
    reading = understand(_without_list(write_message(HEAD, _full_report(table))))
    assert reading.tree is not None
    assert [one for one in schemas.validate(reading.tree) if "RefDoc" in one.path] == []


@pytest.mark.parametrize("table", REPORTS)
def test_table_holds_every_element_of_the_schema(table: type[Report]) -> None:
    """What the full report writes is read back whole."""
    report = _full_report(table)
    assert understand(write_message(HEAD, report)).message == report


@pytest.mark.parametrize("table", REPORTS)
def test_reading_is_total(table: type[Report]) -> None:
    """Whatever is missing, doubled, renamed or unreadable, a report is read as far as it goes."""
    content = write_message(HEAD, _full_report(table))
    chance = random.Random(table.__name__)
    for _ in range(40):
        tree = etree.ElementTree(etree.fromstring(content))
        elements = [one for one in tree.iter() if "RefDoc" not in str(one.tag)][10:]
        for element in chance.sample(elements, min(12, len(elements))):
            _break(element, chance)
        reading = understand(etree.tostring(tree))
        assert reading.message is None or isinstance(reading.message, table)


def _break(element: Element, chance: random.Random) -> None:
    parent = element.getparent()
    match chance.randrange(6):
        case 0 if parent is not None:
            parent.remove(element)
        case 1 if parent is not None:
            parent.append(copy.deepcopy(element))
        case 2:
            element.tag = "{urn:x}Fremmed"
        case 3:
            element.text = chance.choice(["", " ", "NaN", "1_0", "1E999", "2024-13-01", "9" * 400, "ja"])
        case 4:
            element.attrib.clear()
        case _:
            element.set("V", chance.choice(["", "x", "2024-02-30T10:00:00"]))


@dataclass(frozen=True, slots=True)
class _Sample:
    """A table of its own."""

    number: Annotated[int | None, po("Tall")] = None
    amount: Annotated[Decimal | None, po("Mengde")] = None
    flag: Annotated[bool | None, po("Flagg")] = None
    day: Annotated[date | None, po("Dag")] = None
    words: Annotated[tuple[str, ...], po("Rundt", "Ord")] = ()
    shared: Annotated[tuple[str, ...], po("Felles", "Ord", together=True)] = ()


def _read(inner: str) -> _Sample:
    root = etree.fromstring(f'<r xmlns="{PO_16_NS}">{inner}</r>')
    return read_table(_Sample, Nodes(root).root, PO)


@pytest.mark.parametrize(
    ("inner", "sample"),
    [
        ("", _Sample()),
        ("<Tall> 7 </Tall>", _Sample(number=7)),
        ("<Tall>1_0</Tall><Mengde>1_0</Mengde>", _Sample()),
        (f"<Tall>{'9' * 5000}</Tall>", _Sample()),
        ("<Mengde>NaN</Mengde>", _Sample()),
        ("<Mengde>1E99</Mengde>", _Sample(amount=Decimal("1E99"))),
        ("<Mengde>1E999999999</Mengde>", _Sample()),
        ("<Flagg>1</Flagg>", _Sample(flag=True)),
        ("<Flagg>TRUE</Flagg>", _Sample()),
        ("<Dag>2024-02-30</Dag>", _Sample()),
        ("<Tall/><Tall>8</Tall><Tall>9</Tall>", _Sample(number=8)),
        ("<Rundt><Ord>a</Ord></Rundt><Rundt><Ord/><Ord>b</Ord></Rundt>", _Sample(words=("a", "b"))),
        ("<Felles><Ord>a</Ord><Ord>b</Ord></Felles>", _Sample(shared=("a", "b"))),
        ("<Annet><Ord>a</Ord></Annet><Dag>2024-03-05</Dag>", _Sample(day=date(2024, 3, 5))),
    ],
)
def test_values_are_read_or_left_out(inner: str, sample: _Sample) -> None:
    """A value of its type is read, anything else is as if it were not there."""
    assert _read(inner) == sample


def test_outer_elements_are_shared_only_where_the_table_says() -> None:
    """Each value has outer elements of its own, or all stand in the same; without a value there are none."""
    root = etree.Element("r")
    write_table(root, _Sample(words=("a", "b"), shared=("c", "d")), PO)
    assert [(len(one), one.tag) for one in root] == [(1, PO + "Rundt"), (1, PO + "Rundt"), (2, PO + "Felles")]
    empty = etree.Element("r")
    write_table(empty, _Sample(), PO)
    assert len(empty) == 0


def test_parts_of_the_record_carry_their_marks() -> None:
    """Every part of the patient record is written with its fixed marks, its category and its id."""
    report = _full_report(DischargeReport)
    assert isinstance(report, DischargeReport)
    payload = understand(write_message(HEAD, report)).nodes
    assert payload is not None
    parts = [node for node in payload.all if "komponentID" in node.attributes]
    assert len({node.tag for node in parts}) == 6
    assert all(len(node.attributes) == 5 for node in parts)


def test_nothing_told_is_nothing_written() -> None:
    """An empty part is an empty element, a missing one none."""
    report = HealthInformation(Version.V1_6, Top())
    assert b"Sykepleierdokumentasjon" not in write_message(HEAD, report)
    assert b"<po:Sykepleierdokumentasjon/>" in write_message(HEAD, replace(report, nursing=Nursing()))
