"""What a report says about care: diagnoses, services, functions, aids, information given.

Components of the namespace poKomponent in versions 1.5 and 1.6 (`plo.md` §2.6). What only 1.6 has is None when read
from 1.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from adapter.messages.datatypes import Code, Timestamp
from adapter.messages.logistics import TimedEvent
from adapter.messages.parties import Person, Professional
from adapter.messages.reports.nursing import Accountable
from adapter.messages.reports.record import AllergyNote, Cave, JournalNote, JournalText
from adapter.messages.reports.table import epj1, epj2, po
from adapter.values import Moment


@dataclass(frozen=True, slots=True)
class ContentKind:
    """What kind of message it is (type innhold i melding): a code of list 9138, 9139 or 9140."""

    type: Annotated[Code | None, po("TypeInnhold")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class ConsultationKind:
    """What a message to the GP is about (innhold konsultasjon): a code of list 9137."""

    type: Annotated[Code | None, po("TypeInnholdKonsultasjon")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class OwnApplication:
    """Whether the patient has sent an application (opplysninger til søknad)."""

    sent: Annotated[bool | None, po("EgensoknadSendt")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A medical diagnosis (medisinsk diagnose): ICD-10 (7110) or ICPC-2 (7170, 7171), and words."""

    main: Annotated[bool | None, po("Hoveddiagnose")] = None
    code: Annotated[Code | None, po("Diagnosekode")] = None
    text: Annotated[str | None, po("DiagnoseBeskrivelse")] = None


# ── medical information ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class BloodType:
    """The patient's blood group (registrert blodtype; lists 9160, 9161)."""

    group: Annotated[Code | None, po("Blodtype")] = None
    rhesus: Annotated[Code | None, po("Rhesusgruppe")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class EarlierIllnessFacts:
    """An earlier illness in a few words, and whether it is a disability or chronic (tidligere sykdom, fragment)."""

    chronic: Annotated[bool | None, po("FunksjonshemmingKroniskSykdom")] = None
    illness: Annotated[str | None, po("TidligereSykdom")] = None
    code: Annotated[Code | None, po("Diagnosekode")] = None


@dataclass(frozen=True, slots=True)
class EarlierIllness:
    """An earlier illness (info tidligere sykdommer): facts, a text, or both (PL-070)."""

    facts: Annotated[EarlierIllnessFacts | None, po("TidligereSykdomFragment")] = None
    text: Annotated[JournalText | None, epj2("Journaltekst")] = None


@dataclass(frozen=True, slots=True)
class MedicalRecord:
    """Medical information (medisinskfaglige opplysninger)."""

    blood_type: Annotated[BloodType | None, po("RegistrertBlodtype")] = None
    earlier_illnesses: Annotated[tuple[EarlierIllness, ...], po("InfoTidligereSykdommer")] = ()
    cave: Annotated[Cave | None, epj1("Cave")] = None
    allergies: Annotated[tuple[AllergyNote, ...], epj1("Allerginotat")] = ()
    notes: Annotated[tuple[JournalNote, ...], epj2("GenereltJournalnotat")] = ()


@dataclass(frozen=True, slots=True)
class OtherImportant:
    """Other important information (info andre viktige opplysninger)."""

    notes: Annotated[tuple[JournalNote, ...], epj2("GenereltJournalnotat")] = ()
    allergies: Annotated[tuple[AllergyNote, ...], epj1("Allerginotat")] = ()


# ── services and functions ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class CurrentService:
    """A service that the patient receives (eksisterende tjeneste; list 9151), as every version tells it."""

    type: Annotated[Code | None, po("IPLOStjenestetype")] = None
    name: Annotated[str | None, po("BetegnelseTjeneste")] = None
    private: Annotated[bool | None, po("PrivatTjeneste")] = None
    delivered_by: Annotated[str | None, po("TjenestenLevertAv")] = None
    about: Annotated[str | None, po("OpplysningerOmTjenesten")] = None
    amount: Annotated[Decimal | None, po("AntallEnheter")] = None
    unit: Annotated[str | None, po("Enhet")] = None
    starts: Annotated[date | None, po("Startdato")] = None
    ends: Annotated[date | None, po("Sluttdato")] = None


@dataclass(frozen=True, slots=True)
class Service(CurrentService):
    """A service with a remark, up to 1.6."""

    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class ServiceNeed:
    """A service that the patient will need (tjenestebehov; list 9151)."""

    type: Annotated[Code | None, po("IPLOStjenestetype")] = None
    name: Annotated[str | None, po("BetegnelseTjeneste")] = None
    institution: Annotated[str | None, po("VedInstitusjon")] = None
    description: Annotated[str | None, po("BeskrivelseAvTjeneste")] = None
    amount: Annotated[Decimal | None, po("AntallEnheterOnsket")] = None
    unit: Annotated[str | None, po("Enhet")] = None


@dataclass(frozen=True, slots=True)
class FunctionSummary:
    """The function of the patient as a whole (samlet vurdering)."""

    care_load: Annotated[Decimal | None, po("Pleietyngde")] = None
    care_load_text: Annotated[str | None, po("VurderingPleietyngde")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class MappedFunction:
    """One function with its score (kartlagt funksjon; variables of list 9111)."""

    variable: Annotated[Code | None, po("Funksjonsvariabel")] = None
    score: Annotated[int | None, po("Vurdering")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class Functions:
    """How the patient manages (info kartlegging funksjonsnivå)."""

    summary: Annotated[FunctionSummary | None, po("SamletVurderingFunksjonsniva")] = None
    mapped: Annotated[tuple[MappedFunction, ...], po("KartlagtFunksjon")] = ()
    accountable: Annotated[Accountable | None, po("Ansvarlig")] = None


@dataclass(frozen=True, slots=True)
class DiagnosisPeriod:
    """From when until when a diagnosis holds (tidsperiode diagnose)."""

    starts: Annotated[date | None, po("StartdatoDiagnose")] = None
    ends: Annotated[date | None, po("SluttdatoDiagnose")] = None
    diagnosis: Annotated[Diagnosis | None, po("MedisinskDiagnose")] = None


@dataclass(frozen=True, slots=True)
class RegisterInformation:
    """What the municipal register IPLOS wants to know."""

    diagnoses: Annotated[tuple[DiagnosisPeriod, ...], po("TidsperiodeDiagnose")] = ()
    event: Annotated[TimedEvent | None, po("TidsfestetHendelse")] = None


# ── the patient's own matters ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AssistedCommunication:
    """How to talk with the patient or a relative (assistert kommunikasjon): interpreter, hearing, sight."""

    person: Annotated[Person | None, po("PersonTolkebehov")] = None
    hearing_loss: Annotated[bool | None, po("Horselsvikt")] = None
    sight_loss: Annotated[bool | None, po("Synsvikt")] = None
    language: Annotated[Code | None, po("BehovTolkSprak")] = None
    interpreter: Annotated[Person | None, po("PreferertTolk")] = None
    until: Annotated[Timestamp | None, po("BehovOpphortDato")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class InformationGiven:
    """That somebody was informed (informasjon gitt; list 9502)."""

    type: Annotated[Code | None, po("TypeInformasjon")] = None
    description: Annotated[str | None, po("BeskrivelseInformasjon")] = None
    spoken: Annotated[bool | None, po("MuntligInformasjon")] = None
    to: Annotated[Person | None, po("InformasjonGittTil")] = None
    on: Annotated[date | None, po("InformasjonGittDato")] = None
    by: Annotated[Professional | None, po("InformasjonGittAv")] = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """Something that the patient does not want (reservasjon, ønske)."""

    about: Annotated[str | None, po("Gjelder")] = None
    by: Annotated[Person | None, po("FramsattAv")] = None
    on: Annotated[date | None, po("FramsattDato")] = None
    withdrawn_by: Annotated[Person | None, po("TrukketTilbakeAv")] = None
    withdrawn_on: Annotated[date | None, po("TrukketTilbakeDato")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class PermanentAids:
    """Glasses, hearing aid, pacemaker (faste hjelpemidler; lists 9113, 9114)."""

    glasses: Annotated[Code | None, po("Briller")] = None
    hearing_aid: Annotated[Code | None, po("HjelpemiddelHorsel")] = None
    pacemaker: Annotated[bool | None, po("Pacemaker")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class Aid:
    """A technical aid (hjelpemiddelbeskrivelse)."""

    number: Annotated[int | None, po("Sekvensnummer")] = None
    code: Annotated[Code | None, po("HjelpemiddelkodeRTV")] = None
    name: Annotated[str | None, po("BetegnelseHjelpemiddel")] = None


@dataclass(frozen=True, slots=True)
class AidStatus:
    """Whether an aid is in use, applied for, and so on (status hjelpemiddel)."""

    status: Annotated[Code | None, po("Status")] = None
    aid: Annotated[Aid | None, po("Hjelpemiddelbeskrivelse")] = None


@dataclass(frozen=True, slots=True)
class Aids:
    """The aids of the patient (opplysninger om hjelpemidler)."""

    permanent: Annotated[tuple[PermanentAids, ...], po("FasteHjelpemidler")] = ()
    others: Annotated[tuple[AidStatus, ...], po("StatusHjelpemiddel")] = ()


@dataclass(frozen=True, slots=True)
class Absence:
    """That the receiver is away and where the message went instead (fraværsassistent); 1.5 only."""

    away: Annotated[bool | None, po("MottakerFravarende")] = None
    forwarded: Annotated[bool | None, po("MeldingVideresendt")] = None
    from_date: Annotated[date | None, po("FravarendeFraDato")] = None
    to_date: Annotated[date | None, po("FravarendeTilDato")] = None
    forwarded_to: Annotated[Professional | None, po("VideresendtTil")] = None
    remark: Annotated[str | None, po("Merknad")] = None


@dataclass(frozen=True, slots=True)
class Informed:
    """Who knows of an appointment (informert om)."""

    patient: Annotated[bool | None, po("PasientInformert")] = None
    relatives: Annotated[bool | None, po("ParorendeInformert")] = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """A control appointment that is booked, or not (informasjon om time). `duration` in minutes as written."""

    booked: Annotated[bool | None, po("BestiltKontrolltime")] = None
    at: Annotated[Moment | None, po("TidspunktTime")] = None
    duration: Annotated[int | None, po("Varighet")] = None
    place: Annotated[str | None, po("StedTime")] = None
    informed: Annotated[Informed | None, po("InformertOm")] = None


@dataclass(frozen=True, slots=True)
class AppointmentToBook:
    """A control appointment that somebody else has to book (kontrolltime bestill)."""

    by_patient_or_relatives: Annotated[bool | None, po("PasientParorendeBestiller")] = None
    informed: Annotated[Informed | None, po("InformertOm")] = None


@dataclass(frozen=True, slots=True)
class TentativeAppointment:
    """A control appointment whose time is only about known (informasjon om tentativ time); 1.6 only."""

    about_when: Annotated[str | None, po("TentativtTidspunktTime")] = None
    place: Annotated[str | None, po("StedTime")] = None
    remark: Annotated[str | None, po("Merknad")] = None
    informed: Annotated[Informed | None, po("InformertOm")] = None
