"""Whether types, contents, receipt versions and ebXML names belong together as the standards say."""

from __future__ import annotations

import pytest

from adapter.messages.apprec import AppRecVersion
from adapter.messages.codes import CodeLists, Status
from adapter.messages.kinds import (
    CONTENTS,
    KINDS,
    content_of,
    content_of_namespace,
    kind_of,
)

PO = "http://www.kith.no/xmlstds/po/"
DIALOG = "http://www.kith.no/xmlstds/dialog/"


@pytest.mark.parametrize(
    ("namespace", "root", "version", "apprec"),
    [
        (PO + "Pasientlogistikk/2009-06-30", "Pasientlogistikk", "1.5", "1.0"),
        (PO + "Pasientlogistikk/2012-04-01", "Pasientlogistikk", "1.6", "1.1"),
        (PO + "HelseopplysningerTilLege/2012-04-01", "Konsultasjon", "1.6", "1.1"),
        (PO + "Konsultasjon/2009-06-30", "Konsultasjon", "1.5", "1.0"),
        (PO + "MedisinskeOpplysninger/2012-04-01", "OverforingMedisinskeOpplysninger", "1.6", "1.1"),
        ("http://ehelse.no/xmlstds/po/Pasientlogistikk/2016-05-30", "Pasientlogistikk", "2.0", "1.1"),
        (DIALOG + "2006-10-11", "Dialogmelding", "1.0", "1.0"),
        (DIALOG + "2013-01-23", "Dialogmelding", "1.1", "1.1"),
    ],
)
def test_content_tells_version_and_receipt(namespace: str, root: str, version: str, apprec: str) -> None:
    """The namespace of the content tells its version, and with it the version of the receipt."""
    content = content_of(f"{{{namespace}}}{root}")
    assert content is not None
    assert (content.version, content.apprec) == (version, AppRecVersion(apprec))
    assert content_of_namespace(namespace) is content


def test_unknown_content_has_no_row() -> None:
    """A content of no known standard has no row."""
    assert content_of("{urn:x}Y") is None
    assert content_of_namespace("urn:x") is None
    assert kind_of("ERM1") is None


def test_only_reports_may_be_changed() -> None:
    """Admission report, health information and discharge report may be changed, and no other message."""
    changeable = {kind.type for kind in KINDS if Status.CHANGED in kind.statuses}
    assert {"INNLEGGELSESRAPPORT", "HELSEOPPL_SOKNAD", "UTSKRIVNINGSRAPPORT"} <= changeable
    assert not any(type_.startswith("LOG_") for type_ in changeable)
    assert "MEDISINSKE_OPPLYSNINGER" not in changeable


def test_every_type_and_name_stands_once(codes: CodeLists) -> None:
    """No type, no name and no content is registered twice, and every published type has a text."""
    assert len({kind.type for kind in KINDS}) == len({kind.name for kind in KINDS}) == len(KINDS)
    assert len({content.namespace for content in CONTENTS}) == len(CONTENTS)
    assert all(codes.text("8279", kind.type) for kind in KINDS if kind.type != "SAMMENFATNING")


def test_dialog_types_accept_their_versions() -> None:
    """A deviation is sent in 1.0 only and a clinical dialog in 1.1 only."""
    contents = {
        version: content_of_namespace(DIALOG + tail) for version, tail in (("1.0", "2006-10-11"), ("1.1", "2013-01-23"))
    }
    for type_, accepted in (("DIALOG_AVVIK", "1.0"), ("DIALOG_HELSEFAGLIG", "1.1")):
        kind = kind_of(type_)
        assert kind is not None
        assert {version for version, content in contents.items() if content and kind.accepts(content)} == {accepted}
