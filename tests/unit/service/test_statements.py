"""From the fact log to statements, comparison, statistics and what has changed; and their commands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapter.cli.explain import command as explain
from adapter.cli.ledger import command as ledger
from adapter.cli.statement import command as statement
from adapter.cli.statistics import command as statistics
from adapter.config import Settings, load
from adapter.delivery.recorded import StayFact
from adapter.errors import AdapterError
from adapter.facts import (
    AdmissionNotice,
    Answer,
    AnswerKind,
    Carrier,
    Discharged,
    Fact,
    HowKnown,
    ReadyNotice,
    What,
    Withdrawal,
)
from adapter.liability.statement import Month
from adapter.liability.statement_text import statement_csv
from adapter.service.accounts import known_stays, ledger_of
from adapter.service.checking import State, look
from adapter.service.comparing import compare
from adapter.service.installation import open_own_store
from adapter.service.statements import drafts, issue, issued_statement, make, pair_of
from adapter.service.terms import terms
from adapter.store.port import Store
from adapter.testing import scenarios
from adapter.testing.place import Place
from adapter.values import HerId, Moment, MsgId

HOSPITAL, MUNICIPALITY = scenarios.HOSPITAL[0].organisation_her, scenarios.CASE_WORK.organisation_her
PAIR = (HOSPITAL, MUNICIPALITY)
MARCH = Month(2012, 3)
APRIL = datetime(2012, 4, 2, 8, tzinfo=UTC)

Tell = Callable[..., None]


@pytest.fixture
def config(original: Place, tmp_path: Path) -> Path:
    """The configuration of a hospital of its own."""
    shutil.copytree(original.folder, tmp_path / "place")
    return tmp_path / "place" / "hospital" / "config.toml"


@pytest.fixture
def settings(config: Path) -> Settings:
    return load(config)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_own_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def tell(store: Store) -> Tell:
    """Record a fact of a patient, at a time of March 2012, known at once or from another time on."""

    def _tell(
        patient: str,
        what: What,
        day: int,
        hour: int = 10,
        known: datetime | None = None,
        municipality: HerId | None = MUNICIPALITY,
    ) -> None:
        at = datetime(2012, 3, day, hour, tzinfo=UTC)
        fact = Fact(what, Moment.at(at), HowKnown.PERSON)
        entry = StayFact(store.pseudonym(patient), HOSPITAL, fact, municipality)
        store.write_now(lambda writer: writer.append_fact(entry, known or at))

    return _tell


def ledger_json(config: Path, *options: object) -> dict[str, Any]:
    """What `adapter ledger --json` says a long time after."""
    asked = ["--config", str(config), "--json", "--as-of", "2012-04-02T08:00Z", *map(str, options)]
    found: dict[str, Any] = json.loads(CliRunner().invoke(ledger, asked).output)
    return found


def wait(tell: Tell, patient: str, first: int, last: int | None, message: str = "r") -> None:
    """A stay that is ready on a date, told no, and gone on another."""
    tell(patient, AdmissionNotice(Carrier()), 1)
    tell(patient, ReadyNotice(Carrier(MsgId(f"{message}-{patient}")), date(2012, 3, first)), first)
    tell(patient, Answer(Carrier(), AnswerKind.REFUSE), first, 12)
    if last is not None:
        tell(patient, Discharged(), last)


def run(command: object, config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--config", str(config)])  # type: ignore[arg-type]


def test_issue_and_correct(settings: Settings, store: Store, tell: Tell) -> None:
    """A month is issued once; a late fact gives a correction by stay and date, and what was issued stays as it was."""
    wait(tell, "1", 5, 8)
    wait(tell, "2", 6, 7)
    first = issue(store, make(settings, terms(settings), store, MARCH, PAIR, APRIL), APRIL)
    assert first is not None
    assert issue(store, make(settings, terms(settings), store, MARCH, PAIR, APRIL), APRIL) is None
    late = APRIL + timedelta(days=3)
    tell("1", Withdrawal(Carrier(), date(2012, 3, 7)), 7, 8, late)
    wait(tell, "3", 30, None)
    made = make(settings, terms(settings), store, MARCH, PAIR, late)
    assert [(entry.date.day, entry.sign) for line in made.lines for entry in line.entries] in (
        [(7, -1), (30, 1), (31, 1)],
        [(30, 1), (31, 1), (7, -1)],
    )
    second = issue(store, made, late)
    assert second is not None
    assert (made.number, made.nights, made.amount_nok) == (2, 1, 4000)
    assert issued_statement(store, first.id) == first
    assert [one.number for one in store.read_now(lambda reader: reader.statements())] == [1, 2]


def test_names_of_the_parties_come_from_the_configuration(settings: Settings, store: Store, tell: Tell) -> None:
    """Hospital and municipality are named as our own parties and the partner directory name them."""
    wait(tell, "1", 5, 8)
    made = make(settings, terms(settings), store, MARCH, PAIR, APRIL)
    assert (made.hospital.name, made.municipality.name) == ("Prøvefjord sykehus HF", "Prøvefjord kommune")


def test_a_month_that_is_not_over_is_not_issued(settings: Settings, store: Store, tell: Tell) -> None:
    """On the last date the statement can be made but not issued; on the next it can."""
    wait(tell, "1", 5, 8)
    for at, early in (
        (datetime(2012, 3, 31, 21, 59, tzinfo=UTC), True),
        (datetime(2012, 3, 31, 22, tzinfo=UTC), False),
    ):
        made = make(settings, terms(settings), store, MARCH, PAIR, at)
        assert made.nights == 3
        if early:
            with pytest.raises(AdapterError, match="2012-04-01"):
                issue(store, made, at)
        else:
            assert issue(store, made, at) is not None


def test_the_pair_is_clear_or_asked_for(settings: Settings, store: Store, tell: Tell) -> None:
    """One pair needs no naming; none, or several, is an error that names them."""
    with pytest.raises(AdapterError, match="0 pairs"):
        pair_of(settings, terms(settings), store, None, None)
    wait(tell, "1", 5, 8)
    assert pair_of(settings, terms(settings), store, None, None) == PAIR
    tell("2", Discharged(), 9, municipality=HerId("77"))
    tell("3", Discharged(), 9, municipality=None)
    with pytest.raises(AdapterError, match=r"2 pairs.*Prøvefjord kommune"):
        pair_of(settings, terms(settings), store, None, None)
    assert pair_of(settings, terms(settings), store, HerId("77"), None) == (HOSPITAL, HerId("77"))


def test_drafts_are_those_of_months_with_nights(settings: Settings, store: Store, tell: Tell) -> None:
    """A stay across the end of a month stands in both, with the nights of each."""
    wait(tell, "1", 30, None)
    tell("2", Discharged(), 9, municipality=None)
    made = drafts(settings, terms(settings), store, datetime(2012, 4, 2, 22, tzinfo=UTC))
    assert [(str(one.month), one.nights) for one in made] == [("2012-03", 2), ("2012-04", 2)]


def test_there_is_no_such_statement(store: Store) -> None:
    """A name that was never issued is an error."""
    with pytest.raises(AdapterError) as caught:
        issued_statement(store, "2012-03-1-2-1")
    assert caught.value.id == "STATEMENT-UNKNOWN"


def test_our_own_csv_agrees_with_us(settings: Settings, store: Store, tell: Tell) -> None:
    """What we issue, read back as the counterpart's statement, is no difference; another file is."""
    wait(tell, "1", 5, 8)
    wait(tell, "2", 6, 7)
    content = statement_csv(make(settings, terms(settings), store, MARCH, PAIR, APRIL)).encode()
    assert compare(settings, terms(settings), store, content, MARCH, PAIR, APRIL).agrees
    more = b"stay,date,nights,amount_nok\nr-1,2012-03-08,1,4000\n"
    assert not compare(settings, terms(settings), store, more, MARCH, PAIR, APRIL).agrees
    with pytest.raises(AdapterError) as caught:
        compare(settings, terms(settings), store, b"a;b\n", MARCH, PAIR, APRIL)
    assert caught.value.id == "TABLE-UNREADABLE"


def test_an_agreement_holds_for_its_dates(config: Path, store: Store, tell: Tell) -> None:
    """The profile of [[liability.agreement]] decides the stays that begin within its dates, the other the rest."""
    (config.parent / "policies").mkdir()
    profile = 'name = "OURS"\nversion = "1"\ntitle = "ours"\ninherits = "NO-BASE"\n[keys]\ncutoff = "11:00"\n'
    (config.parent / "policies" / "OURS.toml").write_text(profile)
    agreement = f'hospital = "{HOSPITAL}"\nmunicipality = "{MUNICIPALITY}"\nfrom = 2012-03-10\npolicy = "OURS"\n'
    whole = f'{config.read_text()}\n[liability]\npolicies = "policies"\n[[liability.agreement]]\n{agreement}'
    config.write_text(whole)
    wait(tell, "1", 5, 8)
    wait(tell, "2", 12, 15)
    settings = load(config)
    rows = ledger_of(settings, terms(settings), known_stays(store), APRIL).rows
    assert sorted((row.policy, len(row.nights), row.regulation_nights) for row in rows) == [
        *(("NO-BASE 1", 3, 3), ("OURS 1", 2, 3)),
    ]
    (looked,) = (one for one in look(settings, APRIL) if one.what == "liability")
    assert (looked.state, "2 profiles, 1 agreements" in looked.says) == (State.OK, True)
    (config.parent / "policies" / "OURS.toml").write_text(profile.replace('"11:00"', '"25:00"\nlead = 1'))
    config.write_text(whole + f"\n[[liability.agreement]]\n{agreement}")
    (looked,) = (one for one in look(load(config), APRIL) if one.what == "liability")
    assert looked.state is State.PROBLEM
    assert "cutoff (line 6)" in looked.says
    assert "keys.lead (line 7)" in looked.says


def test_two_payers_of_one_stay(config: Path, store: Store, tell: Tell) -> None:
    """Each municipality gets its own nights (S54); a residence that comes late is a credit and a debit."""
    wait(tell, "1", 5, 8)
    settings = load(config)
    other = HerId("100299")
    [known] = known_stays(store)
    issue(store, make(settings, terms(settings), store, MARCH, PAIR, APRIL), APRIL)
    residences = f"stay,from,registered,staying\n{known.stay.key},2012-03-07,{other},{MUNICIPALITY}\n"
    (config.parent / "residences.csv").write_text(residences)
    config.write_text(f'{config.read_text()}\n[liability]\nresidences = "residences.csv"\n')
    settings = load(config)
    in_force = terms(settings)
    correction = make(settings, in_force, store, MARCH, PAIR, APRIL)
    assert (correction.is_correction, correction.nights, correction.amount_nok) == (True, -1, -4000)
    theirs = make(settings, in_force, store, MARCH, (HOSPITAL, other), APRIL)
    assert [(entry.date.day, entry.amount) for line in theirs.lines for entry in line.entries] == [(7, 4000)]
    assert theirs.lines[0].flags == ("FL_REVIEW",)
    assert pair_of(settings, in_force, store, other, None) == (HOSPITAL, other)
    assert [(one.municipality.her, one.nights) for one in drafts(settings, in_force, store, APRIL)] == [
        *((other, 1), (MUNICIPALITY, -1)),
    ]
    whole, own, others = (
        ledger_json(config),
        ledger_json(config, "--payer", PAIR[1]),
        ledger_json(config, "--payer", other),
    )
    assert [one["totals"]["nights"] for one in (whole, own, others)] == [3, 2, 1]
    assert [one["totals"]["amount_nok"] for one in (whole, own, others)] == [12000, 8000, 4000]
    assert ledger_json(config, "--payer", HerId("1"))["stays"] == []
    told = CliRunner().invoke(ledger, ["--config", str(config), "--csv"]).output.splitlines()
    assert (told[0].split(",")[-1], told[1].split(",")[-1]) == ("payers", f"{MUNICIPALITY}:2 {other}:1")
    table = CliRunner().invoke(ledger, ["--config", str(config)]).output
    assert f"{MUNICIPALITY}:2 {other}:1" in table
    assert "payers" not in CliRunner().invoke(ledger, ["--config", str(config), "--payer", str(other)]).output
    (config.parent / "residences.csv").write_text(residences.replace("2012-03-07", "7. mars"))
    with pytest.raises(AdapterError, match=r"liability.residences: from \(line 2\)"):
        terms(settings)


def test_two_agreements_for_one_night_are_refused(config: Path) -> None:
    """What nobody could choose between is a mistake of the configuration, told when the terms are read."""
    agreement = (
        f'[[liability.agreement]]\nhospital = "{HOSPITAL}"\nmunicipality = "{MUNICIPALITY}"\npolicy = "NO-BASE"\n'
    )
    config.write_text(f"{config.read_text()}\n{agreement}{agreement}")
    with pytest.raises(AdapterError, match="number 1"):
        terms(load(config))


# ── the commands ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_statement_command(config: Path, tell: Tell, tmp_path: Path) -> None:
    """make, issue, list, show and compare tell one story; the files written are those that were issued."""
    wait(tell, "1", 5, 8)
    made = run(statement, config, "make", "--month", "2012-03", "-o", str(tmp_path / "out"))
    assert "3 nights, NOK 12 000" in made.stdout
    name = f"2012-03-{HOSPITAL}-{MUNICIPALITY}-1"
    assert (tmp_path / "out" / f"draft-{name}.html").is_file()
    issued = run(statement, config, "issue", "--month", "2012-03", "-o", str(tmp_path / "out"), "--json")
    assert json.loads(issued.stdout)["id"] == name
    again = run(statement, config, "issue", "--month", "2012-03")
    assert "nothing to correct" in again.stdout
    assert json.loads(run(statement, config, "issue", "--month", "2012-03", "--json").stdout)["lines"] == []
    assert "3 nights" in run(statement, config, "list").stdout
    (listed,) = json.loads(run(statement, config, "list", "--json").stdout)
    shown = json.loads(run(statement, config, "show", name, "--json").stdout)
    assert shown == listed
    csv = tmp_path / "out" / f"{name}.csv"
    assert run(statement, config, "compare", str(csv), "--month", "2012-03").exit_code == 0
    csv.write_text(csv.read_text().replace("2012-03-07", "2012-03-09").replace("debit,1,4000", "debit,1,4100", 1))
    differs = run(statement, config, "compare", str(csv), "--month", "2012-03")
    assert (differs.exit_code, "the two differ" in differs.stdout, "left" in differs.stdout) == (1, True, True)
    document = json.loads(run(statement, config, "compare", str(csv), "--month", "2012-03", "--json").stdout)
    assert (document["agrees"], document["stays"][0]["matched_by"]) == (False, "stay")


@pytest.mark.parametrize(
    "arguments", [["make"], ["make", "--month", "2012-13"], ["show"], ["compare", "--month", "2012-03"]]
)
def test_wrong_usage_of_the_statement_command(config: Path, arguments: list[str]) -> None:
    """A missing or wrong argument is a usage error."""
    assert run(statement, config, *arguments).exit_code == 2


def test_what_was_known_then(config: Path, tell: Tell) -> None:
    """With --known-at the ledger leaves out what the store has learnt since, whenever it happened."""
    wait(tell, "1", 5, None)
    tell("1", Discharged(), 8, known=datetime(2012, 3, 20, tzinfo=UTC))
    then = run(ledger, config, "--as-of", "2012-03-12", "--known-at", "2012-03-12", "--json")
    now = run(ledger, config, "--as-of", "2012-03-12", "--json")
    assert [json.loads(one.stdout)["totals"]["nights"] for one in (then, now)] == [7, 3]


def test_what_a_late_fact_changed(config: Path, tell: Tell, tmp_path: Path) -> None:
    """`explain --since` shows the decision then and now and the fact that made the difference; --svg draws it."""
    wait(tell, "1", 5, None)
    tell("1", Discharged(), 8, known=datetime(2012, 3, 20, tzinfo=UTC))
    stay = json.loads(run(ledger, config, "--json").stdout)["stays"][0]["stay"]
    since = ("--since", "2012-03-12", "--as-of", "2012-03-21")
    picture = tmp_path / "stay.svg"
    told = run(explain, config, stay, *since, "--svg", str(picture)).stdout
    assert "Dates that are no longer payable: 2012-03-08, 2012-03-09, 2012-03-10, 2012-03-11." in told
    assert picture.read_text().startswith("<svg ")
    document = json.loads(run(explain, config, stay, *since, "--json").stdout)
    assert (document["then"]["nights"], document["now"]["nights"], document["same"]) == (7, 3, False)
    assert len(document["decisive"]) == len(document["late"]) == 1
    assert "payable nights" in run(explain, config, stay, "--as-of", "2012-03-21").stdout


def test_the_statistics_command(config: Path, tell: Tell) -> None:
    """Figures as text, CSV and JSON; small cells are hidden by the configured size."""
    for number in range(6):
        wait(tell, str(number), 5, 8, message=str(number))
    arguments = ("--by", "ward", "--as-of", "2012-04-01")
    document = json.loads(run(statistics, config, *arguments, "--json").stdout)
    assert (document["whole"]["cases"], document["whole"]["nights_payable"]) == (6, 18)
    assert document["npr_8477"] == {"1": 6, "2": 6, "3": 6, "6": 6}
    assert document["groups"][0]["name"] == f"Prøvefjord sykehus HF {HOSPITAL} -"
    assert "hidden" in run(statistics, config, *arguments).stdout
    lines = run(statistics, config, *arguments, "--csv").stdout.splitlines()
    assert (len(lines), lines[1].split(",")[1]) == (3, "6")
    config.write_text(config.read_text() + "\n[liability]\nsmallest_cell = 7\n")
    assert json.loads(run(statistics, config, "--json").stdout)["whole"]["cases"] is None
