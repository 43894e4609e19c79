"""Was a message encrypted to a pair of ours whose time is over?

Its sender hears the same as of every message that cannot be opened (`ebxml.md` §5.3); the operator hears the reason,
for the sender still works with an old certificate of ours (HISD 1177 §5.3).
"""

from __future__ import annotations

from datetime import datetime

from adapter.crypto.certificates import thumbprint
from adapter.crypto.cms import ended_for
from adapter.crypto.keys import DecryptionKey
from adapter.envelope.open import VerifiedMessage
from adapter.envelope.shown import shown_id
from adapter.errors import DECRYPTION_FAILED, AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.installation import Installation, Tools
from adapter.service.steps import Told
from adapter.values import utc_text


def ended(tools: Tools, message: VerifiedMessage, moment: datetime) -> DecryptionKey | None:
    """The pair whose time was over at the moment and that an attachment is encrypted to."""
    found = (ended_for(part.octets, tools.keys, moment) for part in message.verified.content.parts)
    return next((pair for pair in found if pair is not None), None)


def told(installation: Installation, message: VerifiedMessage, moment: datetime, error: AdapterError) -> list[Told]:
    """What the log says of a message that could not be opened; nothing where that has another reason."""
    pair = ended(installation, message, moment) if error.kind is DECRYPTION_FAILED else None
    if pair is None:
        return []
    header = message.header
    line = Line(
        message_id=shown_id(header.message_id.value),
        partner=header.sender.her.value,
        state="rejected",
        rule=thumbprint(pair.certificate),
    )
    return [Told(events.KEY_ENDED, line)]


def reason(tools: Tools, message: VerifiedMessage, moment: datetime) -> str:
    """The same for a person who opens a mail by hand; empty where there is another reason."""
    pair = ended(tools, message, moment)
    if pair is None or pair.end is None:
        return ""
    return (
        f"it is encrypted to our old certificate {thumbprint(pair.certificate)}, which opens nothing since "
        f"{utc_text(pair.end)} (keys.encryption until, and keep_hours)"
    )
