"""Until when does a received message have to be receipted, and when is an operator told that it still owes its AppRec?

The receipt goes at once, or when the application or a person has decided; at the latest 96 hours after GenDate (HIS
80415:2012 §3.2, §3.3.4; `apprec.md` §5.3). Manual treatment may take that time and no more, and who keeps a message is
told in good time (§5.1 step 7). After it the sender counts the message as not received: then it may still be taken, and
is receipted positively; nothing negative is said any more (errata of 08.02.2017).
"""

from __future__ import annotations

from datetime import datetime

from adapter.delivery.retry import APPREC_OWED_ALERT, APPREC_WINDOW
from adapter.values import Moment, later


def due(received: datetime, generated: Moment | None) -> datetime:
    """GenDate + 96 h. No message was made after it came: a GenDate that says so, or none, counts as the arrival."""
    begun = received if generated is None else min(received, generated.instant)
    return later(begun, APPREC_WINDOW)


def is_soon(due_at: datetime, now: datetime) -> bool:
    """Whether it is time to tell that the AppRec is owed."""
    return now >= due_at - APPREC_WINDOW + APPREC_OWED_ALERT


def is_over(due_at: datetime, now: datetime) -> bool:
    """Whether the sender has stopped to wait, and nothing negative may be said any more (AR-024)."""
    return now >= due_at
