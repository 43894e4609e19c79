"""Does a planned change of the encryption pair leave the time that messages under way need?

HISD 1177 §5.3 (`ebxml.md` §5.4): partners may use an answer of the register for 12 hours and a message may be under way
for 72, so an old key is needed for 84 hours after the change, and the change has to come 108 hours before the old
certificate expires. The 84 hours are the least that `keys.keep_hours` can be; the rest is looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.config import KeyPair, Keys
from adapter.crypto.keys import DecryptionKey, DecryptionKeys

AHEAD = timedelta(hours=108)
"""How long before the old certificate expires the next one has to be in use."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with the plan of one pair; `number` is its place in `keys.encryption`, from 1."""

    number: int
    says: str


def remarks(keys: Keys, opened: DecryptionKeys, now: datetime) -> Iterator[Remark]:
    """What is wrong with the plan of the pairs whose time is not over."""
    for number, (said, pair) in enumerate(zip(keys.encryption, opened.pairs, strict=True), 1):
        if said.until is None or (pair.end is not None and now >= pair.end):
            continue
        yield from _one(number, said, pair, keys, said.until)


def _one(number: int, said: KeyPair, pair: DecryptionKey, keys: Keys, until: datetime) -> Iterator[Remark]:
    left = pair.certificate.not_valid_after_utc - until
    if left < AHEAD:
        hours = round(left.total_seconds() / 3600)
        yield Remark(
            number,
            f"it is to be used until {hours} hours before its certificate expires; the next pair has to be in use "
            f"{round(AHEAD.total_seconds() / 3600)} hours before that (HISD 1177 §5.3): bring until forward",
        )
    following = [one for one in keys.encryption if one is not said and (one.until is None or one.until > until)]
    if not any(one.first is None or one.first <= until for one in following):
        first = min((one.first for one in following if one.first is not None), default=None)
        then = "there is no pair to encrypt to" if first is None else f"the next one begins only {first:%Y-%m-%d %H:%M}"
        yield Remark(number, f"when its time is over ({until:%Y-%m-%d %H:%M}), {then}")
