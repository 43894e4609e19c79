"""The verdicts that the references verified on single documents, each as one change of a valid one."""

from __future__ import annotations

import re

import pytest

from adapter.lookups.packaged import schemas
from adapter.messages.findings import Finding
from adapter.messages.schemas import SchemaSet
from adapter.messages.xml import parse
from tests.schemas.one_message import (
    B64,
    EVENT,
    FK1,
    GEN,
    HER,
    MESSAGE,
    MIG,
    MSG_ID,
    PATIENT,
    PAYLOAD,
    PL,
    PO,
    SERVICE,
    STATUS,
    TIME,
)

SET = SchemaSet(schemas())


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


CPPA = "http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd"
REPUDIATION = (
    "<NonRepudiationProtocol>x</NonRepudiationProtocol><HashFunction>x</HashFunction>"
    '<SignatureAlgorithm w3c="urn:x">RSA-SHA256</SignatureAlgorithm>'
)
PARTY = (
    '<PartyInfo partyName="A" defaultMshChannelId="c" defaultMshPackageId="p"><PartyId type="HER">1</PartyId>'
    '<PartyRef xlink:href="urn:x"/><CollaborationRole><ProcessSpecification name="InnlagtPasient" version="1.6" '
    'uuid="f0022c61" xlink:type="simple" xlink:href="urn:x"/><Role name="LOG_INNLAGTsender" xlink:href="urn:x"/>'
    '<ApplicationCertificateRef certId="k"/><ServiceBinding><Service type="string">S-LOG_INNLAGT</Service><CanSend>'
    '<ThisPartyActionBinding id="a" action="LOG_INNLAGT" packageId="p"><BusinessTransactionCharacteristics '
    'timeToPerform="P180M"/><ChannelId>c</ChannelId></ThisPartyActionBinding></CanSend></ServiceBinding>'
    '</CollaborationRole><Certificate certId="k"><ds:KeyInfo><ds:KeyName>k</ds:KeyName></ds:KeyInfo></Certificate>'
    '<SecurityDetails securityId="s"/><DeliveryChannel channelId="c" transportId="t" docExchangeId="d">'
    '<MessagingCharacteristics ackRequested="always" ackSignatureRequested="always"/></DeliveryChannel>'
    '<Transport transportId="t"><TransportReceiver><TransportProtocol version="1.1">SMTP</TransportProtocol>'
    '<Endpoint uri="mailto://edi@example.test"/></TransportReceiver></Transport><DocExchange docExchangeId="d">'
    '<ebXMLSenderBinding version="2.0"><ReliableMessaging><Retries>8</Retries><RetryInterval>PT4H</RetryInterval>'
    "<MessageOrderSemantics>NotGuaranteed</MessageOrderSemantics></ReliableMessaging><PersistDuration>P4D"
    f'</PersistDuration><SenderNonRepudiation>{REPUDIATION}<SigningCertificateRef certId="k"/></SenderNonRepudiation>'
    "</ebXMLSenderBinding></DocExchange></PartyInfo>"
)
UNQUALIFIED = (
    f'<CollaborationProtocolAgreement xmlns="{CPPA}" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" cpaid="6f6a52b2" version="2.0"><Status value="proposed"/>'
    f"<Start>2024-01-01T00:00:00Z</Start><End>2034-01-01T00:00:00Z</End>{PARTY}{PARTY}"
    '<SimplePart id="m" mimetype="application/xml"><NamespaceSupported location="a.xsd">urn:a</NamespaceSupported>'
    '</SimplePart><Packaging id="p"><ProcessingCapabilities parse="true" generate="true"/><CompositeList>'
    '<Encapsulation id="e" mimetype="application/pkcs7-mime"><Constituent idref="m"/></Encapsulation>'
    '<Composite id="x" mimetype="multipart/related"><Constituent idref="e"/></Composite></CompositeList></Packaging>'
    "</CollaborationProtocolAgreement>"
)


def qualified(text: str) -> str:
    return re.sub(r' (?!xmlns|xlink:)(\w+)="', r' tp:\1="', text)


AGREEMENT = qualified(UNQUALIFIED).replace(" xmlns=", f' xmlns:tp="{CPPA}" xmlns=')

AGREEMENT_CASES: list[tuple[str, str, str, bool]] = [
    ("as it is", "", "", True),
    ("unqualified attribute", "tp:cpaid", "cpaid", False),
    ("cpaid missing", ' tp:cpaid="6f6a52b2"', "", False),
    ("status agreed", "proposed", "agreed", True),
    ("status unknown", "proposed", "wished", False),
    ("no end", "<End>2034-01-01T00:00:00Z</End>", "", False),
    ("one party", qualified(PARTY), "", False),
    ("endpoint without address", ' tp:uri="mailto://edi@example.test"', "", False),
    ("no channel", "<ChannelId>c</ChannelId>", "", False),
    ("anything in SecurityDetails", '<SecurityDetails tp:securityId="s"/>',
     '<SecurityDetails tp:securityId="s"><TrustAnchors/></SecurityDetails>', True),
    ("retries in words", "<Retries>8", "<Retries>eight", False),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "valid"), [c[1:] for c in AGREEMENT_CASES], ids=[c[0] for c in AGREEMENT_CASES])
def test_verdicts_on_an_agreement(old: str, new: str, valid: bool) -> None:
    """The CPP/CPA schema accepts an agreement with what ebxml.md §8.2 reads, and refuses it without."""
    assert (check(changed(AGREEMENT, old, new)) == ()) is valid
