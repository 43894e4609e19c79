"""Who is named in a message: organisations, health professionals, persons, with their identifiers and addresses.

The same shapes stand in three namespaces (`msghead.md` §2.2 to §2.6, `plo.md` §2.3): in the head, in the component
namespace felleskomponent1 of the content, and in the dialog message, which takes only the innermost elements from
felleskomponent1. A `Dialect` says which namespace and which order applies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from adapter.messages.codes import IdType
from adapter.messages.datatypes import (
    Code,
    add,
    add_code,
    add_date,
    add_text,
    attribute,
    child_code,
    child_text,
    children,
    plain_date,
)
from adapter.messages.namespaces import DIALOG_10_NS, DIALOG_11_NS, FK1, MH, clark
from adapter.messages.nodes import Node
from adapter.messages.xml import Element
from adapter.values import HerId


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the elements of a party live: names in `outer`, the parts of Ident, Address and TeleCom in `inner`.

    `type_first` is the order in felleskomponent1, where the kind of an organisation stands before its name;
    `given_first` the order of a Person in the dialog message (`plo.md` §2.7.1).
    """

    outer: str
    inner: str
    type_first: bool = False
    given_first: bool = False


IN_HEAD: Final = Dialect(MH, MH)
IN_CONTENT: Final = Dialect(FK1, FK1, type_first=True)
IN_DIALOG_10: Final = Dialect(clark(DIALOG_10_NS), FK1, given_first=True)
IN_DIALOG_11: Final = Dialect(clark(DIALOG_11_NS), FK1, given_first=True)


@dataclass(frozen=True, slots=True)
class Ident:
    """An identifier and its type; either may be missing in what others send (rule ID-013)."""

    id: str | None
    type: Code | None

    def is_a(self, *types: str) -> bool:
        return self.id is not None and self.type is not None and self.type.v in types


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address."""

    type: Code | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    postbox: str | None = None
    county: Code | None = None
    country: Code | None = None


@dataclass(frozen=True, slots=True)
class Telecom:
    """A telephone number or mail address as a URL, such as `tel:55500123`."""

    address: str | None
    type: Code | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A patient or any other person."""

    family_name: str | None = None
    middle_name: str | None = None
    given_name: str | None = None
    born: date | None = None
    sex: Code | None = None
    nationality: Code | None = None
    idents: tuple[Ident, ...] = ()
    address: Address | None = None
    telecoms: tuple[Telecom, ...] = ()


@dataclass(frozen=True, slots=True)
class Professional:
    """A health professional: the person, the profession (list 9060), the role towards the patient (list 9034)."""

    person: Person
    profession: Code | None = None
    role: Code | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation, or a unit or service of one; below it a further unit or a person."""

    name: str | None = None
    type: Code | None = None
    idents: tuple[Ident, ...] = ()
    address: Address | None = None
    telecoms: tuple[Telecom, ...] = ()
    unit: Organisation | None = None
    professional: Professional | None = None


_HER: Final = IdType.HER


def her_of(idents: Iterable[Ident]) -> HerId | None:
    """The first HER-id among identifiers, compared as a number (`msghead.md` §8.7); None if none can be read."""
    for ident in idents:
        if ident.id is not None and ident.type is not None and ident.type.v == _HER:
            her = her_written(ident.id.lstrip("0"))
            if her is not None:
                return her
    return None


@lru_cache(maxsize=1024)
def her_written(text: str) -> HerId | None:
    """The HER-id of that text; None where it is none. The same few come in every message."""
    try:
        return HerId(text)
    except ValueError:
        return None


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_idents(element: Node, dialect: Dialect) -> tuple[Ident, ...]:
    inner = dialect.inner
    found = children(element, dialect.outer + "Ident")
    return tuple([Ident(child_text(ident, inner + "Id"), child_code(ident, inner + "TypeId")) for ident in found])


def read_address(element: Node, dialect: Dialect) -> Address | None:
    address, inner = element.first.get(dialect.outer + "Address"), dialect.inner
    if address is None:
        return None
    return Address(
        child_code(address, inner + "Type"),
        child_text(address, inner + "StreetAdr"),
        child_text(address, inner + "PostalCode"),
        child_text(address, inner + "City"),
        child_text(address, inner + "Postbox"),
        child_code(address, inner + "County"),
        child_code(address, inner + "Country"),
    )


def read_telecoms(element: Node, dialect: Dialect) -> tuple[Telecom, ...]:
    inner = dialect.inner
    found = []
    for telecom in children(element, dialect.outer + "TeleCom"):
        url = telecom.first.get(inner + "TeleAddress")
        found.append(Telecom(attribute(url, "V"), child_code(telecom, inner + "TypeTelecom")))
    return tuple(found)


def read_person(element: Node, dialect: Dialect) -> Person:
    outer = dialect.outer
    return Person(
        child_text(element, outer + "FamilyName"),
        child_text(element, outer + "MiddleName"),
        child_text(element, outer + "GivenName"),
        plain_date(child_text(element, outer + "DateOfBirth")),
        child_code(element, outer + "Sex"),
        child_code(element, outer + "Nationality"),
        read_idents(element, dialect),
        read_address(element, dialect),
        read_telecoms(element, dialect),
    )


def read_professional(element: Node, dialect: Dialect) -> Professional:
    return Professional(
        read_person(element, dialect),
        child_code(element, dialect.outer + "TypeHealthcareProfessional"),
        child_code(element, dialect.outer + "RoleToPatient"),
    )


_DEEPEST_UNIT: Final = 16
"""How far down units are read; two levels are the practice and the schema sets no end."""


def read_organisation(element: Node, dialect: Dialect, depth: int = 0) -> Organisation:
    outer = dialect.outer
    unit = element.first.get(outer + "Organisation") if depth < _DEEPEST_UNIT else None
    professional = element.first.get(outer + "HealthcareProfessional")
    return Organisation(
        child_text(element, outer + "OrganisationName"),
        child_code(element, outer + "TypeOrganisation"),
        read_idents(element, dialect),
        read_address(element, dialect),
        read_telecoms(element, dialect),
        read_organisation(unit, dialect, depth + 1) if unit is not None else None,
        read_professional(professional, dialect) if professional is not None else None,
    )


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_idents(parent: Element, idents: tuple[Ident, ...], dialect: Dialect) -> None:
    for ident in idents:
        element = add(parent, dialect.outer + "Ident")
        add_text(element, dialect.inner + "Id", ident.id)
        add_code(element, dialect.inner + "TypeId", ident.type)


def write_address(parent: Element, address: Address | None, dialect: Dialect) -> None:
    if address is None:
        return
    element, inner = add(parent, dialect.outer + "Address"), dialect.inner
    add_code(element, inner + "Type", address.type)
    add_text(element, inner + "StreetAdr", address.street)
    add_text(element, inner + "PostalCode", address.postal_code)
    add_text(element, inner + "City", address.city)
    add_text(element, inner + "Postbox", address.postbox)
    add_code(element, inner + "County", address.county)
    add_code(element, inner + "Country", address.country)


def write_telecoms(parent: Element, telecoms: tuple[Telecom, ...], dialect: Dialect) -> None:
    for telecom in telecoms:
        element = add(parent, dialect.outer + "TeleCom")
        add_code(element, dialect.inner + "TypeTelecom", telecom.type)
        if telecom.address is not None:
            add(element, dialect.inner + "TeleAddress").set("V", telecom.address)


def write_person(element: Element, person: Person, dialect: Dialect) -> None:
    """Write the parts of a person or patient into its element."""
    names = [
        ("FamilyName", person.family_name),
        ("MiddleName", person.middle_name),
        ("GivenName", person.given_name),
    ]
    for name, value in reversed(names) if dialect.given_first else names:
        add_text(element, dialect.outer + name, value)
    _write_rest_of_person(element, person, dialect)


def write_professional(element: Element, professional: Professional, dialect: Dialect) -> None:
    """Write the parts of a health professional into its element; the family name comes first everywhere."""
    outer, person = dialect.outer, professional.person
    add_code(element, outer + "TypeHealthcareProfessional", professional.profession)
    add_code(element, outer + "RoleToPatient", professional.role)
    add_text(element, outer + "FamilyName", person.family_name)
    add_text(element, outer + "MiddleName", person.middle_name)
    add_text(element, outer + "GivenName", person.given_name)
    _write_rest_of_person(element, person, dialect)


def _write_rest_of_person(element: Element, person: Person, dialect: Dialect) -> None:
    outer = dialect.outer
    add_date(element, outer + "DateOfBirth", person.born)
    add_code(element, outer + "Sex", person.sex)
    add_code(element, outer + "Nationality", person.nationality)
    write_idents(element, person.idents, dialect)
    write_address(element, person.address, dialect)
    write_telecoms(element, person.telecoms, dialect)


def write_organisation(element: Element, organisation: Organisation, dialect: Dialect) -> None:
    """Write the parts of an organisation into its element."""
    outer = dialect.outer
    if dialect.type_first:
        add_code(element, outer + "TypeOrganisation", organisation.type)
    add_text(element, outer + "OrganisationName", organisation.name)
    if not dialect.type_first:
        add_code(element, outer + "TypeOrganisation", organisation.type)
    write_idents(element, organisation.idents, dialect)
    write_address(element, organisation.address, dialect)
    write_telecoms(element, organisation.telecoms, dialect)
    if organisation.unit is not None:
        write_organisation(add(element, outer + "Organisation"), organisation.unit, dialect)
    if organisation.professional is not None:
        write_professional(add(element, outer + "HealthcareProfessional"), organisation.professional, dialect)
