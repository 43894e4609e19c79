"""Which policies, agreements and prices stays are decided by: read whole, or refused whole with every mistake.

A command reads them once. A running daemon holds a `TermsInForce`: it looks whether the site's own files have changed,
and takes new terms only when none of them has a mistake; until then it goes on with those before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from adapter.config import Settings
from adapter.errors import POLICY_INVALID, RATES_INVALID, AdapterError
from adapter.liability.agreements import Agreed, Agreement, Validity, agreement_mistakes
from adapter.liability.case import Case, Sector
from adapter.liability.ledger import Account
from adapter.liability.mistakes import Mistake, Mistakes
from adapter.liability.payers import Residences, read_residences
from adapter.liability.profiles import BASELINE, Profile, read_profiles
from adapter.liability.rates import RateTable, merge_rates, read_rates
from adapter.lookups import packaged
from adapter.observe import events
from adapter.observe.log import Line, Log
from adapter.values import OSLO, HerId, Moment


@dataclass(frozen=True, slots=True)
class Whose:
    """A patient without a name in a hospital, seen from one municipality (an unknown one is None)."""

    patient: str
    hospital: HerId
    municipality: HerId | None


@dataclass(frozen=True, slots=True)
class TermFiles:
    """The files that terms were read from: profiles by name, tables of prices (the shipped one first), residences."""

    policies: Mapping[str, bytes]
    rates: tuple[bytes, ...]
    residences: bytes | None


@dataclass(frozen=True, slots=True)
class Terms:
    """Every policy profile, the one in force where nothing else is agreed, baseline, agreements, prices, residences."""

    profile: Profile
    baseline: Profile
    rates: RateTable
    profiles: tuple[Profile, ...]
    agreements: tuple[Agreement, ...]
    files: TermFiles
    residences: Residences

    def without_price(self, now: datetime) -> tuple[str, ...]:
        """Of which nights up to `now` no price is known, as words such as "of 2026-01-01 and later"."""
        spans = self.rates.without_price(now.astimezone(OSLO).date())
        return tuple(
            f"of {one.first} and later" if one.last is None else f"of {one.first} to {one.last}" for one in spans
        )

    def account(self, stay: str, whose: Whose, case: Case, as_of: Moment) -> Account:
        """A stay with everything that its row of the ledger is worked out from."""
        profile = self.profile_for(whose, case, as_of)
        return Account(stay, case, profile, whose.municipality, self.residences.get(stay, ()))

    def profile_for(self, whose: Whose, case: Case, as_of: Moment) -> Profile:
        """The profile in force for a stay (LI-095)."""
        if not self.agreements:
            return self.profile
        agreed = Agreed(whose.hospital, whose.municipality, self.agreements, self.profiles, self.profile)
        return agreed.profile(case, self.baseline.policy, self.rates, as_of)


def terms(settings: Settings | None) -> Terms:
    """The terms of a configuration; those that ship with the adapter without one.

    Raises `AdapterError`: POLICY_INVALID or RATES_INVALID with every mistake of all files, FILE_UNREADABLE.
    """
    return _understood(settings, _files(settings))


def price_remedy(settings: Settings) -> str:
    """What to do where nights have no price. It is never worked out from another year's (LI-072)."""
    file = settings.liability.rates
    if file is None:
        return "enter the year's price and its source in a JSON file, and name the file as liability.rates"
    return f"enter the year's price and its source in {file.name}"


def _files(settings: Settings | None) -> TermFiles:
    policies = {name: packaged.policy(name) for name in packaged.policies()}
    rates = [packaged.rates()]
    if settings is not None and settings.liability.policies is not None:
        policies |= packaged.policies_from(settings.liability.policies)
    if settings is not None and settings.liability.rates is not None:
        rates.append(packaged.file(settings.liability.rates, "liability.rates"))
    residences = None
    if settings is not None and settings.liability.residences is not None:
        residences = packaged.file(settings.liability.residences, "liability.residences")
    return TermFiles(policies, tuple(rates), residences)


def _understood(settings: Settings | None, files: TermFiles) -> Terms:
    profiles = read_profiles(files.policies)
    found = profiles.all if isinstance(profiles, Mistakes) else ()
    names = tuple(sorted(files.policies))
    wanted = settings.liability.policy if settings is not None else BASELINE
    if wanted not in names:
        found += (Mistake("liability.policy", f'"{wanted}"', ", ".join(names)),)
    agreements = _agreements(settings)
    found += agreement_mistakes(agreements, names)
    rates = _rates(settings, files)
    residences = {} if files.residences is None else read_residences(files.residences)
    if isinstance(residences, Mistakes):
        found += residences.within("liability.residences").all
    wrong = [str(mistake) for mistake in found]
    if isinstance(rates, Mistakes):
        raise AdapterError(POLICY_INVALID if wrong else RATES_INVALID, "; ".join([*wrong, *rates.lines()]))
    if isinstance(profiles, Mistakes) or isinstance(residences, Mistakes) or wrong:
        raise AdapterError(POLICY_INVALID, "; ".join(wrong))
    by_name = {profile.name: profile for profile in profiles}
    return Terms(by_name[wanted], by_name[BASELINE], rates, profiles, agreements, files, residences)


def _agreements(settings: Settings | None) -> tuple[Agreement, ...]:
    if settings is None:
        return ()
    return tuple(
        Agreement(
            one.hospital,
            one.municipality,
            one.policy,
            Sector(one.sector) if one.sector is not None else None,
            one.first,
            one.last,
            Validity(one.by),
            one.line,
        )
        for one in settings.liability.agreement
    )


def _rates(settings: Settings | None, files: TermFiles) -> RateTable | Mistakes:
    shipped, *own = files.rates
    rates = read_rates(shipped)
    for content in own:
        more = read_rates(content)
        rates = merge_rates(rates, more) if isinstance(rates, RateTable) and isinstance(more, RateTable) else more
    path = settings.liability.rates if settings is not None else None
    return rates if isinstance(rates, RateTable) or path is None else rates.within(path.name)


class TermsInForce:
    """The terms of a process that runs for long. Several threads may ask at once.

    Terms that are broken when the process starts stop no message: only who asks for them gets the error. `held` are
    those that were read before, as at a reload.
    """

    def __init__(self, settings: Settings, log: Log, held: Terms | None = None) -> None:
        self._lock = Lock()
        self._log = log
        self._settings = settings
        self._seen: TermFiles | str | None = held.files if held is not None else None
        self._held = held
        self._refused: AdapterError | None = None

    @property
    def terms(self) -> Terms:
        """The terms in force. Raises `AdapterError` when there have been none without a mistake yet."""
        if self._held is None:
            self.look()
        if self._held is None:
            assert self._refused is not None
            raise AdapterError(self._refused.kind, self._refused.detail)
        return self._held

    @property
    def refused(self) -> AdapterError | None:
        """What is wrong with the files as they are now; None where they are in force."""
        return self._refused

    @property
    def held(self) -> bool:
        """Whether there are terms in force, those of now or those of before."""
        return self._held is not None

    def look(self) -> bool:
        """Read the files again where they are not as they were; says whether other terms are in force now.

        Mistakes are told as `terms.refused`, once for the same files.
        """
        with self._lock:
            return self._read()

    def _read(self) -> bool:
        seen: TermFiles | str
        try:
            seen = files = _files(self._settings)
        except AdapterError as error:
            seen, files, refused = str(error), None, error
        if seen == self._seen:
            return False
        first, self._seen = self._held is None and self._refused is None, seen
        if files is not None:
            try:
                read = _understood(self._settings, files)
            except AdapterError as error:
                refused = error
            else:
                self._held, self._refused = read, None
                if not first:
                    self._log.tell(events.TERMS_READ, Line(state=read.rates.version))
                return True
        self._refused = refused
        self._log.tell(events.TERMS_REFUSED, Line(rule=refused.id, state="before" if self.held else "none"))
        return False
