"""How a whole mail is judged for `validate`: its form always, signature and content where there are keys for it."""

from __future__ import annotations

import re
from pathlib import Path

from adapter.cli.validate import Verdict
from adapter.config import load
from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.envelope import open as opening
from adapter.envelope.classify import AutomaticReply, Bounce
from adapter.envelope.unpack import FaultMail, Unpacked, unpack
from adapter.errors import AdapterError
from adapter.messages.findings import Finding, Severity, has_errors
from adapter.messages.read import read
from adapter.messages.rules.rule import Context
from adapter.messages.schemas import SchemaSet
from adapter.observe.log import Silent
from adapter.service.agreements import expected_signer
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.installation import Tools, open_tools

_PREFIX = re.compile(r"[A-Za-z-]+:")


class MailJudge:
    """Judges mail after mail with the keys and partners of one configuration, if there is one."""

    def __init__(self, schemas: SchemaSet, context: Context, config: Path) -> None:
        self._schemas = schemas
        self._context = context
        self._config = config
        self._tools: Tools | None = None

    def verdict(self, file: str, content: bytes) -> Verdict:
        """What is to be said of a mail."""
        findings: tuple[Finding, ...] = ()
        type_ = None
        try:
            unpacked = unpack(content)
            if not isinstance(unpacked, Unpacked):
                return Verdict(file, "mail", _stranger(unpacked), True, ())
            type_ = unpacked.kind.value
            findings = unpacked.findings
            message = opening.read(unpacked)
            findings, type_ = message.findings, message.header.action
            more = self._inside(message)
            findings += more
        except AdapterError as error:
            findings += (_finding(error),)
        return Verdict(file, "mail", type_, not has_errors(findings), findings)

    def _inside(self, message: opening.Message) -> tuple[Finding, ...]:
        try:
            tools = self._tools or open_tools(load(self._config), MachineClock(), RandomIds(), Silent())
        except AdapterError as error:
            says = f"signature and payload were not looked at, for want of keys and partners: {error.id}"
            return (Finding("EB-318", Severity.INFO, "", None, says, "ebxml.md §4.4"),)
        self._tools, now = tools, tools.clock.now()
        verified = opening.verify(message, expected_signer(tools, message.header.sender.her), NATIONAL, now)
        findings = verified.check.warnings
        for document in opening.decrypt(verified, tools.keys, NATIONAL, now):
            findings += (*document.findings, *read(document.octets, self._schemas, self._context).findings)
        return findings


def _stranger(mail: Bounce | AutomaticReply | FaultMail) -> str:
    match mail:
        case Bounce():
            return "bounce"
        case AutomaticReply():
            return "automatic reply"
        case FaultMail():
            return "SOAP Fault"


def _finding(error: AdapterError) -> Finding:
    """A refusal as a finding: its rule and place where it has them, else the id of the error."""
    if isinstance(error, RefusedError):
        path = _PREFIX.sub("", error.location).strip("/")
        return Finding(error.rule, Severity.ERROR, path, None, error.sentence(), "ebxml.md ch. 10")
    return Finding(error.id, Severity.ERROR, "", None, error.sentence(), "ebxml.md ch. 10")
