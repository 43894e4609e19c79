"""The whole check: it answers for any package, whoever made it."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from played_stay import Exporter, failures

from adapter.evidence.container import read
from adapter.evidence.report import Check, Outcome
from adapter.evidence.verify import verify

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("9999-12-31T23:59:59Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def put(document: object, path: list[int], value: object) -> object:
    """The document with one place of it, found by turning at each step as told, replaced."""
    if isinstance(document, dict) and document and path:
        key = sorted(document)[path[0] % len(document)]
        return document | {key: put(document[key], path[1:], value)}
    if isinstance(document, list) and document and path:
        at = path[0] % len(document)
        return [*document[:at], put(document[at], path[1:], value), *document[at + 1 :]]
    return value


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_member_breaks_the_check(hospital: Exporter, data: st.DataObject) -> None:
    """A member with any other content, under an honest signature, is an answer line by line and never an exception."""
    members = [one for one in read(hospital.package).members if one.name not in {"manifest.json", "manifest.sig"}]
    one = data.draw(st.sampled_from(members))
    if one.name.endswith(".json") and data.draw(st.booleans()):
        path = data.draw(st.lists(st.integers(0, 50), max_size=6))
        content = json.dumps(put(json.loads(one.content), path, data.draw(JSON))).encode()
    else:
        at = data.draw(st.integers(0, len(one.content)))
        content = (
            one.content[:at] + data.draw(st.binary(max_size=20)) + one.content[at + data.draw(st.integers(0, 9)) :]
        )
    report = verify(hospital.repack({one.name: content}))
    assert report.lines


def test_every_kind_of_check_has_a_line(hospital: Exporter) -> None:
    """The report of an honest package has a line of each kind of check that is not about what is missing."""
    kinds = {line.check for line in verify(hospital.package).lines if line.outcome is Outcome.HOLDS}
    # The certificates of the place name nobody to ask: what answers are worth is tested in test_revocations.
    assert kinds == set(Check) - {Check.REVOCATION}


def test_no_line_holds_patient_data(hospital: Exporter) -> None:
    """What the check says names no patient and quotes no message, whether it holds or not."""
    reports = [verify(hospital.package), verify(hospital.repack({"case.json": None, "chain.json": None}))]
    said = " ".join(line.says + line.member for report in reports for line in report.lines)
    for secret in ("12834130279", "Lyngrose", "Signe<", "Korttid"):
        assert secret not in said


def test_nothing_is_left_of_a_package(hospital: Exporter) -> None:
    """A package of a manifest alone fails, line by line."""
    names = [one.name for one in read(hospital.package).members][2:]
    found = failures(hospital.repack(dict.fromkeys(names)))
    assert ("manifest", "certificates/exporter-1.crt") in found
    assert ("decision", "case.json") in found
