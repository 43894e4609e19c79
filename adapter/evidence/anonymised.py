"""What may a dispute board read: the moments, receipts and reasons of a stay, and nothing of the patient?

No message and no mail is in it; they are named by their digests, so that a board can ask a party to show the one that
matters. MsgIds become running numbers, the patient and the stay one number that only the exporter can trace back
(`liability.md` §11.10).
"""

from __future__ import annotations

from dataclasses import replace

from adapter.crypto.keys import SigningIdentity
from adapter.delivery.fact_json import Json, write_fact
from adapter.delivery.recorded import RecordedFact, best_proved
from adapter.evidence import layout
from adapter.evidence.container import Member
from adapter.evidence.document import written
from adapter.evidence.dossier import Dossier, Letter
from adapter.evidence.manifest import Form
from adapter.evidence.outcome import decide_again, decision_members, terms_members, write_case
from adapter.evidence.package import certificate_members, chain_member, digest_or_none, record_json, signed
from adapter.evidence.revocations import revocation_members
from adapter.facts import AnswerClassified, Cancellation, Carrier, Correction, Fact, ReceiptGiven, What
from adapter.values import MsgId, instant_text


def pack_anonymised(dossier: Dossier, number: int, signer: SigningIdentity) -> bytes:
    """The package for the board; `number` is the running number that takes the place of the stay's key.

    Raises `ValueError` where the terms of the dossier cannot be read.
    """
    dossier = replace(dossier, subject=replace(dossier.subject, stay=f"stay {number}"))
    names = _Names(dossier)
    best = [
        (one, replace(one.entry.fact, what=_renamed(one.entry.fact.what, names))) for one in best_proved(dossier.facts)
    ]
    readings = decide_again(dossier.subject, (fact for _, fact in best), dossier.terms)
    members = (
        write_case(dossier.subject, dossier.terms.profile),
        *decision_members(readings, in_words=False),
        *terms_members(dossier.terms),
        Member(layout.FACTS, written({"facts": [_fact(one, fact) for one, fact in best]})),
        chain_member(dossier.chain),
        Member(layout.MESSAGES, written({"messages": [_message(letter, names) for letter in dossier.letters]})),
        *certificate_members(replace(dossier.certificates, parties=()), signer.certificate),
        *revocation_members(dossier.checks),
    )
    return signed(Form.ANONYMISED, dossier, members, signer)


class _Names:
    """A running number for every MsgId, those of the messages in the package first."""

    def __init__(self, dossier: Dossier) -> None:
        self._numbers: dict[MsgId, int] = {}
        for letter in dossier.letters:
            if letter.record.msg_id:
                self.of(MsgId(letter.record.msg_id))

    def of(self, msg_id: MsgId) -> MsgId:
        return MsgId(f"message-{self._numbers.setdefault(msg_id, len(self._numbers) + 1)}")


def _renamed(what: What, names: _Names) -> What:
    if isinstance(what, ReceiptGiven | AnswerClassified):
        return replace(what, refers_to=names.of(what.refers_to))
    if isinstance(what, Cancellation | Correction) and what.refers_to is not None:
        what = replace(what, refers_to=names.of(what.refers_to))
    return replace(what, carrier=_carrier(what.carrier, names))


def _carrier(carrier: Carrier, names: _Names) -> Carrier:
    return carrier if carrier.message is None else replace(carrier, message=names.of(carrier.message))


def _fact(one: RecordedFact, fact: Fact) -> dict[str, Json]:
    """The fact, the place of the entry it was taken from, and that entry's digest."""
    return {"seq": one.seq, "recorded_at": instant_text(one.recorded_at), "entry": one.digest.value,
            "fact": write_fact(fact)}  # fmt: skip


def _message(letter: Letter, names: _Names) -> dict[str, Json]:
    told = record_json(letter.record, with_journal=False)
    told["msg_id"] = names.of(MsgId(letter.record.msg_id)).value if letter.record.msg_id else ""
    told["sealed_sha256"] = digest_or_none(tuple(one.octets for one in letter.sealed))
    told["document_sha256"] = digest_or_none(tuple(one.octets for one in letter.attachments))
    told["answers_sha256"] = [digest_or_none((one.octets,)) for one in letter.answers]
    return told
