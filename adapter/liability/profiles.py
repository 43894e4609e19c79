"""How a policy is written down: profile files with inheritance from the baseline, and the overrides of a case file.

A profile file is TOML: `name`, `version`, `title`, `inherits`, the keys of `liability.md` §3.10 under `[keys]`, and
under `[citations]` the words in which the legal sources are cited (section numbers move, so none stands in the code).
The baseline names every key; any other profile inherits from it and names what the parties have agreed otherwise.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, time
from enum import StrEnum

from adapter.liability.case import SenderType
from adapter.liability.document import Node, node_of
from adapter.liability.inspection import Inspection
from adapter.liability.mistakes import Mistake, Mistakes, not_utf8
from adapter.liability.policy import (
    AcceptanceEnds,
    AdmissionAnchor,
    AdmissionHours,
    AdmissionLate,
    AdmissionMissing,
    AfterCutoff,
    AnswerTime,
    AnswerUnacked,
    CancelEffect,
    EarlyAccept,
    FutureReady,
    ManualNotice,
    NoticeTime,
    PayerRule,
    Policy,
    RateBy,
    SectorDates,
    WithdrawnReady,
)

BASELINE = "NO-BASE"

_Reader = Callable[[Inspection, Node, Policy | None], object]

_HOURS = 8760
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_NOTICE_TYPE = re.compile(r"[A-Z][A-Z_]*(/[0-9]+)?|manual")
_PAYER = re.compile(r"registered<([12]\d{3}), ?stay>=([12]\d{3})")


@dataclass(frozen=True, slots=True)
class Citations:
    """How each legal source is named in print (`liability.md` §2: never a section number from code)."""

    regulation: str
    admission_notice: str
    ready: str
    ready_notice: str
    answer: str
    duty: str
    counting: str
    withdrawal: str
    price: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A policy with its name and version, as every result must cite it.

    `turns` are the profiles that take its place while a patient waits, in order of time; most stays have none (LI-095).
    """

    name: str
    version: str
    title: str
    policy: Policy
    citations: Citations
    turns: tuple[Turn, ...] = ()

    @property
    def cited(self) -> str:
        own = f"{self.name} {self.version}"
        return ", ".join([own, *(f"{turn.profile.cited} from {turn.first}" for turn in self.turns)])


@dataclass(frozen=True, slots=True)
class Turn:
    """The night from which on another profile, itself without turns, decides."""

    first: date
    profile: Profile


POLICY_KEYS = tuple(field.name for field in fields(Policy))
_CITATION_KEYS = tuple(field.name for field in fields(Citations))


def read_profile(content: bytes, baseline: Profile | None) -> Profile | Mistakes:
    """Read a profile file (TOML, UTF-8). `baseline` is what it inherits from; None reads the baseline itself."""
    try:
        text = content.decode("utf-8-sig")
        document = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return Mistakes((not_utf8(content, error.start, "TOML in UTF-8"),))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        last = text.count("\n") + 1
        return Mistakes((Mistake("", "text that is not TOML", "TOML", int(line[1]) if line else last),))
    inspection = Inspection()
    root = inspection.members(node_of(document, ""), ("name", "version", "title", "inherits", "keys", "citations"))
    assert root is not None
    heads = {key: inspection.text(root[key]) for key in ("name", "version", "title") if key in root}
    for key in ("name", "version", "title"):
        if key not in root:
            inspection.mistakes.append(Mistake(key, "nothing", "a text that is not empty"))
    if "," in str(heads.get("name")):
        inspection.wrong(root["name"], "a name without a comma, which divides names where several are cited")
    _inheritance(root.get("inherits"), baseline, inspection)
    empty: Node = Node({}, "", 0)
    policy = read_keys(root.get("keys", replace(empty, path="keys")), baseline.policy if baseline else None, inspection)
    citations = _citations(
        root.get("citations", replace(empty, path="citations")), baseline.citations if baseline else None, inspection
    )
    if policy is None or inspection.mistakes:
        places = _lines(text)
        return Mistakes(tuple(replace(m, line=_line_of(m.where, places)) for m in inspection.mistakes))
    return Profile(str(heads["name"]), str(heads["version"]), str(heads["title"]), policy, citations)


def _inheritance(node: Node | None, baseline: Profile | None, inspection: Inspection) -> None:
    if baseline is None:
        if node is not None:
            inspection.wrong(node, "nothing: the baseline inherits from no profile")
    elif node is None:
        inspection.mistakes.append(Mistake("inherits", "nothing", f'"{baseline.name}"'))
    elif node.value != baseline.name:
        inspection.wrong(node, f'"{baseline.name}"')


def _citations(node: Node, base: Citations | None, inspection: Inspection) -> Citations:
    members = inspection.members(node, _CITATION_KEYS) or {}
    found = {key: str(inspection.text(member)) for key, member in members.items()}
    if base is not None:
        return replace(base, **found)
    missing = [key for key in _CITATION_KEYS if key not in members]
    inspection.mistakes += [Mistake(f"citations.{key}", "nothing", "a text that is not empty") for key in missing]
    return Citations(**{key: found.get(key, "") for key in _CITATION_KEYS})


def _lines(text: str) -> Mapping[str, int]:
    """On which line each key of a TOML text stands, by its path; good enough for a file of tables and plain keys."""
    places: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([\w.-]+)\]", line):
            table = header[1] + "."
            places.setdefault(header[1], number)
        elif key := re.match(r'\s*"?([\w-]+)"?\s*[.=]', line):
            places.setdefault(table + key[1], number)
    return places


def _line_of(path: str, places: Mapping[str, int]) -> int:
    """The line of a key; where the key is what is missing, that of its table, else the first."""
    key = _key_of(path)
    return places.get(key) or places.get(key.split(".")[0], 1)


def _key_of(path: str) -> str:
    """The key that stands at the beginning of a line, for a path into its value."""
    names = path.replace('"', "").split("[")[0].split(".")
    return ".".join(names[:2] if names[0] in {"keys", "citations"} else names[:1])


def with_overrides(profile: Profile, node: Node, inspection: Inspection) -> Profile | None:
    """The profile with the keys that a case file changes; None where there were mistakes."""
    policy = read_keys(node, profile.policy, inspection)
    return None if policy is None else replace(profile, policy=policy)


def read_keys(node: Node, base: Policy | None, inspection: Inspection) -> Policy | None:
    """The policy that `base` becomes with the keys of an object; without `base` every key has to be there.

    None where there were mistakes, which are then noted in `inspection`.
    """
    before = len(inspection.mistakes)
    members = inspection.members(node, POLICY_KEYS) or {}
    values = {key: _READERS[key](inspection, member, base) for key, member in members.items()}
    if base is None:
        missing = [key for key in POLICY_KEYS if key not in members]
        inspection.mistakes += [Mistake(f"{node.path}.{key}", "nothing", "a value") for key in missing]
    if len(inspection.mistakes) > before:
        return None
    # Each reader of the table below gives what the field of its name holds.
    return Policy(**values) if base is None else replace(base, **values)  # type: ignore[arg-type]


def _word(of: type[StrEnum]) -> _Reader:
    return lambda inspection, node, _: inspection.word(node, of)


def _hours(inspection: Inspection, node: Node, _: Policy | None) -> float | None:
    return inspection.number(node, 0, _HOURS, f"a number of hours from 0 to {_HOURS}")


def _hours_or_none(inspection: Inspection, node: Node, _: Policy | None) -> float | None:
    if node.value == "none":
        return None
    return inspection.number(node, 0, _HOURS, f'"none" or a number of hours from 0 to {_HOURS}')


def _zero_or_one(inspection: Inspection, node: Node, _: Policy | None) -> int:
    if isinstance(node.value, bool) or node.value not in (0, 1):
        inspection.wrong(node, "0 or 1")
    return 1 if node.value == 1 else 0


def _yes_or_no(inspection: Inspection, node: Node, _: Policy | None) -> bool:
    if node.value not in ("yes", "no"):
        inspection.wrong(node, "yes, no")
    return node.value == "yes"


def _clock(inspection: Inspection, node: Node, _: Policy | None) -> time | None:
    if node.value == "none":
        return None
    if isinstance(node.value, str) and _CLOCK.fullmatch(node.value):
        return time.fromisoformat(node.value)
    inspection.wrong(node, '"none" or a local clock time such as "14:00"')
    return None


def _days(inspection: Inspection, node: Node, _: Policy | None) -> tuple[date, ...]:
    if node.value == "none":
        return ()
    items = inspection.items(node, 'dates, or "none"') or ()
    return tuple(sorted({day for item in items if (day := inspection.day(item))}))


def _texts(form: re.Pattern[str], what: str) -> _Reader:
    def read(inspection: Inspection, node: Node, _: Policy | None) -> tuple[str, ...]:
        texts: set[str] = set()
        for item in inspection.items(node, what) or ():
            if isinstance(item.value, str) and form.fullmatch(item.value):
                texts.add(item.value)
            else:
                inspection.wrong(item, what)
        return tuple(sorted(texts))

    return read


def _senders(inspection: Inspection, node: Node, _: Policy | None) -> tuple[SenderType, ...]:
    items = inspection.items(node, "sender types") or ()
    return tuple(sorted({word for item in items if (word := inspection.word(item, SenderType))}))


def _payer(inspection: Inspection, node: Node, _: Policy | None) -> PayerRule:
    text = node.value if isinstance(node.value, str) else ""
    years = _PAYER.fullmatch(text)
    if years and years[1] == years[2]:
        return PayerRule(date(int(years[1]), 1, 1))
    if text not in {"registered", "stay"}:
        inspection.wrong(node, '"registered<2019, stay>=2019" with any year, "registered" or "stay"')
    return PayerRule(date.min if text == "stay" else date.max)


def _sectors(inspection: Inspection, node: Node, base: Policy | None) -> SectorDates | None:
    names = tuple(field.name for field in fields(SectorDates))
    members = inspection.members(node, names) or {}
    dates = {name: day for name, member in members.items() if (day := inspection.day(member))}
    if base is not None:
        return replace(base.sector_dates, **dates)
    if set(members) != set(names):
        inspection.wrong(node, f"a date for each of {', '.join(names)}")
    return SectorDates(**dates) if len(dates) == len(names) else None


_READERS: Mapping[str, _Reader] = {
    "notice_time": _word(NoticeTime),
    "apprec_timeout_h": _hours,
    "adm_missing": _word(AdmissionMissing),
    "adm_late": _word(AdmissionLate),
    "adm_anchor": _word(AdmissionAnchor),
    "adm_24h": _word(AdmissionHours),
    "adm_notice_types": _texts(_NOTICE_TYPE, "types such as HELSEOPPL_SOKNAD/1, LOG_INNLAGT or manual"),
    "cutoff": _clock,
    "after_cutoff": _word(AfterCutoff),
    "holiday_calendar": _days,
    "lead_h": _hours,
    "answer_deadline_h": _hours_or_none,
    "answer_time": _word(AnswerTime),
    "answer_unacked": _word(AnswerUnacked),
    "early_accept": _word(EarlyAccept),
    "acceptance_ends": _word(AcceptanceEnds),
    "same_day_departure": _zero_or_one,
    "avmeld_reready": _word(WithdrawnReady),
    "cancel_effect": _word(CancelEffect),
    "future_ready": _word(FutureReady),
    "require_doc": _yes_or_no,
    "rate_by": _word(RateBy),
    "payer_rule": _payer,
    "sector_dates": _sectors,
    "manual_notice": _word(ManualNotice),
    "exclusion_list": _texts(re.compile(r"(?s).*\S.*"), "codes that are not empty"),
    "payable_sender_types": _senders,
}


def read_profiles(files: Mapping[str, bytes]) -> tuple[Profile, ...] | Mistakes:
    """All profiles from their files by name, the baseline first; or every mistake in any of them.

    A file's name has to be the name that the profile gives itself.
    """
    if BASELINE not in files:
        return Mistakes((Mistake(BASELINE, "nothing", "the baseline profile"),))
    baseline = read_profile(files[BASELINE], None)
    if isinstance(baseline, Mistakes):
        return baseline.within(BASELINE)
    profiles: list[Profile] = []
    mistakes: list[Mistake] = []
    for name in sorted(files, key=lambda name: (name != BASELINE, name)):
        profile = baseline if name == BASELINE else read_profile(files[name], baseline)
        if isinstance(profile, Mistakes):
            mistakes += profile.within(name).all
            continue
        if profile.name != name:
            line = _lines(files[name].decode("utf-8-sig"))["name"]
            mistakes.append(Mistake(f"{name}: name", f'"{profile.name}"', f'"{name}", as the file is called', line))
        profiles.append(profile)
    return Mistakes(tuple(mistakes)) if mistakes else tuple(profiles)
