"""Whether every conformance case of the handbook (`plo.md` §7) is judged as it says.

A row changes a clean message into the case. A valid one (V) is accepted when received: nothing about it is an error,
and what is noted stands in the row. One that is schema-invalid (I) is refused by the schema on both sides. One that
breaks a rule (B) is told by that rule, on both sides unless the row says on which. Cases about several messages (V8 to
V11, V24, V25, the rest of B9 to B11) are `tests/scenarios`; V26 and V28 are held by the documents that `tests/schemas`
generates; the payment cases (D) are `tests/cases/liability/handbook.toml`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from adapter.messages.building import example
from adapter.messages.codes import CodeLists
from adapter.messages.findings import Finding, Severity
from adapter.messages.read import read
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet

OID = "2.16.578.1.12.4.1.1."
Edit = tuple[str, str]
Run = Callable[["Row", Side], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Row:
    """A case: its name, the message, what is changed in it, and the rules that then have something to say."""

    name: str
    kind: str
    edits: tuple[Edit, ...] = ()
    says: str = ""
    version: str = ""
    encoding: str = "utf-8"
    sides: tuple[Side, ...] = (Side.SEND, Side.RECEIVE)


def case(
    name: str,
    kind: str,
    *edits: Edit,
    says: str = "",
    version: str = "",
    encoding: str = "utf-8",
    only: Side | None = None,
) -> Row:
    return Row(name, kind, edits, says, version, encoding, (only,) if only else tuple(Side))


READY, READY_TIME = "discharge-ready", 'TidspunktForHendelse V="2024-03-05"'
LOGISTICS = ("admitted", "discharge-ready", "withdrawal", "discharged", "death")
EVENT = r"<po:TidsfestetHendelse><po:Hendelsekode V=\"{}\".*?</po:TidsfestetHendelse>"
EVENTS = f"({EVENT.format(1)})({EVENT.format(3)})"
STATUS = '<po:Forsendelsesstatus V="N" DN="Ny"/>'
CANCELLED = (STATUS, '<po:Forsendelsesstatus V="C" DN="Kansellering"/>')
CHANGED = (STATUS, '<po:Forsendelsesstatus V="M" DN="Endring"/>')
A_REFERENCE = "5c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a02"
REFERENCES = f"<RefToParent>{A_REFERENCE}</RefToParent><RefToConversation>{A_REFERENCE}</RefToConversation>"
REFERRED = ("</MsgId>", f"</MsgId><ConversationRef>{REFERENCES}</ConversationRef>")
UNREFERRED = (r"<ConversationRef>.*</ConversationRef>", "")
PATIENT_IDENT = r'<Ident><Id>12834130279</Id><TypeId V="FNR"[^>]*/></Ident>'


def ident(type_: str, dn: str, number: str) -> str:
    return f'<Ident><Id>{number}</Id><TypeId V="{type_}" DN="{dn}" S="{OID}8116"/></Ident>'


HER = f'<TypeId V="HER" DN="HER-id" S="{OID}9051"/>'
PERSONAL_HER = f'<TypeId V="HER" DN="HER-id" S="{OID}8116"/>'
COPY = '<RoleReceiver V="COP" DN="Kopimottaker"/>'
ORGANISATION = (
    f"<Organisation><OrganisationName>Prøvebygd kommune</OrganisationName><Ident><Id>8140030</Id>{HER}</Ident>"
)
ATTACHMENT = (
    '<Document><RefDoc><IssueDate V="2024-03-04"/><MsgType V="A" DN="Vedlegg"/><MimeType>application/pdf</MimeType>'
    '<Description>Liste</Description><Content><Base64Container xmlns="http://www.kith.no/xmlstds/base64container">'
    "JVBERi0xLjcK</Base64Container></Content></RefDoc></Document>"
)
REQUEST = (
    "<po:SvarPaaForesporsel>true</po:SvarPaaForesporsel><po:Foresporsel>"
    f'<po:TypeForesp V="8" DN="Status/plan for utskrivning" S="{OID}9152"/>'
    '<po:Formål V="1" DN="Ny pasient, journal skal opprettes" S="' + OID + '9068"/></po:Foresporsel>'
)


def other(inside: str) -> Edit:
    return "</Receiver>", f"</Receiver><OtherReceiver>{COPY}{inside}</OtherReceiver>"


PERSON = "<FamilyName>Sølvtind</FamilyName><GivenName>Ada</GivenName>"
USAGE = r"<log:MeldingUtskrivningsklarPasient>(.*)</log:MeldingUtskrivningsklarPasient>"
FEEDBACK = r"<log:TilbakemeldingUtskrivningsklarPasient>\1</log:TilbakemeldingUtskrivningsklarPasient>"
TIMES = {
    "date": "2024-03-05",
    "clock": "2024-03-05T10:00:00",
    "Z": "2024-03-05T10:00:00Z",
    "offset": "2024-03-05T10:00:00+01:00",
    "fraction": "2024-03-05T10:00:00.1234567",
    "24:00": "2024-03-05T24:00:00",
}
TENTATIVE = (
    "<po:InformasjonOmTentativTime><po:TentativtTidspunktTime>uke 18</po:TentativtTidspunktTime>"
    "</po:InformasjonOmTentativTime>"
)
APPOINTMENTS = {
    "booked": (
        "<po:InformasjonOmTime><po:BestiltKontrolltime>true</po:BestiltKontrolltime>"
        "<po:TidspunktTime>2024-05-01T10:00:00</po:TidspunktTime></po:InformasjonOmTime>"
    ),
    "to be booked": (
        "<po:KontrolltimeBestill><po:PasientParorendeBestiller>true</po:PasientParorendeBestiller>"
        "</po:KontrolltimeBestill>"
    ),
}
HOUR = r"(<po:InfoKontrolltime>).*?(</po:InfoKontrolltime>)"
TEXT = r"(<dia:TekstNotatInnhold)>.*?</dia:TekstNotatInnhold>"
XHTML = r'\1><div xmlns="http://www.w3.org/1999/xhtml"><p>Ja, <b>i dag</b></p></div></dia:TekstNotatInnhold>'
UNIT = (
    f"<dia:Kontaktenhet><fk1:OrganisationName>Sengepost 2</fk1:OrganisationName><fk1:Ident><fk1:Id>MED2</fk1:Id>"
    f'<fk1:TypeId V="LAV" DN="Lokal identifikator for avdelinger" S="{OID}9051"/></fk1:Ident><fk1:TeleCom>'
    '<fk1:TeleAddress V="tel:55500123"/></fk1:TeleCom></dia:Kontaktenhet><dia:HealthcareProfessional>'
    '<dia:TypeHealthcareProfessional V="LE" DN="Lege"/><dia:FamilyName>Sølvtind</dia:FamilyName>'
    "</dia:HealthcareProfessional>"
)
ROLE = f'<dia:RoleToPatient V="21" DN="Helsefaglig kontakt" S="{OID}9034"/>'
CONTACT = (
    r"(<dia:RollerRelatertNotat>).*(</dia:RollerRelatertNotat>)",
    rf"\1{ROLE}<dia:TilknyttetEnhet>{UNIT}</dia:TilknyttetEnhet>\2",
)
JOURNAL_INFO = f'<dia:TypeJournalinfo V="A0.01" DN="Cave" S="{OID}9066"/>'

VALID = (
    *(case(f"V1 {kind} {version}", kind, version=version) for kind in LOGISTICS for version in ("1.5", "1.6")),
    *(
        case(f"V2 {name}", READY, ('V="2024-03-05"/><po:Anslag>', f'V="{time}"/><po:Anslag >'))
        for name, time in TIMES.items()
    ),
    case("V3 an estimate", READY, (rf"({READY_TIME}/><po:Anslag>)false", r"\1true")),
    case("V4 the other order", READY, (EVENTS, r"\2\1")),
    case("V5 event 4 alone", "withdrawal", (EVENT.format(1), ""), (EVENT.format(3), ""), says="PL-028"),
    case("V6 before the ready date", "withdrawal", ('V="2024-03-05"', 'V="2024-03-30"'), says="PL-036"),
    case("V7 with reference", READY, CANCELLED, REFERRED),
    case("V7 without reference", READY, CANCELLED, says="PL-041"),
    case(
        "V9 changed",
        "early-notice",
        CHANGED,
        REFERRED,
        ('TypeInnhold V="1" DN="[^"]*"', 'TypeInnhold V="2" DN="Oppdaterte opplysninger"'),
    ),
    case("V9 cancelled", "early-notice", CANCELLED, REFERRED),
    case(
        "V12 an unknown code with a text",
        "discharged",
        (r'UtTil V="[^"]*" DN="[^"]*"', 'UtTil V="777" DN="Et nytt sted"'),
        says="PL-020",
    ),
    case("V13 code 3", "early-notice"),
    case(
        "V13 code 5",
        "early-notice",
        ('V="3" DN="Pasient utskrivningsklar"', 'V="5" DN="Forventet utskrivningsklar dato"'),
    ),
    case(
        "V14 status O",
        "early-notice",
        (STATUS, '<po:Forsendelsesstatus V="O"/>'),
        REFERRED,
        says="PL-019 PL-039 PL-058",
    ),
    case(
        "V15 ISO-8859-1",
        "early-notice",
        ("encoding='UTF-8'", "encoding='ISO-8859-1'"),
        (STATUS, STATUS + REQUEST),
        says="MH-004",
        encoding="iso-8859-1",
    ),
    case(
        "V16 other prefixes",
        READY,
        ("xmlns:log=", "xmlns:a="),
        ("<log:", "<a:"),
        ("</log:", "</a:"),
        ("xmlns:po=", "xmlns:b="),
        ("<po:", "<b:"),
        ("</po:", "</b:"),
    ),
    case(
        "V16 a default namespace",
        READY,
        (
            r"<log:Pasientlogistikk>",
            '<Pasientlogistikk xmlns="http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01">',
        ),
        ("</log:Pasientlogistikk>", "</Pasientlogistikk>"),
    ),
    case(
        "V17 comments and instructions",
        READY,
        ("<po:Anslag>false", "<!-- a --><po:Anslag><!-- b -->fal<?p i?>se"),
        (
            "<log:Pasientlogistikk>",
            (
                '<log:Pasientlogistikk xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                'xsi:schemaLocation="urn:a http://x.invalid/x.xsd">'
            ),
        ),
    ),
    case("V17 CDATA", READY, ("<FamilyName>Lyngrose", "<FamilyName><![CDATA[Lyngrose]]>")),
    case("V18 form A", "readiness-answer-note"),
    case("V18 form B", "readiness-answer"),
    case("V18 form A unlinked", "readiness-answer-note", UNREFERRED, says="PL-079"),
    case("V18 form B unlinked", "readiness-answer", UNREFERRED, says="PL-080"),
    case("V19 D-number", READY, (PATIENT_IDENT, ident("DNR", "D-nummer", "70019950032")), says="MH-030"),
    case("V19 H-number", READY, (PATIENT_IDENT, ident("HNR", "H-nummer", "15476500548")), says="MH-030"),
    case("V19 several", READY, (PATIENT_IDENT, r"\g<0>" + ident("XXX", "Annet", "A-17"))),
    case(
        "V20 organisation",
        READY,
        other(
            f"{ORGANISATION}<Organisation><OrganisationName>Sykepleietjeneste</OrganisationName><Ident><Id>8140031</Id>{HER}</Ident></Organisation></Organisation>"
        ),
    ),
    case(
        "V20 health professional",
        READY,
        other(
            f"{ORGANISATION}<HealthcareProfessional>{PERSON}<Ident><Id>8140032</Id>{PERSONAL_HER}</Ident></HealthcareProfessional></Organisation>"
        ),
    ),
    case("V20 patient", READY, other(f"<Patient>{PERSON}</Patient>")),
    case("V20 person", READY, other(f"<Person>{PERSON}</Person>")),
    case("V21 attachment", READY, ("</MsgHead>", f"{ATTACHMENT}</MsgHead>")),
    case(
        "V22 Anslag 1 and 0",
        READY,
        (r"<po:Anslag>false", "<po:Anslag>0"),
        (f"{READY_TIME}/><po:Anslag>false", f"{READY_TIME}/><po:Anslag>1"),
    ),
    case("V23 MIGversion empty", READY, (r"<MIGversion>.*</MIGversion>", "<MIGversion/>")),
    *(
        case(f"V27 {name} {version}", "discharge-report", (HOUR, rf"\g<1>{inside}\g<2>"), version=version)
        for name, inside in APPOINTMENTS.items()
        for version in ("1.5", "1.6")
    ),
    case("V27 tentative 1.6", "discharge-report", (HOUR, rf"\g<1>{TENTATIVE}\g<2>")),
    case(
        "V29 feedback of 2.0",
        READY,
        (r"<Type [^>]*/>", '<Type V="LOG_TILBAKEMELDING" DN="Tilbakemelding på utskrivningsklar pasient"/>'),
        (USAGE, FEEDBACK),
        version="2.0",
    ),
    case("V30 XHTML 1.0", "readiness-answer-note", (TEXT, XHTML)),
    case("V30 XHTML 1.1", "readiness-answer", (TEXT, XHTML)),
    case(
        "V31 two kinds of journal information",
        "question",
        ("<dia:RollerRelatertNotat>", JOURNAL_INFO * 2 + "<dia:RollerRelatertNotat>"),
        version="1.1",
    ),
    case("V31 unit and nested person", "readiness-answer", CONTACT),
)

ONE_EVENT = "(<po:TidsfestetHendelse>.*?</po:TidsfestetHendelse>)"
KOMPONENT = r' komponentID="[^"]*"'

NO_DESTINATION = r"<po:UtTil [^>]*/>", ""

INVALID = (
    case("I1 no usage", READY, (USAGE, "")),
    case("I1 two usages", READY, (USAGE, r"\g<0>\g<0>")),
    case(
        "I2 another order",
        READY,
        (r"(<po:TilknyttetEnhet>.*</po:TilknyttetEnhet>)(<po:AnsvarForRapport>.*</po:AnsvarForRapport>)", r"\2\1"),
    ),
    case(
        "I3 the usage among the components",
        READY,
        ("<log:MeldingUtskrivningsklarPasient>", "<po:MeldingUtskrivningsklarPasient>"),
        ("</log:MeldingUtskrivningsklarPasient>", "</po:MeldingUtskrivningsklarPasient>"),
    ),
    case(
        "I4 1.5 with components of 1.6",
        READY,
        ("po/Pasientlogistikk/2012-04-01", "po/Pasientlogistikk/2009-06-30"),
        says="PL-039",
    ),
    case("I5 no status", READY, (STATUS, ""), says="PL-039"),
    *(
        case(f"I6 Anslag {new or 'missing'}", READY, ("<po:Anslag>false</po:Anslag>", new))
        for new in ("", "<po:Anslag>TRUE</po:Anslag>", "<po:Anslag/>")
    ),
    case("I7 no time", READY, (r"<po:TidspunktForHendelse [^>]*/>", "")),
    *(
        case(f"I7 time {text!r}", READY, (READY_TIME, f'TidspunktForHendelse V="{text}"'))
        for text in ("", "2018-01-31T10:00", "31.01.2018", "2018-02-30")
    ),
    *(case(f"I8 two events in {kind}", kind, (ONE_EVENT, r"\1\1")) for kind in ("admitted", "discharged", "death")),
    case("I9 UtTil missing", "discharged", NO_DESTINATION),
    case(
        "I10 destination after the event",
        "discharged",
        (r"(<po:UtskrevetTil>.*</po:UtskrevetTil>)(<po:TidsfestetHendelse>.*</po:TidsfestetHendelse>)", r"\2\1"),
    ),
    case("I11 unit without Ident", READY, (r"(<po:Kontaktenhet>.*?)<fk1:Ident>.*?</fk1:Ident>", r"\1")),
    case("I11 unit without name", READY, (r"<fk1:OrganisationName>.*?</fk1:OrganisationName>", "")),
    case("I11 contact without Ident", "early-notice", (r"(<po:Kontaktperson>.*?)<fk1:Ident>.*?</fk1:Ident>", r"\1")),
    case(
        "I12 fk1 among the components",
        READY,
        (r"<fk1:OrganisationName>(.*?)</fk1:OrganisationName>", r"<po:OrganisationName>\1</po:OrganisationName>"),
    ),
    case("I13 no komponentID", "early-notice", (r"(<epj2:GenereltJournalnotat [^>]*?)" + KOMPONENT, r"\1")),
    case(
        "I13 qualified komponentID",
        "early-notice",
        (r"(<epj2:GenereltJournalnotat [^>]*?) komponentID=", r"\1 m1:komponentID="),
    ),
    case(
        "I13 unqualified basiskomponenttype",
        "early-notice",
        (r"(<epj2:GenereltJournalnotat )m1:basiskomponenttype=", r"\1basiskomponenttype="),
    ),
    case(
        "I13 another fixed value",
        "early-notice",
        (r'(<epj2:GenereltJournalnotat m1:basiskomponenttype=)"EPJ dokument"', r'\1"EPJ sak"'),
    ),
    case("I14 an OID that ends in a dot", READY, (f'S="{OID}9121"', f'S="{OID}9121."')),
    case(
        "I15 birth year of a child in 1.5",
        "admission-report",
        (
            r"(</po:Slektskap>|<po:Slektskap [^>]*/>)",
            r"\1<po:FodselsarMindrearigParorende>2012</po:FodselsarMindrearigParorende>",
        ),
        version="1.5",
    ),
    case("I15 tentative in 1.5", "discharge-report", (HOUR, rf"\g<1>{TENTATIVE}\g<2>"), version="1.5"),
    case(
        "I15 no Hoveddiagnose in 1.5",
        "discharge-report",
        ("<po:Hoveddiagnose>true</po:Hoveddiagnose>", ""),
        version="1.5",
    ),
    case(
        "I15 no MuntligInformasjon in 1.5",
        "discharge-report",
        (r"<po:MuntligInformasjon>.*?</po:MuntligInformasjon>", ""),
        version="1.5",
    ),
    case("I16 no TypeInnholdIMelding", "early-notice", (r"<po:TypeInnholdIMelding>.*</po:TypeInnholdIMelding>", "")),
    case("I16 no OpplysningOpphold", "early-notice", (r"<po:OpplysningOpphold>.*</po:OpplysningOpphold>", "")),
    case("I17 two branches", "discharge-report", (HOUR, r"\g<1>" + "".join(APPOINTMENTS.values()) + r"\g<2>")),
    case("I17 no branch", "discharge-report", (HOUR, r"\g<1>\g<2>")),
    case("I18 SvarPaaForesporsel empty", READY, (STATUS, STATUS + "<po:SvarPaaForesporsel/>")),
    case("I19 2.0: a date only", READY, (r"2024-03-05T[^<]*</po:Tids", "2024-03-05</po:Tids"), version="2.0"),
    case(
        "I19 2.0: V",
        READY,
        (r"<po:TidspunktForHendelse>([^<]*)</po:TidspunktForHendelse>", r'<po:TidspunktForHendelse V="\1"/>'),
        version="2.0",
    ),
    case("I19 2.0: top not wrapped", READY, ("</?po:FellesAdministrativeOpplysninger>", ""), version="2.0"),
    case(
        "I20 request and note side by side",
        "question",
        (
            "</dia:Dialogmelding>",
            f'<dia:Notat><dia:TemaKodet V="1" DN="x" S="{OID}9155"/></dia:Notat></dia:Dialogmelding>',
        ),
    ),
    case(
        "I20 1.0 with EmneSporsmal",
        "question",
        (r"(<dia:TypeForesp [^>]*/>)", r"\1<dia:EmneSporsmal>Ny</dia:EmneSporsmal>"),
        version="1.0",
    ),
    case(
        "I20 1.0: a role without a person",
        "question",
        (r"<dia:HealthcareProfessional>.*</dia:HealthcareProfessional>", ""),
        version="1.0",
    ),
    case("I21 text in Content", READY, ("<Content>", "<Content>tekst")),
    case("I21 an attribute of Content", READY, ("<Content>", '<Content a="b">')),
    case("I21 two Content", READY, ("</Content>", "</Content><Content/>")),
    case("I22 MIGversion", READY, (r"<MIGversion>.*</MIGversion>", "<MIGversion>v1.2</MIGversion>")),
    case("I23 ConversationRef with one child", READY, REFERRED, (r"<RefToConversation>.*</RefToConversation>", "")),
    case(
        "I24 two Sykepleierdokumentasjon",
        "admission-report",
        (r"(<po:Sykepleierdokumentasjon>.*</po:Sykepleierdokumentasjon>)", r"\1\1"),
    ),
    case("I25 GenDate without seconds", READY, (r"(<GenDate>\d{4}-\d\d-\d\dT\d\d:\d\d)[^<]*", r"\1")),
)

UNCODED = (
    '<po:TidsfestetHendelse><po:TidspunktForHendelse V="2024-03-05"/><po:Anslag>false</po:Anslag>'
    "</po:TidsfestetHendelse>"
)
EMPTY_TEXT = (r"<dia:TekstNotatInnhold>.*</dia:TekstNotatInnhold>", "")
CLOCKLESS = (r'(V="2024-03-0\d)T[^"]*', r"\1")
WRONG_NUMBER = ("12834130279", "12834130278")
NO_PERSON = (r"<po:AnsvarForRapport>.*</po:AnsvarForRapport>", "")

BROKEN = (
    case(
        "B1 another type over the payload",
        READY,
        (r'<Type V="LOG_UTSKRIVNINGSKLAR"[^>]*/>', '<Type V="LOG_DOD" DN="Orientering om dødsfall"/>'),
        says="PL-005",
    ),
    case("B2 two payloads", READY, (r"(<log:Pasientlogistikk>.*</log:Pasientlogistikk>)", r"\1\1"), says="MH-031"),
    case("B2 none", READY, ("<Content>.*</Content>", "<Content/>"), says="MH-032"),
    case("B3 no event 3", READY, (EVENT.format(3), ""), says="PL-027"),
    case("B3 two of them", READY, (f"({EVENT.format(3)})", r"\1\1"), says="PL-027"),
    case("B4 neither code nor text", READY, (f"({EVENT.format(3)})", r"\1" + UNCODED), says="PL-023"),
    *(
        case(f"B5 {name}", READY, (READY_TIME, new), says="PL-022")
        for name, new in (
            ("no V", "TidspunktForHendelse"),
            ("a year", 'TidspunktForHendelse V="2024"'),
            ("a time", 'TidspunktForHendelse V="10:00:00"'),
            ("a month", 'TidspunktForHendelse V="2024-03"'),
        )
    ),
    case("B6 no clock", "admitted", CLOCKLESS, says="PL-026"),
    case("B7 nobody answers for it", READY, NO_PERSON, says="PL-031"),
    case("B8 a change of it", READY, CHANGED, REFERRED, says="PL-040"),
    *(
        case(
            f"B8 status {v or 'none'}",
            READY,
            (STATUS, f'<po:Forsendelsesstatus V="{v}" DN="{dn}"/>' if v else "<po:Forsendelsesstatus/>"),
            says="PL-039",
        )
        for v, dn in (("A", "Tillegg"), ("Z", "Annet"), ("", ""))
    ),
    case("B9 no reference", READY, CANCELLED, says="PL-041"),
    case("B12 ready before the admission", READY, (READY_TIME, 'TidspunktForHendelse V="2024-02-05"'), says="PL-034"),
    case(
        "B12 discharged in the future",
        "discharged",
        ('TidspunktForHendelse V="2024-03-', 'TidspunktForHendelse V="2024-04-'),
        says="PL-037",
    ),
    case("B13 patient empty", READY, ("<Patient>.*</Patient>", "<Patient/>"), says="MH-025"),
    case("B13 no id", READY, (PATIENT_IDENT, ""), says="PL-010", only=Side.SEND),
    case("B13 a wrong control digit", READY, WRONG_NUMBER, says="ID-002"),
    case(
        "B13 another OID", READY, ('(<TypeId V="FNR" DN="Fødselsnummer" S=")[^"]*', rf"\g<1>{OID}3109"), says="MH-036"
    ),
    case("B14 sender ids empty", READY, ("<Id>814001[01]</Id>", "<Id/>"), says="MH-019 MH-037 ID-013"),
    case("B15 CV without S", READY, (r'(<po:Hendelsekode V="3" DN="[^"]*") S="[^"]*"', r"\1"), says="PL-018"),
    case("B15 CS without DN", READY, (STATUS, '<po:Forsendelsesstatus V="N"/>'), says="PL-019"),
    case(
        "B16 no expected date",
        "early-notice",
        ('V="3" DN="Pasient utskrivningsklar"', 'V="1" DN="Pasient innlagt"'),
        says="PL-059",
    ),
    case(
        "B16 with clock",
        "early-notice",
        (READY_TIME, 'TidspunktForHendelse V="2024-03-05T10:00:00+01:00"'),
        says="PL-059",
    ),
    case("B16 changed, and the first", "early-notice", CHANGED, REFERRED, says="PL-058"),
    case("B17 no start date", "services-offered", ("<po:Startdato>.*?</po:Startdato>", ""), says="PL-068"),
    case("B17 neither type nor name", "services-offered", (r"<po:IPLOStjenestetype [^>]*/>", ""), says="PL-069"),
    case(
        "B18 booked without time", "discharge-report", ("<po:TidspunktTime>.*?</po:TidspunktTime>", ""), says="PL-072"
    ),
    case(
        "B19 an answer to no question",
        READY,
        (STATUS, STATUS + "<po:SvarPaaForesporsel>true</po:SvarPaaForesporsel>"),
        says="PL-074",
    ),
    *(
        case(f"B20 {name}", kind, edit, says=rule)
        for kind, rule in (("readiness-answer-note", "PL-079"), ("readiness-answer", "PL-080"))
        for name, edit in (("no text", EMPTY_TEXT), ("no reference", UNREFERRED))
    ),
    case("B20 nothing in it", "readiness-answer", ("<dia:Notat>.*</dia:Notat>", ""), says="PL-085"),
)


@pytest.fixture(scope="module")
def run(built: Callable[..., bytes], schemas: SchemaSet, codes: CodeLists) -> Run:
    def judge(row: Row, side: Side) -> tuple[Finding, ...]:
        text = built(row.kind, json.loads(example(row.kind, row.version)) if row.version else {}).decode()
        for old, new in row.edits:
            changed = re.sub(
                old, new, text, flags=re.DOTALL, count=0 if row.name.startswith(("V16", "I8", "I19", "B14")) else 1
            )
            assert changed != text, old
            text = changed
        return read(text.encode(row.encoding), schemas, Context(side, codes)).findings

    return judge


def _rules(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.rule for finding in findings}


@pytest.mark.parametrize("row", VALID, ids=lambda row: row.name)
def test_a_valid_case_is_accepted(row: Row, run: Run) -> None:
    """No error when received; what is noted is what the row says."""
    findings = run(row, Side.RECEIVE)
    assert [finding for finding in findings if finding.severity is Severity.ERROR] == []
    assert _rules(findings) == set(row.says.split())


@pytest.mark.parametrize("row", INVALID, ids=lambda row: row.name)
def test_a_schema_invalid_case_is_refused(row: Row, run: Run) -> None:
    """The schema refuses it on both sides, with a line; what else is missing with it may be told too."""
    for side in row.sides:
        findings = run(row, side)
        assert any(one.rule == "XSD" and one.severity is Severity.ERROR and one.line for one in findings)


@pytest.mark.parametrize("row", BROKEN, ids=lambda row: row.name)
def test_a_broken_rule_is_told(row: Row, run: Run) -> None:
    """By the rule, by no other, and sending it is refused."""
    for side in row.sides:
        findings = run(row, side)
        assert _rules(findings) == set(row.says.split())
        if side is Side.SEND:
            assert any(one.severity is Severity.ERROR for one in findings) is (
                row.name[:3] != "B12" or "future" not in row.name
            )
