"""Had a certificate been revoked when a message was taken or encrypted: the answers of the day, judged again.

A package holds each check that the exporter made: which mail, which path, which answers of the issuers, and what came
of it. The octets of paths and answers are members of their own, so that anybody can look at them with common tools
(`openssl ocsp -respin`, `openssl crl`). Here each is judged again at the moment of the check, by the code that judged
it then; what a statement of today would say is not the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography import x509

from adapter.crypto.certificates import TrustAnchors, Usage, load_certificates, problems, thumbprint
from adapter.crypto.revocation import Judgement, Outcome, strongest
from adapter.crypto.standing import Answer, Form, addresses, judge, weakest
from adapter.delivery.fact_json import Json
from adapter.envelope.names import ds
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import AdapterError
from adapter.evidence import layout
from adapter.evidence.container import Member
from adapter.evidence.document import Document, read_document, written
from adapter.evidence.dossier import RevocationCheck
from adapter.evidence.report import Check, Line, fails, holds, noted
from adapter.values import Digest, instant_text, utc_text

_NOTHING_HEARD = frozenset({Outcome.UNKNOWN, Outcome.NOT_OFFERED})
MAX_CHAIN = 10


# ── into the package ────────────────────────────────────────────────────────────────────────────────────────────────


def revocation_members(checks: tuple[RevocationCheck, ...]) -> Iterator[Member]:
    """The list of the checks, and each certificate and answer of them once."""
    names: dict[Digest, Member] = {}

    def named(octets: bytes, name: str) -> str:
        return names.setdefault(Digest.of(octets), Member(name, octets)).name

    told: list[Json] = [
        {
            "message": check.message.value,
            "usage": check.usage.value,
            "judged_at": instant_text(check.judged_at),
            "outcome": check.outcome.value,
            "action": check.action,
            "reason": check.reason,
            "chain": [named(one, layout.path_certificate(len(names) + 1)) for one in check.chain],
            "answers": [
                {"link": one.link, "form": one.form.value,
                 "member": named(one.octets, layout.revocation_answer(len(names) + 1, one.form.value))}
                for one in check.answers
            ],
        }
        for check in checks
    ]  # fmt: skip
    if told:
        yield Member(layout.REVOCATION, written({"checks": told}))
    yield from names.values()


# ── out of it ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Stated:
    """One check as the package has it, its members in the place of their names."""

    message: Digest
    usage: Usage
    judged_at: datetime
    outcome: Outcome
    chain: tuple[x509.Certificate, ...]
    answers: tuple[tuple[int, str, Answer], ...]


def check_revocations(
    members: Mapping[str, bytes], anchors: TrustAnchors, messages: Mapping[Digest, str]
) -> Iterator[Line]:
    """Judge every check again. `messages` are the digests of the mails that the package knows, with their names."""
    if layout.REVOCATION not in members:
        return
    try:
        stated = read_document(members[layout.REVOCATION]).documents("checks")
    except ValueError as error:
        yield fails(Check.REVOCATION, layout.REVOCATION, f"it cannot be read: {error}")
        return
    seen = set()
    for number, one in enumerate(stated, 1):
        try:
            check = _read(one, members)
        except (ValueError, OverflowError, AdapterError) as error:
            yield fails(Check.REVOCATION, layout.REVOCATION, f"check {number}: {error}")
            continue
        seen.add(check.message)
        yield _again(check, members, anchors, messages)
    for digest, name in messages.items():
        if digest not in seen:
            yield noted(Check.REVOCATION, name, "no answer of a certificate authority was kept for it")


def _read(one: Document, members: Mapping[str, bytes]) -> _Stated:
    chain = tuple(_certificate(name, members) for name in one.texts("chain"))
    if len(chain) > MAX_CHAIN:
        raise ValueError("the path is longer than any that leads to a root")
    answers = []
    for answer in one.documents("answers"):
        name, link = answer.text("member"), answer.number("link")
        if name not in members:
            raise ValueError(f"{name} is missing or was changed")
        if not 0 <= link < len(chain) - 1:
            raise ValueError(f"{name} is about no certificate of the path")
        answers.append((link, name, Answer(Form(answer.text("form")), members[name])))
    usage, outcome = Usage(one.text("usage")), Outcome(one.text("outcome"))
    return _Stated(one.digest("message"), usage, one.instant("judged_at"), outcome, chain, tuple(answers))


def _certificate(name: str, members: Mapping[str, bytes]) -> x509.Certificate:
    if name not in members:
        raise ValueError(f"{name} is missing or was changed")
    (certificate,) = load_certificates(members[name])
    return certificate


def _again(check: _Stated, members: Mapping[str, bytes], anchors: TrustAnchors, messages: Mapping[Digest, str]) -> Line:
    """One check: about a mail of the package and its certificate, on a path to a root, with the outcome stated."""
    name = messages.get(check.message)
    if name is None:
        return noted(Check.REVOCATION, layout.REVOCATION, f"a check is about a mail that is not here ({check.message})")
    if not check.chain:
        return noted(Check.REVOCATION, name, f"{check.outcome.value}: the exporter had no path for the certificate")
    leaf = check.chain[0]
    if check.usage is Usage.SIGNING and layout.is_sealed(name) and leaf not in _shown(members[name]):
        return fails(Check.REVOCATION, name, "the check is of another certificate than the one that signed")
    at = min(check.judged_at, leaf.not_valid_after_utc)
    issuers = (*check.chain[1:], *anchors.issuing)
    wrong = problems(leaf, check.usage, TrustAnchors(anchors.roots, issuers), at)
    if wrong:
        return fails(Check.REVOCATION, name, f"certificate {thumbprint(leaf)}: {'; '.join(wrong)}")
    judged = _judged(check)
    same = judged.outcome is check.outcome or {judged.outcome, check.outcome} <= _NOTHING_HEARD
    when = utc_text(check.judged_at)
    if not same:
        about = ", ".join(dict.fromkeys(answer for _, answer, _ in check.answers)) or "no answer"
        says = f"stated as {check.outcome.value}, but {about} says {judged.outcome.value} at {when}: {judged.reason}"
        return fails(Check.REVOCATION, name, says)
    says = f"the certificate for {check.usage.value} ({thumbprint(leaf)}) was {judged.outcome.value} at {when}"
    if judged.outcome in {Outcome.GOOD, Outcome.REVOKED}:
        forms = ", ".join(dict.fromkeys(answer.form.value.upper() for _, _, answer in check.answers))
        return holds(Check.REVOCATION, name, f"{says}, by {forms} of its issuer")
    return noted(Check.REVOCATION, name, f"{says}: {judged.reason}")


def _judged(check: _Stated) -> Judgement:
    links = []
    for place, (certificate, issuer) in enumerate(pairwise(check.chain)):
        said = tuple(
            judge(certificate, issuer, answer, check.judged_at) for link, _, answer in check.answers if link == place
        )
        nobody = Outcome.UNKNOWN if addresses(certificate) else Outcome.NOT_OFFERED
        links.append(strongest(said) if said else Judgement(nobody, "there is no answer"))
    return weakest(tuple(links))


def _shown(octets: bytes) -> Iterable[x509.Certificate]:
    """The certificates in the signature of a mail."""
    try:
        unpacked = unpack(octets)
    except AdapterError:
        return
    if not isinstance(unpacked, Unpacked):
        return
    for element in unpacked.header.iter(ds("X509Certificate")):
        lines = "".join((element.text or "").split())
        pem = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n".encode("ascii", "ignore")
        try:
            yield from load_certificates(pem)
        except AdapterError:
            continue


def mails_of(members: Mapping[str, bytes]) -> Mapping[Digest, str]:
    """The mails and sealed bodies of a full package by digest."""
    return {Digest.of(content): name for name, content in members.items() if layout.is_sealed(name)}


def listed_mails(members: Mapping[str, bytes]) -> Mapping[Digest, str]:
    """The digests that an anonymised package gives of the mails it leaves out."""
    try:
        letters = read_document(members.get(layout.MESSAGES, b"{}")).documents("messages")
        found = [one.text("sealed_sha256") for one in letters if one.get("sealed_sha256") is not None]
        found += [digest for one in letters for digest in one.texts("answers_sha256")]
        return {Digest(digest): layout.MESSAGES for digest in found}
    except ValueError:
        return {}
