"""Which Service, Action and Role a message travels under (`ebxml.md` §3.9, HISD 1209).

All of it is constructed from the code of the business message (list 8279): the Service is `S-` and the code, the Action
the code or `APPREC`, and the roles the code with `sender` or `receiver`, mirrored for an AppRec.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import tolerated
from adapter.errors import ENVELOPE_NOT_SUPPORTED
from adapter.messages.findings import Finding
from adapter.values import HerId

APPREC = "APPREC"


@dataclass(frozen=True, slots=True)
class Process:
    """What is exchanged: the code of the business message; `receipt` tells that this is the AppRec for it."""

    code: str
    receipt: bool = False

    @property
    def service(self) -> str:
        return f"S-{self.code}"

    @property
    def action(self) -> str:
        return APPREC if self.receipt else self.code

    @property
    def roles(self) -> tuple[str, str]:
        """The roles of the sending and of the receiving party."""
        roles = (f"{self.code}sender", f"{self.code}receiver")
        return (roles[1], roles[0]) if self.receipt else roles


@dataclass(frozen=True, slots=True)
class Routing:
    """From whom, to whom, in which process, under which agreement; and the type of the document inside.

    `namespace` and `version` are those of the business document (`eb:Schema`, `ebxml.md` §9.2).
    """

    sender: HerId
    receiver: HerId
    process: Process
    cpa_id: str
    namespace: str
    version: str
    service_type: str = "kithService"


def process_of(service: str, action: str) -> tuple[Process, tuple[Finding, ...]]:
    """The process that a received Service and Action mean; a Service without `S-` is taken and remarked on.

    Raises `RefusedError` (ENVELOPE_NOT_SUPPORTED, EB-230) when the two are no combination of the construction rule.
    """
    code = service.removeprefix("S-")
    warnings: tuple[Finding, ...] = ()
    if code == service:
        warnings = (tolerated("EB-230", "Envelope/Header/MessageHeader/Service", "Service lacks S-", "HISD 1209 §3.2"),)
    if code and action == APPREC and code != APPREC:
        return Process(code, receipt=True), warnings
    if code and action == code:
        return Process(code), warnings
    raise RefusedError(
        ENVELOPE_NOT_SUPPORTED,
        "EB-230",
        "Service and Action do not belong together",
        "/SOAP:Envelope/SOAP:Header/eb:MessageHeader/eb:Action",
    )
