"""The page about `config.toml`, made from its models: every section and key with form, default and meaning.

The meaning of a key is the docstring under it, the words above a section are those of its class. A key without one is
a mistake (`meaningless`), and a test fails.
"""

from __future__ import annotations

import ast
import enum
import inspect
import textwrap
import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from adapter.config import Settings
from adapter.lookups.directory import PartnerFile
from adapter.lookups.toml_files import Section
from adapter.values import EdiAddress, HerId

PLAIN = {
    Path: "path",
    HerId: "HER-id",
    EdiAddress: "mail address",
    str: "text",
    bool: "`true` or `false`",
    int: "integer",
    float: "number",
    datetime: "date, or date and time",
    date: "date",
}
"""What a value is called, by its type."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file: its model, and every place where one stands, as `[api]`, `[[mailbox]]` or `keys.signing`."""

    model: type[Section]
    places: tuple[str, ...]


def tables(model: type[Section]) -> tuple[Table, ...]:
    """Every table of a file below its top, in the order of the models; one that stands twice is told once."""
    places: dict[type[Section], list[str]] = {}
    for place, found in _below(model, ""):
        places.setdefault(found, []).append(place)
    return tuple(Table(found, tuple(where)) for found, where in places.items())


def _below(model: type[Section], path: str) -> Iterator[tuple[str, type[Section]]]:
    for name, field in model.model_fields.items():
        nested = _table_of(field.annotation)
        if nested is None:
            continue
        key = f"{path}{field.alias or name}"
        several = get_origin(_without_none(field.annotation)) is tuple
        if any(_table_of(inner.annotation) is None for inner in nested.model_fields.values()):
            yield f"[[{key}]]" if several else f"[{key}]", nested
        yield from _below(nested, f"{key}.")


def _without_none(form: object) -> object:
    if get_origin(form) in {Union, types.UnionType}:
        return next(one for one in get_args(form) if one is not type(None))
    return form


def _table_of(form: object) -> type[Section] | None:
    """The model of a table, or of the tables of a list; None for a value."""
    form = _without_none(form)
    if get_origin(form) in {tuple, Annotated}:
        form = get_args(form)[0]
    return form if isinstance(form, type) and issubclass(form, Section) else None


def allowed(form: object, limits: tuple[object, ...] = ()) -> str:
    """What may stand there, in words."""
    form = _without_none(form)
    if get_origin(form) is Annotated:
        inner, *more = get_args(form)
        return allowed(inner, (*more, *limits))
    flat = [one for limit in limits for one in (limit.metadata if isinstance(limit, FieldInfo) else [limit])]
    if get_origin(form) is tuple:
        return f"list of: {allowed(get_args(form)[0])}"
    if get_origin(form) is Literal:
        return " or ".join(f'`"{one}"`' for one in get_args(form))
    assert isinstance(form, type), form
    if issubclass(form, enum.Enum):
        return " or ".join(f'`"{one.value}"`' for one in form)
    return PLAIN[form] + "".join(_limit(one) for one in flat)


def _limit(limit: object) -> str:
    match limit:
        case annotated_types.Ge(ge=low):
            return f", from {low}"
        case annotated_types.Gt(gt=low):
            return f", over {low}"
        case annotated_types.Le(le=high):
            return f", up to {high}"
    return ""


def preset(field: FieldInfo) -> str:
    """What holds when the key is left out."""
    if field.is_required():
        return "needed"
    value = field.default
    if value is None or value in {date.min, date.max} or value == ():
        return "may be left out"
    return f"default `{_toml(value)}`"


def _toml(value: object) -> str:
    match value:
        case enum.Enum():
            return _toml(value.value)
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(_toml(one) for one in value)}]"
        case int() | float():
            return str(value).removesuffix(".0")
    raise TypeError(f"no TOML for {value!r}")


@cache
def _sayings(model: type) -> dict[str, str]:
    """The docstrings under the keys of a model; those of its own class before those of the class above."""
    found: dict[str, str] = {}
    for above in reversed(model.__mro__):
        if not (issubclass(above, Section) and above is not Section):
            continue
        [node] = ast.parse(textwrap.dedent(inspect.getsource(above))).body
        assert isinstance(node, ast.ClassDef)
        for key, below in zip(node.body, node.body[1:], strict=False):
            match key, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                    found[name] = " ".join(said.split())
    return found


def meaningless() -> list[str]:
    """Every key that says nothing of itself."""
    models = {Settings, PartnerFile, *(one.model for top in (Settings, PartnerFile) for one in tables(top))}
    return sorted(f"{model.__name__}.{key}" for model in models for key in model.model_fields.keys() - _sayings(model))


def _keys(model: type[Section]) -> str:
    entries = [
        f"`{field.alias or name}`\n: {_sayings(model)[name]}\n"
        f": {allowed(field.annotation, tuple(field.metadata))}; {preset(field)}\n"
        for name, field in model.model_fields.items()
        if _table_of(field.annotation) is None
    ]
    return "\n".join(entries)


def _contents(model: type[Section]) -> str:
    rows = [
        f"| `{field.alias or name}` | {_sayings(model)[name]} | {'yes' if field.is_required() else ''} |"
        for name, field in model.model_fields.items()
        if _table_of(field.annotation) is not None
    ]
    return "\n".join(["| table | about | needed |", "| --- | --- | --- |", *rows])


def _told(table: Table, prefix: str = "") -> str:
    title = ", ".join(f"`{place}`" for place in table.places)
    return f"## {prefix}{title}\n\n{inspect.cleandoc(table.model.__doc__ or '')}\n\n{_keys(table.model)}"


def configuration_page() -> str:
    """The whole page."""
    return f"""# Configuration

One file, `config.toml`, in TOML. Every mistake in it is told at once, with its key and what may stand there. Relative
paths start at the folder of the file; a path may begin with `$CREDENTIALS_DIRECTORY`, which systemd sets. Secrets are
files or environment variables, never values. `adapter check` reads everything that the file names. A reload takes a
changed file, whole or not at all. `config.toml` in the source is a commented example.

`[name]` is a table, `[[name]]` may stand several times. A table may also be written as a value:
`signing = {{ key = "...", certificate = "..." }}`.

{_contents(Settings)}

## Outside every table

{_keys(Settings)}
{chr(10).join(_told(table) for table in tables(Settings))}
## The file of a partner

One TOML file per partner in `partners.folder`, certificates beside it. What it leaves out of address and certificates
is asked for at the register, where there is a `[register]`.

{_keys(PartnerFile)}
{chr(10).join(_told(table, "Partner file: ") for table in tables(PartnerFile))}"""
