"""One application for the API and the dashboard: every request is let in, read, done in a worker thread, answered.

In this order: a page of another site is refused; whoever does not show who it is, is refused; then a missing scope, a
body too large or of another form, parameters that are wrong. What is refused for its caller is a line of the audit log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapter.api.callers import PEER_CERTIFICATE, Doorkeeper, require_own_origin
from adapter.api.endpoints import by_hand, exchanges, health, inbox, mails, messages, statements, stays, webhooks
from adapter.api.endpoints.messages import NotTakenError
from adapter.api.openapi import description
from adapter.api.operation import Call, Key, Operation, mistakes_in
from adapter.api.problems import defect, problem
from adapter.api.reference import reference_page
from adapter.errors import ACCESS_SCOPE, REQUEST_REFUSED, AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.access import REFUSED, Caller, Did
from adapter.service.installation import Installation
from adapter.store.access import AuditLine

OPERATIONS: tuple[Operation, ...] = (
    *messages.OPERATIONS,
    *inbox.OPERATIONS,
    *exchanges.OPERATIONS,
    *by_hand.OPERATIONS,
    *mails.OPERATIONS,
    *stays.OPERATIONS,
    *statements.OPERATIONS,
    *webhooks.OPERATIONS,
    *health.OPERATIONS,
)
"""Everything that can be asked, in the order of the reference page."""

THREADS = 4
"""Worker threads of the interface: messages have their own, and a compiled schema belongs to one thread."""

TELL_SECONDS = 10.0
"""How often at most the log says that somebody who has shown nothing was refused; the metrics count every one."""

NOBODY = Caller("nobody", frozenset())

T = TypeVar("T")

Page = Callable[[Request], Awaitable[Response]]

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"),
)


class Desk:
    """What answers requests: an installation, who may come in, and the threads that do the work."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.doorkeeper = Doorkeeper(installation)
        self._lock = Lock()
        self._told_at: float | None = None
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="api")
        api = installation.settings.api
        self._max_octets = api.max_octets if api is not None else 51_200_000

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()

    def page(self, operations: Sequence[Operation]) -> Page:
        """The endpoint of a path: one operation for each method."""
        by_method = {operation.method: operation for operation in operations}

        async def answer(request: Request) -> Response:
            operation = by_method["GET" if request.method == "HEAD" else request.method]
            loop = asyncio.get_running_loop()
            try:
                # Whoever is not known makes us read nothing.
                caller = await loop.run_in_executor(self._pool, self._caller, operation, request)
            except AdapterError as error:
                return problem(error)
            try:
                body = await self._body(request) if operation.takes is not None else b""
            except AdapterError as error:
                return problem(error, 413)
            return await loop.run_in_executor(self._pool, self._answer, operation, caller, request, body)

        return answer

    async def work(self, piece: Callable[[], T]) -> T:
        """Do a piece of work in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, piece)

    async def _body(self, request: Request) -> bytes:
        """The octets of a body within the limit. Raises `AdapterError` (REQUEST_REFUSED)."""
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > self._max_octets:
                raise AdapterError(REQUEST_REFUSED, f"the body is over {self._max_octets} octets")
            parts.append(part)
        return b"".join(parts)

    def _answer(self, operation: Operation, caller: Caller, request: Request, body: bytes) -> Response:
        try:
            return self._done(operation, caller, request, body)
        except NotTakenError as error:
            return problem(error, 422, error.findings)
        except AdapterError as error:
            return problem(error)

    def _done(self, operation: Operation, caller: Caller, request: Request, body: bytes) -> Response:
        media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if operation.takes is not None and media_type not in operation.takes.media_types:
            known = ", ".join(operation.takes.media_types)
            return problem(AdapterError(REQUEST_REFUSED, f"Content-Type is one of {known}"), 415)
        if operation.takes is not None and request.headers.get("content-encoding", "identity").lower() != "identity":
            # RFC 9110 §8.4 and §12.5.3: 415, and which codings are taken.
            answered = problem(AdapterError(REQUEST_REFUSED, "send the body as it is, without Content-Encoding"), 415)
            answered.headers["Accept-Encoding"] = "identity"
            return answered
        key = request.headers.get("idempotency-key", "")
        takes_key = operation.keyed is Key.NEEDED or (
            operation.keyed is Key.TAKEN and "idempotency-key" in request.headers
        )
        if takes_key and not (0 < len(key) <= 200 and key.isprintable()):
            raise AdapterError(REQUEST_REFUSED, "Idempotency-Key: a text of 1 to 200 characters")
        call = Call(
            self.installation,
            caller,
            dict(request.path_params),
            self._query(operation.query, request),
            body,
            media_type,
            {"idempotency-key": key if takes_key else ""},
        )
        return operation.handler(call).response()

    def _caller(self, operation: Operation, request: Request) -> Caller:
        """Who calls, if the operation asks. Raises `AdapterError` (ACCESS_...) and writes that down."""
        if operation.scope is None:
            return NOBODY
        caller = NOBODY
        try:
            require_own_origin(request.headers)
            caller = self.doorkeeper.caller(request.headers, request.scope.get("state", {}).get(PEER_CERTIFICATE))
            if not caller.may(operation.scope):
                raise AdapterError(ACCESS_SCOPE, f"it needs the scope {operation.scope.value}")
        except AdapterError as error:
            self.write_down(operation.name, caller, error)
            raise
        return caller

    def write_down(self, asked: str, caller: Caller, error: AdapterError) -> None:
        """Note that a caller was refused what it asked for."""
        line = Line(rule=error.id)
        if caller is NOBODY:
            # Whoever has shown nothing could fill the disk with lines: each is counted, and now and then one is told.
            if self._is_time_to_tell():
                self.installation.log.tell(events.ACCESS_REFUSED, line)
            else:
                self.installation.metrics.count(events.ACCESS_REFUSED, line)
            return
        self.installation.log.tell(events.ACCESS_REFUSED, line)
        audited = AuditLine(self.installation.clock.now(), caller.name, Did.REQUEST.value, REFUSED, asked)
        self.installation.store.write_now(lambda writer: writer.add_audit(audited))

    def _is_time_to_tell(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if self._told_at is not None and now - self._told_at < TELL_SECONDS:
                return False
            self._told_at = now
            return True

    def _query(self, kind: type[BaseModel], request: Request) -> BaseModel:
        given: dict[str, str | list[str]] = {}
        for name in request.query_params:
            values = request.query_params.getlist(name)
            given[name] = values[0] if len(values) == 1 else values
        try:
            return kind.model_validate(given)
        except ValidationError as error:
            raise AdapterError(REQUEST_REFUSED, mistakes_in("query", error)) from None


def application(desk: Desk, pages: Sequence[BaseRoute] = ()) -> Starlette:
    """The application: the operations, their description, and the pages of the dashboard."""
    by_path: dict[str, list[Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, []).append(operation)
    routes: list[BaseRoute] = [
        Route(path, desk.page(operations), methods=[operation.method for operation in operations])
        for path, operations in by_path.items()
    ]
    reference = reference_page(OPERATIONS)

    async def openapi(_request: Request) -> Response:
        return Response(await asyncio.to_thread(description, OPERATIONS), media_type="application/json")

    async def docs(_request: Request) -> Response:
        return Response(reference, media_type="text/html; charset=utf-8")

    async def unknown(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        says = {404: "there is no such address", 405: "this address does not take the method"}
        answered = problem(AdapterError(REQUEST_REFUSED, says.get(error.status_code, "")), error.status_code)
        answered.headers.update(error.headers or {})
        return answered

    async def went_away(_request: Request, _error: Exception) -> Response:
        # Nobody hears it. A body that did not come whole was given to nothing, and no defect is reported.
        return problem(AdapterError(REQUEST_REFUSED, "the body did not come whole"), 400)

    async def met_defect(_request: Request, error: Exception) -> Response:
        desk.installation.log.tell(events.REQUEST_FAILED, Line(rule=f"defect {type(error).__name__}"))
        return defect()

    routes += [Route("/openapi.json", openapi), Route("/docs", docs), *pages]
    return Starlette(
        routes=routes, exception_handlers={HTTPException: unknown, ClientDisconnect: went_away, Exception: met_defect}
    )
