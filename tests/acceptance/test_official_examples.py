"""What is said of every official example, sent and received: exactly what is known to be odd about it, and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from adapter.lookups import packaged
from adapter.messages.codes import CodeLists
from adapter.messages.read import read
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet

OFFICIAL = Path(__file__).parents[3] / "shared/examples"
FOLDERS = ("plo-1.6", "dialog-1.0", "apprec")
SCHEMAS, CODES = SchemaSet(packaged.schemas()), CodeLists.parse(packaged.codes())

REASONS = {
    "MH-015": "no example states an offset in GenDate (msghead.md §7.3)",
    "ID-009": "the organisation number is invented (msghead.md §12)",
    "PL-020": "the text of a code is that of an older edition of its list (plo.md §3)",
    "LK-005": "withdrawal and discharge carry no ConversationRef (plo.md X-7, §6)",
    "PL-103": "the events have a description in words, where LOG_ messages carry no health information (plo.md §6)",
    "AR-001": "the id has 32 hex digits without hyphens (apprec.md §9)",
    "AR-006": "Status 3 is for settlements, the example is one (apprec.md §4.1)",
    "AR-009": "the errors are of the list for settlements, 8223 (apprec.md §4.2)",
    "AR-013": "neither side has a role (apprec.md §9)",
    "AR-014": "the receiver is an empty institution (apprec.md §9)",
}

SENT: dict[str, dict[str, int]] = {
    "Helseopplysninger_Oppdaterte_opplysninger_v1-6_Endring1.xml": {},
    "Helseopplysninger_Varsel_om_innlagt_pasient_v1-6_Ny.xml": {},
    "Helseopplysninger_til_lege_v1-6_Ny.xml": {},
    "Innleggelsesrapport_v1-6_Ny.xml": {"ID-009": 1, "PL-020": 1},
    "Medisinske_opplysninger_v1-6_Ny.xml": {},
    "Orientering_om_tjenestetilbud_v1-6_Ny.xml": {"PL-020": 4},
    "Pasientlogistikk_Avmelding_av_utskrivningsklar_pasient_v1-6_Ny.xml": {"LK-005": 1, "PL-103": 2},
    "Pasientlogistikk_Innlagt_pasient_v1-6_Ny.xml": {"PL-103": 1},
    "Pasientlogistikk_Melding_om_utskrevet_pasient_v1-6_Ny.xml": {"LK-005": 1, "PL-103": 2},
    "Pasientlogistikk_Utskrivningsklar_pasient_v1-6_Ny.xml": {"PL-103": 1},
    "Utskrivningsrapport_v1-6_Ny.xml": {},
    "Dialogmelding_foresporsel_PLO_v1-0.xml": {},
    "apprec-eksempel.xml": {"AR-001": 1, "AR-006": 1, "AR-009": 5, "AR-013": 2, "AR-014": 1},
}
"""How often each rule speaks when the example is sent; beside this MH-015 once in every business message."""

RECEIVED_TOO = {"ID-009", "PL-020", "AR-006", "AR-013", "AR-014"}
"""What is told of a message that was received as well."""

pytestmark = pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official examples do not lie beside the project")


def judged(name: str, side: Side) -> Counter[str]:
    [path] = [path for folder in FOLDERS for path in (OFFICIAL / folder).glob(name)]
    reading = read(path.read_bytes(), SCHEMAS, Context(side, CODES))
    return Counter(finding.rule for finding in reading.findings)


@pytest.mark.parametrize("name", SENT)
def test_what_is_said_when_sent(name: str) -> None:
    """The schema accepts it, and the rules say what is expected, each for its reason."""
    expected = SENT[name] | ({} if name.startswith("apprec") else {"MH-015": 1})
    found = judged(name, Side.SEND)
    assert found == expected
    assert set(found) <= set(REASONS)


@pytest.mark.parametrize("name", SENT)
def test_what_is_said_when_received(name: str) -> None:
    """Received, nothing is refused and only what a person could want to know is told."""
    expected = {rule: count for rule, count in SENT[name].items() if rule in RECEIVED_TOO}
    assert judged(name, Side.RECEIVE) == expected


def test_no_example_is_left_out() -> None:
    """Every file of the three folders is in the table."""
    assert {path.name for folder in FOLDERS for path in (OFFICIAL / folder).iterdir()} == set(SENT)
