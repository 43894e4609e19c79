"""How the parts of a report's input become the parts of its model.

Every part of the patient record gets an id (komponentID) made of the MsgId and a number, so that it is unique in the
message and between messages, and building is repeatable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from adapter.messages.compose import Composer, telephone
from adapter.messages.datatypes import Code, Timestamp, cv
from adapter.messages.parties import Person, Professional
from adapter.messages.reports.care import (
    Appointment,
    AppointmentToBook,
    AssistedCommunication,
    Diagnosis,
    EarlierIllness,
    EarlierIllnessFacts,
    Functions,
    FunctionSummary,
    InformationGiven,
    Informed,
    MappedFunction,
    OtherImportant,
    Reservation,
    Service,
    ServiceNeed,
    TentativeAppointment,
)
from adapter.messages.reports.input_parts import (
    AllergyInput,
    AppointmentInput,
    CommunicationInput,
    DiagnosisCodeInput,
    DiagnosisInput,
    EarlierIllnessInput,
    FunctionInput,
    GivenMedicineInput,
    InformationInput,
    MedicineInput,
    NeedInput,
    NursingInput,
    NursingTextInput,
    PersonInput,
    ProfessionReportInput,
    RelativeInput,
    ReservationInput,
    ServiceInput,
    TextInput,
)
from adapter.messages.reports.lists import CLASSIFICATIONS, HEADINGS, MEDICINE_USES
from adapter.messages.reports.nursing import FollowUp, FromNurse, Measure, Nursing, OtherProfession, ProfessionReport
from adapter.messages.reports.record import (
    AdministeredMedicine,
    Allergy,
    AllergyNote,
    Cave,
    CaveKeyword,
    CaveSheet,
    HandedOutMedicine,
    JournalNote,
    JournalText,
    Medication,
    PrescribedMedicine,
    Prescription,
    TransferMedicines,
)
from adapter.messages.reports.table import Quantity
from adapter.messages.top import Relative
from adapter.values import parse_moment

_STOPPED: Final = "2"
_IN_MULTIDOSE: Final = {False: "1", True: "2"}


_Input = TypeVar("_Input")
_Part = TypeVar("_Part")


def each(several: Iterable[_Input], path: str, make: Callable[[_Input, str], _Part]) -> tuple[_Part, ...]:
    """Every part of a list, each told its JSON path."""
    return tuple(make(one, f"{path}[{index}]") for index, one in enumerate(several))


@dataclass(slots=True)
class Parts:
    """Composes parts and counts those of the patient record."""

    composer: Composer
    numbered: int = 0

    def _id(self) -> str:
        self.numbered += 1
        return f"{self.composer.msg_id}-{self.numbered}"

    def optional(self, number: str, v: str | None, path: str) -> Code | None:
        """A code of a list, where there is one."""
        return self.composer.code(number, v, path) if v is not None else None

    # ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def relative(self, one: RelativeInput, path: str) -> Relative:
        kinship = self.optional("9033", one.kinship, f"{path}.kinship")
        care = self.optional("9050", one.care_function, f"{path}.care_function")
        return Relative(
            Person(
                one.family_name,
                None,
                one.given_name,
                telecoms=(telephone(one.phone),) if one.phone is not None else (),
            ),
            kinship.without_list() if kinship is not None else None,
            care.without_list() if care is not None else None,
            str(one.child_born) if one.child_born is not None else None,
            one.remark,
        )

    def communication(self, one: CommunicationInput, path: str) -> AssistedCommunication:
        language = self.optional("3303", one.language, f"{path}.language")
        return AssistedCommunication(
            hearing_loss=one.hearing_loss,
            sight_loss=one.sight_loss,
            language=language.without_list() if language is not None else None,
            remark=one.remark,
        )

    def information(self, one: InformationInput, path: str) -> InformationGiven:
        return InformationGiven(
            self.optional("9502", one.type, f"{path}.type"),
            one.text,
            one.spoken,
            _person(one.to),
            one.day,
            self.composer.professional(one.by, f"{path}.by"),
        )

    def reservation(self, one: ReservationInput) -> Reservation:
        return Reservation(one.about, _person(one.by), one.day, remark=one.remark)

    # ── the record ──────────────────────────────────────────────────────────────────────────────────────────────────

    def text(self, one: TextInput | NursingTextInput, path: str) -> JournalText:
        number, v = HEADINGS[one.heading]
        return JournalText(self.composer.code(number, v, f"{path}.heading"), one.text, one.remark)

    def texts(self, several: Iterable[TextInput | NursingTextInput], path: str) -> tuple[JournalText, ...]:
        return tuple(self.text(one, f"{path}[{index}]") for index, one in enumerate(several))

    def note(self, texts: tuple[JournalText, ...]) -> tuple[JournalNote, ...]:
        """One note of all texts; none without a text."""
        return (JournalNote(self._id(), None, "Andre notater", texts),) if texts else ()

    def important(self, several: tuple[NursingTextInput, ...]) -> OtherImportant | None:
        return OtherImportant(self.note(self.texts(several, "$.important"))) if several else None

    def cave(self, keywords: tuple[str, ...]) -> Cave | None:
        if not keywords:
            return None
        case, sheet, category = self._id(), self._id(), "Cave/allergier"
        return Cave(case, None, category, CaveSheet(sheet, None, category, tuple(map(CaveKeyword, keywords))))

    def allergy(self, one: AllergyInput) -> AllergyNote:
        what = Allergy(one.on_prescribing, one.food_or_drink, one.contact, one.pollen_or_sting, one.allergic_to)
        texts = (JournalText(None, one.text),) if one.text is not None else ()
        return AllergyNote(self._id(), None, "Cave/allergier", texts, what)

    def medication(self, one: MedicineInput, path: str) -> Medication:
        composer = self.composer
        use = self.optional("9101", MEDICINE_USES[one.use] if one.use is not None else None, f"{path}.use")
        form = self.optional("7448", one.form, f"{path}.form")
        medicine = PrescribedMedicine(
            one.purpose,
            one.dosage,
            None,
            one.name,
            one.generic_name,
            None,
            form.without_list() if form is not None else None,
            Quantity(one.strength.number, one.strength.unit) if one.strength is not None else None,
            use.without_list() if use is not None else None,
            Timestamp.read(one.starts.isoformat()) if one.starts is not None else None,
            Timestamp.read(one.ends.isoformat()) if one.ends is not None else None,
        )
        prescription = Prescription(
            composer.code("9104", _STOPPED, path).without_list() if one.stopped else None,
            composer.code("9103", _IN_MULTIDOSE[one.multidose], path).without_list(),
            None,
            one.remark,
            None,
            medicine,
        )
        return Medication(self._id(), None, "Legemidler", prescription)

    def _given(self, one: GivenMedicineInput) -> AdministeredMedicine | HandedOutMedicine:
        at, medicine = Timestamp.read(one.at), PrescribedMedicine(name=one.name)
        if one.handed_out_doses is not None:
            return HandedOutMedicine(starts=at, doses=(one.handed_out_doses,), medicine=medicine)
        return AdministeredMedicine(starts=at, quantity=one.quantity, medicine=medicine)

    # ── care ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def diagnosis(self, one: DiagnosisInput) -> Diagnosis:
        """Whether it is the main one is always told; version 1.5 demands it."""
        return Diagnosis(one.main, _diagnosis_code(one.code), one.text)

    def earlier_illness(self, one: EarlierIllnessInput) -> EarlierIllness:
        return EarlierIllness(EarlierIllnessFacts(one.chronic, one.illness, _diagnosis_code(one.code)))

    def service(self, one: ServiceInput, path: str) -> Service:
        return Service(
            self.optional("9151", one.type, f"{path}.type"),
            one.name,
            one.private,
            one.delivered_by,
            one.about,
            decimal(one.amount),
            one.unit,
            one.starts,
            one.ends,
            one.remark,
        )

    def need(self, one: NeedInput, path: str) -> ServiceNeed:
        type_ = self.optional("9151", one.type, f"{path}.type")
        return ServiceNeed(type_, one.name, one.institution, one.description, decimal(one.amount), one.unit)

    def function(self, one: FunctionInput, path: str) -> MappedFunction:
        return MappedFunction(self.composer.code("9111", one.variable, f"{path}.variable"), one.score, one.remark)

    def functions(self, several: tuple[FunctionInput, ...], remark: str | None) -> Functions | None:
        """Nothing where nothing is mapped; a remark says when and by whom."""
        if not several:
            return None
        summary = FunctionSummary(remark=remark) if remark is not None else None
        return Functions(summary, each(several, "$.functions", self.function))

    def nursing(self, one: NursingInput | None) -> Nursing | None:
        """Nothing at all where nothing is told."""
        if one is None:
            return None
        help_ = FollowUp(one.dressing_material, one.help_with_medicines, one.change_of_function)
        follow_up = help_ if help_ != FollowUp() else None
        texts = self.texts(one.texts, "$.nursing.texts")
        told = Nursing(
            FromNurse(follow_up, texts) if follow_up is not None or texts else None,
            self._transfer(one.transfer_medicines),
            taken=tuple(Measure(description=words) for words in one.measures_taken),
            recommended=tuple(Measure(description=words) for words in one.measures_recommended),
        )
        return told if told != Nursing() else None

    def _transfer(self, several: tuple[GivenMedicineInput, ...]) -> TransferMedicines | None:
        if not several:
            return None
        return TransferMedicines(self._id(), None, "Legemidler", tuple(self._given(one) for one in several))

    def other_profession(self, one: ProfessionReportInput, path: str) -> OtherProfession:
        responsible: Professional = self.composer.professional(one.responsible, f"{path}.responsible")
        report = ProfessionReport(
            expected_at_discharge=one.expected_at_discharge,
            responsible=responsible,
            texts=(JournalText(None, one.text),),
        )
        return OtherProfession(report)

    def appointment(self, one: AppointmentInput) -> Appointment | AppointmentToBook | TentativeAppointment:
        informed = Informed(one.patient_informed, one.relatives_informed)
        if one.at is not None:
            return Appointment(True, parse_moment(one.at), one.minutes, one.place, informed)
        if one.about_when is not None:
            return TentativeAppointment(one.about_when, one.place, None, informed)
        return AppointmentToBook(one.to_be_booked_by == "patient_or_relatives", informed)


def _person(one: PersonInput) -> Person:
    return Person(one.family_name, None, one.given_name)


def _diagnosis_code(one: DiagnosisCodeInput | None) -> Code | None:
    return cv(one.code, one.name, CLASSIFICATIONS[one.system]) if one is not None else None


def decimal(number: str | None) -> Decimal | None:
    """The number of a text that the input model has checked."""
    return Decimal(number) if number is not None else None
