"""What a valid input of each report looks like: the invented people of `messages/examples.py`, invented findings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adapter.messages.examples import CASE_WORK, DOCTOR, GP, NURSE, NURSING, PATIENT, UNIT, WARD, Json

_ADMITTED: Final = "0d1f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c11"
_EARLY_NOTICE: Final = "1d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c13"
_MUNICIPAL_UNIT: Final[Json] = {"name": "Hjemmesykepleien", "id": "HJSP", "phone": "55500789"}
_SON: Final[Json] = {"family_name": "Lyngrose", "given_name": "Eirik", "kinship": "SO", "phone": "55500321"}
_GRANDCHILD: Final[Json] = {
    "family_name": "Lyngrose",
    "given_name": "Nora",
    "kinship": "BB",
    "care_function": "1",
    "child_born": 2012,
}
_PRIMARY_NURSE: Final[Json] = {**NURSE, "role": "9"}
_GP_AS_CONTACT: Final[Json] = {
    "family_name": "Blåklokke",
    "given_name": "Tor",
    "profession": "LE",
    "role": "6",
    "hpr": "9999003",
    "phone": "55500654",
}
_FROM_HOSPITAL: Final[Mapping[str, Json]] = {
    "sender": WARD,
    "patient": PATIENT,
    "unit": UNIT,
    "responsible": [DOCTOR],
}
_FROM_MUNICIPALITY: Final[Mapping[str, Json]] = {
    "sender": NURSING,
    "patient": PATIENT,
    "unit": _MUNICIPAL_UNIT,
    "responsible": [_PRIMARY_NURSE],
}
_DIAGNOSES: Final[list[Json]] = [
    {"code": {"system": "ICD-10", "code": "S72.0", "name": "Brudd i lårhals"}, "main": True},
    {"text": "Nedsatt syn"},
]
_MEDICINES: Final[list[Json]] = [
    {
        "name": "Prøvemedisin A",
        "form": "53",
        "strength": {"number": "2.5", "unit": "mg"},
        "dosage": "1 tablett kl 08",
        "use": "regular",
        "multidose": True,
        "starts": "2023-11-01",
    },
    {"name": "Prøvemedisin B", "purpose": "Mot smerter", "dosage": "Inntil 4 om dagen", "use": "as_needed"},
    {"name": "Prøvemedisin C", "stopped": True, "ends": "2024-03-02", "remark": "Ga svimmelhet"},
]
_ALLERGY: Final[Json] = {"allergic_to": "Veps", "pollen_or_sting": True, "text": "Hevelse ved stikk"}
_SERVICES: Final[list[Json]] = [
    {"type": "15", "amount": "2.5", "unit": "timer i uken", "starts": "2023-09-01"},
    {"type": "6", "name": "Trygghetsalarm", "starts": "2022-01-15", "delivered_by": "Prøvefjord kommune"},
]
_FUNCTIONS: Final[list[Json]] = [{"variable": "5", "score": 3}, {"variable": "7", "score": 2, "remark": "Trenger tid"}]
_NEEDS: Final[list[Json]] = [
    {"type": "20", "description": "Opptrening etter brudd", "amount": "3", "unit": "uker"},
    {"name": "Trygghetsalarm"},
]
_INFORMED: Final[list[Json]] = [
    {
        "to": {"family_name": "Lyngrose", "given_name": "Signe"},
        "by": NURSE,
        "day": "2024-03-01",
        "type": "K",
        "text": "Om klageadgang",
        "spoken": True,
    }
]
_COMMUNICATION: Final[list[Json]] = [{"language": "SME", "hearing_loss": True, "remark": "Hører best på høyre øre"}]
_RESERVATIONS: Final[list[Json]] = [
    {
        "about": "Vil ikke at naboer får vite om innleggelsen",
        "by": {"family_name": "Lyngrose", "given_name": "Signe"},
        "day": "2024-03-01",
    }
]
_IMPORTANT: Final[list[Json]] = [{"heading": "other", "text": "Har hund hjemme; naboen passer den."}]
_PHYSIOTHERAPIST: Final[Json] = {
    "responsible": {
        "family_name": "Myrvang",
        "given_name": "Peder",
        "profession": "FT",
        "role": "21",
        "hpr": "9999004",
    },
    "text": "Går med rullator innendørs.",
    "expected_at_discharge": "Går trygt med rullator",
}
_NEIGHBOUR: Final[Json] = {
    "family_name": "Rognlund",
    "given_name": "Aud",
    "position": "Nabo",
    "phone": "55500987",
    "remark": "Har nøkkel",
}
_DESCRIBED_FUNCTIONS: Final[list[Json]] = [
    {"variable": "5", "text": "Går med rullator innendørs.", "day": "2024-03-04"},
    {"text": "Spiser selv."},
]

REPORT_EXAMPLES: Final[Mapping[str, Mapping[str, Json]]] = MappingProxyType(
    {
        "admission-report": {
            **_FROM_MUNICIPALITY,
            "receiver": WARD,
            "reference": {"parent": _ADMITTED},
            "approved": "2024-03-01",
            "marital_status": "6",
            "lives_alone": True,
            "relatives": [_SON],
            "contacts": [_GP_AS_CONTACT],
            "diagnoses": _DIAGNOSES,
            "earlier_illnesses": [{"illness": "Lungebetennelse i 2019"}],
            "critical": ["Tåler ikke prøvestoff"],
            "allergies": [_ALLERGY],
            "texts": [{"heading": "reason_for_admission", "text": "Falt hjemme, smerter i venstre hofte."}],
            "medicines": _MEDICINES,
            "services": _SERVICES,
            "functions": _FUNCTIONS,
            "functions_remark": "Kartlagt i februar",
            "nursing": {
                "texts": [
                    {"heading": "nursing_summary", "text": "Klarer det meste selv."},
                    {"heading": "practical", "text": "Nøkkel ligger hos hjemmesykepleien."},
                ],
                "help_with_medicines": True,
            },
            "other_profession": _PHYSIOTHERAPIST,
            "communication": _COMMUNICATION,
            "reservations": _RESERVATIONS,
            "information_given": _INFORMED,
            "important": _IMPORTANT,
        },
        "early-notice": {
            **_FROM_HOSPITAL,
            "receiver": CASE_WORK,
            "relatives": [_SON, _GRANDCHILD],
            "contacts": [{**NURSE, "role": "21"}],
            "expected_ready": "2024-03-05",
            "patient_status": "Innlagt etter fall, operert samme dag.",
            "expected_course": "Ventes å trenge opptrening etter oppholdet.",
            "critical": ["Tåler ikke prøvestoff"],
        },
        "health-information-update": {
            **_FROM_HOSPITAL,
            "receiver": CASE_WORK,
            "reference": {"parent": _EARLY_NOTICE},
            "relatives": [_SON, _GRANDCHILD],
            "expected_ready": "2024-03-06",
            "patient_status": "Oppe med rullator.",
            "expected_course": "Ventes å trenge korttidsopphold i tre uker.",
            "diagnoses": _DIAGNOSES,
            "allergies": [_ALLERGY],
            "texts": [{"heading": "plans", "text": "Kontroll om seks uker."}],
            "functions": _FUNCTIONS,
            "nursing": {"measures_recommended": ["Daglig gangtrening"], "dressing_material": True},
            "other_professions": [_PHYSIOTHERAPIST],
            "communication": _COMMUNICATION,
            "information_given": _INFORMED,
            "needs": _NEEDS,
        },
        "health-information-to-gp": {
            **_FROM_MUNICIPALITY,
            "receiver": GP,
            "about": "assessment_wanted",
            "approved": "2024-02-20",
            "critical": ["Tåler ikke prøvestoff"],
            "texts": [{"heading": "problem", "text": "Svimmel de siste ukene, har falt to ganger."}],
            "medicines": _MEDICINES,
            "functions": _FUNCTIONS,
            "nursing": {"measures_taken": ["Trygghetsalarm er satt opp"]},
            "communication": _COMMUNICATION,
            "reservations": _RESERVATIONS,
            "important": _IMPORTANT,
        },
        "discharge-report": {
            **_FROM_HOSPITAL,
            "receiver": NURSING,
            "about": "discharge",
            "admitted": "2024-03-01T14:20:00+01:00",
            "discharged": "2024-03-08T11:00:00+01:00",
            "relatives": [_SON],
            "diagnoses": _DIAGNOSES,
            "critical": ["Tåler ikke prøvestoff"],
            "allergies": [_ALLERGY],
            "texts": [
                {"heading": "problem", "text": "Brudd i venstre lårhals."},
                {"heading": "course_and_treatment", "text": "Operert 1. mars uten vansker."},
                {"heading": "plans", "text": "Opptrening, kontroll om seks uker."},
            ],
            "medicines": _MEDICINES,
            "nursing": {
                "texts": [
                    {"heading": "nursing_summary", "text": "Trenger hjelp til dusj."},
                    {"heading": "discharge_status", "text": "I god form."},
                ],
                "dressing_material": True,
                "help_with_medicines": True,
                "change_of_function": "Går med rullator",
                "measures_recommended": ["Skift på såret annenhver dag"],
                "transfer_medicines": [
                    {"name": "Prøvemedisin A", "at": "2024-03-08T08:00:00+01:00", "quantity": "1 tablett"},
                    {"name": "Prøvemedisin B", "at": "2024-03-08T10:30:00+01:00", "handed_out_doses": 8},
                ],
            },
            "other_professions": [_PHYSIOTHERAPIST],
            "functions": _FUNCTIONS,
            "needs": _NEEDS,
            "information_given": _INFORMED,
            "appointments": [
                {
                    "at": "2024-04-19T10:00:00+02:00",
                    "minutes": 30,
                    "place": "Ortopedisk poliklinikk",
                    "patient_informed": True,
                },
                {"about_when": "Til høsten", "place": "Medisinsk poliklinikk"},
                {"to_be_booked_by": "patient_or_relatives", "relatives_informed": True},
            ],
            "important": _IMPORTANT,
        },
        "services-offered": {
            **_FROM_MUNICIPALITY,
            "receiver": GP,
            "approved": "2024-03-11",
            "services": _SERVICES,
            "communication": _COMMUNICATION,
        },
        "medical-information": {
            **_FROM_HOSPITAL,
            "sender": GP,
            "receiver": NURSING,
            "unit": {"name": "Fjordgløtt legesenter", "id": "FJLE", "phone": "55500654"},
            "responsible": [_GP_AS_CONTACT],
            "about": "application",
            "own_application_sent": True,
            "diagnoses": [{"code": {"system": "ICPC-2", "code": "L75", "name": "Brudd lårbein"}, "main": True}],
            "earlier_illnesses": [
                {
                    "illness": "Slitasjegikt i hofte",
                    "chronic": True,
                    "code": {"system": "ICPC-2", "code": "L89", "name": "Hofteleddsartrose"},
                }
            ],
            "critical": ["Tåler ikke prøvestoff"],
            "texts": [
                {"heading": "problem", "text": "Klarer seg dårligere alene etter bruddet."},
                {"heading": "wanted_examination", "text": "Korttidsopphold med opptrening ønskes vurdert."},
            ],
            "medicines": _MEDICINES,
            "needs": _NEEDS,
            "important": _IMPORTANT,
        },
        "health-information": {
            **_FROM_HOSPITAL,
            "receiver": CASE_WORK,
            "about": "early_notice",
            "relatives": [_SON, _GRANDCHILD],
            "communication": _COMMUNICATION,
            "other_contacts": [_NEIGHBOUR],
            "receives_services": True,
            "own_application_sent": True,
            "diagnoses": _DIAGNOSES,
            "critical": ["Tåler ikke prøvestoff"],
            "texts": [
                {"heading": "patient_status", "text": "Innlagt etter fall, operert samme dag."},
                {"heading": "expected_course", "text": "Ventes å trenge opptrening etter oppholdet."},
            ],
            "medicine_help": "Dosett fylles av hjemmesykepleien.",
            "functions": _DESCRIBED_FUNCTIONS,
            "plan": {"exists": False},
            "service": {"type": "15", "name": "Hjemmesykepleie", "amount": "2.5", "unit": "timer i uken"},
            "important": _IMPORTANT,
        },
        "summary": {
            **_FROM_HOSPITAL,
            "receiver": NURSING,
            "about": "discharge",
            "approved": "2024-03-08",
            "relatives": [_SON],
            "diagnoses": _DIAGNOSES,
            "texts": [
                {"heading": "course_and_treatment", "text": "Operert 1. mars uten vansker."},
                {"heading": "discharge_status", "text": "I god form."},
            ],
            "medicines": {
                "help": "Trenger hjelp til dosett.",
                "taken_today": ["Prøvemedisin A"],
                "handed_out": ["Prøvemedisin B, 8 tabletter"],
                "handed_out_by_agreement": True,
                "multidose": False,
                "reviewed": "2024-03-07",
                "electronic_prescription": True,
            },
            "functions": _DESCRIBED_FUNCTIONS,
            "plan": {"exists": True, "coordinator": True},
            "dressing_material": True,
            "change_of_function": "Går med rullator",
            "allergies": [_ALLERGY],
            "appointments": [
                {"at": "2024-04-19T10:00:00+02:00", "minutes": 30, "place": "Ortopedisk poliklinikk"},
                {"to_be_booked_by": "patient_or_relatives", "relatives_informed": True},
            ],
        },
    }
)
"""One input per kind, by the name of the kind."""
