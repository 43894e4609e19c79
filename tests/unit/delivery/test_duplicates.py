"""Whether an envelope has been here before."""

from __future__ import annotations

import pytest

from adapter.delivery.duplicates import Novelty, Seen, SignedReference, identical_copy, judge
from adapter.values import Digest

SOAP, OTHER, ANSWER = Digest.of(b"soap"), Digest.of(b"other"), Digest.of(b"answer")
A, B = SignedReference("", "aaaa"), SignedReference("cid:p", "bbbb")
CHANGED = SignedReference("cid:p", "cccc")

CASES = {
    "never seen": (None, (A, B), Novelty.NEW),
    "seen and answered": (Seen(SOAP, (A, B), ANSWER), (A, B), Novelty.DUPLICATE),
    "order has no meaning": (Seen(SOAP, (A, B), ANSWER), (B, A), Novelty.DUPLICATE),
    "not answered yet": (Seen(SOAP, (A, B), None), (A, B), Novelty.IN_PROGRESS),
    "another payload": (Seen(SOAP, (A, B), ANSWER), (A, CHANGED), Novelty.FALSE_DUPLICATE),
    "a part less": (Seen(SOAP, (A, B), ANSWER), (A,), Novelty.FALSE_DUPLICATE),
    "another payload while in progress": (Seen(SOAP, (A, B), None), (A, CHANGED), Novelty.FALSE_DUPLICATE),
}


@pytest.mark.parametrize(("seen", "references", "novelty"), CASES.values(), ids=CASES.keys())
def test_the_judgement(seen: Seen | None, references: tuple[SignedReference, ...], novelty: Novelty) -> None:
    """An envelope is new, a copy, a copy of one in progress, or a false duplicate."""
    assert judge(seen, references) is novelty


def test_only_a_byte_identical_copy_is_known_before_verification() -> None:
    """The short cut is open to the very same SOAP bytes only."""
    seen = Seen(SOAP, (A,), ANSWER)
    assert identical_copy(seen, SOAP)
    assert not identical_copy(seen, OTHER)
    assert not identical_copy(None, SOAP)
