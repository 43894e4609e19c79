"""Which events the log knows: name, severity, what it means and what an operator does about it.

Names are dotted, in the past tense. A line carries the fields of `Line` and nothing else, so that nothing of a message
can reach a log by accident: they are ids, codes, states and durations, never text of a message (promise 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How loud a line is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of line."""

    name: str
    level: Level
    means: str
    do: str = ""


_EVENTS: dict[str, Event] = {}


def _event(name: str, level: Level, means: str, do: str = "") -> Event:
    _EVENTS[name] = Event(name, level, means, do)
    return _EVENTS[name]


def catalogue() -> tuple[Event, ...]:
    """Every event, in the order of this file."""
    return tuple(_EVENTS.values())


DAEMON_STARTED = _event("daemon.started", Level.INFO, "the daemon runs; mail is taken from now on")
DAEMON_STOPPED = _event("daemon.stopped", Level.INFO, "the daemon has stopped; nothing is left half done")
DAEMON_CUT_OFF = _event(
    "daemon.cut_off",
    Level.WARNING,
    "the daemon stopped before everything under way was finished; it is done again at the next start",
    "If it happens often, see what is slow, or raise service.stop_seconds.",
)
CONFIG_READ = _event("config.read", Level.INFO, "the configuration was read again and is in force from now on")
CONFIG_CHANGED = _event("config.changed", Level.INFO, "one thing that is other than before the reload")
CONFIG_REFUSED = _event(
    "config.refused",
    Level.ERROR,
    "the configuration was read again and has mistakes; nothing of it is taken, and what was in force stays",
    "Correct what the line names and reload again; `adapter check` names every mistake.",
)
STORE_UNAVAILABLE = _event(
    "store.unavailable",
    Level.ERROR,
    "the store cannot be written or read now; mail is answered with 451, work waits, and nothing is lost",
    "See to what the rule names: the disk, a process that holds the file, permissions. Work goes on by itself.",
)
STORE_UPGRADED = _event(
    "store.upgraded",
    Level.WARNING,
    "the store was brought from the form of an older version to that of this one, which alone can open it from now on",
    "Nothing, after an upgrade. To go back to the older version, restore the backup that was made before.",
)
STORE_AVAILABLE = _event("store.available", Level.INFO, "the store works again, and so does everything that waited")
CLOCK_STEPPED = _event(
    "clock.stepped",
    Level.WARNING,
    "the clock of the machine was set; what waited for a moment that is too far away now was brought nearer",
    "See to the time synchronisation: moments decide about money.",
)
DAEMON_STEP_FAILED = _event(
    "daemon.step_failed",
    Level.ERROR,
    "a step failed in a way we did not foresee; the item is tried again later",
    "Report the error id and the exchange; the other messages go on.",
)

MAIL_RECEIVED = _event("mail.received", Level.INFO, "a mail arrived and is kept")
MAIL_NOT_KEPT = _event(
    "mail.not_kept",
    Level.ERROR,
    "a mail could not be kept and was not acknowledged",
    "See to the store; the sending server will come again.",
)
MAIL_PUT_OFF = _event(
    "mail.put_off",
    Level.ERROR,
    "a mail cannot be judged now for a reason of ours; it is tried again, and nothing was answered",
    "See to what the rule names, such as our own certificate; `adapter check` shows it.",
)
MAIL_JUDGING_FAILED = _event(
    "mail.judging_failed",
    Level.ERROR,
    "a mail met a defect of the adapter while it was judged; it is kept, tried for 24 hours, and not answered before",
    "Report the rule. After 24 hours the sender is told; a version without the defect judges the mail before that.",
)
MAIL_UNJUDGED = _event(
    "mail.unjudged",
    Level.ERROR,
    "a mail could not be judged for a day for a reason of ours; its sender was told so with an ErrorList",
    "Mend what the rule names, then ask the sender for a new message; the mail is kept and listed.",
)
MAIL_QUARANTINED = _event(
    "mail.quarantined",
    Level.WARNING,
    "a mail could not be treated as ebXML; it is kept and nothing was answered",
    "Look at it with `adapter show`.",
)
MAIL_FAULTED = _event("mail.faulted", Level.WARNING, "a mail that is no ebXML message was answered with a SOAP Fault")

MAILBOX_OPENED = _event("mailbox.opened", Level.INFO, "the mailbox is open and was read to its end")
MAILBOX_UNREACHABLE = _event(
    "mailbox.unreachable",
    Level.WARNING,
    "no connection to the mailbox, or it was lost; it is tried again, and mail waits on its server",
    "See to the mail server if it stays so: no resend and no give-up happens while answers may lie unread.",
)
MAILBOX_LOGIN_REFUSED = _event(
    "mailbox.login_refused",
    Level.ERROR,
    "the mail server does not let us in",
    "Check username and password; `adapter check` tries the login.",
)
MAILBOX_TLS_REFUSED = _event(
    "mailbox.tls_refused",
    Level.ERROR,
    "the certificate of the mail server is not to be trusted, or it offers no TLS; nothing was sent to it",
    "Check tls, ca and host of the mailbox.",
)
MAILBOX_LOCKED = _event(
    "mailbox.locked", Level.WARNING, "another reader has the mailbox", "Let nobody but the adapter read it."
)
MAILBOX_FOLDER_MISSING = _event(
    "mailbox.folder_missing",
    Level.ERROR,
    "the folder that is to be read or moved to cannot be used",
    "Check folder and move_to of the mailbox.",
)
MAILBOX_NOT_KEPT = _event(
    "mailbox.not_kept",
    Level.ERROR,
    "mail could not be made durable here; it stays on its server and is fetched again",
    "See to the store.",
)
MAILBOX_RENUMBERED = _event(
    "mailbox.renumbered",
    Level.WARNING,
    "the mail server counts its mails anew (UIDVALIDITY); a mail that is fetched again is a duplicate and no more",
)
MAILBOX_MAIL_KNOWN = _event(
    "mailbox.mail_known", Level.INFO, "a mail that was durable here already was found again, and only removed"
)
MAILBOX_MAIL_FAILED = _event(
    "mailbox.mail_failed",
    Level.WARNING,
    "the mail server did not hand over one of its mails; the others go on and it is tried again as the last",
)
MAILBOX_MAIL_SET_ASIDE = _event(
    "mailbox.mail_set_aside",
    Level.ERROR,
    "a mail is too large or cannot be fetched; it stays on its server, and its header is kept in quarantine",
    "Look at the mail with another program, and take it out of the mailbox.",
)

REGISTER_AWAY = _event(
    "register.went_away",
    Level.ERROR,
    "the address register does not answer; what it has answered before is used, and it is asked again later",
    "Traffic with known partners goes on. Check the network, the address and the token of [register].",
)
REGISTER_BACK = _event("register.came_back", Level.INFO, "the address register answers again")
REGISTER_CHANGED = _event(
    "register.changed",
    Level.INFO,
    "the address register says something else about a partner now: its entry or agreement",
)
EXCHANGE_PUT_OFF = _event(
    "exchange.put_off",
    Level.ERROR,
    "the message cannot be sealed now; it waits and is tried again, and those behind it go on",
    "See to what the rule names, such as the partner's certificate or the register.",
)
EXCHANGE_SEALING_FAILED = _event(
    "exchange.sealing_failed",
    Level.ERROR,
    "a message met a defect of the adapter while it was sealed; it waits and is tried again, and those behind it go on",
    "Report the rule. A version without the defect sends the message; `adapter giveup` ends the waiting.",
)
EXCHANGE_SUBMITTED = _event("exchange.submitted", Level.INFO, "a message was taken in for sending")
EXCHANGE_SEALED = _event("exchange.sealed", Level.INFO, "the message is encrypted, signed and ready to send")
EXCHANGE_FAILED = _event(
    "exchange.failed",
    Level.ERROR,
    "the message cannot be sent as it is",
    "See the reason; correct it and send a new message.",
)
EXCHANGE_SENT = _event("exchange.sent", Level.INFO, "the mail server has taken the message")
EXCHANGE_RESENT = _event("exchange.resent", Level.WARNING, "no answer in time; the same octets were sent again")
ANSWER_BOUNCED = _event(
    "answer.bounced",
    Level.ERROR,
    "our answer to a message came back; its sender waits for it and will send again",
    "Check the partner's address with `adapter partners explain`.",
)
ANSWER_RENEWED = _event(
    "answer.sealed_anew",
    Level.INFO,
    "an answer that waited for its mail server was signed by a certificate that we do not sign with any more; it is "
    "signed anew, and goes",
)
QUESTION_ANSWERED = _event("question.answered", Level.INFO, "a partner's Ping or StatusRequest was answered")
EXCHANGE_DEFERRED = _event("exchange.deferred", Level.WARNING, "the mail server does not take the message now")
EXCHANGE_HELD_UP = _event(
    "exchange.held_up",
    Level.ERROR,
    "the mail server has not taken a finished message for over an hour; it is tried again, and this is told once",
    "See to the mail server; `adapter check` connects to it and says what it answers.",
)
EXCHANGE_FAULTED = _event(
    "exchange.faulted",
    Level.ERROR,
    "a SOAP Fault came back for the message: its receiver could not read it",
    "See the reason and the state; call the partner. The same octets are never sent again.",
)
EXCHANGE_BOUNCED = _event(
    "exchange.bounced",
    Level.ERROR,
    "a mail server gave the message back",
    "See the reason and the state; check the partner's address with `adapter partners explain`.",
)
EXCHANGE_SENT_AFTER_ALL = _event(
    "exchange.sent_after_all",
    Level.ERROR,
    "the message left although it was given up, so its receiver may have it",
    "Tell the partner which of its messages holds.",
)
EXCHANGE_REFUSED = _event(
    "exchange.refused",
    Level.ERROR,
    "the mail server refused the message for good",
    "Check the partner's address.",
)
EXCHANGE_READDRESSED = _event(
    "exchange.readdressed",
    Level.WARNING,
    "the mail server refused the message; the directory has another address of the partner, and it goes there",
)
EXCHANGE_UNKNOWN = _event(
    "exchange.outcome_unknown", Level.WARNING, "the connection was lost after the message began; treated as sent"
)
EXCHANGE_GIVEN_UP = _event(
    "exchange.given_up",
    Level.ERROR,
    "no answer within the lifetime; whether the message arrived is unknown",
    "Call the partner; a late acknowledgment is still taken.",
)
EXCHANGE_CHANGED = _event("exchange.changed", Level.INFO, "the exchange has gone to another state")

OPERATOR_ACTED = _event(
    "operator.acted", Level.INFO, "a person has sent a message again, given it up or marked it as handled"
)

ACK_RECEIVED = _event("ack.received", Level.INFO, "the partner has acknowledged the message")
ACK_WARNED = _event("ack.warned", Level.WARNING, "the partner took the message with a warning")
ACK_ALARMED = _event(
    "ack.alarmed",
    Level.ERROR,
    "a signal or receipt contradicts what we know, or does not verify, and was not counted",
    "Look at the exchange; the partner may mix up messages.",
)
ACK_LATE = _event(
    "ack.came_late",
    Level.WARNING,
    "the partner answered only after the message had been given up; the journal says what it answered",
    "Tell those who were told that nobody knows whether it arrived.",
)
ERROR_RECEIVED = _event(
    "error.received",
    Level.ERROR,
    "the partner rejected the message on the transport level",
    "See the code; a corrected message is a new message.",
)
SIGNAL_IGNORED = _event("signal.ignored", Level.WARNING, "a signal that does not verify, or answers nothing of ours")

MESSAGE_DELIVERED = _event("message.delivered", Level.INFO, "a received message lies in the inbox")
MESSAGE_REFUSED = _event(
    "message.refused",
    Level.WARNING,
    "a received message was refused, and its sender is told: by an ErrorList, or by a negative AppRec",
)
MESSAGE_UNANSWERED = _event(
    "message.unanswered",
    Level.ERROR,
    "a received message is kept from the application or rejected by it, and no AppRec tells its sender: none can be "
    "made, or none may be",
    "`adapter show` says why. Where the sender is known, tell it: it waits 96 hours for an AppRec.",
)
MESSAGE_REPEATED = _event(
    "message.repeated",
    Level.INFO,
    "a message that was taken or refused before came again in another envelope; it is ignored, without an AppRec",
)
MESSAGE_PARKED = _event(
    "message.parked",
    Level.ERROR,
    "a received message is kept from the application until a person has looked at it",
    "`adapter show` names the rule; ask the partner, then `adapter inbox accept` or `adapter inbox refuse`.",
)
MESSAGE_DUPLICATED = _event("message.duplicated", Level.INFO, "a message came again; the stored answer was sent again")
MESSAGE_ACKNOWLEDGED = _event("message.acknowledged", Level.INFO, "the acknowledgment of a received message was sent")
MESSAGE_NOTED = _event(
    "message.noted", Level.WARNING, "a message broke a rule that does not stop it; the rule is in the line"
)

APPREC_SENT = _event("apprec.sent", Level.INFO, "an AppRec for a received message was handed over for sending")
APPREC_RECEIVED = _event("apprec.received", Level.INFO, "the partner's application has receipted the message")
APPREC_REJECTED = _event(
    "apprec.rejected",
    Level.ERROR,
    "the partner's application rejected the message",
    "See the codes; correct and send a new message.",
)
APPREC_MISSING = _event(
    "apprec.missing",
    Level.ERROR,
    "no AppRec within 96 hours of GenDate: treat the message as not received",
    "Call the partner.",
)
APPREC_OWED = _event(
    "apprec.owed",
    Level.ERROR,
    "a received message has no AppRec yet, and after 96 hours from GenDate its sender counts it as not received; told "
    "once, a day before",
    "See that the application takes or rejects it, or decide with `adapter inbox accept` or `adapter inbox refuse`. "
    "After the 96 hours only a positive AppRec may be sent.",
)
APPREC_UNKNOWN = _event("apprec.unknown", Level.WARNING, "an AppRec that answers nothing of ours")

CERTIFICATE_EXPIRING = _event(
    "certificate.expiring",
    Level.WARNING,
    "a certificate, ours or a partner's, runs out soon; told once a day with the days left",
    "Ours: order the next pair and plan it in [keys]. A partner's: ask for the next one. The rule is its thumbprint.",
)
CERTIFICATE_EXPIRED = _event(
    "certificate.expired",
    Level.ERROR,
    "a certificate, ours or a partner's, has run out; told once a day",
    "Put the next one in its place; an old pair of ours may stay to open what is under way.",
)
CERTIFICATE_REVOKED = _event(
    "certificate.revoked",
    Level.ERROR,
    "the issuer of a certificate, ours or a partner's, has revoked it",
    "A partner's: nothing is taken from it or encrypted to it; call the partner. Ours: nothing is signed with it, and "
    "messages wait; order a new pair at once and reload.",
)
KEY_ENDED = _event(
    "key.ended",
    Level.ERROR,
    "a message is encrypted to a pair of ours whose time is over; it was refused, and its sender was told",
    "Its sender works with an old certificate of ours: see that the register, or its file, names the new one. The rule "
    "is the thumbprint. A later `until` of the pair in [keys] lets what is sent again be opened.",
)
CERTIFICATE_UNJUDGED = _event(
    "certificate.unjudged",
    Level.WARNING,
    "nobody can say at the moment whether a certificate has been revoked; messages do what [revocation] says",
    "`adapter keys` shows whom it asks and why there is no answer.",
)
CERTIFICATE_JUDGED = _event("certificate.judged", Level.INFO, "a certificate is known to be good again")

FACT_RECORDED = _event("fact.recorded", Level.INFO, "a fact of a stay was added to the log")
ANSWER_UNCLASSIFIED = _event(
    "answer.unclassified",
    Level.WARNING,
    "a readiness answer in free text waits for a person to say what it means",
    "Read it and run `adapter answer`.",
)

TERMS_READ = _event("terms.read", Level.INFO, "changed policies, agreements or prices are in force from now on")
TERMS_REFUSED = _event(
    "terms.refused",
    Level.ERROR,
    "the policies, agreements or prices have mistakes, and none of them is taken; `state` says what is in force now:"
    " `before` are those that were read last, `none` that no night can be decided until they are mended",
    "Run `adapter check`: it names every mistake with its line. What is mended is taken by itself.",
)

RETENTION_DONE = _event(
    "retention.done", Level.INFO, "what has had its time was let go, as [retention] says; the line tells how much"
)
COMPANION_FAILED = _event(
    "companion.failed",
    Level.ERROR,
    "the API, drop folder or webhooks stopped by a defect and are started again",
    "Report the rule; messages go on.",
)
API_STARTED = _event("api.started", Level.INFO, "the HTTP interface takes requests")
ACCESS_REFUSED = _event(
    "access.refused",
    Level.WARNING,
    "a request was refused: caller not known, scope missing, or another party's data",
    "See `adapter audit`; many of these from one caller are a wrong token or somebody who is trying.",
)
REQUEST_FAILED = _event(
    "request.failed", Level.ERROR, "a request met a defect and was answered with 500", "Report the rule."
)
WEBHOOK_TOLD = _event("webhook.told", Level.DEBUG, "a webhook has taken a notice")
WEBHOOK_FAILED = _event("webhook.failed", Level.WARNING, "a webhook did not take a notice; it is told again later")
WEBHOOK_SET_ASIDE = _event(
    "webhook.set_aside",
    Level.ERROR,
    "a webhook did not take a notice in all its tries; the notice is set aside, and the next ones are told",
    "See to the application, then run `adapter webhooks --again`.",
)
DROP_TAKEN = _event("drop.taken", Level.INFO, "a file of the drop folder was taken in for sending")
DROP_HELD_UP = _event(
    "drop.held_up",
    Level.WARNING,
    "files stay in the drop folder, since nothing can be taken in now; told once, they are taken when that is over",
    "See to what the rule names: the store, or the messages that wait to leave.",
)
DROP_SET_ASIDE = _event(
    "drop.set_aside",
    Level.WARNING,
    "a file of the drop folder was not taken; its result says why",
    "Read the result file; the file itself lies in `refused/`, unless it could not be moved.",
)
