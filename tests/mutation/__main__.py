"""Would the tests notice a small mistake in the liability engine? `make mutation` makes each and says which live.

    python -m tests.mutation [MODULE...] [--anew]

The tests run once to see which lines each of them reaches. Then every mutant is implanted in turn, and the tests that
reach it run, those that have killed and the quickest first, until one fails. What was killed is written down beside the
digest of its module, so a run that is stopped goes on where it was, and a later one tries what lived or has changed.

Sentences for people are counted and not tried, and words within them may live: no number, date or reason hangs on them.
Whatever else may live is listed in `survivors.json` with the reason; the run ends well when nothing but that has lived,
and names the rest.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import FrameType, ModuleType

import coverage
import hypothesis
import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.implant import NotImplantable, functions, implanted
from tests.mutation.mutants import Mutant, mutants, mutated

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "adapter" / "liability"
TESTS = ("tests/unit/liability", "tests/unit/service/test_statements.py", "tests/unit/service/test_batch.py")
KEPT = ROOT / "build" / "mutation"
SURVIVORS = Path(__file__).with_name("survivors.json")

SECONDS = 30
GIGABYTES = 6


class TooLong(BaseException):
    """A mutant does not come to an end."""


class Run:
    """The plugin of pytest that runs the tests over and over instead of once."""

    def __init__(self, names: list[str], *, anew: bool) -> None:
        self.names = names
        self.anew = anew
        self.reports: list[pytest.TestReport] = []
        self.seconds: dict[str, float] = {}
        self.lived: list[tuple[Mutant, str]] = []
        self.met: dict[str, set[str]] = defaultdict(set)
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = list(session.items)
        reached = self.look(items)
        signal.signal(signal.SIGALRM, _stop)
        resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES << 30, GIGABYTES << 30))
        for name in self.names:
            self.try_all(name, items, reached)
        return True

    def passes(self, item: pytest.Item) -> bool:
        self.reports.clear()
        runtestprotocol(item, log=True, nextitem=item.session)  # type: ignore[arg-type]
        return not any(report.failed for report in self.reports)

    def look(self, items: list[pytest.Item]) -> coverage.CoverageData:
        """Run every test once, unharmed, and see which lines it reaches."""
        seeing = coverage.Coverage(data_file=None, include=[str(PACKAGE / "*.py")], config_file=False)
        seeing.start()
        for item in items:
            seeing.switch_context(item.nodeid)
            started = time.perf_counter()
            if not self.passes(item):
                sys.exit(f"{item.nodeid} fails without any mutant")
            self.seconds[item.nodeid] = time.perf_counter() - started
        seeing.stop()
        say(f"{len(items)} tests in {sum(self.seconds.values()):.0f} s")
        return seeing.get_data()

    def try_all(self, name: str, items: list[pytest.Item], reached: coverage.CoverageData) -> None:
        """Try every mutant of a module."""
        path = PACKAGE / f"{name}.py"
        module = importlib.import_module(f"adapter.liability.{name}")
        lines = {line: frozenset(tests) for line, tests in reached.contexts_by_lineno(str(path)).items()}
        before = sorted(items, key=lambda item: (hasattr(item.obj, "hypothesis"), self.seconds[item.nodeid]))  # type: ignore[attr-defined]
        order = {item.nodeid: place for place, item in enumerate(before)}
        by_name = {item.nodeid: item for item in items}
        kept = KEPT / f"{name}.json"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        known = json.loads(kept.read_text()) if kept.exists() and not self.anew else {}
        killed: dict[str, str] = known.get("killed", {}) if known.get("digest") == digest else {}
        count, last = self.counts[name], Counter[str]()
        try:
            for mutant in mutants(path):
                if mutant.name in killed:
                    count["killed"] += 1
                    continue
                tests = tests_of(mutant, module, lines)
                outcome = self.try_one(
                    mutant, module, [by_name[one] for one in sorted(tests, key=lambda one: (-last[one], order[one]))]
                )
                count[outcome.partition(" ")[0]] += 1
                if outcome.startswith("killed"):
                    killed[mutant.name] = killer = outcome.removeprefix("killed ")
                    last[killer] += 1
        finally:
            KEPT.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps({"digest": digest, "killed": killed}))
        say(f"{name}: {', '.join(f'{number} {what}' for what, number in sorted(count.items()))}")

    def try_one(self, mutant: Mutant, module: ModuleType, tests: list[pytest.Item]) -> str:
        """Say what became of a mutant: killed and by which test, lived, not reached, or not implantable."""
        if mutant.kind == "text":
            return "text"
        if not tests:
            return self.lives(mutant, "no test comes here")
        try:
            with implanted(mutant, mutated(mutant), module):
                for item in tests:
                    forget(module)
                    signal.setitimer(signal.ITIMER_REAL, SECONDS)
                    try:
                        if not self.passes(item):
                            return f"killed {item.nodeid}"
                    except TooLong:
                        return f"killed {item.nodeid}"
                    finally:
                        signal.setitimer(signal.ITIMER_REAL, 0)
        except NotImplantable:
            return "unfit"
        finally:
            forget(module)
        return self.lives(mutant, f"{len(tests)} tests")

    def lives(self, mutant: Mutant, why: str) -> str:
        if mutant.kind == "words":
            return "words"
        if mutant.name in allowed(mutant.module.stem):
            self.met[mutant.module.stem].add(mutant.name)
            return "listed"
        self.lived.append((mutant, why))
        say(f"  lives: {mutant}: {mutant.name}")
        return "lived"


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooLong


def tests_of(mutant: Mutant, module: ModuleType, lines: dict[int, frozenset[str]]) -> set[str]:
    """The tests that reach the mutant: its line, else any line of its function; else those of the module, as for a name
    and for a function that has made the value of one when the module was read."""
    found = set(lines.get(mutant.line, ()))
    if not found and mutant.function:
        for function in functions(module):
            if function.__qualname__ == mutant.function:
                reached = {line for _, _, line in function.__code__.co_lines() if line is not None}
                found = {test for line in reached for test in lines.get(line, ())}
    if not mutant.function or not found:
        found = {test for tests in lines.values() for test in tests}
    return found - {""}


def forget(module: ModuleType) -> None:
    """Empty the caches of the package: what was worked out with another mutant is not true any more."""
    for name, other in tuple(sys.modules.items()):
        if name.startswith("adapter.liability"):
            for one in tuple(vars(other).values()):
                clear = getattr(one, "cache_clear", None)
                if clear is not None:
                    clear()


@cache
def allowed(module: str) -> Mapping[str, str]:
    """The mutants of a module that may live, by name, each with the reason."""
    listed: dict[str, dict[str, list[str]]] = json.loads(SURVIVORS.read_text("utf-8"))
    return {name: why for why, names in listed.get(module, {}).items() for name in names}


def say(text: str) -> None:
    print(text, file=sys.__stdout__, flush=True)


def main() -> int:
    os.nice(15)
    wanted = [one for one in sys.argv[1:] if not one.startswith("-")]
    names = wanted or sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
    hypothesis.settings.register_profile(
        "mutation",
        max_examples=25,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=tuple(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutation")
    run = Run(names, anew="--anew" in sys.argv)
    started = time.perf_counter()
    options = ["-o", "addopts=--import-mode=importlib", "-p", "no:terminal", "-p", "no:xdist", "-p", "no:cacheprovider"]
    options += ["-p", "no:logging", "-p", "no:unraisableexception", "-p", "no:threadexception", "--assert=plain"]
    ended = pytest.main([*options, *TESTS], plugins=[run])
    total = sum(run.counts.values(), Counter[str]())
    say(f"\nin {time.perf_counter() - started:.0f} s: {', '.join(f'{n} {what}' for what, n in sorted(total.items()))}")
    if ended not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} or any(name not in run.counts for name in names):
        say("the run was cut off; start it again, and it goes on where it was")
        return 2
    for mutant, why in run.lived:
        say(f"  new: {mutant} ({why}): {mutant.name}")
    for name in names:
        for gone in sorted(allowed(name).keys() - run.met[name]):
            say(f"  listed and not alive: {name}: {gone}")
    return 1 if run.lived else 0


if __name__ == "__main__":
    sys.exit(main())
