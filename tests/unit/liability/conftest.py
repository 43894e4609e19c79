"""What the tests of the liability engine share: shipped data, and a case as a dict decided to a dict."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapter.liability.case import Case as LiabilityCase
from adapter.liability.casefile import read_case
from adapter.liability.mistakes import Mistakes
from adapter.liability.profiles import Profile, read_profiles
from adapter.liability.rates import RateTable, read_rates
from adapter.liability.readings import Readings, read_both
from adapter.liability.result import result_json

DATA = Path(__file__).parents[3] / "adapter" / "data"

Case = dict[str, Any]
Decide = Callable[[Case], Case]


@pytest.fixture(scope="session")
def profiles() -> tuple[Profile, ...]:
    files = {path.stem: path.read_bytes() for path in (DATA / "policies").glob("*.toml")}
    found = read_profiles(files)
    assert not isinstance(found, Mistakes), found.lines()
    return found


@pytest.fixture(scope="session")
def baseline(profiles: tuple[Profile, ...]) -> Profile:
    return profiles[0]


@pytest.fixture(scope="session")
def rates() -> RateTable:
    found = read_rates((DATA / "rates.json").read_bytes())
    assert not isinstance(found, Mistakes), found.lines()
    return found


@pytest.fixture(scope="session")
def read(profiles: tuple[Profile, ...], rates: RateTable) -> Callable[[Case], Readings]:
    def _read(case: Case) -> Readings:
        found = read_case(json.dumps(case).encode(), profiles)
        assert not isinstance(found, Mistakes), found.lines()
        return read_both(found.case, found.profile, profiles[0], rates, found.as_of)

    return _read


@pytest.fixture(scope="session")
def decided(read: Callable[[Case], Readings]) -> Decide:
    """A case file, as a dict, to its result, as a dict."""

    def _decided(case: Case) -> Case:
        result: Case = json.loads(result_json(read(case)))
        return result

    return _decided


@pytest.fixture(scope="session")
def decided_case(profiles: tuple[Profile, ...], rates: RateTable) -> Callable[[Case], tuple[LiabilityCase, Readings]]:
    """A case file, as a dict, to its case and both readings."""

    def _decided_case(case: Case) -> tuple[LiabilityCase, Readings]:
        found = read_case(json.dumps(case).encode(), profiles)
        assert not isinstance(found, Mistakes), found.lines()
        return found.case, read_both(found.case, found.profile, profiles[0], rates, found.as_of)

    return _decided_case
