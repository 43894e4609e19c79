"""How a TOML file becomes checked values: one model a table, every mistake at once with its key and what is allowed.

Relative paths in a file are relative to its folder.
"""

from __future__ import annotations

import os
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails

from adapter.facts import MunicipalService
from adapter.values import OSLO, EdiAddress, HerId

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts the secrets of a service; the one variable that a path may begin with."""


def _absolute(path: Path, info: ValidationInfo) -> Path:
    if path.parts[:1] == (f"${CREDENTIALS}",):
        folder = os.environ.get(CREDENTIALS)
        if folder is None:
            raise ValueError(f"begins with ${CREDENTIALS}, which is not set here; systemd sets it for the service")
        return Path(folder).joinpath(*path.parts[1:]).absolute()
    base = info.context if isinstance(info.context, Path) else Path()
    return (base / path.expanduser()).absolute()


def _her_id(value: object) -> object:
    return HerId(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else value


def _address(value: object) -> object:
    return EdiAddress(value) if isinstance(value, str) else value


def _moment(value: object) -> object:
    """A TOML date is its first moment, and a time without offset is Oslo time. In quotes it is neither."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=OSLO) if value.tzinfo is None else value
    if isinstance(value, date):
        return datetime.combine(value, time(0), OSLO)
    raise ValueError("must be a date or a time, without quotes")


FilePath = Annotated[Path, AfterValidator(_absolute)]
Her = Annotated[HerId, BeforeValidator(_her_id)]
Address = Annotated[EdiAddress, BeforeValidator(_address)]
PlannedMoment = Annotated[datetime, BeforeValidator(_moment)]
Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, Field(min_length=1, max_length=200)]

Role = Literal["hospital", "municipality", "other"]
Sector = Literal["SOM", "PHV", "TSB"]
SenderType = Literal[
    "hospital", "private_hospital_agreement", "municipal_emergency_unit", "private_rehabilitation", "other"
]
Service = MunicipalService


class Section(BaseModel):
    """A table of a TOML file: frozen, and a key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Organisation(Section):
    """The organisation that a communication party belongs to: level 1 of the address register."""

    her: Her
    """HER-id of the organisation."""
    name: Name
    """Its name as in the address register."""


S = TypeVar("S", bound=Section)


def read_section(model: type[S], content: bytes, folder: Path) -> S | tuple[str, ...]:
    """Read a whole TOML file as `model`, or say every mistake in it."""
    try:
        table = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        return (f"is not UTF-8 at octet {error.start}",)
    except tomllib.TOMLDecodeError as error:
        return (f"is not TOML: {error}",)
    except (ValueError, RecursionError):
        return ("is not TOML that can be read: a number is too long, or brackets are nested too deep",)
    try:
        return model.model_validate(table, context=folder)
    except ValidationError as error:
        return mistakes(error)


_SAYINGS = {
    "missing": "is missing",
    "extra_forbidden": "there is no such key",
    "path_type": "must be a path, in quotes",
    "string_type": "must be text, in quotes",
}


def mistakes(error: ValidationError) -> tuple[str, ...]:
    """Every mistake as `key: what is allowed (found ...)`.

    A list that is too short only because its items are wrong is not a mistake of its own.
    """
    found = error.errors(include_url=False)
    wrong = {details["loc"][:1] for details in found if len(details["loc"]) > 1}
    return tuple(
        _mistake(details) for details in found if details["type"] != "too_short" or details["loc"] not in wrong
    )


def _mistake(details: ErrorDetails) -> str:
    key = ""
    for part in details["loc"]:
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else str(part)
    said = _SAYINGS.get(details["type"], details["msg"].removeprefix("Value error, "))
    if details["type"] in {"missing", "extra_forbidden"}:
        return f"{key}: {said}"
    found = details["input"]
    shown = repr(found) if isinstance(found, str | int | float | bool) else type(found).__name__
    return f"{key}: {said} (found {shown[:60]})" if key else said
