"""Whether every rule that a program can check is broken by what breaks it, and kept by what keeps it.

Each case takes a clean message, changes as little as possible, and says which rules then have something to say. The
clean message is the case that keeps the rule: it has no finding at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from adapter.messages.codes import CodeLists
from adapter.messages.findings import Finding
from adapter.messages.read import read
from adapter.messages.reading import understand
from adapter.messages.rules import BY_ID, RULES, matter_of
from adapter.messages.rules.places import scopes_of
from adapter.messages.rules.rule import Context, Rule, Scope, Side
from adapter.messages.schemas import SchemaSet

OID = "2.16.578.1.12.4.1.1."
PO = "http://www.kith.no/xmlstds/po"
Edit = tuple[str, str]

# ── messages to start from ──────────────────────────────────────────────────────────────────────────────────────────


def _report(type_: str, dn: str, tail: str, root: str, body: str) -> tuple[str, tuple[Edit, ...]]:
    """A nursing and care message of another kind, made of the admission message's head and common top."""
    return "admitted", (
        (r'<Type V="LOG_INNLAGT" DN="[^"]*"/>', f'<Type V="{type_}" DN="{dn}"/>'),
        (r"po/Pasientlogistikk/2012-04-01", f"po/{tail}/2012-04-01"),
        (r"<log:Pasientlogistikk>", f"<log:{root}>"),
        (r"</log:Pasientlogistikk>", f"</log:{root}>"),
        (r"<log:MeldingInnlagtPasient>.*</log:MeldingInnlagtPasient>", body),
        (
            r'xmlns:fk1="',
            (
                'xmlns:epj2="http://www.kith.no/xmlstds/epj/epj2/2008-02-20" '
                'xmlns:m1="http://www.kith.no/xmlstds/epj/meta/2008-02-20" xmlns:fk1="'
            ),
        ),
    )


def _cv(name: str, v: str, dn: str, number: str) -> str:
    return f'<{name} V="{v}" DN="{dn}" S="{OID}{number}"/>'


def _note(identity: str, *texts: str) -> str:
    return (
        f'<epj2:GenereltJournalnotat komponentID="{identity}" m1:komponenttype="2.16.578.1.12.4.1.6.13.11009.0" '
        f'm1:basiskomponenttype="EPJ dokument">{"".join(texts)}</epj2:GenereltJournalnotat>'
    )


def _heading(v: str, dn: str) -> str:
    code = _cv("epj2:Overskriftskode", v, dn, "9145")
    return f"<epj2:Journaltekst>{code}<epj2:Notat>Tekst</epj2:Notat></epj2:Journaltekst>"


EVENT_3 = (
    f"<po:TidsfestetHendelse>{_cv('po:Hendelsekode', '3', 'Pasient utskrivningsklar', '9121')}"
    '<po:TidspunktForHendelse V="2024-03-10"/><po:Anslag>true</po:Anslag></po:TidsfestetHendelse>'
)
EVENT_2 = (
    f"<po:TidsfestetHendelse>{_cv('po:Hendelsekode', '2', 'Pasient utskrevet', '9121')}"
    '<po:TidspunktForHendelse V="2024-03-10"/><po:Anslag>false</po:Anslag></po:TidsfestetHendelse>'
)
EARLY_NOTICE = (
    "<po:TypeInnholdIMelding>"
    f"{_cv('po:TypeInnhold', '1', 'Varsel om innlagt pasient', '9140')}</po:TypeInnholdIMelding>"
    f"<po:OpplysningOpphold>{EVENT_3}</po:OpplysningOpphold>"
    "<po:MedisinskfagligeOpplysninger>"
    f"{_note('a', _heading('1', 'Pasientens status'))}{_note('b', _heading('2', 'Antatt forløp'))}"
    "</po:MedisinskfagligeOpplysninger>"
)
DISCHARGE_REPORT = (
    f"<po:TypeInnholdIMelding>{_cv('po:TypeInnhold', '11', 'Utskrivningsrapport', '9139')}</po:TypeInnholdIMelding>"
    "<po:InfoKontrolltime><po:InformasjonOmTime><po:BestiltKontrolltime>true</po:BestiltKontrolltime>"
    "<po:TidspunktTime>2024-05-01T10:00:00</po:TidspunktTime></po:InformasjonOmTime></po:InfoKontrolltime>"
)
SERVICES = (
    f"<po:EksisterendeTjeneste>{_cv('po:IPLOStjenestetype', '1', 'Praktisk bistand - daglige gjøremål', '9151')}"
    "<po:PrivatTjeneste>false</po:PrivatTjeneste><po:Startdato>2024-01-01</po:Startdato></po:EksisterendeTjeneste>"
)
ATTACHMENT = (
    '<Document><RefDoc><IssueDate V="2024-03-04"/><MsgType V="A" DN="Vedlegg"/><MimeType>application/pdf</MimeType>'
    '<Description>Liste</Description><Content><Base64Container xmlns="http://www.kith.no/xmlstds/base64container">'
    "JVBERi0xLjcK</Base64Container></Content></RefDoc></Document>"
)
QUESTION = (
    f"<dia:Foresporsel>{_cv('dia:TypeForesp', '99', 'Annen henvendelse', '9152')}"
    "<dia:Sporsmal>Når?</dia:Sporsmal></dia:Foresporsel>"
)

BASES: dict[str, tuple[str, tuple[Edit, ...]]] = {
    kind: (kind, ()) for kind in ("admitted", "discharge-ready", "withdrawal", "discharged", "death", "apprec")
} | {
    "answer": ("readiness-answer", ()),
    "note": ("readiness-answer-note", ()),
    "attachment": ("discharge-ready", ((r"</MsgHead>", f"{ATTACHMENT}</MsgHead>"),)),
    "answer with attachment": ("readiness-answer", ((r"</MsgHead>", f"{ATTACHMENT}</MsgHead>"),)),
    "early notice": _report(
        "HELSEOPPL_SOKNAD",
        "Helseopplysninger",
        "HelseopplysningerVedSoknad",
        "HelseopplysningerVedSoknad",
        EARLY_NOTICE,
    ),
    "discharge report": _report(
        "UTSKRIVNINGSRAPPORT", "Utskrivningsrapport", "TverrfagligEpikrise", "TverrfagligEpikrise", DISCHARGE_REPORT
    ),
    "services": _report(
        "ORIENTERING_TJENESTETILBUD",
        "Orientering om tjenestetilbud",
        "OrienteringOmTjenestetilbud",
        "OrienteringOmTjenestetilbud",
        SERVICES,
    ),
    "deviation": (
        "readiness-answer-note",
        (
            (r'V="DIALOG_NOTAT" DN="Notat"', 'V="DIALOG_AVVIK" DN="Tilbakemelding om feil i mottatt melding"'),
            (r"<dia:TemaKodet [^>]*/>", _cv("dia:TemaKodet", "1", "Feil adressat", "8117")),
            (r"<dia:RollerRelatertNotat>.*</dia:RollerRelatertNotat>", ""),
        ),
    ),
    "reply": (
        "readiness-answer-note",
        (
            (r'V="DIALOG_NOTAT" DN="Notat"', 'V="DIALOG_SVAR" DN="Svar på forespørsel"'),
            (r"<dia:TemaKodet [^>]*/>", _cv("dia:TemaKodet", "5", "Svar på forespørsel", "9069")),
            (r"<dia:RollerRelatertNotat>", f"{QUESTION}<dia:RollerRelatertNotat>"),
        ),
    ),
    "question": (
        "readiness-answer-note",
        (
            (r'V="DIALOG_NOTAT" DN="Notat"', 'V="DIALOG_FORESPORSEL" DN="Forespørsel"'),
            (r"<dia:Notat>.*</dia:Notat>", QUESTION),
        ),
    ),
}


# ── cases ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Case:
    """A message, what is changed in it, and what else than the rule then has something to say."""

    rule: str
    base: str
    edits: tuple[Edit, ...]
    also: frozenset[str] = frozenset()
    side: Side = Side.SEND
    now: datetime | None = None
    production: bool = False


def _case(rule: str, base: str, *edits: Edit, also: str = "") -> Case:
    return Case(rule, base, edits, frozenset(also.split()))


def _received(rule: str, base: str, *edits: Edit, also: str = "") -> Case:
    return Case(rule, base, edits, frozenset(also.split()), Side.RECEIVE)


TYPE = r'V="LOG_UTSKRIVNINGSKLAR" DN="Melding om utskrivningsklar pasient"'
PATIENT_ID = r'<Id>12834130279</Id><TypeId V="FNR" DN="Fødselsnummer"'
HELP_NUMBER = (PATIENT_ID, '<Id>80000000179</Id><TypeId V="FHN" DN="Felles hjelpenummer"')
HER_TYPE = '<TypeId V="HER" DN="HER-id"'
LOCAL_TYPE = '<TypeId V="LOK" DN="Lokal identifikator uten nærmere angivelse"'
REFERENCE = r"<ConversationRef>.*</ConversationRef>"
STATUS = r'<po:Forsendelsesstatus V="N" DN="Ny"/>'
OK = r'<Status V="1" DN="OK"/>'
REFUSED = '<Status V="2" DN="Avvist"/>'


def _error(v: str, dn: str) -> str:
    return f'<Error V="{v}" S="{OID}8221" DN="{dn}"/>'


E10 = _error("E10", "Ugyldig meldingsidentifikator")

CASES = [
    # the head
    _case("MH-001", "discharge-ready", (r"</MsgHead>", "")),
    _case("MH-003", "discharge-ready", (r"<MsgHead ", "<!DOCTYPE a><MsgHead ")),
    _case("MH-004", "discharge-ready", (r"encoding='UTF-8'", "encoding='ISO-8859-1'")),
    _case("MH-005", "discharge-ready", (r"^", "\ufeff")),
    _case("MH-006", "discharge-ready", (r"msghead/2006-05-24", "msghead/2099-01-01")),
    _case("MH-007", "discharge-ready", (r"<MIGversion>.*</MIGversion>", "<MIGversion/>")),
    _case("MH-008", "discharge-ready", (TYPE, "")),
    _case("MH-008", "discharge-ready", (r'V="LOG_UTSKRIVNINGSKLAR"', 'V="LOG_KLAR"')),
    _case("MH-009", "discharge-ready", (TYPE, 'V="HENVISNING" DN="Henvisning"')),
    _case("MH-009", "discharge-ready", (TYPE, 'V="INNLEGGELSESRAPPORT" DN="Innleggelsesrapport"')),
    _case("MH-009", "discharge-ready", (TYPE, 'V="DIALOG_AVVIK" DN="Tilbakemelding om feil i mottatt melding"')),
    _case("MH-011", "discharge-ready", (r"<MsgId>.*</MsgId>", "<MsgId>6a1d0b6f5b0e4c539f2c6a1d0b6f5c11</MsgId>")),
    _case("MH-015", "discharge-ready", (r"\+01:00</GenDate>", "</GenDate>")),
    Case("MH-016", "discharge-ready", (), now=datetime(2024, 3, 25, 8, 0, tzinfo=UTC)),
    Case("MH-016", "discharge-ready", (), now=datetime(2024, 4, 25, 8, 0, tzinfo=UTC)),
    Case(
        "MH-017",
        "discharge-ready",
        (HELP_NUMBER, (r"</MsgId>", '</MsgId><ProcessingStatus V="T" DN="Opplæring"/>')),
        production=True,
    ),
    _case("MH-018", "discharge-ready", (r"</MsgId>", '</MsgId><Ack V="N" DN="Nei"/>')),
    _case("MH-019", "discharge-ready", (f"<Id>8140011</Id>{HER_TYPE}", f"<Id>8140011</Id>{LOCAL_TYPE}")),
    _received(
        "MH-019",
        "discharge-ready",
        (f"<Id>8140011</Id>{HER_TYPE}", f"<Id>8140011</Id>{LOCAL_TYPE}"),
        (f"<Id>8140010</Id>{HER_TYPE}", f"<Id>8140010</Id>{LOCAL_TYPE}"),
    ),
    _case("MH-020", "discharge-ready", (r"<Sender>.*</Sender>", "<Sender><Organisation/></Sender>")),
    _case(
        "MH-022",
        "discharge-ready",
        (r"</Receiver>", '</Receiver><OtherReceiver><RoleReceiver V="COP" DN="Kopimottaker"/></OtherReceiver>'),
    ),
    _case(
        "MH-023",
        "discharge-ready",
        (
            r"</Receiver>",
            (
                '</Receiver><OtherReceiver><RoleReceiver V="PRIM" DN="Primærmottaker"/>'
                "<Patient><FamilyName>A</FamilyName></Patient></OtherReceiver>"
            ),
        ),
    ),
    _case("MH-024", "discharge-ready", (r"<Patient>.*</Patient>", "")),
    _case("MH-025", "discharge-ready", (r"<FamilyName>.*</GivenName><DateOf", "<DateOf")),
    _received("MH-025", "note", (r"<DateOfBirth>.*</DateOfBirth>", ""), (r"12834130279", "12834130278"), also="ID-002"),
    _case("MH-028", "discharge-ready", (r"(<Sex [^>]*/>)", r'\1<Nationality V="NO" DN="Norge"/>')),
    _case("MH-029", "discharge-ready", (r"<Sex [^>]*/>", "")),
    _case("MH-030", "discharge-ready", (r"1941-03-12", "1941-03-13")),
    _case("MH-031", "discharge-ready", (r'V="XML" DN="XML-instans"', 'V="REF" DN="Referanse"')),
    _case("MH-031", "discharge-ready", (r"</Content>", "<log:Pasientlogistikk/></Content>"), also="XSD MH-037"),
    _case("MH-032", "discharge-ready", (r"<Content>.*</Content>", "<Content/>")),
    _case(
        "MH-033",
        "attachment",
        (r"<Document>", '<Document><DocumentConnection V="H" DN="Hoveddokument"/>'),
        (r"<Document><RefDoc>", '<Document><DocumentConnection V="H" DN="Hoveddokument"/><RefDoc>'),
    ),
    _case("MH-034", "discharge-ready", (r"<Document>", '<Document><DocumentConnection V="H" DN="Hoveddokument"/>')),
    _case("MH-035", "discharge-ready", (r"<Document>", f"<Document>{_cv('Consent', '1', 'Ja', '3109')}")),
    _case("MH-036", "discharge-ready", (rf'({PATIENT_ID}) S="[^"]*"', r"\1")),
    _case("MH-036", "discharge-ready", (rf'({PATIENT_ID}) S="[^"]*"', rf'\1 S="{OID}3109"')),
    _case("MH-037", "discharge-ready", (r"</FamilyName>", "</FamilyName><MiddleName/>")),
    _case("MH-037", "discharge-ready", (r'DN="Kvinne"', 'DN="Kvinne "')),
    _case("MH-038", "discharge-ready", (r'<Sex V="2"', '<Sex V="7"')),
    _case("MH-038", "discharge-ready", (r'<Sex V="2"', "<Sex")),
    _case(
        "MH-039", "discharge-ready", (r"<Address>.*</Address>", '<Address><Type V="H" DN="Bostedsadresse"/></Address>')
    ),
    _case("MH-040", "discharge-ready", (r"tel:55500123", "55500123")),
    _case("MH-041", "attachment", (r"<Description>Liste</Description>", "")),
    _case("MH-041", "attachment", (r'V="A" DN="Vedlegg"', 'V="REF" DN="Referanse"')),
    _case("MH-042", "answer with attachment", (r"application/pdf", "text/plain")),
    _case("MH-043", "attachment", (r"JVBERi0xLjcK", "QUJD" * 2_000_000)),
    _case(
        "MH-044",
        "discharge-ready",
        (
            r"<Content>.*</Content>",
            '<Content><Base64Container xmlns="http://www.kith.no/xmlstds/base64container">QUJD</Base64Container></Content>',
        ),
    ),
    _case(
        "MH-047",
        "discharge-ready",
        (r"<Document>", "<PatientReport><CaseNo>1</CaseNo><Document>"),
        (r"</Document>", "</Document></PatientReport>"),
    ),
    _received(
        "MH-049",
        "discharge-ready",
        (r"</MsgHead>", '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></MsgHead>'),
        also="XSD",
    ),
    # addresses
    _case("AD-002", "discharge-ready", (r"<Id>8140011</Id>", "<Id>08140011</Id>")),
    _case("AD-009", "discharge-ready", (f"<Id>8140022</Id>{HER_TYPE}", f"<Id>8140022</Id>{LOCAL_TYPE}")),
    _case(
        "AD-014",
        "discharge-ready",
        (
            r"(<OrganisationName>Saksbehandling</OrganisationName>(<Ident>.*?</Ident>))",
            r"\1<Organisation><OrganisationName>Gruppe</OrganisationName>\2</Organisation>",
        ),
    ),
    _case(
        "AD-015",
        "discharge-ready",
        (
            r"((<Ident><Id>8140022</Id>.*?</Ident>)</Organisation>)",
            r"\1<HealthcareProfessional><FamilyName>A</FamilyName>\2</HealthcareProfessional>",
        ),
    ),
    _case("PL-013", "discharge-ready", (r">PLO innleggelse somatikk<", "><"), also="MH-037"),
    _case("PL-014", "discharge-ready", (r">Saksbehandling<", "><"), also="MH-037"),
    # links
    _case("LK-002", "withdrawal", (r"<RefToParent>.*</RefToParent>", "<RefToParent>x</RefToParent>")),
    _case("LK-005", "withdrawal", (REFERENCE, "")),
    _case("LK-005", "reply", (REFERENCE, "")),
    _case("LK-013", "deviation", (REFERENCE, "")),
    _case("LK-014", "deviation", (r"<dia:TekstNotatInnhold>.*</dia:TekstNotatInnhold>", "")),
    _case("LK-014", "deviation", (r"(<dia:TekstNotatInnhold>)", r"<dia:Tema>Feil</dia:Tema>\1")),
    _case("LK-014", "deviation", (r"<dia:Notat>.*</dia:Notat>", QUESTION)),
    _case("PL-041", "discharge-ready", (STATUS, '<po:Forsendelsesstatus V="C" DN="Kansellering"/>')),
    # identifiers
    _case("ID-001", "discharge-ready", (r"12834130279", "1283413027")),
    _case("ID-002", "discharge-ready", (r"12834130279", "12834130278")),
    _case("ID-004", "discharge-ready", (r'V="FNR" DN="Fødselsnummer"', 'V="DNR" DN="D-nummer"')),
    _case("ID-005", "discharge-ready", (r"12834130279", "00000000000")),
    Case("ID-006", "discharge-ready", (), production=True),
    _case("ID-009", "discharge-ready", (r"312840103", "312840104")),
    _case("ID-011", "discharge-ready", (r"<fk1:Id>9999001", "<fk1:Id>HPR9999001")),
    _case("ID-012", "discharge-ready", (PATIENT_ID, '<Id>2008</Id><TypeId V="DUF" DN="DUF-nummer"')),
    _case("ID-012", "discharge-ready", (PATIENT_ID, '<Id>200816832911</Id><TypeId V="DUF" DN="DUF-nummer"')),
    _case("ID-013", "discharge-ready", (r"<Id>312840103</Id>", "<Id/>"), also="MH-037"),
    _case("ID-013", "discharge-ready", (r'V="ENH" DN="[^"]*"', "")),
    _case("PL-010", "discharge-ready", (r"<GivenName>Signe</GivenName>", "")),
    _case("PL-012", "discharge-ready", HELP_NUMBER, (r"<DateOfBirth>.*</DateOfBirth>", "")),
    # receipts
    _case("AR-001", "apprec", (r"<Id>6a1d0b6f-5b0e", "<Id>6a1d0b6f5b0e")),
    _case("AR-003", "apprec", (r'V="APPREC" DN="Applikasjonskvittering"', 'V="EPIKRISE" DN="Epikrise"')),
    _case("AR-004", "apprec", (r"v1.1 2012-02-15", "1.1")),
    _case("AR-006", "apprec", (OK, f'<Status V="3" DN="OK, feil i delmelding"/>{E10}')),
    _received("AR-006", "apprec", (OK, '<Status V="9" DN=""/>')),
    _case("AR-007", "apprec", (OK, f'<Status V="1" DN="OK"/>{E10}')),
    _case("AR-008", "apprec", (OK, REFUSED)),
    _case("AR-009", "apprec", (OK, REFUSED + _error("E10", "Noe galt"))),
    _case("AR-010", "apprec", (OK, REFUSED + _error("X99", "Annen feil"))),
    _case("AR-011", "apprec", (OK, REFUSED + _error("E35", "Pasienten finnes ikke i mottakersystemet"))),
    _case("AR-012", "apprec", (OK, REFUSED + E10 + E10)),
    _case("AR-013", "apprec", (r'<Role V="PRIM" DN="[^"]*"/>', "")),
    _case("AR-013", "apprec", (r'<Role V="AVS" DN="[^"]*"/>', '<Role V="RECEIVER" DN="Mottaker"/>')),
    _case("AR-014", "apprec", (r"(<Receiver>.*)<Inst>.*</Inst>", r"\1<Inst/>")),
    _case("AR-015", "apprec", (r"(<Id>8140022</Id>)<TypeId [^>]*/>", r"\1")),
    _case("AR-016", "apprec", (r"<Id>5c2d1b7a.*</Id>", "<Id/>")),
    _case("AR-016", "apprec", (r'<MsgType V="LOG_UTSKRIVNINGSKLAR" DN="[^"]*"/>', "<MsgType/>")),
    _case("AR-041", "apprec", (r"\+01:00</GenDate>", "</GenDate>")),
    _case("AR-109", "apprec", (OK, f'{REFUSED}<Error OT="Noe er galt"/>')),
    # the content's values
    _case(
        "PL-005",
        "discharge-ready",
        (TYPE, 'V="LOG_AVMELDING" DN="Avmelding av utskrivningsklar pasient"'),
        also="LK-005",
    ),
    _case("PL-006", "discharge-ready", (r'DN="Melding om utskrivningsklar pasient"', 'DN="Utskrivningsklar"')),
    _case("PL-018", "discharge-ready", (r'(<po:Hendelsekode V="3" DN="[^"]*") S="[^"]*"', r"\1")),
    _case("PL-019", "discharge-ready", (r'(HealthcareProfessional V="LE") DN="Lege"', r"\1")),
    _case("PL-020", "discharge-ready", (r'(HealthcareProfessional) V="LE"', r'\1 V="QQ"')),
    _case("PL-020", "discharge-ready", (r'V="LE" DN="Lege"', 'V="LE" DN="Doktor"')),
    _case("PL-021", "discharge-ready", (f'S="{OID}9034"', f'S="{OID}9035"')),
    # events
    _case("PL-022", "discharge-ready", (r'Hendelse V="2024-03-05"', 'Hendelse V="2024"')),
    _case("PL-022", "discharge-ready", (r'Hendelse V="2024-03-05"', "Hendelse")),
    _case("PL-023", "withdrawal", (r'<po:Hendelsekode V="1"[^>]*/>', ""), also="PL-028"),
    _case(
        "PL-024",
        "withdrawal",
        (r'<po:Hendelsekode V="1"[^>]*/>', "<po:BeskrivelseAvHendelse>Innlagt</po:BeskrivelseAvHendelse>"),
        also="PL-028 PL-103",
    ),
    _case("PL-025", "admitted", (r'V="1" DN="Pasient innlagt"', 'V="2" DN="Pasient utskrevet"'), also="PL-033"),
    _case("PL-026", "admitted", (r'Hendelse V="2024-03-01T14:20:00\+01:00"', 'Hendelse V="2024-03-01"')),
    _case("PL-027", "discharge-ready", (r'V="3" DN="Pasient utskrivningsklar"', 'V="1" DN="Pasient innlagt"')),
    _case(
        "PL-027", "discharge-ready", (r'(<po:TidsfestetHendelse><po:Hendelsekode V="1".*?</po:TidsfestetHendelse>)', "")
    ),
    _case(
        "PL-028",
        "withdrawal",
        (r'<po:TidsfestetHendelse><po:Hendelsekode V="4".*?</po:TidsfestetHendelse>', ""),
    ),
    _case("PL-028", "withdrawal", (r'<po:TidsfestetHendelse><po:Hendelsekode V="3".*?</po:TidsfestetHendelse>', "")),
    _case("PL-029", "discharged", (r"<po:UtTil [^>]*/>", '<po:UtTil OT="Hos venner"/>')),
    _case("PL-029", "discharged", (r'(<po:Hendelsekode) V="2"[^>]*/>', r'\1 OT="Utskrevet"/>'), also="PL-023"),
    _case("PL-030", "death", (r'V="13" DN="Pasienten er død"', 'V="2" DN="Pasient utskrevet"'), also="PL-033"),
    _case("PL-031", "discharge-ready", (r"<po:AnsvarForRapport>.*</po:AnsvarForRapport>", "")),
    _case("PL-032", "admitted", (r"<po:Anslag>false", "<po:Anslag>true")),
    _case("PL-033", "discharge-ready", (r"(</log:MeldingUtskrivningsklarPasient>)", rf"{EVENT_2}\1")),
    _case("PL-034", "discharge-ready", (r'Hendelse V="2024-03-05"', 'Hendelse V="2024-02-29"')),
    _case("PL-035", "withdrawal", (r'Hendelse V="2024-03-06T16:10:00', 'Hendelse V="2024-03-01T14:10:00')),
    _received("PL-036", "withdrawal", (r'Hendelse V="2024-03-05"', 'Hendelse V="2024-03-10"')),
    _case("PL-037", "admitted", (r'Hendelse V="2024-03-01', 'Hendelse V="2024-04-01')),
    _case("PL-037", "death", (r'Hendelse V="2024-03-20', 'Hendelse V="2024-03-26')),
    _case("PL-038", "discharge-ready", (r'IssueDate V="2024-03-25T10', 'IssueDate V="2024-03-25T11')),
    _case("PL-038", "attachment", (r'IssueDate V="2024-03-04"', 'IssueDate V="2024-03-26"')),
    _case("PL-039", "discharge-ready", (STATUS, '<po:Forsendelsesstatus V="A" DN="Tillegg"/>')),
    _case("PL-039", "discharge-ready", (STATUS, "<po:Forsendelsesstatus/>")),
    _case("PL-040", "withdrawal", (STATUS, '<po:Forsendelsesstatus V="M" DN="Endring"/>')),
    _case("PL-054", "discharged", (r'V="1" DN="Som levende"', 'V="2" DN="Som død"')),
    _received("PL-097", "discharge-ready", (r"</MsgId>", '</MsgId><ProcessingStatus V="D" DN="Debugging"/>')),
    _case("PL-103", "admitted", (r"</po:Anslag>", "</po:Anslag><po:Merknad>Falt i trappen</po:Merknad>")),
    # reports
    _case("PL-058", "early notice", (r'V="1" DN="Varsel om innlagt pasient"', 'V="2" DN="Oppdaterte opplysninger"')),
    _case("PL-059", "early notice", (r'Hendelse V="2024-03-10"', 'Hendelse V="2024-03-10T12:00:00+01:00"')),
    _case("PL-059", "early notice", (r'V="3" DN="Pasient utskrivningsklar"', 'V="1" DN="Pasient innlagt"')),
    _case("PL-060", "early notice", (r'V="2" DN="Antatt forløp"', 'V="1" DN="Pasientens status"')),
    _case(
        "PL-067",
        "discharge report",
        (r"<po:TypeInnhold [^>]*/>", _cv("po:TypeInnhold", "1", "Varsel om innlagt pasient", "9140")),
    ),
    _case("PL-068", "services", (r"<po:Startdato>.*</po:Startdato>", "")),
    _case("PL-069", "services", (r"<po:IPLOStjenestetype [^>]*/>", "")),
    _case("PL-070", "early notice", (r"(<po:Medisinskfaglige\w+>)", r"\1<po:InfoTidligereSykdommer/>")),
    _case("PL-071", "early notice", (r"(<po:Medisinskfaglige\w+>)", r"\1<po:TilleggsinfoKontaktepisode/>"), also="XSD"),
    _case("PL-072", "discharge report", (r"<po:TidspunktTime>.*</po:TidspunktTime>", "")),
    _case(
        "PL-073",
        "early notice",
        (
            r"(<po:TilknyttetEnhet>)",
            (
                r"<po:ParorendeForesatt><po:FodselsarMindrearigParorende>1990</po:FodselsarMindrearigParorende>"
                r"<po:Referanseperson><fk1:FamilyName>A</fk1:FamilyName></po:Referanseperson></po:ParorendeForesatt>\1"
            ),
        ),
    ),
    _case("PL-074", "discharge-ready", (STATUS, r"\g<0><po:SvarPaaForesporsel>true</po:SvarPaaForesporsel>")),
    _case("PL-076", "discharge-ready", (r"<fk1:TypeHealthcareProfessional [^>]*/>", "")),
    _case(
        "PL-077",
        "discharge-ready",
        (r"<fk1:TeleCom>.*?</fk1:TeleCom>", ""),
        (r"<fk1:TeleCom>.*?</fk1:TeleCom>", ""),
    ),
    _case(
        "PL-078",
        "early notice",
        (
            r"(</po:TilknyttetEnhet>)",
            r"\1<po:KontaktpersonHelsepersonell><po:Kontaktperson>"
            r'<fk1:TypeHealthcareProfessional V="LE" DN="Lege"/>'
            + _cv("fk1:RoleToPatient", "6", "Fastlege", "9034")
            + f"<fk1:Ident><fk1:Id>9999003</fk1:Id>{_cv('fk1:TypeId', 'HPR', 'HPR-nummer', '8116')}</fk1:Ident>"
            r"</po:Kontaktperson></po:KontaktpersonHelsepersonell>",
        ),
    ),
    _case("PL-094", "early notice", (r'komponentID="b"', 'komponentID="a"')),
    # dialog
    _case("PL-079", "note", (REFERENCE, "")),
    _case("PL-079", "note", (r"<dia:TekstNotatInnhold>.*</dia:TekstNotatInnhold>", "")),
    _case("PL-080", "answer", (REFERENCE, "")),
    _case("PL-080", "answer", (r"<dia:Tema>.*</dia:Tema>", "")),
    _case("PL-080", "answer", (r"<dia:TekstNotatInnhold>.*</dia:TekstNotatInnhold>", "")),
    _case("PL-080", "answer", (r"<dia:TeleCom>.*</dia:TeleCom>", "")),
    _case(
        "PL-081",
        "answer",
        (REFERENCE, ""),
        (r"<dia:TemaKodet [^>]*/>", _cv("dia:TemaKodet", "6", "Henvendelse om pasient", "7322")),
    ),
    _case("PL-082", "reply", (r'V="5" DN="Svar på forespørsel" S', 'V="3" DN="Har ikke ønskede opplysninger" S')),
    _case("PL-082", "reply", (r"<dia:Foresporsel>.*</dia:Foresporsel>", "")),
    _case("PL-083", "question", (r"<dia:Sporsmal>.*</dia:Sporsmal>", "")),
    _case("PL-083", "question", (r"<dia:TypeForesp [^>]*/>", _cv("dia:TypeForesp", "1", "Ja", "3109")), also="PL-021"),
    _case("PL-085", "note", (r"<dia:Dialogmelding>.*</dia:Dialogmelding>", "<dia:Dialogmelding/>")),
    _case("PL-086", "note", (r"<dia:RoleToPatient [^>]*/>", "")),
]


@pytest.fixture(scope="module")
def examine(built: Callable[..., bytes], schemas: SchemaSet, codes: CodeLists) -> Callable[[Case], tuple[Finding, ...]]:
    """What is found in the message of a case."""

    def run(case: Case) -> tuple[Finding, ...]:
        context = Context(case.side, codes, case.now, case.production)
        return read(_message(case, built), schemas, context).findings

    return run


def _message(case: Case, built: Callable[..., bytes]) -> bytes:
    kind, made_by = BASES[case.base]
    text: str = built(kind).decode()
    for pattern, replacement in (*made_by, *case.edits):
        changed = re.sub(pattern, replacement, text, count=1, flags=re.DOTALL)
        assert changed != text, pattern
        text = changed
    return text.encode()


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule} {index}" for index, case in enumerate(CASES)])
def test_rule_is_broken_by_this_and_no_other(case: Case, examine: Callable[[Case], tuple[Finding, ...]]) -> None:
    """The change makes this rule speak, and no rule but those that say the same from another side."""
    findings = examine(case)
    assert {finding.rule for finding in findings} == {case.rule} | case.also
    spoken = next(finding for finding in findings if finding.rule == case.rule)
    assert spoken.message
    assert spoken.source == BY_ID[case.rule].source
    assert bool(spoken.path) is (case.rule not in {"MH-001", "MH-003", "MH-004", "MH-005"})
    assert [finding.rule for finding in findings if finding.line is None] == []


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("base", BASES)
def test_clean_message_keeps_every_rule(base: str, side: Side, examine: Callable[[Case], tuple[Finding, ...]]) -> None:
    """The message that a case starts from keeps every rule on both sides."""
    assert examine(Case("", base, (), side=side)) == ()


def test_rule_is_silent_without_what_it_is_about(built: Callable[..., bytes], codes: CodeLists) -> None:
    """Asked of a document that holds nothing it is about, a rule has nothing to say, so it need not be asked."""
    asked: set[str] = set()
    for case in CASES:
        reading = understand(_message(case, built))
        context = Context(case.side, codes, case.now, case.production)
        scopes = scopes_of(reading)
        for rule in RULES:
            if rule.check is None or not rule.about or rule.scope not in scopes:
                continue
            if matter_of(reading, context).isdisjoint(rule.about):
                assert list(rule.check(reading, context)) == [], (rule.id, case)
                asked.add(rule.id)
    assert asked == {rule.id for rule in RULES if rule.about}


def test_every_rule_has_a_case() -> None:
    """No rule with a check is without a case that breaks it."""
    assert {case.rule for case in CASES} == {rule.id for rule in RULES if rule.check is not None}


def test_every_row_of_the_tables_is_registered() -> None:
    """The rows of the reference tables are all there, in order and once."""
    expected = [
        f"{family}-{number:03d}"
        for family, numbers in (
            ("MH", range(1, 56)),
            ("AD", range(1, 22)),
            ("LK", range(1, 25)),
            ("ID", range(1, 17)),
            ("AR", (*range(1, 45), *range(101, 114))),
            ("PL", range(1, 104)),
        )
        for number in numbers
    ]
    assert [rule.id for rule in RULES] == expected


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_row_says_how_it_is_judged(rule: Rule) -> None:
    """A rule has a check, or says what it needs, or names the rules that find the same fault."""
    ways = [rule.check is not None, rule.needs is not None, bool(rule.judged_as)]
    assert ways.count(True) == 1
    assert rule.text
    assert rule.source
    assert (rule.check is None) is (rule.send is None and rule.receive is None)
    for other in rule.judged_as:
        assert other == "XSD" or BY_ID[other].check is not None
    assert rule.scope in set(Scope)


def test_refusing_rules_have_a_code() -> None:
    """A rule whose consequence is a negative receipt says with which code."""
    for rule in RULES:
        assert (rule.receive == "negative") is (rule.code is not None and rule.check is not None)


def test_rule_speaks_a_limited_number_of_times(
    built: Callable[..., bytes], schemas: SchemaSet, codes: CodeLists
) -> None:
    """A document that is all faults gets some of them told, and not a list without end."""
    text = built("discharge-ready").decode().replace("</Patient>", "<Ident><Id>1</Id></Ident>" * 5_000 + "</Patient>")
    findings = read(text.encode(), schemas, Context(Side.SEND, codes)).findings
    assert len(findings) < 1_000
