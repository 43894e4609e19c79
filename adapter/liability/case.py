"""What is decided: the facts of one stay, seen from one municipality, and who the sender and the patient are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.facts import Fact


class Sector(StrEnum):
    """The part of the specialist health service."""

    SOMATIC = "SOM"
    MENTAL = "PHV"
    """mental health care (psykisk helsevern)"""
    SUBSTANCE = "TSB"
    """interdisciplinary specialised substance treatment (tverrfaglig spesialisert rusbehandling)"""


class SenderType(StrEnum):
    """The kind of institution that sends the notices; it, never the message type, decides about scope (LI-008)."""

    HOSPITAL = "hospital"
    PRIVATE_HOSPITAL_AGREEMENT = "private_hospital_agreement"
    MUNICIPAL_EMERGENCY_UNIT = "municipal_emergency_unit"
    PRIVATE_REHABILITATION = "private_rehabilitation"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Case:
    """One stay. The order of the facts never matters; `special_groups` are codes that a person has entered (LI-010)."""

    facts: tuple[Fact, ...]
    sector: Sector = Sector.SOMATIC
    sender_type: SenderType = SenderType.HOSPITAL
    special_groups: tuple[str, ...] = ()
