"""What an integrator hands in about whatever messages share: parties, the patient, people, references, files.

Times are texts: a date as `2024-03-05`, a clock time as `2024-03-05T09:30:00+01:00`. What is of another type, or has a
name that is not here, is refused (`STRICT`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from adapter.messages.datatypes import Timestamp

STRICT: Final = ConfigDict(extra="forbid", strict=True)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _legal(text: str) -> str:
    if _FORBIDDEN.search(text):
        raise ValueError("holds a control character, which XML cannot carry; remove it")
    return text


def _clock_time(text: str) -> str:
    if not Timestamp.read(text).has_clock:
        raise ValueError("is a date with clock time and offset, as 2024-03-05T09:30:00+01:00")
    return text


def _date_or_clock_time(text: str) -> str:
    if Timestamp.read(text).value is None:
        raise ValueError("is a date as 2024-03-05, or a clock time as 2024-03-05T09:30:00+01:00")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), AfterValidator(_legal)]
"""Words for people; control characters are refused (MH-046)."""

Her = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$", description="HER-id, digits only")]
Guid = Annotated[
    str, Field(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", description="a MsgId, a GUID")
]
CodeText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+-]{1,40}$", description="a code of the list named")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9/-]{3,20}$", description="digits, +, / and - only")]
ClockTime = Annotated[
    str,
    AfterValidator(_clock_time),
    Field(json_schema_extra={"format": "date-time"}, description="a time with clock and offset"),
]
DateOrClockTime = Annotated[
    str, AfterValidator(_date_or_clock_time), Field(description="a date, or a time with clock and offset")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationInput:
    """The organisation that a party belongs to."""

    her: Her
    name: Text
    number: Annotated[str, Field(pattern=r"^[0-9]{9}$", description="organisation number (ENH)")] | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyInput:
    """A communication party. With `given_name` it is a person such as a GP, and `name` the family name."""

    her: Her
    name: Text | None = None
    given_name: Text | None = None
    organisation: OrganisationInput | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientIdInput:
    """The patient's identifier and its kind (list 8116)."""

    type: Literal["FNR", "DNR", "HNR", "FHN", "DUF", "PNR", "SEF", "DKF", "UID", "XXX"]
    number: Text
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressInput:
    """Where the patient lives."""

    street: Text | None = None
    postal_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None = None
    city: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if self.street is None and self.postal_code is None and self.city is None:
            raise ValueError("says where; leave it out otherwise")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientInput:
    """The patient: name and identifier, which every nursing, care and dialog message demands."""

    family_name: Text
    given_name: Text
    middle_name: Text | None = None
    birth_date: date | None = None
    sex: Literal["male", "female", "unknown", "unspecified"] | None = None
    id: PatientIdInput
    address: AddressInput | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfessionalInput:
    """A health professional: profession from list 9060 (`LE`, `SP`), role from list 9034 (`3`, `9`, `21`)."""

    family_name: Text
    given_name: Text
    profession: CodeText
    role: CodeText
    hpr: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$", description="HPR number")] | None = None
    local_id: Text | None = None
    phone: Phone | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if self.hpr is None and self.local_id is None:
            raise ValueError("has an hpr number or a local_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitInput:
    """The unit that answers questions, with its local identifier and telephone number."""

    name: Text
    id: Text
    phone: Phone
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceInput:
    """The message that this one acts on or answers; `conversation` is the first of the dialogue, if another one."""

    parent: Guid
    conversation: Guid | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentInput:
    """A file that goes along (vedlegg): its octets as `base64`, or the path of a `file` below the folder of the JSON.

    Which formats a receiver takes is agreed; Helsefaglig dialog takes PDF, JPEG and PNG (HIS 1036 §3.1).
    """

    description: Text
    mime_type: Annotated[str, Field(pattern=r"^[a-z]+/[A-Za-z0-9.+-]{1,80}$", description="as application/pdf")]
    base64: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/\s]*={0,2}\s*$", min_length=1)] | None = None
    file: Text | None = None
    written: DateOrClockTime | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if (self.base64 is None) == (self.file is None):
            raise ValueError("has either base64 or file")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedInput:
    """A request: who asks decides the code list (9152 municipality, 9153 GP, 9154 hospital), `type` is a code of it.

    `id` tells it from others of the same message (DokIdForesp); an answer repeats it.
    """

    asker: Literal["municipality", "gp", "hospital"]
    type: CodeText
    text: Text | None = None
    id: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if self.type in {"99", "5"} and self.text is None:
            raise ValueError("of this type says nothing without a text")
