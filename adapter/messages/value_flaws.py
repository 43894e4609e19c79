"""What is wrong with one value: empty, with blanks, incomplete, not on its list, of another list, with another text.

The answer for a value depends on nothing but the place, the value and the code lists, so it is found once for all
the messages that repeat the same few codes. Only coded values are remembered: a date, a telephone number or a free text
is a patient's, and no longer here than its message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from adapter.messages.codes import CodeLists
from adapter.messages.datatypes import Code
from adapter.messages.namespaces import MSGHEAD_NS, local_name, namespace_of
from adapter.messages.nodes import Node


class Flaw(StrEnum):
    """What can be wrong with a value."""

    EMPTY = "is empty; fill it or leave it out"
    BLANK = "has an attribute that begins or ends with a blank; remove it"
    ADDRESS = "is no address; begin with tel:, fax: or mailto:, and write no blanks"

    CV_INCOMPLETE = "is not whole; write V, S and DN together, or only OT"
    NO_CODE = "has no code; write V or leave it out"
    NO_TEXT = "has no text; write DN"
    UNKNOWN_CODE = "has a code that is not on its list; take one that is"
    OTHER_LIST = "names a list in S that is none of its own; write the OID of its list"
    MISTAKEN_LIST = "names the list that version 1.5 printed by mistake; write the OID of its own"
    OTHER_TEXT = "has a DN that is not the text of the list; write that text"


CS_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Ack": ("7304",),
    "AdmStatus": ("9083",),
    "AnafylaktiskeReaksjoner": ("1103",),
    "Atc": ("7180",),
    "BehovTolkSprak": ("3303",),
    "Blodtype": ("9160",),
    "Briller": ("9113",),
    "Bruk": ("9101",),
    "ComMethod": ("8235",),
    "Compression": ("1204",),
    "Country": ("9043",),
    "County": ("3402",),
    "DocumentConnection": ("4702",),
    "FasteUkedager": ("9082",),
    "Forsendelsesstatus": ("7309",),
    "Hastegrad": ("9067",),
    "HjelpemiddelHorsel": ("9114",),
    "InngaarIMultidose": ("9103",),
    "KategoriHelsepersonell": ("9060",),
    "Legemiddelform": ("7448", "9078"),
    "MsgType": ("8114",),
    "Nationality": ("9043",),
    "Omsorgsfunksjon": ("9050",),
    "ProcessingStatus": ("8113",),
    "RequestedPriority": ("8115",),
    "Rhesusgruppe": ("9161",),
    "SarskilteTiltak": ("9136",),
    "Sex": ("3101",),
    "SivilStatus": ("8724",),
    "Slektskap": ("9033",),
    "Sprak": ("3303",),
    "StatusTilForskrivningen": ("9104",),
    "TypeHealthcareProfessional": ("9060",),
    "TypeInnholdKonsultasjon": ("9137",),
    "TypeTelecom": ("9061", "8110"),
    "Utleveringsform": ("9135",),
}
"""The code lists of elements whose list is fixed by their name (CS), from `codes.tsv` and the content models."""

CV_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Consent": ("9064", "3109"),
    "Diagnosekode": ("7110", "7170", "7171"),
    "Formål": ("9068",),
    "Funksjonsområde": ("9536",),
    "Funksjonsvariabel": ("9111",),
    "Hendelsekode": ("9121",),
    "IPLOStjenestetype": ("9151",),
    "Opplysning": ("8329",),
    "Overskriftskode": ("9141", "9142", "9143", "9145"),
    "RoleToPatient": ("9034",),
    "RolleNotat": ("9057",),
    "TemaKodet": ("9155", "7322", "9069", "8117", "7321"),
    "TypeForesp": ("9152", "9153", "9154", "8331"),
    "TypeId": ("8116", "9051"),
    "TypeInformasjon": ("9502",),
    "TypeInnhold": ("9138", "9139", "9140"),
    "TypeJournalinfo": ("9066", "9065"),
    "TypeMottaker": ("8330",),
    "TypeOrganisation": ("9040",),
    "TypeRelasjon": ("8254",),
    "UtTil": ("8408",),
    "Uttilstand": ("8431",),
    "VirkestoffLegemiddel": ("7180",),
}
"""The code lists of elements that name their list themselves (CV)."""

_ALIASES: Final = {"7300": "8408", "9131": "9121"}
"""Lists named by mistake in the text of version 1.5, accepted when received (`plo.md` X-21)."""


_OWN_RULE: Final = frozenset(
    {
        "Type",
        "MIGversion",
        "Organisation",
        "Patient",
        "Content",
        "OtherReceiver",
        "Dialogmelding",
        "InfoTidligereSykdommer",
        "TilleggsinfoKontaktepisode",
        "TidspunktForHendelse",
    }
)
"""Elements whose emptiness another rule tells."""


Values = tuple[str | None, str | None, str | None, str | None]
"""V, DN, S and OT of a coded value, as written."""

_NOTHING: Final[Values] = (None, None, None, None)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is wrong with a value, the local name of its element, and whether it stands in the head."""

    name: str
    in_head: bool
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True, slots=True)
class FlawedValue:
    """A value with something wrong, and where it stands."""

    judged: Judged
    node: Node


def flawed_values(nodes: Iterable[Node], codes: CodeLists) -> tuple[FlawedValue, ...]:
    """The values of a document with which something is wrong; elements with nothing in them are values too."""
    found = []
    for node in nodes:
        attributes = node.attributes
        if attributes:
            get = attributes.get
            dn, other_text = get("DN"), get("OT")
            judge = judged if dn is None or other_text is not None else _judged_before
            value = judge(node.tag, (get("V"), dn, get("S"), other_text), False, codes)
        elif node.text is None and not node.children:
            value = _judged_before(node.tag, _NOTHING, True, codes)
        else:
            continue
        if value is not None:
            found.append(FlawedValue(value, node))
    return tuple(found)


def judged(tag: str, values: Values, bare: bool, codes: CodeLists) -> Judged | None:
    """Everything wrong with a value; None where nothing is, and outside the national namespaces, such as in XHTML.

    `bare` tells an element without anything in it from one with other attributes.
    """
    name, is_ours, in_head = _place(tag)
    if not is_ours:
        return None
    flaws: tuple[Flaw, ...] = ()
    for value in values:
        if value is not None and value != value.strip():
            flaws = (Flaw.BLANK,)
    if name in CS_LISTS:
        flaws += _of_cs(_code(values), CS_LISTS[name], codes)
    elif name in CV_LISTS:
        flaws += _of_cv(_code(values), CV_LISTS[name], codes)
    elif bare and name not in _OWN_RULE:
        flaws += (Flaw.EMPTY,)
    elif name == "TeleAddress" and (url := (values[0] or "").strip()) and not _is_address(url):
        flaws += (Flaw.ADDRESS,)
    return Judged(name, in_head, flaws) if flaws else None


_judged_before = lru_cache(maxsize=4096)(judged)


@lru_cache(maxsize=4096)
def _place(tag: str) -> tuple[str, bool, bool]:
    """The local name of an element, whether its namespace is a national one, and whether that is the head's."""
    namespace = namespace_of(tag)
    return local_name(tag), namespace.startswith(("http://www.kith.no/", "http://ehelse.no/")), namespace == MSGHEAD_NS


def _code(values: Values) -> Code:
    return Code(*((value.strip() or None) if value is not None else None for value in values))


def _is_address(url: str) -> bool:
    """mob: occurs and is tolerated (`msghead.md` §7.5)."""
    return url.startswith(("tel:", "fax:", "mailto:", "mob:")) and " " not in url


def _of_cs(code: Code, lists: tuple[str, ...], codes: CodeLists) -> tuple[Flaw, ...]:
    if code.v is None:
        return (Flaw.NO_CODE,)
    if code.dn is None:
        return (Flaw.NO_TEXT, *_on_list(code, lists, codes))
    return _on_list(code, lists, codes)


def _of_cv(code: Code, lists: tuple[str, ...], codes: CodeLists) -> tuple[Flaw, ...]:
    """V, S and DN together, or free text (OT) alone (HISD 1165)."""
    if code.v is None:
        return (Flaw.CV_INCOMPLETE,) if code.ot is None else ()
    incomplete = (Flaw.CV_INCOMPLETE,) if code.s is None or code.dn is None else ()
    if code.s is None:
        return incomplete
    if code.list in lists:
        return (*incomplete, *_on_list(code, (code.list,), codes))
    alias = _ALIASES.get(code.list or "")
    if alias in lists:
        return (*incomplete, Flaw.MISTAKEN_LIST, *_on_list(code, (alias,), codes))
    return (*incomplete, Flaw.OTHER_LIST)


def _on_list(code: Code, lists: tuple[str, ...], codes: CodeLists) -> tuple[Flaw, ...]:
    v = code.v or ""
    if all(codes.refuses(number, v) for number in lists):
        return (Flaw.UNKNOWN_CODE,)
    texts = {codes.text(number, v) for number in lists} - {None}
    return (Flaw.OTHER_TEXT,) if texts and code.dn is not None and code.dn not in texts else ()
