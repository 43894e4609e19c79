"""What is counted and measured, and what the alerts ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from adapter.observe import events
from adapter.observe.log import Line, Silent
from adapter.observe.metrics import (
    CATALOGUE,
    CERTIFICATES,
    MAX_PARTNERS,
    MAX_SYSTEMS,
    OTHER,
    Counting,
    Kind,
    Metrics,
    Sample,
)

ALERTS = Path(__file__).parents[3] / "deploy" / "alerts.yml"


def values(metrics: Metrics, *samples: Sample) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by name and labels, as Prometheus reads the text."""
    text = metrics.text(samples).decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def test_a_line_is_counted_and_goes_on(metrics: Metrics) -> None:
    """Whatever is told is counted by its event, its duration and its answer's time."""
    log = Counting(Silent(), metrics.count)
    log.tell(events.ACK_RECEIVED, Line(partner="990201", took_ms=20, waited_ms=90_000))
    log.tell(events.APPREC_REJECTED, Line(partner="990201", rule="E10, T01", waited_ms=7_200_000))
    log.tell(events.EXCHANGE_RESENT, Line(partner="990201"))
    found = values(metrics)
    assert found["adapter_events_total", ("ack.received",)] == 1
    assert found["adapter_step_seconds_sum", ("ack.received",)] == 0.02
    assert found["adapter_acknowledgment_seconds_sum", ("990201",)] == 90
    assert found["adapter_apprec_seconds_sum", ("990201",)] == 7200
    assert found["adapter_resends_total", ("990201",)] == 1
    assert found["adapter_refusals_total", ("apprec.rejected", "E10")] == 1


@pytest.mark.parametrize("said", ["defect ValueError", "Ola Nordmann", "12834130279", "", None, "A" * 41, "eb-1"])
def test_a_rule_that_is_none_is_no_label(metrics: Metrics, said: str | None) -> None:
    """Only what has the form of a rule, an error id or a code becomes a label."""
    metrics.count(events.MESSAGE_REFUSED, Line(rule=said))
    assert values(metrics)["adapter_refusals_total", ("message.refused", OTHER)] == 1


def test_strangers_do_not_fill_the_memory(metrics: Metrics) -> None:
    """Beyond the thousandth partner, and for what is no HER-id, the label is `other`."""
    for her in range(1, MAX_PARTNERS + 51):
        metrics.count(events.EXCHANGE_RESENT, Line(partner=str(her)))
    metrics.count(events.EXCHANGE_RESENT, Line(partner="Ola"))
    found = values(metrics)
    assert found["adapter_resends_total", (OTHER,)] == 51
    assert sum(1 for name, _ in found if name == "adapter_resends_total") == MAX_PARTNERS + 1


@pytest.mark.parametrize(
    ("system", "version", "labels"),
    [
        ("Kvittering MSH", "5.1.2-b7", ("Kvittering MSH", "5.1.2-b7")),
        ("", "", ("none named", "none named")),
        ("Kvittering", "13116900216", (OTHER, OTHER)),
        ("for 131169 00216", "1", (OTHER, OTHER)),
        ("a\nb", "1", (OTHER, OTHER)),
        ("x" * 61, "1", (OTHER, OTHER)),
    ],
)
def test_the_software_of_partners_is_counted(
    metrics: Metrics, system: str, version: str, labels: tuple[str, str]
) -> None:
    """What a verified envelope names is a label if it looks like a product; what could be a person's number is none."""
    metrics.heard(system, version)
    assert values(metrics)["adapter_heard_total", labels] == 1


def test_software_does_not_fill_the_memory(metrics: Metrics) -> None:
    """Beyond two hundred names and versions everything new is counted together; what was known is counted on."""
    for number in (*range(MAX_SYSTEMS + 50), 0):
        metrics.heard("MSH", str(number))
    heard = {labels: value for (name, labels), value in values(metrics).items() if name == "adapter_heard_total"}
    assert len(heard) == MAX_SYSTEMS + 1
    assert heard[OTHER, OTHER] == 50
    assert heard["MSH", "0"] == 2


def test_gauges_are_those_of_the_question(metrics: Metrics) -> None:
    """What was read for one answer is not in the next."""
    one = Sample(CERTIFICATES, 12, ("keys.signing",))
    assert values(metrics, one)["adapter_certificate_days", ("keys.signing",)] == 12
    assert ("adapter_certificate_days", ("keys.signing",)) not in values(metrics)


def test_the_store_is_timed(metrics: Metrics) -> None:
    """Read and write apart."""
    metrics.store_took("write", 0.5)
    assert values(metrics)["adapter_store_seconds_sum", ("write",)] == 0.5


def test_the_lag_of_the_loop_is_counted(metrics: Metrics) -> None:
    """How late it came round, added up."""
    metrics.loop_lagged(0.25)
    assert values(metrics)["adapter_loop_lag_seconds_sum", ()] == 0.25


def test_every_alert_asks_for_a_figure_that_there_is() -> None:
    """Each name in the alert file is in the catalogue, with the labels it is asked by; and events exist."""
    known = {figure.name: figure for figure in CATALOGUE}
    rules = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"][0]["rules"]
    assert len(rules) >= 8
    asked = set()
    for rule in rules:
        names = re.findall(r"adapter_[a-z_]+", rule["expr"])
        assert names or rule["expr"].startswith("up{"), rule["alert"]
        for name in names:
            base = name.removesuffix("_bucket")
            assert base in known, name
            assert (known[base].kind is Kind.HISTOGRAM) == name.endswith("_bucket")
            asked.add(base)
        told = {event.name for event in events.catalogue()}
        for listed in re.findall(r'event=~?"([^"]+)"', rule["expr"]):
            assert set(listed.split("|")) <= told
        assert rule["annotations"]["summary"]
    assert len(asked) >= 6
