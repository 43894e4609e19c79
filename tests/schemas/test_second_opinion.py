"""A second schema processor, written in Python, says the same of the schemas as libxml2 does."""

from __future__ import annotations

import random
import warnings
from pathlib import Path

import pytest
import xmlschema
from content_model import Model, UndecidedError
from documents import Break, Draw
from lxml import etree

from adapter.lookups.packaged import schemas
from adapter.messages.schemas import SchemaIndex

ENTRIES = SchemaIndex.read(schemas()["INDEX.toml"]).entries
MSGHEAD = "http://www.kith.no/xmlstds/msghead/2006-05-24"


CONTENT = f"{{{MSGHEAD}}}Content"


def content_has_text_or_twin(root: etree._Element) -> bool:
    """The one known fault of the second processor: it accepts text in Content and two Content (plo.md §2.8)."""
    return any(
        (node.text or "").strip()
        or any((child.tail or "").strip() for child in node)
        or next(node.itersiblings(CONTENT), None) is not None
        for node in root.iter(CONTENT)
    )


@pytest.fixture(scope="session")
def second(driver: bytes, tmp_path_factory: pytest.TempPathFactory) -> xmlschema.XMLSchema10:
    """The schemas compiled by the other processor."""
    folder: Path = tmp_path_factory.mktemp("schemas")
    for name, content in schemas().items():
        (folder / name).write_bytes(content)
    (folder / "driver.xsd").write_bytes(driver)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return xmlschema.XMLSchema10(str(folder / "driver.xsd"), allow="local")


def test_both_processors_agree(model: Model, schema: etree.XMLSchema, second: xmlschema.XMLSchema10) -> None:
    """On a sample from every namespace the two processors give one verdict, the known fault aside."""
    chance = random.Random(16)
    draw, breaking = Draw(model, chance), Break(model, chance)
    judged = 0
    for namespace in model.namespaces:
        roots = model.roots(namespace)
        for number in range(3):
            drawn = draw.document(roots[number % len(roots)])
            for way, document in (("as drawn", drawn), *breaking.copies(drawn, 2)):
                root = etree.fromstring(etree.tostring(document, encoding="utf-8"))
                try:
                    expected = model.accepts(root)
                except UndecidedError:
                    continue
                if content_has_text_or_twin(root):
                    continue
                said = second.is_valid(root)
                assert said == expected == schema.validate(root), f"{way}: {etree.tostring(root, encoding='unicode')}"
                judged += 1
    assert judged > 200
