"""How is a decision told to people (stub)."""

from __future__ import annotations

from enum import StrEnum

from adapter.liability.readings import Readings


class Language(StrEnum):
    """The language of the sentences."""

    ENGLISH = "en"
    NORWEGIAN = "nb"


def explained(readings: Readings, language: Language) -> tuple[str, ...]:
    return (str(len(readings.agreement.nights)),)
