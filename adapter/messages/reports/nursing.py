"""What a report says about nursing and other professions: measures, assessments, goals, what the nurse tells.

Components of the namespace poKomponent in versions 1.5 and 1.6 (`plo.md` §2.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from adapter.messages.datatypes import Code
from adapter.messages.parties import Organisation, Professional
from adapter.messages.reports.record import JournalText, TransferMedicines
from adapter.messages.reports.table import Quantity, epj2, epj3, po
from adapter.values import Moment


@dataclass(frozen=True, slots=True)
class Accountable:
    """Who answers for something that was done or found, and when (ansvarlig)."""

    event: Annotated[Code | None, po("TypeHendelse")] = None
    at: Annotated[Moment | None, po("TidspunktForHendelse")] = None
    external: Annotated[bool | None, po("Ekstern")] = None
    professional: Annotated[Professional | None, po("AnsvarligTjenesteyter")] = None
    organisation: Annotated[Organisation | None, po("Virksomhet")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class MeasurePlan:
    """When a measure is to be carried out (planlagt gjennomføring; weekdays of list 9082)."""

    starts: Annotated[date | None, po("PlanlagtStart")] = None
    ends: Annotated[date | None, po("PlanlagtSlutt")] = None
    weekdays: Annotated[tuple[Code, ...], po("FasteUkedager")] = ()
    interval: Annotated[Quantity | None, po("GjentagelseIntervall")] = None
    when_needed: Annotated[bool | None, po("EtterBehov")] = None


@dataclass(frozen=True, slots=True)
class MeasureDone:
    """That a measure was carried out (gjennomføring av tiltak)."""

    at: Annotated[date | None, po("UtfortTidspunkt")] = None
    may_end: Annotated[bool | None, po("TiltakKanTermineres")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class Measure:
    """What was or should be done for the patient (tiltaksbeskrivelse)."""

    codes: Annotated[tuple[Code, ...], po("IntervensjonTiltakKode")] = ()
    description: Annotated[str | None, po("IntervensjonTiltakBeskrivelse")] = None
    profession: Annotated[Code | None, po("KategoriHelsepersonell")] = None
    keywords: Annotated[tuple[str, ...], po("Stikkord")] = ()
    evaluated: Annotated[date | None, po("EvalueringTidspunkt")] = None
    remark: Annotated[str | None, po("Merknad")] = None
    done: Annotated[tuple[MeasureDone, ...], po("GjennomforingAvTiltak")] = ()
    plan: Annotated[MeasurePlan | None, po("PlanlagtGjennomforingTiltak")] = None


@dataclass(frozen=True, slots=True)
class SingleAssessment:
    """The assessment of one area of function (enkeltvurdering; list 9536)."""

    area: Annotated[Code | None, po("Funksjonsområde")] = None
    code: Annotated[Code | None, po("KodetVurdering")] = None
    text: Annotated[str | None, po("VurderingTekst")] = None


@dataclass(frozen=True, slots=True)
class AssessmentContent:
    """What is assessed (innhold vurdering)."""

    about: Annotated[str | None, po("VurderingenGjelder")] = None
    keywords: Annotated[tuple[str, ...], po("Stikkord")] = ()
    from_date: Annotated[date | None, po("FraDato")] = None
    to_date: Annotated[date | None, po("TilDato")] = None
    profession: Annotated[Code | None, po("KategoriHelsepersonell")] = None
    single: Annotated[tuple[SingleAssessment, ...], po("Enkeltvurdering")] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """An assessment (info vurderinger)."""

    content: Annotated[AssessmentContent | None, po("InnholdVurdering")] = None
    texts: Annotated[tuple[JournalText, ...], epj2("Journaltekst")] = ()


@dataclass(frozen=True, slots=True)
class GoalContent:
    """What is hoped for (innhold måldokument)."""

    result: Annotated[Code | None, po("MaalForventetResultat")] = None
    degree: Annotated[Code | None, po("ForventetGradMaaloppnaaelse")] = None
    description: Annotated[str | None, po("Beskrivelse")] = None
    profession: Annotated[Code | None, po("KategoriHelsepersonell")] = None
    expected: Annotated[date | None, po("ForventesOppnaadd")] = None
    from_date: Annotated[date | None, po("FraDato")] = None
    to_date: Annotated[date | None, po("TilDato")] = None
    keywords: Annotated[tuple[str, ...], po("Stikkord")] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, or the result that is expected (info mål, forventet resultat)."""

    content: Annotated[GoalContent | None, po("InnholdMaaldokument")] = None
    texts: Annotated[tuple[JournalText, ...], epj2("Journaltekst")] = ()


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What matters for those who take over (opplysninger relevant for oppfølging); the two remarks 1.6 only."""

    dressing_material: Annotated[bool | None, po("BandasjemateriellEngangsutstyr")] = None
    help_with_medicines: Annotated[bool | None, po("HjelpLegemiddeladm")] = None
    change_of_function: Annotated[str | None, po("EndringFunksjonsnivaa")] = None
    dressing_remark: Annotated[str | None, po("MerknadTilBandasjemateriell")] = None
    medicines_remark: Annotated[str | None, po("MerknadTilLegemiddeladministrering")] = None


@dataclass(frozen=True, slots=True)
class FromNurse:
    """What the nurse tells (info fra sykepleier)."""

    follow_up: Annotated[FollowUp | None, po("OpplysningerRelevantOppfolging")] = None
    texts: Annotated[tuple[JournalText, ...], epj2("Journaltekst")] = ()


@dataclass(frozen=True, slots=True)
class MedicineInstructions:
    """How medicines are dispensed (adm. instrukser; lists 9135, 9136)."""

    form: Annotated[Code | None, po("Utleveringsform")] = None
    measures: Annotated[tuple[Code, ...], po("SarskilteTiltak")] = ()


@dataclass(frozen=True, slots=True)
class MedicineAgreement:
    """Whether somebody else handles the patient's medicines (avtale om administrering av legemidler)."""

    agreed: Annotated[bool | None, po("AvtaleAdmLegemidler")] = None
    multidose: Annotated[bool | None, po("AvtaleAdmMultidose")] = None
    remark: Annotated[str | None, po("Merknad")] = None
    instructions: Annotated[MedicineInstructions | None, po("AdmInstrukser")] = None
    measures: Annotated[tuple[Measure, ...], po("Tiltaksbeskrivelse")] = ()


@dataclass(frozen=True, slots=True)
class Nursing:
    """Nursing documentation (sykepleierdokumentasjon)."""

    from_nurse: Annotated[FromNurse | None, po("InfoFraSykepleier")] = None
    transfer_medicines: Annotated[TransferMedicines | None, epj3("LegemidlerAdministrertVedOverforing")] = None
    agreement: Annotated[MedicineAgreement | None, po("InfoAvtaleOmLegemiddeladm", "AvtaleOmAdmLegemidler")] = None
    assessments: Annotated[tuple[Assessment, ...], po("InfoVurderinger")] = ()
    taken: Annotated[tuple[Measure, ...], po("IverksatteTiltak", "Tiltaksbeskrivelse")] = ()
    recommended: Annotated[tuple[Measure, ...], po("AnbefaltVidereTiltak", "Tiltaksbeskrivelse")] = ()
    goals: Annotated[tuple[Goal, ...], po("InfoMaalForventetRes")] = ()
    accountable: Annotated[tuple[Accountable, ...], po("Ansvarlig")] = ()


@dataclass(frozen=True, slots=True)
class ProfessionReport:
    """The report of another profession (andre fagrapporter)."""

    started: Annotated[date | None, po("BehandlingStart")] = None
    at_admission: Annotated[str | None, po("StatusInnleggelse")] = None
    at_start: Annotated[str | None, po("StatusBehandlingsstart")] = None
    expected_at_discharge: Annotated[str | None, po("ForventetStatusUtskriving")] = None
    responsible: Annotated[Professional | None, po("AnsvarligRapport")] = None
    texts: Annotated[tuple[JournalText, ...], epj2("Journaltekst")] = ()


@dataclass(frozen=True, slots=True)
class OtherProfession:
    """What another profession tells (opplysninger andre faggrupper)."""

    report: Annotated[ProfessionReport | None, po("AndreFagrapporter")] = None
    recommended: Annotated[tuple[Measure, ...], po("AnbefaltVidereTiltak", "Tiltaksbeskrivelse")] = ()
    assessments: Annotated[tuple[Assessment, ...], po("InfoVurderinger")] = ()
