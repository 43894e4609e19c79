"""How a receipt is made from the message it answers: addresses mirrored, the original named verbatim.

A receipt needs nothing but the received message: its addresses are returned as they were written, also when they are
wrong (HIS 80415:2012 §3.5, `apprec.md` §6).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from adapter.messages.apprec import MSG_TYPE, AppRec, AppRecVersion, Hcp, Original, Unit
from adapter.messages.codes import IdType, ReceiptCode
from adapter.messages.datatypes import Code, cs, cv
from adapter.messages.head import Head, Participant
from adapter.messages.parties import Address, Ident, Person
from adapter.values import Moment, MsgId


class ReceiverRole(StrEnum):
    """Whether the answering party was the primary receiver of the message or had a copy (`apprec.md` AR-101)."""

    PRIMARY = "primary"
    COPY = "copy"


_ROLES: Final = {
    (AppRecVersion.V1_1, ReceiverRole.PRIMARY): cs("PRIM", "Primærmottaker"),
    (AppRecVersion.V1_1, ReceiverRole.COPY): cs("COP", "Kopimottaker"),
    (AppRecVersion.V1_0, ReceiverRole.PRIMARY): cs("SPR", "Tjenesteyter"),
    (AppRecVersion.V1_0, ReceiverRole.COPY): cs("COP", "Kopimottaker"),
}
_SENDER_ROLES: Final = {
    AppRecVersion.V1_1: cs("AVS", "Avsender"),
    AppRecVersion.V1_0: cs("RECEIVER", "Mottaker"),
}


@dataclass(frozen=True, slots=True)
class Software:
    """The name and version of what generates a receipt."""

    name: str
    version: str


def error(code: str, dn: str, explanation: str | None = None) -> Code:
    """An error of list 8221; `explanation` is the OT, a short Norwegian text without patient data."""
    plain = cv(code, dn, "8221")
    return Code(plain.v, plain.dn, plain.s, explanation)


def answer(
    head: Head,
    envelope: Original,
    receiver: Participant,
    role: ReceiverRole,
    errors: tuple[Code, ...],
    *,
    version: AppRecVersion,
    now: Moment,
    receipt_id: MsgId,
    software: Software,
) -> AppRec:
    """The receipt of one of the message's receivers: positive without `errors`, negative with them.

    `receiver` is the own party among the message's receivers, as the message wrote it. `envelope` is what the envelope
    says of the message (eb:Action, eb:Timestamp, eb:MessageId): it stands for what the message does not say, and the
    first error tells so (§6.1); a message that lacks any of it breaks a rule that refuses it.
    """
    type_ = head.type.without_list() if head.type is not None and head.type.v is not None else None
    issued = head.generated.text if head.generated is not None else None
    original = Original(type_ or envelope.type, issued or envelope.issued, head.msg_id or envelope.id)
    said = (("Type", type_), ("GenDate", issued), ("MsgId", head.msg_id))
    lacking = [name for name, value in said if value is None]
    if lacking and errors:
        says = f"{' og '.join(lacking)} kan ikke leses i meldingen og er tatt fra konvolutten."
        errors = (replace(errors[0], ot=f"{errors[0].ot}. {says}" if errors[0].ot else says), *errors[1:])
    return receipt(
        receiver,
        role,
        head.sender,
        original,
        errors,
        version=version,
        now=now,
        receipt_id=receipt_id,
        software=software,
    )


def receipt(
    sender: Participant,
    role: ReceiverRole,
    receiver: Participant,
    original: Original,
    errors: tuple[Code, ...],
    *,
    version: AppRecVersion,
    now: Moment,
    receipt_id: MsgId,
    software: Software,
) -> AppRec:
    """A receipt from `sender`, who had the original, to `receiver`, who sent it."""
    return AppRec(
        version,
        MSG_TYPE,
        version.mig_version,
        software.name,
        software.version,
        now,
        receipt_id,
        mirror(sender, _ROLES[version, role]),
        mirror(receiver, _SENDER_ROLES[version]),
        (ReceiptCode.REJECTED if errors else ReceiptCode.OK).cs(),
        errors,
        original,
    )


def mirror(participant: Participant, role: Code | None) -> Hcp:
    """A party of the message as a party of the receipt: everything that was written, nothing corrected (§6.2)."""
    organisation = participant.organisation
    if organisation is None:
        return Hcp(role)
    first, others = _her_first(organisation.idents)
    departments: tuple[Unit, ...] = ()
    persons: tuple[Unit, ...] = ()
    if organisation.unit is not None:
        unit_first, unit_others = _her_first(organisation.unit.idents)
        departments = (Unit(organisation.unit.name, unit_first, unit_others),)
    elif organisation.professional is not None:
        person = organisation.professional.person
        person_first, person_others = _her_first(person.idents)
        persons = (Unit(_full_name(person), person_first, person_others),)
    address = organisation.address
    if address is not None:
        address = None if address.type is None else _without_postbox(address)
    return Hcp(role, organisation.name, first, departments, others, persons, address)


def _her_first(idents: tuple[Ident, ...]) -> tuple[Ident | None, tuple[Ident, ...]]:
    """The identifiers as CS, the first HER-id first and the rest in the order of the message."""
    whole = [Ident(ident.id, _type_with_text(ident.type)) for ident in idents if ident.id and ident.type]
    if not whole:
        return None, ()
    position = next((i for i, ident in enumerate(whole) if ident.is_a(IdType.HER)), 0)
    return whole[position], (*whole[:position], *whole[position + 1 :])


def _type_with_text(type_: Code) -> Code:
    known = next((member.dn for member in IdType if member.value == type_.v), None)
    return Code(type_.v, type_.dn or known)


def _full_name(person: Person) -> str | None:
    return " ".join(name for name in (person.given_name, person.middle_name, person.family_name) if name) or None


def _without_postbox(address: Address) -> Address:
    return Address(
        address.type.without_list() if address.type is not None else None,
        address.street,
        address.postal_code,
        address.city,
        None,
        address.county,
        address.country,
    )
