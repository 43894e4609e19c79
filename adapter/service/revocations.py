"""Has a certificate been revoked: the answers of its issuers, cached in the store, fetched beside the traffic.

The daemon asks every issuer of every certificate it knows before an answer is an hour old, so that a message usually
finds the answer in the store. What is not there, because a partner is new or has just been configured, is fetched
when it is needed, in the worker thread of that message and within the deadline of `[revocation]`; an attempt that
failed is not repeated before its pause is over, so a responder that is away delays one message and not all.

An answer takes the place of the cached one only when it can be relied on (`adapter.crypto.standing`): neither garbage
nor the answer to another question throws a good one away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from adapter.config import Revocation, RevocationActions
from adapter.crypto.certificates import TrustAnchors, Usage, path
from adapter.crypto.revocation import Judgement, Outcome, strongest
from adapter.crypto.standing import Action, Addresses, Answer, Form, Rules, addresses, judge, weakest
from adapter.errors import AdapterError
from adapter.lookups.port import Authorities
from adapter.store.port import BlobKind, CertificateCheck, Reader, RevocationAnswer, Store, UsedAnswer, Writer
from adapter.values import Digest

_MOST_REMEMBERED = 4096

_REMEMBERED = timedelta(minutes=1)
"""How long a judgement is used again without looking into the store, where another process may have put a new one."""


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of a path with the one that issued it, and where its issuer can be asked."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    addresses: Addresses

    def about(self, form: Form) -> Digest:
        """Under what an answer of this form is cached."""
        return fingerprint(self.certificate if form is Form.OCSP else self.issuer)


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a certificate and its path. `answers` are those that it rests on, by place in the path."""

    judgement: Judgement
    chain: tuple[x509.Certificate, ...]
    answers: tuple[UsedAnswer, ...]


@dataclass(frozen=True, slots=True)
class Vetted:
    """A certificate that was judged for one message, and what follows for the message."""

    usage: Usage
    status: Status
    judged_at: datetime
    action: Action

    def keep(self, writer: Writer, message: Digest) -> None:
        """Keep it as evidence for the message: the path, the answers, and the outcome (`liability.md` §11)."""
        status = self.status
        chain = tuple(
            writer.put_blob(one.public_bytes(Encoding.DER), BlobKind.CERTIFICATE, self.judged_at)
            for one in status.chain
        )
        judgement = status.judgement
        writer.keep_check(
            CertificateCheck(
                message,
                self.usage,
                self.judged_at,
                judgement.outcome,
                self.action,
                judgement.reason,
                chain,
                status.answers,
            )
        )


def fingerprint(certificate: x509.Certificate) -> Digest:
    """The SHA-256 of a certificate."""
    return Digest.of(certificate.public_bytes(Encoding.DER))


class Revocations:
    """Judges certificates for one installation; one object for all its threads."""

    def __init__(self, settings: Revocation, authorities: Authorities, anchors: TrustAnchors) -> None:
        self._settings = settings
        self._authorities = authorities
        self._anchors = anchors
        self._recent: dict[x509.Certificate, tuple[datetime, Status]] = {}
        self._asking = Lock()
        self._rest_until: datetime | None = None

    def vet(
        self, store: Store, certificate: x509.Certificate, usage: Usage, at: datetime, since: datetime, now: datetime
    ) -> Vetted | None:
        """Judge the certificate behind a message that came, or was handed in, at `since`; None when that is off.

        `at` is the eb:Timestamp, at which the certificate has a path.
        """
        if not self._settings.enabled:
            return None
        status = self._status(store, certificate, at, now)
        rules = rules_of(self._settings.received if usage is Usage.SIGNING else self._settings.sent)
        return Vetted(usage, status, now, rules.action(status.judgement.outcome, since, now))

    def own(self, store: Store, certificate: x509.Certificate, now: datetime) -> Judgement | None:
        """What is known of our own certificate before we sign with it; None when that is off, or it has no path."""
        if not self._settings.enabled:
            return None
        status = self._status(store, certificate, now, now)
        return status.judgement if status.chain else None

    def _status(self, store: Store, certificate: x509.Certificate, at: datetime, now: datetime) -> Status:
        """What is known of a certificate; asks its issuers where nothing certain is cached."""
        until, status = self._recent.get(certificate, (now, None))
        if status is not None and now < until and now >= until - _REMEMBERED:
            return status
        links = self._links(certificate, at)
        status = store.read_now(lambda reader: self._cached(reader, links, now))
        if status.judgement.outcome in {Outcome.UNKNOWN, Outcome.STALE}:
            with self._asking:
                for link in links:
                    self._ask(store, link, now, fresh_is_enough=True)
            status = store.read_now(lambda reader: self._cached(reader, links, now))
        fresh = status.judgement.fresh_until
        if status.judgement.outcome in {Outcome.GOOD, Outcome.REVOKED, Outcome.NOT_OFFERED}:
            end = now + _REMEMBERED
            if len(self._recent) >= _MOST_REMEMBERED:
                self._recent.clear()
            self._recent[certificate] = (end if fresh is None else min(end, fresh), status)
        return status

    def known(self, reader: Reader, certificate: x509.Certificate, now: datetime) -> tuple[Status, datetime | None]:
        """What the cache alone knows, and when the oldest answer it rests on was fetched; nobody is asked."""
        links = self._links(certificate, now)
        status = self._cached(reader, links, now)
        kept = [reader.revocation_answer(one.form, links[one.link].about(one.form)) for one in status.answers]
        fetched = [one.fetched_at for one in kept if one is not None and one.fetched_at is not None]
        return status, min(fetched, default=None)

    def asked(self, certificate: x509.Certificate, now: datetime) -> tuple[str, ...]:
        """The addresses where the issuers of a certificate and its path are asked, each once."""
        links = self._links(certificate, now)
        return tuple(
            dict.fromkeys(one for link in links for form in self._forms(link) for one in link.addresses.of(form))
        )

    def refresh(self, store: Store, certificates: tuple[x509.Certificate, ...], now: datetime) -> int:
        """Ask for every answer that is missing or grows old; says how many addresses were asked."""
        if not self._settings.enabled or (self._rest_until is not None and now < self._rest_until):
            return 0
        asked = 0
        for link in dict.fromkeys(link for one in certificates for link in self._links(one, now)):
            with self._asking:
                asked += self._ask(store, link, now, fresh_is_enough=False)
        if asked:
            self._recent.clear()
        self._rest_until = now + _REMEMBERED
        return asked

    # ── paths and addresses ──

    def _links(self, certificate: x509.Certificate, at: datetime) -> tuple[Link, ...]:
        """The path below the root; where there is none, nobody is asked: the address could be anybody's."""
        chain = path(certificate, self._anchors, at)
        return tuple(Link(one, issuer, self._addresses(one, issuer)) for one, issuer in pairwise(chain))

    def _addresses(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Addresses:
        name = issuer.subject.rfc4514_string()
        for one in self._settings.address:
            if one.issuer is None or one.issuer in name:
                return Addresses((one.ocsp,) if one.ocsp else (), (one.crl,) if one.crl else ())
        return addresses(certificate)

    def _forms(self, link: Link) -> Iterator[Form]:
        return (Form(word) for word in self._settings.order if link.addresses.of(Form(word)))

    # ── the cache ──

    def _cached(self, reader: Reader, links: tuple[Link, ...], now: datetime) -> Status:
        if not links:
            return Status(Judgement(Outcome.UNKNOWN, "there is no path to a trusted root"), (), ())
        judgements: list[Judgement] = []
        answers: list[UsedAnswer] = []
        for place, link in enumerate(links):
            judgement, used = self._judged(reader, link, place, now)
            judgements.append(judgement)
            answers += used
        chain = tuple(link.certificate for link in links)
        return Status(weakest(tuple(judgements)), (*chain, links[-1].issuer), tuple(answers))

    def _judged(
        self, reader: Reader, link: Link, place: int, now: datetime
    ) -> tuple[Judgement, tuple[UsedAnswer, ...]]:
        """What the cached answers about one certificate say together."""
        if not link.addresses:
            return Judgement(Outcome.NOT_OFFERED, "the certificate names nobody to ask"), ()
        found: list[tuple[Judgement, UsedAnswer]] = []
        problems = []
        for form in self._forms(link):
            kept = reader.revocation_answer(form, link.about(form))
            if kept is None or kept.answer is None:
                problems.append(kept.problem if kept is not None else "nobody was asked yet")
                continue
            judgement = judge(link.certificate, link.issuer, Answer(form, reader.blob(kept.answer)), now)
            found.append((judgement, UsedAnswer(place, form, kept.answer)))
        if not found:
            return Judgement(Outcome.UNKNOWN, "; ".join(problems)), ()
        return strongest(tuple(judgement for judgement, _ in found)), tuple(used for _, used in found)

    # ── asking ──

    def _ask(self, store: Store, link: Link, now: datetime, *, fresh_is_enough: bool) -> int:
        """Fetch what is wanted about one certificate, in the configured order, until one form says something certain.

        With `fresh_is_enough` an answer that has not run out is left alone, else one younger than the refresh time.
        """
        asked = 0
        for form in self._forms(link):
            kept = _kept(store, form, link.about(form), now)
            if self._is_good(store, link, kept, now, fresh_is_enough=fresh_is_enough):
                break
            if kept.failures > 0 and now - kept.tried_at < self._settings.retry and now >= kept.tried_at:
                continue
            asked += 1
            fetched, octets = self._fetch(link, form, kept, now)
            _keep(store, fetched, octets)
            if not fetched.failures:
                break
        return asked

    def _is_good(
        self, store: Store, link: Link, kept: RevocationAnswer, now: datetime, *, fresh_is_enough: bool
    ) -> bool:
        if kept.answer is None or kept.fetched_at is None:
            return False
        if not fresh_is_enough and now - kept.fetched_at >= self._settings.refresh:
            return False
        digest = kept.answer
        octets = store.read_now(lambda reader: reader.blob(digest))
        said = judge(link.certificate, link.issuer, Answer(kept.form, octets), now)
        return said.outcome in {Outcome.GOOD, Outcome.REVOKED}

    def _fetch(self, link: Link, form: Form, kept: RevocationAnswer, now: datetime) -> tuple[RevocationAnswer, bytes]:
        """One round of the addresses: the first answer that can be relied on, else why there is none."""
        problems, late = [], b""
        for address in link.addresses.of(form):
            try:
                octets = (
                    self._authorities.ocsp(address, request(link.certificate, link.issuer))
                    if form is Form.OCSP
                    else self._authorities.crl(address)
                )
            except AdapterError as error:
                problems.append(error.detail)
                continue
            said = judge(link.certificate, link.issuer, Answer(form, octets), now)
            if said.outcome in {Outcome.GOOD, Outcome.REVOKED}:
                return RevocationAnswer(form, kept.about, now, Digest.of(octets), now), octets
            problems.append(f"{address}: {said.reason}")
            if said.outcome is Outcome.STALE and kept.answer is None:
                kept, late = replace(kept, answer=Digest.of(octets), fetched_at=now), octets
        return replace(kept, tried_at=now, failures=kept.failures + 1, problem="; ".join(problems)), late


def rules_of(said: RevocationActions) -> Rules:
    """What a section of the configuration says about each outcome; what is good is accepted."""
    actions = {
        Outcome.GOOD: Action.ACCEPT,
        Outcome.REVOKED: Action(said.revoked),
        Outcome.STALE: Action(said.stale),
        Outcome.UNKNOWN: Action(said.unknown),
        Outcome.NOT_OFFERED: Action(said.not_offered),
    }
    return Rules(actions, said.patience, Action(said.after_hold))


def _kept(store: Store, form: Form, about: Digest, now: datetime) -> RevocationAnswer:
    kept = store.read_now(lambda reader: reader.revocation_answer(form, about))
    return RevocationAnswer(form, about, now) if kept is None else kept


def _keep(store: Store, kept: RevocationAnswer, octets: bytes) -> None:
    def write(writer: Writer) -> None:
        if octets:
            writer.put_blob(octets, BlobKind.ANSWER, kept.tried_at)
        writer.keep_revocation_answer(kept)

    store.write_now(write)


def request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """The OCSP request about a certificate, with the SHA-1 names that every responder knows (RFC 5019 §2.1.1).

    It carries no nonce: the big responders sign their answers beforehand, and the times in them are what is checked.
    """
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303
    return asked.public_bytes(Encoding.DER)
