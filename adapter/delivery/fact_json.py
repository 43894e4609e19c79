"""How is a fact written down so that the same fact is always the same text?

Canonical JSON: keys sorted, no white space, no escapes that are not needed, no key whose value is None. Each value has
one spelling, so the digest of the text is the digest of the fact. A dataclass is an object of its fields; what a
field holds is known from its declared type, by the table `_READERS`, never guessed from how the text looks. The text
goes into evidence packages as well: what is written once must be readable for ever, so a field may be added to a fact
with a default, and never be renamed.

Reading back refuses unknown kinds and keys with `ValueError`: a log of a newer version is not half understood.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cache, reduce
from operator import or_
from types import MappingProxyType, NoneType
from typing import TypeAlias, TypeVar, get_args, get_type_hints

from adapter.delivery.recorded import Pseudonym, StayFact
from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerClassified,
    AnswerKind,
    Cancellation,
    Carrier,
    Channel,
    Correction,
    Death,
    Discharged,
    DischargeDocument,
    Fact,
    HowKnown,
    Leave,
    MunicipalService,
    ReadyNotice,
    Receipt,
    ReceiptGiven,
    ReceiptStatus,
    What,
    Withdrawal,
)
from adapter.values import Digest, HerId, Moment, MsgId, Zone, instant_of, instant_text

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
V = TypeVar("V")

KINDS: Mapping[str, type[What]] = MappingProxyType(
    {
        "admitted": Admitted,
        "admission_notice": AdmissionNotice,
        "ready_notice": ReadyNotice,
        "withdrawal": Withdrawal,
        "answer": Answer,
        "cancellation": Cancellation,
        "correction": Correction,
        "document": DischargeDocument,
        "discharged": Discharged,
        "death": Death,
        "leave": Leave,
        "receipt_given": ReceiptGiven,
        "answer_classified": AnswerClassified,
    }
)
"""The word under which each kind of fact is written; the words of the case file where it has one."""

_KIND_OF: Mapping[type[object], str] = MappingProxyType({what: kind for kind, what in KINDS.items()})


def canonical(value: Json) -> str:
    """The one spelling of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def write_fact(fact: Fact) -> str:
    """The canonical text of a fact."""
    return canonical(_write(fact))


def read_fact(text: str) -> Fact:
    """The fact of a canonical text; raises `ValueError` when the text is no such thing."""
    return _read(Fact, json.loads(text))


def write_entry(entry: StayFact) -> str:
    """The canonical text of a fact with the stay it belongs to."""
    return canonical(_write(entry))


def read_entry(text: str) -> StayFact:
    """The entry of a canonical text; raises `ValueError` when the text is no such thing."""
    return _read(StayFact, json.loads(text))


# ── writing: by what the value is ───────────────────────────────────────────────────────────────────────────────────


def _write(value: object) -> Json:
    match value:
        case bool() | None:
            return value
        case str():
            return str(value)
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case MsgId() | HerId() | Digest() | Pseudonym():
            return value.value
        case tuple():
            return [_write(part) for part in value]
        case _ if is_dataclass(value):
            parts = {field.name: _write(getattr(value, field.name)) for field in fields(value)}
            written: dict[str, Json] = {name: part for name, part in parts.items() if part is not None}
            kind = _KIND_OF.get(type(value))
            return written if kind is None else {"kind": kind, **written}
        case _:
            raise TypeError(f"a fact holds no {type(value).__name__}")


# ── reading: by what the field is declared to be ────────────────────────────────────────────────────────────────────


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError("a text was expected in a recorded fact")
    return value


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ValueError("an object was expected in a recorded fact")
    return value


def _read_flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false was expected in a recorded fact")
    return value


def _read_when(value: Json) -> Moment | date:
    return date.fromisoformat(value) if isinstance(value, str) else _read(Moment, value)


def _read_what(value: Json) -> What:
    parts = dict(_object(value))
    kind: Callable[..., What] | None = KINDS.get(_text(parts.pop("kind", None)))
    if kind is None:
        raise ValueError("a recorded fact is of a kind that this version does not know")
    return _read(kind, parts)


def _read_ids(value: Json) -> tuple[MsgId, ...]:
    if not isinstance(value, list):
        raise ValueError("a list was expected in a recorded fact")
    return tuple(MsgId(_text(part)) for part in value)


_READERS: Mapping[object, Callable[[Json], object]] = MappingProxyType(
    {
        str: _text,
        bool: _read_flag,
        datetime: lambda value: instant_of(_text(value)),
        date: lambda value: date.fromisoformat(_text(value)),
        Moment | date: _read_when,
        Moment: lambda value: _read(Moment, value),
        Carrier: lambda value: _read(Carrier, value),
        Receipt: lambda value: _read(Receipt, value),
        Fact: lambda value: _read(Fact, value),
        What: _read_what,
        tuple[MsgId, ...]: _read_ids,
        MsgId: lambda value: MsgId(_text(value)),
        HerId: lambda value: HerId(_text(value)),
        Digest: lambda value: Digest(_text(value)),
        Pseudonym: lambda value: Pseudonym(_text(value)),
        Zone: lambda value: Zone(_text(value)),
        AnswerKind: lambda value: AnswerKind(_text(value)),
        ReceiptStatus: lambda value: ReceiptStatus(_text(value)),
        Channel: lambda value: Channel(_text(value)),
        HowKnown: lambda value: HowKnown(_text(value)),
        MunicipalService: lambda value: MunicipalService(_text(value)),
    }
)


@dataclass(frozen=True, slots=True)
class _Field:
    """How one field is read, and whether it may be left out: then it is its default, or None."""

    read: Callable[[Json], object]
    optional: bool
    has_default: bool


@cache
def _fields_of(kind: Callable[..., object]) -> Mapping[str, _Field]:
    hints = get_type_hints(kind)
    return {field.name: _field_of(hints[field.name], field.default is not MISSING) for field in fields(kind)}  # type: ignore[arg-type]


def _field_of(hint: object, has_default: bool) -> _Field:
    members = get_args(hint)
    optional = NoneType in members
    if optional:
        hint = reduce(or_, (member for member in members if member is not NoneType))
    return _Field(_READERS[hint], optional, has_default)


def _read(kind: Callable[..., V], value: Json) -> V:
    given = _object(value)
    known = _fields_of(kind)
    if given.keys() - known.keys():
        raise ValueError("a recorded fact has a key that this version does not know")
    read = {name: known[name].read(part) for name, part in given.items()}
    for name in known.keys() - given.keys():
        if known[name].optional:
            read[name] = None
        elif not known[name].has_default:
            raise ValueError("a recorded fact lacks a key")
    return kind(**read)
