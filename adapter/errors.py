"""The catalogue of everything that can go wrong: stable id, whose fault, wire code, AppRec code, retryable, remedy.

One row per kind of error, in one table, so that an operator's handbook, a log line, an ebXML ErrorList and an AppRec
can never disagree. An `AdapterError` carries its row and a detail; neither may hold a name, a national identity
number or a piece of a message. Wire codes are those of `ebxml.md` §6.4, AppRec codes those of `apprec.md` §4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Blame(StrEnum):
    """Whose fault an error is: who has to change something before it goes away."""

    CALLER = "caller"
    """the integrator or the person at the keyboard"""
    OPERATOR = "operator"
    """this installation: configuration, keys, disk"""
    PARTNER = "partner"
    """the other party: its message, its certificate, its mail server"""
    NETWORK = "network"
    """nobody yet: a connection that may come back"""
    ADAPTER = "adapter"
    """us: a defect to report"""


class WireCode(StrEnum):
    """The ebXML error codes of the profile (HIS 1037 §7.2.4, HITS 1171 §8.3)."""

    VALUE_NOT_RECOGNIZED = "ValueNotRecognized"
    NOT_SUPPORTED = "NotSupported"
    INCONSISTENT = "Inconsistent"
    OTHER_XML = "OtherXml"
    DELIVERY_FAILURE = "DeliveryFailure"
    TIME_TO_LIVE_EXPIRED = "TimeToLiveExpired"
    SECURITY_FAILURE = "SecurityFailure"
    MIME_PROBLEM = "MimeProblem"
    UNKNOWN = "Unknown"


class AppRecCode(StrEnum):
    """The AppRec error codes that this adapter sends itself (OID 2.16.578.1.12.4.1.1.8221)."""

    NOT_WELL_FORMED = "T01"
    NOT_SCHEMA_VALID = "T02"
    FORMAT_NOT_SUPPORTED = "T10"
    BAD_MSG_ID = "E10"
    RECEIVER_UNKNOWN = "E21"
    PATIENT_INSUFFICIENT = "E36"
    OTHER = "X99"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One row of the catalogue. `wire` and `apprec` are None where the error has no answer on that level."""

    id: str
    blame: Blame
    says: str
    remedy: str
    wire: WireCode | None = None
    apprec: AppRecCode | None = None
    retryable: bool = False

    @property
    def may_pass(self) -> bool:
        """Whether it is nobody's fault yet and may pass by itself: what it concerns waits, and nobody is refused."""
        return self.retryable and self.blame is Blame.NETWORK


class AdapterError(Exception):
    """An error of the catalogue that happened. `detail` says what exactly; it holds no patient data."""

    def __init__(self, kind: ErrorKind, detail: str = "") -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind.says}: {detail}" if detail else kind.says)

    @property
    def id(self) -> str:
        return self.kind.id

    def sentence(self) -> str:
        """What happened and what to do about it, for a person."""
        return f"{self} [{self.kind.id}]. {self.kind.remedy}"


_CATALOGUE: dict[str, ErrorKind] = {}


def _kind(
    id: str,  # noqa: A002
    blame: Blame,
    says: str,
    remedy: str,
    wire: WireCode | None = None,
    apprec: AppRecCode | None = None,
    *,
    retryable: bool = False,
) -> ErrorKind:
    if id in _CATALOGUE:
        raise ValueError(f"two errors are called {id}")
    _CATALOGUE[id] = ErrorKind(id, blame, says, remedy, wire, apprec, retryable)
    return _CATALOGUE[id]


def catalogue() -> tuple[ErrorKind, ...]:
    """Every kind of error, in the order of this file."""
    return tuple(_CATALOGUE.values())


# ── configuration, files, usage ─────────────────────────────────────────────────────────────────────────────────────

CONFIG_INVALID = _kind(
    "CFG-INVALID",
    Blame.OPERATOR,
    "the configuration cannot be used",
    "Correct the keys named; every mistake is listed at once.",
)
CONFIG_FIXED = _kind(
    "CFG-FIXED",
    Blame.OPERATOR,
    "a key was changed that cannot change while the adapter runs",
    "Restart the adapter to take it, or put the old value back and reload; until then everything stays as it was.",
)
FILE_UNREADABLE = _kind(
    "FILE-UNREADABLE",
    Blame.CALLER,
    "the file cannot be read or written",
    "Check the path, the permissions, and what the detail names.",
)
DEMO_FOLDER = _kind(
    "DEMO-FOLDER",
    Blame.CALLER,
    "the demo cannot be played in this folder",
    "Name a new or empty folder, or the folder of the same demo to go on with it.",
)
INIT_FOLDER = _kind(
    "INIT-FOLDER",
    Blame.CALLER,
    "this folder is not fit for what was asked",
    "Name a new or empty folder to begin in, or with --partner the folder of an installation and a partner's share/.",
)
INPUT_NOT_UNDERSTOOD = _kind(
    "INPUT-NOT-UNDERSTOOD",
    Blame.CALLER,
    "the input has another shape than is taken here",
    "Correct what the detail and the findings name; `adapter build KIND --example` and `/docs` show what is taken.",
)

# ── XML and business messages ───────────────────────────────────────────────────────────────────────────────────────

XML_NOT_WELL_FORMED = _kind(
    "XML-NOT-WELL-FORMED",
    Blame.PARTNER,
    "the document is not well-formed XML",
    "Correct the document, or ask its sender to; the position is in the detail.",
    WireCode.OTHER_XML,
    AppRecCode.NOT_WELL_FORMED,
)
XML_DOCTYPE = _kind(
    "XML-DOCTYPE",
    Blame.PARTNER,
    "the document has a document type declaration (DTD), which no message needs",
    "Remove the DOCTYPE and every entity declaration.",
    WireCode.OTHER_XML,
    AppRecCode.NOT_WELL_FORMED,
)
XML_TOO_LARGE = _kind(
    "XML-TOO-LARGE",
    Blame.PARTNER,
    "the document is over a limit",
    "Send a smaller document; the limit is named in the detail.",
    WireCode.OTHER_XML,
    AppRecCode.NOT_WELL_FORMED,
)

XML_ENCODING = _kind(
    "XML-ENCODING",
    Blame.PARTNER,
    "the document declares a character encoding that no message uses",
    "Send UTF-8; ISO-8859-1 and UTF-16 are read too.",
    WireCode.OTHER_XML,
    AppRecCode.NOT_WELL_FORMED,
)

SCHEMAS_UNUSABLE = _kind(
    "SCHEMAS-UNUSABLE",
    Blame.OPERATOR,
    "the set of schema files cannot be used",
    "Correct the folder that schemas.path names, or remove the key to use the schemas that ship with the adapter.",
)

# ── partners, keys, certificates ────────────────────────────────────────────────────────────────────────────────────

PARTNER_UNKNOWN = _kind(
    "PARTNER-UNKNOWN",
    Blame.OPERATOR,
    "the partner directory does not know this party",
    "Add a file for it to the partner folder; `adapter check` shows who is known.",
)
PARTY_NOT_OURS = _kind(
    "PARTY-NOT-OURS",
    Blame.CALLER,
    "the sender of the message is none of our own parties",
    "Send it from the adapter of its sender, or add the party as [[party]] to the configuration.",
)

# ── envelope and crypto ─────────────────────────────────────────────────────────────────────────────────────────────

CERTIFICATE_UNREADABLE = _kind(
    "CERTIFICATE-UNREADABLE",
    Blame.OPERATOR,
    "the certificate cannot be read",
    "Give one X.509 certificate in PEM or DER, issued for an RSA key.",
)
KEY_UNREADABLE = _kind(
    "KEY-UNREADABLE",
    Blame.OPERATOR,
    "the private key cannot be read",
    "Give an RSA key of at least 2048 bits in PEM or DER, with its password where it has one.",
)
KEY_MISMATCH = _kind(
    "KEY-MISMATCH",
    Blame.OPERATOR,
    "the private key does not belong to the certificate",
    "Point the configuration at the key that the certificate was issued for.",
)
SIGNER_UNUSABLE = _kind(
    "SIGNER-UNUSABLE",
    Blame.OPERATOR,
    "our own signing certificate cannot be used",
    "Install a valid enterprise certificate (virksomhetssertifikat) with key usage nonRepudiation.",
)
SIGNER_REVOKED = _kind(
    "SIGNER-REVOKED",
    Blame.OPERATOR,
    "our own signing certificate has been revoked by its issuer",
    "Put a new pair into keys.signing and reload: what waits then goes out. Find out why it was revoked.",
)
RECIPIENT_UNUSABLE = _kind(
    "RECIPIENT-UNUSABLE",
    Blame.PARTNER,
    "the receiver's encryption certificate cannot be used",
    "Refresh the partner directory; when it holds the same certificate, ask the receiver to publish a valid one.",
    retryable=True,
)
CPA_UNREADABLE = _kind(
    "CPA-UNREADABLE",
    Blame.OPERATOR,
    "the agreement (CPA) cannot be used",
    "Fetch the agreement anew from the register; correct or remove the file that the partner file names.",
)
AGREEMENT_LACKS = _kind(
    "AGREEMENT-LACKS",
    Blame.CALLER,
    "the agreement (CPA) with the receiver does not hold this message",
    "Send it by another proper way, or have both parties add the process to their profiles.",
)
REGISTER_UNREACHABLE = _kind(
    "REGISTER-UNREACHABLE",
    Blame.NETWORK,
    "the address register does not answer, and nothing of this party is kept",
    "What waits for it is tried again. Check the address and the token of [register], and the network.",
    WireCode.DELIVERY_FAILURE,
    retryable=True,
)
SEAL_REFUSED = _kind(
    "SEAL-REFUSED",
    Blame.ADAPTER,
    "the envelope we made does not pass our own check and is not sent",
    "Report this as a defect, with the rule in the detail.",
)
MAIL_NOT_EBXML = _kind(
    "MAIL-NOT-EBXML",
    Blame.PARTNER,
    "the mail is no ebXML message that can be read",
    "Ask the sender to check how its message handler composes mails; the rule broken is in the detail.",
)
MAIL_TOO_LARGE = _kind(
    "MAIL-TOO-LARGE",
    Blame.PARTNER,
    "the mail is over a limit",
    "Ask the sender for a smaller mail; the limit is named in the detail.",
)
ENVELOPE_INVALID = _kind(
    "ENVELOPE-INVALID",
    Blame.PARTNER,
    "the ebXML envelope lacks an element or has one in the wrong place",
    "Ask the sender to correct its envelope; the rule broken is in the detail.",
    WireCode.OTHER_XML,
)
ENVELOPE_VALUE = _kind(
    "ENVELOPE-VALUE",
    Blame.PARTNER,
    "a value in the ebXML envelope is not recognized",
    "Ask the sender to correct the value; its place is in the detail.",
    WireCode.VALUE_NOT_RECOGNIZED,
)
ENVELOPE_INCONSISTENT = _kind(
    "ENVELOPE-INCONSISTENT",
    Blame.PARTNER,
    "values in the ebXML envelope contradict each other or the agreement",
    "Ask the sender to compare its envelope with the agreement; the rule broken is in the detail.",
    WireCode.INCONSISTENT,
)
ENVELOPE_NOT_SUPPORTED = _kind(
    "ENVELOPE-NOT-SUPPORTED",
    Blame.PARTNER,
    "the ebXML envelope asks for something that the profile does not offer",
    "Ask the sender to leave it out; the element is named in the detail.",
    WireCode.NOT_SUPPORTED,
)
ATTACHMENT_MISMATCH = _kind(
    "ATTACHMENT-MISMATCH",
    Blame.PARTNER,
    "the Manifest and the attachments do not agree",
    "Ask the sender to name every attachment in the Manifest by its Content-ID.",
    WireCode.MIME_PROBLEM,
)
MESSAGE_EXPIRED = _kind(
    "MESSAGE-EXPIRED",
    Blame.PARTNER,
    "the message arrived after its TimeToLive",
    "The sender has to send a new message.",
    WireCode.TIME_TO_LIVE_EXPIRED,
)
SIGNATURE_INVALID = _kind(
    "SIGNATURE-INVALID",
    Blame.PARTNER,
    "the signature of the message does not verify",
    "Keep the mail; ask the sender for a new message, and find out what changed it on the way.",
    WireCode.SECURITY_FAILURE,
)
SIGNATURE_FORM = _kind(
    "SIGNATURE-FORM",
    Blame.PARTNER,
    "the signature of the message is not of the form that the profile prescribes",
    "Ask the sender to sign as HIS 1037 §5.5 says; the rule broken is in the detail.",
    WireCode.SECURITY_FAILURE,
)
ALGORITHM_REFUSED = _kind(
    "ALGORITHM-REFUSED",
    Blame.PARTNER,
    "an algorithm of the message is not allowed",
    "Ask the sender to use RSA with SHA-256 and AES-256-CBC; the algorithm met is in the detail.",
    WireCode.SECURITY_FAILURE,
)
CERTIFICATE_REFUSED = _kind(
    "CERTIFICATE-REFUSED",
    Blame.PARTNER,
    "the signing certificate of the message is not one to believe",
    "Compare the certificate in the detail with what the partner directory has; refresh the directory.",
    WireCode.SECURITY_FAILURE,
)
CERTIFICATE_REVOKED = _kind(
    "CERTIFICATE-REVOKED",
    Blame.PARTNER,
    "the certificate has been revoked by its issuer",
    "Call the partner: its key may be in wrong hands. Take its new certificate into the partner directory.",
    WireCode.SECURITY_FAILURE,
)
REVOCATION_UNKNOWN = _kind(
    "REVOCATION-UNKNOWN",
    Blame.NETWORK,
    "nobody can say at the moment whether the certificate has been revoked",
    "See that the addresses in `adapter keys` can be reached; the message waits as [revocation] says.",
    WireCode.DELIVERY_FAILURE,
)
LOOKUP_FAILED = _kind(
    "LOOKUP-FAILED",
    Blame.NETWORK,
    "an address could not be asked",
    "Nothing to do if it is soon over; else check the network, the proxy, and the address.",
)
DECRYPTION_FAILED = _kind(
    "DECRYPTION-FAILED",
    Blame.PARTNER,
    "decryption failed",
    "Check that the partner encrypts to our current certificate; an old key must stay configured for 84 hours.",
    WireCode.SECURITY_FAILURE,
)

# ── delivery and transports ─────────────────────────────────────────────────────────────────────────────────────────

STAY_UNKNOWN = _kind(
    "STAY-UNKNOWN",
    Blame.CALLER,
    "there is no such stay",
    "`adapter ledger` and `GET /api/v1/ledger` list the stays; a command takes enough of the key to be unique.",
)
EXCHANGE_UNKNOWN = _kind(
    "EXCHANGE-UNKNOWN",
    Blame.CALLER,
    "there is no such exchange",
    "`adapter list` and `GET /api/v1/exchanges` list them; a command takes enough of the id to be unique.",
)
EXCHANGE_UNFIT = _kind(
    "EXCHANGE-UNFIT",
    Blame.CALLER,
    "this cannot be done with this exchange",
    "See what it is on its page or by `adapter show`; the command's help and `/docs` say what it takes.",
)
REASON_UNFIT = _kind(
    "REASON-UNFIT",
    Blame.CALLER,
    "this reason cannot be written down",
    "Give one line of at most 200 characters, without names and without a national identity number.",
)
MESSAGE_SENT_BEFORE = _kind(
    "MESSAGE-SENT-BEFORE",
    Blame.CALLER,
    "a message with this MsgId has been sent to this receiver before",
    "Look at that exchange; a message that is to be sent again needs a new MsgId.",
)

DELIVERY_IMPOSSIBLE = _kind(
    "DELIVERY-IMPOSSIBLE",
    Blame.ADAPTER,
    "an event cannot belong to the state that the exchange is in",
    "Report it with the exchange's journal; the exchange is unchanged.",
)

JUDGING_DEFECT = _kind(
    "JUDGING-DEFECT",
    Blame.ADAPTER,
    "a defect of the adapter keeps a message from being judged",
    "Report it with the name in the log (`mail.judging_failed`); a version without the defect judges the mail.",
)

MAILBOX_UNREACHABLE = _kind(
    "MAILBOX-UNREACHABLE",
    Blame.NETWORK,
    "the mailbox cannot be reached now",
    "Nothing, if it comes back: it is tried again by itself, and mail waits on its server. Else see to the server.",
    retryable=True,
)
MAILBOX_LOGIN = _kind(
    "MAILBOX-LOGIN",
    Blame.OPERATOR,
    "the mail server does not let us in",
    "Check username and password of this [[mailbox]]; a new password in its file is used at the next attempt.",
)
MAILBOX_TLS = _kind(
    "MAILBOX-TLS",
    Blame.OPERATOR,
    "the mail server's TLS is not to be trusted or is not offered",
    "Check tls, ca and host of this [[mailbox]] against the server's certificate; nothing is sent in the clear.",
)
MAILBOX_LOCKED = _kind(
    "MAILBOX-LOCKED",
    Blame.NETWORK,
    "the mailbox is in use by another reader",
    "Let nobody else read this mailbox: one reader takes each mail. A lock of a lost session ends by itself.",
    retryable=True,
)
MAILBOX_FOLDER = _kind(
    "MAILBOX-FOLDER",
    Blame.OPERATOR,
    "the folder of the mailbox cannot be used",
    "Check folder and move_to of this [[mailbox]].",
)
MAILBOX_MAIL = _kind(
    "MAILBOX-MAIL",
    Blame.NETWORK,
    "the mail server does not hand over one of its mails",
    "The other mails go on. Look at the mail with another program; it is tried again at the next start.",
)

# ── store ───────────────────────────────────────────────────────────────────────────────────────────────────────────

STORE_MISSING = _kind(
    "STORE-MISSING",
    Blame.OPERATOR,
    "the store does not have what was asked for",
    "Check the id; after restoring a backup, restore all files of the store together.",
)
STORE_EXISTS = _kind(
    "STORE-EXISTS",
    Blame.ADAPTER,
    "the id is taken",
    "Report it; nothing was changed.",
)
STORE_CONFLICT = _kind(
    "STORE-CONFLICT",
    Blame.ADAPTER,
    "the row was changed by somebody else since it was read",
    "Read it again and decide again; nothing was changed.",
    retryable=True,
)
STORE_CLAIM_LOST = _kind(
    "STORE-CLAIM-LOST",
    Blame.ADAPTER,
    "the claim on this work has passed to another worker",
    "Nothing to do: the other worker finishes it. If it happens often, raise the lease.",
)
STORE_LOCKED = _kind(
    "STORE-LOCKED",
    Blame.OPERATOR,
    "the store is locked by another process",
    "Wait for it to finish; if it stays, look for a backup or a database tool that holds the file open.",
    retryable=True,
)
STORE_FULL = _kind(
    "STORE-FULL",
    Blame.OPERATOR,
    "the disk of the store is full",
    "Free space on that disk; work goes on by itself, and nothing that was confirmed is lost.",
    retryable=True,
)
STORE_UNREACHABLE = _kind(
    "STORE-UNREACHABLE",
    Blame.OPERATOR,
    "the store cannot be opened, read or written",
    "Check that the folder exists and that this user may read and write it and the files in it.",
)
STORE_CORRUPT = _kind(
    "STORE-CORRUPT",
    Blame.OPERATOR,
    "the store is damaged or is no database of ours",
    "Stop the adapter, keep the files as they are, and restore the latest backup beside them.",
)
STORE_NEWER = _kind(
    "STORE-NEWER",
    Blame.OPERATOR,
    "the store was written by a newer version of the adapter",
    "Start that version or a later one; a store is never taken back to an older form.",
)
STORE_OLDER = _kind(
    "STORE-OLDER",
    Blame.OPERATOR,
    "the store has the form of an older version of the adapter",
    "Start the daemon once, or run the command without its read-only option; the store is brought up to date then.",
)
STORE_OLDER_IN_USE = _kind(
    "STORE-OLDER-IN-USE",
    Blame.OPERATOR,
    "the store has the form of an older version of the adapter, and a process of that version has it open",
    "Use the version that runs until it is stopped; this one then brings the store up to date when it first opens it.",
)
STORE_SERVED = _kind(
    "STORE-SERVED",
    Blame.OPERATOR,
    "another daemon serves this store",
    "Stop the process that is named before another daemon is started; commands may be used beside it.",
)
STORE_EXPIRED = _kind(
    "STORE-EXPIRED",
    Blame.OPERATOR,
    "the octets are gone by retention",
    "What was known of them, digest, size and moments, is kept; a backup of before that day still holds them.",
)
STORE_KEY_MISSING = _kind(
    "STORE-KEY-MISSING",
    Blame.OPERATOR,
    "the store needs a key that the configuration does not name",
    "Name the file in [store]: key_file, or pseudonym_key_file. Without it nothing is read and nothing is overwritten.",
)
STORE_KEY_WRONG = _kind(
    "STORE-KEY-WRONG",
    Blame.OPERATOR,
    "the key is not the one that this store is kept with",
    "Name the right file in [store]; the ids tell keys apart. Nothing was overwritten.",
)
STORE_IN_USE = _kind(
    "STORE-IN-USE",
    Blame.OPERATOR,
    "the store is in use, or there is one already",
    "Stop the adapter first; to restore over a store, --replace keeps the old one beside it.",
)
BACKUP_UNFIT = _kind(
    "BACKUP-UNFIT",
    Blame.OPERATOR,
    "the file is no whole backup",
    "Take an earlier backup; `adapter backup` checks each one that it makes. Nothing was changed.",
)
STORE_CLOSED = _kind(
    "STORE-CLOSED",
    Blame.ADAPTER,
    "the store has been closed",
    "Report it if the adapter was not being stopped.",
)
STORE_FAILED = _kind(
    "STORE-FAILED",
    Blame.ADAPTER,
    "the database refused an operation",
    "Report it; the transaction was rolled back.",
)

# ── liability and evidence ──────────────────────────────────────────────────────────────────────────────────────────

POLICY_INVALID = _kind(
    "POLICY-INVALID",
    Blame.OPERATOR,
    "a policy profile cannot be used",
    "Correct the keys named; the profiles that were in force stay in force.",
)
RATES_INVALID = _kind(
    "RATES-INVALID",
    Blame.OPERATOR,
    "the table of prices cannot be used",
    "Correct the entries named; the table that was in force stays in force.",
)
STATEMENT_UNKNOWN = _kind(
    "STATEMENT-UNKNOWN",
    Blame.CALLER,
    "there is no issued statement of this name",
    "`adapter statement list` and `GET /api/v1/statements` name those that were issued.",
)
STATEMENT_PAIR = _kind(
    "STATEMENT-PAIR",
    Blame.CALLER,
    "the two parties of the statement are not clear",
    "Name both, municipality and hospital, by their level-1 HER-ids as the ledger shows them.",
)
STATEMENT_EARLY = _kind(
    "STATEMENT-EARLY",
    Blame.CALLER,
    "the month is not over, so its statement cannot be issued",
    "Wait until the month is over; `adapter statement make` and `GET /api/v1/ledger` show it so far.",
)
TABLE_UNREADABLE = _kind(
    "TABLE-UNREADABLE",
    Blame.CALLER,
    "the CSV file cannot be read",
    "Correct the lines named, or tell in [liability.import] how the file is written.",
)
EVIDENCE_UNREADABLE = _kind(
    "EVIDENCE-UNREADABLE",
    Blame.CALLER,
    "the file is no evidence package that can be read",
    "Name a file that `adapter evidence export` wrote; if it was one, get another copy of it.",
)

BACKLOG_FULL = _kind(
    "BACKLOG-FULL",
    Blame.OPERATOR,
    "so many messages wait to leave that no more are taken in now",
    "Hand it in again later, nothing of it was kept. The health says why messages wait, and `delivery.most_waiting` "
    "says how many may.",
    retryable=True,
)

# ── access from outside ─────────────────────────────────────────────────────────────────────────────────────────────

ACCESS_UNKNOWN = _kind(
    "ACCESS-UNKNOWN",
    Blame.CALLER,
    "the caller did not show who it is",
    "Send `Authorization: Bearer TOKEN` with a token of `adapter token add` that has not ended, or show a client "
    "certificate that the configuration names.",
)
ACCESS_SCOPE = _kind(
    "ACCESS-SCOPE",
    Blame.CALLER,
    "the caller may not do this",
    "Ask the operator for a token with the scope that the detail names.",
)
ACCESS_ORIGIN = _kind(
    "ACCESS-ORIGIN",
    Blame.CALLER,
    "the request comes from a page of another site",
    "Call the interface from a program, or from its own pages.",
)
REQUEST_REFUSED = _kind(
    "REQUEST-REFUSED",
    Blame.CALLER,
    "the request has another form than this address takes",
    "Compare with /docs; the detail names the part that is wrong.",
)
KEY_USED = _kind(
    "IDEMPOTENCY-KEY-USED",
    Blame.CALLER,
    "another request had this Idempotency-Key",
    "Give every message a key of its own, and repeat a message with the same key and the same octets.",
)
CLAIM_ENDED = _kind(
    "CLAIM-ENDED",
    Blame.CALLER,
    "the message is claimed by somebody else, or was not claimed",
    "Claim again; a message that was not confirmed before its claim ended is given to the next who asks.",
)
CLAIM_FINISHED = _kind(
    "CLAIM-FINISHED",
    Blame.CALLER,
    "the message was finished before, in another way; nothing has changed",
    "Keep to the first word, which the sender has heard; what has to be put right, tell the sender in a new message.",
)
RECEIPT_GIVEN = _kind(
    "APPREC-GIVEN",
    Blame.CALLER,
    "the message has been receipted already",
    'Nothing to do; to decide about receipts in the application, set inbox.apprec = "when_taken".',
)
INBOX_BY_FOLDER = _kind(
    "INBOX-BY-FOLDER",
    Blame.OPERATOR,
    "received messages are laid into the inbox folder, so they cannot be claimed",
    'Take the files from inbox.folder, or set inbox.by = "api".',
)
TOKEN_UNKNOWN = _kind(
    "TOKEN-UNKNOWN",
    Blame.OPERATOR,
    "there is no token of this id that has not ended",
    "`adapter token list` shows the tokens.",
)
DROP_REFUSED = _kind(
    "DROP-REFUSED",
    Blame.CALLER,
    "the file in the drop folder was not taken",
    "Write a plain file elsewhere on the same disk and rename it into the folder; see the detail and the findings.",
)
