"""Whether a document is recognised for what it is, and read as far as we know it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adapter.messages.reading import Recognised, understand

OFFICIAL = [
    ("plo-1.6/Pasientlogistikk_Innlagt_pasient_v1-6_Ny.xml", "LOG_INNLAGT", "admitted", "1.6"),
    ("plo-1.6/Pasientlogistikk_Utskrivningsklar_pasient_v1-6_Ny.xml", "LOG_UTSKRIVNINGSKLAR", "discharge-ready", "1.6"),
    (
        "plo-1.6/Pasientlogistikk_Avmelding_av_utskrivningsklar_pasient_v1-6_Ny.xml",
        "LOG_AVMELDING",
        "withdrawal",
        "1.6",
    ),
    ("plo-1.6/Pasientlogistikk_Melding_om_utskrevet_pasient_v1-6_Ny.xml", "LOG_UTSKREVET", "discharged", "1.6"),
    ("plo-1.6/Utskrivningsrapport_v1-6_Ny.xml", "UTSKRIVNINGSRAPPORT", "discharge-report", "1.6"),
    ("dialog-1.0/Dialogmelding_foresporsel_PLO_v1-0.xml", "DIALOG_FORESPORSEL", "question", "1.0"),
    ("apprec/apprec-eksempel.xml", "APPREC", "apprec", "1.0"),
]


@pytest.mark.parametrize(("name", "type_", "english", "version"), OFFICIAL)
def test_official_example_is_recognised(official: Path, name: str, type_: str, english: str, version: str) -> None:
    """An official example tells its type, our name for it, and the version of its content."""
    reading = understand((official / name).read_bytes())
    assert reading.standard is not None
    assert (reading.type, reading.name, reading.standard.version) == (type_, english, version)


@pytest.mark.parametrize(
    ("content", "recognised"),
    [
        (b"no XML", Recognised.UNREADABLE),
        (b"<a/>", Recognised.UNKNOWN),
        (b'<MsgHead xmlns="urn:x"/>', Recognised.UNKNOWN),
        (b'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>', Recognised.ENVELOPE),
        (b'<AppRec xmlns="http://www.kith.no/xmlstds/apprec/2012-02-15"/>', Recognised.APPREC),
        (b'<MsgHead xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"/>', Recognised.BUSINESS),
    ],
)
def test_root_tells_what_it_is(content: bytes, recognised: Recognised) -> None:
    """A document is recognised by its root and namespace, however little else it holds."""
    reading = understand(content)
    assert reading.recognised is recognised
    assert reading.content == content


def test_any_other_message_is_read_as_far_as_its_head(built: Callable[..., bytes]) -> None:
    """A content without model leaves head and payload."""
    content = built("admitted").replace(b"Pasientlogistikk/2012-04-01", b"Pasientlogistikk/2099-01-01")
    reading = understand(content)
    assert reading.head is not None
    assert reading.payload is not None
    assert (reading.message, reading.standard, reading.name) == (None, None, "admitted")


def test_prefixes_make_no_difference(built: Callable[..., bytes]) -> None:
    """A message reads the same with prefix and with default namespace."""
    content = built("discharged")
    prefixed = content.replace(b'xmlns="', b'xmlns:h="')
    for name in (b"MsgHead", b"MsgInfo", b"Type", b"Document", b"RefDoc", b"Content"):
        for before, after in ((b"<", b"<h:"), (b"</", b"</h:")):
            for end in (b">", b" ", b"/"):
                prefixed = prefixed.replace(before + name + end, after + name + end)
    assert understand(prefixed).type == "LOG_UTSKREVET"
    assert understand(prefixed).message == understand(content).message
