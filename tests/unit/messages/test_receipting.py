"""Whether every row of the decision procedure of receipts leads to the receipt it says: `apprec.md` §5, §3.2, §6.1.

The table below has a row for each row of the reference. It changes a good message into one that is in the row's
situation; what is decided about that, and the receipts that are made of the decision, are compared with what it says.
Rows of another part: that the import is durable before a receipt is `service/payloads`, that a receipt is sent again
only as the same envelope `delivery/sender`, the 96 hours `delivery/receipts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from adapter.messages.answering import Software, answer
from adapter.messages.apprec import AppRec, Original, write_apprec
from adapter.messages.choices import RECOMMENDED, Choices, ForeignAddress, MissingHer, UnknownService
from adapter.messages.codes import CodeLists
from adapter.messages.datatypes import cs
from adapter.messages.read import read
from adapter.messages.receipting import Case, Own, Silence, decide, unread_code, version_of
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.values import HerId, Moment, MsgId

US = Own(frozenset({HerId("8140020")}), frozenset({HerId("8140022"), HerId("8140021")}))
WARD = Own(frozenset({HerId("8140010")}), frozenset({HerId("8140011")}))
OTHERS = Own(frozenset({HerId("1")}), frozenset({HerId("8140022")}))
NOW = Moment.at(datetime(2024, 3, 25, 10, tzinfo=UTC))
FROM_ENVELOPE = Original(
    cs("LOG_UTSKRIVNINGSKLAR", "Melding om utskrivningsklar pasient"), "2024-03-25T09:00:30Z", MsgId("of-the-envelope")
)
Edit = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands, how a good message gets into its situation, and what follows.

    `then` is why there is silence, or what each receipt says: role, party, status and codes. `said` is a part of OT.
    """

    where: str
    then: Silence | tuple[str, ...]
    edits: tuple[Edit, ...] = ()
    kind: str = "discharge-ready"
    own: Own = US
    duplicate: bool = False
    production: bool = False
    imported: bool = False
    choices: Choices = RECOMMENDED
    passed: frozenset[Silence] = frozenset()
    version: str = "1.1"
    said: str = ""


def silent(where: str, why: Silence, *edits: Edit, **more: object) -> Row:
    return replace(Row(where, why, edits), **more)  # type: ignore[arg-type]


def taken(where: str, *edits: Edit, says: tuple[str, ...] = ("PRIM 8140022 1",), **more: object) -> Row:
    return replace(Row(where, says, edits, imported=True), **more)  # type: ignore[arg-type]


def refused(where: str, codes: str, *edits: Edit, **more: object) -> Row:
    return replace(Row(where, (f"PRIM 8140022 2 {codes}",), edits), **more)  # type: ignore[arg-type]


def other_receiver(her: str, party: str, role: str = "COP", name: str = "Kommune") -> Edit:
    """One more receiver in the message."""
    type_ = '<TypeId V="HER" DN="HER-id" S="2.16.578.1.12.4.1.1.9051"/>'
    unit = f"<Organisation><OrganisationName>Tjeneste</OrganisationName><Ident><Id>{party}</Id>{type_}</Ident>"
    whole = f"<Organisation><OrganisationName>{name}</OrganisationName><Ident><Id>{her}</Id>{type_}</Ident>{unit}"
    role = f'<RoleReceiver V="{role}" DN="Rolle"/>'
    return "<Patient>", f"<OtherReceiver>{role}{whole}</Organisation></Organisation></OtherReceiver><Patient>"


COPY, ELSEWHERE = other_receiver("8140020", "8140021"), other_receiver("4", "5")
FOREIGN = ("<Id>8140020</Id>", "<Id>4</Id>")
NO_ORGANISATION, NO_PARTY = ("<Id>8140020</Id>", "<Id>x</Id>"), ("<Id>8140022</Id>", "<Id>y</Id>")
UNKNOWN_SERVICE = ("<Id>8140022</Id>", "<Id>8149999</Id>")
BAD_ID = ("<MsgId>[^<]*</MsgId>", "<MsgId>no-guid</MsgId>")
NO_BIRTH, NO_NAME = ("<DateOfBirth>.*?</DateOfBirth>", ""), ("<FamilyName>Lyngrose</FamilyName>", "")
NO_GIVEN = ("<GivenName>Signe</GivenName>", "")
NO_SEX, NO_NUMBER = ('<Sex V="2"[^>]*/>', ""), ('<Ident><Id>12834130279</Id><TypeId V="FNR"[^>]*/></Ident>', "")
NOT_VALID = ("<po:Anslag>false", "<po:Anslag>FALSE")
TYPE = '<Type V="LOG_UTSKRIVNINGSKLAR"[^>]*/>'
OTHER_CONTENT = ("<Content>.*</Content>", '<Content><x xmlns="urn:of-others"/></Content>')
UNREADABLE_FILE = (
    "</MsgHead>",
    (
        '<Document><RefDoc><IssueDate V="2024-03-04"/><MsgType V="A" DN="Vedlegg"/><MimeType>application/pdf</MimeType>'
        '<Description>Liste</Description><Content><Base64Container xmlns="http://www.kith.no/xmlstds/base64container">'
        "===</Base64Container></Content></RefDoc></Document></MsgHead>"
    ),
)
IN_BASE64 = (
    '<Content><Base64Container xmlns="http://www.kith.no/xmlstds/base64container">PGEvPg==</Base64Container></Content>'
)
REFERENCES = "<RefToParent>x</RefToParent><RefToConversation>x</RefToConversation>"
CLINICAL_FILE = (UNREADABLE_FILE[0], UNREADABLE_FILE[1].replace("===", "JVBERi0xLjcK").replace("/pdf", "/zip"))


STRICT = Choices(unknown_service=UnknownService.REFUSE)
OTHER_SERVICE = Own(US.organisations, frozenset({HerId("8140021")}))
NAME = "<FamilyName>Sølvtind</FamilyName><GivenName>Ada</GivenName>"
SIGNED_BY_A_PERSON = (
    "</Organisation></Organisation></Sender>",
    (
        f'<HealthcareProfessional>{NAME}<Ident><Id>9999001</Id><TypeId V="HPR" DN="HPR-nummer" '
        'S="2.16.578.1.12.4.1.1.8116"/></Ident></HealthcareProfessional></Organisation></Organisation></Sender>'
    ),
)
A_PERSON = (
    "<Organisation><OrganisationName>Saksbehandling</OrganisationName>(.*?)</Organisation>",
    rf"<HealthcareProfessional>{NAME}\1</HealthcareProfessional>",
)


def carried(type_: str) -> tuple[Edit, ...]:
    """A message of a standard that is only carried here."""
    return (TYPE, f'<Type V="{type_}" DN="Annet"/>'), OTHER_CONTENT


def logistics(type_: str) -> tuple[Edit, ...]:
    """The content as it is, under another type."""
    return ((TYPE, f'<Type V="{type_}" DN="Annet"/>'),)


def number(type_: str, digits: str) -> Edit:
    return '<Id>12834130279</Id><TypeId V="FNR" DN="Fødselsnummer"', f'<Id>{digits}</Id><TypeId V="{type_}" DN="Nummer"'


ROWS = (
    # 5.1 the procedure, step by step
    silent("5.1-2 it is an AppRec", Silence.IS_A_RECEIPT, kind="apprec"),
    silent(
        "5.1-2 an AppRec of a version that nobody knows",
        Silence.IS_A_RECEIPT,
        ("apprec/2012-02-15", "x"),
        kind="apprec",
    ),
    silent("5.1-3 no HER-id of the sender", Silence.SENDER_UNREADABLE, ("<Id>814001[01]</Id>", "<Id>x</Id>")),
    silent(
        "5.1-3 an empty sender",
        Silence.SENDER_UNREADABLE,
        ("<Sender>.*</Sender>", "<Sender><Organisation/></Sender>"),
    ),
    taken("5.1-3 one level of the sender is enough to answer", ("<Id>8140010</Id>", "<Id>x</Id>")),
    silent("5.1-3 not well-formed: by the envelope", Silence.UNREADABLE, ("</MsgHead>", "")),
    silent("5.1-4 no receiver is ours", Silence.NOT_FOR_US, own=OTHERS),
    taken("5.1-4 one other receiver is ours", FOREIGN, UNKNOWN_SERVICE, COPY, says=("COP 8140021 1",)),
    taken(
        "5.1-4 whatever its role",
        other_receiver("8140020", "8140021", "FR"),
        ELSEWHERE,
        says=("PRIM 8140022 1", "COP 8140021 1"),
    ),
    silent("5.1-5 taken in before", Silence.DUPLICATE, duplicate=True),
    silent("5.1-5 refused before", Silence.DUPLICATE, NOT_VALID, duplicate=True),
    refused("5.1-6 refused: not imported", "T02", NOT_VALID),
    silent("5.1-7 a person decides first", Silence.HELD, production=True),
    taken("5.1-7 a person has let it pass", production=True, passed=frozenset({Silence.HELD})),
    refused("5.1-7 what is refused is not held", "T02", NOT_VALID, production=True),
    taken("5.1-8 imported, and receipted"),
    # 5.2 the checks
    taken("5.2 one for each own receiver", COPY, says=("PRIM 8140022 1", "COP 8140021 1")),
    taken("5.2 named twice it is one receiver", other_receiver("8140020", "8140022", name="Kommunen vår")),
    refused("5.2 MsgId is no GUID", "E10", BAD_ID),
    refused("5.2 no patient", "E36", ("<Patient>.*</Patient>", "")),
    refused("5.2 a patient without name", "E36", NO_NAME, NO_GIVEN),
    refused("5.2 a name alone", "E36", NO_BIRTH, NO_SEX, NO_NUMBER),
    refused("5.2 name and birth date without sex", "E36", NO_SEX, NO_NUMBER),
    refused("5.2 name and sex without birth date", "E36", NO_BIRTH, NO_NUMBER),
    refused("5.2 name and H-number", "E36", NO_BIRTH, number("HNR", "15476500548")),
    taken("5.2 name and fødselsnummer", NO_BIRTH, NO_SEX),
    taken("5.2 name, birth date and sex", NO_NUMBER),
    taken("5.2 name and D-number", NO_BIRTH, NO_SEX, number("DNR", "70019950032")),
    taken("5.2 name and FH-number", NO_BIRTH, NO_SEX, number("FHN", "80000000179")),
    taken("5.2 an emergency referral", *carried("HENVISNING"), NO_NAME, NO_GIVEN),
    refused("5.2 another type that is only carried", "E36", *carried("HODE_FOLGEBREV"), NO_NAME, NO_GIVEN),
    refused("5.2 a file that cannot be decoded: the schema sees it", "T02", UNREADABLE_FILE),
    refused(
        "5.2 a file of a format that the profile does not have",
        "X99",
        CLINICAL_FILE,
        kind="clinical-dialog",
        said="format",
    ),
    taken("5.2 a service that is not known here: the default", UNKNOWN_SERVICE, says=("PRIM 8149999 1",)),
    refused(
        "5.2 a service that is not known here: refused by choice",
        "E21",
        own=Own(US.organisations, frozenset({HerId("8140021")})),
        choices=Choices(unknown_service=UnknownService.REFUSE),
    ),
    refused("5.2 the schema", "T02", NOT_VALID),
    refused("5.2 a type that is on no list", "T10", (TYPE, '<Type V="LOG_ANNET" DN="Annet"/>')),
    refused("5.2 no code of a type", "T10", (TYPE, '<Type DN="Annet"/>')),
    refused("5.2 PatientReport in place of a document", "T02 T10", ("</MsgInfo>", "</MsgInfo><PatientReport/>")),
    refused("5.2 a type that is not of the content", "X99", *logistics("INNLEGGELSESRAPPORT"), said="meldingstypen"),
    refused("5.2 a type of another use of the content", "X99", *logistics("LOG_DOD"), said="meldingstypen"),
    refused("5.2 no content", "X99", ("<Content>.*</Content>", "<Content/>"), said="mangler innhold"),
    refused("5.2 the content in base64", "X99", ("<Content>.*</Content>", IN_BASE64), said="base64"),
    silent("5.2 another root: by the envelope", Silence.NOT_SUPPORTED, ("MsgHead", "Message")),
    refused("5.2 one error for each fault", "T02 E10", NOT_VALID, BAD_ID),
    # 4.3 what never refuses
    taken("4.3 an unknown code", ('TypeHealthcareProfessional V="LE"', 'TypeHealthcareProfessional V="QQ"')),
    taken("4.3 a semantic fault", ("<po:Anslag>false", "<po:Anslag>true")),
    taken("4.3 wrong control digits", ("<Id>12834130279", "<Id>12834130278")),
    taken("4.3 a status that the message does not have", ('Forsendelsesstatus V="N"', 'Forsendelsesstatus V="M"')),
    taken("4.3 another name", ("Prøvefjord kommune", "Fjordprøve kommune")),
    taken(
        "4.3 a reference to nothing known",
        (
            "<Sender>",
            f"<ConversationRef>{REFERENCES}</ConversationRef><Sender>",
        ),
    ),
    taken("4.3 late", ("2024-03-25T10:00:00", "2024-03-01T10:00:00")),
    taken("4.3 a clock ahead", ("2024-03-25T10:00:00", "2024-03-25T23:00:00")),
    # 5.5 several receivers
    taken("5.5 a copy elsewhere is not ours to answer", ELSEWHERE),
    Row(
        "5.5 one of two receivers is not known here",
        ("PRIM 8149999 2 E21", "COP 8140021 1"),
        (UNKNOWN_SERVICE, COPY),
        imported=True,
        choices=Choices(unknown_service=UnknownService.REFUSE),
    ),
    Row("5.5 refused for both", ("PRIM 8140022 2 T02", "COP 8140021 2 T02"), (COPY, NOT_VALID)),
    # 5.7 the contradictions
    Row(
        "5.7-1 a message to others, answered by choice",
        ("PRIM 8140022 2 E21",),
        own=OTHERS,
        choices=Choices(foreign_address=ForeignAddress.REFUSE),
    ),
    silent(
        "5.7-1 and only once",
        Silence.DUPLICATE,
        own=OTHERS,
        duplicate=True,
        choices=Choices(foreign_address=ForeignAddress.REFUSE),
    ),
    refused("5.7-2 no HER-id of the organisation", "E21", NO_ORGANISATION),
    Row("5.7-2 no HER-id of the service", ("PRIM 8140020 2 E21",), (NO_PARTY,)),
    silent("5.7-2 neither", Silence.NOT_FOR_US, NO_ORGANISATION, NO_PARTY),
    taken("5.7-2 taken by choice", NO_ORGANISATION, choices=Choices(missing_her=MissingHer.ACCEPT)),
    # 3.2 the version
    taken(
        "3.2 nursing and care 1.5",
        ("po/Pasientlogistikk/2012-04-01", "po/Pasientlogistikk/2009-06-30"),
        ("poKomponent/2012-04-01", "poKomponent/2009-06-30"),
        ("<po:TilknyttetEnhet>.*</po:TilknyttetEnhet>", ""),
        version="1.0",
        kind="admitted",
        says=("SPR 8140021 1",),
    ),
    taken("3.2 dialog 1.0", own=WARD, kind="readiness-answer-note", version="1.0", says=("SPR 8140011 1",)),
    taken("3.2 dialog 1.1", own=WARD, kind="readiness-answer", says=("PRIM 8140011 1",)),
    taken("3.2 referral 2.0", *carried("HENVISNING")),
    taken("3.2 a message to NAV", *carried("SYKMELD"), version="1.0", says=("SPR 8140022 1",)),
    taken("3.2 a prescription", *carried("ERM1"), version="1.0", says=("SPR 8140022 1",)),
    *(
        taken(f"3.2 from Helfo: {type_}", *carried(type_), version="1.0", says=("SPR 8140022 1",))
        for type_ in ("LOM", "EgenandelSvar", "EGENANDEL", "PasientlisteFastlege")
    ),
    taken("3.2 a message of nobody named there", *carried("HODE_FOLGEBREV")),
    # 11 the official test cases that no row above is
    taken("11 TC 6 a person at the service is not mapped", SIGNED_BY_A_PERSON),
    refused("11 TC 19 a person who is not known here", "E21", A_PERSON, choices=STRICT, own=OTHER_SERVICE),
    refused("11 TC 26 several faults, several errors", "E10 E36", BAD_ID, ("<Patient>.*</Patient>", "")),
    Row("11 TC 35 the primary receiver unknown", ("PRIM 8149999 2 E21",), (UNKNOWN_SERVICE,), choices=STRICT),
    Row(
        "11 TC 38 the same under version 1.0",
        ("SPR 8149999 2 E21",),
        (("<Id>8140011</Id>", "<Id>8149999</Id>"),),
        kind="readiness-answer-note",
        own=WARD,
        choices=STRICT,
        version="1.0",
    ),
    Row(
        "11 TC 39 the copy receiver unknown",
        ("PRIM 8140022 1", "COP 8149999 2 E21"),
        (other_receiver("8140020", "8149999"),),
        imported=True,
        choices=STRICT,
    ),
    Row(
        "11 TC 40 both unknown",
        ("PRIM 8149999 2 E21", "COP 8149998 2 E21"),
        (UNKNOWN_SERVICE, other_receiver("8140020", "8149998")),
        choices=STRICT,
    ),
    silent(
        "11 TC 40 for the first copy only",
        Silence.DUPLICATE,
        UNKNOWN_SERVICE,
        other_receiver("8140020", "8149998"),
        choices=STRICT,
        duplicate=True,
    ),
    # 6.1 what the message does not say
    refused("6.1 no Type", "T10", (TYPE, "<Type/>"), said="Type kan ikke leses"),
    refused("6.1 no GenDate", "T02", ("<GenDate>[^<]*</GenDate>", "<GenDate/>"), said="GenDate kan ikke leses"),
    refused("6.1 no MsgId", "E10", ("<MsgId>[^<]*</MsgId>", "<MsgId/>"), said="MsgId kan ikke leses"),
)


def _id(row: Row) -> str:
    return row.where


@pytest.fixture
def case_of(built: Callable[..., bytes], schemas: SchemaSet, codes: CodeLists) -> Callable[[Row], Case]:
    def make(row: Row) -> Case:
        text = built(row.kind).decode()
        for old, new in row.edits:
            assert re.search(old, text), old
            text = re.sub(old, new, text)
        reading = read(text.encode(), schemas, Context(Side.RECEIVE, codes, NOW.instant, row.production))
        return Case(reading, row.own, codes, row.duplicate, row.choices, row.passed)

    return make


def _receipts(case: Case) -> list[AppRec]:
    assert case.reading.head is not None
    return [
        answer(
            case.reading.head,
            FROM_ENVELOPE,
            due.receiver,
            due.role,
            due.errors,
            version=version_of(case.reading),
            now=NOW,
            receipt_id=MsgId("1f0f6a54-5b0e-4c53-9f2c-6a1d0b6f5c11"),
            software=Software("adapter", "1"),
        )
        for due in decide(case).receipts
    ]


def _told(receipt: AppRec) -> str:
    assert receipt.sender.role is not None
    assert receipt.status is not None
    codes = [error.v for error in receipt.errors]
    return " ".join(map(str, (receipt.sender.role.v, receipt.sender.party_her, receipt.status.v, *codes)))


@pytest.mark.parametrize("row", ROWS, ids=_id)
def test_row_of_the_procedure(row: Row, case_of: Callable[[Row], Case], schemas: SchemaSet, codes: CodeLists) -> None:
    """What the row says is decided, and every receipt is one that our own rules let us send."""
    case = case_of(row)
    decision = decide(case)
    assert (decision.imported, decision.silence) == (row.imported, row.then if isinstance(row.then, Silence) else None)
    receipts = _receipts(case) if decision.receipts else []
    assert tuple(_told(receipt) for receipt in receipts) == (() if isinstance(row.then, Silence) else row.then)
    for receipt in receipts:
        assert receipt.version.value == row.version
        assert row.said in " ".join(error.ot or "" for error in receipt.errors)
        judged = read(write_apprec(receipt), schemas, Context(Side.SEND, codes))
        assert [finding.rule for finding in judged.findings] == []


def test_a_person_below_the_service_is_not_mapped(case_of: Callable[[Row], Case]) -> None:
    """The professional who signs for a service has no place in the receipt (TC 6, HITS 1168 §11.2)."""
    [row] = [row for row in ROWS if "TC 6" in row.where]
    [receipt] = _receipts(case_of(row))
    assert b"Ada" not in write_apprec(receipt)


def test_what_the_message_does_not_say_is_taken_from_the_envelope(case_of: Callable[[Row], Case]) -> None:
    """Type from eb:Action, GenDate from eb:Timestamp, MsgId from eb:MessageId; what it says stands verbatim (§6.1)."""
    for row in ROWS:
        if row.where.startswith("6.1"):
            [receipt] = _receipts(case_of(row))
            lacking = row.where.removeprefix("6.1 no ")
            original, envelope = receipt.original, FROM_ENVELOPE
            assert (original.type == envelope.type) or lacking != "Type"
            assert (original.issued == envelope.issued) == (lacking == "GenDate")
            assert (original.id == envelope.id) == (lacking == "MsgId")


@pytest.mark.parametrize(
    ("edits", "code"),
    [((("</MsgHead>", ""),), "T01"), ((("<MsgHead", "<!DOCTYPE x><MsgHead"),), "T01"), ((("MsgHead", "X"),), "T10")],
    ids=["not well-formed", "DOCTYPE", "another root"],
)
def test_code_by_the_envelope(case_of: Callable[[Row], Case], edits: tuple[Edit, ...], code: str) -> None:
    """A document without a head that we read has the code of its fault (§5.1 step 3, §5.2)."""
    assert unread_code(case_of(Row("", (), edits)).reading) == code
