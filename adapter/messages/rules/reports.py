"""Whether reports and health information say what they must: PL-001 to PL-004, PL-058 to PL-078, PL-094.

Judged on the elements themselves, whichever version of the component namespace they stand in (`plo.md` §2.5, §2.6).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapter.messages.datatypes import Timestamp, attribute, child, child_code, child_flag, child_text, code_of
from adapter.messages.kinds import Family
from adapter.messages.namespaces import EPJ2, FK1, local_name
from adapter.messages.nodes import Node
from adapter.messages.reading import Reading
from adapter.messages.rules.places import components, everywhere, in_payload, tagged
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope

BOOK: Final = RuleBook(Scope.PLO)
_BLOCK, _WARN = Consequence.BLOCK, Consequence.WARN

BOOK.judged_as(("MH-001", "MH-004"), "PL-001", "Well-formed XML, UTF-8 or ISO-8859-1 received, UTF-8 sent", "AT-S 4")
BOOK.judged_as(("XSD",), "PL-002", "Valid against the schemas of head and payload", "HIS 80704:2014 §4.1.1")
BOOK.judged_as(("MH-008",), "PL-003", "Type is a code of list 8279", "HIS 1143 to 1149 §4.1")
BOOK.judged_as(("MH-009",), "PL-004", "Type fits the namespace and root of the payload", "AT-S 23")
BOOK.judged_as(("MH-011",), "PL-008", "MsgId is there and was never used before", "AT-S 10; HISD 1154 §4.2")
BOOK.judged_as(("XSD",), "PL-009", "GenDate has a clock time", "AT-S 9")


def _kind_of_content(reading: Reading) -> str | None:
    code = child_code(child(reading.payload, reading.po + "TypeInnholdIMelding"), reading.po + "TypeInnhold")
    return code.v if code is not None else None


@BOOK.rule(
    "PL-058",
    "Helseopplysninger: new with 9140/1, changed with 9140/2",
    "HIS 1144 §4.3; HISD 1154",
    send=_BLOCK,
    receive=_WARN,
    scope=Scope.HEALTH_INFORMATION,
)
def first_or_update(reading: Reading, _: Context) -> Iterator[Fault]:
    """That it is the first of the stay needs the store; that status and kind agree does not."""
    status, kind = reading.status, _kind_of_content(reading)
    if (status, kind) in {("N", "2"), ("M", "1"), ("O", "1")}:
        place = in_payload(reading, "TypeInnholdIMelding", "TypeInnhold")
        yield Fault(
            "status and kind do not fit; write N with kind 1 for the first message, M with kind 2 for a later one",
            place,
        )


@BOOK.rule(
    "PL-059",
    "Helseopplysninger: an expected ready date (event 3 or 5) without clock",
    "HIS 80704:2014 §13.2.7; HIS 1144 §3",
    send=_BLOCK,
    receive=_WARN,
    scope=Scope.HEALTH_INFORMATION,
)
def expected_ready_date(reading: Reading, _: Context) -> Iterator[Fault]:
    """Both codes are read (`plo.md` X-3). Only 1.6 has a place for it."""
    if reading.standard is None or reading.standard.version != "1.6":
        return
    times = []
    for event in everywhere(reading, "TidsfestetHendelse"):
        code = child_code(event, reading.po + "Hendelsekode")
        if code is not None and code.v in {"3", "5"}:
            times.append(child(event, reading.po + "TidspunktForHendelse"))
    place = in_payload(reading, "OpplysningOpphold")
    if not times:
        yield Fault("there is no expected ready date; write event 3 with the date", place)
    elif any(Timestamp.read(attribute(time, "V") or "").has_clock for time in times):
        yield Fault("the expected ready date has a clock time; write the date only", place)


@BOOK.rule(
    "PL-060",
    "Helseopplysninger: patient status and expected course (9145/1 and 9145/2)",
    "HIS 1144 §3, §4.3",
    send=_BLOCK,
    receive=_WARN,
    scope=Scope.HEALTH_INFORMATION,
)
def status_and_course(reading: Reading, _: Context) -> Iterator[Fault]:
    """Headings of journal texts, wherever these stand."""
    if reading.payload is None or reading.standard is None or reading.standard.version != "1.6":
        return
    codes = [code_of(heading) for heading in tagged(reading, EPJ2 + "Overskriftskode")]
    found = {code.v for code in codes if code is not None and code.list == "9145"}
    for missing in sorted({"1", "2"} - found):
        name = {"1": "patient status", "2": "expected course"}[missing]
        yield Fault(f"there is no text with heading {missing} of list 9145 ({name}); write it", reading.payload)


BOOK.elsewhere(Needs.STORE, "PL-061", "Of several Helseopplysninger the last sent is valid", "HIS 1144 §1")
BOOK.elsewhere(Needs.CLOCK, "PL-062", "Innleggelsesrapport within 24 hours", "HIS 1143 §1")
BOOK.elsewhere(Needs.CLOCK, "PL-063", "Early notice accepted within 24 hours", "HIS 1144 §1; GUIDE §10.1")
BOOK.elsewhere(Needs.CLOCK, "PL-064", "The answer to readiness at once", "REG §11; GUIDE §9.4")
BOOK.elsewhere(Needs.CLOCK, "PL-065", "Discharge message and report on the discharge day", "HIS 1149 §3.5; HIS 1148 §1")
BOOK.elsewhere(Needs.STORE, "PL-066", "A discharge is accompanied by the discharge report", "HIS 1149 §3.5")


@BOOK.rule("PL-067", "Utskrivningsrapport: kind from list 9139", "HIS 1148 §4.3", send=_BLOCK, receive=_WARN)
def report_kind(reading: Reading, _: Context) -> Iterator[Fault]:
    """`11` is the discharge report, `12` the birth discharge summary."""
    if reading.standard is None or reading.standard.family is not Family.DISCHARGE_REPORT:
        return
    place = in_payload(reading, "TypeInnholdIMelding", "TypeInnhold")
    code = child_code(child(reading.payload, reading.po + "TypeInnholdIMelding"), reading.po + "TypeInnhold")
    if code is None or code.v not in {"11", "12"} or code.list != "9139":
        yield Fault("TypeInnhold is another code; write 11 or 12 of list 9139", place)


@BOOK.rule(
    "PL-068",
    "Orientering om tjenestetilbud: every service has a start date",
    "HIS 80704:2014 §12.2.2",
    send=_BLOCK,
    receive=_WARN,
    about=components("EksisterendeTjeneste"),
)
def service_starts(reading: Reading, _: Context) -> Iterator[Fault]:
    """Optional in the schema."""
    if reading.standard is None or reading.standard.family is not Family.SERVICES_OFFERED:
        return
    for service in everywhere(reading, "EksisterendeTjeneste"):
        if child_text(service, reading.po + "Startdato") is None:
            yield Fault("a service has no Startdato; write it", service)


@BOOK.rule(
    "PL-069",
    "A service has a type or a name",
    "HIS 80704:2014 §8.2.21, §12.2.2",
    send=_BLOCK,
    receive=_WARN,
    about=components("EksisterendeTjeneste", "TjenesteBehov"),
)
def service_named(reading: Reading, _: Context) -> Iterator[Fault]:
    """That a coded one has both V and DN is PL-018's."""
    for name in ("EksisterendeTjeneste", "TjenesteBehov"):
        for service in everywhere(reading, name):
            if (
                child(service, reading.po + "IPLOStjenestetype") is None
                and child_text(service, reading.po + "BetegnelseTjeneste") is None
            ):
                yield Fault(
                    "a service has neither IPLOStjenestetype nor BetegnelseTjeneste; write one of them", service
                )


def _told_when_empty(reading: Reading, name: str) -> Iterator[Node]:
    for element in everywhere(reading, name):
        if not element.children:
            yield element


@BOOK.rule(
    "PL-070",
    "InfoTidligereSykdommer holds something",
    "schema annotation 1.6",
    send=_BLOCK,
    receive=_WARN,
    about=components("InfoTidligereSykdommer"),
)
def earlier_illness(reading: Reading, _: Context) -> Iterator[Fault]:
    """A fragment, a text or both."""
    for element in _told_when_empty(reading, "InfoTidligereSykdommer"):
        yield Fault("InfoTidligereSykdommer is empty; fill it or leave it out", element)


@BOOK.rule(
    "PL-071",
    "TilleggsinfoKontaktepisode holds something",
    "HIS 80704:2014 §8.2.20",
    send=_BLOCK,
    about=components("TilleggsinfoKontaktepisode"),
)
def contact_episode(reading: Reading, _: Context) -> Iterator[Fault]:
    """A component of 1.5 and 1.6 that no message uses."""
    for element in _told_when_empty(reading, "TilleggsinfoKontaktepisode"):
        yield Fault("TilleggsinfoKontaktepisode is empty; fill it or leave it out", element)


@BOOK.rule(
    "PL-072",
    "A booked appointment has a time",
    "HIS 80704:2014 §8.2.13",
    send=_BLOCK,
    receive=_WARN,
    about=components("InformasjonOmTime"),
)
def appointment_time(reading: Reading, _: Context) -> Iterator[Fault]:
    """TidspunktTime when BestiltKontrolltime is true."""
    for appointment in everywhere(reading, "InformasjonOmTime"):
        booked = child_flag(appointment, reading.po + "BestiltKontrolltime")
        if booked and child_text(appointment, reading.po + "TidspunktTime") is None:
            yield Fault("an appointment is booked and has no TidspunktTime; write when it is", appointment)


@BOOK.rule(
    "PL-073",
    "A birth year of relatives only for children under 18",
    "HIS 80704:2014 §5.2.9",
    send=_BLOCK,
    receive=_WARN,
    about=components("FodselsarMindrearigParorende"),
)
def child_relative(reading: Reading, _: Context) -> Iterator[Fault]:
    """Counted in years from GenDate; the year of the eighteenth birthday passes."""
    generated = reading.parts.generated
    for year in everywhere(reading, "FodselsarMindrearigParorende"):
        text = (year.text or "")[:4]
        if generated is not None and text.isdigit() and generated.day.year - int(text) > 18:
            yield Fault("FodselsarMindrearigParorende is given for an adult; leave it out", year)


@BOOK.rule(
    "PL-074",
    "SvarPaaForesporsel is true if and only if there is a Foresporsel",
    "HIS 80704:2014 §5.2.2",
    send=_BLOCK,
    receive=_WARN,
    about=components("SvarPaaForesporsel", "Foresporsel"),
)
def answers_request(reading: Reading, _: Context) -> Iterator[Fault]:
    """The copy of the request and the mark belong together. Version 2.0 has the mark alone."""
    if reading.standard is not None and reading.standard.version == "2.0":
        return
    for info in everywhere(reading, "InformasjonOmForsendelsen"):
        marked = child_flag(info, reading.po + "SvarPaaForesporsel") is True
        if marked != (child(info, reading.po + "Foresporsel") is not None):
            yield Fault("SvarPaaForesporsel and Foresporsel stand together or not at all; write the missing one", info)


BOOK.elsewhere(
    Needs.STORE, "PL-075", "Foresporsel is the copy of the request", "HIS 80704:2014 §5.2.3; HIS 80603:2017 §5.1.1"
)


@BOOK.rule(
    "PL-076",
    "Health professionals have a profession",
    "HIS 80704:2014 §5.2.7, §5.2.12",
    send=_BLOCK,
    receive=_WARN,
    about=components("AnsvarligRapport", "Kontaktperson"),
)
def professions(reading: Reading, _: Context) -> Iterator[Fault]:
    """List 9060; contacts and those who answer for the report."""
    for name in ("AnsvarligRapport", "Kontaktperson"):
        for person in everywhere(reading, name):
            if FK1 + "TypeHealthcareProfessional" not in person.first:
                yield Fault(
                    "a health professional has no TypeHealthcareProfessional; write the code of list 9060", person
                )


@BOOK.rule(
    "PL-077",
    "A responsible person or unit is named, with a telephone number",
    "HITS 1174 §5.1.2, §5.1.3",
    send=_BLOCK,
    receive=_WARN,
)
def somebody_to_call(reading: Reading, _: Context) -> Iterator[Fault]:
    """On one of them."""
    for name in ("Kontaktenhet", "AnsvarligRapport"):
        for place in everywhere(reading, name):
            if FK1 + "TeleCom" in place.first:
                return
    says = "neither TilknyttetEnhet nor AnsvarForRapport has a telephone number; write one"
    yield Fault(says, in_payload(reading, "TilknyttetEnhet"))


@BOOK.rule(
    "PL-078",
    "The GP as contact has role 6 and a name",
    "HITS 1174 §5.1.5",
    send=_BLOCK,
    receive=_WARN,
    about=components("Kontaktperson"),
)
def gp_contact(reading: Reading, _: Context) -> Iterator[Fault]:
    """A contact with role 6; whether the GP is the sender needs the register."""
    for person in everywhere(reading, "Kontaktperson"):
        role = child_code(person, FK1 + "RoleToPatient")
        if role is not None and role.v == "6" and child_text(person, FK1 + "FamilyName") is None:
            yield Fault("the GP is a contact without name; write FamilyName", person)


@BOOK.rule("PL-094", "Every EPJ component has an id of its own", "XSD; HIS 80704:2014 §4.5", send=_BLOCK)
def component_ids(reading: Reading, _: Context) -> Iterator[Fault]:
    """komponentID is demanded by the schema, that it is unique in the message is not."""
    seen: set[str] = set()
    for node in reading.nodes.all if reading.nodes is not None else ():
        if "komponentID" not in node.attributes:
            continue
        identity = node.attributes["komponentID"]
        if identity in seen:
            yield Fault(f"komponentID of {local_name(node.tag)} stands twice in the message; give each its own", node)
        seen.add(identity)
