"""The readable page of the interface: every operation and every error, with nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from pydantic import BaseModel

from adapter import __version__
from adapter.api.openapi import refusals
from adapter.api.operation import Key, Operation
from adapter.errors import catalogue

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #999; } code { background: #f1f1f1; padding: 0 .2em; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .2rem .6rem;
border-bottom: 1px solid #ddd; } .scope { color: #555; font-weight: normal; }
"""


def reference_page(operations: Sequence[Operation]) -> str:
    """The page as HTML."""
    tags = dict.fromkeys(operation.tag for operation in operations)
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>adapter {escape(__version__)}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><main>',
        f"<h1>The HTTP interface of adapter {escape(__version__)}</h1>",
        '<p>The same for programs: <a href="/openapi.json">OpenAPI 3.1</a>. Show who you are with ',
        "<code>Authorization: Bearer TOKEN</code> or a client certificate. Errors are <code>problem+json</code>; ",
        "<code>error</code> is an id of <a href='#errors'>this table</a>.</p><nav><ul>",
        *(f'<li><a href="#{escape(tag)}">{escape(tag)}</a></li>' for tag in tags),
        "</ul></nav>",
    ]
    for tag in tags:
        parts.append(f'<h2 id="{escape(tag)}">{escape(tag)}</h2>')
        for operation in operations:
            if operation.tag == tag:
                parts += _operation(operation)
    parts += [
        '<h2 id="errors">Errors</h2><table><tr><th>error</th><th>says</th><th>what to do</th></tr>',
        *(
            f"<tr><td><code>{escape(kind.id)}</code></td><td>{escape(kind.says)}</td><td>{escape(kind.remedy)}</td></tr>"
            for kind in catalogue()
        ),
        "</table></main></html>",
    ]
    return "\n".join(parts)


def _operation(operation: Operation) -> Iterator[str]:
    scope = f' <span class="scope">scope {operation.scope.value}</span>' if operation.scope is not None else ""
    yield f'<h3 id="{operation.name}"><code>{operation.method} {escape(operation.path)}</code>{scope}</h3>'
    yield f"<p>{escape(operation.summary)} {escape(operation.description)}</p>"
    if operation.keyed is not Key.NONE:
        yield "<p>Header <code>Idempotency-Key</code>: the same key with the same octets is done once.</p>"
    if operation.takes is not None:
        kinds = ", ".join(f"<code>{escape(kind)}</code>" for kind in operation.takes.media_types)
        yield f"<p>Takes {kinds}.</p>"
        if operation.takes.model is not None:
            yield _fields(operation.takes.model)
    yield _fields(operation.query)
    given = [f"<code>{given.status}</code> {escape(given.means)}" for given in operation.gives]
    refused = " ".join(f"<code>{status}</code>" for status in refusals(operation))
    yield f"<p>Gives {'; '.join(given)} Refuses with {refused}.</p>"


def _fields(model: type[BaseModel]) -> str:
    rows = [
        f"<tr><td><code>{escape(field.alias or name)}</code></td><td>{escape(field.description or '')}</td></tr>"
        for name, field in model.model_fields.items()
    ]
    return f"<table><tr><th>name</th><th></th></tr>{''.join(rows)}</table>" if rows else ""
