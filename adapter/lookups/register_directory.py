"""The partner directory with the address register behind it: what a partner file leaves out is asked for and kept.

A partner file names a party and what no register knows of it: its role here, its sector, how it likes to be answered.
Address and certificates that the file names are pinned; those that it leaves out are the register's. What was answered
is used for `fresh` without asking, then asked again; while the register is away, the last answer holds for as long as
that lasts (HISD 1177 ch. 8, `ebxml.md` §8.6). After a failure nobody asks for a while, so that a register that is slow
in failing does not slow down traffic that does not need it. `renew` asks beside the traffic before an answer grows too
old, also about partners that nobody has written to yet: so every one of them is known on the day the register goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from threading import Lock
from typing import TypeVar

from adapter.crypto.certificates import load_certificates
from adapter.envelope.agreement import usable_certificates
from adapter.envelope.cpa import Cpa
from adapter.errors import PARTNER_UNKNOWN, REGISTER_UNREACHABLE, AdapterError
from adapter.lookups.directory import FolderDirectory
from adapter.lookups.planned import Planned
from adapter.lookups.port import Listed, Partner, Renewed
from adapter.lookups.register import ADDRESSABLE, Register, RegisteredAgreement, RegisteredParty
from adapter.lookups.register_cache import Kept, RegisterCache
from adapter.values import EdiAddress, HerId

_NONE_IS_FRESH = timedelta(hours=1)
"""How soon a register is asked again that knew nothing: the party may just have been entered."""

_BEFORE = timedelta(hours=1)
"""How long before an answer is too old it is asked for again beside the traffic; at most a quarter of its time."""

_AT_ONCE = 20
"""How many things `renew` asks for before it lets others do their work."""

Answer = TypeVar("Answer")


class RegisterNews(StrEnum):
    """What an operator should hear of the register."""

    AWAY = "away"
    """it did not answer; answers that are kept are used"""
    BACK = "back"
    """it answers again"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is fresh, and how long nobody asks after a failure."""

    fresh: timedelta
    pause: timedelta


class RegisterDirectory:
    """A partner directory. Made for threads; one question at a time goes out."""

    def __init__(
        self,
        folder: FolderDirectory,
        register: Register,
        cache: RegisterCache,
        patience: Patience,
        now: Callable[[], datetime],
        tell: Callable[[RegisterNews, str], None],
    ) -> None:
        self._folder = folder
        self._register = register
        self._cache = cache
        self._patience = patience
        self._now = now
        self._tell = tell
        self._asking = Lock()
        self._silent_until: datetime | None = None
        self._parties: dict[HerId, Kept[RegisteredParty]] = {}
        self._pairs: dict[frozenset[HerId], Kept[RegisteredAgreement]] = {}
        self._by_id: dict[str, Kept[RegisteredAgreement]] = {}

    def find(self, her: HerId) -> Partner | None:
        """The party with that HER-id; None when there is no file of it, or the register has none either.

        Raises `AdapterError`: REGISTER_UNREACHABLE when nothing is kept and nobody answers; PARTNER_UNKNOWN when the
        register has it as something that cannot be addressed (EB-243, EB-244) or without address or certificate.
        """
        listed = self._folder.listed_as(her)
        if listed is None or listed.is_whole:
            return self._folder.find(her)
        kept = self._party(her)
        if kept.answer is None:
            return None
        return self._completed(listed, kept.answer)

    def all(self) -> tuple[Partner, ...]:
        """Every party that is known without asking anybody."""
        known = {partner.her: partner for partner in self._folder.all()}
        for listed in self._folder.listed:
            kept = self._kept_party(listed.her)
            if not listed.is_whole and kept is not None and kept.answer is not None:
                try:
                    known[listed.her] = self._completed(listed, kept.answer)
                except AdapterError:
                    continue
        return tuple(known[her] for her in sorted(known, key=lambda her: int(her.value)))

    def listed_as(self, her: HerId) -> Listed | None:
        return self._folder.listed_as(her)

    def hers(self) -> tuple[HerId, ...]:
        return self._folder.hers()

    def agreements(self, one: HerId, other: HerId) -> tuple[Cpa, ...]:
        """The agreements of two parties; none where the register is away and was never asked.

        Two parties may write to each other without an agreement, so that this stops nobody (HISD 1177 ch. 6).
        """
        pinned = self._folder.agreements(one, other)
        if pinned or not self._register.has_agreements:
            return pinned
        try:
            kept = self._pair(one, other)
        except AdapterError:
            return ()
        return (kept.answer.cpa,) if kept.answer is not None else ()

    def agreement(self, cpa_id: str) -> Cpa | None:
        """The agreement of that id. Raises `AdapterError` (REGISTER_UNREACHABLE)."""
        pinned = self._folder.agreement(cpa_id)
        if pinned is not None or not self._register.has_agreements:
            return pinned
        kept = self._ask(
            lambda: self._by_id.get(cpa_id) or self._cache.agreement(cpa_id),
            lambda: self._register.agreement(cpa_id),
            lambda answer, asked: self._cache.keep_agreement(cpa_id, answer, asked),
        )
        if kept.answer is not None:
            self._by_id[cpa_id] = kept
        return kept.answer.cpa if kept.answer is not None else None

    def kept_agreement(self, cpa_id: str) -> Cpa | None:
        """The agreement of that id, as far as it is here."""
        pinned = self._folder.agreement(cpa_id)
        if pinned is not None:
            return pinned
        kept = self._by_id.get(cpa_id) or self._cache.agreement(cpa_id)
        if kept is None or kept.answer is None:
            return None
        self._by_id[cpa_id] = kept
        return kept.answer.cpa

    @property
    def asks_register(self) -> bool:
        return self._register.has_agreements

    def renew(self, own: Iterable[HerId]) -> Renewed:
        """Ask for what is not here or is nearly too old, a few things at once; nothing while the register is away."""
        asked, changed = 0, []
        for what, her, renew in self._renewals(tuple(own)):
            if asked == _AT_ONCE:
                break
            try:
                was_asked, is_other = renew()
            except AdapterError:
                break
            asked += was_asked
            changed += [(her, what)] if is_other else []
        return Renewed(asked, tuple(changed))

    def _renewals(self, own: tuple[HerId, ...]) -> Iterator[tuple[str, HerId, Callable[[], tuple[bool, bool]]]]:
        for listed in self._folder.listed:
            her = listed.her
            if not listed.is_whole:
                yield "entry", her, partial(self._renew_party, her)
            for ours in own:
                if self._register.has_agreements and not self._folder.agreements(ours, her):
                    yield "agreement", her, partial(self._renew_pair, ours, her)

    def _renew_party(self, her: HerId) -> tuple[bool, bool]:
        before = self._kept_party(her)
        after = self._party(her, self._time_left)
        if before is None:
            return True, False
        return after.asked != before.asked, after.answer != before.answer

    def _renew_pair(self, one: HerId, other: HerId) -> tuple[bool, bool]:
        before = self._kept_pair(one, other)
        after = self._pair(one, other, self._time_left)
        if before is None:
            return True, False
        return after.asked != before.asked, _agreed(after) != _agreed(before)

    @property
    def _time_left(self) -> timedelta:
        return min(_BEFORE, self._patience.fresh / 4)

    def refresh(self, her: HerId) -> bool:
        """Ask anew about a party. Raises `AdapterError` (REGISTER_UNREACHABLE)."""
        listed = self._folder.listed_as(her)
        if listed is None or listed.is_whole:
            return False
        with self._asking:
            before = self._kept_party(her)
            if before is not None and self._now() - before.asked < self._patience.pause:
                return False
            kept = Kept(self._now(), self._answer(lambda: self._register.party(her)))
            self._cache.keep_party(her, kept.answer, kept.asked)
            self._parties[her] = kept
            return kept.answer != (before.answer if before is not None else None)

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _party(self, her: HerId, time_left: timedelta = timedelta(0)) -> Kept[RegisteredParty]:
        kept = self._ask(
            lambda: self._kept_party(her),
            lambda: self._register.party(her),
            lambda answer, asked: self._cache.keep_party(her, answer, asked),
            time_left,
        )
        self._parties[her] = kept
        return kept

    def _kept_party(self, her: HerId) -> Kept[RegisteredParty] | None:
        return self._parties.get(her) or self._cache.party(her)

    def _pair(self, one: HerId, other: HerId, time_left: timedelta = timedelta(0)) -> Kept[RegisteredAgreement]:
        kept = self._ask(
            lambda: self._kept_pair(one, other),
            lambda: self._register.agreement_between(one, other),
            lambda answer, asked: self._cache.keep_pair(one, other, answer, asked),
            time_left,
        )
        self._pairs[frozenset({one, other})] = kept
        return kept

    def _kept_pair(self, one: HerId, other: HerId) -> Kept[RegisteredAgreement] | None:
        return self._pairs.get(frozenset({one, other})) or self._cache.pair(one, other)

    def _ask(
        self,
        known: Callable[[], Kept[Answer] | None],
        ask: Callable[[], Answer | None],
        keep: Callable[[Answer | None, datetime], None],
        time_left: timedelta = timedelta(0),
    ) -> Kept[Answer]:
        """What is kept and fresh for so long, else what is answered now, else what is kept. Raises `AdapterError`."""
        kept = known()
        if kept is not None and self._is_fresh(kept, time_left):
            return kept
        with self._asking:
            kept = known()
            if kept is not None and self._is_fresh(kept, time_left):
                return kept
            try:
                answered = Kept(self._now(), self._answer(ask))
            except AdapterError:
                if kept is None or kept.answer is None:
                    raise
                return kept
            keep(answered.answer, answered.asked)
            return answered

    def _is_fresh(self, kept: Kept[Answer], time_left: timedelta) -> bool:
        """Also an answer out of the future is not: the clock was wrong then or is now."""
        fresh = self._patience.fresh - time_left
        if kept.answer is None and not time_left:
            # A message waits for it; beside the traffic nobody does.
            fresh = min(fresh, _NONE_IS_FRESH)
        return timedelta(0) <= self._now() - kept.asked <= fresh

    def _answer(self, ask: Callable[[], Answer | None]) -> Answer | None:
        now = self._now()
        if self._silent_until is not None and now < self._silent_until:
            raise AdapterError(REGISTER_UNREACHABLE, "it did not answer a moment ago")
        try:
            answer = ask()
        except AdapterError as error:
            if self._silent_until is None:
                self._tell(RegisterNews.AWAY, error.detail)
            self._silent_until = now + self._patience.pause
            raise
        if self._silent_until is not None:
            self._tell(RegisterNews.BACK, "")
        self._silent_until = None
        return answer

    # ── putting together ────────────────────────────────────────────────────────────────────────────────────────────

    def _completed(self, listed: Listed, said: RegisteredParty) -> Partner:
        if said.type not in ADDRESSABLE:
            raise AdapterError(
                PARTNER_UNKNOWN,
                f"HER-id {listed.her} is a {said.type or 'party without type'} in the register; "
                f"only {' and '.join(sorted(ADDRESSABLE))} are addressed",
            )
        agreed = map(Planned, usable_certificates(self._folder.agreements_of(listed.her), listed.her))
        signing = listed.signing or _certificates(said.signing)
        encryption = listed.encryption or _certificates(said.encryption)
        address = listed.address or _address(said.address)
        needed = {"EDI address": address, "signing certificate": signing, "encryption certificate": encryption}
        missing = [name for name, there in needed.items() if not there]
        if address is None or missing:
            raise AdapterError(PARTNER_UNKNOWN, f"the register has no {', no '.join(missing)} for HER-id {listed.her}")
        return replace(
            listed.partner(address, signing, encryption),
            signing=tuple(dict.fromkeys((*signing, *agreed))),
            source=f"{listed.source} and the address register",
        )


def _agreed(kept: Kept[RegisteredAgreement]) -> Cpa | None:
    """What was agreed; the octets of the answer tell nothing."""
    return kept.answer.cpa if kept.answer is not None else None


def _certificates(octets: bytes) -> tuple[Planned, ...]:
    return tuple(map(Planned, load_certificates(octets))) if octets else ()


def _address(text: str) -> EdiAddress | None:
    try:
        return EdiAddress(text)
    except ValueError:
        return None
