"""Whether values are written as the data types want them: MH-036 to MH-040, MH-046, MH-051, PL-006, PL-016 to PL-021.

The head and the content are judged by different rows of the standards with the same meaning: the first by MH-036 and
MH-038, the second by PL-018 to PL-021. A code outside its list never refuses a received message: the list may have
grown (`plo.md` §3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from adapter.messages.namespaces import FK1, MH
from adapter.messages.reading import Reading
from adapter.messages.rules.places import in_info, root_of
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope
from adapter.messages.survey import CodedValue

BOOK: Final = RuleBook(Scope.HEAD)
_BLOCK, _WARN, _INFO = Consequence.BLOCK, Consequence.WARN, Consequence.INFO

_CS: Final[Mapping[str, tuple[str, ...]]] = {
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

_CV: Final[Mapping[str, tuple[str, ...]]] = {
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


def _values(reading: Reading, *, in_head: bool) -> Iterator[CodedValue]:
    if not in_head and reading.standard is None:
        return
    for value in reading.survey.values:
        if value.in_head is in_head:
            yield value


def _incomplete_cv(value: CodedValue) -> bool:
    """V, S and DN together, or free text (OT) alone (HISD 1165)."""
    code = value.code
    if code.v is None:
        return code.ot is None
    return code.s is None or code.dn is None


def _cv_faults(reading: Reading, *, in_head: bool) -> Iterator[Fault]:
    for value in _values(reading, in_head=in_head):
        if value.name in _CV and _incomplete_cv(value):
            yield Fault(f"{value.name} needs V, S and DN together, or only OT", value.element)


def _unknown_codes(reading: Reading, context: Context, *, in_head: bool) -> Iterator[Fault]:
    for value in _values(reading, in_head=in_head):
        lists, number = _CS.get(value.name), None
        if lists is None and value.name in _CV:
            number = _ALIASES.get(value.code.list or "", value.code.list)
            lists = (number,) if number is not None and number in _CV[value.name] else ()
        if not lists or value.code.v is None:
            continue
        if all(context.codes.refuses(known, value.code.v) for known in lists):
            yield Fault(f"{value.name} has a code that is not on list {' or '.join(lists)}", value.element)


@BOOK.rule("MH-036", "A CV in the head has V, S and DN; S is the right list", "HISD 1165", send=_BLOCK, receive=_WARN)
def head_cv(reading: Reading, _: Context) -> Iterator[Fault]:
    """A CS has no S, which the schema sees to."""
    yield from _cv_faults(reading, in_head=True)
    yield from _wrong_lists(reading, in_head=True)


@BOOK.rule(
    "MH-037",
    "No empty elements, no blanks around attribute values",
    "HISD 1165",
    send=_BLOCK,
    receive=_WARN,
)
def nothing_empty(reading: Reading, _: Context) -> Iterator[Fault]:
    """Received blanks are trimmed; an empty parent that a schema demands has rules of its own."""
    for element in reading.survey.empty:
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name not in _OWN_RULE and name not in _CS and name not in _CV:
            yield Fault("the element is empty; leave it out", element)
    for element in reading.survey.blanks:
        yield Fault("an attribute begins or ends with a blank; remove it", element)


@BOOK.rule("MH-038", "Codes in the head are on their lists", "HIS 80415:2012 §3.3.2", send=_BLOCK, receive=_INFO)
def head_codes(reading: Reading, context: Context) -> Iterator[Fault]:
    """Roles of receivers are MH-023's matter; a received unknown code is shown by its text."""
    yield from _unknown_codes(reading, context, in_head=True)
    for value in _values(reading, in_head=True):
        if value.name in _CS and value.code.v is None:
            yield Fault(f"{value.name} has no code; write V or leave it out", value.element)


@BOOK.rule("MH-039", "An address says something", "HIS 80601 §5", send=_WARN)
def address_filled(reading: Reading, _: Context) -> Iterator[Fault]:
    """At least one part; an Address that is empty altogether is MH-037's."""
    root = root_of(reading)
    for address in root.iter(MH + "Address", FK1 + "Address") if root is not None else ():
        parts = list(address)
        if parts and all(part.tag in {MH + "Type", FK1 + "Type"} for part in parts):
            yield Fault("the address has a type and nothing else; write the address or leave it out", address)


@BOOK.rule("MH-040", "A telephone or mail address has a known prefix and no blanks", "HISD 1165", send=_WARN)
def telecom_written_well(reading: Reading, _: Context) -> Iterator[Fault]:
    """tel:, fax:, mailto:; mob: occurs and is tolerated."""
    for value in reading.survey.values:
        address = value.code.v
        if value.name != "TeleAddress" or address is None:
            continue
        if not address.startswith(("tel:", "fax:", "mailto:", "mob:")) or " " in address:
            yield Fault("TeleAddress begins with tel:, fax: or mailto: and has no blanks", value.element)


BOOK.elsewhere(Needs.CONDUCT, "MH-046", "Characters that XML forbids are removed when building", "XML 1.0")
BOOK.elsewhere(Needs.CONDUCT, "MH-051", "Booleans are read as true, false, 1, 0 and sent as words", "XSD")


@BOOK.rule("PL-006", "DN of Type is the text of list 8279", "HIS 1143 to 1149 §4.1", send=_WARN)
def type_text(reading: Reading, context: Context) -> Iterator[Fault]:
    """Texts change between editions and are never compared when received."""
    type_ = reading.head.type if reading.head is not None else None
    if type_ is None or type_.v is None:
        return
    text = context.codes.text("8279", type_.v)
    if text is not None and type_.dn != text:
        yield Fault(f"DN of Type is not the text of the list, {text!r}", in_info(reading, "Type"))


BOOK.judged_as(("ID-013", "MH-036", "PL-018"), "PL-016", "Every Ident has Id, and TypeId with V and S", "AT-S 22")
BOOK.judged_as(("MH-037",), "PL-017", "Elements without information are not sent", "AT-S 11")


@BOOK.rule("PL-018", "A CV in the content has S with V and DN, or OT", "AT-S 14", send=_BLOCK, receive=_WARN)
def content_cv(reading: Reading, _: Context) -> Iterator[Fault]:
    """The list is told by S; without it the code says nothing."""
    return _cv_faults(reading, in_head=False)


@BOOK.rule("PL-019", "A CS in the content has V and DN", "AT-S 15", send=_BLOCK, receive=_WARN)
def content_cs(reading: Reading, _: Context) -> Iterator[Fault]:
    """The list is fixed by the element; the shipment status has rule PL-039."""
    for value in _values(reading, in_head=False):
        missing = value.code.v is None or value.code.dn is None
        if value.name in _CS and missing and (value.name, value.code.v) != ("Forsendelsesstatus", None):
            yield Fault(f"{value.name} needs V and DN", value.element)


@BOOK.rule(
    "PL-020", "A code in the content is on its list", "AT-S 12, 13; HIS 80704:2014 §4.4", send=_BLOCK, receive=_WARN
)
def content_codes(reading: Reading, context: Context) -> Iterator[Fault]:
    """Shown by its text when received. Another text than the list's is only told."""
    for fault in _unknown_codes(reading, context, in_head=False):
        name = fault.at.tag.rpartition("}")[2] if fault.at is not None and isinstance(fault.at.tag, str) else ""
        if name != "Forsendelsesstatus":
            yield fault
    for value in _values(reading, in_head=False):
        lists = _CS.get(value.name) or ((value.code.list or "",) if value.name in _CV else ())
        texts = {context.codes.text(number, value.code.v or "") for number in lists} - {None}
        if texts and value.code.dn is not None and value.code.dn not in texts:
            yield Fault(f"DN of {value.name} is not the text of the list", value.element, send=_INFO, receive=_INFO)


def _wrong_lists(reading: Reading, *, in_head: bool) -> Iterator[Fault]:
    for value in _values(reading, in_head=in_head):
        if value.name not in _CV or value.code.s is None:
            continue
        known = _CV[value.name]
        if value.code.list in known:
            continue
        names = f"{value.name} names another list than {' or '.join(known)} in S"
        alias = _ALIASES.get(value.code.list or "") in known
        yield Fault(names, value.element, receive=Consequence.ACCEPT if alias else None)


@BOOK.rule("PL-021", "S in the content is the OID of the list named", "HIS 80704:2014 §4.4", send=_BLOCK, receive=_WARN)
def content_lists(reading: Reading, _: Context) -> Iterator[Fault]:
    """Mistaken numbers of version 1.5 are accepted (`plo.md` X-21)."""
    return _wrong_lists(reading, in_head=False)
