"""What can be kept, and what can be asked of it?

The port is two sets of typed operations, `Reader` and `Writer`, and a `Store` that runs a piece of work against one
of them. A piece of work is a function; everything it writes is one transaction: all of it is durable when `write`
returns, or none of it. A writer also reads, and sees what it has written: decide and write in the *same* piece of work,
and no other process can come between.

Rows are frozen values. The clock, ids and leases are arguments. Errors are those of the catalogue (STORE-...).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from adapter.crypto.certificates import Usage
from adapter.crypto.revocation import Outcome as RevocationOutcome
from adapter.crypto.standing import Action, Form
from adapter.delivery.duplicates import Seen, SignedReference
from adapter.delivery.receipts import AppRecState, ReceiptExchange
from adapter.delivery.receiver import ReceivedExchange, ReceptionState
from adapter.delivery.recorded import Pseudonym, RecordedFact, StayFact
from adapter.delivery.sender import SenderExchange, TransportState
from adapter.store.access import AccessReader, AccessWriter
from adapter.store.care import CareReader, CareWriter
from adapter.values import Digest, EdiAddress, HerId, MessageId, Moment, MsgId

T = TypeVar("T")


class Direction(StrEnum):
    """Which way a message goes, seen from here."""

    IN = "in"
    OUT = "out"


# ── bytes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class BlobKind(StrEnum):
    """What stored bytes are."""

    MAIL = "mail"
    """a whole mail as it was received"""
    PAYLOAD = "payload"
    """a business message as XML"""
    SEALED = "sealed"
    """a finished MIME body: what is put on the wire, and put there again on a resend"""
    SIGNAL = "signal"
    """the MIME body of an Acknowledgment, MessageError or Fault"""
    ANSWER = "answer"
    """what a certificate authority said about revocation: an OCSP response or a CRL (DER)"""
    CERTIFICATE = "certificate"
    """a certificate of a path that was judged (DER)"""


# ── incoming mail ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that arrived. `reception` is its machine up to the answer; from ACCEPTED on, the exchange's own
    `reception` goes on. `exchange_id` is the exchange it became, or the first copy's for a duplicate.

    `fence` grows with every claim; whoever saves must show the fence it was given.
    """

    id: str
    raw: Digest
    source: str
    envelope_from: str
    envelope_to: tuple[str, ...]
    reception: ReceivedExchange
    exchange_id: str | None = None
    fence: int = 0


# ── exchanges ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Exchange:
    """One business message or AppRec, out or in, with its identities and axes.

    What is not known yet is None: a submission gets its envelope identities when it is sealed. `payload` is the
    digest of the business message, `sealed` that of the MIME body on the wire, `soap` that of the decoded SOAP part.
    `service`, `action`, roles, `conversation_id` and `cpa_id` are the envelope's. `receipt_for` is the exchange that
    this AppRec is about, `answers` the exchange that this message answers. `transport` and `receipt` are the two axes
    of an outgoing message (`receipt` None where no AppRec is awaited), `reception` the one of an incoming message.
    `version` is the store's: `save_exchange` refuses a row that has changed since it was read.
    """

    id: str
    direction: Direction
    type: str
    sender: HerId
    receiver: HerId
    created_at: datetime
    payload: Digest | None = None
    msg_id: MsgId | None = None
    generated: Moment | None = None
    message_id: MessageId | None = None
    conversation_id: str | None = None
    cpa_id: str | None = None
    service: str | None = None
    action: str | None = None
    from_role: str | None = None
    to_role: str | None = None
    sealed: Digest | None = None
    soap: Digest | None = None
    peer_address: EdiAddress | None = None
    references: tuple[SignedReference, ...] = ()
    receipt_for: str | None = None
    answers: str | None = None
    transport: SenderExchange | None = None
    receipt: ReceiptExchange | None = None
    reception: ReceivedExchange | None = None
    version: int = 0

    @property
    def peer(self) -> HerId:
        """The other party."""
        return self.receiver if self.direction is Direction.OUT else self.sender


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A place in a list of exchanges or mails: what follows it was created (a mail: received) before, or at the same
    moment with a higher id."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class ExchangeFilter:
    """Which exchanges to list; an empty tuple or None does not restrict. The newest come first.

    `own` are parties of ours that sent or received; `id_begins` is the beginning of an id, as a person copies it;
    `after` continues a list where another one ended.
    """

    direction: Direction | None = None
    type: str | None = None
    peer: HerId | None = None
    transport: tuple[TransportState, ...] = ()
    receipt: tuple[AppRecState, ...] = ()
    reception: tuple[ReceptionState, ...] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None
    own: tuple[HerId, ...] = ()
    id_begins: str = ""
    msg_id: MsgId | None = None
    after: ListPlace | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of an exchange's history, for a person. No patient data."""

    exchange_id: str
    at: datetime
    what: str
    detail: str = ""


# ── what is to be transmitted ───────────────────────────────────────────────────────────────────────────────────────


class OutboxKind(StrEnum):
    """What a mail of ours carries."""

    MESSAGE = "message"
    SIGNAL = "signal"
    FAULT = "fault"


class OutboxState(StrEnum):
    """Where an item of the outbox is."""

    WAITING = "waiting"
    SENT = "sent"
    UNKNOWN = "unknown"
    """the connection ended after DATA"""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """its exchange was decided before it was sent"""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One thing to put on a socket. The same `id` put again is the same item, waiting again (a resend, a repeated
    answer). `exchange_id` is the exchange it belongs to (None for a Fault). `attempts` counts claims, `deferrals` those
    of which it is known that the mail did not leave; `first_attempt` is the first claim, the earliest moment at which a
    byte can have left. `created_at` is when it was last put: what waits is as old as its waiting. `doubts` counts those
    claims since then that were put back because nobody knows whether the mail left."""

    id: str
    kind: OutboxKind
    body: Digest
    sender: EdiAddress
    recipient: EdiAddress
    due: datetime
    created_at: datetime
    exchange_id: str | None = None
    in_reply_to: str | None = None
    state: OutboxState = OutboxState.WAITING
    attempts: int = 0
    deferrals: int = 0
    doubts: int = 0
    reason: str = ""
    fence: int = 0
    first_attempt: datetime | None = None
    finished_at: datetime | None = None

    @property
    def never_left(self) -> bool:
        """Whether this is known of a claimed item: each of its earlier claims was put off."""
        return self.attempts == self.deferrals + 1


# ── what has been seen ──────────────────────────────────────────────────────────────────────────────────────────────


class Outcome(StrEnum):
    """How an envelope that we received ended."""

    IN_PROGRESS = "in_progress"
    ACKNOWLEDGED = "acknowledged"
    WARNED = "warned"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SeenEnvelope:
    """A dedupe record: (verified From HER-id, eb:MessageId) and what became of it. Kept until `keep_until`, at least
    30 days (`ebxml.md` §7.4)."""

    sender: HerId
    message_id: MessageId
    seen: Seen
    outcome: Outcome
    exchange_id: str | None
    at: datetime
    keep_until: datetime


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """A business message that was taken in or rejected once: (MsgId without case, own organisation), `apprec.md`
    §5.5."""

    msg_id: MsgId
    organisation: HerId
    exchange_id: str
    payload: Digest
    at: datetime


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A checked business message for the application. `taken_at` is when the application had it; `file` is where it
    was put, empty unless it was delivered as a file. Where the application claims messages, `claimed_by` has it until
    `claimed_until`, and `fence` grows with every claim."""

    exchange_id: str
    payload: Digest
    received_at: datetime
    taken_at: datetime | None = None
    file: str = ""
    claimed_by: str = ""
    claimed_until: datetime | None = None
    fence: int = 0


# ── facts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom facts are about: a patient without a name in a hospital, seen from a municipality (None: not told)."""

    patient: Pseudonym
    hospital: HerId
    municipality: HerId | None


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Which facts; None does not restrict. They come in the order of the log.

    `newest` is how many of them at most, the newest ones; 0 is all. Only `facts` knows it.
    """

    patient: Pseudonym | None = None
    hospital: HerId | None = None
    municipality: HerId | None = None
    exchange_id: str | None = None
    after_seq: int = 0
    newest: int = 0


@dataclass(frozen=True, slots=True)
class RecentSubject:
    """Whom facts are about, and the number of the newest of them."""

    seq: int
    subject: Subject


@dataclass(frozen=True, slots=True)
class UnclearAnswer:
    """The number of the fact that an answer is unclear, the exchange of the answer, and whether somebody has read it
    since."""

    seq: int
    exchange_id: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class ChainReport:
    """The check of the fact log: how many facts hold, the last hash, and the first that does not hold (None if all
    do). Compare `length` and `head` with a report of another day to see whether facts were cut off at the end."""

    length: int
    head: Digest
    broken_at: int | None = None
    reason: str = ""


# ── statements ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class IssuedStatement:
    """A statement as it was issued: its name, its canonical octets and their digest. Nothing ever changes it.

    `month` is written `2012-03`; `number` is 1 for the statement of a month, more for its corrections. `as_of` is the
    time it was decided for.
    """

    id: str
    hospital: HerId
    municipality: HerId
    month: str
    number: int
    as_of: datetime
    issued_at: datetime
    digest: Digest
    content: bytes


# ── what operators did ──────────────────────────────────────────────────────────────────────────────────────────────


class Act(StrEnum):
    """What an operator did with an exchange or a mail."""

    RESEND = "resend"
    GIVE_UP = "give_up"
    HANDLED = "handled"
    """looked at and dealt with outside the adapter"""
    ACCEPT = "accept"
    """a received message that was held goes to the application"""
    REFUSE = "refuse"
    """a received message that was held does not"""


@dataclass(frozen=True, slots=True)
class OperatorAct:
    """Who did what, when and why, to the exchange or mail `subject`. Nothing ever changes it; no patient data."""

    subject: str
    at: datetime
    who: str
    act: Act
    reason: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Messages of ours to one partner that wait for an acknowledgment or an AppRec, and since when the oldest does."""

    partner: HerId
    count: int
    oldest: datetime


# ── certificates ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """The last good answer about a certificate, or of an issuer, and how asking went since.

    `about` is the SHA-256 of the certificate (OCSP) or of the issuer's (CRL). `answer` and `fetched_at` are None until
    there was one that could be relied on; `failures` counts the attempts since the last that did, `problem` says why.
    """

    form: Form
    about: Digest
    tried_at: datetime
    answer: Digest | None = None
    fetched_at: datetime | None = None
    failures: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class UsedAnswer:
    """An answer that a judgement rests on: about which certificate of the path (0 is the leaf), and its octets."""

    link: int
    form: Form
    octets: Digest


@dataclass(frozen=True, slots=True)
class CertificateCheck:
    """What was found out about the certificate behind a message, and with what: evidence, never changed.

    `message` is the digest of the mail that was received, or of the sealed body that was sent. `chain` leads from the
    certificate to the root; the octets of all of it are kept as blobs.
    """

    message: Digest
    usage: Usage
    judged_at: datetime
    outcome: RevocationOutcome
    action: Action
    reason: str
    chain: tuple[Digest, ...]
    answers: tuple[UsedAnswer, ...]


# ── numbers for health and metrics ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Counts:
    """How many exchanges are in each state, and how old the oldest waiting work is."""

    transport: tuple[tuple[TransportState, int], ...] = ()
    receipt: tuple[tuple[AppRecState, int], ...] = ()
    reception: tuple[tuple[ReceptionState, int], ...] = ()
    mails_waiting: int = 0
    outbox_waiting: int = 0
    inbox_waiting: int = 0
    oldest_outbox: datetime | None = None
    oldest_mail: datetime | None = None
    oldest_inbox: datetime | None = None


# ── operations ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest moments that a clock which is right can have set: when a mail of the outbox and one that came in are
    tried again, and when a claim on either and one of the application on a message end."""

    outbox_due: datetime
    mail_due: datetime
    claim: datetime
    inbox_claim: datetime


class Reader(AccessReader, CareReader, Protocol):
    """Questions. All answers of one piece of work are of one moment."""

    def blob(self, digest: Digest) -> bytes:
        """The bytes; raises STORE-MISSING when there are none, STORE-EXPIRED when retention has removed them, and
        STORE-CORRUPT when they are not what the digest says."""

    def mail(self, mail_id: str) -> Mail | None: ...

    def mails(
        self, states: Iterable[ReceptionState], limit: int = 1000, after: ListPlace | None = None
    ) -> tuple[Mail, ...]:
        """Mails in any of the states, newest first; `after` continues a list where another one ended, by the moment of
        their arrival."""

    def mails_begun(self, id_begins: str, limit: int = 1000) -> tuple[Mail, ...]:
        """Mails that became no exchange, whose id begins so."""

    def mails_of(self, exchange_ids: Iterable[str]) -> tuple[Mail, ...]:
        """Every mail that became one of these exchanges, or that was a signal or a notice about one, oldest first."""

    def exchange(self, exchange_id: str) -> Exchange | None: ...

    def exchanges(self, which: ExchangeFilter) -> tuple[Exchange, ...]: ...

    def exchanges_named(self, exchange_ids: Iterable[str]) -> tuple[Exchange, ...]:
        """Those of the ids that there are, in no order."""

    def submissions(self, limit: int = 100) -> tuple[Exchange, ...]:
        """Outgoing exchanges that are NEW, oldest first."""

    def due_transport(self, now: datetime, limit: int = 100) -> tuple[Exchange, ...]:
        """Outgoing exchanges in AWAIT_ACK whose timer has come, the longest due first."""

    def due_receipts(self, now: datetime, limit: int = 100) -> tuple[Exchange, ...]:
        """Outgoing exchanges whose AppRec is overdue, the longest due first."""

    def waiting_to_leave(self, most: int) -> int:
        """How many of our messages no mail server has had yet: those to be sealed, and those that are; no more than
        `most` are counted."""

    def next_due(self) -> datetime | None:
        """When the next piece of work is due by itself: outbox, mails, timers. None when nothing is."""

    def by_message_id(self, direction: Direction, message_id: MessageId, peer: HerId | None = None) -> Exchange | None:
        """The exchange of an envelope; `peer` None finds it whoever the other party is."""

    def find_sent(self, msg_id: MsgId, receiver: HerId | None = None) -> tuple[Exchange, ...]:
        """Outgoing exchanges with this MsgId (without case), newest first; where there is none, those with the same
        hexadecimal digits (`apprec.md` §7.2 step 1). `receiver` None finds those to anyone."""

    def related(self, exchange_id: str) -> tuple[Exchange, ...]:
        """The AppRecs for and answers to an exchange, oldest first."""

    def journal(self, exchange_id: str) -> tuple[JournalEntry, ...]: ...

    def journals(self, exchange_ids: Iterable[str]) -> tuple[JournalEntry, ...]:
        """The lines of several exchanges, in the order in which they were written."""

    def kept_back(
        self, reasons: Iterable[str], own: tuple[HerId, ...] = (), limit: int = 1000
    ) -> tuple[JournalEntry, ...]:
        """The journal lines `not imported` with one of these details, of exchanges that nobody has accepted or refused
        since; the oldest first. `own` are the parties that received them, if not all are meant."""

    def outbox_of(self, exchange_id: str) -> tuple[OutboxItem, ...]: ...

    def seen(self, sender: HerId, message_id: MessageId) -> SeenEnvelope | None: ...

    def taken(self, msg_id: MsgId, organisation: HerId) -> TakenMessage | None: ...

    def inbox_item(self, exchange_id: str) -> InboxItem | None: ...

    def inbox_waiting(self, limit: int = 100, own: tuple[HerId, ...] = ()) -> tuple[InboxItem, ...]:
        """What the application has not taken, oldest first; `own` restricts to messages for these parties."""

    def in_inbox(self, exchange_ids: Iterable[str]) -> frozenset[str]:
        """Which of these the application has been offered, whether it has taken them or not."""

    def besides(self, exchange_ids: Iterable[str]) -> tuple[tuple[str, int], ...]:
        """How many other attachments came with each of these; one that came with none is left out."""

    def beside(self, exchange_id: str) -> tuple[Digest, ...]:
        """The other attachments of a message that came with several, in their order; most have none."""

    def correlated(self, values: Iterable[str]) -> str | None:
        """The exchange for which one of these Message-IDs or ENVIDs was used."""

    def facts(self, which: FactFilter) -> tuple[RecordedFact, ...]: ...

    def subjects(self, which: FactFilter) -> tuple[Subject, ...]:
        """Whom the facts are about, each once; for going through a large log one patient at a time."""

    def recent_subjects(
        self, before: int | None, limit: int, organisations: tuple[HerId, ...] = ()
    ) -> tuple[RecentSubject, ...]:
        """Whom the facts are about, each once, the one with the newest fact first; `before` continues where another
        list ended. `organisations` restricts to these hospitals and municipalities, empty does not."""

    def subject_of(self, seq: int) -> Subject | None:
        """Whom the fact of a number is about."""

    def facts_about_any(self, subjects: Iterable[Subject]) -> tuple[RecordedFact, ...]:
        """The facts about any of these, in the order of the log."""

    def unclear_answers(self, before: int | None, limit: int) -> tuple[UnclearAnswer, ...]:
        """The answers of messages that only a person can read, whether one has or not, the newest first; `before`
        continues where another list ended."""

    def verify_chain(self) -> ChainReport: ...

    def statement(self, statement_id: str) -> IssuedStatement | None:
        """An issued statement; raises STORE-CORRUPT when its octets are not what the digest says."""

    def statements(
        self, hospital: HerId | None = None, municipality: HerId | None = None, month: str | None = None
    ) -> tuple[IssuedStatement, ...]:
        """The issued statements that fit, in the order they were issued; None does not restrict."""

    def acts(self, subject: str | None = None) -> tuple[OperatorAct, ...]:
        """What operators did, oldest first; with `subject` only to that exchange or mail."""

    def acts_about(self, subjects: Iterable[str]) -> tuple[OperatorAct, ...]:
        """What operators did to any of these exchanges and mails, oldest first."""

    def unanswered(self, own: tuple[HerId, ...] = ()) -> tuple[Unanswered, ...]:
        """Per partner, what we sent and what has not been acknowledged or receipted; the longest wait first. `own`
        restricts to what these parties sent, empty does not."""

    def revocation_answer(self, form: Form, about: Digest) -> RevocationAnswer | None:
        """What is cached about a certificate or of an issuer."""

    def certificate_checks(self, messages: Iterable[Digest]) -> tuple[CertificateCheck, ...]:
        """The checks of the certificates behind some messages, in the order of their time."""

    def note(self, key: str) -> str | None:
        """A small text that was kept with `keep_note`."""

    def waiting(self) -> Counts:
        """As `counts`, but of what is under way, has failed or is set aside only, so that a look at it is as quick in a
        large store: `transport` without what was acknowledged or cancelled, `receipt` of what was rejected or never
        came, `reception` of the mails in quarantine or under another's id."""

    def counts(self) -> Counts: ...


class Writer(Reader, AccessWriter, CareWriter, Protocol):
    """Questions and changes, in one transaction."""

    def put_blob(self, content: bytes, kind: BlobKind, now: datetime) -> Digest:
        """Keep bytes, encrypted where the store has a key. The same bytes again are kept once, and count as young."""

    def add_mail(self, mail: Mail) -> None: ...

    def claim_mails(self, now: datetime, limit: int, lease: timedelta, worker: str) -> tuple[Mail, ...]:
        """Take mails that are STORED, or PENDING and due, for `lease`; each comes with its new fence."""

    def save_mail(self, mail: Mail) -> None:
        """Write the reception and exchange id of a claimed mail and give up the claim. Raises STORE-CLAIM-LOST when
        another worker has claimed it since."""

    def add_exchange(self, exchange: Exchange) -> None:
        """Raises STORE-EXISTS when the id is taken."""

    def save_exchange(self, exchange: Exchange) -> Exchange:
        """Write how an exchange that was read before goes on; the result carries the new version. What it is (its
        direction, type, parties, moment, message, and what it answers or receipts) stands as it was added. When the
        transport axis is decided, what waits in the outbox for it is withdrawn. Raises STORE-CONFLICT when it was
        changed since."""

    def add_journal(self, entry: JournalEntry) -> None: ...

    def put_outbox(self, item: OutboxItem) -> None:
        """Add an item, or make the item of this id wait again with this body, recipient and due time."""

    def claim_outbox(self, now: datetime, limit: int, lease: timedelta, worker: str) -> tuple[OutboxItem, ...]:
        """Take items that wait and are due, for `lease`; each comes with its new fence."""

    def finish_outbox(self, item: OutboxItem, state: OutboxState, now: datetime, reason: str = "") -> None:
        """Write the end of a claimed item. Raises STORE-CLAIM-LOST when another worker has claimed it since."""

    def postpone_outbox(self, item: OutboxItem, due: datetime, reason: str) -> None:
        """Give a claimed item back, to be tried again at `due`; counts a deferral. Raises STORE-CLAIM-LOST."""

    def put_back_outbox(self, item: OutboxItem, due: datetime, reason: str) -> None:
        """Give a claimed item back of which nobody knows whether it left, to be tried again at `due`: no deferral, but
        a doubt. Raises STORE-CLAIM-LOST."""

    def renew_outbox(self, item: OutboxItem, body: Digest, now: datetime) -> None:
        """Give a claimed item that never left other octets, to go at once; where its old ones are kept as the answer to
        an envelope, these are the answer now. Raises STORE-CLAIM-LOST."""

    def release_claims(self, worker: str) -> int:
        """Give back everything that a worker of this name had claimed before it died; says how much that was."""

    def reserve(self, envelope: SeenEnvelope) -> None:
        """Take a verified envelope's id. Raises STORE-EXISTS when it is taken."""

    def answered(self, sender: HerId, message_id: MessageId, response: Digest, outcome: Outcome) -> None:
        """Write the answer to a reserved envelope; it is never replaced (STORE-CONFLICT)."""

    def take_msg_id(self, message: TakenMessage) -> TakenMessage | None:
        """Take a MsgId for an organisation; the message that had it before, if any, and then nothing is changed."""

    def add_inbox(self, item: InboxItem) -> None: ...

    def add_beside(self, exchange_id: str, payloads: Iterable[Digest]) -> None:
        """Keep which attachments came with a message beside its main document, in their order."""

    def claim_inbox(
        self, now: datetime, limit: int, lease: timedelta, caller: str, own: tuple[HerId, ...] = ()
    ) -> tuple[InboxItem, ...]:
        """Give what waits, oldest first, to one application until the lease ends; each comes with its new fence. `own`
        restricts to messages for these parties, empty does not."""

    def take_inbox(self, exchange_id: str, at: datetime, file: str = "") -> InboxItem:
        """The application has it. The first time counts; a later call returns the item as it was."""

    def correlate(self, value: str, exchange_id: str, at: datetime) -> None:
        """Remember that a Message-ID or ENVID was used for an exchange."""

    def append_fact(self, entry: StayFact, now: datetime) -> RecordedFact:
        """Write a fact at the end of the log; nothing can change it after."""

    def issue_statement(self, issued: IssuedStatement) -> None:
        """Keep a statement for ever. Raises STORE-EXISTS when there is one of this number for the pair and month."""

    def add_act(self, act: OperatorAct) -> None:
        """Write down what an operator did."""

    def keep_revocation_answer(self, kept: RevocationAnswer) -> None:
        """Put an answer, or the news of an attempt that failed, in the place of what was cached."""

    def keep_check(self, check: CertificateCheck) -> None:
        """Keep the check of a certificate. The first one of a message and a usage stands."""

    def keep_note(self, key: str, value: str, until: datetime | None = None) -> None:
        """Keep a small text of the daemon's own, such as when a mailbox was last read to its end, in the place of one
        that was kept before; `until` is when it may be forgotten, None: never."""

    def drop_note(self, key: str) -> None:
        """Let go of a small text that has served; nothing where there is none."""

    def rein_in(self, now: datetime, latest: Latest) -> int:
        """Make due now what waits for a moment after the latest that there can be, and end now what is claimed beyond
        it: a clock that was wrong has set it. Says how much that was."""

    def forget(self, before: datetime, limit: int) -> int:
        """Drop dedupe records, kept answers and small texts whose time is over, so many of each at most; says how many.
        Nothing unfinished is touched."""


class Store(Protocol):
    """Runs pieces of work. `write` joins concurrent callers into one commit; `*_now` are for code without a loop.

    What a piece of work raises comes back to its caller, and its changes are gone. A caller that is cancelled while its
    work runs does not stop it: the work is either not begun or done whole.
    """

    async def write(self, work: Callable[[Writer], T]) -> T: ...

    async def read(self, work: Callable[[Reader], T]) -> T: ...

    def write_now(self, work: Callable[[Writer], T]) -> T: ...

    def read_now(self, work: Callable[[Reader], T]) -> T: ...

    def pseudonym(self, national_id: str) -> Pseudonym:
        """The patient's pseudonym in this store."""

    def data_version(self) -> int:
        """A number that changes when anybody, in any process, has committed a change; cheap enough for a poll."""

    def close(self) -> None:
        """Finish what was handed in and let go of the database."""
