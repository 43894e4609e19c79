"""What is an operation of the interface? A row of a table: method, path, scope, what it takes, what it gives.

The routes and the OpenAPI document are both made from these rows, so that neither can say what the other does not do.
A handler is a plain function that runs in a worker thread: `Call` in, `Answer` out, errors of the catalogue raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError
from starlette.responses import Response

from adapter.config import Scope
from adapter.errors import ACCESS_SCOPE, EXCHANGE_UNKNOWN, REQUEST_REFUSED, AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.access import REFUSED, Caller, Did
from adapter.service.installation import Installation
from adapter.service.repeating import Keyed
from adapter.store.port import Exchange
from adapter.values import Digest

M = TypeVar("M", bound=BaseModel)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time lies between the years 1 and 9999") from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with an offset, in UTC from here on."""


class Key(StrEnum):
    """Whether an operation takes an Idempotency-Key."""

    NONE = "none"
    TAKEN = "taken"
    NEEDED = "needed"


class Model(BaseModel):
    """What goes over the interface: frozen, and a key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Nothing(Model):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose caller is known and whose parameters were read. `body` is as it came, empty where none is."""

    installation: Installation
    caller: Caller
    path: Mapping[str, str]
    query: BaseModel
    body: bytes = b""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def asked(self, kind: type[M]) -> M:
        """The query parameters, as the operation's row declares them."""
        assert isinstance(self.query, kind)
        return self.query

    def told(self, kind: type[M]) -> M:
        """The body as JSON. Raises `AdapterError` (REQUEST_REFUSED) with every mistake; no value is quoted."""
        try:
            return kind.model_validate_json(self.body)
        except ValidationError as error:
            raise AdapterError(REQUEST_REFUSED, mistakes_in("body", error)) from None

    def keyed(self) -> Keyed | None:
        """This request under its Idempotency-Key, for its path and its octets; None where it has none."""
        key = self.headers.get("idempotency-key", "")
        if not key:
            return None
        path = "/".join(f"{name}={value}" for name, value in sorted(self.path.items()))
        return Keyed(self.caller.name, key, Digest.of(path.encode() + b"\n" + self.body))

    def audit(self, what: Did, about: str = "") -> None:
        """Write an access down, durable, before anything is handed out."""
        line = self.caller.line(self.installation.clock.now(), what, about)
        self.installation.store.write_now(lambda writer: writer.add_audit(line))

    def refuse(self, what: Did, about: str = "") -> None:
        """Write down that an access was refused."""
        line = self.caller.line(self.installation.clock.now(), what, about, REFUSED)
        self.installation.store.write_now(lambda writer: writer.add_audit(line))
        self.installation.log.tell(events.ACCESS_REFUSED, Line(rule=ACCESS_SCOPE.id))

    def exchange(self, what: Did) -> Exchange:
        """The exchange that the path names. One of a party that is not the caller's is answered as if it were not
        there, and written down. Raises `AdapterError` (EXCHANGE_UNKNOWN)."""
        wanted = self.path["id"]
        found = self.installation.store.read_now(lambda reader: reader.exchange(wanted))
        if found is not None and self.caller.may_see(found):
            return found
        if found is not None:
            self.refuse(what, found.id)
        raise AdapterError(EXCHANGE_UNKNOWN)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is given back: a model as JSON, or octets of a media type."""

    content: BaseModel | bytes
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """The answer for the wire; nothing of it is kept on the way."""
        content = self.content
        octets = content if isinstance(content, bytes) else content.model_dump_json(by_alias=True).encode()
        return Response(octets, self.status, {"Cache-Control": "no-store", **self.headers}, self.media_type)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a body may be. `model` is None for octets; with `build_json` JSON is the build-JSON of any kind."""

    media_types: tuple[str, ...]
    model: type[BaseModel] | None = None
    build_json: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """One answer of an operation: its status, what it means, and its form (None: octets of the media
    type, or another document than a model of the interface)."""

    status: int
    means: str
    model: type[BaseModel] | None = None
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One row. `scope` None: everybody may, without showing who it is. `keyed`: whether it takes or
    needs an Idempotency-Key."""

    method: str
    path: str
    name: str
    tag: str
    summary: str
    description: str
    scope: Scope | None
    handler: Callable[[Call], Answer]
    gives: tuple[Given, ...]
    refuses: tuple[int, ...] = ()
    query: type[BaseModel] = Nothing
    takes: Taken | None = None
    keyed: Key = Key.NONE


def mistakes_in(place: str, error: ValidationError) -> str:
    """Every mistake as `place.key: what is allowed`, without what was found: it may be anything."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{_place(place, one['loc'], one['type'])}: {one['msg'].removeprefix('Value error, ')}" for one in details
    )


def _place(place: str, location: tuple[int | str, ...], kind: str) -> str:
    """Where a mistake is; the name of a key that nobody knows may be anything, and is left out."""
    known = location[:-1] if kind == "extra_forbidden" else location
    return ".".join((place, *map(str, known)))
