"""How does a stay look: a timeline as SVG, with dates, nights, moments, messages and receipts, in black and white.

    dates        │ 1 │ 2 │ 3 │ 4 │ 5 │        one column a date; time runs within it
    nights       ├───┤███│███│   │            hatched: payable; white: the patient was there; nothing: not there
    hospital       ①      ③                   one lane for each who speaks or acts
    municipality       ②
    patient      ④              ⑤
    ① 2012-03-05 10:15 …                      what each number is, and ● ○ ✕ for its receipt

Nothing depends on colour: payable nights are hatched and framed, receipts differ by shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from xml.sax.saxutils import escape

from adapter.facts import (
    Admitted,
    Answer,
    AnswerClassified,
    Death,
    Discharged,
    Fact,
    HowKnown,
    Leave,
    ReceiptGiven,
    ReceiptStatus,
    What,
)
from adapter.liability.calendar import instant_of, start_of
from adapter.liability.explain import fact_line
from adapter.liability.readings import Readings
from adapter.liability.rules import Language
from adapter.liability.wording import kroner
from adapter.values import Moment, MsgId, oslo_day

_WIDTH, _LEFT, _RIGHT = 960, 118, 14
_ROW, _TOP = 18, 46
_RADIUS = 8
_LABEL = 36
_CHARACTERS = 148
_MOST_DAYS = 3660

_SVG = 'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12" fill="black"'
_HATCH = (
    '<defs><pattern id="payable" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 6L6 0" stroke="black" stroke-width="1.6"/></pattern></defs>'
)

_LANES: Mapping[Language, tuple[str, str, str, str]] = {
    Language.ENGLISH: ("Nights", "Hospital", "Municipality", "Patient"),
    Language.NORWEGIAN: ("Døgn", "Sykehus", "Kommune", "Pasient"),
}
_LEGEND: Mapping[Language, tuple[str, str, str, str, str, str]] = {
    Language.ENGLISH: ("payable night", "in hospital", "receipt: positive", "none", "negative", "{n} payable nights"),
    Language.NORWEGIAN: ("døgn å betale", "i sykehus", "kvittering: positiv", "ingen", "negativ", "{n} døgn å betale"),
}


@dataclass(frozen=True, slots=True)
class _Mark:
    """A fact on the picture: its number, its lane, where it stands, and what is known of its receipt."""

    number: int
    lane: int
    x: float
    step: int
    fact: Fact
    receipt: ReceiptStatus | None


def picture(facts: Iterable[Fact], readings: Readings, language: Language) -> str:
    """An SVG document. `facts` are those of the case; what lies after the evaluation time is left out."""
    decision = readings.agreement
    known = sorted(
        (fact for fact in facts if instant_of(fact.when) <= decision.as_of), key=lambda fact: instant_of(fact.when)
    )
    shown = [fact for fact in known if not isinstance(fact.what, ReceiptGiven | AnswerClassified)]
    scale = _Scale.of([instant_of(fact.when) for fact in shown], [night.date for night in decision.nights])
    marks = _marks(shown, _receipts(known), scale)
    deepest = max((mark.step for mark in marks), default=0)
    lane_height = 26 + deepest * (2 * _RADIUS + 4)
    lanes_top = _TOP + 44
    list_top = lanes_top + 3 * lane_height + 40
    height = list_top + len(marks) * _ROW + 16
    present = _present(shown, decision.as_of)
    payable = {night.date for night in decision.nights}
    parts = [
        f'<svg {_SVG} width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}">',
        f"<title>{escape(_title(readings, language))}</title>",
        _HATCH,
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        _text(_LEFT, 18, _title(readings, language), "font-weight='bold'"),
        *_dates(scale, lanes_top + 3 * lane_height),
        _text(8, _TOP + 26, _LANES[language][0]),
        *_nights(scale, present, payable),
        *_lanes(lanes_top, lane_height, language),
        *(_marked(mark, lanes_top + mark.lane * lane_height) for mark in marks),
        *_legend(list_top - 22, language),
        *_list(marks, list_top, language),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _title(readings: Readings, language: Language) -> str:
    decision = readings.agreement
    count = _LEGEND[language][5].format(n=len(decision.nights))
    amount = "" if decision.amount_nok is None else f", {kroner(decision.amount_nok)}"
    return f"{count}{amount} ({decision.start_reason} / {decision.end_reason}), {readings.profile.cited}"


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a moment stands: columns of one width for each date from `first` on."""

    first: date
    days: int

    @classmethod
    def of(cls, moments: Sequence[datetime], nights: Sequence[date]) -> _Scale:
        days = [oslo_day(moment) for moment in moments] + list(nights)
        if not days:
            return cls(date(2012, 1, 1), 1)
        first = min(days)
        return cls(first, min((max(days) - first).days + 1, _MOST_DAYS))

    @property
    def column(self) -> float:
        return (_WIDTH - _LEFT - _RIGHT) / self.days

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def place(self, when: Moment | date) -> float:
        """Where a fact stands; one without clock time in the middle of its date, never at midnight (LI-022)."""
        return self.x(instant_of(when)) + (0 if isinstance(when, Moment) else self.column / 2)

    def x(self, moment: datetime) -> float:
        """Within its date by the share of the date that has passed, so that a date of 23 or 25 hours fits."""
        day = oslo_day(moment)
        start, end = start_of(day), start_of(day + timedelta(days=1))
        share = (moment - start) / (end - start)
        return _LEFT + min((day - self.first).days + share, self.days) * self.column


def _receipts(known: Sequence[Fact]) -> Mapping[MsgId, ReceiptStatus]:
    receipts: dict[MsgId, ReceiptStatus] = {}
    for fact in known:
        if isinstance(fact.what, ReceiptGiven):
            receipts.setdefault(fact.what.refers_to, fact.what.status)
    return receipts


def _marks(shown: Sequence[Fact], receipts: Mapping[MsgId, ReceiptStatus], scale: _Scale) -> list[_Mark]:
    """A mark for each fact; those that would cover each other in a lane stand one below the other."""
    marks: list[_Mark] = []
    taken: dict[tuple[int, int], float] = {}
    for number, fact in enumerate(shown, 1):
        lane, x = _lane(fact.what), scale.place(fact.when)
        step = 0
        while taken.get((lane, step), float("-inf")) > x - 2 * _RADIUS - 8:
            step += 1
        taken[lane, step] = x
        marks.append(_Mark(number, lane, x, step, fact, _receipt(fact, receipts)))
    return marks


def _lane(what: What) -> int:
    if isinstance(what, Admitted | Discharged | Death | Leave):
        return 2
    return 1 if isinstance(what, Answer) else 0


def _receipt(fact: Fact, receipts: Mapping[MsgId, ReceiptStatus]) -> ReceiptStatus | None:
    """What is known of the receipt of a message; None for what no message has told."""
    what = fact.what
    if isinstance(what, Admitted | Discharged | Death | Leave | ReceiptGiven | AnswerClassified):
        return None
    message = what.carrier.message
    if message is None and fact.how is HowKnown.PERSON:
        return None
    return receipts.get(message, what.carrier.receipt.status) if message is not None else what.carrier.receipt.status


def _present(shown: Sequence[Fact], as_of: datetime) -> tuple[date, date]:
    """From when until when the patient was in the hospital, as far as it is known; the last date is not included."""
    days = [oslo_day(instant_of(fact.when)) for fact in shown]
    admitted = [oslo_day(instant_of(fact.when)) for fact in shown if isinstance(fact.what, Admitted)]
    left = [oslo_day(instant_of(fact.when)) for fact in shown if isinstance(fact.what, Discharged | Death)]
    first = min(admitted or days, default=date.max)
    return first, min(left, default=oslo_day(as_of))


def _text(x: float, y: float, text: str, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'


def _dates(scale: _Scale, bottom: int) -> list[str]:
    """The borders of the dates, and as many labels as have room."""
    every = ceil(_LABEL / scale.column)
    years = dict.fromkeys((scale.first.year, scale.day(scale.days - 1).year))
    parts = [_text(8, _TOP - 2, "–".join(map(str, years)), "font-size='11'")]
    for number in range(scale.days + 1):
        x = _LEFT + number * scale.column
        labelled = number % every == 0 and number < scale.days
        if labelled or scale.column >= 6 or number == scale.days:
            parts.append(f'<path d="M{x:.1f} {_TOP - 10}V{bottom}" stroke="#bbb" stroke-width="0.7"/>')
        if labelled:
            day = scale.day(number)
            parts.append(_text(x + 2, _TOP - 2, f"{day.day}.{day.month}.", "font-size='11'"))
    return parts


def _nights(scale: _Scale, present: tuple[date, date], payable: set[date]) -> list[str]:
    parts: list[str] = []
    for number in range(scale.days):
        day = scale.day(number)
        x = _LEFT + number * scale.column
        if day in payable:
            parts.append(_box(x, scale.column, "url(#payable)", 1.6))
        elif present[0] <= day < present[1]:
            parts.append(_box(x, scale.column, "white", 0.6))
    return parts


def _box(x: float, width: float, fill: str, line: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{_TOP + 12}" width="{width:.1f}" height="20" '
        f'fill="{fill}" stroke="black" stroke-width="{line}"/>'
    )


def _lanes(top: int, height: int, language: Language) -> list[str]:
    parts: list[str] = []
    for number, name in enumerate(_LANES[language][1:]):
        y = top + number * height
        parts.append(f'<path d="M8 {y}H{_WIDTH - _RIGHT}" stroke="#bbb" stroke-width="0.7"/>')
        parts.append(_text(8, y + 17, name))
    return parts


def _marked(mark: _Mark, top: int) -> str:
    """A numbered circle; with the sign of its receipt to the upper right where a message has one."""
    y = top + 13 + mark.step * (2 * _RADIUS + 4)
    circle = (
        f'<circle cx="{mark.x:.1f}" cy="{y}" r="{_RADIUS}" fill="white" stroke="black"/>'
        f'<text x="{mark.x:.1f}" y="{y + 3.5:.1f}" font-size="10" text-anchor="middle">{mark.number}</text>'
    )
    return circle + ("" if mark.receipt is None else _sign(mark.receipt, mark.x + _RADIUS + 2, y - _RADIUS + 2))


def _sign(receipt: ReceiptStatus, x: float, y: float) -> str:
    if receipt is ReceiptStatus.NEGATIVE:
        return f'<path d="M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6" stroke="black" stroke-width="1.6"/>'
    fill = "black" if receipt is ReceiptStatus.OK else "white"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{fill}" stroke="black"/>'


def _legend(y: int, language: Language) -> list[str]:
    payable, present, positive, none, negative, _ = _LEGEND[language]
    parts = [
        f'<rect x="{_LEFT}" y="{y - 10}" width="16" height="11" fill="url(#payable)" stroke="black"/>',
        _text(_LEFT + 21, y, payable),
        f'<rect x="{_LEFT + 122}" y="{y - 10}" width="16" height="11" fill="white" stroke="black"/>',
        _text(_LEFT + 143, y, present),
    ]
    x = _LEFT + 240
    for receipt, name in zip(
        (ReceiptStatus.OK, ReceiptStatus.NONE, ReceiptStatus.NEGATIVE), (positive, none, negative), strict=True
    ):
        parts += [_sign(receipt, x, y - 4), _text(x + 8, y, name)]
        x += 24 + 7 * len(name)
    return parts


def _list(marks: Sequence[_Mark], top: int, language: Language) -> list[str]:
    parts: list[str] = []
    for row, mark in enumerate(marks):
        line = fact_line(mark.fact, language)
        short = line if len(line) <= _CHARACTERS else line[: _CHARACTERS - 1] + "…"
        parts.append(_text(26, top + row * _ROW, str(mark.number), "font-size='11' text-anchor='end'"))
        parts.append(_text(34, top + row * _ROW, short, "font-size='11'"))
    return parts
