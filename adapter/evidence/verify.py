"""What holds of a package: every check again, from nothing but its octets and the roots that the reader believes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cryptography import x509

from adapter.delivery.recorded import best_proved
from adapter.evidence import layout
from adapter.evidence.authority import authority
from adapter.evidence.chain import check_facts, check_short_facts
from adapter.evidence.manifest import Form
from adapter.evidence.opened import open_package
from adapter.evidence.outcome import StatedCase, decide_again, decision_members, differences, read_case, terms_of
from adapter.evidence.proofs import check_proofs
from adapter.evidence.recipients import check_recipients
from adapter.evidence.report import Check, Line, Report, fails, holds, noted
from adapter.evidence.revocations import check_revocations, listed_mails, mails_of
from adapter.evidence.seals import check_mail
from adapter.facts import Fact


def verify(content: bytes, trusted: tuple[x509.Certificate, ...] = ()) -> Report:
    """Check a package. `trusted` are the reader's own roots; without them the package's are taken, and named.

    Raises `AdapterError` (EVIDENCE_UNREADABLE) for a file that is no package.
    """
    opened = open_package(content)
    believed, certificates = authority(opened, trusted)
    lines = [*opened.lines, *certificates]
    try:
        case = read_case(opened.members[layout.CASE])
    except KeyError:
        return Report(opened.manifest, (*lines, fails(Check.DECISION, layout.CASE, "it is missing or damaged")))
    except (ValueError, OverflowError) as error:
        return Report(opened.manifest, (*lines, fails(Check.DECISION, layout.CASE, f"it cannot be read: {error}")))
    if case.subject.stay != opened.manifest.stay:
        lines.append(fails(Check.DECISION, layout.CASE, "it is of another stay than the manifest"))
    facts: tuple[Fact, ...]
    if opened.manifest.form is Form.FULL:
        mail = check_mail(opened.members, believed)
        checked = check_facts(opened.members, case.subject)
        lines += check_revocations(opened.members, believed.anchors, mails_of(opened.members))
        lines += check_recipients(opened.members, mail.letters)
        lines += [*mail.lines, *checked.lines, *check_proofs(checked.facts, mail.letters)]
        facts = tuple(one.entry.fact for one in best_proved(one for _, one in checked.facts))
    else:
        lines += check_revocations(opened.members, believed.anchors, listed_mails(opened.members))
        short = check_short_facts(opened.members)
        lines += short.lines
        facts = short.facts
    lines += _decision(opened.members, case, facts, in_words=opened.manifest.form is Form.FULL)
    return Report(opened.manifest, tuple(lines))


def _decision(
    members: Mapping[str, bytes], case: StatedCase, facts: tuple[Fact, ...], *, in_words: bool
) -> Iterator[Line]:
    """The decision made again, against the one that is stored."""
    try:
        readings = decide_again(case.subject, facts, terms_of(members, case.profile))
    except (ValueError, OverflowError) as error:
        yield fails(Check.DECISION, layout.CASE, f"it cannot be decided again: {error}")
        return
    again = decision_members(readings, in_words=in_words)
    for member in again:
        if member.name not in members:
            yield fails(Check.DECISION, member.name, "it is missing or damaged")
        elif member.name.endswith(".txt"):
            if members[member.name] != member.content:
                yield noted(Check.DECISION, member.name, "this version of the adapter explains in other words")
        else:
            yield _reading(member.name, members[member.name], member.content)


def _reading(name: str, stored: bytes, again: bytes) -> Line:
    try:
        keys = differences(stored, again)
    except ValueError as error:
        return fails(Check.DECISION, name, f"it cannot be read: {error}")
    if keys:
        return fails(Check.DECISION, name, f"decided again from the facts, it differs in {', '.join(keys)}")
    return holds(Check.DECISION, name, "decided again from the facts, the policy and the rates, it is the same")
