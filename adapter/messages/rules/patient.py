"""Whether the patient can be told apart from others: MH-024 to MH-030, ID-001 to ID-016, PL-010 to PL-012."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from adapter.errors import AppRecCode
from adapter.messages.datatypes import children
from adapter.messages.identifiers import (
    Flaw,
    PersonNumber,
    Series,
    duf_control_digits,
    duf_number,
    fits,
    synthetic,
)
from adapter.messages.namespaces import MH
from adapter.messages.reading import IdentFlaw, Reading
from adapter.messages.rules.places import flawed_idents, in_info, is_plo
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope

BOOK: Final = RuleBook(Scope.HEAD)
_BLOCK, _NEGATIVE, _WARN = Consequence.BLOCK, Consequence.NEGATIVE, Consequence.WARN


def sufficiently_identified(reading: Reading) -> bool:
    """Name with a number that can be right, or with birth date and sex (HIS 80415:2012 §3.3.4)."""
    patient = reading.parts.patient
    if patient is None or (patient.family_name is None and patient.given_name is None):
        return False
    if patient.born is not None and patient.sex is not None:
        return True
    return any(
        isinstance(number.judged, PersonNumber) and number.declared != Series.HNR for number in reading.patient_numbers
    )


@BOOK.rule(
    "MH-024",
    "A nursing and care message has a patient",
    "HIS 80704:2014 §4.1.1",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.PATIENT_INSUFFICIENT,
)
def patient_present(reading: Reading, _: Context) -> Iterator[Fault]:
    """Optional in the schema, mandatory in every such message."""
    if is_plo(reading) and reading.parts.patient is None:
        yield Fault("there is no Patient; write name and identifier", in_info(reading))


@BOOK.rule(
    "MH-025",
    "The patient is sufficiently identified",
    "HIS 80415:2012 §3.3.4",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.PATIENT_INSUFFICIENT,
)
def patient_identified(reading: Reading, context: Context) -> Iterator[Fault]:
    """An emergency referral is never refused for this (AR-037): how urgent one is, its content says, which is only
    carried here. Neither is a type that is not on our copy of list 8279."""
    patient = reading.parts.patient
    if patient is None or sufficiently_identified(reading):
        return
    says = "the patient is not sufficiently identified; write the name and a national number, or birth date and sex"
    type_ = reading.type or ""
    carried = reading.kind is None and (type_.startswith("HENVISNING") or context.codes.text("8279", type_) is None)
    yield Fault(says, in_info(reading, "Patient"), receive=_WARN if carried else None)


BOOK.judged_as(
    ("ID-001", "ID-002", "ID-004", "ID-005"),
    "MH-026",
    "The control digits of the patient's identifier fit",
    "HIS 80415:2012 §6.3",
)
BOOK.judged_as(("MH-025",), "MH-027", "A patient has at least a name or an identifier", "HIS 80601 §5")


@BOOK.rule(
    "MH-028", "Nationality is given only when it is not NO", "HIS 80601 §5", send=_WARN, about=(MH + "Nationality",)
)
def nationality(reading: Reading, _: Context) -> Iterator[Fault]:
    """The standard asks for it only for others."""
    patient = reading.parts.patient
    if patient is not None and patient.nationality is not None and patient.nationality.v == "NO":
        yield Fault("Nationality says NO; leave it out", in_info(reading, "Patient", "Nationality"))


@BOOK.rule(
    "MH-029", "A birth date stands together with the sex", "HIS 80601 §5", send=_WARN, about=(MH + "DateOfBirth",)
)
def birth_date_with_sex(reading: Reading, _: Context) -> Iterator[Fault]:
    """Recommended, because the two together identify."""
    patient = reading.parts.patient
    if patient is not None and patient.born is not None and patient.sex is None:
        yield Fault("DateOfBirth stands without Sex; write it too", in_info(reading, "Patient", "DateOfBirth"))


@BOOK.rule(
    "MH-030",
    "Birth date and national number do not contradict",
    "own rule",
    send=_WARN,
    receive=_WARN,
    about=(MH + "DateOfBirth",),
)
def birth_date_fits(reading: Reading, _: Context) -> Iterator[Fault]:
    """Only where the number states a date at all: not an FH-number, not a number of the rule of 2032."""
    patient = reading.parts.patient
    if patient is None or patient.born is None:
        return
    for number in reading.patient_numbers:
        born = number.judged.born if isinstance(number.judged, PersonNumber) else None
        if born is not None and born != patient.born:
            yield Fault("DateOfBirth is another date than the one in the number; correct the wrong one", number.node)


def _of_others(reading: Reading, flaw: IdentFlaw) -> Iterator[Fault]:
    """Such a number of anybody else stops no message."""
    return (replace(fault, send=_WARN) for fault in flawed_idents(reading, flaw))


def _flawed(reading: Reading, flaw: Flaw) -> Iterator[Fault]:
    for number in reading.patient_numbers:
        if number.judged is flaw:
            yield Fault(
                f"a patient number cannot be right, {flaw}; correct it, or write birth date and sex in its place",
                number.node,
            )


@BOOK.rule(
    "ID-001",
    "A person's number is 11 digits without blanks",
    "HIS 1001 §4",
    send=_BLOCK,
    receive=_WARN,
    about=(Flaw.LENGTH, IdentFlaw.OTHERS_LENGTH, IdentFlaw.PADDED_NUMBER),
)
def eleven_digits(reading: Reading, _: Context) -> Iterator[Fault]:
    """FNR, DNR, HNR and FHN."""
    yield from _flawed(reading, Flaw.LENGTH)
    yield from _of_others(reading, IdentFlaw.OTHERS_LENGTH)
    yield from flawed_idents(reading, IdentFlaw.PADDED_NUMBER)


@BOOK.rule(
    "ID-002",
    "Both control digits fit",
    "HIS 1001 §4.1; rule of 2032",
    send=_BLOCK,
    receive=_WARN,
    about=(Flaw.CONTROL_DIGITS, IdentFlaw.OTHERS_DIGITS),
)
def control_digits(reading: Reading, _: Context) -> Iterator[Fault]:
    """The first may leave a remainder of 0 to 3, as numbers from 2032 will (`msghead.md` §8.3)."""
    yield from _flawed(reading, Flaw.CONTROL_DIGITS)
    yield from _of_others(reading, IdentFlaw.OTHERS_DIGITS)


BOOK.judged_as(("ID-004", "ID-005"), "ID-003", "Day, month and first digit are those of the series", "HIS 1001 §2–4")


@BOOK.rule("ID-004", "The declared type is that of the number", "HIS 1001; own rule", send=_BLOCK, receive=_WARN)
def type_fits_number(reading: Reading, _: Context) -> Iterator[Fault]:
    """A D-number called fødselsnummer is found by nobody."""
    for number in reading.patient_numbers:
        judged = number.judged
        if isinstance(judged, PersonNumber) and not fits(number.declared, judged):
            yield Fault(
                f"TypeId says {number.declared}, and the number is of the series {judged.series}; write that type",
                number.node,
            )


@BOOK.rule(
    "ID-005",
    "The number's date exists",
    "HIS 1001",
    send=_BLOCK,
    receive=_WARN,
    about=(Flaw.DATE, IdentFlaw.OTHERS_DATE),
)
def date_exists(reading: Reading, _: Context) -> Iterator[Fault]:
    """After taking off what D-numbers, H-numbers and synthetic numbers add."""
    yield from _flawed(reading, Flaw.DATE)
    yield from _of_others(reading, IdentFlaw.OTHERS_DATE)


@BOOK.rule("ID-006", "No synthetic person in production", "own rule", send=_BLOCK, receive=Consequence.PARK)
def no_synthetic(reading: Reading, context: Context) -> Iterator[Fault]:
    """Numbers of the test ranges (`msghead.md` §8.4); outside production they are what is wanted."""
    if not context.production:
        return
    for number in reading.patient_numbers:
        if isinstance(number.judged, PersonNumber) and synthetic(number.declared, number.judged):
            yield Fault(
                "the patient is a synthetic person, and this is production; write a real one or send it in test",
                number.node,
            )


BOOK.elsewhere(Needs.PERSON, "ID-007", "An H-number is sent by agreement and shown as not real", "HIS 1001 §3.2")
BOOK.elsewhere(Needs.CONDUCT, "ID-008", "Sex and century are not derived from numbers of the new rule", "rule of 2032")


@BOOK.rule(
    "ID-009",
    "An organisation number has 9 digits that fit",
    "own rule (mod 11)",
    send=_BLOCK,
    receive=_WARN,
    about=(IdentFlaw.ORGANISATION_NUMBER,),
)
def organisation_numbers(reading: Reading, _: Context) -> Iterator[Fault]:
    """Identifiers of the type ENH. In the content, where no address hangs on it, it is only told."""
    for fault in flawed_idents(reading, IdentFlaw.ORGANISATION_NUMBER):
        in_head = fault.at is not None and fault.at.tag == MH + "Ident"
        yield fault if in_head else replace(fault, send=_WARN)


BOOK.judged_as(("AD-002",), "ID-010", "HER-ids are numeric and compared as integers", "practice")


@BOOK.rule(
    "ID-011",
    "An HPR number is 1 to 9 digits",
    "practice",
    send=_WARN,
    receive=_WARN,
    about=(IdentFlaw.HPR_NUMBER,),
)
def hpr_numbers(reading: Reading, _: Context) -> Iterator[Fault]:
    """Normally seven; there is no public control digit."""
    return flawed_idents(reading, IdentFlaw.HPR_NUMBER)


@BOOK.rule("ID-012", "A DUF number is 12 digits", "HIS 1001 §2.3", send=_BLOCK, receive=_WARN)
def duf_numbers(reading: Reading, _: Context) -> Iterator[Fault]:
    """The check of its last two digits is unconfirmed and only warns (`msghead.md` §8.5)."""
    patient = reading.parts.patient
    for position, ident in enumerate(patient.idents if patient is not None else ()):
        if not ident.is_a("DUF"):
            continue
        place = children(in_info(reading, "Patient"), MH + "Ident")[position]
        if not duf_number(ident.id or ""):
            yield Fault("a DUF number is not 12 digits; correct it", place)
        elif not duf_control_digits(ident.id or ""):
            yield Fault("the last two digits of a DUF number do not fit; check it", place, send=_WARN)


@BOOK.rule(
    "ID-013",
    "Every identifier has an Id and a TypeId with code",
    "HIS 80601 §5",
    send=_BLOCK,
    receive=_WARN,
    about=(IdentFlaw.NO_ID, IdentFlaw.NO_TYPE),
)
def typed_identifiers(reading: Reading, _: Context) -> Iterator[Fault]:
    """One without the other is treated as missing."""
    return flawed_idents(reading, IdentFlaw.NO_ID, IdentFlaw.NO_TYPE)


BOOK.elsewhere(Needs.CONDUCT, "ID-014", "Codes are compared by V only; an unknown TypeId is kept", "own rule")
BOOK.elsewhere(Needs.STORE, "ID-015", "A superseded number stays searchable", "HIS 1001 §3")
BOOK.elsewhere(Needs.CONDUCT, "ID-016", "Patient numbers never reach a log or a receipt's free text", "own rule")


@BOOK.rule(
    "PL-010",
    "The patient has family name, given name and an identifier",
    "HIS 80704:2014 §4.1.1; AT-S 17",
    send=_BLOCK,
    scope=Scope.PLO,
)
def plo_patient(reading: Reading, _: Context) -> Iterator[Fault]:
    """On receipt MH-025 decides; what it refuses is not told twice."""
    patient = reading.parts.patient
    if patient is None or not sufficiently_identified(reading):
        return
    if patient.family_name is None or patient.given_name is None or not any(ident.id for ident in patient.idents):
        yield Fault("the patient lacks family name, given name or identifier; write them", in_info(reading, "Patient"))


BOOK.judged_as(
    ("ID-001", "ID-002", "ID-004", "ID-005", "MH-036"),
    "PL-011",
    "The patient's identifier passes the check of its type",
    "AT-S test 2; AT-M 14b",
)


@BOOK.rule(
    "PL-012",
    "Without a national number: name, help number and birth date",
    "AT-S 18, 19",
    send=_WARN,
    scope=Scope.PLO,
)
def help_number(reading: Reading, _: Context) -> Iterator[Fault]:
    """What the receiver needs to find a patient who has neither fødselsnummer nor D-nummer."""
    patient = reading.parts.patient
    if patient is None or any(ident.is_a("FNR", "DNR") for ident in patient.idents):
        return
    if patient.born is None and any(ident.id for ident in patient.idents):
        yield Fault(
            "the patient has neither national number nor birth date; write the date", in_info(reading, "Patient")
        )
