"""Two parties with an agreement, for the tests of agreements."""

from __future__ import annotations

from datetime import UTC, datetime

from adapter.envelope.cpa import Cpa, CpaStatus, read_cpa
from adapter.testing.agreements import Agreeing, cpa_xml
from adapter.testing.pki import Organisation
from adapter.values import HerId

HOSPITAL, MUNICIPALITY, STRANGER = HerId("9"), HerId("10"), HerId("11")
CPA_ID = "0f3f4bd6-4a56-4e35-9d6e-3b8b7d3a5c01"
FIRST, LAST = datetime(2012, 1, 1, tzinfo=UTC), datetime(2012, 12, 31, tzinfo=UTC)
READINESS, ANSWER = "LOG_UTSKRIVNINGSKLAR", "DIALOG_HELSEFAGLIG"


def agreement_xml(hospital: Organisation, municipality: Organisation, cpa_id: str = CPA_ID) -> bytes:
    """The hospital sends readiness 1.5 and 1.6, the municipality its answer."""
    sends = ((READINESS, "1.5"), (READINESS, "1.6"))
    return cpa_xml(
        cpa_id,
        Agreeing(HOSPITAL, "sykehus@edi.example", hospital, sends),
        Agreeing(MUNICIPALITY, "kommune@edi.example", municipality, ((ANSWER, "1.1"),)),
        FIRST,
        LAST,
    )


def agreed(hospital: Organisation, municipality: Organisation, status: CpaStatus = CpaStatus.VALID) -> Cpa:
    """The same, read."""
    return read_cpa(agreement_xml(hospital, municipality), status)
