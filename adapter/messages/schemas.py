"""Which schema a document has to obey, and what is wrong with it, said without quoting it.

The files come as an argument, by bare name, together with `INDEX.toml`. Everything the index names is compiled into
one schema of about 2.5 MB in about 12 ms, so that a payload, an attachment and whatever stands in an open text field
are judged by the same schema wherever they occur; it is compiled when the first document comes. libxml2 keeps the
errors of a validation in the schema object, and two threads that shared one would read each other's patients
(`engineering-facts.md` §1): each thread compiles its own.
"""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from lxml import etree

from adapter.errors import SCHEMAS_UNUSABLE, AdapterError
from adapter.messages.findings import Finding, Severity
from adapter.messages.namespaces import MH, namespace_of
from adapter.messages.schema_findings import explain, locate
from adapter.messages.xml import DOCUMENT, Element, Tree, compile_schema, tag_of

INDEX = "INDEX.toml"
RULE = "XSD"

MAX_FINDINGS = 200
"""More findings than this help nobody; the last one then says that there are more."""

MAX_CHILDREN = 5_000
MAX_NODES = 300_000
"""libxml2 counts siblings for every error it reports, so a hostile document could cost hours; no message has this many
children below one element, or this many elements and attributes in all."""

_XS = "http://www.w3.org/2001/XMLSchema"


@dataclass(frozen=True, slots=True)
class SchemaEntry:
    """One file of the set. `roots` is empty for a file of parts; `types` are codes of code system 8279."""

    file: str
    namespace: str
    version: str
    roots: tuple[str, ...]
    types: tuple[str, ...]
    standard: str


@dataclass(frozen=True, slots=True)
class SchemaIndex:
    """What is installed, one entry per namespace, in the order of `INDEX.toml`."""

    entries: tuple[SchemaEntry, ...]

    @classmethod
    def together(cls, indices: Iterable[SchemaIndex]) -> SchemaIndex:
        """Several sets as one: a namespace is judged by the first that names it."""
        found: dict[str, SchemaEntry] = {}
        for index in indices:
            for entry in index.entries:
                found.setdefault(entry.namespace, entry)
        return cls(tuple(found.values()))

    @classmethod
    def read(cls, content: bytes) -> SchemaIndex:
        """Read `INDEX.toml`. Raises `AdapterError` (SCHEMAS_UNUSABLE) naming the table and the key."""
        try:
            document = tomllib.loads(content.decode("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise AdapterError(SCHEMAS_UNUSABLE, f"{INDEX}: {error}") from None
        tables = document.get("schema")
        if not isinstance(tables, list) or not tables:
            raise AdapterError(SCHEMAS_UNUSABLE, f"{INDEX} has no [[schema]] table")
        entries = tuple(_entry(number, table) for number, table in enumerate(tables, 1))
        namespaces = [entry.namespace for entry in entries]
        if len(set(namespaces)) != len(namespaces):
            raise AdapterError(SCHEMAS_UNUSABLE, f"{INDEX} names a namespace twice")
        return cls(entries)

    def entry(self, namespace: str) -> SchemaEntry | None:
        """The entry of a namespace; None when no schema is installed for it."""
        return next((entry for entry in self.entries if entry.namespace == namespace), None)


def _entry(number: int, table: object) -> SchemaEntry:
    if not isinstance(table, dict):
        raise AdapterError(SCHEMAS_UNUSABLE, f"{INDEX}: [[schema]] number {number} is no table")

    def text(key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value:
            raise AdapterError(SCHEMAS_UNUSABLE, f"{INDEX}: [[schema]] number {number} needs the text `{key}`")
        return value

    def texts(key: str) -> tuple[str, ...]:
        value = table.get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise AdapterError(SCHEMAS_UNUSABLE, f"{INDEX}: [[schema]] number {number} needs the list `{key}`")
        return tuple(value)

    return SchemaEntry(
        text("file"), text("namespace"), text("version"), texts("roots"), texts("types"), text("standard")
    )


_COMPILING = threading.Lock()
"""One at a time: two that compile beside each other take the loader of imports from each other (`compile_schema`)."""


class SchemaSet:
    """The installed schemas: `validate` a document, ask what they cover.

    Each of `sets` is name to content, `INDEX.toml` included; what an earlier one names is judged by its file, so that a
    site's own schemas stand before those that ship. Raises `AdapterError` (SCHEMAS_UNUSABLE) when an index cannot be
    read or names a file that is not there; a file that does not compile shows in the first `validate`.
    """

    def __init__(self, *sets: Mapping[str, bytes]) -> None:
        self.index = SchemaIndex.together([_index_of(files) for files in sets])
        self._files = {name: content for files in reversed(sets) for name, content in files.items()}
        self._entries = {entry.namespace: entry for entry in self.index.entries}
        self._compiled = threading.local()

    def covers(self, namespace: str) -> bool:
        """Whether a schema is installed for the namespace."""
        return namespace in self._entries

    def validate(self, tree: Tree, octets: int = DOCUMENT.octets) -> tuple[Finding, ...]:
        """What the schemas have against the document, in document order; empty when it is valid.

        `octets` is how long the document is at most; of a short one nothing has to be counted first.

        A payload below `RefDoc/Content` in a namespace that no schema is installed for is not looked into and is no
        finding here (ask `covers`); the published schema calls it invalid. Everything around it is checked. Every
        finding has rule `XSD`, severity error, and quotes names and expectations of the schema, no value of the
        document. Raises `AdapterError` (SCHEMAS_UNUSABLE) when the files do not compile.
        """
        excess = _excess(tree) if octets > MAX_CHILDREN * _SMALLEST else ""
        if excess:
            return (Finding(RULE, Severity.ERROR, "", None, excess, self._standard(tree.getroot())),)
        schema = self._schema()
        if schema.validate(tree):
            return ()
        findings = tuple(islice(self._findings(tree, schema.error_log), MAX_FINDINGS + 1))
        if len(findings) > MAX_FINDINGS:
            says = f"there are more than {MAX_FINDINGS} schema findings; correct these first"
            return (*findings[:-1], replace(findings[-1], path="", line=None, message=says))
        return findings

    def compile(self) -> None:
        """Compile now, for a check of the installation. Raises `AdapterError` (SCHEMAS_UNUSABLE)."""
        self._schema()

    def _schema(self) -> etree.XMLSchema:
        schema: etree.XMLSchema | None = getattr(self._compiled, "schema", None)
        if schema is None:
            with _COMPILING:
                schema = compile_schema(driver(self.index), self._files)
            self._compiled.schema = schema
        return schema

    def _findings(self, tree: Tree, complaints: Iterable[etree._LogEntry]) -> Iterator[Finding]:
        root = tree.getroot()
        for complaint in complaints:
            element = locate(root, complaint.path)
            if complaint.type_name == "SCHEMAV_CVC_ELT_1" and self._is_foreign_payload(element):
                continue
            path, message = explain(complaint.message, element)
            yield Finding(RULE, Severity.ERROR, path, complaint.line or None, message, self._standard(element))

    def _is_foreign_payload(self, element: Element) -> bool:
        parent = element.getparent()
        return parent is not None and parent.tag == f"{MH}Content" and not self.covers(namespace_of(tag_of(element)))

    def _standard(self, element: Element) -> str:
        """The standard that an element belongs to, or failing that the nearest element around it."""
        for owner in (element, *element.iterancestors()):
            entry = self._entries.get(namespace_of(tag_of(owner)))
            if entry is not None:
                return entry.standard
        return "XML Schema 1.0"


def _index_of(files: Mapping[str, bytes]) -> SchemaIndex:
    if INDEX not in files:
        raise AdapterError(SCHEMAS_UNUSABLE, f"there is no {INDEX}")
    index = SchemaIndex.read(files[INDEX])
    missing = [entry.file for entry in index.entries if entry.file not in files]
    if missing:
        raise AdapterError(SCHEMAS_UNUSABLE, f"{INDEX} names {', '.join(missing)}, not there")
    return index


def driver(index: SchemaIndex) -> bytes:
    """A schema of no elements of its own that imports every file of the index."""
    driver = etree.Element(f"{{{_XS}}}schema", targetNamespace="urn:adapter:driver")
    for entry in index.entries:
        etree.SubElement(driver, f"{{{_XS}}}import", namespace=entry.namespace, schemaLocation=entry.file)
    return etree.tostring(driver)


_SMALLEST = 4
"""The octets of the smallest element, `<a/>`; no attribute takes fewer."""

_COUNT = etree.XPath("count(//*) + count(//@*)")


def _excess(tree: Tree) -> str:
    """Which limit the document is over; empty when none."""
    nodes = _COUNT(tree)
    if nodes <= MAX_CHILDREN:
        return ""
    if nodes > MAX_NODES:
        return f"more than {MAX_NODES} elements and attributes, which no message has; the schema check was left out"
    if any(len(element) > MAX_CHILDREN for element in tree.iter(etree.Element)):
        return f"more than {MAX_CHILDREN} elements below one, which no message has; the schema check was left out"
    return ""
