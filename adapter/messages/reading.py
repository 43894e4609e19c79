"""What a document is: a business message, a receipt, an envelope, or something else; and what it says, as far as known.

`understand` parses and reads without judging; `read.read` adds the findings. The original bytes stay in the `Reading`
and are what is stored and sent on; nothing read is ever serialised again (`msghead.md` §7.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from adapter.errors import ErrorKind
from adapter.messages.apprec import AppRec, AppRecVersion, read_apprec
from adapter.messages.codes import CodeLists, IdType
from adapter.messages.datatypes import attribute, child, child_code, child_text, children
from adapter.messages.dialog import Dialog, is_dialog, read_dialog
from adapter.messages.findings import Finding, has_errors
from adapter.messages.head import Head, HeadParts, first_payload
from adapter.messages.identifiers import Flaw, PersonNumber, Series, hpr_number, organisation_number, person_number
from adapter.messages.kept import kept
from adapter.messages.kinds import Content, Kind, content_around, content_of_namespace, kind_of
from adapter.messages.logistics import Logistics, Usage, Version, is_logistics, read_logistics, read_usage, top_20
from adapter.messages.namespaces import (
    DIALOG_10_NS,
    DIALOG_11_NS,
    FK1_NS,
    MH,
    MSGHEAD_NS,
    SOAP_NS,
    clark,
)
from adapter.messages.nodes import Node, Nodes
from adapter.messages.reports.messages import Report, is_report, read_report
from adapter.messages.value_flaws import FlawedValue, flawed_values
from adapter.messages.xml import NotParsedError, Tree, parse, tag_of


class Recognised(StrEnum):
    """What kind of document it is."""

    BUSINESS = "business"
    """a message with the common head (MsgHead)"""
    APPREC = "apprec"
    """an application receipt"""
    ENVELOPE = "envelope"
    """an ebXML envelope (SOAP)"""
    UNKNOWN = "unknown"
    """well-formed XML of another kind"""
    UNREADABLE = "unreadable"
    """no XML that we read"""


Message = Logistics | Dialog | Report
"""The contents that have a model."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a document could not be parsed: the row of the error catalogue, and the position or the limit."""

    kind: ErrorKind
    detail: str
    line: int | None = None


_SERIES = frozenset(Series)


def _flaw_of(text: str | None, type_: str | None) -> IdentFlaw | None:
    if text is None:
        return IdentFlaw.NO_ID
    if type_ is None:
        return IdentFlaw.NO_TYPE
    if type_ == "ENH" and not organisation_number(text):
        return IdentFlaw.ORGANISATION_NUMBER
    if type_ == "HPR" and not hpr_number(text):
        return IdentFlaw.HPR_NUMBER
    return None


_IDENTS: Final = tuple(
    (clark(namespace) + "Ident", clark(inside) + "Id", clark(inside) + "TypeId")
    for namespace, inside in (
        (MSGHEAD_NS, MSGHEAD_NS),
        (FK1_NS, FK1_NS),
        (DIALOG_10_NS, FK1_NS),
        (DIALOG_11_NS, FK1_NS),
    )
)
"""The tags of an identifier and of its parts."""


class IdentFlaw(StrEnum):
    """What can be wrong with an identifier of anybody that has a TypeId; the value says it."""

    NO_ID = "an identifier has no Id; write it or leave the Ident out"
    NO_TYPE = "an identifier has no type; write V in TypeId"
    ORGANISATION_NUMBER = (
        "an organisation number cannot be right; write its 9 digits, the last of which is a control digit"
    )
    HPR_NUMBER = "an HPR number is not 1 to 9 digits; write the digits alone"
    OTHERS_LENGTH = "the number of another person than the patient is not 11 digits; correct it or leave the Ident out"
    OTHERS_DIGITS = (
        "the control digits in the number of another person than the patient do not fit; correct it or leave it out"
    )
    OTHERS_DATE = (
        "the date in the number of another person than the patient does not exist; correct it or leave the Ident out"
    )
    PADDED_NUMBER = "a number has white space around it, which not every receiver takes off; write its digits alone"
    PADDED_HER = "a HER-id has white space around it, which not every receiver takes off; write its digits alone"


_OTHERS: Final[Mapping[Flaw, IdentFlaw]] = {
    Flaw.LENGTH: IdentFlaw.OTHERS_LENGTH,
    Flaw.CONTROL_DIGITS: IdentFlaw.OTHERS_DIGITS,
    Flaw.DATE: IdentFlaw.OTHERS_DATE,
}
"""What a flaw is in the number of a next of kin, an interpreter, a professional: no message hangs on it."""

_PADDED: Final[Mapping[str, IdentFlaw]] = {
    IdType.HER: IdentFlaw.PADDED_HER,
    IdType.ENH: IdentFlaw.ORGANISATION_NUMBER,
    **dict.fromkeys(Series, IdentFlaw.PADDED_NUMBER),
}
"""What white space around an identifier of the head is, by the type that it has."""


@dataclass(frozen=True, slots=True)
class FlawedIdent:
    """An identifier with something wrong, and where it stands."""

    flaw: IdentFlaw
    node: Node


@dataclass(frozen=True, slots=True)
class PatientNumber:
    """An identifier of the patient: the type it is declared as, what it can be, where it stands."""

    declared: str
    judged: PersonNumber | Flaw
    node: Node


@dataclass(frozen=True)
class Reading:
    """A document as read. What does not apply to its kind is None. Without slots, so that what is looked for is kept.

    The document is parsed; what it says is read when it is first asked for, and only as much as is asked for.
    """

    content: bytes
    recognised: Recognised
    tree: Tree | None = None
    refusal: Refusal | None = None
    findings: tuple[Finding, ...] = ()

    @kept
    def nodes(self) -> Nodes | None:
        """The document laid out."""
        return Nodes(self.tree.getroot()) if self.tree is not None else None

    @kept
    def head(self) -> Head | None:
        """The common head of a business message."""
        return self.parts.whole() if self.recognised is Recognised.BUSINESS else None

    @kept
    def parts(self) -> HeadParts:
        """The head part by part, of which the rules need only some; every part is missing in what has no head."""
        is_business = self.recognised is Recognised.BUSINESS
        return HeadParts(self.nodes.root if self.nodes is not None and is_business else None)

    @kept
    def payload(self) -> Node | None:
        """The first element in the Content of the first document of a business message."""
        is_business = self.recognised is Recognised.BUSINESS
        return first_payload(self.nodes.root) if self.nodes is not None and is_business else None

    @kept
    def standard(self) -> Content | None:
        """The content standard that the payload, or the receipt, belongs to."""
        if self.recognised is Recognised.APPREC and self.apprec is not None:
            return content_of_namespace(self.apprec.version.namespace)
        return content_around(self.payload.tag) if self.payload is not None else None

    @kept
    def po(self) -> str:
        """The component namespace of the content in Clark notation; matches nothing outside PLO."""
        return clark(self.standard.components if self.standard is not None else "")

    @kept
    def kind(self) -> Kind | None:
        """The row of MsgInfo/Type; None for a type that is only carried."""
        type_ = self.parts.type
        return kind_of(type_.v) if type_ is not None and type_.v is not None else None

    @kept
    def message(self) -> Message | None:
        """The model of the payload, where we have one."""
        payload = self.payload
        if payload is None:
            return None
        if self.usage is not None:
            return read_logistics(payload, self.usage)
        if is_dialog(payload.tag):
            return read_dialog(payload)
        return read_report(payload) if is_report(payload.tag) else None

    @kept
    def usage(self) -> Usage | None:
        """What a logistics message has of its own; the rules need no more of it."""
        payload = self.payload
        return read_usage(payload) if payload is not None and is_logistics(payload.tag) else None

    @kept
    def apprec(self) -> AppRec | None:
        """An application receipt."""
        is_receipt = self.recognised is Recognised.APPREC
        return read_apprec(self.nodes.root) if self.nodes is not None and is_receipt else None

    def flawed_values(self, codes: CodeLists) -> tuple[FlawedValue, ...]:
        """The values with which something is wrong; found once for all the rules that ask."""
        found = self._flawed_values.get(codes)
        if found is None:
            found = self._flawed_values[codes] = flawed_values(self.nodes.all if self.nodes is not None else (), codes)
        return found

    @kept
    def _flawed_values(self) -> dict[CodeLists, tuple[FlawedValue, ...]]:
        return {}

    @kept
    def status(self) -> str | None:
        """The shipment status of a nursing and care message, as written."""
        if self.standard is None or self.payload is None or not self.standard.is_plo:
            return None
        top = top_20(self.payload) if self.standard.version == Version.V2_0 else self.payload
        code = child_code(child(top, self.po + "InformasjonOmForsendelsen"), self.po + "Forsendelsesstatus")
        return code.v if code is not None else None

    @kept
    def flawed_idents(self) -> tuple[FlawedIdent, ...]:
        """Every identifier of the document that has a TypeId and something wrong."""
        found = []
        for tag, id_tag, type_tag in _IDENTS:
            for ident in self.nodes.by_tag.get(tag, ()) if self.nodes is not None else ():
                type_ = ident.first.get(type_tag)
                if type_ is None:
                    continue
                written, declared = ident.first.get(id_tag), attribute(type_, "V")
                flaw = _flaw_of(written.text if written is not None else None, declared)
                if flaw is None and declared in _SERIES and ident not in self._idents_of_patient:
                    judged = person_number((written.text if written is not None else None) or "")
                    flaw = _OTHERS[judged] if isinstance(judged, Flaw) else None
                if (
                    flaw is None
                    and tag == MH + "Ident"
                    and written is not None
                    and written.element.text != written.text
                ):
                    flaw = _PADDED.get(declared or "")
                if flaw is not None:
                    found.append(FlawedIdent(flaw, ident))
        return tuple(found)

    @kept
    def patient_numbers(self) -> tuple[PatientNumber, ...]:
        """Every identifier of the patient that is of an 11-digit series, judged."""
        found = []
        for node in self._idents_of_patient:
            declared, number = child_code(node, MH + "TypeId"), child_text(node, MH + "Id")
            if number is not None and declared is not None and declared.v in _SERIES:
                found.append(PatientNumber(declared.v, person_number(number), node))
        return tuple(found)

    @kept
    def _idents_of_patient(self) -> list[Node]:
        place = child(self.nodes.root if self.nodes is not None else None, MH + "MsgInfo", MH + "Patient")
        return children(place, MH + "Ident")

    def with_findings(self, findings: tuple[Finding, ...]) -> Reading:
        """The same document, judged."""
        judged = Reading.__new__(Reading)
        judged.__dict__.update(self.__dict__, findings=findings)
        return judged

    @property
    def valid(self) -> bool:
        """Whether no finding is an error."""
        return not has_errors(self.findings)

    @kept
    def type(self) -> str | None:
        """The code of MsgInfo/Type, `APPREC` for a receipt, None where there is none."""
        if self.recognised is Recognised.APPREC:
            return "APPREC"
        return self.parts.type.v if self.parts.type is not None else None

    @property
    def name(self) -> str | None:
        """Our English name of the message type."""
        if self.apprec is not None:
            return "apprec"
        return self.kind.name if self.kind is not None else None


def understand(content: bytes) -> Reading:
    """Parse a document and tell what it is; what it says is read when it is asked for. Never raises."""
    try:
        tree = parse(content, bare=True)
    except NotParsedError as error:
        return Reading(content, Recognised.UNREADABLE, refusal=Refusal(error.kind, error.detail, error.line))
    return Reading(content, _RECOGNISED.get(tag_of(tree.getroot()), Recognised.UNKNOWN), tree)


_RECOGNISED: Final = {
    MH + "MsgHead": Recognised.BUSINESS,
    **{clark(version.namespace) + "AppRec": Recognised.APPREC for version in AppRecVersion},
    clark(SOAP_NS) + "Envelope": Recognised.ENVELOPE,
}
"""What a document is, by its root."""
