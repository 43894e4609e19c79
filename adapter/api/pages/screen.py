"""What is a page? A row of a table, as an operation of the interface is: method, address, scope, and who fills it.

A handler is a plain function that runs in a worker thread: `Visit` in, `Shown` or `Onward` out, errors of the catalogue
raised. Every text of a page goes through `autoescape`; nothing is marked safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel

from adapter.api.operation import Call, Nothing
from adapter.api.pages.texts import Spoken, at_oslo, moment_of, said
from adapter.config import Scope
from adapter.envelope.shown import shown_service, shown_type
from adapter.liability.rules import Language
from adapter.values import HerId, instant_of


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page. `form` is what was filled in, empty for a page that is only looked at."""

    call: Call
    language: Language
    now: datetime
    form: Mapping[str, str]

    def filled(self, name: str) -> str:
        """A field of the form; empty where it was left out."""
        return self.form.get(name, "")

    def name_of(self, her: HerId) -> str:
        """What a partner or a party of ours is called; its HER-id where nobody knows."""
        own = self.call.installation.own(her)
        if own is not None:
            return own.name
        listed = self.call.installation.partners.listed_as(her)
        return listed.name if listed is not None and listed.name else f"HER-id {her}"

    def called(self, message_type: str) -> str:
        """The Norwegian name of a message type (list 8279); empty where it has none."""
        return self.call.installation.codes.text("8279", message_type) or ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its template and what it is filled with."""

    template: str
    filling: Mapping[str, object]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG document."""

    content: str


@dataclass(frozen=True, slots=True)
class Onward:
    """Go on to another of our pages: after a form was taken in, so that reading it again does nothing again."""

    to: str


@dataclass(frozen=True, slots=True)
class Screen:
    """One row. `entry` is the text of its link in the menu, empty for a page that is reached from another."""

    method: str
    path: str
    scope: Scope
    handler: Callable[[Visit], Shown | Picture | Onward]
    entry: str = ""
    query: type[BaseModel] = Nothing


_PAGES = Environment(
    loader=PackageLoader("adapter.api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters |= {
    "at_oslo": at_oslo,
    "commands": lambda text: text.split("`"),
    "shown_type": shown_type,
    "shown_service": shown_service,
}


def rendered(template: str, language: Language, now: datetime, filling: Mapping[str, object]) -> str:
    """A page as HTML."""
    return _PAGES.get_template(template).render(
        filling,
        t=Spoken(language),
        language=language.value,
        other="en" if language is Language.NORWEGIAN else "nb",
        moment=_moment,
        age=lambda since: age(language, now - _instant(since)),
        now=now,
    )


def _instant(when: datetime | str) -> datetime:
    return when if isinstance(when, datetime) else instant_of(when)


def _moment(when: datetime | str) -> str:
    return moment_of(_instant(when))


def age(language: Language, span: timedelta) -> str:
    """How long ago, in the two largest units."""
    minutes = max(0, int(span.total_seconds())) // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return said(language, "age.days", days=days, hours=hours % 24)
    if hours:
        return said(language, "age.hours", hours=hours, minutes=minutes % 60)
    return said(language, "age.minutes", minutes=minutes)
