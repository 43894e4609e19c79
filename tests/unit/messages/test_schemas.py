"""The schema check: the verdicts that the references verified, findings that help, and that quote nothing."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.errors import AdapterError
from adapter.lookups.packaged import schemas
from adapter.messages.findings import Finding, Severity
from adapter.messages.schemas import INDEX, MAX_CHILDREN, MAX_FINDINGS, SchemaSet
from adapter.messages.xml import parse

SET = SchemaSet(schemas())

MH = "http://www.kith.no/xmlstds/msghead/2006-05-24"
PL = "http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01"
B64 = "http://www.kith.no/xmlstds/base64container"
FK1 = "http://www.kith.no/xmlstds/felleskomponent1"
PO = "http://www.kith.no/xmlstds/po/poKomponent/2012-04-01"

HER = '<TypeId V="HER" DN="HER-id" S="2.16.578.1.12.4.1.1.9051"/>'
SERVICE = (
    f"<Organisation><OrganisationName>Prøvebygda</OrganisationName><Ident><Id>90001</Id>{HER}</Ident><Organisation>"
    f"<OrganisationName>Saksbehandler</OrganisationName><Ident><Id>90002</Id>{HER}</Ident>"
    "</Organisation></Organisation>"
)
EVENT = (
    '<TidsfestetHendelse><Hendelsekode V="1" S="2.16.578.1.12.4.1.1.9121"/>'
    '<TidspunktForHendelse V="2024-03-01T14:20:00+01:00"/><Anslag>false</Anslag></TidsfestetHendelse>'
)
PAYLOAD = (
    f'<p1:Pasientlogistikk xmlns:p1="{PL}" xmlns="{PO}">'
    '<InformasjonOmForsendelsen><Forsendelsesstatus V="N"/></InformasjonOmForsendelsen>'
    f"<p1:MeldingInnlagtPasient>{EVENT}</p1:MeldingInnlagtPasient></p1:Pasientlogistikk>"
)
MESSAGE = (
    f'<MsgHead xmlns="{MH}"><MsgInfo><Type V="LOG_INNLAGT"/><MIGversion>v1.2 2006-05-24</MIGversion>'
    "<GenDate>2024-03-01T14:25:00+01:00</GenDate><MsgId>5c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a02</MsgId>"
    f"<Sender>{SERVICE}</Sender><Receiver>{SERVICE}</Receiver>"
    "<Patient><FamilyName>Danser</FamilyName></Patient></MsgInfo>"
    '<Document><RefDoc><IssueDate V="2024-03-01"/><MsgType V="XML"/>'
    f"<Content>{PAYLOAD}</Content></RefDoc></Document></MsgHead>"
)
TIME = 'V="2024-03-01T14:20:00+01:00"'
GEN = "2024-03-01T14:25:00+01:00"
STATUS = '<Forsendelsesstatus V="N"/>'
PATIENT = "<Patient><FamilyName>Danser</FamilyName></Patient>"
MIG = "<MIGversion>v1.2 2006-05-24</MIGversion>"
MSG_ID = "<MsgId>5c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a02</MsgId>"

APPREC = (
    '<AppRec xmlns="http://www.kith.no/xmlstds/apprec/2012-02-15"><MsgType V="APPREC"/>'
    "<MIGversion>v1.1 2012-02-15</MIGversion><GenDate>2026-03-02T08:15:31+01:00</GenDate><Id>1f0f6a54</Id>"
    '<Sender><Role V="PRIM"/><HCP><Inst><Name>Kommune</Name><Id>990001</Id><TypeId V="HER"/>'
    '<Dept><Name>Saksbehandling</Name><Id>990003</Id><TypeId V="HER"/></Dept></Inst></HCP></Sender>'
    '<Receiver><Role V="AVS"/><HCP><Inst><Name>Sykehus</Name></Inst></HCP></Receiver><Status V="1"/>'
    '<OriginalMsgId><MsgType V="LOG_UTSKRIVNINGSKLAR"/><IssueDate>2026-03-02T08:14:02+01:00</IssueDate>'
    "<Id>6f6a52b2</Id></OriginalMsgId></AppRec>"
)
EXTRA_ID = '<AdditionalId><Id>974744570</Id><Type V="ENH"/></AdditionalId>'
ERROR = '<Error V="E36" S="2.16.578.1.12.4.1.1.8221"/>'


def check(text: str) -> tuple[Finding, ...]:
    return SET.validate(parse(text.encode()))


def changed(document: str, old: str, new: str) -> str:
    assert old in document, old
    return document.replace(old, new, 1)


def test_the_message_the_cases_start_from_is_valid() -> None:
    """The message and the receipt that the cases below change have no finding."""
    assert check(MESSAGE) == ()
    assert check(APPREC) == ()
    assert check(APPREC.replace("2012-02-15", "2004-11-21").replace("v1.1 2004-11-21", "1.0 2004-11-21")) == ()


HEAD_CASES: list[tuple[str, str, str, bool]] = [
    ("MIGversion empty", MIG, "<MIGversion/>", True),
    ("MIGversion other text", MIG, "<MIGversion>v1.2</MIGversion>", False),
    ("MIGversion padded", MIG, "<MIGversion> v1.2 2006-05-24</MIGversion>", False),
    ("MIGversion with a trailing blank", MIG, "<MIGversion>v1.2 2006-05-24 </MIGversion>", False),
    ("GenDate without seconds", GEN, "2024-03-01T14:25", False),
    ("GenDate a date", GEN, "2024-03-01", False),
    ("GenDate with fraction and Z", GEN, "2024-03-01T14:25:00.0004673Z", True),
    ("MsgId empty", MSG_ID, "<MsgId/>", True),
    ("MsgId no GUID", MSG_ID, "<MsgId>42</MsgId>", True),
    ("Patient missing", PATIENT, "", True),
    ("Patient empty", PATIENT, "<Patient/>", True),
    ("Organisation empty", f"<Sender>{SERVICE}", "<Sender><Organisation/>", True),
    ("Sender empty", f"<Sender>{SERVICE}", "<Sender>", False),
    ("Content empty", PAYLOAD, "", True),
    ("text in Content", "<Content>", "<Content>tekst", False),
    ("attribute in Content", "<Content>", '<Content a="b">', False),
    ("two payloads in Content", PAYLOAD, PAYLOAD * 2, True),
    ("two Content", "</Content>", "</Content><Content/>", False),
    ("FileReference and Content", "<Content>", "<FileReference>cid:1</FileReference><Content>", False),
    ("neither FileReference nor Content", f"<Content>{PAYLOAD}</Content>", "", True),
    ("Compression before Content", "<Content>", "<Compression/><Content>", True),
    ("Compression after Content", "</Content>", "</Content><Compression/>", False),
    ("invalid base64", PAYLOAD, f'<b:Base64Container xmlns:b="{B64}">AAAAA</b:Base64Container>', False),
    ("S padded", "2.16.578.1.12.4.1.1.9051", " 2.16 ", True),
    ("S ends in a dot", "2.16.578.1.12.4.1.1.9051", "2.16.", False),
    ("S with two dots", "2.16.578.1.12.4.1.1.9051", "2..16", False),
    ("S with letters", "2.16.578.1.12.4.1.1.9051", "urn:oid:2.16", False),
    ("S absent", ' S="2.16.578.1.12.4.1.1.9051"', "", True),
    ("S on a CS", '<Type V="LOG_INNLAGT"/>', '<Type V="LOG_INNLAGT" S="2.16"/>', False),
    ("Type without V", '<Type V="LOG_INNLAGT"/>', "<Type/>", True),
    ("Type over another payload", "LOG_INNLAGT", "LOG_DOD", True),
    ("ConversationRef with one child", "<Sender>",
     "<ConversationRef><RefToParent>a</RefToParent></ConversationRef><Sender>", False),
    ("ConversationRef with both", "<Sender>",
     "<ConversationRef><RefToParent/><RefToConversation/></ConversationRef><Sender>", True),
    ("OtherReceiver with a role only", "<Patient>",
     '<OtherReceiver><RoleReceiver V="COP"/></OtherReceiver><Patient>', True),
    ("OtherReceiver/Person with children in mh", "<Patient>",
     '<OtherReceiver><RoleReceiver V="COP"/><Person><FamilyName/></Person></OtherReceiver><Patient>', True),
    ("OtherReceiver/Person with children in fk1", "<Patient>",
     f'<OtherReceiver><RoleReceiver/><Person><FamilyName xmlns="{FK1}"/></Person></OtherReceiver><Patient>', False),
    ("TypeOrganisation before the name", "<OrganisationName>", "<TypeOrganisation/><OrganisationName>", False),
    ("TypeOrganisation after the name", "</OrganisationName>", "</OrganisationName><TypeOrganisation/>", True),
    ("Address without children", f"{HER}</Ident>", f"{HER}</Ident><Address/>", True),
    ("ISO date and time of the event 24:00:00", TIME, 'V="2018-01-31T24:00:00"', True),
    ("event time a year", TIME, 'V="2018"', True),
    ("event time a month", TIME, 'V="2018-01"', True),
    ("event time a clock", TIME, 'V="10:00:00"', True),
    ("event time with Z", TIME, 'V="2018-01-31T10:00:00Z"', True),
    ("event time with a fraction", TIME, 'V="2018-01-31T10:00:00.5"', True),
    ("event time without V", f" {TIME}", "", True),
    ("event time empty", TIME, 'V=""', False),
    ("event time without seconds", TIME, 'V="2018-01-31T10:00"', False),
    ("event time Norwegian", TIME, 'V="31.01.2018"', False),
    ("event time no such day", TIME, 'V="2018-02-30"', False),
    ("Anslag 1", "<Anslag>false", "<Anslag>1", True),
    ("Anslag TRUE", "<Anslag>false", "<Anslag>TRUE", False),
    ("Anslag absent", "<Anslag>false</Anslag>", "", False),
    ("status unknown", STATUS, '<Forsendelsesstatus V="Q"/>', True),
    ("status without V", STATUS, "<Forsendelsesstatus/>", True),
    ("status absent", STATUS, "", False),
    ("SvarPaaForesporsel empty", STATUS, f"{STATUS}<SvarPaaForesporsel/>", False),
    ("event with neither code nor text", '<Hendelsekode V="1" S="2.16.578.1.12.4.1.1.9121"/>', "", True),
    ("two events in an admission", EVENT, EVENT * 2, False),
    ("common top in the message namespace", "<InformasjonOmForsendelsen>",
     f'<InformasjonOmForsendelsen xmlns="{PL}">', False),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "valid"), [case[1:] for case in HEAD_CASES], ids=[c[0] for c in HEAD_CASES])
def test_verified_verdicts_on_a_message(old: str, new: str, valid: bool) -> None:
    """The verdicts of plo.md §2.8 and msghead.md §11, each as one change of a valid message."""
    assert (check(changed(MESSAGE, old, new)) == ()) is valid


APPREC_CASES: list[tuple[str, str, str, bool]] = [
    ("MIGversion any text", "v1.1 2012-02-15", "hva som helst", True),
    ("MIGversion empty", "<MIGversion>v1.1 2012-02-15</MIGversion>", "<MIGversion/>", True),
    ("rejected without Error", '<Status V="1"/>', '<Status V="2"/>', True),
    ("accepted with Error", '<Status V="1"/>', f'<Status V="1"/>{ERROR}', True),
    ("no role", '<Role V="PRIM"/>', "", True),
    ("empty Inst", "<Inst><Name>Sykehus</Name></Inst>", "<Inst/>", True),
    ("MsgType not APPREC", '<MsgType V="APPREC"/>', '<MsgType V="X"/>', True),
    ("Id no GUID", "<Id>1f0f6a54</Id>", "<Id>1</Id>", True),
    ("several Dept", "</Dept>", "</Dept><Dept/>", True),
    ("AdditionalId after Dept", "</Dept>", f"</Dept>{EXTRA_ID}", True),
    ("AdditionalId before Dept", "<Dept>", f"{EXTRA_ID}<Dept>", False),
    ("HCPerson after AdditionalId", "</Dept>", f"</Dept>{EXTRA_ID}<HCPerson/>", True),
    ("HCPerson before AdditionalId", "</Dept>", f"</Dept><HCPerson/>{EXTRA_ID}", False),
    ("S on TypeId", '<TypeId V="HER"/>', '<TypeId V="HER" S="2.16"/>', False),
    ("AdditionalId with TypeId", "</Dept>", f"</Dept>{EXTRA_ID.replace('Type V', 'TypeId V')}", False),
    ("GenDate as attribute", "<GenDate>2026-03-02T08:15:31+01:00</GenDate>",
     '<GenDate V="2026-03-02T08:15:31+01:00"/>', False),
    ("IssueDate as attribute", "<IssueDate>2026-03-02T08:14:02+01:00</IssueDate>",
     '<IssueDate V="2026-03-02T08:14:02+01:00"/>', False),
    ("IssueDate missing", "<IssueDate>2026-03-02T08:14:02+01:00</IssueDate>", "", False),
]  # fmt: skip


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize(("old", "new", "valid"), [c[1:] for c in APPREC_CASES], ids=[c[0] for c in APPREC_CASES])
def test_verified_verdicts_on_a_receipt(version: str, old: str, new: str, valid: bool) -> None:
    """The verdicts of apprec.md §8 hold for both versions of the receipt."""
    document = changed(APPREC, old, new)
    if version == "1.0":
        document = document.replace("apprec/2012-02-15", "apprec/2004-11-21")
    assert (check(document) == ()) is valid


D10 = "http://www.kith.no/xmlstds/dialog/2006-10-11"
D11 = "http://www.kith.no/xmlstds/dialog/2013-01-23"
PO15 = "http://www.kith.no/xmlstds/po/poKomponent/2009-06-30"
PO20 = "http://ehelse.no/xmlstds/po/poKomponent/2017-11-30"
EPJ2 = "http://www.kith.no/xmlstds/epj/epj2/2008-02-20"
META = "http://www.kith.no/xmlstds/epj/meta/2008-02-20"

MARKS = (
    'm1:basiskomponenttype="EPJ dokument" m1:komponenttype="2.16.578.1.12.4.1.6.13.11009.0" '
    'm1:informasjonskategori="Uspesifisert" komponentID="k1"'
)
NOTE = (
    f'<GenereltJournalnotat xmlns="{EPJ2}" xmlns:m1="{META}" {MARKS}>'
    "<Journaltekst><Notat>x</Notat></Journaltekst></GenereltJournalnotat>"
)
KIN = (
    f'<ParorendeForesatt xmlns="{PO}"><FodselsarMindrearigParorende>2010</FodselsarMindrearigParorende>'
    "<Referanseperson/></ParorendeForesatt>"
)
TOLD = (
    f'<InformasjonGitt xmlns="{PO}" xmlns:f="{FK1}"><InformasjonGittTil/><InformasjonGittDato>2024-03-01'
    "</InformasjonGittDato><InformasjonGittAv><f:Ident><f:Id/><f:TypeId/></f:Ident></InformasjonGittAv></InformasjonGitt>"
)
HAPPENED = (
    f'<TidsfestetHendelse xmlns="{PO20}"><TidspunktForHendelse>2024-03-01T14:20:00</TidspunktForHendelse>'
    "<Anslag>false</Anslag></TidsfestetHendelse>"
)
XHTML = '<p xmlns="http://www.w3.org/1999/xhtml">Kan ta imot: <b>NEI</b></p>'


def dialog(namespace: str, inside: str) -> str:
    return f'<Dialogmelding xmlns="{namespace}">{inside}</Dialogmelding>'


def note(inside: str) -> str:
    return f"<Notat><TemaKodet/>{inside}</Notat>"


REQUEST = "<Foresporsel><TypeForesp/></Foresporsel>"

PART_CASES: list[tuple[str, str, bool]] = [
    ("empty dialog message", dialog(D10, ""), True),
    ("two requests", dialog(D10, REQUEST * 2), True),
    ("request beside note", dialog(D10, REQUEST + note("")), False),
    ("the request copied into the note", dialog(D10, note(REQUEST)), True),
    ("EmneSporsmal in 1.0", dialog(D10, REQUEST.replace("/></F", "/><EmneSporsmal/></F")), False),
    ("EmneSporsmal in 1.1", dialog(D11, REQUEST.replace("/></F", "/><EmneSporsmal/></F")), True),
    ("role without person in 1.0", dialog(D10, note("<RollerRelatertNotat/>")), False),
    ("role without person in 1.1", dialog(D11, note("<RollerRelatertNotat/>")), True),
    ("XHTML in the note", dialog(D10, note(f"<TekstNotatInnhold>Svar: {XHTML}</TekstNotatInnhold>")), True),
    ("a known element in the note", dialog(D10, note(f"<TekstNotatInnhold>{HAPPENED}</TekstNotatInnhold>")), True),
    ("a known element broken in the note",
     dialog(D10, note(f"<TekstNotatInnhold>{HAPPENED}</TekstNotatInnhold>").replace("false", "nei")), False),
    ("given name last in Person",
     dialog(D11, note("<RollerRelatertNotat><Person><FamilyName/><GivenName/></Person></RollerRelatertNotat>")), False),
    ("record note", NOTE, True),
    ("record note without category", NOTE.replace('m1:informasjonskategori="Uspesifisert"', ""), True),
    ("record note of an unknown category", NOTE.replace("Uspesifisert", "Annet"), False),
    ("record note without id", NOTE.replace('komponentID="k1"', ""), False),
    ("record note with qualified id", NOTE.replace("komponentID", "m1:komponentID"), False),
    ("record note with an unqualified mark", NOTE.replace("m1:basiskomponenttype", "basiskomponenttype"), False),
    ("record note with the mark of another kind", NOTE.replace("EPJ dokument", "EPJ sak"), False),
    ("record note with the mark of another component", NOTE.replace("13.11009.0", "13.11036.0"), False),
    ("year of birth of a child in 1.6", KIN, True),
    ("year of birth of a child in 1.5", KIN.replace(PO, PO15), False),
    ("told, not by mouth, in 1.6", TOLD, True),
    ("told, not by mouth, in 1.5", TOLD.replace(PO, PO15), False),
    ("event of 2.0", HAPPENED, True),
    ("event of 2.0 with a date only", HAPPENED.replace("T14:20:00", ""), False),
    ("event of 2.0 with an attribute", HAPPENED.replace("Hendelse>2024", 'Hendelse V="2024">2024'), False),
]  # fmt: skip


@pytest.mark.parametrize(("document", "valid"), [c[1:] for c in PART_CASES], ids=[c[0] for c in PART_CASES])
def test_verdicts_on_payload_parts(document: str, valid: bool) -> None:
    """What plo.md §2.3 to §2.7 says of dialog messages, record components and the differences of the versions."""
    assert (check(document) == ()) is valid


SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
EB = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
ENVELOPE = (
    f'<S:Envelope xmlns:S="{SOAP}" xmlns:eb="{EB}" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><S:Header>'
    '<eb:MessageHeader S:mustUnderstand="1" eb:version="2.0">'
    '<eb:From><eb:PartyId eb:type="HER">13002</eb:PartyId></eb:From>'
    '<eb:To><eb:PartyId eb:type="HER">2001</eb:PartyId></eb:To><eb:CPAId>2001_13002</eb:CPAId>'
    "<eb:ConversationId>0d1c</eb:ConversationId><eb:Service>urn:oasis:names:tc:ebxml-msg:service</eb:Service>"
    "<eb:Action>Acknowledgment</eb:Action><eb:MessageData><eb:MessageId>e2a7</eb:MessageId>"
    "<eb:Timestamp>2026-03-03T10:15:41Z</eb:Timestamp></eb:MessageData>"
    '<eb:Description xml:lang="no">{}</eb:Description></eb:MessageHeader>'
    '<eb:Acknowledgment S:mustUnderstand="1" eb:version="2.0"><eb:Timestamp>2026-03-03T10:15:40Z</eb:Timestamp>'
    '<eb:RefToMessageId>5f1d</eb:RefToMessageId><ds:Reference URI=""><ds:DigestMethod Algorithm="urn:x"/>'
    "<ds:DigestValue>QUJD</ds:DigestValue></ds:Reference></eb:Acknowledgment></S:Header><S:Body/></S:Envelope>"
)
MANIFEST = (
    '<eb:Manifest eb:version="2.0"><eb:Reference xlink:type="simple" xlink:href="cid:a"><eb:Schema '
    'eb:location="urn:x" eb:version="1.6"/></eb:Reference></eb:Manifest>'
)

ENVELOPE_CASES: list[tuple[str, str, str, bool]] = [
    ("as it is", "", "", True),
    ("a Manifest", "<S:Body/>", f"<S:Body>{MANIFEST}</S:Body>", True),
    ("a Manifest without href", "<S:Body/>", f"<S:Body>{MANIFEST}</S:Body>".replace(' xlink:href="cid:a"', ""), False),
    ("a link that is not simple", "<S:Body/>", f"<S:Body>{MANIFEST}</S:Body>".replace("simple", "extended"), False),
    ("unqualified type", 'eb:type="HER">13002', 'type="HER">13002', False),
    ("unqualified version", 'eb:version="2.0"><eb:From>', 'version="2.0"><eb:From>', False),
    ("mustUnderstand true, tolerated", 'S:mustUnderstand="1"', 'S:mustUnderstand="true"', True),
    ("mustUnderstand missing", ' S:mustUnderstand="1"', "", False),
    ("two Acknowledgment references", "</ds:Reference>",
     '</ds:Reference><ds:Reference><ds:DigestMethod Algorithm="urn:x"/><ds:DigestValue/></ds:Reference>', True),
    ("something after the references", "</ds:Reference>", '</ds:Reference><x xmlns="urn:x"/>', False),
    ("AckRequested inside MessageHeader", "</eb:MessageHeader>",
     '<eb:AckRequested S:mustUnderstand="1" eb:version="2.0" eb:signed="true"/></eb:MessageHeader>', False),
    ("Description without language", ' xml:lang="no"', "", False),
    ("CPAId empty", "2001_13002", "", False),
    ("no Body", "<S:Body/>", "", False),
    ("no Header", ENVELOPE[ENVELOPE.index("<S:Header>"):ENVELOPE.index("<S:Body/>")], "", True),
    ("Action before Service", "<eb:Action>Acknowledgment</eb:Action>", "", False),
    ("DuplicateElimination", "</eb:MessageData>", "</eb:MessageData><eb:DuplicateElimination/>", True),
    ("Timestamp of another form", "2026-03-03T10:15:41Z", "Tue, 3 Mar 2026 10:15:41", False),
    ("an unknown block in Header", "</S:Header>", '<x xmlns="urn:x"/></S:Header>', True),
    ("a Fault", "<S:Body/>",
     "<S:Body><S:Fault><faultcode>S:Client</faultcode><faultstring>x</faultstring></S:Fault></S:Body>", True),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "valid"), [c[1:] for c in ENVELOPE_CASES], ids=[c[0] for c in ENVELOPE_CASES])
def test_verdicts_on_an_envelope(old: str, new: str, valid: bool) -> None:
    """The SOAP and ebXML schemas accept and refuse what ebxml.md §3 and rules EB-108 to EB-120 say."""
    assert (check(changed(ENVELOPE, old, new)) == ()) is valid


def test_a_payload_of_an_unknown_namespace_is_left_alone() -> None:
    """A payload no schema is installed for is no finding, while the head and other payloads are still checked."""
    foreign = '<x xmlns="urn:unknown"><anything a="b">text</anything></x>'
    assert not SET.covers("urn:unknown")
    assert SET.covers(PL)
    assert check(changed(MESSAGE, PAYLOAD, foreign)) == ()
    assert check(changed(MESSAGE, "<Content>", f"<Content>{foreign}")) == ()
    broken = changed(MESSAGE, "<Content>", f"<Content>{foreign}").replace("<Anslag>false</Anslag>", "")
    assert [finding.path.rpartition("/")[2] for finding in check(broken)] == ["TidsfestetHendelse"]
    assert check(
        changed(MESSAGE, "p1:Pasientlogistikk", "p1:Pasientlogistik").replace(
            "/p1:Pasientlogistikk", "/p1:Pasientlogistik"
        )
    )


ADMITTED = "MsgHead/Document/RefDoc/Content/Pasientlogistikk/MeldingInnlagtPasient"

SAID: list[tuple[str, str, str, str, str]] = [
    ("Anslag>false", "Anslag>snart",
     f"{ADMITTED}/TidsfestetHendelse/Anslag",
     "the value has to be true or false", "HIS 80704:2014"),
    (TIME, 'V="31.01.2018"',
     f"{ADMITTED}/TidsfestetHendelse/TidspunktForHendelse/@V",
     "the value has to be a date (2024, 2024-03, 2024-03-05), a time, or a date and time with seconds",
     "HIS 80704:2014"),
    (GEN, "2024", "MsgHead/MsgInfo/GenDate",
     "the value has to be a date and time with seconds, such as 2024-03-05T10:15:00+01:00", "HIS 80601:2006"),
    (MIG, "<MIGversion>1</MIGversion>", "MsgHead/MsgInfo/MIGversion",
     "the value has to be exactly 'v1.2 2006-05-24'", "HIS 80601:2006"),
    (MIG, "", "MsgHead/MsgInfo/GenDate", "GenDate is not expected here; expected is MIGversion", "HIS 80601:2006"),
    (MIG, MIG * 2, "MsgHead/MsgInfo/MIGversion[2]",
     "MIGversion is not expected here; expected is GenDate", "HIS 80601:2006"),
    (f"<Sender>{SERVICE}", "<Sender>", "MsgHead/MsgInfo/Sender",
     "Sender is not complete; expected next is one of ComMethod, Organisation", "HIS 80601:2006"),
    ("<Content>", "<Content>Kari", "MsgHead/Document/RefDoc/Content",
     "Content takes elements only, no text between them", "HIS 80601:2006"),
    ('<Type V="LOG_INNLAGT"/>', '<Type V="A" S="1"/>', "MsgHead/MsgInfo/Type/@S",
     "Type does not take this attribute", "HIS 80601:2006"),
    ('<Type V="LOG_INNLAGT"/>', "<Type>LOG_INNLAGT</Type>", "MsgHead/MsgInfo/Type",
     "Type has to be empty; what it says stands in attributes", "HIS 80601:2006"),
    ("<InformasjonOmForsendelsen>", f'<InformasjonOmForsendelsen xmlns="{PL}">',
     "MsgHead/Document/RefDoc/Content/Pasientlogistikk/InformasjonOmForsendelsen",
     f"InformasjonOmForsendelsen has to be in the namespace {PO}", "HIS 1149:2014"),
    (EVENT, "", ADMITTED,
     f"MeldingInnlagtPasient is not complete; expected next is TidsfestetHendelse (namespace {PO})", "HIS 1149:2014"),
    (EVENT, EVENT * 2,
     f"{ADMITTED}/TidsfestetHendelse[2]",
     "TidsfestetHendelse is not expected: MeldingInnlagtPasient ends before it", "HIS 80704:2014"),
    (HER, HER.replace("2.16.578", "x"), "MsgHead/MsgInfo/Sender/Organisation/Ident/TypeId/@S",
     r"the value has to match the pattern \d+(\.\d+)*", "HIS 80601:2006"),
    ("p1:Pasientlogistikk", "p1:Logistikk", "MsgHead/Document/RefDoc/Content/Logistikk",
     "Logistikk is not an element that an installed schema knows", "HIS 1149:2014"),
    ("<Id>90001</Id>", "<Id><b/>90001</Id>", "MsgHead/MsgInfo/Sender/Organisation/Ident/Id",
     "Id takes text only, no elements", "HIS 80601:2006"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "message", "source"), SAID, ids=[case[3][:40] for case in SAID])
def test_a_finding_says_where_and_what_was_expected(old: str, new: str, path: str, message: str, source: str) -> None:
    """The first finding names the element by its path, what the schema wanted, and the standard."""
    root = new if old == "p1:Pasientlogistikk" else "p1:Pasientlogistikk"
    finding = check(changed(MESSAGE, old, new).replace("</p1:Pasientlogistikk", f"</{root}"))[0]
    assert (finding.rule, finding.severity, finding.path, finding.message) == ("XSD", Severity.ERROR, path, message)
    assert finding.source == source


def test_the_line_is_that_of_the_element() -> None:
    """A finding points at the line on which its element begins."""
    finding = check("\n" + MESSAGE.replace("><", ">\n<").replace("<Anslag>false", "<Anslag>snart").lstrip())[0]
    lines = MESSAGE.replace("><", ">\n<").splitlines()
    assert finding.line == next(n for n, line in enumerate(lines, 2) if line.startswith("<Anslag>"))


def test_a_root_nobody_knows_is_one_finding() -> None:
    """A document whose root no schema knows gets one finding that says so."""
    (finding,) = check("<hei/>")
    assert finding.path == "hei"
    assert finding.message == "hei is not the root of any document that an installed schema knows"


def test_xsi_attributes_load_nothing() -> None:
    """A schemaLocation in the document is neither followed nor a finding."""
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    hint = f'<MsgHead {xsi} xsi:schemaLocation="{MH} http://127.0.0.1:9/MsgHead.xsd" '
    assert check(changed(MESSAGE, "<MsgHead ", hint)) == ()
    assert (
        check(changed(MESSAGE, "<Patient>", f'<Patient {xsi} xsi:nil="true">'))[0].message
        == "xsi:nil is not allowed here"
    )


MARK = "Geheim13116900216"
WRAPS = (
    "{}",
    "\n{}\n",
    "{}' is not a valid value of the atomic type '{}'.",
    "[facet 'pattern'] x is not accepted by the pattern '{}'.",
    "[facet 'minLength'] underruns the allowed minimum length of '{}'.",
    "x is not an element of the set {'{}'}.",
    ": This element is not expected. Expected is ( {} ).",
    ": Missing child element(s). Expected is one of ( {}, {} ).",
    "The attribute '{}' is required but missing.",
    "', attribute '{}': x",
    "does not match the fixed value constraint '{}'.",
    "(xsi:type) {}",
)
"""Secrets dressed up as what libxml2 says after a value."""

HIDDEN = f"urn:{MARK}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@given(data=st.data())
def test_no_finding_quotes_the_document(data: st.DataObject) -> None:
    """Whatever stands in any text, attribute value or namespace of a document, no finding repeats it."""
    root = parse(data.draw(st.sampled_from([MESSAGE, APPREC, ENVELOPE])).encode()).getroot()
    elements = list(root.iter(etree.Element))
    for _ in range(data.draw(st.integers(1, 6))):
        element = data.draw(st.sampled_from(elements))
        secret = data.draw(st.sampled_from(WRAPS)).replace("{}", MARK)
        place = data.draw(st.sampled_from(["text", "tail", "value", "new", "type", "element", "attribute"]))
        if place == "text":
            element.text = secret
        elif place == "tail" and element is not root:
            element.tail = secret
        elif place == "value" and element.attrib:
            element.set(data.draw(st.sampled_from(sorted(map(str, element.attrib)))), secret)
        elif place == "new":
            element.set("ukjent", secret)
        elif place == "type":
            element.set(f"{XSI}type", secret)
        elif place == "element":
            element.insert(0, etree.Element(f"{{{HIDDEN}}}fremmed"))
        elif place == "attribute":
            element.set(f"{{{HIDDEN}}}ukjent", "x")
    for finding in SET.validate(parse(etree.tostring(root))):
        assert MARK not in repr(finding)


def test_threads_do_not_see_each_other() -> None:
    """Two threads that check differently broken documents each get only the findings of their own."""
    documents = (
        parse(changed(MESSAGE, "<Anslag>false", "<Anslag>kanskje").encode()),
        parse(changed(APPREC, "2026-03-02T08:15:31+01:00", "i dag").encode()),
        parse(changed(ENVELOPE, "2001_13002", "").encode()),
    )
    alone = [SET.validate(document) for document in documents]
    assert len(set(alone)) == len(documents)
    wrong: list[int] = []

    def work(number: int) -> None:
        own = parse(etree.tostring(documents[number]))
        wrong.extend(number for _ in range(300) if SET.validate(own) != alone[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(documents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_findings_are_bounded() -> None:
    """A document with very many mistakes gets the first of them and a finding that says there are more."""
    found = check(
        changed(MESSAGE, EVENT, EVENT.replace("false", "x")).replace(
            PATIENT, f"<Patient>{'<TeleCom/>' * 1000}</Patient>"
        )
    )
    assert len(found) == MAX_FINDINGS + 1
    assert "more than" in found[-1].message


def test_a_hostile_number_of_children_is_named() -> None:
    """A document with more children below one element than any message has is refused without a schema check."""
    (finding,) = check(changed(MESSAGE, PATIENT, f"<Patient>{'<TeleCom/>' * (MAX_CHILDREN + 1)}</Patient>"))
    assert f"more than {MAX_CHILDREN} elements" in finding.message


@pytest.mark.parametrize(
    ("old", "value"),
    [
        ("2.16.578.1.12.4.1.1.9051", "1" * 100_000 + "x"),
        (GEN, "i dag " * 1_000_000),
        (GEN, " is not a valid value of the atomic type '" * 100_000),
        (GEN, "[facet 'pattern'] " * 100_000),
    ],
    ids=["quadratic pattern", "long value", "imitated ending", "imitated facet"],
)
def test_a_hostile_value_costs_no_time(old: str, value: str) -> None:
    """A value of megabytes is refused in one short finding at once, also where the published pattern is quadratic."""
    (finding,) = check(changed(MESSAGE, old, value))
    assert len(finding.message) < 200


def test_the_index_names_what_is_installed() -> None:
    """The index tells namespace, version, message types, root and standard of every file, and every file is in it."""
    files = schemas()
    index = SET.index
    assert {entry.file for entry in index.entries} == {name for name in files if name.endswith(".xsd")}
    entry = index.entry(PL)
    assert entry is not None
    assert (entry.version, entry.roots, entry.standard) == ("1.6", ("Pasientlogistikk",), "HIS 1149:2014")
    assert [found.version for found in index.for_type("LOG_DOD")] == ["1.5", "1.6", "2.0"]
    assert index.entry("urn:unknown") is None
    for entry in index.entries:
        root = parse(files[entry.file]).getroot()
        assert root.get("targetNamespace") == entry.namespace
        declared = {child.get("name") for child in root if child.tag == "{http://www.w3.org/2001/XMLSchema}element"}
        assert set(entry.roots) <= declared


def _with(files: Mapping[str, bytes], **changes: bytes | None) -> dict[str, bytes]:
    new = dict(files)
    for name, content in changes.items():
        file = INDEX if name == "INDEX" else name.replace("_", "-") + ".xsd"
        if content is None:
            del new[file]
        else:
            new[file] = content
    return new


ENTRY = b'[[schema]]\nfile = "kith.xsd"\nnamespace = "urn:a"\nversion = "1"\nroots = []\ntypes = []\nstandard = "x"\n'


@pytest.mark.parametrize(
    ("index", "says"),
    [
        (None, "there is no INDEX.toml"),
        (b"[[schema", "INDEX.toml"),
        (b"\xff", "INDEX.toml"),
        (b"", "no [[schema]]"),
        (b"schema = [1]", "number 1 is no table"),
        (ENTRY.replace(b'version = "1"', b""), "number 1 needs the text `version`"),
        (ENTRY.replace(b"roots = []", b"roots = 1"), "number 1 needs the list `roots`"),
        (ENTRY + ENTRY, "a namespace twice"),
        (ENTRY.replace(b"kith.xsd", b"gone.xsd"), "gone.xsd"),
    ],
)
def test_a_bad_index_says_what_is_wrong(index: bytes | None, says: str) -> None:
    """An index that cannot be used names the file, the table and the key."""
    with pytest.raises(AdapterError) as raised:
        SchemaSet(_with(schemas(), INDEX=index))
    assert raised.value.id == "SCHEMAS-UNUSABLE"
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"<xs:schema", ""), (b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element/></xs:schema>', "")],
)
def test_a_schema_that_does_not_compile_says_so(content: bytes, says: str) -> None:
    """A schema file that is broken shows when the set is compiled, as an error of the operator."""
    broken = SchemaSet(_with(schemas(), kith=content))
    with pytest.raises(AdapterError) as raised:
        broken.compile()
    assert raised.value.id == "SCHEMAS-UNUSABLE"
    assert says in str(raised.value)


def test_a_missing_import_is_named() -> None:
    """A file that another one imports and that is not there is named, and is looked for nowhere else."""
    importing = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.kith.no/xmlstds">
      <xs:import namespace="urn:else" schemaLocation="http://127.0.0.1:9/folder/else.xsd"/></xs:schema>"""
    with pytest.raises(AdapterError, match=r"else\.xsd"):
        SchemaSet(_with(schemas(), kith=importing)).compile()


def test_a_site_may_have_its_own_set() -> None:
    """A set with other file names, imports by web address and ISO-8859-1 files gives the same verdicts."""
    own: dict[str, bytes] = {}
    for name, content in schemas().items():
        text = content.decode()
        if name == INDEX:
            text = text.replace('file = "', 'file = "KITH-')
        else:
            text = text.replace('schemaLocation="', 'schemaLocation="http://www.kith.no/xmlstds/KITH-')
            text = text.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').replace("§", "")
        own[name if name == INDEX else f"KITH-{name}"] = text.encode("utf-8" if name == INDEX else "iso-8859-1")
    site = SchemaSet(own)
    request = f'<Foresporsel xmlns="{PO}"><TypeForesp/><Formål/></Foresporsel>'
    assert site.validate(parse(MESSAGE.encode())) == ()
    assert site.validate(parse(request.encode())) == ()
    assert site.validate(parse(request.replace("Formål", "Formal").encode())) != ()


def test_a_smaller_set_covers_less() -> None:
    """What a site's index leaves out is not covered, and its payloads are left alone."""
    index = schemas()[INDEX].decode().split("[[schema]]")
    kept = [part for part in index[1:] if "po/" not in part]
    site = SchemaSet(_with(schemas(), INDEX="".join(f"[[schema]]{part}" for part in kept).encode()))
    assert not site.covers(PL)
    assert site.validate(parse(MESSAGE.replace("<Anslag>false", "<Anslag>kanskje").encode())) == ()
    assert site.validate(parse(MESSAGE.replace("<Type ", '<Type S="1" ').encode())) != ()
