"""What an application receipt says (applikasjonskvittering, AppRec 1.0 and 1.1).

`apprec.md` §2 and §6. The two versions differ in namespace, version text and role codes. Reading is tolerant and
total, so that the three essentials (which message, which status, from whom) are found even in a receipt that the
schema refuses (§7.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from adapter.messages.codes import ReceiptCode
from adapter.messages.datatypes import (
    Code,
    add,
    add_code,
    add_text,
    child,
    child_code,
    child_text,
    children,
    code_of,
    cs,
    moment,
)
from adapter.messages.namespaces import APPREC_10_NS, APPREC_11_NS, clark, namespace_of
from adapter.messages.nodes import Node
from adapter.messages.parties import Address, Ident, her_of
from adapter.messages.xml import Element
from adapter.values import HerId, Moment, MsgId


class AppRecVersion(StrEnum):
    """The versions of the receipt."""

    V1_0 = "1.0"
    V1_1 = "1.1"

    @property
    def namespace(self) -> str:
        return APPREC_10_NS if self is AppRecVersion.V1_0 else APPREC_11_NS

    @property
    def mig_version(self) -> str:
        """The version text; 1.0 has no `v` (HIS 80415:2004, history)."""
        return "1.0 2004-11-21" if self is AppRecVersion.V1_0 else "v1.1 2012-02-15"


MSG_TYPE: Final = cs("APPREC", "Applikasjonskvittering")


@dataclass(frozen=True, slots=True)
class Unit:
    """A department (service) or a person below an institution."""

    name: str | None = None
    id: Ident | None = None
    additional: tuple[Ident, ...] = ()


@dataclass(frozen=True, slots=True)
class Hcp:
    """A party of a receipt: the institution, the service or person below it, the role; types are CS, without list."""

    role: Code | None = None
    name: str | None = None
    id: Ident | None = None
    departments: tuple[Unit, ...] = ()
    additional: tuple[Ident, ...] = ()
    persons: tuple[Unit, ...] = ()
    address: Address | None = None

    @property
    def organisation_her(self) -> HerId | None:
        """Level 1: the HER-id of the institution."""
        return _her(self.id, self.additional)

    @property
    def party_her(self) -> HerId | None:
        """The HER-id of the party that answers: department, else person, else institution (`apprec.md` §7.2)."""
        for unit in (*self.departments, *self.persons):
            found = _her(unit.id, unit.additional)
            if found is not None:
                return found
        return self.organisation_her


@dataclass(frozen=True, slots=True)
class Original:
    """The message that is receipted: its type, its GenDate as written, its MsgId as written."""

    type: Code | None = None
    issued: str | None = None
    id: MsgId | None = None


@dataclass(frozen=True, slots=True)
class AppRec:
    """One receipt. `sender` is the receiver of the business message and `receiver` its sender."""

    version: AppRecVersion
    msg_type: Code | None = MSG_TYPE
    mig_version: str | None = None
    software_name: str | None = None
    software_version: str | None = None
    generated: Moment | None = None
    id: MsgId | None = None
    sender: Hcp = Hcp()
    receiver: Hcp = Hcp()
    status: Code | None = None
    errors: tuple[Code, ...] = ()
    original: Original = Original()

    @property
    def accepted(self) -> bool | None:
        """Whether the message was taken: status 1, and 3 too (§4.1); None for a status that says neither."""
        status = self.status.v if self.status is not None else None
        if status in {ReceiptCode.OK, ReceiptCode.PARTLY}:
            return True
        return False if status == ReceiptCode.REJECTED else None


def _her(ident: Ident | None, additional: tuple[Ident, ...]) -> HerId | None:
    return her_of((ident, *additional) if ident is not None else additional)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_VERSIONS: Final = {version.namespace: version for version in AppRecVersion}


def read_apprec(root: Node) -> AppRec:
    """Read a receipt from its root, `AppRec` in the namespace of a version. Never raises for what is inside."""
    version = _VERSIONS[namespace_of(root.tag)]
    ns = clark(version.namespace)
    original = child(root, ns + "OriginalMsgId")
    return AppRec(
        version,
        child_code(root, ns + "MsgType"),
        child_text(root, ns + "MIGversion"),
        child_text(root, ns + "SoftwareName"),
        child_text(root, ns + "SoftwareVersion"),
        moment(child_text(root, ns + "GenDate")),
        _msg_id(child_text(root, ns + "Id")),
        _read_hcp(child(root, ns + "Sender"), ns),
        _read_hcp(child(root, ns + "Receiver"), ns),
        child_code(root, ns + "Status"),
        tuple(code for part in children(root, ns + "Error") if (code := code_of(part)) is not None),
        Original(
            child_code(original, ns + "MsgType"),
            child_text(original, ns + "IssueDate"),
            _msg_id(child_text(original, ns + "Id")),
        ),
    )


def _msg_id(text: str | None) -> MsgId | None:
    return MsgId(text) if text is not None else None


def _read_hcp(element: Node | None, ns: str) -> Hcp:
    role = child_code(element, ns + "Role")
    hcp = child(element, ns + "HCP")
    inst = child(hcp, ns + "Inst")
    if inst is None:
        return Hcp(role)
    return Hcp(
        role,
        child_text(inst, ns + "Name"),
        _read_id(inst, ns),
        tuple(_read_unit(unit, ns) for unit in children(inst, ns + "Dept")),
        _read_additional(inst, ns),
        tuple(_read_unit(unit, ns) for unit in children(inst, ns + "HCPerson")),
        _read_address(child(hcp, ns + "Address"), ns),
    )


def _read_unit(element: Node, ns: str) -> Unit:
    return Unit(child_text(element, ns + "Name"), _read_id(element, ns), _read_additional(element, ns))


def _read_id(element: Node, ns: str) -> Ident | None:
    id_, type_ = child_text(element, ns + "Id"), child_code(element, ns + "TypeId")
    return Ident(id_, type_) if id_ is not None or type_ is not None else None


def _read_additional(element: Node, ns: str) -> tuple[Ident, ...]:
    return tuple(
        Ident(child_text(other, ns + "Id"), child_code(other, ns + "Type"))
        for other in children(element, ns + "AdditionalId")
    )


def _read_address(element: Node | None, ns: str) -> Address | None:
    if element is None:
        return None
    return Address(
        child_code(element, ns + "Type"),
        child_text(element, ns + "StreetAdr"),
        child_text(element, ns + "PostalCode"),
        child_text(element, ns + "City"),
        None,
        child_code(element, ns + "County"),
        child_code(element, ns + "Country"),
    )


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_apprec(receipt: AppRec) -> bytes:
    """The receipt as a UTF-8 document."""
    ns = clark(receipt.version.namespace)
    root = etree.Element(ns + "AppRec", nsmap={None: receipt.version.namespace})
    add_code(root, ns + "MsgType", receipt.msg_type)
    add_text(root, ns + "MIGversion", receipt.mig_version)
    add_text(root, ns + "SoftwareName", receipt.software_name)
    add_text(root, ns + "SoftwareVersion", receipt.software_version)
    add_text(root, ns + "GenDate", receipt.generated.text if receipt.generated is not None else None)
    add_text(root, ns + "Id", receipt.id.value if receipt.id is not None else None)
    _write_hcp(add(root, ns + "Sender"), receipt.sender, ns)
    _write_hcp(add(root, ns + "Receiver"), receipt.receiver, ns)
    add_code(root, ns + "Status", receipt.status)
    for code in receipt.errors:
        add_code(root, ns + "Error", code)
    original = add(root, ns + "OriginalMsgId")
    add_code(original, ns + "MsgType", receipt.original.type)
    add_text(original, ns + "IssueDate", receipt.original.issued)
    add_text(original, ns + "Id", receipt.original.id.value if receipt.original.id is not None else None)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _write_hcp(element: Element, party: Hcp, ns: str) -> None:
    add_code(element, ns + "Role", party.role)
    hcp = add(element, ns + "HCP")
    inst = add(hcp, ns + "Inst")
    _write_named(inst, party.name, party.id, ns)
    for department in party.departments:
        unit = add(inst, ns + "Dept")
        _write_named(unit, department.name, department.id, ns)
        _write_additional(unit, department.additional, ns)
    _write_additional(inst, party.additional, ns)
    for person in party.persons:
        unit = add(inst, ns + "HCPerson")
        _write_named(unit, person.name, person.id, ns)
        _write_additional(unit, person.additional, ns)
    if party.address is not None:
        address = add(hcp, ns + "Address")
        add_code(address, ns + "Type", party.address.type)
        add_text(address, ns + "StreetAdr", party.address.street)
        add_text(address, ns + "PostalCode", party.address.postal_code)
        add_text(address, ns + "City", party.address.city)
        add_code(address, ns + "County", party.address.county)
        add_code(address, ns + "Country", party.address.country)


def _write_named(element: Element, name: str | None, ident: Ident | None, ns: str) -> None:
    add_text(element, ns + "Name", name)
    if ident is not None:
        add_text(element, ns + "Id", ident.id)
        add_code(element, ns + "TypeId", ident.type)


def _write_additional(element: Element, additional: tuple[Ident, ...], ns: str) -> None:
    for ident in additional:
        other = add(element, ns + "AdditionalId")
        add_text(other, ns + "Id", ident.id)
        add_code(other, ns + "Type", ident.type)
