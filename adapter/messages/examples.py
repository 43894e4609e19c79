"""What a valid input of each kind looks like: invented people with synthetic numbers, invented HER-ids."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Json = str | int | bool | Mapping[str, "Json"] | list["Json"]

_HOSPITAL: Final[Json] = {"her": "8140010", "name": "Prøvefjord sykehus HF", "number": "314159268"}
_MUNICIPALITY: Final[Json] = {"her": "8140020", "name": "Prøvefjord kommune", "number": "312840103"}
WARD: Final[Json] = {"her": "8140011", "name": "PLO innleggelse somatikk", "organisation": _HOSPITAL}
NURSING: Final[Json] = {"her": "8140021", "name": "Sykepleietjeneste", "organisation": _MUNICIPALITY}
CASE_WORK: Final[Json] = {"her": "8140022", "name": "Saksbehandling", "organisation": _MUNICIPALITY}
GP: Final[Json] = {
    "her": "8140031",
    "name": "Blåklokke",
    "given_name": "Tor",
    "organisation": {"her": "8140030", "name": "Fjordgløtt legesenter"},
}
PATIENT: Final[Json] = {
    "family_name": "Lyngrose",
    "given_name": "Signe",
    "birth_date": "1941-03-12",
    "sex": "female",
    "id": {"type": "FNR", "number": "12834130279"},
    "address": {"street": "Prøveveien 3", "postal_code": "9999", "city": "Prøvefjord"},
}
UNIT: Final[Json] = {"name": "Medisinsk sengepost 2", "id": "MED2", "phone": "55500123"}
DOCTOR: Final[Json] = {
    "family_name": "Sølvtind",
    "given_name": "Ada",
    "profession": "LE",
    "role": "3",
    "hpr": "9999001",
    "phone": "55500124",
}
NURSE: Final[Mapping[str, Json]] = {
    "family_name": "Havstein",
    "given_name": "Bjørg",
    "profession": "SP",
    "role": "21",
    "hpr": "9999002",
    "phone": "55500456",
}
_QUESTION: Final = "4b2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a09"
_READINESS: Final = "5c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a02"

_FROM_HOSPITAL: Final[Mapping[str, Json]] = {"sender": WARD, "patient": PATIENT, "unit": UNIT}
_ANSWER: Final[Mapping[str, Json]] = {
    "sender": CASE_WORK,
    "receiver": WARD,
    "patient": PATIENT,
    "reference": {"parent": _READINESS},
    "answer": "later",
    "day": "2024-03-08",
    "text": "Plass på korttidsavdelingen ventes ledig da.",
    "contact": NURSE,
}

EXAMPLES: Final[Mapping[str, Mapping[str, Json]]] = MappingProxyType(
    {
        "admitted": {
            **_FROM_HOSPITAL,
            "receiver": NURSING,
            "responsible": [DOCTOR],
            "admitted": "2024-03-01T14:20:00+01:00",
            "place": "Medisinsk sengepost 2",
        },
        "discharge-ready": {
            **_FROM_HOSPITAL,
            "receiver": CASE_WORK,
            "responsible": [DOCTOR],
            "admitted": "2024-03-01T14:20:00+01:00",
            "ready": "2024-03-05",
        },
        "withdrawal": {
            **_FROM_HOSPITAL,
            "receiver": CASE_WORK,
            "responsible": [DOCTOR],
            "reference": {"parent": _READINESS},
            "admitted": "2024-03-01T14:20:00+01:00",
            "ready": "2024-03-05",
            "withdrawn": "2024-03-06T16:10:00+01:00",
        },
        "discharged": {
            **_FROM_HOSPITAL,
            "receiver": NURSING,
            "responsible": [DOCTOR],
            "reference": {"parent": _READINESS},
            "discharged": "2024-03-08T11:00:00+01:00",
            "destination": "nursing_home",
            "state": "alive",
        },
        "death": {
            "sender": NURSING,
            "receiver": GP,
            "patient": PATIENT,
            "unit": {"name": "Hjemmesykepleien", "id": "HJSP", "phone": "55500789"},
            "responsible": [NURSE],
            "died": "2024-03-20",
        },
        "readiness-answer": _ANSWER,
        "readiness-answer-note": _ANSWER,
        "question": {
            "sender": CASE_WORK,
            "receiver": WARD,
            "patient": PATIENT,
            "question": {"asker": "municipality", "type": "8", "text": "Når ventes pasienten å være utskrivningsklar?"},
            "contact": NURSE,
        },
        "answer": {
            "sender": WARD,
            "receiver": CASE_WORK,
            "patient": PATIENT,
            "reference": {"parent": _QUESTION},
            "question": {"asker": "municipality", "type": "8", "text": "Når ventes pasienten å være utskrivningsklar?"},
            "text": "Ventes klar den 5. mars.",
            "contact": DOCTOR,
        },
        "note": {
            "sender": NURSING,
            "receiver": GP,
            "patient": PATIENT,
            "theme": "about_patient",
            "text": "Pasienten er hjemme igjen og får besøk hver morgen.",
            "contact": NURSE,
        },
        "clinical-dialog": {
            "sender": WARD,
            "receiver": CASE_WORK,
            "patient": PATIENT,
            "theme": "enquiry",
            "subject": "Samtale før utskrivning",
            "text": "Kan dere delta på et møte 4. mars?",
            "contact": DOCTOR,
            "to": {**NURSE, "role": "24"},
        },
        "deviation": {
            "sender": CASE_WORK,
            "receiver": WARD,
            "patient": PATIENT,
            "reference": {"parent": _READINESS},
            "reason": "wrong_addressee",
            "text": "Pasienten er ikke bosatt i kommunen.",
        },
        "apprec": {
            "sender": CASE_WORK,
            "receiver": WARD,
            "role": "primary",
            "original": {"type": "LOG_UTSKRIVNINGSKLAR", "id": _READINESS, "generated": "2024-03-05T09:40:00+01:00"},
        },
    }
)
"""One input per kind, by the name of the kind."""

VERSION_EXAMPLES: Final[Mapping[tuple[str, str], Mapping[str, Json]]] = MappingProxyType(
    {
        ("discharge-ready", "2.0"): {"ready": "2024-03-05T09:30:00+01:00"},
        ("withdrawal", "2.0"): {"ready": "2024-03-05T09:30:00+01:00"},
        ("death", "2.0"): {"died": "2024-03-20T06:15:00+01:00"},
        ("discharge-report", "1.5"): {
            "appointments": [{"at": "2024-04-19T10:00:00+02:00", "place": "Ortopedisk poliklinikk"}]
        },
    }
)
"""What is different in the input of a kind in another version than the usual one."""
