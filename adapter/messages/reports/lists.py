"""Which codes stand behind the English words of the inputs: headings, kinds of content, uses of medicines."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

HEADINGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "reason_for_admission": ("9142", "AAI"),
        "problem": ("9142", "PROB"),
        "family_and_social": ("9142", "FA"),
        "course_and_treatment": ("9142", "FO"),
        "findings": ("9142", "FU"),
        "function_and_aid": ("9142", "HJ"),
        "information_given": ("9142", "IP"),
        "plans": ("9142", "OP"),
        "sick_leave": ("9142", "SYKM"),
        "earlier_illnesses": ("9142", "TS"),
        "wanted_examination": ("9142", "UTRED"),
        "assessment": ("9142", "VU"),
        "patient_status": ("9145", "1"),
        "expected_course": ("9145", "2"),
        "admission_status": ("9141", "1"),
        "nursing_diagnosis": ("9141", "7"),
        "nursing_summary": ("9141", "8"),
        "discharge_status": ("9141", "12"),
        "patient_view": ("9141", "13"),
        "practical": ("9141", "14"),
        "other": ("9141", "88"),
    }
)
"""Headings of journal texts: list and code."""

CONTENT_KINDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "status_report": ("9137", "2"),
        "assessment_wanted": ("9137", "3"),
        "after_consultation": ("9138", "1"),
        "answer": ("9138", "4"),
        "application": ("9138", "5"),
        "discharge": ("9139", "11"),
        "birth": ("9139", "12"),
        "early_notice": ("9140", "1"),
        "update": ("9140", "2"),
    }
)
"""What a message is about: list and code."""

MEDICINE_USES: Final[Mapping[str, str]] = MappingProxyType(
    {"regular": "1", "course": "2", "as_needed": "3", "vaccine": "4", "nutrition": "5"}
)
"""Use of a medicine (list 9101)."""

CLASSIFICATIONS: Final[Mapping[str, str]] = MappingProxyType({"ICD-10": "7110", "ICPC-2": "7170"})
"""The lists of diagnosis codes."""
