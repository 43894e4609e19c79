"""Service, Action and Role from the code of the business message."""

from __future__ import annotations

import pytest

from adapter.crypto.refusal import RefusedError
from adapter.envelope.routing import Process, process_of

MESSAGE, RECEIPT = Process("LOG_INNLAGT"), Process("LOG_INNLAGT", receipt=True)


def test_a_message_and_its_apprec():
    """The AppRec keeps the Service and mirrors the roles (§3.9)."""
    assert (MESSAGE.service, MESSAGE.action) == ("S-LOG_INNLAGT", "LOG_INNLAGT")
    assert MESSAGE.roles == ("LOG_INNLAGTsender", "LOG_INNLAGTreceiver")
    assert (RECEIPT.service, RECEIPT.action) == ("S-LOG_INNLAGT", "APPREC")
    assert RECEIPT.roles == ("LOG_INNLAGTreceiver", "LOG_INNLAGTsender")


@pytest.mark.parametrize("process", [MESSAGE, RECEIPT])
def test_what_is_built_is_read_back(process):
    """With S- silently, without it with a remark (EB-230)."""
    assert process_of(process.service, process.action) == (process, ())
    found, findings = process_of(process.code, process.action)
    assert found == process
    assert [one.rule for one in findings] == ["EB-230"]


@pytest.mark.parametrize(("service", "action"), [("S-A", "B"), ("S-", ""), ("", ""), ("S-APPREC", "B"), ("A-S", "A")])
def test_what_does_not_belong_together_is_not_supported(service, action):
    """EB-230."""
    with pytest.raises(RefusedError) as refused:
        process_of(service, action)
    assert refused.value.kind.wire == "NotSupported"
