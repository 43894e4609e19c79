"""Which codes exist: the national code lists as data with a version, and the few codes that our models stand on.

The lists come as bytes in a layout of our own, one record per line, fields separated by tabs: `version DATE`,
`list NUMBER complete|open NAME`, `code V DN`. An open list is one of which only a part is known here (functions of
messages, languages) or nothing (ICD-10); a code outside it is never a finding. Texts are those of the code file of 2024
(`msghead.md` §5, `plo.md` §3); DN is filled in when building and never compared as a condition (`msghead.md` §5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from adapter.messages.datatypes import Code, cs, cv

_FIELDS = {"version": 2, "list": 4, "code": 3}


@dataclass(frozen=True, slots=True)
class CodeList:
    """One national code list: its number (the last part of the OID), English name, codes with their text."""

    number: str
    name: str
    complete: bool
    codes: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class CodeLists:
    """All code lists of one version; compared by identity, so that what was found out with them can be remembered."""

    version: str
    lists: Mapping[str, CodeList]

    @classmethod
    def parse(cls, content: bytes) -> CodeLists:
        """Read the lists; raises `ValueError` with the line number where the layout is broken."""
        version = ""
        lists: dict[str, CodeList] = {}
        codes: dict[str, str] = {}
        for number, line in enumerate(content.decode().splitlines(), 1):
            kind, *fields = line.split("\t")
            if len(fields) + 1 != _FIELDS.get(kind) or (kind == "code" and not lists):
                raise ValueError(f"code lists, line {number}: not a version, list or code record")
            if kind == "version":
                version = fields[0]
            elif kind == "list":
                codes = {}
                lists[fields[0]] = CodeList(fields[0], fields[2], fields[1] == "complete", MappingProxyType(codes))
            else:
                codes[fields[0]] = fields[1]
        return cls(version, MappingProxyType(lists))

    def text(self, number: str, v: str) -> str | None:
        """The Norwegian text (DN) of a code; None where the list or the code is not known."""
        found = self.lists.get(number)
        return found.codes.get(v) if found is not None else None

    def refuses(self, number: str, v: str) -> bool:
        """Whether the list is known completely and does not hold the code."""
        found = self.lists.get(number)
        return found is not None and found.complete and v not in found.codes

    def cs(self, number: str, v: str) -> Code:
        """The code with its text, for a place that fixes the list."""
        return cs(v, self.text(number, v))

    def cv(self, number: str, v: str) -> Code:
        """The code with its text and its list."""
        return cv(v, self.text(number, v), number)


class _Coded(StrEnum):
    """A code with its Norwegian text, so that models can be built without the lists."""

    dn: str

    def __new__(cls, v: str, dn: str) -> _Coded:
        member = str.__new__(cls, v)
        member._value_ = v
        member.dn = dn
        return member

    def cs(self) -> Code:
        return cs(self.value, self.dn)


class Event(_Coded):
    """What happened and when (hendelseskode, list 9121)."""

    ADMITTED = "1", "Pasient innlagt"
    DISCHARGED = "2", "Pasient utskrevet"
    READY = "3", "Pasient utskrivningsklar"
    WITHDRAWN = "4", "Avmelding av utskrivningsklar pasient"
    EXPECTED_READY = "5", "Forventet utskrivningsklar dato"
    DEAD = "13", "Pasienten er død"

    def cv(self) -> Code:
        return cv(self.value, self.dn, "9121")


class Status(_Coded):
    """Whether a message is new, changed or cancelled (forsendelsesstatus, list 7309; HISD 1154 ch. 2)."""

    NEW = "N", "Ny"
    CHANGED = "M", "Endring"
    CANCELLED = "C", "Kansellering"


class State(_Coded):
    """How the patient left (uttilstand, list 8431)."""

    ALIVE = "1", "Som levende"
    DEAD = "2", "Som død"
    SUICIDE = "3", "Suicid"

    def cv(self) -> Code:
        return cv(self.value, self.dn, "8431")


class Sex(_Coded):
    """Sex (kjønn, list 3101)."""

    UNKNOWN = "0", "Ikke kjent"
    MALE = "1", "Mann"
    FEMALE = "2", "Kvinne"
    UNSPECIFIED = "9", "Ikke spesifisert"


class ReceiptCode(_Coded):
    """The status of an application receipt (list 8258)."""

    OK = "1", "OK"
    REJECTED = "2", "Avvist"
    PARTLY = "3", "OK, feil i delmelding"


class IdType(_Coded):
    """The identifiers of persons (list 8116) and organisations (list 9051) that mean something to us."""

    FNR = "FNR", "Fødselsnummer"
    DNR = "DNR", "D-nummer"
    HNR = "HNR", "H-nummer"
    FHN = "FHN", "Felles hjelpenummer"
    DUF = "DUF", "DUF-nummer"
    HPR = "HPR", "HPR-nummer"
    HER = "HER", "HER-id"
    ENH = "ENH", "Organisasjonsnummeret i Enhetsregister"
    LAV = "LAV", "Lokal identifikator for avdelinger"
    LOK = "LOK", "Lokal identifikator uten nærmere angivelse"

    def of_person(self) -> Code:
        return cv(self.value, self.dn, "8116")

    def of_organisation(self) -> Code:
        return cv(self.value, self.dn, "9051")


XML_INSTANCE = cs("XML", "XML-instans")
ATTACHMENT = cs("A", "Vedlegg")
