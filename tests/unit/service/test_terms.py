"""The policies, agreements and prices that stays are decided by, in a daemon whose files people edit."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapter.config import Settings, load
from adapter.errors import AdapterError
from adapter.facts import AdmissionNotice, Admitted, Carrier, Discharged, Fact, HowKnown, ReadyNotice, What
from adapter.liability import stays as partition
from adapter.observe.events import Event
from adapter.observe.log import Line
from adapter.service.accounts import KnownStay, ledger_of
from adapter.service.checking import State, look
from adapter.service.daemon import Daemon
from adapter.service.health import examine
from adapter.service.reload import renew
from adapter.service.terms import TermsInForce, Whose, terms
from adapter.testing.neighbours import World
from adapter.values import HerId, Moment

NO_FIELDS = Line()
APRIL = datetime(2024, 4, 2, 9, 0, tzinfo=UTC)
LATER_CUTOFF = 'name = "OURS"\nversion = "2"\ntitle = "ours"\ninherits = "NO-BASE"\n[keys]\ncutoff = "09:00"\n'
BROKEN = 'name = "OURS"\nversion = "1"\ntitle = "ours"\ninherits = "NO-BASE"\n[keys]\ncutoff = "25:00"\nlead = 1\n'
PRICES = """{"scheme": "NO-UKP", "currency": "NOK", "unit": "calendar_date", "version": "own",
"rates": [
{"from": "2026-01-01", "to": "2026-12-31", "amount": 6200, "status": "press"}]}"""
BROKEN_PRICES = PRICES.replace("6200", "-1").replace('"press"', '"guess"')


class Told:
    """A log that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[Event, Line]] = []

    def tell(self, event: Event, line: Line = NO_FIELDS) -> None:
        self.lines.append((event, line))

    def names(self) -> list[str]:
        """The names of the events about terms since `take`."""
        return [event.name for event, _ in self.lines if event.name.startswith("terms.")]

    def take(self) -> list[str]:
        """The same, and begin anew."""
        names = self.names()
        self.lines.clear()
        return names


@pytest.fixture
def log() -> Told:
    return Told()


@pytest.fixture
def settings(world: World) -> Settings:
    """A hospital with a folder of policies and a table of prices of its own, both without a mistake."""
    config = world.hospital.side.config
    (config.parent / "policies").mkdir()
    profile(config, LATER_CUTOFF.replace("09:00", "none").replace('"2"', '"1"'))
    prices(config, PRICES)
    more = '[liability]\npolicy = "OURS"\npolicies = "policies"\nrates = "prices.json"\n'
    config.write_text(f"{config.read_text('utf-8')}\n{more}", "utf-8")
    return load(config)


def profile(config: Path, text: str) -> None:
    (config.parent / "policies" / "OURS.toml").write_text(text, "utf-8")


def prices(config: Path, text: str) -> None:
    (config.parent / "prices.json").write_text(text, "utf-8")


def stay() -> KnownStay:
    """Ready at ten o'clock on 5 March 2024, left on the 8th: three nights without a cut-off, two with one at nine."""

    def told(day: int, what: What) -> Fact:
        return Fact(what, Moment.at(datetime(2024, 3, day, 9, tzinfo=UTC)), HowKnown.IMPORT)

    facts = (
        told(1, Admitted()),
        told(1, AdmissionNotice(Carrier())),
        told(5, ReadyNotice(Carrier(), date(2024, 3, 5))),
        told(8, Discharged()),
    )
    [one] = partition.stays("p", "100", (partition.StayFact(fact) for fact in facts))
    return KnownStay(one, Whose("p", HerId("100"), HerId("200")))


def nights(settings: Settings, in_force: TermsInForce) -> int:
    return ledger_of(settings, in_force.terms, (stay(),), APRIL).nights


@pytest.mark.parametrize(
    ("policy", "table"),
    [(BROKEN, PRICES), (LATER_CUTOFF, BROKEN_PRICES), ("[", BROKEN_PRICES), (BROKEN, "{"), (LATER_CUTOFF, "")],
)
def test_broken_files_change_no_decision(policy: str, table: str, world: World, settings: Settings, log: Told) -> None:
    """One mistake in any file keeps all of them out; it is told once, and mending it takes effect."""
    in_force, config = TermsInForce(settings, log), world.hospital.side.config
    assert nights(settings, in_force) == 3
    profile(config, policy)
    prices(config, table)
    assert [in_force.look(), in_force.look(), in_force.look()] == [False, False, False]
    assert nights(settings, in_force) == 3
    assert [line.state for _, line in log.lines] == ["before"]
    assert log.take() == ["terms.refused"]
    profile(config, LATER_CUTOFF)
    prices(config, PRICES)
    assert [in_force.look(), in_force.look()] == [True, False]
    assert nights(settings, in_force) == 2
    assert log.take() == ["terms.read"]


def test_files_put_back_as_they_were(world: World, settings: Settings, log: Told) -> None:
    """Undoing an edit is a change too: the refusal is over."""
    in_force, config = TermsInForce(settings, log), world.hospital.side.config
    before = in_force.terms
    good = (config.parent / "policies" / "OURS.toml").read_text("utf-8")
    profile(config, BROKEN)
    in_force.look()
    profile(config, good)
    assert in_force.look()
    assert in_force.terms == before


def test_a_file_that_is_gone(world: World, settings: Settings, log: Told) -> None:
    """A table of prices that cannot be read is a mistake like any other."""
    in_force, config = TermsInForce(settings, log), world.hospital.side.config
    before = in_force.terms
    (config.parent / "prices.json").unlink()
    assert not in_force.look()
    assert not in_force.look()
    assert (in_force.terms, log.take()) == (before, ["terms.refused"])
    prices(config, PRICES)
    assert in_force.look()


def test_agreements_come_with_the_configuration(world: World, settings: Settings, log: Told) -> None:
    """A reload brings the agreements of the configuration; one with a mistake is refused with its line."""
    installation = replace(world.hospital.installation, settings=settings, in_force=TermsInForce(settings, log))
    config = world.hospital.side.config
    assert nights(settings, installation.in_force) == 3
    (config.parent / "policies" / "EARLY.toml").write_text(LATER_CUTOFF.replace("OURS", "EARLY"), "utf-8")
    whole = config.read_text("utf-8")
    agreement = '[[liability.agreement]]\nhospital = "100"\nmunicipality = "200"\npolicy = "EARLY"\n'
    config.write_text(f"{whole}\n{agreement}{agreement}", "utf-8")
    line = f"{whole}\n{agreement}".count("\n") + 1
    with pytest.raises(AdapterError, match=rf"liability.agreement\[2\] \(line {line}\): found the parties"):
        renew(installation, config)
    assert nights(settings, installation.in_force) == 3
    config.write_text(f"{whole}\n{agreement}", "utf-8")
    assert nights(settings, renew(installation, config).installation.in_force) == 2


@pytest.mark.parametrize(("policy", "table"), [(BROKEN, PRICES), (LATER_CUTOFF, BROKEN_PRICES)])
def test_a_reload_with_broken_files(policy: str, table: str, world: World, settings: Settings, log: Told) -> None:
    """The whole reload is refused, a harmless change beside the mistake too, and everything stays as it was."""
    installation = replace(world.hospital.installation, settings=settings, in_force=TermsInForce(settings, log))
    config = world.hospital.side.config
    assert nights(settings, installation.in_force) == 3
    profile(config, policy)
    prices(config, table)
    config.write_text(f"{config.read_text('utf-8')}\n[delivery]\nretries = 2\n", "utf-8")
    with pytest.raises(AdapterError, match=r"\(line [36]\)"):
        renew(installation, config)
    assert nights(settings, installation.in_force) == 3
    assert installation.settings.delivery.retries == settings.delivery.retries
    profile(config, LATER_CUTOFF)
    prices(config, PRICES)
    renewed = renew(installation, config)
    assert "policy OURS: other content" in renewed.differences
    assert nights(renewed.installation.settings, renewed.installation.in_force) == 2


def test_terms_of_a_reload_outlive_their_files(world: World, settings: Settings, log: Told) -> None:
    """What a reload has read is in force at once: files that break the moment after change nothing."""
    installation = replace(world.hospital.installation, settings=settings, in_force=TermsInForce(settings, log))
    renewed = renew(installation, world.hospital.side.config).installation
    profile(world.hospital.side.config, BROKEN)
    assert not renewed.in_force.look()
    assert nights(settings, renewed.in_force) == 3


def test_health_and_check_say_that_nothing_can_be_decided(world: World, settings: Settings, log: Told) -> None:
    """After a start with broken files there is no old set: health warns, `adapter check` finds a problem, and both name
    the line; mended, both are silent."""
    config = world.hospital.side.config
    in_force = TermsInForce(settings, log)
    installation = replace(world.hospital.installation, settings=settings, in_force=in_force)

    def told() -> list[str]:
        return [reason.says for reason in examine(installation).reasons if reason.what == "terms"]

    def looked() -> list[tuple[State, str]]:
        return [(one.state, one.says) for one in look(settings, APRIL) if one.what == "liability"]

    profile(config, BROKEN)
    in_force.look()
    [says] = told()
    assert "nothing can be decided until they are mended" in says
    assert "keys.cutoff (line 6)" in says
    assert examine(installation).ready
    [(state, problem)] = looked()
    assert (state, "keys.cutoff (line 6)" in problem) == (State.PROBLEM, True)
    profile(config, LATER_CUTOFF)
    in_force.look()
    assert told() == []
    assert [state for state, _ in looked()] == [State.OK]
    profile(config, BROKEN)
    in_force.look()
    assert "those read before stay in force" in told()[0]


def test_health_and_check_say_which_nights_have_no_price(world: World, settings: Settings, log: Told) -> None:
    """Once a night has been without a price both warn, with its first date, the profile and the file to write it in;
    neither calls the adapter unfit, and a price that is entered ends it."""
    config = world.hospital.side.config
    in_force = TermsInForce(settings, log)
    in_force.look()
    installation = replace(world.hospital.installation, settings=settings, in_force=in_force)

    def told(year: int) -> list[str]:
        world.clock.advance(datetime(year, 4, 2, 9, tzinfo=UTC) - world.clock.now())
        return [reason.says for reason in examine(installation).reasons if reason.what == "prices"]

    def looked(year: int) -> list[tuple[State, str]]:
        when = datetime(year, 4, 2, 9, tzinfo=UTC)
        return [(one.state, one.says) for one in look(settings, when) if one.what == "liability.rates"]

    assert (told(2026), looked(2026)) == ([], [])
    [says] = told(2027)
    [(state, warned)] = looked(2027)
    assert state is State.WARNING
    for part in ("nights of 2027-01-01 and later", "NO-UKP-2026-1+own", "enter the year's price", "prices.json"):
        assert part in says
        assert part in warned
    assert settings.liability.policy in warned
    prices(config, PRICES.replace("2026", "2027"))
    in_force.look()
    assert ["of 2026-01-01 to 2026-12-31" in one for one in told(2027)] == [True]
    prices(config, PRICES.replace("2026-12-31", "2027-12-31"))
    in_force.look()
    assert (told(2027), looked(2027)) == ([], [])


def test_broken_from_the_start(world: World, settings: Settings, log: Told) -> None:
    """A process that starts with broken files runs; who asks for the terms is told the mistakes until they are gone."""
    config = world.hospital.side.config
    profile(config, BROKEN)
    in_force = TermsInForce(settings, log)
    for _ in range(2):
        with pytest.raises(AdapterError, match=r"keys.cutoff \(line 6\)"):
            assert in_force.terms
    assert [line.state for _, line in log.lines] == ["none"]
    assert log.take() == ["terms.refused"]
    profile(config, LATER_CUTOFF)
    assert in_force.look()
    assert nights(settings, in_force) == 2


def test_every_mistake_of_every_file_with_its_line(world: World, settings: Settings) -> None:
    """Profiles, the choice of one, agreements and prices are all looked at before anything is refused."""
    config = world.hospital.side.config
    profile(config, BROKEN)
    prices(config, BROKEN_PRICES)
    (config.parent / "policies" / "B.toml").write_text('name = "C"\nversion = "1"\ntitle = "t"\ninherits = "NO-BASE"\n')
    (config.parent / "policies" / "D.toml").write_text('\nname = "D"\n')
    more = '[[liability.agreement]]\nhospital = "100"\nmunicipality = "200"\npolicy = "GONE"\n'
    line = config.read_text("utf-8").count("\n") + 2
    config.write_text(f"{config.read_text('utf-8')}\n{more}".replace('policy = "OURS"', 'policy = "NONE"'), "utf-8")
    with pytest.raises(AdapterError) as caught:
        terms(load(config))
    told = sorted(one.split(": found")[0] for one in caught.value.detail.split("; ") if ": found" in one)
    assert told == [
        "B: name (line 1)",
        "D: inherits (line 1)",
        "D: title (line 1)",
        "D: version (line 1)",
        "OURS: keys.cutoff (line 6)",
        "OURS: keys.lead (line 7)",
        f"liability.agreement[1].policy (line {line})",
        "liability.policy",
        "prices.json: rates[0].amount (line 3)",
        "prices.json: rates[0].status (line 3)",
    ]


def test_a_price_that_clashes_has_its_line(world: World, settings: Settings) -> None:
    """A price against a verified one of the shipped table is named by file and line."""
    prices(world.hospital.side.config, PRICES.replace("2026", "2024"))
    with pytest.raises(AdapterError, match=r"prices.json: rates\[0\] \(line 3\): found 6200"):
        terms(settings)


async def test_a_running_daemon_looks_by_itself(world: World, settings: Settings, log: Told) -> None:
    """An edit under a running daemon is found without anybody asking, the broken one as well as the mended one."""
    config, in_force = world.hospital.side.config, TermsInForce(settings, log)
    daemon = Daemon(replace(world.hospital.installation, settings=settings, in_force=in_force, log=log), world.road)
    assert nights(settings, in_force) == 3
    running = asyncio.create_task(daemon.run())
    for policy, event, count in ((BROKEN, "terms.refused", 3), (LATER_CUTOFF, "terms.read", 2)):
        profile(config, policy)
        world.hospital.submit(world.hospital.build("discharge-ready"))
        async with asyncio.timeout(20):
            while event not in log.names():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert nights(settings, in_force) == count
    daemon.stop()
    async with asyncio.timeout(10):
        await running
    assert log.take() == ["terms.refused", "terms.read"]
