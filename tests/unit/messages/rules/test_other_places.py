"""Whether a rule finds its fault elsewhere than in its case: in another place, version or use, and on both sides.

A row changes a clean message as an integrator might get it wrong. What is told of it stands in the row, to be sent and
as received; an error as the rule alone, a warning with `~`, what is only told with `?`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from adapter.messages.building import example
from adapter.messages.codes import CodeLists
from adapter.messages.findings import Severity
from adapter.messages.read import read
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet

OID = "2.16.578.1.12.4.1.1."
Edit = tuple[str, str]
_MARK = {Severity.ERROR: "", Severity.WARNING: "~", Severity.INFO: "?"}


@dataclass(frozen=True, slots=True)
class Row:
    """A fault: its name, the message and its version, what is changed, and what is told on each side."""

    name: str
    kind: str
    edits: tuple[Edit, ...]
    version: str
    told: tuple[str, str]


def case(name: str, kind: str, *edits: Edit, sent: str, received: str, version: str = "") -> Row:
    return Row(name, kind, edits, version, (sent, received))


def other_receiver(inside: str) -> Edit:
    copy = '<RoleReceiver V="COP" DN="Kopimottaker"/>'
    return "</Receiver>", f"</Receiver><OtherReceiver>{copy}{inside}</OtherReceiver>"


FNR = f'<fk1:TypeId V="FNR" DN="Fødselsnummer" S="{OID}8116"/>'
NUMBER = FNR.replace("fk1:", "")
NEW = '<po:Forsendelsesstatus V="N" DN="Ny"/>'
REQUEST = f'<po:Foresporsel><po:TypeForesp V="1" DN="Helseopplysninger" S="{OID}9154"/></po:Foresporsel>'
A_REFERENCE = "5c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a02"
REFERENCES = f"<RefToParent>{A_REFERENCE}</RefToParent><RefToConversation>{A_REFERENCE}</RefToConversation>"
REFERRED = ("</MsgId>", f"</MsgId><ConversationRef>{REFERENCES}</ConversationRef>")
ROWS = (
    case(
        "AD-002 c dialog 1.0 receiver",
        "question",
        ("<Id>81400(..)</Id>", r"<Id>081400\1</Id>"),
        sent="AD-002",
        received="AD-002~",
        version="1.0",
    ),
    case(
        "AD-016 a org 8116",
        "discharge-ready",
        ('(<Id>8140010</Id><TypeId V="HER" DN="HER-id" S=")[^"]*', rf"\g<1>{OID}8116"),
        sent="",
        received="",
        version="1.5",
    ),
    case(
        "AD-016 b org 3109",
        "discharge-ready",
        ('(<Id>8140010</Id><TypeId V="HER" DN="HER-id" S=")[^"]*', rf"\g<1>{OID}3109"),
        sent="MH-036",
        received="MH-036~",
    ),
    case(
        "AR-001 id 1.0",
        "apprec",
        ("<Id>[0-9a-f]{8}-[^<]*</Id>(?=<Sender>)", "<Id>42</Id>"),
        sent="AR-001",
        received="",
        version="1.0",
    ),
    case("AR-002 two Inst", "apprec", ("(<Inst>.*?</Inst>)", r"\1\1"), sent="XSD", received="XSD", version="1.0"),
    case(
        "AR-006 status 9",
        "apprec",
        ('<Status V="1" DN="OK"/>', '<Status V="9" DN="x"/>'),
        sent="AR-006",
        received="AR-006",
        version="1.1",
    ),
    case(
        "ID-001 next of kin",
        "early-notice",
        (
            "(<po:Referanseperson>.*?</fk1:GivenName>)",
            rf"\1<fk1:Ident><fk1:Id>1234567890</fk1:Id>{FNR}</fk1:Ident>",
        ),
        sent="ID-001~",
        received="ID-001~",
    ),
    case(
        "ID-002 next of kin",
        "early-notice",
        (
            "(<po:Referanseperson>.*?</fk1:GivenName>)",
            rf"\1<fk1:Ident><fk1:Id>12834130278</fk1:Id>{FNR}</fk1:Ident>",
        ),
        sent="ID-002~",
        received="ID-002~",
    ),
    case(
        "ID-001 second ident dialog",
        "note",
        (
            "</Ident><Address>",
            f'</Ident><Ident><Id>123 456</Id><TypeId V="DNR" DN="D-nummer" S="{OID}8116"/></Ident><Address>',
        ),
        sent="ID-001",
        received="ID-001~",
        version="1.0",
    ),
    case(
        "ID-002 other receiver patient",
        "discharge-ready",
        other_receiver(f"<Patient><FamilyName>A</FamilyName><Ident><Id>12834130278</Id>{NUMBER}</Ident></Patient>"),
        sent="ID-002~",
        received="ID-002~",
    ),
    case(
        "ID-002 dialog person",
        "question",
        (
            '<fk1:Id>9999002</fk1:Id><fk1:TypeId V="HPR" DN="HPR-nummer"',
            '<fk1:Id>12834130278</fk1:Id><fk1:TypeId V="FNR" DN="Fødselsnummer"',
        ),
        sent="ID-002~",
        received="ID-002~",
        version="1.0",
    ),
    case(
        "ID-004 dialog 1.0",
        "question",
        ("<Id>12834130279</Id>", "<Id>70019950032</Id>"),
        sent="MH-030~ ID-004",
        received="MH-030~ ID-004~",
        version="1.0",
    ),
    case(
        "ID-012 1.5",
        "admitted",
        (
            '<Id>12834130279</Id><TypeId V="FNR" DN="Fødselsnummer"',
            '<Id>2008168329</Id><TypeId V="DUF" DN="DUF-nummer"',
        ),
        sent="ID-012",
        received="ID-012~",
        version="1.5",
    ),
    case(
        "LK-012 A 2.0",
        "admitted",
        ('<po:Forsendelsesstatus V="N" DN="Ny"/>', '<po:Forsendelsesstatus V="A" DN="Tillegg"/>'),
        sent="PL-039",
        received="PL-039~",
        version="2.0",
    ),
    case(
        "LK-012 H report 1.5",
        "admission-report",
        ('<po:Forsendelsesstatus V="N" DN="Ny"/>', '<po:Forsendelsesstatus V="H" DN="Historikk"/>'),
        sent="PL-039",
        received="PL-039~",
        version="1.5",
    ),
    case(
        "LK-013 deviation",
        "deviation",
        ("<ConversationRef>.*</ConversationRef>", ""),
        sent="LK-013",
        received="LK-013~",
    ),
    case(
        "MH-009 HFD in 1.0",
        "clinical-dialog",
        ("dialog/2013-01-23", "dialog/2006-10-11"),
        sent="MH-009",
        received="MH-009",
    ),
    case(
        "MH-009 avvik in 1.1", "deviation", ("dialog/2006-10-11", "dialog/2013-01-23"), sent="MH-009", received="MH-009"
    ),
    case(
        "MH-009 report",
        "admission-report",
        ('<Type V="INNLEGGELSESRAPPORT" DN="[^"]*"/>', '<Type V="UTSKRIVNINGSRAPPORT" DN="Utskrivningsrapport"/>'),
        sent="MH-009",
        received="MH-009",
        version="1.5",
    ),
    case(
        "MH-009 dialog type over log",
        "admitted",
        ('<Type V="LOG_INNLAGT" DN="[^"]*"/>', '<Type V="DIALOG_NOTAT" DN="Notat"/>'),
        sent="MH-009",
        received="MH-009",
        version="2.0",
    ),
    case(
        "MH-009 svar over question",
        "question",
        ('<Type V="DIALOG_FORESPORSEL" DN="[^"]*"/>', '<Type V="DIALOG_SVAR" DN="Svar på forespørsel"/>'),
        sent="LK-005 PL-082",
        received="PL-082~",
        version="1.0",
    ),
    case(
        "MH-019 no level 2",
        "question",
        ("(<Sender><Organisation>.*?)<Organisation>.*?</Organisation>(</Organisation></Sender>)", r"\1\2"),
        sent="MH-019",
        received="MH-019~",
        version="1.1",
    ),
    case(
        "MH-019 no level 1 her",
        "note",
        (
            r"(<Sender><Organisation>.*?<TypeId V=\")HER(\" DN=\")HER-id",
            r"\1LOK\2Lokal identifikator uten nærmere angivelse",
        ),
        sent="MH-019",
        received="MH-019~",
        version="1.0",
    ),
    case("MH-026 dialog", "clinical-dialog", ("12834130279", "12834130278"), sent="ID-002", received="ID-002~"),
    case(
        "MH-032 no content elem", "note", ("<Content>.*</Content>", ""), sent="MH-032", received="MH-032", version="1.0"
    ),
    case(
        "PL-005 1.5",
        "admitted",
        ('<Type V="LOG_INNLAGT" DN="[^"]*"/>', '<Type V="LOG_UTSKREVET" DN="Melding om utskrevet pasient"/>'),
        sent="LK-005~ PL-005",
        received="PL-005",
        version="1.5",
    ),
    case(
        "PL-005 2.0",
        "death",
        ('<Type V="LOG_DOD" DN="[^"]*"/>', '<Type V="LOG_AVMELDING" DN="Avmelding av utskrivningsklar pasient"/>'),
        sent="LK-005~ PL-005",
        received="PL-005",
        version="2.0",
    ),
    case(
        "PL-013 name level 2",
        "note",
        ("(<Sender><Organisation>.*?<Organisation>)<OrganisationName>[^<]*</OrganisationName>", r"\1"),
        sent="XSD",
        received="XSD",
        version="1.0",
    ),
    case(
        "PL-013 name empty",
        "discharged",
        (
            "<Sender><Organisation><OrganisationName>[^<]*</OrganisationName>",
            "<Sender><Organisation><OrganisationName/>",
        ),
        sent="MH-037 PL-013",
        received="MH-037~ PL-013~",
        version="1.5",
    ),
    case(
        "PL-021 1.5 7300",
        "discharged",
        ('(UtTil V="[^"]*" DN="[^"]*" S=")[^"]*', rf"\g<1>{OID}7300"),
        sent="PL-021",
        received="",
        version="1.5",
    ),
    case(
        "PL-021 1.6 7300",
        "discharged",
        ('(UtTil V="[^"]*" DN="[^"]*" S=")[^"]*', rf"\g<1>{OID}7300"),
        sent="PL-021",
        received="PL-021~",
        version="1.6",
    ),
    case(
        "PL-021 dialog",
        "clinical-dialog",
        ('(RoleToPatient V="3" DN="[^"]*" S=")[^"]*', rf"\g<1>{OID}9060"),
        sent="PL-021",
        received="PL-021~",
    ),
    case(
        "PL-021 epj",
        "discharge-report",
        ('(Overskriftskode V="PROB" DN="[^"]*" S=")[^"]*', rf"\g<1>{OID}9145"),
        sent="PL-020",
        received="PL-020~",
        version="1.5",
    ),
    case("PL-022 early year", "early-notice", ('V="2024-03-05"', 'V="2024"'), sent="PL-022", received="PL-022~"),
    case(
        "PL-022 report 1.5 time",
        "discharge-report",
        ('TidspunktForHendelse V="[^"]*"', 'TidspunktForHendelse V="10:00:00"'),
        sent="PL-022",
        received="PL-022~",
        version="1.5",
    ),
    case(
        "PL-024 1.5 list",
        "withdrawal",
        (f'(Hendelsekode V="4" DN="[^"]*" S="){OID}9121', rf"\g<1>{OID}9131"),
        sent="PL-021",
        received="",
        version="1.5",
    ),
    case(
        "PL-024 text 2.0",
        "withdrawal",
        ('<po:Hendelsekode V="1"[^>]*/>', "<po:BeskrivelseAvHendelse>Inn</po:BeskrivelseAvHendelse>"),
        sent="PL-024 PL-028~ PL-103?",
        received="PL-028?",
        version="2.0",
    ),
    case(
        "PL-025 1.5",
        "admitted",
        ('Hendelsekode V="1" DN="[^"]*"', 'Hendelsekode V="3" DN="Pasient utskrivningsklar"'),
        sent="PL-025 PL-033",
        received="PL-025~ PL-033~",
        version="1.5",
    ),
    case(
        "PL-025 2.0 none",
        "admitted",
        ('<po:Hendelsekode V="1"[^>]*/>', ""),
        sent="PL-023 PL-025",
        received="PL-023~ PL-025~",
        version="2.0",
    ),
    case(
        "PL-026 1.5",
        "admitted",
        ('(TidspunktForHendelse V="[^T"]*)T[^"]*"', r'\1"'),
        sent="PL-026",
        received="PL-026~",
        version="1.5",
    ),
    case(
        "PL-028 none 1.5",
        "withdrawal",
        ('<po:TidsfestetHendelse><po:Hendelsekode V="4".*?</po:TidsfestetHendelse>', ""),
        sent="PL-028",
        received="PL-028~",
        version="1.5",
    ),
    case(
        "PL-028 two 2.0",
        "withdrawal",
        ('(<po:TidsfestetHendelse><po:Hendelsekode V="4".*?</po:TidsfestetHendelse>)', r"\1\1"),
        sent="PL-028",
        received="PL-028~",
        version="2.0",
    ),
    case(
        "PL-032 1 2.0",
        "admitted",
        ("<po:Anslag>false", "<po:Anslag>1"),
        sent="PL-032~",
        received="PL-032~",
        version="2.0",
    ),
    case(
        "PL-032 death 1.5",
        "death",
        ("<po:Anslag>false", "<po:Anslag>true"),
        sent="PL-032~",
        received="PL-032~",
        version="1.5",
    ),
    case(
        "PL-060 none",
        "early-notice",
        ('(Overskriftskode V=)"1" DN="[^"]*"', r'\1"3" DN="Annet"'),
        sent="PL-020 PL-060",
        received="PL-020~ PL-060~",
    ),
    case(
        "PL-060 update",
        "health-information-update",
        ("<epj2:GenereltJournalnotat.*</epj2:GenereltJournalnotat>", ""),
        sent="PL-060 PL-060",
        received="PL-060~ PL-060~",
    ),
    case(
        "PL-068 1.5",
        "services-offered",
        ("<po:Startdato>.*?</po:Startdato>", ""),
        sent="PL-068",
        received="PL-068~",
        version="1.5",
    ),
    case("PL-068 admission report", "admission-report", ("<po:Startdato>.*?</po:Startdato>", ""), sent="", received=""),
    case(
        "PL-069 1.5 neither",
        "services-offered",
        ("<po:IPLOStjenestetype [^>]*/>", ""),
        sent="PL-069",
        received="PL-069~",
        version="1.5",
    ),
    case(
        "PL-070 1.6",
        "admission-report",
        ("<po:InfoTidligereSykdommer>.*?</po:InfoTidligereSykdommer>", "<po:InfoTidligereSykdommer/>"),
        sent="PL-070",
        received="PL-070~",
    ),
    case(
        "PL-070 1.5",
        "admission-report",
        ("<po:InfoTidligereSykdommer>.*?</po:InfoTidligereSykdommer>", "<po:InfoTidligereSykdommer/>"),
        sent="PL-070",
        received="PL-070~",
        version="1.5",
    ),
    case(
        "PL-074 2.0",
        "admitted",
        (
            '<po:Forsendelsesstatus V="N" DN="Ny"/>',
            '<po:Forsendelsesstatus V="N" DN="Ny"/><po:SvarPaaForesporsel>true</po:SvarPaaForesporsel>',
        ),
        sent="",
        received="",
        version="2.0",
    ),
    case(
        "PL-074 false with",
        "admission-report",
        (
            '<po:Forsendelsesstatus V="N" DN="Ny"/>',
            f"{NEW}<po:SvarPaaForesporsel>false</po:SvarPaaForesporsel>{REQUEST}",
        ),
        sent="PL-074",
        received="PL-074~",
    ),
    case(
        "PL-080 no role",
        "readiness-answer",
        ("<dia:RollerRelatertNotat>.*</dia:RollerRelatertNotat>", ""),
        sent="PL-080",
        received="PL-080~",
    ),
    case("PL-080 no tema", "clinical-dialog", ("<dia:Tema>.*</dia:Tema>", ""), sent="PL-080", received="PL-080~"),
    case(
        "PL-080 wrong list",
        "readiness-answer",
        (
            'TemaKodet V="7" DN="[^"]*" S="[^"]*"',
            f'TemaKodet V="1" DN="Tilbakemelding på mottak av utskrivningsklar pasient" S="{OID}9155"',
        ),
        sent="PL-080",
        received="PL-080~",
    ),
    case(
        "PL-082 1.1 no question",
        "answer",
        ("<dia:Foresporsel>.*</dia:Foresporsel>", ""),
        sent="PL-082",
        received="PL-082~",
        version="1.1",
    ),
    case(
        "PL-082 1.1 theme",
        "answer",
        ('TemaKodet V="5" DN="[^"]*"', 'TemaKodet V="3" DN="Har ikke ønskede opplysninger"'),
        sent="PL-082",
        received="PL-082~",
        version="1.1",
    ),
    case(
        "PL-085 empty question",
        "question",
        ("<dia:Foresporsel>.*</dia:Foresporsel>", ""),
        sent="PL-085",
        received="PL-085~",
        version="1.0",
    ),
    case(
        "PL-085 note in question type",
        "note",
        ('<Type V="DIALOG_NOTAT" DN="[^"]*"/>', '<Type V="DIALOG_FORESPORSEL" DN="Forespørsel"/>'),
        sent="PL-083",
        received="PL-083~",
        version="1.0",
    ),
    case(
        "PL-086 1.1", "clinical-dialog", (r"<dia:RoleToPatient V=\"3\"[^>]*/>", ""), sent="PL-086", received="PL-086~"
    ),
    case(
        "PL-086 question 1.0",
        "question",
        ("<dia:RoleToPatient [^>]*/>", ""),
        sent="PL-086",
        received="PL-086~",
        version="1.0",
    ),
    case(
        "AR-004 1.0 with v",
        "apprec",
        ("<MIGversion>[^<]*", "<MIGversion>v1.0 2004-11-21"),
        sent="AR-004",
        received="",
        version="1.0",
    ),
    case(
        "AR-007 1.0",
        "apprec",
        ('<Status V="1" DN="OK"/>', f'<Status V="1" DN="OK"/><Error V="T02" S="{OID}8221" DN="XML validerer ikke"/>'),
        sent="AR-007",
        received="AR-007~",
        version="1.0",
    ),
    case(
        "AR-010 X99 1.0",
        "apprec",
        ('<Status V="1" DN="OK"/>', f'<Status V="2" DN="Avvist"/><Error V="X99" S="{OID}8221" DN="Annen feil"/>'),
        sent="AR-010",
        received="",
        version="1.0",
    ),
    case(
        "AR-010 T99",
        "apprec",
        (
            '<Status V="1" DN="OK"/>',
            f'<Status V="2" DN="Avvist"/><Error V="T99" S="{OID}8221" DN="Annen feil på format"/>',
        ),
        sent="AR-010",
        received="",
        version="1.1",
    ),
    case(
        "AR-109 OT alone",
        "apprec",
        ('<Status V="1" DN="OK"/>', '<Status V="2" DN="Avvist"/><Error OT="Noe"/>'),
        sent="AR-109",
        received="",
        version="1.1",
    ),
    case(
        "AR-009 list",
        "apprec",
        (
            '<Status V="1" DN="OK"/>',
            f'<Status V="2" DN="Avvist"/><Error V="T02" S="{OID}8222" DN="XML validerer ikke"/>',
        ),
        sent="AR-009",
        received="",
        version="1.0",
    ),
    case(
        "AR-013 1.0 roles",
        "apprec",
        ('<Role V="SPR" DN="[^"]*"/>', '<Role V="PRIM" DN="Primærmottaker"/>'),
        sent="AR-013",
        received="AR-013~",
        version="1.0",
    ),
    case("ID-009 sender 1.5", "admitted", ("314159268", "314159269"), sent="ID-009", received="ID-009~", version="1.5"),
    case(
        "ID-013 dialog no type",
        "question",
        ('(<fk1:Id>9999002</fk1:Id><fk1:TypeId) V="HPR"', r"\1"),
        sent="ID-013",
        received="ID-013~",
        version="1.0",
    ),
    case(
        "MH-020 other empty",
        "admitted",
        other_receiver("<Organisation/>"),
        sent="AD-009",
        received="AD-009",
        version="1.5",
    ),
    case(
        "MH-020 receiver",
        "note",
        ("<Receiver>.*</Receiver>", "<Receiver><Organisation/></Receiver>"),
        sent="AD-009",
        received="AD-009",
        version="1.0",
    ),
    case(
        "MH-025 dialog no name",
        "question",
        (
            "<FamilyName>[^<]*</FamilyName>(<MiddleName>[^<]*</MiddleName>)?<GivenName>[^<]*</GivenName><DateOf",
            "<DateOf",
        ),
        sent="MH-025",
        received="MH-025",
        version="1.1",
    ),
    case("MH-030 1.5", "admitted", ("1941-03-12", "1941-03-13"), sent="MH-030~", received="MH-030~", version="1.5"),
    case(
        "MH-036 sender no S b",
        "question",
        ('(<Sender>.*?<TypeId V="HER" DN="HER-id") S="[^"]*"', r"\1"),
        sent="MH-036",
        received="MH-036~",
        version="1.0",
    ),
    case(
        "MH-036 no DN",
        "admitted",
        ('(<Sender>.*?<TypeId V="HER") DN="HER-id"', r"\1"),
        sent="MH-036",
        received="MH-036~",
        version="2.0",
    ),
    case(
        "MH-036 Sex no DN",
        "admitted",
        ('<Sex V="2" DN="Kvinne"/>', '<Sex V="2"/>'),
        sent="PL-019",
        received="PL-019~",
        version="1.5",
    ),
    case(
        "MH-040 content no prefix",
        "admitted",
        ('"tel:55500123"', '"55500123"'),
        sent="MH-040~",
        received="",
        version="1.5",
    ),
    case(
        "MH-040 dialog blank",
        "question",
        ('"tel:55500456"', '"tel:555 00 456"'),
        sent="MH-040~",
        received="",
        version="1.0",
    ),
    case(
        "PL-007 MsgType A 2.0",
        "admitted",
        ('MsgType V="XML" DN="XML-instans"', 'MsgType V="A" DN="Vedlegg"'),
        sent="MH-031",
        received="MH-031",
        version="2.0",
    ),
    case(
        "PL-016 no S",
        "admitted",
        ('(<fk1:TypeId V="HPR" DN="HPR-nummer") S="[^"]*"', r"\1"),
        sent="PL-018",
        received="PL-018~",
        version="1.5",
    ),
    case(
        "PL-016 no V",
        "discharge-report",
        ('<fk1:TypeId V="HPR"', "<fk1:TypeId"),
        sent="ID-013",
        received="ID-013~",
        version="1.5",
    ),
    case(
        "PL-019 2.0",
        "admitted",
        ('<po:Forsendelsesstatus V="N" DN="Ny"/>', '<po:Forsendelsesstatus V="N"/>'),
        sent="PL-019",
        received="PL-019~",
        version="2.0",
    ),
    case(
        "PL-019 dialog",
        "question",
        ('(TypeHealthcareProfessional V="SP") DN="[^"]*"', r"\1"),
        sent="PL-019",
        received="PL-019~",
        version="1.1",
    ),
    case(
        "PL-040 log 2.0",
        "admitted",
        ('<po:Forsendelsesstatus V="N" DN="Ny"/>', '<po:Forsendelsesstatus V="M" DN="Endring"/>'),
        REFERRED,
        sent="PL-040",
        received="PL-040~",
        version="2.0",
    ),
    case(
        "PL-041 1.5 C",
        "admission-report",
        ('<po:Forsendelsesstatus V="N" DN="Ny"/>', '<po:Forsendelsesstatus V="C" DN="Kansellering"/>'),
        sent="",
        received="",
        version="1.5",
    ),
    case(
        "PL-084 no text",
        "deviation",
        ("<dia:TekstNotatInnhold>.*</dia:TekstNotatInnhold>", ""),
        sent="LK-014",
        received="LK-014~",
    ),
    case(
        "PL-084 theme",
        "deviation",
        (
            'TemaKodet V="1" DN="[^"]*" S="[^"]*"',
            f'TemaKodet V="1" DN="Tilbakemelding på mottak av utskrivningsklar pasient" S="{OID}9155"',
        ),
        sent="LK-014",
        received="LK-014~",
    ),
    case(
        "PL-084 tema",
        "deviation",
        ("(<dia:TemaKodet [^>]*/>)", r"\1<dia:Tema>Ny</dia:Tema>"),
        sent="LK-014~",
        received="LK-014~",
    ),
    case(
        "PL-103 remark 2.0",
        "admitted",
        ("(</po:Anslag>)", r"\1<po:Merknad>Falt</po:Merknad>"),
        sent="PL-103?",
        received="",
        version="2.0",
    ),
    case(
        "PL-103 destination",
        "discharged",
        ("(<po:UtTil [^>]*/>)", r"\1<po:Merknad>Falt</po:Merknad>"),
        sent="PL-103?",
        received="",
    ),
    case(
        "PL-076 1.5",
        "admission-report",
        ("<fk1:TypeHealthcareProfessional [^>]*/>", ""),
        sent="PL-076",
        received="PL-076~",
        version="1.5",
    ),
    case(
        "PL-076 2.0",
        "admitted",
        ("<fk1:TypeHealthcareProfessional [^>]*/>", ""),
        sent="PL-076",
        received="PL-076~",
        version="2.0",
    ),
    case(
        "PL-077 2.0",
        "admitted",
        ("<fk1:TeleCom>.*?</fk1:TeleCom>", ""),
        ("<fk1:TeleCom>.*?</fk1:TeleCom>", ""),
        sent="PL-077",
        received="PL-077~",
        version="2.0",
    ),
    case(
        "PL-078 1.5",
        "admission-report",
        ("(<po:KontaktpersonHelsepersonell>.*?)<fk1:FamilyName>[^<]*</fk1:FamilyName>", r"\1"),
        sent="PL-078",
        received="PL-078~",
        version="1.5",
    ),
    case(
        "PL-067 1.5",
        "discharge-report",
        ('TypeInnhold V="11" DN="[^"]*" S="[^"]*"', f'TypeInnhold V="1" DN="Varsel om innlagt pasient" S="{OID}9140"'),
        sent="PL-067",
        received="PL-067~",
        version="1.5",
    ),
    case(
        "PL-072 1.5",
        "discharge-report",
        ("<po:TidspunktTime>.*?</po:TidspunktTime>", ""),
        sent="PL-072",
        received="PL-072~",
        version="1.5",
    ),
    case(
        "PL-073 adult",
        "early-notice",
        ("<po:FodselsarMindrearigParorende>2012", "<po:FodselsarMindrearigParorende>1990"),
        sent="PL-073",
        received="PL-073~",
    ),
    case(
        "PL-031 1.5",
        "discharge-ready",
        ("<fk1:RoleToPatient [^>]*/>", ""),
        sent="PL-031",
        received="PL-031~",
        version="1.5",
    ),
    case(
        "PL-031 withdrawal 2.0",
        "withdrawal",
        ("<po:AnsvarForRapport>.*</po:AnsvarForRapport>", ""),
        sent="PL-031",
        received="PL-031~",
        version="2.0",
    ),
    case(
        "PL-034 2.0",
        "withdrawal",
        ("2024-03-05T09:30:00", "2024-02-05T09:30:00"),
        sent="PL-034",
        received="PL-034~",
        version="2.0",
    ),
    case(
        "PL-035 2.0",
        "withdrawal",
        ("2024-03-06T16:10:00", "2024-02-06T16:10:00"),
        sent="PL-035",
        received="PL-035~ PL-036?",
        version="2.0",
    ),
    case(
        "PL-037 1.5",
        "death",
        ('Hendelse V="2024-03-20', 'Hendelse V="2024-03-29'),
        sent="PL-037~",
        received="PL-037~",
        version="1.5",
    ),
    case(
        "PL-038 1.0",
        "note",
        ('IssueDate V="2024-03-25T10', 'IssueDate V="2024-03-25T12'),
        sent="PL-038~",
        received="PL-038?",
        version="1.0",
    ),
    case(
        "PL-054 1.5",
        "discharged",
        ('V="1" DN="Som levende"', 'V="2" DN="Som død"'),
        ('UtTil V="[^"]*" DN="[^"]*"', 'UtTil V="1" DN="Hjem"'),
        sent="PL-020? PL-054~",
        received="PL-020?",
        version="1.5",
    ),
    case(
        "PL-010 dialog no ident",
        "note",
        ("<Ident><Id>12834130279</Id>.*?</Ident>", ""),
        sent="",
        received="",
        version="1.0",
    ),
    case(
        "PL-006 DN",
        "admitted",
        ('DN="Melding om innlagt pasient"', 'DN="Innlagt"'),
        sent="PL-006~",
        received="",
        version="2.0",
    ),
    case(
        "PL-017 CV empty",
        "admission-report",
        ("<po:SivilStatus [^>]*/>", "<po:SivilStatus/>"),
        sent="PL-019",
        received="PL-019~",
        version="1.5",
    ),
    case(
        "PL-018 OT alone",
        "discharged",
        ('UtTil V="[^"]*" DN="[^"]*" S="[^"]*"', 'UtTil OT="Til datteren"'),
        sent="PL-029",
        received="PL-029~",
        version="1.5",
    ),
    case(
        "PL-029 no UtTil V 2.0",
        "discharged",
        ("<po:UtTil [^>]*/>", ""),
        sent="PL-029",
        received="PL-029~",
        version="2.0",
    ),
    case(
        "MH-035 dialog consent",
        "note",
        ("<Document>", f'<Document><Consent V="1" DN="Ja" S="{OID}3109"/>'),
        sent="",
        received="",
        version="1.0",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_fault_is_told_wherever_it_stands(
    row: Row, built: Callable[..., bytes], schemas: SchemaSet, codes: CodeLists
) -> None:
    """The rule that it breaks speaks, and no other than stand in the row; every finding has a line."""
    text = built(row.kind, json.loads(example(row.kind, row.version)) if row.version else {}).decode()
    for old, new in row.edits:
        changed = re.sub(old, new, text, count=1, flags=re.DOTALL)
        assert changed != text, old
        text = changed
    for side, told in zip((Side.SEND, Side.RECEIVE), row.told, strict=True):
        findings = read(text.encode(), schemas, Context(side, codes)).findings
        assert " ".join(finding.rule + _MARK[finding.severity] for finding in findings) == told
        assert all(finding.line for finding in findings)
