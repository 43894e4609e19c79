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
    aims = {
        place: places.get(entry.what.refers_to, ()) if entry.what.refers_to is not None else ()
        for place, entry in enumerate(entries)
        if isinstance(entry.what, Cancellation) and entry.standing.counts
    }
    # A cancellation is judged when every cancellation that refers to it has been.
    unjudged = Counter(aim for of in aims.values() for aim in of)
    ready = [place for place in aims if not unjudged[place]]
    met: dict[int, list[int]] = defaultdict(list)
    judged: set[int] = set()
    while ready:
        place = ready.pop()
        judged.add(place)
        for aim in aims[place]:
            if place not in met:
                met[aim].append(place)
            unjudged[aim] -= 1
            if aim in aims and not unjudged[aim]:
                ready.append(aim)
    result = [
        replace(entry, cancelled=min(entries[by].at for by in met[place])) if place in met else entry
        for place, entry in enumerate(entries)
    ]
    lost = [place for place, of in aims.items() if place not in met and (not of or place not in judged)]
    return result, [Note(Flag.REVIEW, "LI-065", entries[place].fact) for place in lost]


def corrected(entries: Sequence[Entry[Happening]]) -> tuple[_Entries, list[Note]]:
    """The entries in their order, with the content that corrections, in order of their times, have given them."""
    places = _places(entries)
    result = list(entries)
    notes: list[Note] = []
    for place, entry in enumerate(entries):
        if not isinstance(entry.what, Correction) or not entry.counts:
            continue
        originals = _originals(entries, places, place)
        if not originals:
            notes.append(Note(Flag.REVIEW, "LI-064", entry.fact))
            continue
        given = {key for key in _CONTENT if getattr(entry.what, key) is not None}
        fitting = given & {key for at in originals for key in _KEYS.get(type(entries[at].what), ())}
        for at in originals:
            result[at] = replace(result[at], what=_replaced(result[at].what, entry.what))
        if fitting or not given:
            notes.append(Note(Flag.CORRECTED, "LI-064", entry.fact))
        if given - fitting:
            notes.append(Note(Flag.REVIEW, "LI-064", entry.fact))
    return result, notes


_CONTENT = ("ready", "effective", "answer", "promised")
_KEYS: Mapping[type[Happening], tuple[str, ...]] = {
    ReadyNotice: ("ready",),
    Withdrawal: ("effective",),
    Answer: ("answer", "promised"),
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


def _originals(
    entries: Sequence[Entry[Happening]], places: Mapping[MsgId, tuple[int, ...]], place: int
) -> tuple[int, ...]:
    """Where a correction leads to; nowhere when a message on the way is unknown, void, or was there before."""
    passed = {place}
    what = entries[place].what
    while isinstance(what, Correction):
        aims = places.get(what.refers_to, ()) if what.refers_to is not None else ()
        if not aims or aims[0] in passed:
            return ()
        passed.add(aims[0])
        what = entries[aims[0]].what
        if not isinstance(what, Correction):
            return aims
        if not entries[aims[0]].counts:
            return ()
    return ()


def _places(entries: Sequence[Entry[Happening]]) -> Mapping[MsgId, tuple[int, ...]]:
    """Where on the timeline the facts of each message stand."""
    places: dict[MsgId, tuple[int, ...]] = {}
    for place, entry in enumerate(entries):
        if (message := entry.carrier.message) is not None:
            places[message] = (*places.get(message, ()), place)
    return places
