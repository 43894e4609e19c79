"""The content models and the schema under test, for the differential tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from lxml import etree

sys.path.insert(0, str(Path(__file__).parent))

from content_model import PROBE, Model

from adapter.lookups.packaged import schemas
from adapter.messages.schemas import SchemaIndex
from adapter.messages.xml import compile_schema

TABLES = Path(__file__).parents[3] / "shared" / "reference" / "tables"
XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.fixture(scope="session")
def model() -> Model:
    """The content models of the reference tables."""
    if not TABLES.is_dir():
        pytest.skip("the reference tables are not beside this checkout")
    return Model.read(TABLES)


@pytest.fixture(scope="session")
def driver(model: Model) -> bytes:
    """A schema that imports every installed file and declares one element per named type."""
    prefixes = {f"n{number}": namespace for number, namespace in enumerate(model.namespaces)}
    root = etree.Element(f"{XS}schema", nsmap={"xs": XS[1:-1]} | prefixes, targetNamespace=PROBE)
    for entry in SchemaIndex.read(schemas()["INDEX.toml"]).entries:
        etree.SubElement(root, f"{XS}import", namespace=entry.namespace, schemaLocation=entry.file)
    for tag, probe in model.probes.items():
        type_ = f"n{model.namespaces.index(probe.namespace)}:{probe.name}"
        etree.SubElement(root, f"{XS}element", name=etree.QName(tag).localname, type=type_)
    return etree.tostring(root)


@pytest.fixture(scope="session")
def schema(driver: bytes) -> etree.XMLSchema:
    """The schema under test."""
    return compile_schema(driver, schemas())
