"""Did two messages go between the same two organisations, so that one may be linked to the other (LK-007)?"""

from __future__ import annotations

from adapter.messages.head import Head


def same_pair(earlier: Head, later: Head) -> bool:
    """Whether `later` goes between the organisation that sent `earlier` and one that `earlier` was sent to, copies too.

    An organisation without a HER-id contradicts nothing.
    """
    sent_by, sent_to = earlier.sender.organisation_her, [one.organisation_her for one in earlier.all_receivers]
    pair = (later.sender.organisation_her, later.receiver.organisation_her)
    if None in (sent_by, *sent_to, *pair):
        return True
    return any(one == sent_by and other in sent_to for one, other in (pair, pair[::-1]))
