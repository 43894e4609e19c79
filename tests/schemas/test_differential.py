"""The schemas accept and refuse what the published content models do: drawn documents, and copies broken in one place.

The expected verdict comes from the JSON tables through `content_model.py`, never from an XSD. ADAPTER_FULL=1 draws
thousands per namespace; ADAPTER_SEED draws others.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter

import pytest
from conftest import TABLES
from content_model import PUBLISHED_ELSEWHERE, Model, UndecidedError
from documents import Break, Draw, Vary
from lxml import etree

from adapter.messages.xml import parse

FULL = os.environ.get("ADAPTER_FULL") == "1"
SEED = int(os.environ.get("ADAPTER_SEED", "20120401"))
DRAWN = 1500 if FULL else 30
COPIES = 3

NAMESPACES = sorted(
    table["namespace"]
    for path in TABLES.glob("*.json")
    if path.stem not in PUBLISHED_ELSEWHERE
    and set(table := json.loads(path.read_text("utf-8"))) & {"elements", "complexTypes"}
) or [pytest.param("", marks=pytest.mark.skip(reason="the reference tables are not beside this checkout"))]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_verdicts_equal_the_content_model(namespace: str, model: Model, schema: etree.XMLSchema) -> None:
    """Every drawn document of a namespace, whole or broken in one place, gets the verdict of the content model."""
    chance = random.Random(f"{SEED} {namespace}")
    draw, breaking = Draw(model, chance), Break(model, chance)
    roots = model.roots(namespace)
    verdicts: Counter[bool] = Counter()
    for number in range(max(DRAWN, len(roots))):
        drawn = draw.document(roots[number % len(roots)])
        for way, document in (("as drawn", drawn), *breaking.copies(drawn, COPIES)):
            content = etree.tostring(document, encoding="utf-8")
            root = parse(content).getroot()
            try:
                expected = model.accepts(root)
            except UndecidedError:
                continue
            assert expected or way != "as drawn", f"the drawing is not valid: {content.decode()}"
            assert schema.validate(root) == expected, f"{way}, expected {expected}: {content.decode()}"
            verdicts[expected] += 1
    assert min(verdicts.values()) > DRAWN / 4, "nearly all documents got the same verdict"


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_fact_of_the_content_model_holds(namespace: str, model: Model, schema: etree.XMLSchema) -> None:
    """Each child and attribute of each type, there, missing, doubled, moved or of another value, is judged rightly."""
    vary = Vary(model, random.Random(f"{SEED} {namespace}"))
    for tag in model.roots(namespace):
        for way, document in vary.documents(tag):
            try:
                expected = model.accepts(document)
            except UndecidedError:
                continue
            if schema.validate(document) != expected:
                content = etree.tostring(document, encoding="unicode")
                pytest.fail(f"{way}, expected {expected}: {content}")
