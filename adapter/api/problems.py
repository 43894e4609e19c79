"""How an error is answered: problem+json (RFC 9457) with the id of the catalogue, its remedy and all findings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from adapter.api.findings import FindingModel
from adapter.errors import (
    ACCESS_ORIGIN,
    ACCESS_SCOPE,
    ACCESS_UNKNOWN,
    BACKLOG_FULL,
    CLAIM_ENDED,
    CLAIM_FINISHED,
    CONFIG_INVALID,
    EXCHANGE_UNFIT,
    EXCHANGE_UNKNOWN,
    INBOX_BY_FOLDER,
    KEY_USED,
    MESSAGE_SENT_BEFORE,
    RECEIPT_GIVEN,
    REQUEST_REFUSED,
    STATEMENT_EARLY,
    STATEMENT_UNKNOWN,
    STAY_UNKNOWN,
    STORE_CLOSED,
    STORE_CONFLICT,
    STORE_EXISTS,
    STORE_EXPIRED,
    STORE_FULL,
    STORE_LOCKED,
    STORE_MISSING,
    STORE_UNREACHABLE,
    AdapterError,
    Blame,
)
from adapter.messages.findings import Finding

MEDIA_TYPE = "application/problem+json"

_STATUS = {
    ACCESS_UNKNOWN.id: 401,
    ACCESS_SCOPE.id: 403,
    ACCESS_ORIGIN.id: 403,
    REQUEST_REFUSED.id: 400,
    EXCHANGE_UNKNOWN.id: 404,
    STAY_UNKNOWN.id: 404,
    STATEMENT_UNKNOWN.id: 404,
    STORE_MISSING.id: 404,
    STORE_EXPIRED.id: 404,
    EXCHANGE_UNFIT.id: 409,
    MESSAGE_SENT_BEFORE.id: 409,
    KEY_USED.id: 409,
    CLAIM_ENDED.id: 409,
    CLAIM_FINISHED.id: 409,
    RECEIPT_GIVEN.id: 409,
    INBOX_BY_FOLDER.id: 409,
    STATEMENT_EARLY.id: 409,
    STORE_CONFLICT.id: 409,
    STORE_EXISTS.id: 409,
    BACKLOG_FULL.id: 503,
    STORE_LOCKED.id: 503,
    STORE_FULL.id: 503,
    STORE_UNREACHABLE.id: 503,
    STORE_CLOSED.id: 503,
    CONFIG_INVALID.id: 503,
}
"""Status by id of the catalogue; what is not here is 500 where the adapter is to blame, and 422 elsewhere."""

RETRY_SECONDS = 5
_RETRY_SECONDS = {BACKLOG_FULL.id: 30}
"""After how long a request that cannot be done now is worth another try: mostly soon, but a backlog takes its time."""


class Problem(BaseModel):
    """Why a request was not done. `error` is an id of the catalogue of errors, `remedy` what to do about it."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    detail: str
    error: str
    remedy: str
    findings: tuple[FindingModel, ...] = ()


def status_of(error: AdapterError) -> int:
    """The status that an error of the catalogue is answered with."""
    return _STATUS.get(error.id, 500 if error.kind.blame is Blame.ADAPTER else 422)


def problem(error: AdapterError, status: int | None = None, findings: tuple[Finding, ...] = ()) -> Response:
    """An error as an answer; `status` where the request itself says more than the catalogue."""
    code = status or status_of(error)
    told = Problem(
        type=f"urn:adapter:error:{error.id}",
        title=error.kind.says,
        status=code,
        detail=error.detail,
        error=error.id,
        remedy=error.kind.remedy,
        findings=tuple(FindingModel.of(finding) for finding in findings),
    )
    headers = {"Cache-Control": "no-store"}
    if code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="adapter"'
    if code == 503:
        headers["Retry-After"] = str(_RETRY_SECONDS.get(error.id, RETRY_SECONDS))
    return Response(told.model_dump_json(), code, headers, MEDIA_TYPE)


def defect() -> Response:
    """The answer to a request that met a defect: nothing of the request, nothing of the program."""
    told = Problem(
        type="urn:adapter:error:DEFECT",
        title="a defect of the adapter",
        status=500,
        detail="",
        error="DEFECT",
        remedy="Report it with the time; nothing that was confirmed is lost.",
    )
    return Response(told.model_dump_json(), 500, {"Cache-Control": "no-store"}, MEDIA_TYPE)
