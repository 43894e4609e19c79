"""How a message is handed in once, however often it is sent: with a key that the caller chooses.

The key, the message and the answer are written in one transaction. The same key with the same octets gives the answer
again; with other octets it is refused. A key is used up only by a message that was taken in: what was refused may be
corrected and sent with the same key.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.errors import ACCESS_SCOPE, KEY_USED, AdapterError
from adapter.service.access import REFUSED, Caller, Did
from adapter.service.build_json import build_message, is_json
from adapter.service.bundle import unbundle
from adapter.service.installation import Installation
from adapter.service.repeating import KEPT
from adapter.service.steps import Told, tell
from adapter.service.submission import NotTaken, Submission, judge, keep, require_room
from adapter.store.access import KeptAnswer
from adapter.store.port import Reader, Writer
from adapter.values import Digest, MsgId


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The message was taken in, now or when its key came first, as this exchange."""

    exchange_id: str
    again: bool


def hand_in(installation: Installation, caller: Caller, key: str, content: bytes) -> HandedIn | NotTaken:
    """Judge and keep a message: XML, build-JSON with its kind, or either with parts beside it (`bundle`).

    Raises `AdapterError`: KEY_USED, BACKLOG_FULL, ACCESS_SCOPE for a sender that is not one of the caller's parties,
    and what judging, building and keeping raise.
    """
    request = Digest.of(content)

    def before(reader: Reader) -> HandedIn | None:
        kept = reader.kept_answer(caller.name, key)
        if kept is not None and kept.request != request:
            raise AdapterError(KEY_USED)
        return None if kept is None else HandedIn(kept.exchange_id, again=True)

    known = installation.store.read_now(before)
    if known is not None:
        return known
    installation.store.read_now(lambda reader: require_room(installation, reader))
    bundle = unbundle(content, None)
    judged = judge(installation, built(installation, bundle.content), bundle.beside)
    if isinstance(judged, NotTaken):
        return judged
    if not caller.acts_for(judged.sender):
        refused = caller.line(installation.clock.now(), Did.SUBMITTED, "", REFUSED)
        installation.store.write_now(lambda writer: writer.add_audit(refused))
        raise AdapterError(ACCESS_SCOPE, f"the token is not for messages of HER-id {judged.sender}")
    submission: Submission = judged
    exchange_id, now = installation.ids.fresh(), installation.clock.now()

    def write(writer: Writer) -> HandedIn:
        earlier = before(writer)
        if earlier is not None:
            return earlier
        require_room(installation, writer)
        _, told = keep(writer, submission, exchange_id, now)
        writer.keep_answer(KeptAnswer(caller.name, key, request, exchange_id, now, now + KEPT))
        writer.add_audit(caller.line(now, Did.SUBMITTED, exchange_id))
        tellings.extend(told)
        return HandedIn(exchange_id, again=False)

    tellings: list[Told] = []
    done = installation.store.write_now(write)
    tell(installation.log, tellings)
    return done


def built(installation: Installation, content: bytes) -> bytes:
    """The message as XML: what is XML already as it is, and build-JSON built. Raises as `build_message`."""
    if not is_json(content):
        return content
    return build_message(
        content,
        None,
        (installation.settings, installation.partners),
        now=installation.clock.now(),
        msg_id=MsgId(installation.ids.fresh()),
        codes=installation.codes,
    )
