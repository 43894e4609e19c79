"""The table of answers."""

from __future__ import annotations

import pytest

from adapter.crypto.refusal import RefusedError
from adapter.envelope.classify import Kind
from adapter.envelope.header import ReturnAddress
from adapter.envelope.respond import Answer, Arrived, Outcome, answer, arrived_as, errors, refusal
from adapter.errors import ENVELOPE_INVALID, SIGNATURE_INVALID, XML_NOT_WELL_FORMED, AdapterError, catalogue
from adapter.messages.findings import Finding, Severity
from adapter.values import HerId

TO = ReturnAddress(HerId("9"), HerId("10"), "", "", "")


@pytest.mark.parametrize("arrived", [Arrived.SIGNAL, Arrived.MAIL])
@pytest.mark.parametrize("outcome", Outcome)
def test_an_answer_is_never_answered(arrived, outcome):
    """Signals, Faults, bounces and automatic replies get nothing, however it went (§6.5)."""
    assert answer(arrived, outcome) is Answer.NOTHING


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.FINE, Answer.ACKNOWLEDGMENT),
        (Outcome.WARNED, Answer.WARNING),
        (Outcome.REFUSED, Answer.ERROR),
        (Outcome.PENDING, Answer.NOTHING),
    ],
)
def test_a_payload_message_gets_exactly_one_answer(outcome, expected):
    """§6.2; what cannot be judged now is answered later."""
    assert answer(Arrived.PAYLOAD, outcome) is expected


@pytest.mark.parametrize("kind", Kind)
def test_a_refused_message_is_answered_where_it_may_be(kind):
    """An Error with a return address, a Fault without, nothing for signals."""
    signal = arrived_as(kind) is Arrived.SIGNAL
    assert refusal(kind, TO) is (Answer.NOTHING if signal else Answer.ERROR)
    assert refusal(kind, None) is (Answer.NOTHING if signal else Answer.FAULT)


def test_errors_carry_the_code_of_the_catalogue():
    """With rule, place and text; an internal trouble is Unknown."""
    (error,) = errors(RefusedError(SIGNATURE_INVALID, "EB-326", "x", "/there"))
    assert (error.code, error.severity, error.location) == ("SecurityFailure", "Error", "/there")
    (error,) = errors(AdapterError(XML_NOT_WELL_FORMED, "line 1"))
    assert (error.code, error.location) == ("OtherXml", "")
    internal = next(kind for kind in catalogue() if kind.wire is None)
    (error,) = errors(AdapterError(internal))
    assert error.code == "Unknown"


def test_every_error_is_told_at_once():
    """What refused the message first, then whatever else is wrong, each once and with its rule (EB-627)."""
    refused = RefusedError(ENVELOPE_INVALID, "EB-105", "broken")
    found = [Finding(rule, Severity.ERROR, "", None, "wrong", "x") for rule in ("EB-105", "EB-113", "EB-441", "EB-441")]
    told = errors(refused, tuple(found))
    assert [error.description.rpartition("(")[2] for error in told] == ["EB-105)", "EB-113)", "EB-441)"]
    assert [error.code for error in told] == ["OtherXml", "NotSupported", "ValueNotRecognized"]
