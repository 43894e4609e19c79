"""Everything that a page says of its own has its row in bokmål: errors, tables, and every place that makes a sentence.

What is missing goes into `adapter/data/bokmal.toml`.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import adapter
from adapter.api.pages.bokmal import in_bokmal
from adapter.api.pages.texts import TEXTS, Spoken
from adapter.crypto.certificates import Problem
from adapter.crypto.revocation import Outcome
from adapter.delivery import receiver, sender
from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceivedExchange, ReceptionState
from adapter.delivery.resending import Signature
from adapter.delivery.sender import TransportState
from adapter.delivery.sender_events import AlarmRule, News
from adapter.errors import AdapterError, catalogue
from adapter.liability.rules import Language
from adapter.lookups.packaged import bokmal
from adapter.lookups.port import PartyRole
from adapter.messages.receipting import Silence
from adapter.store.port import Act

NORWEGIAN, ENGLISH = Spoken(Language.NORWEGIAN), Spoken(Language.ENGLISH)


def is_said(text: str) -> bool:
    """Whether all of a sentence is said in bokmål."""
    return not any(piece.foreign for piece in NORWEGIAN.told(text))


# ── the rows ──


def test_every_error_has_its_bokmal_and_no_row_is_left_over() -> None:
    """Both texts, neither empty, neither the English one."""
    rows = tomllib.loads(bokmal().decode())["errors"]
    assert set(rows) == {kind.id for kind in catalogue()}
    for kind in catalogue():
        assert set(rows[kind.id]) == {"says", "remedy"}
        assert rows[kind.id]["says"] not in {"", kind.says}
        assert rows[kind.id]["remedy"] not in {"", kind.remedy}


@pytest.mark.parametrize("kind", catalogue(), ids=lambda kind: kind.id)
def test_every_error_is_said_in_each_way_the_adapter_writes_it(kind) -> None:  # type: ignore[no-untyped-def]
    """Alone, with a detail, with its remedy, with its id before it, and by its id alone."""
    error = AdapterError(kind, "HER-id 12")
    for text in (kind.says, str(error), error.sentence(), AdapterError(kind).sentence(), f"{kind.id}: {error}"):
        assert is_said(text), text
    assert kind.remedy in "".join(piece.text for piece in ENGLISH.told(kind.id))


def test_a_row_keeps_the_values_of_its_sentence() -> None:
    """Each value of a text in bokmål is one of the English text, and none is lost."""
    for english, norwegian in tomllib.loads(bokmal().decode())["sentences"].items():
        names = re.findall(r"{(\w+)(?::\w+)?}", english)
        assert norwegian
        assert set(re.findall(r"{(\w+)(?::\w+)?}", norwegian)) <= set(names), english
        assert len(names) == len(set(names)), english


def test_every_word_of_the_tables_is_said() -> None:
    """States, next steps, alarms, news, acts, reasons for silence, problems of certificates, roles."""
    now = datetime(2024, 3, 5, tzinfo=UTC)
    said = [sender.next_step(replace(sender.new(now), state=state)) for state in TransportState]
    said += [receiver.next_step(ReceivedExchange(state, now, now)) for state in ReceptionState]
    said += [f"transport: {state.value}" for state in TransportState]
    said += [f"apprec: {word}" for word in (*(state.value for state in AppRecState), "ok", "rejected")]
    said += [f"alarm: {rule.value}" for rule in AlarmRule] + [f"application: {news.value}" for news in News]
    said += [f"operator: {act.value}" for act in Act]
    said += [one.value for kind in (Silence, Problem, Outcome, PartyRole) for one in kind]
    said += [one.value for one in Signature if one is not Signature.HOLDS]
    assert [text for text in said if not is_said(text)] == []


def test_every_code_of_the_tables_is_words_in_both_languages() -> None:
    """No page says a code of a state, alarm or act where it has words; the code goes with them."""
    codes = [("transport", state.value) for state in TransportState]
    codes += [("apprec", word) for word in (*(state.value for state in AppRecState), "ok")]
    codes += [("alarm", rule.value) for rule in AlarmRule] + [("application", news.value) for news in News]
    codes += [("operator", act.value) for act in Act]
    for axis, code in codes:
        for spoken in (NORWEGIAN, ENGLISH):
            pieces = spoken.told(f"{axis}: {code}")
            assert [one.code for one in pieces if one.code] == [code]
            assert all("_" not in one.text for one in pieces), pieces


def test_english_sentences_stay_what_they_are() -> None:
    """But for the codes in them: a word within a sentence is quoted, also one inside another sentence."""

    def read(text: str) -> str:
        return "".join(piece.text for piece in ENGLISH.told(text))

    assert read("it is await_ack, and nothing is under way") == (
        "it is “Waits for acknowledgment”, and nothing is under way"
    )
    assert read("the application cannot have it: it is new, and nothing is under way; 550 no; resend") == (
        "the application cannot have it: it is “New”, and nothing is under way; 550 no; resend"
    )
    for text in ("transport: nonsense", "550 no such user; sorry", "", "keys.other has 3 days left"):
        assert read(text) == text


def test_what_has_no_row_is_shown_as_it_is_and_marked() -> None:
    """The words of another machine stay; a code or a name is no sentence."""
    assert [(one.text, one.foreign) for one in NORWEGIAN.told("550 no such user here")] == [
        ("550 no such user here", True)
    ]
    assert is_said("E21, E36")
    parts = in_bokmal("the connection was lost before the mail: TimeoutError", lambda key: None)
    assert "".join(one.text for one in parts) == "forbindelsen ble brutt før e-posten: TimeoutError"


# ── the places that make sentences ──

MADE_BY = {"JournalEntry": (2, 3), "NotAgain": (0,), "Again": (1,), "Change": (0,), "Judgement": (1,), "_unknown": (0,)}
"""Which arguments of a call are shown on a page, by name of what is called."""

DETAILS = (
    "api/pages/*.py",
    "service/operating.py",
    "service/holding.py",
    "service/asking.py",
    "service/desk.py",
    "lookups/authorities.py",
)
"""Where the detail of an error can come from that a form of a page answers with."""

SAMPLES = ("keys.signing", "X1", "new", "ok", "resend", "no_answer", "not_sent", "the CRL", "")
"""One of these in the place of a value makes a sentence that has a row."""

NOT_OURS = ("{finding.rule}: {finding.message}", "{by.who}: {by.reason}", "drop.folder", "inbox.folder", "smtp.receive")
"""Texts of the register of rules, a person's own words, and what only a log or a command tells."""


def sentences(paths: Iterator[Path], calls: dict[str, tuple[int, ...]]) -> Iterator[tuple[str, ast.expr]]:
    """Every text in such an argument, with where it stands."""
    for path in paths:
        tree = ast.parse(path.read_text("utf-8"))
        names = {
            one.targets[0].id: one.value
            for one in tree.body
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for place in calls.get(name, ()):
                if place < len(node.args):
                    found = _texts(node.args[place], names)
                    yield from ((f"{path.name}:{node.lineno}", text) for text in found)


def _texts(node: ast.expr, names: dict[str, ast.expr]) -> Iterator[ast.expr]:
    if isinstance(node, ast.Name):
        node = names.get(node.id, node)
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body, names)
        yield from _texts(node.orelse, names)
    elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node


def filled(node: ast.expr) -> list[str]:
    """A text with each sample in the place of its values."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    assert isinstance(node, ast.JoinedStr)
    return [
        "".join(str(part.value) if isinstance(part, ast.Constant) else _written(part, sample) for part in node.values)
        for sample in SAMPLES
    ]


def _written(value: ast.expr, sample: str) -> str:
    return repr(sample) if isinstance(value, ast.FormattedValue) and value.conversion == ord("r") else sample


def test_every_place_that_writes_a_sentence_for_a_page_has_its_row() -> None:
    """The journal, why something may not go again, what was done, judgements, the details of errors of forms."""
    house = Path(adapter.__file__).parent
    places = list(sentences(house.rglob("*.py"), MADE_BY))
    places += list(sentences((path for one in DETAILS for path in house.glob(one)), {"AdapterError": (1,)}))
    health = [house / "service" / "health.py"]
    places += list(sentences(iter(health), {"Reason": (2,)}))
    assert len(places) > 80
    missing = [
        (where, ast.unparse(node))
        for where, node in places
        if not any(one in ast.unparse(node) for one in NOT_OURS) and not any(map(is_said, filled(node)))
    ]
    assert missing == []


def test_every_key_says_something_else_in_each_language_or_is_a_name() -> None:
    """A row with one text twice is a word of both languages, and short."""
    assert [key for key, (english, norwegian) in TEXTS.items() if english == norwegian and len(english) > 20] == []
