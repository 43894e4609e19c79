"""How a file is judged for `validate`: recognise what it is, then ask schema and rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from adapter.cli.validate import Verdict
from adapter.config import load
from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.envelope import open as opening
from adapter.envelope.classify import AutomaticReply, Bounce
from adapter.envelope.unpack import FaultMail, Unpacked, unpack
from adapter.errors import AdapterError
from adapter.lookups import packaged
from adapter.messages.codes import CodeLists
from adapter.messages.findings import Finding, Severity, has_errors
from adapter.messages.namespaces import namespace_of
from adapter.messages.read import read
from adapter.messages.reading import Reading, Recognised
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.messages.xml import tag_of
from adapter.observe.log import Silent
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.installation import Tools, open_tools
from adapter.service.signals import expected_signer

_CPA = "http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd"
_HEADER_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:From [^\n]*\n)?[!-9;-~]+:[ \t]")
_PREFIX = re.compile(r"[A-Za-z-]+:")


class Judge:
    """Judges document after document with one set of schemas and code lists."""

    def __init__(self, side: Literal["send", "receive"], config: Path) -> None:
        self._schemas = SchemaSet(packaged.schemas())
        self._context = Context(Side(side), CodeLists.parse(packaged.codes()))
        self._config = config
        self._tools: Tools | None = None

    def verdict(self, file: str, content: bytes) -> Verdict:
        """What is to be said of the content of a file."""
        if _HEADER_LINE.match(content):
            return self._mail(file, content)
        reading = read(content, self._schemas, self._context)
        kind = reading.recognised.value
        findings = (*_refusal(reading), *reading.findings)
        if reading.tree is not None and reading.recognised is Recognised.ENVELOPE:
            findings += self._schemas.validate(reading.tree)
        elif reading.tree is not None and namespace_of(tag_of(reading.tree.getroot())) == _CPA:
            kind, findings = "cpa", self._schemas.validate(reading.tree)
        return Verdict(file, kind, reading.type, not has_errors(findings), findings)

    def _mail(self, file: str, content: bytes) -> Verdict:
        """A whole mail: its form always; signature and content where the configuration has keys and partners."""
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


def _refusal(reading: Reading) -> tuple[Finding, ...]:
    if reading.refusal is not None and not reading.findings:
        kind = reading.refusal.kind
        says = f"{kind.says}: {reading.refusal.detail}. {kind.remedy}" if reading.refusal.detail else kind.remedy
        return (Finding(kind.id, Severity.ERROR, "", None, says, "msghead.md §7.4"),)
    if reading.recognised is Recognised.UNKNOWN:
        says = "it is XML, but no MsgHead, AppRec or ebXML envelope; is it the right file?"
        return (Finding("UNKNOWN", Severity.ERROR, "", None, says, "design"),)
    return ()
