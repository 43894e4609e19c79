"""What the two reports of version 2.0 say: health information for case handling, and the summary.

Published as schemas only, not in use, and without a requirement document (`plo.md` §2.4.3, §8): what stands here is
what the schemas hold. The common top is an element of its own and comes after the kind of content. What both versions
share is in `care.py` and `record.py`; most components of 1.6 are gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from adapter.messages.datatypes import Code
from adapter.messages.logistics import Version
from adapter.messages.reports.care import (
    AidStatus,
    Appointment,
    AppointmentToBook,
    ContentKind,
    CurrentService,
    Diagnosis,
    OtherImportant,
    OwnApplication,
    TentativeAppointment,
)
from adapter.messages.reports.record import Cave, JournalNote
from adapter.messages.reports.table import FlowingText, epj1, epj2, one_of, po
from adapter.messages.top import NO_TOP, Top

_DIAGNOSES: Final = po("InfoMedisinskDiagnose", "MedisinskDiagnose", together=True)
_FUNCTIONS: Final = po("InfoKartleggingFunksjonsniva", "Funksjonsbeskrivelse", together=True)
_AIDS: Final = po("OpplysningerOmHjelpemidler", "StatusHjelpemiddel", together=True)
_TOP: Final = po("FellesAdministrativeOpplysninger")


@dataclass(frozen=True, slots=True)
class DescribedFunction:
    """How the patient manages one thing, in words (funksjonsbeskrivelse; variables of list 9111 or 9115)."""

    variable: Annotated[Code | None, po("Funksjonsvariabel")] = None
    text: Annotated[FlowingText | None, po("FunksjonsbeskrivelseTekst")] = None
    on: Annotated[date | None, po("Dato")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class IndividualPlan:
    """Whether there is an individual plan and a coordinator (opplysninger om individuell plan)."""

    exists: Annotated[bool | None, po("IndividuellPlanForeligger")] = None
    coordinator: Annotated[bool | None, po("KoordinatorOppnevnt")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class FollowUpFacts:
    """What matters for following the patient up (opplysninger relevant oppfølging)."""

    dressing_material: Annotated[bool | None, po("BandasjemateriellEngangsutstyr")] = None
    change_of_function: Annotated[str | None, po("EndringFunksjonsnivaa")] = None
    material_remark: Annotated[str | None, po("MerknadTilBandasjemateriell")] = None


# ── medicines ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MedicineHelp:
    """Help with handling medicines (bistand legemiddelhåndtering)."""

    help: Annotated[Code | None, po("HjelpTilLegemiddelhandtering")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class MedicinesHandedOut:
    """What was taken today and handed out at departure (legemidler utdelt)."""

    taken_today: Annotated[tuple[str, ...], po("LegemiddelinntakIDag")] = ()
    handed_out: Annotated[tuple[str, ...], po("LegemidlerUtdeltTilPasient")] = ()
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class MedicineAgreement:
    """Agreements on handing out medicines and on multidose packs (avtale om adm. legemidler)."""

    handing_out: Annotated[bool | None, po("AvtaleAdmLegemidler")] = None
    multidose: Annotated[bool | None, po("AvtaleAdmMultidose")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class MedicineReview:
    """When the medicines were reviewed and the lists reconciled (legemiddelgjennomgang)."""

    reviewed: Annotated[date | None, po("DatoLegemiddelgjennomgang")] = None
    reconciled: Annotated[date | None, po("DatoSamstemming")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class Prescribing:
    """How prescriptions were sent (reseptinformasjon)."""

    sent_along: Annotated[Code | None, po("ReseptSendtMed")] = None
    electronic: Annotated[bool | None, po("eResept")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class MedicineHandling:
    """Help with medicines and their review; the schema demands all five parts."""

    help: Annotated[MedicineHelp | None, po("BistandLegemiddelhandtering")] = None
    handed_out: Annotated[MedicinesHandedOut | None, po("LegemidlerUtdelt")] = None
    agreement: Annotated[MedicineAgreement | None, po("AvtaleOmAdmLegemidler")] = None
    review: Annotated[MedicineReview | None, po("Legemiddelgjennomgang")] = None
    prescribing: Annotated[Prescribing | None, po("Reseptinformasjon")] = None


# ── the reports ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class CaseHandlingInformation:
    """What the hospital tells the case handlers during a stay (helseopplysninger saksbehandling; list 9140).

    It has no dated event, so the expected ready date has no place of its own in this version.
    """

    version: Version
    content: Annotated[ContentKind | None, po("TypeInnholdIMelding")] = None
    top: Annotated[Top, _TOP] = NO_TOP
    application: Annotated[OwnApplication | None, po("OpplysningerTilSoknad")] = None
    diagnoses: Annotated[tuple[Diagnosis, ...], _DIAGNOSES] = ()
    cave: Annotated[Cave | None, epj1("Cave")] = None
    notes: Annotated[tuple[JournalNote, ...], epj2("GenereltJournalnotat")] = ()
    medicine_help: Annotated[MedicineHelp | None, po("BistandLegemiddelhandtering")] = None
    functions: Annotated[tuple[DescribedFunction, ...], _FUNCTIONS] = ()
    plan: Annotated[IndividualPlan | None, po("OpplysningerOmIndividuellPlan")] = None
    service: Annotated[CurrentService | None, po("EksisterendeTjeneste")] = None
    important: Annotated[OtherImportant | None, po("InfoAndreViktigeOpplysninger")] = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What is told of a period of care when it ends (sammenfatning; lists 9138, 9139)."""

    version: Version
    content: Annotated[ContentKind | None, po("TypeInnholdIMelding")] = None
    top: Annotated[Top, _TOP] = NO_TOP
    diagnoses: Annotated[tuple[Diagnosis, ...], _DIAGNOSES] = ()
    cave: Annotated[Cave | None, epj1("Cave")] = None
    notes: Annotated[tuple[JournalNote, ...], epj2("GenereltJournalnotat")] = ()
    medicines: Annotated[MedicineHandling | None, po("BistandLegemiddelhandteringOgGjennomgang")] = None
    functions: Annotated[tuple[DescribedFunction, ...], _FUNCTIONS] = ()
    plan: Annotated[IndividualPlan | None, po("OpplysningerOmIndividuellPlan")] = None
    follow_up: Annotated[FollowUpFacts | None, po("OpplysningerRelevantOppfolging")] = None
    service: Annotated[CurrentService | None, po("EksisterendeTjeneste")] = None
    important: Annotated[OtherImportant | None, po("InfoAndreViktigeOpplysninger")] = None
    appointments: Annotated[
        tuple[Appointment | AppointmentToBook | TentativeAppointment, ...],
        one_of(
            "po",
            "InfoKontrolltime",
            InformasjonOmTime=Appointment,
            KontrolltimeBestill=AppointmentToBook,
            InformasjonOmTentativTime=TentativeAppointment,
        ),
    ] = ()
    aids: Annotated[tuple[AidStatus, ...], _AIDS] = ()
