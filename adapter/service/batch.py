"""How a folder of case files is decided on two cores: each file by itself, a bad one never stopping the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from adapter.errors import FILE_UNREADABLE, POLICY_INVALID, AdapterError
from adapter.liability.casefile import read_case
from adapter.liability.mistakes import Mistakes
from adapter.liability.profiles import BASELINE, Profile, read_profile
from adapter.liability.readings import Readings, outcome, read_both
from adapter.service.terms import Terms

CORES = 2
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Decided:
    """What a file comes to; `against` is under the policy that it is compared with, `differs` whether dates or amount
    are others."""

    file: str
    nights: int
    amount_nok: int | None
    known_nok: int
    start_reason: str
    end_reason: str
    flags: tuple[str, ...]
    policy: str
    changed_by: tuple[str, ...]
    against_nights: int
    against_nok: int | None
    against_known_nok: int
    differs: bool


@dataclass(frozen=True, slots=True)
class Bad:
    """A file that is no case file, with every mistake."""

    file: str
    mistakes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two policies to compare: every file is decided under both, whatever policy it names itself."""

    first: Profile
    second: Profile


def case_files(folder: Path) -> tuple[Path, ...]:
    """The `.json` files of a folder and its folders, sorted. Raises `AdapterError` (FILE_UNREADABLE)."""
    if not folder.is_dir():
        raise AdapterError(FILE_UNREADABLE, f"{folder}: it is no folder")
    return tuple(sorted(path for path in folder.rglob("*.json") if path.is_file()))


def policy_named(name: str, known: Sequence[Profile]) -> Profile:
    """A profile by its name, or read from a TOML file. Raises `AdapterError` with every mistake."""
    for profile in known:
        if profile.name == name:
            return profile
    path = Path(name)
    if path.suffix != ".toml":
        raise AdapterError(POLICY_INVALID, f"{name}: there are {', '.join(one.name for one in known)}, or a .toml file")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{path}: {error.strerror}") from None
    baseline = next(profile for profile in known if profile.name == BASELINE)
    read = read_profile(content, baseline)
    if isinstance(read, Mistakes):
        raise AdapterError(POLICY_INVALID, f"{path}: {'; '.join(read.lines())}")
    return read


def decide_all(
    files: Sequence[Path], in_force: Terms, pair: Pair | None, progress: Callable[[int, int], None]
) -> Iterator[Decided | Bad]:
    """Decide every file, in their order. `progress` is told how many of all are done."""
    if len(files) <= _CHUNK:
        for number, path in enumerate(files, 1):
            yield _decide(path, in_force, pair)
            progress(number, len(files))
        return
    with ProcessPoolExecutor(CORES, initializer=_begin, initargs=(in_force, pair)) as pool:
        for number, decided in enumerate(pool.map(_decide_begun, files, chunksize=_CHUNK), 1):
            yield decided
            progress(number, len(files))


_begun: list[tuple[Terms, Pair | None]] = []
"""What a worker process decides with; handed over once, not with every file."""


def _begin(in_force: Terms, pair: Pair | None) -> None:
    _begun[:] = [(in_force, pair)]


def _decide_begun(path: Path) -> Decided | Bad:
    return _decide(path, *_begun[0])


def _decide(path: Path, in_force: Terms, pair: Pair | None) -> Decided | Bad:
    try:
        content = path.read_bytes()
    except OSError as error:
        return Bad(str(path), (f"it cannot be read: {error.strerror}",))
    case = read_case(content, in_force.profiles)
    if isinstance(case, Mistakes):
        return Bad(str(path), case.lines())
    first, second = (in_force.baseline, case.profile) if pair is None else (pair.first, pair.second)
    return _told(path, read_both(case.case, second, first, in_force.rates, case.as_of))


def _told(path: Path, readings: Readings) -> Decided:
    decision, other = readings.agreement, readings.regulation
    return Decided(
        file=str(path),
        nights=len(decision.nights),
        amount_nok=decision.amount_nok,
        known_nok=decision.known_nok,
        start_reason=decision.start_reason.value,
        end_reason=decision.end_reason.value,
        flags=tuple(flag.value for flag in decision.flags),
        policy=readings.profile.cited,
        changed_by=readings.changed_by,
        against_nights=len(other.nights),
        against_nok=other.amount_nok,
        against_known_nok=other.known_nok,
        differs=outcome(decision) != outcome(other),
    )
