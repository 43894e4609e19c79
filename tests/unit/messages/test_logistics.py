"""Whether version 2.0 of the logistics messages is built and read like the others, where its structure differs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapter.messages.building import InputError
from adapter.messages.codes import CodeLists, Event
from adapter.messages.datatypes import Code, Timestamp
from adapter.messages.head import Document, Head
from adapter.messages.logistics import Logistics, TimedEvent, Use, Version
from adapter.messages.parties import Person
from adapter.messages.read import read
from adapter.messages.reading import understand
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.messages.top import PatientDetails, Relative, Top
from adapter.messages.writing import write_message

Build = Callable[..., bytes]
CASES = [
    ("admitted", Use.ADMITTED, {}),
    ("discharge-ready", Use.DISCHARGE_READY, {"ready": "2024-03-05T09:30:00+01:00"}),
    ("withdrawal", Use.WITHDRAWAL, {"ready": "2024-03-05T09:30:00+01:00"}),
    ("discharged", Use.DISCHARGED, {}),
    ("death", Use.DEATH, {"died": "2024-03-20T04:00:00+01:00"}),
]


@pytest.mark.parametrize(("kind", "use", "changes"), CASES)
def test_version_2_0_is_built_and_read(
    built: Build, schemas: SchemaSet, codes: CodeLists, kind: str, use: Use, changes: dict[str, object]
) -> None:
    """Each use is built in 2.0 without a finding, and says the same as in 1.6."""
    old = understand(built(kind, changes)).message
    reading = read(built(kind, {**changes, "version": "2.0"}), schemas, Context(Side.SEND, codes))
    new = reading.message
    assert reading.findings == ()
    assert isinstance(old, Logistics)
    assert isinstance(new, Logistics)
    assert (new.version, new.use) == (Version.V2_0, use)
    assert (new.top, new.events, new.destination) == (old.top, old.events, old.destination)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [("discharge-ready", {}), ("withdrawal", {}), ("death", {}), ("discharged", {"discharged": "2024-03-08"})],
)
def test_date_without_clock_is_refused_in_2_0(built: Build, kind: str, changes: dict[str, object]) -> None:
    """Version 2.0 has no place for a date alone."""
    with pytest.raises(InputError, match="clock"):
        built(kind, {**changes, "version": "2.0"})


def test_what_only_2_0_has_is_read(schemas: SchemaSet) -> None:
    """The answer of 2.0, the nearest relative and the remarks are valid and read as they were written."""
    event = TimedEvent(Event.READY.cv(), Timestamp.read("2024-03-08T12:00:00+01:00"), estimate=False)
    top = Top(
        Code("N", "Ny"),
        patient=PatientDetails(receives_services=True, remark="to"),
        relatives=(Relative(Person("Fjellro"), child_born="2015", nearest=True, remark="tre"),),
        remark="en",
    )
    message = Logistics(Version.V2_0, top, Use.FEEDBACK, (event, event))
    reading = understand(write_message(Head(documents=(Document(has_content=True),)), message))
    assert reading.message == message
    assert reading.tree is not None
    assert [one for one in schemas.validate(reading.tree) if "Pasientlogistikk" in one.path] == []
