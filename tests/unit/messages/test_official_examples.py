"""Whether the official examples are read without loss of anything they say, in head and content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.messages.apprec import write_apprec
from adapter.messages.dialog import Dialog
from adapter.messages.logistics import Logistics
from adapter.messages.nodes import Node
from adapter.messages.reading import Reading, understand
from adapter.messages.reports.messages import (
    AdmissionReport,
    DischargeReport,
    HealthInformation,
    HealthInformationToGp,
    MedicalInformation,
    ServicesOffered,
)
from adapter.messages.writing import write_message

EXAMPLES = [
    ("plo-1.6/Helseopplysninger_Oppdaterte_opplysninger_v1-6_Endring1.xml", HealthInformation),
    ("plo-1.6/Helseopplysninger_Varsel_om_innlagt_pasient_v1-6_Ny.xml", HealthInformation),
    ("plo-1.6/Helseopplysninger_til_lege_v1-6_Ny.xml", HealthInformationToGp),
    ("plo-1.6/Innleggelsesrapport_v1-6_Ny.xml", AdmissionReport),
    ("plo-1.6/Medisinske_opplysninger_v1-6_Ny.xml", MedicalInformation),
    ("plo-1.6/Orientering_om_tjenestetilbud_v1-6_Ny.xml", ServicesOffered),
    ("plo-1.6/Pasientlogistikk_Avmelding_av_utskrivningsklar_pasient_v1-6_Ny.xml", Logistics),
    ("plo-1.6/Pasientlogistikk_Innlagt_pasient_v1-6_Ny.xml", Logistics),
    ("plo-1.6/Pasientlogistikk_Melding_om_utskrevet_pasient_v1-6_Ny.xml", Logistics),
    ("plo-1.6/Pasientlogistikk_Utskrivningsklar_pasient_v1-6_Ny.xml", Logistics),
    ("plo-1.6/Utskrivningsrapport_v1-6_Ny.xml", DischargeReport),
    ("dialog-1.0/Dialogmelding_foresporsel_PLO_v1-0.xml", Dialog),
    ("apprec/apprec-eksempel.xml", type(None)),
]


def _said(node: Node, path: str = "") -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Every element with its path, text and attributes, in order; blanks, empty values and locations say nothing."""
    path = f"{path}/{node.tag}"
    held = {name: " ".join(value.split()) for name, value in node.attributes.items() if "schemaLocation" not in name}
    yield path, " ".join((node.text or "").split()), tuple(sorted(item for item in held.items() if item[1]))
    for inner in node.children:
        yield from _said(inner, path)


def _written(reading: Reading) -> bytes:
    if reading.apprec is not None:
        return write_apprec(reading.apprec)
    assert reading.head is not None
    assert reading.message is not None
    return write_message(reading.head, reading.message)


@pytest.mark.parametrize(("name", "model"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_example_is_read_without_loss(official: Path, name: str, model: type) -> None:
    """What is read from an example writes every element, text and attribute of it again."""
    reading = understand((official / name).read_bytes())
    assert isinstance(reading.message, model)
    again = understand(_written(reading))
    assert reading.nodes is not None
    assert again.nodes is not None
    assert list(_said(again.nodes.root)) == list(_said(reading.nodes.root))
