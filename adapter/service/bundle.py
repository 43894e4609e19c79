"""How is a message handed in together with further payload parts: one JSON object, the same on every way in?

`{"message": ..., "beside": [...]}` carries a message as it is, and build-JSON takes a `beside` of its own. A message
and each part is given as `base64` or, where the object lies on our own disk, as the `file` below its folder; a message
also as the text `xml`. On the wire the message comes first, and each part is a payload of its own: encrypted, named in
the Manifest, signed (`ebxml.md` §2.1, HIS 1037 §3.1, §6.3.1).

The profile knows one document with what belongs to it, or several independent documents, never both (EB-448). Here the
first is sent: a part that is a business message or an AppRec itself is refused, for it has a receipt of its own to get
and goes by itself. So is what a receiver would open on the way, packed by gzip or in MIME, and would not have as it is.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from adapter.envelope.mail import MAX_OCTETS
from adapter.envelope.plaintext import Form, unwrap
from adapter.errors import INPUT_NOT_UNDERSTOOD, AdapterError
from adapter.messages.reading import Recognised, understand
from adapter.service.build_json import is_json, read_below

T = TypeVar("T")

MAX_BESIDE: Final = 20
"""Parts beside one message. The mails that peers write have one payload; a reader of ours takes a hundred."""

_STRICT: Final = ConfigDict(extra="forbid", strict=True)
_Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/\s]*={0,2}\s*$", min_length=1)]
_Name = Annotated[str, Field(min_length=1, max_length=1000)]


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was handed in: the message, as XML or still as build-JSON, and the parts beside it in their order."""

    content: bytes
    beside: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartInput:
    """A payload part of its own: its octets as `base64`, or the path of a `file` below the folder of the JSON."""

    base64: _Base64 | None = None
    file: _Name | None = None
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    def __post_init__(self) -> None:
        if (self.base64 is None) == (self.file is None):
            raise ValueError("has either base64 or file")


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeInput:
    """A finished message: as the text `xml`, as `base64`, or as the path of a `file` below the folder of the JSON."""

    xml: Annotated[str, Field(min_length=1)] | None = None
    base64: _Base64 | None = None
    file: _Name | None = None
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    def __post_init__(self) -> None:
        if [self.xml, self.base64, self.file].count(None) != 2:
            raise ValueError("has one of xml, base64 and file")


Beside = Annotated[tuple[PartInput, ...], Field(max_length=MAX_BESIDE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleInput:
    """A finished message and the payload parts that go beside it."""

    message: WholeInput
    beside: Beside = ()
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


_BUNDLE: Final[TypeAdapter[BundleInput]] = TypeAdapter(BundleInput)
_BESIDE: Final[TypeAdapter[tuple[PartInput, ...]]] = TypeAdapter(Beside)


def json_schema(references: str) -> str:
    """The JSON Schema of a bundle as JSON text, its parts under `$defs`; `references` is how they are named."""
    return json.dumps(_BUNDLE.json_schema(ref_template=references))


def unbundle(content: bytes, folder: Path | None) -> Bundle:
    """Take apart what was handed in; XML, and JSON without parts, are as they came.

    `folder` is where the files lie that the object may name, None for an object of somebody else. Raises
    `AdapterError` (INPUT_NOT_UNDERSTOOD with every mistake, FILE_UNREADABLE).
    """
    said = _object(content)
    if "message" in said:
        bundle = _checked(_BUNDLE, said, "$")
        message = bundle.message
        octets = message.xml.encode() if message.xml is not None else _octets(message, folder, "$.message")
        return Bundle(octets, _parts(bundle.beside, folder))
    if "beside" in said:
        parts = _parts(_checked(_BESIDE, said.pop("beside"), "$.beside"), folder)
        return Bundle(json.dumps(said).encode(), parts)
    return Bundle(content)


def require_fit(beside: tuple[bytes, ...]) -> None:
    """Refuse parts that cannot go beside a message. Raises `AdapterError` (INPUT_NOT_UNDERSTOOD)."""
    if len(beside) > MAX_BESIDE:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"beside: at most {MAX_BESIDE} parts go with a message")
    if sum(map(len, beside)) > MAX_OCTETS:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"beside: the net carries {MAX_OCTETS} octets in all, encoded")
    for place, part in enumerate(beside):
        unfit = _unfit(part)
        if unfit:
            raise AdapterError(INPUT_NOT_UNDERSTOOD, f"beside[{place}]: {unfit}")


def _unfit(part: bytes) -> str:
    if not part:
        return "it is empty"
    plain = unwrap(part)
    if plain.octets != part:
        return "a receiver would unpack it (gzip or MIME) and not have it as it is; give the content itself"
    if plain.form is Form.XML and understand(part).recognised in {Recognised.BUSINESS, Recognised.APPREC}:
        return "it is a message itself and gets a receipt of its own; send it by itself (EB-448)"
    return ""


def _object(content: bytes) -> dict[str, object]:
    """The JSON object that was handed in; empty for anything else, which is for others to refuse."""
    if not is_json(content):
        return {}
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _checked(form: TypeAdapter[T], said: object, at: str) -> T:
    try:
        return form.validate_json(json.dumps(said))
    except ValidationError as error:
        told = (
            f"{at}{''.join(_step(one) for one in mistake['loc'] if mistake['type'] != 'unexpected_keyword_argument')} "
            f"{mistake['msg'].removeprefix('Value error, ')}"
            for mistake in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise AdapterError(INPUT_NOT_UNDERSTOOD, "; ".join(told)) from None


def _step(part: int | str) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"


def _parts(beside: tuple[PartInput, ...], folder: Path | None) -> tuple[bytes, ...]:
    return tuple(_octets(one, folder, f"$.beside[{place}]") for place, one in enumerate(beside))


def _octets(given: PartInput | WholeInput, folder: Path | None, at: str) -> bytes:
    if given.file is not None:
        return read_below(folder, given.file, at)
    try:
        return base64.b64decode("".join((given.base64 or "").split()), validate=True)
    except binascii.Error:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{at}.base64 is no base64") from None
