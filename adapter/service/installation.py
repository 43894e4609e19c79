"""What one adapter is made of: settings, store, partners, keys, schemas, clock and log, opened together."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, fields
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from adapter import __version__
from adapter.config import KeyPair, Party, Settings
from adapter.crypto.certificates import TrustAnchors
from adapter.crypto.keys import DecryptionKeys, SigningPlan
from adapter.crypto.policy import NATIONAL, Policy
from adapter.delivery.retry import BackOff, RetryTerms
from adapter.envelope.agreement import Agreement, reliability, to_send
from adapter.envelope.monitoring import Monitoring
from adapter.envelope.routing import Process
from adapter.envelope.seal import Sealer
from adapter.errors import PARTNER_UNKNOWN, PARTY_NOT_OURS, STORE_UNREACHABLE, AdapterError
from adapter.lookups import directory, key_files, packaged
from adapter.lookups.authorities import HttpAuthorities
from adapter.lookups.port import Directory, Partner
from adapter.lookups.register import HttpRegister
from adapter.lookups.register_cache import RegisterCache
from adapter.lookups.register_directory import Patience, RegisterDirectory, RegisterNews
from adapter.messages.codes import CodeLists
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.observe import events
from adapter.observe.log import Line, Log, Silent, Stream
from adapter.observe.metrics import Counting, Metrics
from adapter.service.choosing import chosen
from adapter.service.clock import Clock, Ids
from adapter.service.pulse import Pulse
from adapter.service.revocations import Revocations
from adapter.service.terms import TermsInForce
from adapter.service.timed_store import TimedStore
from adapter.store.cipher import Secrets, StoreKey
from adapter.store.port import Exchange, Store
from adapter.store.schema import REVISION
from adapter.store.sql_store import SqlStore, open_store
from adapter.values import EdiAddress, HerId


@dataclass(frozen=True, slots=True)
class Tools:
    """What messages are sealed, opened and judged with. Made by `open_tools`."""

    settings: Settings
    partners: Directory
    keys: DecryptionKeys
    anchors: TrustAnchors
    schemas: SchemaSet
    codes: CodeLists
    sealer: Sealer
    revocations: Revocations
    clock: Clock
    ids: Ids
    log: Log

    @property
    def terms(self) -> RetryTerms:
        delivery = self.settings.delivery
        pauses = BackOff(tuple(timedelta(seconds=pause) for pause in delivery.mail_pauses_seconds))
        return RetryTerms(delivery.retries, delivery.interval, delivery.lifetime, pauses)

    def terms_for(self, exchange: Exchange) -> RetryTerms:
        """The terms of one message of ours: those of the agreement it was sealed under, else the configuration's."""
        cpa = self.partners.kept_agreement(exchange.cpa_id) if exchange.cpa_id is not None else None
        if cpa is None:
            return self.terms
        said = reliability(
            cpa, exchange.sender, exchange.service or "", exchange.action or "", exchange.from_role or ""
        )
        if said is None:
            return self.terms
        return RetryTerms(said.retries, said.interval, said.lifetime, self.terms.mail_back_off)

    def agreement_for(self, sender: HerId, receiver: HerId, process: Process, version: str) -> Agreement:
        """What a message goes under now. Raises `AdapterError` (AGREEMENT_LACKS, REGISTER_UNREACHABLE)."""
        known = self.partners.agreements(sender, receiver)
        return to_send(known, sender, receiver, process, version, self.clock.now())

    @property
    def own_hers(self) -> frozenset[HerId]:
        """The HER-ids of our communication parties."""
        return frozenset(party.her for party in self.settings.party)

    @property
    def own_addresses(self) -> frozenset[EdiAddress]:
        """The EDI addresses that we take mail for."""
        return frozenset(party.address for party in self.settings.party)

    def own(self, her: HerId | None) -> Party | None:
        """Our own communication party of that HER-id; None when it is nobody of ours."""
        return next((party for party in self.settings.party if party.her == her), None)

    def require_own(self, her: HerId) -> Party:
        """Our own party of that HER-id. Raises `AdapterError` (PARTY_NOT_OURS)."""
        own = self.own(her)
        if own is None:
            raise AdapterError(PARTY_NOT_OURS, f"HER-id {her}")
        return own

    def partner(self, her: HerId) -> Partner:
        """The partner of that HER-id. Raises `AdapterError` (PARTNER_UNKNOWN)."""
        found = self.partners.find(her)
        if found is None:
            raise AdapterError(PARTNER_UNKNOWN, f"HER-id {her}")
        return found

    def policy_of(self, her: HerId) -> Policy:
        """Which algorithms a party may use: the national policy, with SHA-1 as far as its file still takes it."""
        listed = self.partners.listed_as(her)
        return NATIONAL if listed is None or listed.sha1_before is None else Policy(sha1_before=listed.sha1_before)

    def context(self, side: Side) -> Context:
        """How messages are judged on a side of this installation, now."""
        production = self.settings.mode == "production"
        return Context(side, self.codes, self.clock.now(), production, chosen(self.settings.choices))


@dataclass(frozen=True, slots=True)
class Installation(Tools):
    """Everything the service works with: tools, store, the terms of decisions, and what last worked.

    Made by `open_installation`.
    """

    store: Store
    in_force: TermsInForce
    pulse: Pulse = field(default_factory=Pulse)
    metrics: Metrics = field(default_factory=Metrics)


def open_installation(settings: Settings, clock: Clock, ids: Ids, log: Log) -> Installation:
    """Open everything an adapter needs.

    Raises `AdapterError` for the first thing that cannot be had; `adapter check` tells them all.
    """
    metrics = Metrics()
    counting = Counting(log, metrics.count)
    tools = open_tools(settings, clock, ids, counting)
    parts = {one.name: getattr(tools, one.name) for one in fields(tools)}
    store = TimedStore(open_own_store(settings, log), metrics)
    return Installation(**parts, store=store, in_force=TermsInForce(settings, counting), metrics=metrics)


def open_tools(settings: Settings, clock: Clock, ids: Ids, log: Log) -> Tools:
    """Open keys, partners and schemas, without a store. Raises `AdapterError`."""
    known_schemas, trusted = schemas(settings), anchors(settings)
    return Tools(
        settings=settings,
        partners=open_directory(settings, clock, log),
        sealer=Sealer(
            signer(settings),
            trusted,
            Monitoring("adapter", __version__),
            secrets.token_bytes,
            known_schemas.validate,
            settings.envelope.test_mark,
        ),
        keys=decryption_keys(settings),
        revocations=revocations(settings, trusted),
        anchors=trusted,
        schemas=known_schemas,
        codes=CodeLists.parse(packaged.codes()),
        clock=clock,
        ids=ids,
        log=log,
    )


def open_directory(settings: Settings, clock: Clock, log: Log) -> Directory:
    """The partner files, with the register behind them where one is configured. Raises `AdapterError`."""
    said, register = settings.address_register, open_register(settings)
    folder = directory.load(settings.partners.folder, register=register is not None)
    if said is None or register is None:
        return folder

    def tell(news: RegisterNews, detail: str) -> None:
        log.tell(_REGISTER_EVENTS[news], Line(state=news.value))

    patience = Patience(said.fresh, said.pause)
    return RegisterDirectory(folder, register, RegisterCache(said.cache), patience, clock.now, tell)


def open_register(settings: Settings) -> HttpRegister | None:
    """The registers over HTTP, None where none is configured. Raises `AdapterError` (CONFIG_INVALID)."""
    said = settings.address_register
    if said is None:
        return None
    return HttpRegister(
        said.url, said.agreements_url, token_file=said.token_file, ca=said.ca, timeout_seconds=said.timeout_seconds
    )


_REGISTER_EVENTS = {RegisterNews.AWAY: events.REGISTER_AWAY, RegisterNews.BACK: events.REGISTER_BACK}


def revocations(settings: Settings, trusted: TrustAnchors) -> Revocations:
    """Who finds out whether certificates have been revoked, as `[revocation]` says."""
    said = settings.revocation
    return Revocations(said, HttpAuthorities(said.timeout_seconds, said.max_octets, said.proxy or ""), trusted)


_EMPTY = Line()


class _OfCommand(Silent):
    def tell(self, event: events.Event, line: Line = _EMPTY) -> None:
        if event is events.STORE_UPGRADED:
            Stream().tell(event, line)


OF_COMMAND: Final = _OfCommand()
"""The log of a command, which prints its result: silent but for what it does to the store."""


def open_own_store(settings: Settings, log: Log = OF_COMMAND) -> SqlStore:
    """The store of the configuration, brought to the present form, which is told where it was of another.

    Raises `AdapterError` (STORE-...).
    """
    try:
        settings.store.path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdapterError(STORE_UNREACHABLE, f"store.path {settings.store.path.parent}: {error.strerror}") from None
    store = open_store(settings.store.path, held=secrets_of(settings))
    if store.brought_from:
        log.tell(events.STORE_UPGRADED, Line(change=f"{store.brought_from} -> {REVISION}"))
    return store


def secrets_of(settings: Settings) -> Secrets:
    """The keys of the store that lie in files. Raises `AdapterError` (FILE-UNREADABLE, KEY-UNREADABLE)."""
    return Secrets(_secret(settings.store.key_file), _secret(settings.store.pseudonym_key_file))


def _secret(file: Path | None) -> StoreKey | None:
    return None if file is None else StoreKey(key_files.secret_key(file))


def signer(settings: Settings) -> SigningPlan:
    """Our signing keys, each from its time on. Raises `AdapterError`."""
    first, *others = [(pair, key_files.signing_identity(_files(pair))) for pair in settings.keys.signing]
    starts = [after.first or before.until for before, after in pairwise(settings.keys.signing)]
    then = tuple((start, one[1]) for start, one in zip(starts, others, strict=True) if start is not None)
    return SigningPlan(first[1], then)


def decryption_keys(settings: Settings) -> DecryptionKeys:
    """Every key that may open what we get, each until its end. Raises `AdapterError`."""
    kept = settings.keys.kept
    return DecryptionKeys(
        tuple(
            key_files.decryption_key(_files(pair), None if pair.until is None else pair.until + kept)
            for pair in settings.keys.encryption
        )
    )


def _files(pair: KeyPair) -> key_files.PairFiles:
    return key_files.PairFiles(pair.key, pair.certificate, pair.pkcs12, pair.password_file, pair.password_env)


def anchors(settings: Settings) -> TrustAnchors:
    """The roots and issuers that we trust. Raises `AdapterError`."""
    return TrustAnchors(
        key_files.certificates(settings.trust.roots),
        key_files.certificates(settings.trust.intermediates),
        frozenset(settings.trust.policies),
    )


def schemas(settings: Settings | None) -> SchemaSet:
    """The schemas that ship with the adapter, and the site's own before them. Raises `AdapterError`."""
    if settings is None or settings.schemas is None:
        return SchemaSet(packaged.schemas())
    return SchemaSet(packaged.schemas_from(settings.schemas.path), packaged.schemas())
