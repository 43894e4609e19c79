"""What do cancellations and corrections do to the messages they refer to (LI-064, LI-065)?

Both work by reference, whatever the order of times. Cancellations come first, and one that is itself cancelled does
nothing; a correction that refers to a correction is one of the original. What refers to nothing that is known, or in a
circle, changes nothing and asks for a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapter.facts import Answer, AnswerKind, Cancellation, Correction, ReadyNotice, Withdrawal
from adapter.liability.entries import Entry, Happening
from adapter.liability.reasons import Flag, Note
from adapter.values import MsgId

_Entries = list[Entry[Happening]]


def cancelled(entries: Sequence[Entry[Happening]]) -> tuple[_Entries, list[Note]]:
    """The entries in their order, those that a cancellation met with its instant."""
    places = _places(entries)
    target: dict[int, int | None] = {}
    for place, entry in enumerate(entries):
        if isinstance(entry.what, Cancellation) and entry.standing.counts:
            target[place] = _place(places, entry.what.refers_to)
    # A cancellation is judged when every cancellation that refers to it has been.
    unjudged = Counter(place for place in target.values() if place is not None)
    ready = [place for place in target if not unjudged[place]]
    met: dict[int, list[int]] = defaultdict(list)
    judged: set[int] = set()
    while ready:
        place = ready.pop()
        judged.add(place)
        aim = target[place]
        if aim is None:
            continue
        if place not in met:
            met[aim].append(place)
        unjudged[aim] -= 1
        if aim in target and not unjudged[aim]:
            ready.append(aim)
    lost = [place for place, aim in target.items() if place not in met and (aim is None or place not in judged)]
    result = [
        replace(entry, cancelled=min(entries[by].at for by in met[place])) if place in met else entry
        for place, entry in enumerate(entries)
    ]
    return result, [Note(Flag.REVIEW, "LI-065", entries[place].fact) for place in lost]


def corrected(entries: Sequence[Entry[Happening]]) -> tuple[_Entries, list[Note]]:
    """The entries in their order, with the content that corrections, in order of their times, have given them."""
    places = _places(entries)
    result = list(entries)
    notes: list[Note] = []
    for place, entry in enumerate(entries):
        if not isinstance(entry.what, Correction) or not entry.counts:
            continue
        original = _original(entries, places, place)
        if original is None:
            notes.append(Note(Flag.REVIEW, "LI-064", entry.fact))
            continue
        before = result[original]
        given = {key for key in _CONTENT if getattr(entry.what, key) is not None}
        fitting = given & _KEYS.get(type(before.what), frozenset())
        result[original] = replace(before, what=_replaced(before.what, entry.what))
        if fitting or not given:
            notes.append(Note(Flag.CORRECTED, "LI-064", entry.fact))
        if given - fitting:
            notes.append(Note(Flag.REVIEW, "LI-064", entry.fact))
    return result, notes


_CONTENT = ("ready", "effective", "answer", "promised")
_KEYS: Mapping[type[Happening], frozenset[str]] = {
    ReadyNotice: frozenset({"ready"}),
    Withdrawal: frozenset({"effective"}),
    Answer: frozenset({"answer", "promised"}),
}


def _replaced(what: Happening, new: Correction) -> Happening:
    match what:
        case ReadyNotice():
            return replace(what, ready=new.ready or what.ready)
        case Withdrawal():
            return replace(what, effective=new.effective or what.effective)
        case Answer():
            answer = new.answer or what.answer
            # A promise belongs to the answer it was made in: one that is no longer `later` keeps none.
            kept = what.promised if new.answer in {None, AnswerKind.LATER} else None
            return replace(what, answer=answer, promised=new.promised or kept)
        case _:
            return what


def _original(entries: Sequence[Entry[Happening]], places: Mapping[MsgId, int], place: int) -> int | None:
    """Where a correction leads to: None when a message on the way is unknown, does not count, or was there before."""
    passed = {place}
    what = entries[place].what
    while isinstance(what, Correction):
        aim = _place(places, what.refers_to)
        if aim is None or aim in passed:
            return None
        passed.add(aim)
        what = entries[aim].what
        if isinstance(what, Correction) and not entries[aim].counts:
            return None
        place = aim
    return place


def _places(entries: Sequence[Entry[Happening]]) -> Mapping[MsgId, int]:
    return {message: place for place, entry in enumerate(entries) if (message := entry.carrier.message) is not None}


def _place(places: Mapping[MsgId, int], message: MsgId | None) -> int | None:
    return None if message is None else places.get(message)
