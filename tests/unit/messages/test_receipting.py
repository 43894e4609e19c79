"""Whether a received message gets the receipts that HITS 1168 and HIS 80415 ask for, and no others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapter.messages.answering import ReceiverRole
from adapter.messages.apprec import AppRecVersion
from adapter.messages.choices import Choices, ForeignAddress, MissingHer, UnknownService
from adapter.messages.codes import CodeLists
from adapter.messages.read import read
from adapter.messages.reading import Reading
from adapter.messages.receipting import (
    Case,
    Decision,
    Own,
    Silence,
    decide,
    version_of,
)
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.values import HerId

MUNICIPALITY, CASE_WORK, NURSING = HerId("8140020"), HerId("8140022"), HerId("8140021")
US = Own(frozenset({MUNICIPALITY}), frozenset({CASE_WORK, NURSING}))
Edit = tuple[bytes, bytes]


@pytest.fixture
def received(built: Callable[..., bytes], schemas: SchemaSet, codes: CodeLists) -> Callable[..., Reading]:
    """A readiness message as received, with bytes replaced."""

    def make(*edits: Edit, production: bool = False, changes: dict[str, object] | None = None) -> Reading:
        content = built("discharge-ready", changes)
        for old, new in edits:
            assert old in content
            content = content.replace(old, new)
        return read(content, schemas, Context(Side.RECEIVE, codes, production=production))

    return make


def _codes_of(decision: Decision) -> list[str | None]:
    return [error.v for due in decision.receipts for error in due.errors]


def test_good_message_is_imported_and_accepted(received: Callable[..., Reading], codes: CodeLists) -> None:
    """A good message to one of us gets one positive receipt as primary receiver."""
    decision = decide(Case(received(), US, codes))
    assert decision.imported
    assert decision.silence is None
    assert [(due.receiver.party_her, due.role, due.errors) for due in decision.receipts] == [
        (CASE_WORK, ReceiverRole.PRIMARY, ())
    ]


NUMBER = b"<Ident><Id>12834130279</Id>"
REFUSED: list[tuple[str, tuple[Edit, ...], list[str]]] = [
    ("MsgId is no GUID", ((b"6a1d0b6f-5b0e", b"6a1d0b6f5b0e"),), ["E10"]),
    (
        "no patient name",
        ((b"<FamilyName>Lyngrose</FamilyName><GivenName>Signe</GivenName><DateOf", b"<DateOf"),),
        ["E36"],
    ),
    ("schema", ((b"<po:Anslag>false", b"<po:Anslag>FALSE"),), ["T02"]),
    (
        "several faults",
        ((b"6a1d0b6f-5b0e", b"6a1d0b6f5b0e"), (b"<po:Anslag>false", b"<po:Anslag>FALSE")),
        ["T02", "E10"],
    ),
    ("other type", ((b'V="LOG_UTSKRIVNINGSKLAR"', b'V="INNLEGGELSESRAPPORT"'),), ["X99"]),
    ("other use", ((b'V="LOG_UTSKRIVNINGSKLAR"', b'V="LOG_DOD"'),), ["X99"]),
    ("no type", ((b'V="LOG_UTSKRIVNINGSKLAR"', b""),), ["T10"]),
    ("no content", ((b"<Content>", b"<Content/><!--"), (b"</Content>", b"-->")), ["X99"]),
]


@pytest.mark.parametrize(("edits", "errors"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_fault_of_form_is_refused_with_its_code(
    received: Callable[..., Reading], codes: CodeLists, edits: tuple[Edit, ...], errors: list[str]
) -> None:
    """A fault that the standard lets us refuse gets its code, each once, and the message is not imported."""
    decision = decide(Case(received(*edits), US, codes))
    assert not decision.imported
    assert _codes_of(decision) == errors
    for due in decision.receipts:
        assert all(error.dn and error.s for error in due.errors)
        assert all(error.ot for error in due.errors if error.v == "X99")


ACCEPTED: list[tuple[str, tuple[Edit, ...]]] = [
    ("unknown code", ((b'<fk1:TypeHealthcareProfessional V="LE"', b'<fk1:TypeHealthcareProfessional V="QQ"'),)),
    ("wrong control digits", ((NUMBER, b"<Ident><Id>12834130278</Id>"),)),
    ("status M", ((b'<po:Forsendelsesstatus V="N"', b'<po:Forsendelsesstatus V="M"'),)),
    ("no event 3", ((b'<po:Hendelsekode V="3"', b'<po:Hendelsekode V="5"'),)),
    ("estimate", ((b"<po:Anslag>false", b"<po:Anslag>true"),)),
    ("only one level of the sender", ((b"<Id>8140010</Id>", b"<Id>x</Id>"),)),
]


@pytest.mark.parametrize("edits", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_fault_of_content_is_never_refused(
    received: Callable[..., Reading], codes: CodeLists, edits: tuple[Edit, ...]
) -> None:
    """Codes, numbers and semantics are for people: the receipt is positive."""
    decision = decide(Case(received(*edits), US, codes))
    assert decision.imported
    assert _codes_of(decision) == []


SILENT: list[tuple[str, tuple[Edit, ...], Own, bool, Silence]] = [
    ("duplicate", (), US, True, Silence.DUPLICATE),
    ("foreign", (), Own(frozenset({HerId("1")}), frozenset({CASE_WORK})), False, Silence.NOT_FOR_US),
    (
        "no sender",
        ((b"<Id>8140010</Id>", b"<Id>x</Id>"), (b"<Id>8140011</Id>", b"<Id>y</Id>")),
        US,
        False,
        Silence.SENDER_UNREADABLE,
    ),
]


@pytest.mark.parametrize(
    ("edits", "own", "duplicate", "silence"), [row[1:] for row in SILENT], ids=[row[0] for row in SILENT]
)
def test_no_receipt_and_no_import(
    received: Callable[..., Reading],
    codes: CodeLists,
    edits: tuple[Edit, ...],
    own: Own,
    duplicate: bool,
    silence: Silence,
) -> None:
    """A duplicate, a message to others and one without sender are not receipted."""
    assert decide(Case(received(*edits), own, codes, duplicate)) == Decision(False, (), silence)


def test_refused_duplicate_is_silent_too(received: Callable[..., Reading], codes: CodeLists) -> None:
    """A second copy of a message that was refused gets no second refusal."""
    reading = received((b"6a1d0b6f-5b0e", b"6a1d0b6f5b0e"))
    assert decide(Case(reading, US, codes, duplicate=True)).silence is Silence.DUPLICATE


def test_synthetic_person_is_held_in_production(received: Callable[..., Reading], codes: CodeLists) -> None:
    """In production a synthetic patient waits for a person."""
    assert decide(Case(received(production=True), US, codes)).silence is Silence.HELD


def test_receipt_is_never_receipted(built: Callable[..., bytes], schemas: SchemaSet, codes: CodeLists) -> None:
    """An AppRec gets no AppRec, and neither does what is no message at all."""
    context = Context(Side.RECEIVE, codes)
    assert decide(Case(read(built("apprec"), schemas, context), US, codes)).silence is Silence.IS_A_RECEIPT
    assert decide(Case(read(b"<a>", schemas, context), US, codes)).silence is Silence.UNREADABLE
    assert decide(Case(read(b"<a/>", schemas, context), US, codes)).silence is Silence.NOT_SUPPORTED
    later = b"<AppRec xmlns='urn:of-another-version'/>"
    assert decide(Case(read(later, schemas, context), US, codes)).silence is Silence.IS_A_RECEIPT


def test_every_own_receiver_gets_its_own(received: Callable[..., Reading], codes: CodeLists) -> None:
    """Primary and copy receiver of ours each get one, in their roles; a copy elsewhere gets none from us."""
    municipality = {"her": MUNICIPALITY.value, "name": "Prøvefjord kommune"}
    ours = {"her": NURSING.value, "name": "Sykepleietjeneste", "organisation": municipality}
    theirs = {"her": "5", "name": "Annet", "organisation": {"her": "4", "name": "Andre"}}
    decision = decide(Case(received(changes={"copies": [ours, theirs]}), US, codes))
    assert [(due.receiver.party_her, due.role) for due in decision.receipts] == [
        (CASE_WORK, ReceiverRole.PRIMARY),
        (NURSING, ReceiverRole.COPY),
    ]


@pytest.mark.parametrize(("setting", "errors"), [(UnknownService.REFUSE, ["E21"]), (UnknownService.ACCEPT, [])])
def test_unknown_service_is_the_customers_choice(
    received: Callable[..., Reading], codes: CodeLists, setting: UnknownService, errors: list[str]
) -> None:
    """A service of ours that we do not know is refused with E21 or accepted, by setting."""
    own = Own(US.organisations, frozenset({NURSING}))
    decision = decide(Case(received(), own, codes, choices=Choices(unknown_service=setting)))
    assert (_codes_of(decision), decision.imported) == (errors, not errors)


@pytest.mark.parametrize(("setting", "errors"), [(ForeignAddress.REFUSE, ["E21"]), (ForeignAddress.SILENT, [])])
def test_foreign_address_is_a_choice(
    received: Callable[..., Reading], codes: CodeLists, setting: ForeignAddress, errors: list[str]
) -> None:
    """A message to another organisation in an envelope to us is met with silence, or with E21 by choice."""
    others = Own(frozenset({HerId("1")}), frozenset({CASE_WORK}))
    decision = decide(Case(received(), others, codes, choices=Choices(foreign_address=setting)))
    assert (_codes_of(decision), decision.imported) == (errors, False)
    assert decision.silence is (None if errors else Silence.NOT_FOR_US)


@pytest.mark.parametrize("edit", [(b"<Id>8140020</Id>", b"<Id>x</Id>"), (b"<Id>8140022</Id>", b"<Id>y</Id>")])
@pytest.mark.parametrize(("setting", "errors"), [(MissingHer.REFUSE, ["E21"]), (MissingHer.ACCEPT, [])])
def test_missing_her_id_is_a_choice(
    received: Callable[..., Reading], codes: CodeLists, edit: Edit, setting: MissingHer, errors: list[str]
) -> None:
    """A receiver of ours that lacks one of its two HER-ids is refused with E21, or accepted by choice."""
    decision = decide(Case(received(edit), US, codes, choices=Choices(missing_her=setting)))
    assert (_codes_of(decision), decision.imported) == (errors, not errors)


@pytest.mark.parametrize(
    ("kind", "changes", "version"),
    [
        ("admitted", {"version": "1.5"}, AppRecVersion.V1_0),
        ("admitted", {}, AppRecVersion.V1_1),
        ("readiness-answer-note", {}, AppRecVersion.V1_0),
        ("readiness-answer", {}, AppRecVersion.V1_1),
    ],
)
def test_version_follows_the_content(
    built: Callable[..., bytes],
    schemas: SchemaSet,
    codes: CodeLists,
    kind: str,
    changes: dict[str, object],
    version: AppRecVersion,
) -> None:
    """The content's standard decides the version of the receipt."""
    reading = read(built(kind, changes), schemas, Context(Side.RECEIVE, codes))
    assert version_of(reading) is version
    assert version_of(read(b"<a/>", schemas, Context(Side.RECEIVE, codes))) is AppRecVersion.V1_1
