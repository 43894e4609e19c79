"""How a whole mail is judged for `validate`: by every rule always, signer and content where there are keys for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from adapter.cli.validate import Verdict
from adapter.config import load
from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import SHA1
from adapter.envelope import open as opening
from adapter.envelope.classify import AutomaticReply, Bounce, is_fault, stranger
from adapter.envelope.rules import BY_ID, judge
from adapter.envelope.rules.rule import Context as EnvelopeContext
from adapter.envelope.rules.subject import Subject, of_mail
from adapter.envelope.shown import shown_action
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import AdapterError
from adapter.messages.findings import Finding, Severity, has_errors
from adapter.messages.read import read
from adapter.messages.rules.rule import Context
from adapter.messages.schemas import SchemaSet
from adapter.observe.log import Silent
from adapter.service.agreements import expected_signer
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.installation import Tools, open_tools
from adapter.service.offline import REVOCATION_LEFT_OUT

_PREFIX = re.compile(r"[A-Za-z-]+:")

_OF_SHA_1: frozenset[str] = frozenset({"EB-311", "EB-317"})
"""What SHA-1 breaks; where the partner's file still takes it, opening remarks on it."""


class MailJudge:
    """Judges mail after mail with the keys and partners of one configuration, if there is one."""

    def __init__(self, schemas: SchemaSet, context: Context, config: Path) -> None:
        self._schemas = schemas
        self._context = context
        self._config = config
        self._tools: Tools | None = None

    def verdict(self, file: str, content: bytes) -> Verdict:
        """What is to be said of a mail: by every rule, and then by opening it, each thing once."""
        subject = of_mail(content)
        other = stranger(subject.mail) if subject.mail is not None else None
        if other is not None or _is_fault(subject):
            return Verdict(file, "mail", _word(other), True, ())
        opened = tuple(self._opened(content))
        but = _OF_SHA_1 if SHA1 in opened else frozenset()
        found = [*judge(subject, EnvelopeContext(self._context.side), but), *self._schema_findings(subject)]
        action = subject.value("Action")
        type_ = shown_action(action) if action else (subject.kind.value if subject.has_header else None)
        for finding in opened:
            if finding.rule not in {one.rule for one in found} or finding.rule not in BY_ID:
                found.append(_placed(finding, subject))
        findings = tuple(found)
        return Verdict(file, "mail", type_, not has_errors(findings), findings)

    def _schema_findings(self, subject: Subject) -> tuple[Finding, ...]:
        unverified = subject.envelope.unverified
        return self._schemas.validate(unverified.document) if unverified is not None else ()

    def _opened(self, content: bytes) -> Iterator[Finding]:
        """What opening has to say, up to where it is refused."""
        try:
            unpacked = unpack(content)
            if isinstance(unpacked, Unpacked):
                message = opening.read(unpacked)
                yield from message.findings
                yield from self._inside(message)
        except AdapterError as error:
            yield _finding(error)

    def _inside(self, message: opening.Message) -> Iterator[Finding]:
        try:
            tools = self._tools or open_tools(load(self._config), MachineClock(), RandomIds(), Silent())
        except AdapterError as error:
            says = "whose signature it is, revocation, and what is in the payload were not looked at, for want of keys"
            yield Finding("EB-254", Severity.INFO, "", None, f"{says}: {error.id}", "ebxml.md §4.4")
            return
        self._tools, now = tools, tools.clock.now()
        her = message.header.sender.her
        verified = opening.verify(message, expected_signer(tools, her, now), tools.policy_of(her), now)
        says = f"revocation of the signer's certificate was {REVOCATION_LEFT_OUT}"
        yield Finding("EB-325", Severity.INFO, "", None, says, "ebxml.md §4.5")
        yield from verified.check.warnings
        for document in opening.decrypt(verified, tools.keys.at(now), NATIONAL, now):
            yield from document.findings
            yield from read(document.octets, self._schemas, self._context).findings


def _placed(finding: Finding, subject: Subject) -> Finding:
    """What opening says of a place in the envelope, with its line."""
    in_envelope = finding.line is None and finding.path.startswith("Envelope/")
    return replace(finding, line=subject.envelope.line(finding.path)) if in_envelope else finding


def _is_fault(subject: Subject) -> bool:
    body = subject.envelope.body
    return body is not None and is_fault(body) and not subject.has_header


def _word(mail: Bounce | AutomaticReply | None) -> str:
    match mail:
        case Bounce():
            return "bounce"
        case AutomaticReply():
            return "automatic reply"
        case None:
            return "SOAP Fault"


def _finding(error: AdapterError) -> Finding:
    """A refusal as a finding: its rule and place where it has them, else the id of the error."""
    if isinstance(error, RefusedError):
        path = _PREFIX.sub("", error.location).strip("/")
        return Finding(error.rule, Severity.ERROR, path, None, error.sentence(), "ebxml.md ch. 10")
    return Finding(error.id, Severity.ERROR, "", None, error.sentence(), "ebxml.md ch. 10")
