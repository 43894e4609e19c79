"""Reading an agreement (CPA 2.0)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.envelope.cpa import Can, CpaStatus, Reliability, read_cpa
from adapter.errors import CPA_UNREADABLE, AdapterError
from adapter.lookups import packaged
from adapter.messages.findings import has_errors
from adapter.messages.schemas import SchemaSet
from adapter.messages.xml import parse
from adapter.values import EdiAddress

from .agreed import CPA_ID, FIRST, HOSPITAL, LAST, MUNICIPALITY, agreed, agreement_xml
from .conftest import World

TEMPLATE = Path(__file__).parents[4] / "shared" / "examples" / "cpa" / "CppTemplate.xml"


def test_an_agreement_says_who_when_what_where_and_how_often(world: World) -> None:
    """Id, period, parties, bindings for each version, certificates, address and resends of `ebxml.md` §8.2."""
    cpa = agreed(world.hospital, world.municipality)
    assert (cpa.id, cpa.first, cpa.last, cpa.status) == (CPA_ID, FIRST, LAST, CpaStatus.VALID)
    assert cpa.is_between(MUNICIPALITY, HOSPITAL)
    taking = cpa.bindings(
        MUNICIPALITY, Can.RECEIVE, "S-LOG_UTSKRIVNINGSKLAR", "LOG_UTSKRIVNINGSKLAR", "LOG_UTSKRIVNINGSKLARreceiver"
    )
    assert [one.version for one in taking] == ["1.5", "1.6"]
    assert {one.service_type for one in taking} == {"string"}
    assert {one.encryption for one in taking} == {world.municipality.encryption.certificate.public_bytes(Encoding.DER)}
    municipality = cpa.party(MUNICIPALITY)
    assert municipality is not None
    assert municipality.address(taking[0]) == EdiAddress("kommune@edi.example")
    assert municipality.signing == (world.municipality.signing.certificate.public_bytes(Encoding.DER),)
    assert municipality.channels[0].reliability == Reliability(4, timedelta(hours=12), timedelta(days=4))


def test_the_stand_in_is_valid_by_the_schema(world: World) -> None:
    """What the tests call an agreement is one by the schema of CPP and CPA 2.0."""
    findings = SchemaSet(packaged.schemas()).validate(parse(agreement_xml(world.hospital, world.municipality)))
    assert not has_errors(findings), findings


BROKEN = (
    ("<Start>[^<]*</Start>", "", "Start is no date and time"),
    ("<End>[^<]*</End>", "<End>tomorrow</End>", "End is no date and time"),
    ("PT720M", "P1M", "RetryInterval is no duration"),
    ("P4D", "P0D", "longer than nothing"),
    ("<Retries>4", "<Retries>many", "Retries is no small number"),
    ("<X509Certificate>[^<]*<", "<X509Certificate>AAAA<", "holds no certificate"),
    ('tp:type="HER"', 'tp:type="ENH"', "PartyId of type HER"),
    (">9</PartyId>", ">10</PartyId>", "two PartyInfo"),
    ('tp:cpaid="[^"]*"', "", "has no cpaid"),
    ('CertificateRef tp:certId="encryption"', 'CertificateRef tp:certId="gone"', "names a Certificate"),
    ("CollaborationProtocolAgreement", "CollaborationProtocolProfile", "no CollaborationProtocolAgreement"),
)


@pytest.mark.parametrize(("pattern", "instead", "says"), BROKEN, ids=[one[2] for one in BROKEN])
def test_what_is_wrong_in_an_agreement_is_named(world: World, pattern: str, instead: str, says: str) -> None:
    """A broken agreement is refused whole, with the element."""
    text = re.sub(pattern, instead, agreement_xml(world.hospital, world.municipality).decode())
    with pytest.raises(AdapterError, match=says) as raised:
        read_cpa(text.encode())
    assert raised.value.kind is CPA_UNREADABLE


def test_attributes_without_prefix_are_read_too(world: World) -> None:
    """Not every register qualifies the attributes."""
    text = agreement_xml(world.hospital, world.municipality).decode().replace(" tp:", " ")
    assert read_cpa(text.encode()) == agreed(world.hospital, world.municipality)


def test_a_period_without_offset_is_in_utc(world: World) -> None:
    """As every time of the transport is, and no Norwegian one (HIS 1037 §6.2.1)."""
    text = re.sub(r"(<(?:Start|End)>[^<Z]*)Z", r"\1", agreement_xml(world.hospital, world.municipality).decode())
    assert "00Z</Start>" not in text
    cpa = read_cpa(text.encode())
    assert (cpa.first, cpa.last) == (FIRST, LAST)


def test_a_channel_that_is_no_mail_has_no_address(world: World) -> None:
    """An HTTP endpoint gives no EDI address, and the directory's holds."""
    text = agreement_xml(world.hospital, world.municipality).decode().replace("mailto://", "http://")
    cpa = read_cpa(text.encode())
    party = cpa.party(MUNICIPALITY)
    assert party is not None
    assert party.address(party.bindings[0]) is None


@pytest.mark.parametrize("uri", ["mailto:", "mailto://", "MAILTO://"])
def test_an_address_is_read_in_every_dress(world: World, uri: str) -> None:
    """`mailto:` with slashes, as the register writes it, or without (§8.2); a scheme is of no case (RFC 3986 §3.1)."""
    text = agreement_xml(world.hospital, world.municipality).decode().replace("mailto://", uri)
    party = read_cpa(text.encode()).party(MUNICIPALITY)
    assert party is not None
    assert party.address(party.bindings[0]) == EdiAddress("kommune@edi.example")


@pytest.mark.skipif(not TEMPLATE.is_file(), reason="the official examples are not here")
def test_the_official_template_of_a_profile_is_read_as_a_party(world: World) -> None:
    """The register's own template of a profile, filled in for two parties, makes an agreement that is read whole."""
    template = TEMPLATE.read_text("utf-8-sig")
    body = template[template.index("<p3:PartyInfo") : template.index("</p3:PartyInfo>") + len("</p3:PartyInfo>")]
    rest = template[template.index("</p3:PartyInfo>") + len("</p3:PartyInfo>") :]
    parties = []
    for her, keys, address in (
        ("9", world.hospital, "sykehus@edi.example"),
        ("10", world.municipality, "kommune@edi.example"),
    ):
        filled = body.replace("HERID", her).replace("EPOSTADRESSE", address)
        for place, pair in (("NONREP", keys.signing), ("CONFID", keys.encryption), ("SSL", keys.signing)):
            pem = "".join(pair.certificate_pem().decode().splitlines()[1:-1])
            filled = re.sub(f"{place}SERTI?FIKATI?B?64", pem, filled)
        parties.append(filled)
    opening = template[template.index("<Coll") : template.index("<p3:PartyInfo")]
    opening = opening.replace("Profile", "Agreement").replace("p3:cppid", "p3:cpaid")
    period = "<p3:Start>2012-01-01T00:00:00Z</p3:Start><p3:End>2013-01-01T00:00:00Z</p3:End>"
    text = opening + period + "".join(parties) + rest.replace("Profile", "Agreement")
    cpa = read_cpa(text.encode())
    name = "LOG_UTSKRIVNINGSKLAR"
    taking = cpa.bindings(MUNICIPALITY, Can.RECEIVE, f"S-{name}", name, f"{name}receiver")
    assert sorted(one.version for one in taking) == ["1.2", "1.3", "1.4", "1.5", "1.6"]
    party = cpa.party(MUNICIPALITY)
    assert party is not None
    assert party.address(taking[0]) == EdiAddress("kommune@edi.example")
    reliable = {one.id: one.reliability for one in party.channels}
    assert reliable["asyncSMTPChannelA1"] == Reliability(4, timedelta(hours=12), timedelta(days=4))
    assert reliable["asyncSMTPChannelA2"] == Reliability(4, timedelta(hours=4), timedelta(days=2))
    assert reliable["SyncHttpChannelB1"] is None
