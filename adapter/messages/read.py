"""What a document says and whether it is right: the one entry point of validation, sending and receiving."""

from __future__ import annotations

from typing import Final

from adapter.messages.findings import Finding, Severity
from adapter.messages.namespaces import namespace_of
from adapter.messages.reading import Reading, Recognised, understand
from adapter.messages.rules import judge
from adapter.messages.rules.rule import Context
from adapter.messages.schemas import SchemaSet
from adapter.messages.xml import path_of


def read(content: bytes, schemas: SchemaSet, context: Context) -> Reading:
    """Read a document and check it against its schema and every rule; never raises for what is in it.

    A message whose content has no schema here is carried as it is: the head is checked, the rest is told with a
    warning. Schema findings have the rule `XSD`.
    """
    reading = understand(content)
    return reading.with_findings((*_schema_findings(reading, schemas), *judge(reading, context)))


_JUDGED: Final = frozenset({Recognised.BUSINESS, Recognised.APPREC})
"""What has a schema here; an envelope is judged where it is opened."""


def _schema_findings(reading: Reading, schemas: SchemaSet) -> tuple[Finding, ...]:
    if reading.tree is None or reading.recognised not in _JUDGED:
        return ()
    payload = reading.payload
    if payload is None or schemas.covers(namespace_of(payload.tag)):
        return schemas.validate(reading.tree, len(reading.content))
    says = "no schema is installed for the content, only the head was judged; install it under schemas.path to check it"
    unknown = Finding(
        "XSD", Severity.WARNING, path_of(payload.element), payload.element.sourceline, says, "msghead.md §4.2"
    )
    return (unknown, *schemas.validate(reading.tree, len(reading.content)))
