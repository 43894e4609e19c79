"""Whether receipts mirror their message and say what the decision was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from lxml import etree

from adapter.messages.answering import ReceiverRole, Software, answer, error
from adapter.messages.apprec import AppRec, AppRecVersion, Original, Unit, read_apprec, write_apprec
from adapter.messages.datatypes import Code
from adapter.messages.findings import Finding
from adapter.messages.head import Head, Participant
from adapter.messages.nodes import Nodes
from adapter.messages.parties import Address, Ident, Organisation, Person, Professional
from adapter.messages.reading import understand
from adapter.messages.schemas import SchemaSet
from adapter.values import HerId, Moment, MsgId

NOW = Moment.at(datetime(2024, 3, 5, 9, 15, 31, tzinfo=UTC))
ID = MsgId("1f0f6a54-5b0e-4c53-9f2c-6a1d0b6f5c11")
SOFTWARE = Software("adapter", "1")
HER = Code("HER", "HER-id", "2.16.578.1.12.4.1.1.9051")
ENH = Code("ENH", None, "2.16.578.1.12.4.1.1.9051")
ENVELOPE = Original(None, "2024-03-05T09:15:00Z", MsgId("of-the-envelope"))


def _answer(head: Head, version: AppRecVersion = AppRecVersion.V1_1, *errors: Code) -> AppRec:
    role = ReceiverRole.PRIMARY
    return answer(
        head, ENVELOPE, head.receiver, role, errors, version=version, now=NOW, receipt_id=ID, software=SOFTWARE
    )


@pytest.mark.parametrize("version", AppRecVersion)
def test_receipt_of_a_message_is_valid(built: Callable[..., bytes], schemas: SchemaSet, version: AppRecVersion) -> None:
    """A receipt made from a message alone is valid, positive, and names the message verbatim."""
    head = understand(built("discharge-ready", msg_id="6A1D0B6F-5B0E-4C53-9F2C-6A1D0B6F5C11")).head
    assert head is not None
    receipt = _answer(head, version)
    tree = etree.fromstring(write_apprec(receipt)).getroottree()
    findings: tuple[Finding, ...] = schemas.validate(tree)
    assert findings == ()
    assert receipt.accepted is True
    assert receipt.original.id is not None
    assert receipt.original.id.value == "6A1D0B6F-5B0E-4C53-9F2C-6A1D0B6F5C11"
    assert receipt.original.issued == "2024-03-25T10:00:00+01:00"
    assert (receipt.sender.party_her, receipt.receiver.party_her) == (HerId("8140022"), HerId("8140011"))
    assert read_apprec(Nodes(tree.getroot()).root) == receipt


@pytest.mark.parametrize(
    ("version", "role", "sender", "receiver"),
    [
        (AppRecVersion.V1_1, ReceiverRole.PRIMARY, "PRIM", "AVS"),
        (AppRecVersion.V1_1, ReceiverRole.COPY, "COP", "AVS"),
        (AppRecVersion.V1_0, ReceiverRole.PRIMARY, "SPR", "RECEIVER"),
        (AppRecVersion.V1_0, ReceiverRole.COPY, "COP", "RECEIVER"),
    ],
)
def test_roles_are_those_of_the_version(version: AppRecVersion, role: ReceiverRole, sender: str, receiver: str) -> None:
    """Primary and copy receiver have the role codes of the version."""
    receipt = answer(
        Head(), ENVELOPE, Participant(), role, (), version=version, now=NOW, receipt_id=ID, software=SOFTWARE
    )
    assert receipt.sender.role is not None
    assert receipt.receiver.role is not None
    assert (receipt.sender.role.v, receipt.receiver.role.v) == (sender, receiver)


def test_every_identifier_is_mirrored_her_id_first() -> None:
    """The HER-id comes first and the others follow in their order, without list and with a text."""
    organisation = Organisation("Kommune", idents=(Ident("312840103", ENH), Ident("1", HER), Ident("7", HER)))
    mirrored = _answer(Head(receiver=Participant(organisation))).sender
    assert mirrored.id == Ident("1", Code("HER", "HER-id"))
    assert mirrored.additional == (
        Ident("312840103", Code("ENH", "Organisasjonsnummeret i Enhetsregister")),
        Ident("7", Code("HER", "HER-id")),
    )


def test_a_person_as_party_is_mirrored_by_full_name() -> None:
    """A GP becomes a person below the institution, named given name first."""
    gp = Professional(Person("Blåklokke", "B.", "Tor", idents=(Ident("9", HER),)))
    mirrored = _answer(Head(receiver=Participant(Organisation("Legesenter", professional=gp)))).sender
    assert mirrored.persons == (Unit("Tor B. Blåklokke", Ident("9", Code("HER", "HER-id"))),)
    assert mirrored.party_her == HerId("9")


def test_address_is_mirrored_when_it_has_a_type() -> None:
    """An address without type has no place in a receipt, and a postbox is dropped."""
    typed = Organisation("A", address=Address(Code("PST", "Postadresse"), "Vei 1", "9999", "By", "Postboks 1"))
    untyped = Organisation("A", address=Address(None, "Vei 1"))
    assert _answer(Head(receiver=Participant(typed))).sender.address == Address(
        Code("PST", "Postadresse"), "Vei 1", "9999", "By"
    )
    assert _answer(Head(receiver=Participant(untyped))).sender.address is None


def test_error_makes_the_receipt_negative() -> None:
    """A receipt with an error is a refusal, and an empty head does no harm."""
    receipt = _answer(
        Head(), AppRecVersion.V1_1, error("E36", "Pasientopplysninger er utilstrekkelige", "Navn mangler")
    )
    assert receipt.accepted is False
    assert receipt.errors[0].s == "2.16.578.1.12.4.1.1.8221"
    assert receipt.original.issued == ENVELOPE.issued
