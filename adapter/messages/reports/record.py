"""What a report takes from the patient record: texts under headings, critical information, allergies, medicines.

The parts epj1, epj2 and epj3, the same in all versions (`plo.md` §2.5, §2.6). Each carries fixed marks and an id of its
own (`komponentID`), which is unique in the message (PL-094).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from adapter.messages.datatypes import Code, Timestamp
from adapter.messages.parties import Professional
from adapter.messages.reports.table import Component, Quantity, epj1, epj2, epj3, on, one_of


@dataclass(frozen=True, slots=True)
class RecordPart:
    """What every part carries: its id, a hint at further important information, its category as a word."""

    id: Annotated[str | None, on("komponentID")] = None
    important: Annotated[str | None, on("referanseViktigTilleggsinfo")] = None
    category: Annotated[str | None, on("m1:informasjonskategori")] = None


@dataclass(frozen=True, slots=True)
class JournalText:
    """A text under a heading (journaltekst); headings of lists 9141 (nursing), 9142 (medical), 9143, 9145 (course)."""

    heading: Annotated[Code | None, epj2("Overskriftskode")] = None
    text: Annotated[str | None, epj2("Notat")] = None
    remark: Annotated[str | None, epj2("Merknad")] = None


@dataclass(frozen=True, slots=True)
class JournalNote(RecordPart):
    """A note of the record (generelt journalnotat): texts under headings."""

    COMPONENT: ClassVar = Component("EPJ dokument", "2.16.578.1.12.4.1.6.13.11009.0")

    texts: Annotated[tuple[JournalText, ...], epj2("Journaltekst")] = ()


@dataclass(frozen=True, slots=True)
class Allergy:
    """What the patient is allergic to (allergi), and what has to be minded."""

    on_prescribing: Annotated[bool | None, epj1("HensynVedForskrivning")] = None
    food_or_drink: Annotated[bool | None, epj1("HensynMatDrikke")] = None
    contact: Annotated[bool | None, epj1("Kontaktallergi")] = None
    pollen_or_sting: Annotated[bool | None, epj1("PollenInnsektstikk")] = None
    allergic_to: Annotated[str | None, epj1("AllergiskMot")] = None
    substance: Annotated[Code | None, epj1("VirkestoffLegemiddel")] = None
    other_substance: Annotated[Code | None, epj1("KodeAnnetStoff")] = None
    anaphylaxis: Annotated[Code | None, epj1("AnafylaktiskeReaksjoner")] = None


@dataclass(frozen=True, slots=True)
class AllergyNote(RecordPart):
    """An allergy with its texts (allerginotat)."""

    COMPONENT: ClassVar = Component("EPJ dokument", "2.16.578.1.12.4.1.6.13.11036.1")

    texts: Annotated[tuple[JournalText, ...], epj2("Journaltekst")] = ()
    allergy: Annotated[Allergy | None, epj1("Allergi")] = None


@dataclass(frozen=True, slots=True)
class CaveKeyword:
    """One warning (cave) in a few words."""

    keyword: Annotated[str | None, epj1("CaveStikkord")] = None
    text: Annotated[JournalText | None, epj2("Journaltekst")] = None


@dataclass(frozen=True, slots=True)
class CaveSheet(RecordPart):
    """The list of warnings (sakshode cave)."""

    COMPONENT: ClassVar = Component("EPJ dokument", "2.16.578.1.12.4.1.6.13.10028.0")

    keywords: Annotated[tuple[CaveKeyword, ...], epj1("StikkordCave")] = ()


@dataclass(frozen=True, slots=True)
class Cave(RecordPart):
    """Critical information (cave): warnings and allergies."""

    COMPONENT: ClassVar = Component("EPJ sak", "2.16.578.1.12.4.1.6.14.50001.0")

    sheet: Annotated[CaveSheet | None, epj1("SakshodeCave")] = None
    allergies: Annotated[tuple[AllergyNote, ...], epj1("Allerginotat")] = ()


@dataclass(frozen=True, slots=True)
class PrescribedMedicine:
    """A medicine and how it is taken (forskrivningsinfo)."""

    purpose: Annotated[str | None, epj3("BruksomradeTekst")] = None
    dosage: Annotated[str | None, epj3("DosVeiledEnkel")] = None
    number: Annotated[str | None, epj3("Nr")] = None
    name: Annotated[str | None, epj3("Navn")] = None
    generic_name: Annotated[str | None, epj3("GeneriskNavn")] = None
    atc: Annotated[Code | None, epj3("Atc")] = None
    form: Annotated[Code | None, epj3("Legemiddelform")] = None
    strength: Annotated[Quantity | None, epj3("Styrke")] = None
    use: Annotated[Code | None, epj3("Bruk")] = None
    starts: Annotated[Timestamp | None, epj3("DoseringStarttidspunkt")] = None
    ends: Annotated[Timestamp | None, epj3("DoseringSluttidspunkt")] = None
    not_with_others: Annotated[bool | None, epj3("SkalIkkeTasSammenMedAnnetLegemiddel")] = None


@dataclass(frozen=True, slots=True)
class Prescription:
    """A prescription in short form (forenklet forskrivning): status (9104), multidose (9103), the medicine."""

    status: Annotated[Code | None, epj3("StatusTilForskrivningen")] = None
    multidose: Annotated[Code | None, epj3("InngaarIMultidose")] = None
    prescription_id: Annotated[str | None, epj3("ReseptId")] = None
    remark: Annotated[str | None, epj3("Merknad")] = None
    prescriber: Annotated[Professional | None, epj3("Forskriver")] = None
    medicine: Annotated[PrescribedMedicine | None, epj3("Forskrivningsinfo")] = None


@dataclass(frozen=True, slots=True)
class Medication(RecordPart):
    """One medicine that the patient uses or used (legemiddelinfo)."""

    COMPONENT: ClassVar = Component("EPJ dokument", "2.16.578.1.12.4.1.6.13.10301.0")

    prescription: Annotated[Prescription | None, epj3("ForenkletForskrivning")] = None


@dataclass(frozen=True, slots=True)
class AdministeredMedicine:
    """A medicine that was given by health personnel (adm. av helsepersonell) around the transfer."""

    dose: Annotated[Quantity | None, epj3("AdmEnkeltdose")] = None
    starts: Annotated[Timestamp | None, epj3("AdmStart")] = None
    ends: Annotated[Timestamp | None, epj3("AdmSlutt")] = None
    given_by: Annotated[Professional | None, epj3("AdministrertAv")] = None
    status: Annotated[Code | None, epj3("AdmStatus")] = None
    quantity: Annotated[str | None, epj3("AdministrertLegemiddel", "Kvantum")] = None
    medicine: Annotated[PrescribedMedicine | None, epj3("Forskrivningsinfo")] = None


@dataclass(frozen=True, slots=True)
class HandedOutMedicine:
    """A medicine that the patient was given along (egenadministrering), with the numbers of doses."""

    dose: Annotated[Quantity | None, epj3("AdmEnkeltdose")] = None
    starts: Annotated[Timestamp | None, epj3("AdmStart")] = None
    ends: Annotated[Timestamp | None, epj3("AdmSlutt")] = None
    given_by: Annotated[Professional | None, epj3("AdministrertAv")] = None
    doses: Annotated[tuple[int, ...], epj3("UtlevertLegemiddel", "AntEnkeltdoser")] = ()
    medicine: Annotated[PrescribedMedicine | None, epj3("Forskrivningsinfo")] = None


@dataclass(frozen=True, slots=True)
class TransferMedicines(RecordPart):
    """What was given and handed out at the transfer (legemidler administrert ved overføring), in the order written."""

    COMPONENT: ClassVar = Component("EPJ dokument", "2.16.578.1.12.4.1.6.13.10302.0")

    medicines: Annotated[
        tuple[AdministeredMedicine | HandedOutMedicine, ...],
        one_of("epj3", AdmAvHelsepersonell=AdministeredMedicine, Egenadministrering=HandedOutMedicine),
    ] = ()
