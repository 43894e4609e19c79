"""How a file is judged for `validate`: recognise what it is, then ask schema and rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from adapter.cli.output import read_file
from adapter.cli.site import Site
from adapter.cli.validate import UNREADABLE, Verdict
from adapter.envelope.rules import judge
from adapter.envelope.rules.rule import Context as EnvelopeContext
from adapter.envelope.rules.subject import of_envelope
from adapter.envelope.shown import shown_type
from adapter.errors import AdapterError
from adapter.lookups import packaged
from adapter.messages.codes import CodeLists
from adapter.messages.findings import Finding, Severity, has_errors
from adapter.messages.namespaces import namespace_of
from adapter.messages.read import read
from adapter.messages.reading import Reading, Recognised
from adapter.messages.rules.rule import Context, Side
from adapter.messages.xml import tag_of

if TYPE_CHECKING:
    from adapter.cli.judging_mails import MailJudge

_CPA = "http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd"
_HEADER_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:From [^\n]*\n)?[!-9;-~]+:[ \t]")


MANY = 64
"""From so many files on, it pays to judge them on every core."""

CHUNK = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """How documents are to be judged: on which side, by which site's schemas, with the keys of which configuration."""

    side: Literal["send", "receive"]
    site: Site
    config: Path


def judge_all(files: list[str], asked: Asked) -> Iterator[Verdict]:
    """Judge files in their order, many of them on every core."""
    if len(files) < MANY:
        judge = Judge(asked)
        yield from map(judge.file, files)
        return
    with ProcessPoolExecutor(initializer=_start, initargs=(asked,)) as pool:
        yield from pool.map(_judge, files, chunksize=CHUNK)


_JUDGES: list[Judge] = []
"""The one judge of a worker process."""


def _start(asked: Asked) -> None:
    _JUDGES.append(Judge(asked))


def _judge(file: str) -> Verdict:
    return _JUDGES[0].file(file)


class Judge:
    """Judges document after document with one set of schemas and code lists. Raises `AdapterError` for bad schemas."""

    def __init__(self, asked: Asked) -> None:
        self._schemas = asked.site.schema_set()
        codes = CodeLists.parse(packaged.codes())
        self._context = Context(Side(asked.side), codes, None, asked.site.production, asked.site.choices)
        self._about_envelopes = EnvelopeContext(Side(asked.side))
        self._config = asked.config
        self._mails: MailJudge | None = None

    def file(self, file: str) -> Verdict:
        """What is to be said of a file."""
        try:
            content = read_file(Path(file))
        except AdapterError as error:
            finding = Finding(error.id, Severity.ERROR, "", None, error.sentence(), "design")
            return Verdict(file, UNREADABLE, None, False, (finding,))
        return self.verdict(file, content)

    def verdict(self, file: str, content: bytes) -> Verdict:
        """What is to be said of the content of a file."""
        if _HEADER_LINE.match(content):
            return self._mail(file, content)
        reading = read(content, self._schemas, self._context)
        kind = reading.recognised.value
        findings = (*_refusal(reading), *reading.findings)
        if reading.tree is not None and reading.recognised is Recognised.ENVELOPE:
            findings += (*self._schemas.validate(reading.tree), *judge(of_envelope(content), self._about_envelopes))
        elif reading.tree is not None and namespace_of(tag_of(reading.tree.getroot())) == _CPA:
            kind, findings = "cpa", self._schemas.validate(reading.tree)
        type_ = None if reading.type is None else shown_type(reading.type)
        return Verdict(file, kind, type_, not has_errors(findings), findings)

    def _mail(self, file: str, content: bytes) -> Verdict:
        # What opens envelopes loads keys, partners and the store: too much for a command that looks at one XML file.
        if self._mails is None:
            from adapter.cli.judging_mails import MailJudge

            self._mails = MailJudge(self._schemas, self._context, self._config)
        return self._mails.verdict(file, content)


def _refusal(reading: Reading) -> tuple[Finding, ...]:
    if reading.refusal is not None and not reading.findings:
        kind = reading.refusal.kind
        says = f"{kind.says}: {reading.refusal.detail}. {kind.remedy}" if reading.refusal.detail else kind.remedy
        return (Finding(kind.id, Severity.ERROR, "", reading.refusal.line, says, "msghead.md §7.4"),)
    if reading.recognised is Recognised.UNKNOWN:
        says = "it is XML, but no MsgHead, AppRec or ebXML envelope; is it the right file?"
        return (Finding("UNKNOWN", Severity.ERROR, "", None, says, "design"),)
    return ()
