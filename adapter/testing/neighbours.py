"""Two adapters in one process, and a road between them that a test can make as bad as it likes.

Nothing is short-cut but the socket: a mail that a side sends goes onto the `Road`, which may take, defer, refuse or
lose it, and is kept at the other side as the listener would keep it. The clock stands still until it is moved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from adapter.config import Settings, load
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.recorded import RecordedFact
from adapter.envelope.agreement import without_cpa
from adapter.envelope.header import ReturnAddress
from adapter.envelope.mail import MailHeaders, mail
from adapter.envelope.routing import Process, Routing
from adapter.envelope.seal import PayloadIds
from adapter.envelope.signals import EbError, ErrorSeverity
from adapter.errors import WireCode
from adapter.facts import AdmissionNotice, Carrier, Fact, HowKnown
from adapter.messages.building import example
from adapter.messages.reading import understand
from adapter.observe.log import Log, Silent
from adapter.service.build_json import build_message
from adapter.service.clock import Clock, Ids, RandomIds
from adapter.service.daemon import Daemon
from adapter.service.inbox import file_of
from adapter.service.installation import Installation, open_installation, open_own_store
from adapter.service.submission import NotTaken, judge, keep, submit_now
from adapter.service.views import Row, rows
from adapter.store.port import Direction, Exchange, ExchangeFilter, FactFilter, Mail
from adapter.testing.clock import DrivenClock
from adapter.testing.place import Place, Side
from adapter.transports.port import Accepted, Keep, Outcome, OutcomeUnknown, OutgoingMail, ReceivedMail
from adapter.values import EdiAddress, HerId, MessageId, Moment, MsgId

Json = str | Mapping[str, "Json"] | list["Json"]


class Road:
    """Carries mails between sides. `told` outcomes come first; what `loses` says yes to is taken and never arrives."""

    def __init__(self) -> None:
        self._listeners: dict[EdiAddress, Keep] = {}
        self._told: list[Outcome] = []
        self.loses: Callable[[OutgoingMail], bool] = lambda mail: False
        self.taken: list[OutgoingMail] = []
        self.under_way: list[OutgoingMail] = []

    def listen(self, address: EdiAddress, keep: Keep) -> None:
        """Hand every mail for `address` to `keep`."""
        self._listeners[address] = keep

    def tell(self, *outcomes: Outcome) -> None:
        """Answer the next mails with these; one whose outcome is unknown has been taken all the same."""
        self._told.extend(outcomes)

    async def send(self, mail: OutgoingMail) -> Outcome:
        """Take a mail, or answer as was told."""
        outcome = self._told.pop(0) if self._told else Accepted("250 taken")
        if isinstance(outcome, Accepted | OutcomeUnknown):
            self.taken.append(mail)
            if not self.loses(mail):
                self.under_way.append(mail)
        return outcome

    async def arrive(self, mail: OutgoingMail) -> None:
        """Let a mail arrive, once; nobody at home is a mail lost."""
        keep = self._listeners.get(mail.recipient)
        if keep is not None:
            await keep(ReceivedMail(mail.content, mail.sender.value, (mail.recipient.value,)))

    async def carry(self) -> int:
        """Let everything that is under way arrive, in order; says how much that was."""
        arriving, self.under_way = self.under_way, []
        for one in arriving:
            await self.arrive(one)
        return len(arriving)

    async def close(self) -> None:
        """Nothing is held open."""


class Neighbour:
    """One of the two adapters."""

    def __init__(self, side: Side, road: Road, clock: DrivenClock, ids: Ids, log: Log) -> None:
        self.side = side
        self._road = road
        self._settle_in(open_installation(load(side.config), clock, ids, log))

    def _settle_in(self, installation: Installation) -> None:
        self.installation = installation
        self.daemon = Daemon(installation, self._road)
        self.daemon.recover()
        self._road.listen(EdiAddress(self.side.address), self.daemon.keep)

    @property
    def settings(self) -> Settings:
        return self.installation.settings

    async def restart(self) -> None:
        """Stop, and start again on the same store."""
        await self.daemon.close()
        self._settle_in(replace(self.installation, store=open_own_store(self.settings)))

    async def set_clock(self, clock: Clock) -> None:
        """Go on by another clock, as after a restart."""
        await self.daemon.close()
        self._settle_in(replace(self.installation, store=open_own_store(self.settings), clock=clock))

    def object_to(self, message: Exchange, code: WireCode) -> OutgoingMail:
        """A signed ErrorList about a message that was sent to this side, whatever was answered before."""
        installation, now = self.installation, self.installation.clock.now()
        assert message.message_id is not None
        to = ReturnAddress(
            message.sender,
            message.receiver,
            message.cpa_id or "",
            message.conversation_id or "",
            message.message_id.value,
        )
        error = EbError(code, ErrorSeverity.ERROR, "", "said by the awkward counterparty")
        sealed = installation.sealer.object_to(to, (error,), MessageId(installation.ids.fresh()), now)
        own, partner = EdiAddress(self.side.address), installation.partner(message.sender)
        name = f"{installation.ids.fresh()}@{own.domain}"
        return OutgoingMail(own, partner.address, mail(MailHeaders(own, partner.address, now, name), sealed.body), name)

    def build(self, kind: str, **fields: Json) -> bytes:
        """A message of a kind from its example: the parties of this place, and the fields given here."""
        told: dict[str, object] = {**json.loads(example(kind)), **fields}
        for party in ("sender", "receiver"):
            said = told[party]
            assert isinstance(said, Mapping)
            told[party] = {"her": said["her"]}
        return build_message(
            json.dumps(told).encode(),
            kind,
            (self.settings, self.installation.partners),
            now=self.installation.clock.now(),
            msg_id=MsgId(self.installation.ids.fresh()),
            codes=self.installation.codes,
        )

    def submit(self, content: bytes) -> str:
        """Hand a message over and return the id of its exchange. Raises `ValueError` when it may not be sent."""
        outcome = submit_now(self.installation, content)
        if isinstance(outcome, NotTaken):
            raise ValueError(", ".join(finding.rule for finding in outcome.findings))
        return outcome

    def send_unjudged(self, content: bytes, like: bytes) -> str:
        """Send octets that our own rules would refuse, as a careless partner does; routed as the message `like` is."""
        judged = judge(self.installation, like)
        if isinstance(judged, NotTaken):
            raise ValueError(", ".join(finding.rule for finding in judged.findings))
        exchange_id, now = self.installation.ids.fresh(), self.installation.clock.now()
        head = understand(content).head
        careless = replace(judged, content=content, msg_id=(head.msg_id if head is not None else None) or judged.msg_id)
        self.installation.store.write_now(lambda writer: keep(writer, careless, exchange_id, now))
        return exchange_id

    def seal(
        self, content: bytes, receiver: HerId, process: Process, *, sender: HerId, message_id: str
    ) -> OutgoingMail:
        """Seal any octets under an eb:MessageId of one's choice, past every rule and without leaving a trace here."""
        installation = self.installation
        partner, agreement = installation.partner(receiver), without_cpa(sender, receiver)
        fresh, now = installation.ids.fresh, installation.clock.now()
        sealed = installation.sealer.seal(
            content,
            Routing(sender, receiver, process, agreement.cpa_id, "urn:unknown", "0", agreement.service_type),
            partner.encryption_at(now),
            PayloadIds(MessageId(message_id), fresh(), fresh(), fresh(), f"=_{fresh()}"),
            now,
        )
        name, own = f"{fresh()}@hospital.example", EdiAddress(self.side.address)
        whole = mail(MailHeaders(own, partner.address, now, name), sealed.body)
        return OutgoingMail(own, partner.address, whole, name)

    def exchange(self, exchange_id: str) -> Exchange:
        """The exchange as it is now."""
        found = self.installation.store.read_now(lambda reader: reader.exchange(exchange_id))
        assert found is not None
        return found

    def sent(self, type_: str | None = None) -> list[Exchange]:
        """What this side has sent, oldest first."""
        return self._listed(ExchangeFilter(direction=Direction.OUT, type=type_, limit=10_000))

    def received(self, type_: str | None = None) -> list[Exchange]:
        """What this side has received, oldest first."""
        return self._listed(ExchangeFilter(direction=Direction.IN, type=type_, limit=10_000))

    def _listed(self, which: ExchangeFilter) -> list[Exchange]:
        return list(reversed(self.installation.store.read_now(lambda reader: reader.exchanges(which))))

    def payload(self, exchange: Exchange) -> bytes:
        """The business message of an exchange."""
        digest = exchange.payload
        assert digest is not None
        return self.installation.store.read_now(lambda reader: reader.blob(digest))

    def inbox(self) -> dict[str, bytes]:
        """The files that lie in the inbox folder, by name."""
        folder = self.settings.inbox.folder
        return (
            {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()}
            if folder.is_dir()
            else {}
        )

    def take(self, exchange: Exchange) -> bytes:
        """Take the file of a received message away, as an application does."""
        path = file_of(self.installation, exchange.id)
        content = path.read_bytes()
        path.unlink()
        return content

    def facts(self) -> tuple[RecordedFact, ...]:
        """The whole fact log."""
        return self.installation.store.read_now(lambda reader: reader.facts(FactFilter()))

    def note_early_notice(self) -> None:
        """A person's note that the early notice (§ 8) of the only stay was given, for want of its message."""
        about = self.facts()[0].entry
        now = self.installation.clock.now()
        fact = Fact(AdmissionNotice(Carrier()), Moment.at(now), HowKnown.PERSON)
        entry = replace(about, fact=fact, exchange_id=None)
        self.installation.store.write_now(lambda writer: writer.append_fact(entry, now))

    def mails(self) -> list[Mail]:
        """Every mail that was kept, oldest first."""
        found = self.installation.store.read_now(lambda reader: reader.mails(tuple(ReceptionState), limit=10_000))
        return list(reversed(found))

    def listing(self) -> tuple[Row, ...]:
        """What `adapter list` shows."""
        now = self.installation.clock.now()
        return self.installation.store.read_now(lambda reader: rows(reader, ExchangeFilter(), now))

    def journal(self, exchange_id: str) -> list[str]:
        """What has happened to an exchange, in words."""
        entries = self.installation.store.read_now(lambda reader: reader.journal(exchange_id))
        return [f"{entry.what} {entry.detail}".strip() for entry in entries]


class World:
    """A hospital and a municipality, the road between them, and the clock of both."""

    def __init__(
        self,
        place: Place,
        start: datetime,
        *,
        logs: tuple[Log, Log] = (Silent(), Silent()),
        ids: tuple[Ids, Ids] = (RandomIds(), RandomIds()),
    ) -> None:
        self.place = place
        self.clock = DrivenClock(start)
        self.road = Road()
        self.hospital = Neighbour(place.hospital, self.road, self.clock, ids[0], logs[0])
        self.municipality = Neighbour(place.municipality, self.road, self.clock, ids[1], logs[1])

    async def settle(self) -> None:
        """Let both sides and the road do everything that is due at this moment."""
        while await self.hospital.daemon.turn() + await self.municipality.daemon.turn() + await self.road.carry():
            pass

    async def go_on(self, by: timedelta) -> None:
        """Let time pass, and then settle."""
        self.clock.advance(by)
        await self.settle()

    async def close(self) -> None:
        """Stop both."""
        await self.hospital.daemon.close()
        await self.municipality.daemon.close()


def is_signal(mail: OutgoingMail) -> bool:
    """Whether a mail carries an answer of the transport: an Acknowledgment, ErrorList or Fault has no attachment."""
    return b"multipart/related" not in mail.content
