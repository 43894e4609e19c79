"""The Description for the national monitoring."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.envelope.monitoring import NOT_TOLD, Monitoring, read_monitoring


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30))
def test_what_is_told_is_read_back(name):
    """One strict JSON object with xml:lang, whatever the names hold."""
    told = Monitoring(name, "1.0", name)
    element = etree.fromstring(told.xml().replace("<eb:Description", '<eb:Description xmlns:eb="urn:eb"'))
    assert element.get("{http://www.w3.org/XML/1998/namespace}lang") == "no"
    assert json.loads(element.text or "")["MSH-system"] == name
    assert read_monitoring(element.text or "") == (told, ())


@given(st.text(max_size=60))
def test_nothing_a_peer_says_makes_it_fail(text):
    """§10.7: never a reason to reject."""
    read_monitoring(text)
    read_monitoring("{" + text + ",}")
    read_monitoring("[" * 100_000)


def test_values_of_another_type_are_not_taken():
    """A number in place of a name counts as not told."""
    monitoring, findings = read_monitoring('{"MSH-system": 1, "MSH-versjon": null}')
    assert monitoring == NOT_TOLD
    assert [one.rule for one in findings] == ["EB-457", "EB-458"]
