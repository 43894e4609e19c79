"""What becomes of a mail that could not be judged for a day, for a trouble of ours?

Its sender is told early with an ErrorList (`ebxml.md` §7.4, PENDING with its limit reached): DeliveryFailure where what
we needed to ask was away, otherwise Unknown, as after a defect of the adapter (`ebxml.md` §6.4). That goes to the
address that the directory has, and only where the directory knows the sender. A message whose signature holds keeps
its id reserved with this answer, so that a copy hears the same. One that nobody could verify reserves no id, which is
the sender's: only these very octets hear the same again, once their signature holds. What cannot be answered, and every
signal, goes to quarantine with the reason. A person sees either.
"""

from __future__ import annotations

from adapter.envelope import open as opening
from adapter.envelope.open import VerifiedMessage
from adapter.envelope.respond import Arrived, arrived_as
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import AdapterError, Blame
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service import payloads
from adapter.service.agreements import expected_signer
from adapter.service.answers import refuse
from adapter.service.defects import defect
from adapter.service.installation import Installation
from adapter.service.kept_refusals import KeptRefusal
from adapter.service.pulse import STORE_AWAY
from adapter.service.steps import Told
from adapter.store.port import Mail
from adapter.values import Digest

WHY = "it could not be judged within 24 hours"


def refuse_unjudged(installation: Installation, mail: Mail, error: AdapterError) -> list[Told] | None:
    """Tell the sender of a mail that it was not judged, because of `error`; None where that cannot be told."""
    octets = installation.store.read_now(lambda reader: reader.blob(mail.raw))
    try:
        unpacked = unpack(octets)
        if not isinstance(unpacked, Unpacked) or arrived_as(unpacked.kind) is not Arrived.PAYLOAD:
            return None
        to = unpacked.reply_to
        if to is None or not to.message_id or installation.partners.find(to.sender) is None:
            return None
        told_outside = AdapterError(error.kind, WHY)
        verified = _verified(installation, unpacked)
        if verified is not None:
            told = payloads.refuse_verified(installation, mail, verified, told_outside)
        else:
            kept = KeptRefusal(Digest.of(unpacked.envelope.octets))
            told = refuse(installation, mail, unpacked.kind, to, unpacked.mail, told_outside, kept)
    except AdapterError as another:
        _tell_if_ours(installation, another)
        return None
    except Exception as unforeseen:
        # What broke our code while it was judged may break it here once more; then a person has it in quarantine.
        _tell_defect(installation, type(unforeseen).__name__)
        return None
    return [*told, Told(events.MAIL_UNJUDGED, Line(partner=to.sender.value, state="rejected", rule=error.id))]


def _verified(installation: Installation, unpacked: Unpacked) -> VerifiedMessage | None:
    """The message, if its signature is that of the party the directory knows; nobody is asked for anything newer.

    None also where the verification meets a defect of ours: that is told, and it is answered as one not verified.
    Raises `AdapterError` while the store is away.
    """
    try:
        message = opening.read(unpacked)
        her, now = message.header.sender.her, installation.clock.now()
        return opening.verify(message, expected_signer(installation, her, now), installation.policy_of(her), now)
    except AdapterError as error:
        _tell_if_ours(installation, error)
        return None
    except Exception as unforeseen:
        _tell_defect(installation, type(unforeseen).__name__)
        return None


def _tell_if_ours(installation: Installation, error: AdapterError) -> None:
    """Tell an error that stands for a defect. Raises it while it is the store that is away: then the mail waits."""
    if error.kind in STORE_AWAY:
        raise error
    if error.kind.blame is Blame.ADAPTER:
        _tell_defect(installation, error.id)


def _tell_defect(installation: Installation, name: str) -> None:
    """Name a defect that the mail was not put off for: what becomes of the mail would hide it."""
    installation.log.tell(events.MAIL_JUDGING_FAILED, Line(rule=defect(name)))
