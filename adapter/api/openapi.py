"""The OpenAPI 3.1 document: made from the table of operations and the models that really read and write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from adapter import __version__
from adapter.api.operation import Given, Key, Operation
from adapter.api.problems import MEDIA_TYPE, Problem
from adapter.messages import building
from adapter.service import bundle

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]

_REF = "#/components/schemas/{model}"

_REFUSALS = {
    400: "The request has another form than this address takes.",
    401: "The caller did not show who it is.",
    403: "The caller may not do this.",
    404: "There is no such thing, or it belongs to a party that is not the caller's.",
    409: "It cannot be done in the state that things are in; `error` says why.",
    413: "The body is over the limit.",
    415: "The body is of a media type that this address does not take.",
    422: "The content cannot be used; `findings` says everything that is wrong with it.",
    500: "A defect of the adapter.",
    503: "It cannot be done now; try again after `Retry-After` seconds.",
}

_ABOUT = (
    "Signed, encrypted, acknowledged messages between hospitals and municipalities, and who owes how many nights. "
    "Errors are problem+json with the id of the catalogue of errors. No address and no error carries patient data."
)


@cache
def description(operations: tuple[Operation, ...]) -> bytes:
    """The document as JSON, made when it is first asked for: nobody who starts the adapter has to wait for it."""
    return json.dumps(document(operations), ensure_ascii=False, indent=1).encode()


def document(operations: Sequence[Operation]) -> dict[str, Json]:
    """The document."""
    paths: dict[str, dict[str, Json]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "adapter", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": dict(_schemas(operations)),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "a token of `adapter token add`"},
                "certificate": {"type": "mutualTLS", "description": "a certificate of `[[api.client]]`"},
            },
        },
    }


def _operation(operation: Operation) -> Json:
    told: dict[str, Json] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description
        + (f"\n\nScope: `{operation.scope.value}`." if operation.scope is not None else ""),
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_header_parameters(operation)],
        "responses": {
            **{str(given.status): _given(given) for given in operation.gives},
            **{str(status): _refusal(status) for status in refusals(operation)},
        },
        "security": [] if operation.scope is None else [{"token": []}, {"certificate": []}],
    }
    if operation.takes is not None:
        takes = operation.takes
        content: dict[str, Json] = {}
        for media_type in takes.media_types:
            schema: Json = {"type": "string"}
            if media_type == "application/json":
                schema = _HANDED_IN if takes.build_json else _ref(takes.model)
            content[media_type] = {"schema": schema}
        told["requestBody"] = {"required": True, "content": content}
    return told


_HANDED_IN: Json = {"oneOf": [{"$ref": _REF.format(model=name)} for name in ("BuildJson", "BundleInput")]}


def refusals(operation: Operation) -> tuple[int, ...]:
    """Every status of a refusal that an operation may answer with."""
    found = {400, 503, *operation.refuses}
    if operation.scope is not None:
        found |= {401, 403}
    if "{" in operation.path:
        found.add(404)
    if operation.takes is not None:
        found |= {413, 415}
    return tuple(sorted(found - {given.status for given in operation.gives}))


def _given(given: Given) -> Json:
    octets = "object" if given.media_type == "application/json" else "string"
    schema: Json = {"type": octets} if given.model is None else _ref(given.model)
    return {"description": given.means, "content": {given.media_type: {"schema": schema}}}


def _refusal(status: int) -> Json:
    return {"description": _REFUSALS[status], "content": {MEDIA_TYPE: {"schema": _ref(Problem)}}}


def _ref(model: type[BaseModel] | None) -> Json:
    assert model is not None
    return {"$ref": _REF.format(model=model.model_config.get("title") or model.__name__)}


def _path_parameters(operation: Operation) -> Iterator[Json]:
    for part in operation.path.split("/"):
        if part.startswith("{"):
            schema: Json = {"type": "string", "minLength": 1, "maxLength": 100}
            yield {"name": part.strip("{}"), "in": "path", "required": True, "schema": schema}


def _query_parameters(operation: Operation) -> Iterator[Json]:
    schema = operation.query.model_json_schema(ref_template=_REF, by_alias=True)
    required = schema.get("required", [])
    for name, about in schema.get("properties", {}).items():
        plain = {key: value for key, value in about.items() if key not in {"title", "description"}}
        said = {"description": about["description"]} if "description" in about else {}
        yield {"name": name, "in": "query", "required": name in required, "schema": plain, **said}


def _header_parameters(operation: Operation) -> Iterator[Json]:
    if operation.keyed is not Key.NONE:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": operation.keyed is Key.NEEDED,
            "description": "A text of your own, such as a UUID: the same key with the same octets is done once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        }


def _schemas(operations: Sequence[Operation]) -> Iterator[tuple[str, Json]]:
    models: list[type[BaseModel]] = [Problem]
    models += [given.model for operation in operations for given in operation.gives if given.model is not None]
    taken = [operation.takes.model for operation in operations if operation.takes is not None]
    models += [model for model in taken if model is not None]
    _, both = models_json_schema([(model, "validation") for model in dict.fromkeys(models)], ref_template=_REF)
    yield from both.get("$defs", {}).items()
    for operation in operations:
        yield from operation.query.model_json_schema(ref_template=_REF).get("$defs", {}).items()
    yield from _build_json()


def _build_json() -> Iterator[tuple[str, Json]]:
    """The input of every kind that can be built, each with its kind named in it."""
    choices: dict[str, Json] = {}
    bundled = json.loads(bundle.json_schema(_REF))
    yield from bundled.pop("$defs", {}).items()
    yield "BundleInput", bundled
    beside = bundled["properties"]["beside"]
    for kind in building.kinds():
        schema = json.loads(building.json_schema(kind, _REF))
        yield from schema.pop("$defs", {}).items()
        schema["properties"] = {"kind": {"const": kind}, **schema.get("properties", {}), "beside": beside}
        schema["required"] = ["kind", *schema.get("required", [])]
        name = f"Build-{kind}"
        choices[kind] = _REF.format(model=name)
        yield name, schema
    yield (
        "BuildJson",
        {
            "description": "The input of `adapter build`, with its kind.",
            "oneOf": [{"$ref": ref} for ref in choices.values()],
            "discriminator": {"propertyName": "kind", "mapping": choices},
        },
    )
