"""Do the mails prove what they carry: signatures, plaintexts, acknowledgments, receipts?

Every envelope is judged at its own eb:Timestamp, by the code that judges arriving mail. A plaintext that was encrypted
to the exporter is decrypted again with the content key in the package; one that the exporter encrypted to somebody
else cannot be, and there the receiver's Acknowledgment and AppRec tie the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapter.crypto import cms_foreign
from adapter.crypto.policy import NATIONAL
from adapter.crypto.tolerated import SHA1
from adapter.envelope import open as opening
from adapter.envelope.manifest import Manifest
from adapter.envelope.open import VerifiedMessage
from adapter.envelope.plaintext import unwrap
from adapter.envelope.signals import AckMatch, Acknowledgment, ErrorList, match
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import ALGORITHM_REFUSED, AdapterError
from adapter.evidence import layout
from adapter.evidence.algorithms import TakenWithSha1, policy_of, read_algorithms
from adapter.evidence.authority import Authority
from adapter.evidence.report import Check, Line, fails, holds, noted
from adapter.messages.apprec import AppRec
from adapter.messages.reading import Reading, understand
from adapter.values import Digest, Moment, MsgId, utc_text


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """A signal about a message whose signature holds. `had` is when the receiver had the message, by its own word.

    `states_arrival` tells an Acknowledgment with that moment from a signal that has only the time of its own making.
    """

    name: str
    received: bool
    digest: Digest
    had: Moment
    positive: bool
    states_arrival: bool


@dataclass(frozen=True, slots=True)
class CheckedLetter:
    """A message whose signature holds. `readings` are its documents; `digest` is that of the mail or the MIME body.

    `opened_again` says that the documents were decrypted from the signed mail here, and are not the exporter's word.
    """

    number: int
    name: str
    received: bool
    digest: Digest
    verified: VerifiedMessage
    readings: tuple[Reading, ...]
    opened_again: bool
    answers: tuple[CheckedAnswer, ...]

    @property
    def msg_id(self) -> MsgId | None:
        """The identity of the business message; None in an AppRec."""
        head = self.readings[0].head if self.readings else None
        return head.msg_id if head is not None else None

    @property
    def apprec(self) -> AppRec | None:
        return self.readings[0].apprec if self.readings else None


@dataclass(frozen=True, slots=True)
class CheckedMail:
    """All messages of a package that hold, in their order, and what the checks said."""

    letters: tuple[CheckedLetter, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Believed:
    """Who can have signed, and which mails were taken although they are signed with SHA-1."""

    authority: Authority
    sha1: Mapping[Digest, TakenWithSha1]


def check_mail(members: Mapping[str, bytes], authority: Authority) -> CheckedMail:
    """Check every mail of a package and everything that stands in it."""
    lines: list[Line] = []
    letters = []
    try:
        believed = _Believed(authority, read_algorithms(members))
    except (ValueError, OverflowError) as error:
        lines.append(fails(Check.SIGNATURE, layout.ALGORITHMS, f"it cannot be read: {error}"))
        believed = _Believed(authority, {})
    numbers = sorted({number for name in members if (number := layout.message_number(name)) is not None})
    for number in numbers:
        letter = _letter(number, members, believed, lines)
        if letter is not None:
            letters.append(letter)
    for letter in letters:
        if letter.apprec is not None:
            lines.append(_apprec(letter, letter.apprec, letters))
    if numbers:
        says = f"the record.json of {len(numbers)} messages are the exporter's own books: nobody else signed them"
        lines.append(noted(Check.SIGNATURE, "", says))
    return CheckedMail(tuple(letters), tuple(lines))


def same_id(one: MsgId, other: MsgId) -> bool:
    """Whether two MsgIds are one, also where a counterparty gave back nothing but its digits (`apprec.md` §7.2)."""
    return one == other or (bool(_digits(one)) and _digits(one) == _digits(other))


def _digits(msg_id: MsgId) -> str:
    return "".join(sign for sign in msg_id.key if sign in "0123456789abcdef")


def _letter(number: int, members: Mapping[str, bytes], believed: _Believed, lines: list[Line]) -> CheckedLetter | None:
    answers = sorted(one for one in members if layout.message_number(one) == number and layout.is_answer(one))
    name = next((n for n in (layout.received_mail(number), layout.sent_body(number)) if n in members), None)
    verified = None
    if name is None:
        lines.append(noted(Check.SIGNATURE, layout.record(number), "there is no sealed mail of this message"))
    else:
        verified = _verified(name, members[name], believed, lines)
    if name is None or verified is None:
        for answer in answers:
            if _verified(answer, members[answer], believed, lines) is not None:
                lines.append(noted(Check.ACKNOWLEDGMENT, answer, "the message that it answers does not hold"))
        return None
    if not isinstance(verified.message.content, Manifest):
        lines.append(fails(Check.SIGNATURE, name, "it is no message with a payload"))
        return None
    if not answers:
        lines.append(noted(Check.ACKNOWLEDGMENT, name, "there is no acknowledgment of this message"))
    readings = tuple(_documents(number, name, verified, verified.message.content, members, lines))
    checked = (_answer(answer, members[answer], verified, believed, lines) for answer in answers)
    return CheckedLetter(
        number,
        name,
        name == layout.received_mail(number),
        Digest.of(members[name]),
        verified,
        readings,
        layout.content_key(number, 1) in members,
        tuple(answer for answer in checked if answer is not None),
    )


def _verified(name: str, octets: bytes, believed: _Believed, lines: list[Line]) -> VerifiedMessage | None:
    """The envelope of a mail, if its signature holds at the time that it names itself, by the policy of that time."""
    taken = believed.sha1.get(Digest.of(octets))
    try:
        unpacked = unpack(octets)
        if not isinstance(unpacked, Unpacked):
            lines.append(fails(Check.SIGNATURE, name, "it holds no signed envelope"))
            return None
        message = opening.read(unpacked)
        header = message.header
        at = header.timestamp.instant
        verified = opening.verify(message, believed.authority.signer(header.sender.her), policy_of(taken), at)
    except AdapterError as error:
        says = str(error)
        if error.kind is ALGORITHM_REFUSED and taken is not None:
            says += f"; it was judged at {utc_text(taken.judged_at)}, and SHA-1 was taken only before {taken.before}"
        lines.append(fails(Check.SIGNATURE, name, says))
        return None
    except OverflowError:
        lines.append(fails(Check.SIGNATURE, name, "its Timestamp is at the end of all time"))
        return None
    says = f"signed by HER-id {header.sender.her} for {header.receiver.her} at {utc_text(at)} ({header.action})"
    lines.append(holds(Check.SIGNATURE, name, says))
    if taken is not None and SHA1 in verified.check.warnings:
        lines.append(noted(Check.SIGNATURE, name, _by_old_policy(taken)))
    return verified


def _by_old_policy(taken: TakenWithSha1) -> str:
    return (
        f"it is signed with SHA-1, which proves less than it did: two documents can be made to have one SHA-1. The "
        f"exporter says that it judged the mail at {utc_text(taken.judged_at)}, when its policy took SHA-1 "
        f"(before {taken.before}{f', by {taken.allowed_by}' if taken.allowed_by else ''})"
    )


def _documents(
    number: int,
    name: str,
    verified: VerifiedMessage,
    manifest: Manifest,
    members: Mapping[str, bytes],
    lines: list[Line],
) -> Iterator[Reading]:
    """The attachments, decrypted again where the key is there."""
    octets = {part.content_id: part.octets for part in verified.verified.content.parts}
    day = verified.header.timestamp.instant.date()
    for part, reference in enumerate(manifest.references, 1):
        document, key = layout.document(number, part), layout.content_key(number, part)
        if document not in members:
            lines.append(fails(Check.PLAINTEXT, document, "the document of this mail is missing or damaged"))
            continue
        if key in members:
            try:
                plain = unwrap(cms_foreign.open_with(octets[reference.content_id], members[key], NATIONAL, day)).octets
            except AdapterError as error:
                lines.append(fails(Check.PLAINTEXT, document, f"{key} does not open the mail: {error}"))
                continue
            if plain != members[document]:
                lines.append(fails(Check.PLAINTEXT, document, "it is not what the signed mail decrypts to"))
                continue
            lines.append(holds(Check.PLAINTEXT, document, f"it is what {name} decrypts to, octet for octet"))
        else:
            lines.append(noted(Check.PLAINTEXT, document, _attested(received=name == layout.received_mail(number))))
        yield understand(members[document])


def _attested(*, received: bool) -> str:
    if received:
        return "the key that opens the mail is not kept: that it is the plaintext of the mail is the exporter's word"
    return (
        "it was encrypted to the receiver and cannot be decrypted here: that it is the plaintext of the signed mail is "
        "the exporter's word; the receiver's acknowledgment and AppRec are what ties them together"
    )


def _answer(
    name: str, octets: bytes, about: VerifiedMessage, believed: _Believed, lines: list[Line]
) -> CheckedAnswer | None:
    """An Acknowledgment or ErrorList: the other party's, about this message, repeating its digests."""
    verified = _verified(name, octets, believed, lines)
    if verified is None:
        return None
    header, content = verified.header, verified.message.content
    if header.sender.her != about.header.receiver.her:
        lines.append(fails(Check.ACKNOWLEDGMENT, name, "its signer is not the receiver of the message"))
        return None
    received = name.endswith(".eml")
    made = header.timestamp
    if isinstance(content, ErrorList):
        if header.refers_to != about.header.message_id:
            lines.append(fails(Check.ACKNOWLEDGMENT, name, "it is about another message"))
            return None
        codes = ", ".join(sorted({error.code for error in content.errors}))
        word = "refuses the message" if content.rejects else "takes the message with warnings"
        lines.append(holds(Check.ACKNOWLEDGMENT, name, f"the receiver {word} ({codes}) at {utc_text(made.instant)}"))
        return CheckedAnswer(name, received, Digest.of(octets), made, not content.rejects, states_arrival=False)
    if not isinstance(content, Acknowledgment) or content.refers_to != about.header.message_id:
        lines.append(fails(Check.ACKNOWLEDGMENT, name, "it is no acknowledgment of this message"))
        return None
    matched = match(content.references, about.check.references)
    if matched is AckMatch.DIFFERENT:
        lines.append(fails(Check.ACKNOWLEDGMENT, name, "it repeats digests that are not those of the message"))
        return None
    had = content.accepted_at or made
    digests = {
        AckMatch.COMPLETE: "repeats every digest of it",
        AckMatch.PARTIAL: "repeats some of its digests and no other",
    }.get(matched, "repeats none of its digests, names it by its MessageId")
    lines.append(
        holds(Check.ACKNOWLEDGMENT, name, f"the receiver had the message at {utc_text(had.instant)}; {digests}")
    )
    return CheckedAnswer(
        name, received, Digest.of(octets), had, positive=True, states_arrival=content.accepted_at is not None
    )


def _apprec(letter: CheckedLetter, apprec: AppRec, letters: list[CheckedLetter]) -> Line:
    """A receipt against the message that it names."""
    about = apprec.original.id
    original = next(
        (one for one in letters if about is not None and one.msg_id is not None and same_id(one.msg_id, about)), None
    )
    if original is None:
        return fails(Check.APPREC, letter.name, "the message that this AppRec is about is not in the package")
    if letter.received is original.received:
        return fails(Check.APPREC, letter.name, f"this AppRec went the same way as message {original.number}")
    said = original.readings[0].head
    assert said is not None
    if said.generated is not None and apprec.original.issued not in {None, said.generated.text}:
        return fails(Check.APPREC, letter.name, f"it names another GenDate than message {original.number} has")
    word = {True: "accepts", False: "rejects", None: "says nothing of the fate of"}[apprec.accepted]
    codes = ", ".join(error.v or "?" for error in apprec.errors)
    at = f" at {utc_text(apprec.generated.instant)}" if apprec.generated is not None else ""
    return holds(
        Check.APPREC, letter.name, f"it {word} message {original.number}{at}" + (f" ({codes})" if codes else "")
    )
