"""Under which policy was an envelope taken whose signature rests on SHA-1?

SHA-1 is refused but while the dated switch of its sender is on (`ebxml.md` §4.1). What was taken then has to be judged
by the policy of then, years later and by somebody else: the package says of each such mail which day the switch ended,
what said so, and when the mail was judged. Nobody but the exporter vouches for that, and the check says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from adapter.crypto.policy import NATIONAL, Policy
from adapter.evidence import layout
from adapter.evidence.container import Member
from adapter.evidence.document import read_document, written
from adapter.values import Digest, instant_text


@dataclass(frozen=True, slots=True)
class TakenWithSha1:
    """A mail that was believed although it is signed with SHA-1; `before` is the first day that did not take it,
    `allowed_by` what set that day (`partner file 990202.toml`), empty where that is not told."""

    mail: Digest
    judged_at: datetime
    before: date
    allowed_by: str = ""

    @property
    def was_allowed(self) -> bool:
        return self.judged_at.date() < self.before


def algorithm_members(taken: tuple[TakenWithSha1, ...]) -> Iterator[Member]:
    """The member that lists them; none where there is nothing to list."""
    if taken:
        rows = [
            {
                "mail": one.mail.value,
                "judged_at": instant_text(one.judged_at),
                "sha1_before": one.before.isoformat(),
                "allowed_by": one.allowed_by,
            }
            for one in taken
        ]
        yield Member(layout.ALGORITHMS, written({"sha1": [dict(row) for row in rows]}))


def read_algorithms(members: Mapping[str, bytes]) -> Mapping[Digest, TakenWithSha1]:
    """What the package says, by mail. Raises `ValueError` for a member that cannot be read."""
    if layout.ALGORITHMS not in members:
        return {}
    rows = read_document(members[layout.ALGORITHMS]).documents("sha1")
    found = [
        TakenWithSha1(
            row.digest("mail"),
            row.instant("judged_at"),
            date.fromisoformat(row.text("sha1_before")),
            "" if row.get("allowed_by") is None else row.text("allowed_by"),
        )
        for row in rows
    ]
    return {one.mail: one for one in found}


def policy_of(taken: TakenWithSha1 | None) -> Policy:
    """What an envelope is judged by: the national policy, with SHA-1 where it was allowed when it was judged."""
    return Policy(sha1_before=date.max) if taken is not None and taken.was_allowed else NATIONAL
