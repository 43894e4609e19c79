"""What is wrong with an installation: every problem at once, each with what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from adapter.config import Mailbox, Settings
from adapter.crypto.certificates import TrustAnchors, Usage, days_left, problems
from adapter.crypto.revocation import Outcome
from adapter.errors import FILE_UNREADABLE, STORE_CORRUPT, STORE_OLDER, AdapterError
from adapter.lookups.key_files import certificates
from adapter.lookups.planned import gaps
from adapter.lookups.port import Directory
from adapter.messages.xml import parse
from adapter.observe.log import Silent
from adapter.service import key_change
from adapter.service.clock import MachineClock
from adapter.service.installation import (
    anchors,
    decryption_keys,
    open_directory,
    open_own_store,
    open_register,
    revocations,
    schemas,
    secrets_of,
    signer,
)
from adapter.service.own_entry import OwnKeys, Standing, entries
from adapter.service.running import mail_out, open_mailbox, server_context
from adapter.service.terms import Terms, price_remedy, terms
from adapter.service.webhooks import secret_of
from adapter.store.sql_store import open_store
from adapter.transports.port import Deferred, Refused
from adapter.transports.port import Outcome as MailOutcome
from adapter.values import OSLO

T = TypeVar("T")

LOGIN_SECONDS = 5.0
"""How long a mail server has for its answer when it is only looked at."""


class State(StrEnum):
    """How a thing that was looked at is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Looked:
    """One thing that was looked at, and how it is."""

    what: str
    state: State
    says: str


def look(settings: Settings, now: datetime) -> tuple[Looked, ...]:
    """Look at keys, certificates, partners, schemas, store, inbox and the ends of the mail roads."""
    return tuple(_look(settings, now))


def _look(settings: Settings, now: datetime) -> Iterator[Looked]:
    soon = settings.keys.warn_days
    trusted = yield from _try("trust", lambda: anchors(settings), lambda found: f"{len(found.roots)} roots")
    identity = yield from _try("keys.signing", lambda: signer(settings), lambda _: "key and certificate fit")
    if identity is not None and trusted is not None:
        for number, one in enumerate(identity.identities):
            name = "keys.signing.certificate" if not number else f"keys.signing[{number + 1}].certificate"
            if one is identity.at(now):
                yield _certificate(name, one.certificate, Usage.SIGNING, trusted, now, soon)
            else:
                yield Looked(
                    name, State.OK, f"another time's pair, until {one.certificate.not_valid_after_utc:%Y-%m-%d}"
                )
    opened = yield from _try("keys.encryption", lambda: decryption_keys(settings), lambda _: "key and certificate fit")
    if opened is not None and trusted is not None:
        for number, pair in enumerate(opened.pairs):
            name = f"keys.encryption[{number + 1}].certificate"
            looked = _certificate(name, pair.certificate, Usage.ENCRYPTION, trusted, now, soon)
            # An old pair is kept to open what is under way; that it has expired is why it is old.
            if pair.end is not None and now >= pair.end:
                yield Looked(name, State.OK, f"opens nothing since {pair.end:%Y-%m-%d %H:%M}; it may be taken out")
            else:
                yield looked if number == 0 else Looked(name, State.OK, f"an old pair; {looked.says}")
        for remark in key_change.remarks(settings.keys, opened, now):
            yield Looked(f"keys.encryption[{remark.number}].until", State.WARNING, remark.says)
        if not opened.at(now).pairs:
            yield Looked("keys.encryption", State.PROBLEM, "the time of every pair is over: no message can be opened")
    if identity is not None and opened is not None and trusted is not None:
        own = (
            ("keys.signing.certificate", identity.at(now).certificate),
            ("keys.encryption[1].certificate", opened.pairs[0].certificate),
        )
        yield from _revoked(settings, trusted, own, now)
    partners = yield from _try(
        "partners",
        lambda: open_directory(settings, MachineClock(), Silent()),
        lambda found: f"{len(found.hers())} parties",
    )
    if partners is not None and trusted is not None:
        yield from _partners(partners, trusted, now, soon)
        yield from _old_digests(partners, now)
    if identity is not None and opened is not None:
        yield from _own_entries(settings, OwnKeys(identity, opened), now)
    yield from _try("schemas", lambda: _compile(settings), lambda found: f"{found} namespaces")
    agreed = yield from _try("liability", lambda: terms(settings), _liability)
    if agreed is not None:
        yield from _prices(settings, agreed, now)
    yield from _try("store", lambda: _store(settings), lambda found: found)
    yield from _try("inbox.folder", lambda: _writable(settings.inbox.folder), lambda found: found)
    yield from _ways(settings)
    yield from _mail(settings)


def _try(what: str, look_at: Callable[[], T], say: Callable[[T], str]) -> Generator[Looked, None, T | None]:
    try:
        found = look_at()
    except AdapterError as error:
        yield Looked(what, State.PROBLEM, error.sentence())
        return None
    yield Looked(what, State.OK, say(found))
    return found


def _certificate(
    what: str, certificate: x509.Certificate, usage: Usage, trusted: TrustAnchors, now: datetime, soon: int
) -> Looked:
    wrong = problems(certificate, usage, trusted, now)
    left = days_left(certificate, now)
    if wrong:
        return Looked(what, State.PROBLEM, f"{'; '.join(wrong)}. Order a certificate for {usage.value}.")
    state = State.WARNING if left < soon else State.OK
    return Looked(what, state, f"{left} days left, until {certificate.not_valid_after_utc:%Y-%m-%d}")


def _revoked(
    settings: Settings, trusted: TrustAnchors, own: tuple[tuple[str, x509.Certificate], ...], now: datetime
) -> Iterator[Looked]:
    """Our own certificates that are revoked by the answers in the store; nobody is asked."""
    if not settings.revocation.enabled or not settings.store.path.exists():
        return
    known = revocations(settings, trusted).known
    try:
        store = open_store(settings.store.path, create=False, held=secrets_of(settings))
    except AdapterError:
        return
    try:
        found = store.read_now(lambda reader: [(what, known(reader, one, now)[0].judgement) for what, one in own])
    finally:
        store.close()
    for what, how in found:
        if how.outcome is Outcome.REVOKED:
            yield Looked(what, State.PROBLEM, f"revoked, {how.reason}. Order a new pair at once; messages wait.")


def _partners(partners: Directory, trusted: TrustAnchors, now: datetime, soon: int) -> Iterator[Looked]:
    for her in partners.hers():
        try:
            partner = partners.find(her)
        except AdapterError as error:
            state = State.WARNING if error.kind.retryable else State.PROBLEM
            yield Looked(f"partner {her}", state, error.sentence())
            continue
        if partner is None:
            yield Looked(f"partner {her}", State.PROBLEM, "the address register knows no party of this HER-id")
            continue
        plans = ((Usage.SIGNING, partner.signing), (Usage.ENCRYPTION, partner.encryption))
        looked = [
            _certificate("", one.certificate, usage, trusted, max(now, one.begins), soon)
            for usage, plan in plans
            for one in plan
            if one.until is None or now < one.until
        ]
        looked += [_gap(since, until) for since, until in gaps(partner.encryption, now)]
        worst = max(looked, key=lambda one: list(State).index(one.state))
        yield Looked(f"partner {partner.her}", worst.state, worst.says)


_OF_ENTRIES = {
    Standing.FITS: State.OK,
    Standing.CHANGING: State.WARNING,
    Standing.UNKNOWN: State.WARNING,
    Standing.WRONG: State.PROBLEM,
}


def _own_entries(settings: Settings, keys: OwnKeys, now: datetime) -> Iterator[Looked]:
    """What the registers have of our own parties, where there are registers."""
    register = open_register(settings)
    if register is not None:
        for one in entries(settings.party, register, keys, now):
            yield Looked(one.what, _OF_ENTRIES[one.standing], one.says)


def _old_digests(partners: Directory, now: datetime) -> Iterator[Looked]:
    """Of each partner whose file has a switch for SHA-1: until when it is on, or that it is over."""
    for her in partners.hers():
        listed = partners.listed_as(her)
        if listed is None or listed.sha1_before is None:
            continue
        what, left = f"partner {her} sha1_before", (listed.sha1_before - now.date()).days
        if left > 0:
            says = f"{left} days left in which what it has signed with SHA-1 is taken, until {listed.sha1_before}"
            yield Looked(what, State.WARNING, f"{says}; ask the partner for SHA-256, or its messages are refused then")
        else:
            says = f"SHA-1 is refused from it since {listed.sha1_before}; the key may be taken out"
            yield Looked(what, State.OK, says)


def _gap(since: datetime, until: datetime | None) -> Looked:
    end = "nothing follows" if until is None else f"until {until.astimezone(OSLO):%Y-%m-%d %H:%M}"
    says = f"no certificate to encrypt to from {since.astimezone(OSLO):%Y-%m-%d %H:%M} on, {end}; messages wait"
    return Looked("", State.WARNING, says)


def _liability(found: Terms) -> str:
    newest = max((rate.last for rate in found.rates.rates), default=None)
    return (
        f"policy {found.profile.cited}, {len(found.profiles)} profiles, {len(found.agreements)} agreements, "
        f"prices {found.rates.version} to {newest}"
    )


def _prices(settings: Settings, found: Terms, now: datetime) -> Iterator[Looked]:
    for span in found.without_price(now):
        says = (
            f"nights {span} have no price in {found.rates.version}, so {found.profile.cited} gives no amount for them"
        )
        yield Looked("liability.rates", State.WARNING, f"{says}; {price_remedy(settings)}")


def _compile(settings: Settings) -> int:
    known = schemas(settings)
    known.validate(parse(b"<nothing/>"))
    return len(known.index.entries)


def _store(settings: Settings) -> str:
    """A look brings no store up to date: a daemon of the version before may be working with it."""
    path = settings.store.path
    try:
        store = open_store(path, create=False, held=secrets_of(settings)) if path.exists() else open_own_store(settings)
    except AdapterError as error:
        if error.kind is not STORE_OLDER:
            raise
        return "of an older version; the daemon brings it up to date when it starts"
    try:
        report = store.read_now(lambda reader: reader.verify_chain())
        if report.broken_at is not None:
            raise AdapterError(
                STORE_CORRUPT, f"the chain of facts is broken at fact {report.broken_at}: {report.reason}"
            )
        return f"{report.length} facts, chain whole"
    finally:
        store.close()


def _writable(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{folder}: {error.strerror}") from None
    return "can be written"


def _ways(settings: Settings) -> Iterator[Looked]:
    """The HTTP interface, the drop folder and webhooks, where the configuration has them."""
    api, drop = settings.api, settings.drop
    if api is not None and api.certificate is not None and api.key is not None:
        certificate, key = api.certificate, api.key
        yield from _try(
            "api.certificate", lambda: server_context(certificate, key), lambda _: "key and certificate fit"
        )
    for client in api.client if api is not None else ():
        file = client.certificate
        yield from _try(f"api.client {client.name}", lambda file=file: certificates((file,)), _one_client)  # type: ignore[misc]
    if drop is not None:
        yield from _try("drop.folder", lambda: _writable(drop.folder), lambda found: found)
    for hook in settings.webhook:
        yield from _try(f"webhook {hook.name}", lambda hook=hook: secret_of(hook), lambda _: "its secret can be read")  # type: ignore[misc]


def _one_client(found: tuple[x509.Certificate, ...]) -> str:
    return f"SHA-256 {found[0].fingerprint(SHA256()).hex()[:16]}..."


def _mail(settings: Settings) -> Iterator[Looked]:
    send, receive = settings.smtp.send, settings.listener
    yield from _try("smtp.send", lambda: mail_out(settings), lambda _: f"{send.host}:{send.port}, {send.tls}")
    yield _submission(settings)
    for mailbox in settings.mailbox:
        yield _mailbox(mailbox)
    if receive is not None and receive.certificate is not None and receive.key is not None:
        certificate, key = receive.certificate, receive.key
        yield from _try(
            "smtp.receive.certificate", lambda: server_context(certificate, key), lambda _: "key and certificate fit"
        )


def _submission(settings: Settings) -> Looked:
    """Connect and log in as for sending, and send nothing."""
    send = settings.smtp.send
    try:
        said = asyncio.run(_greeted(settings))
    except AdapterError:
        return Looked("smtp.send.host", State.WARNING, "not tried, since the keys above are wrong")
    match said:
        case Deferred(reason=reason):
            says = f"{send.host}:{send.port} does not take mail now ({reason}); mail waits until it does"
            return Looked("smtp.send.host", State.WARNING, says)
        case Refused(reason=reason):
            says = f"{send.host}:{send.port} does not let us in ({reason}). Correct tls, ca, username or password."
            return Looked("smtp.send.host", State.PROBLEM, says)
        case _:
            return Looked("smtp.send.host", State.OK, "answers" if send.username is None else "lets us in")


async def _greeted(settings: Settings) -> MailOutcome:
    transport = mail_out(settings, timeout_seconds=LOGIN_SECONDS)
    try:
        return await transport.greet()
    finally:
        await transport.close()


def _mailbox(mailbox: Mailbox) -> Looked:
    """Log in and look how much lies there; nothing is fetched or removed."""
    what = f"mailbox {mailbox.name}"
    try:
        session = open_mailbox(mailbox.model_copy(update={"timeout_seconds": LOGIN_SECONDS}))
        try:
            lying = session.lying()
        finally:
            session.close()
    except AdapterError as error:
        # A running daemon has a POP3 mailbox to itself while it reads, and a server may be away for a while.
        state = State.WARNING if error.kind.retryable else State.PROBLEM
        return Looked(what, state, error.sentence())
    large = sum(mail.octets > mailbox.max_octets for mail in lying)
    if large:
        return Looked(what, State.WARNING, f"{len(lying)} mails, {large} of them larger than max_octets")
    return Looked(what, State.OK, f"{mailbox.protocol}, {mailbox.tls}, {len(lying)} mails")
