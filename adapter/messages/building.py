"""How a message is built from JSON: the kinds there are, their JSON Schema, examples, checks, and the bytes.

Nothing is guessed: the clock, the MsgId, the parties and the code lists are arguments. Every mistake of an input is
told at once, each with the JSON path of its field; no value of the input is ever repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Final, cast, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from adapter.errors import INPUT_NOT_UNDERSTOOD, AdapterError
from adapter.messages import compose, inputs
from adapter.messages.answering import Software
from adapter.messages.apprec import write_apprec
from adapter.messages.choices import RECOMMENDED, Choices
from adapter.messages.codes import CodeLists
from adapter.messages.compose import Composed, Composer, Mistake, inline_party
from adapter.messages.examples import EXAMPLES, VERSION_EXAMPLES, Json
from adapter.messages.party import Party
from adapter.messages.reports import coming_compose
from adapter.messages.reports import coming_inputs as coming
from adapter.messages.reports import compose as report_compose
from adapter.messages.reports import inputs as reports
from adapter.messages.reports.examples import REPORT_EXAMPLES
from adapter.messages.writing import write_message
from adapter.values import HerId, MsgId

Input = inputs.Input | reports.AnyReportInput | coming.AnyComingInput
_EXAMPLES: Final[Mapping[str, Mapping[str, Json]]] = {**EXAMPLES, **REPORT_EXAMPLES}


_NO_FILES: Final[Mapping[str, bytes]] = MappingProxyType({})


class InputError(AdapterError):
    """An input that cannot be built from; `mistakes` are all that is wrong with it."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = mistakes
        super().__init__(INPUT_NOT_UNDERSTOOD, "; ".join(f"{mistake.path} {mistake.says}" for mistake in mistakes))


@dataclass(frozen=True, slots=True)
class _Builder:
    model: type[Input]
    compose: Callable[[Composer, Input], bytes]


def _message(model: type[Input], make: Callable[[Composer, Input], Composed]) -> _Builder:
    def write(composer: Composer, message: Input) -> bytes:
        composed = make(composer, message)
        return write_message(composed.head, composed.message)

    return _Builder(model, write)


def _apprec(composer: Composer, message: Input) -> bytes:
    return write_apprec(composer.apprec(cast(inputs.AppRecInput, message)))


_Make = Callable[[Composer, Input], Composed]

_BUILDERS: Final[Mapping[str, _Builder]] = {
    "admitted": _message(inputs.AdmittedInput, cast(_Make, compose.admitted)),
    "discharge-ready": _message(inputs.DischargeReadyInput, cast(_Make, compose.discharge_ready)),
    "withdrawal": _message(inputs.WithdrawalInput, cast(_Make, compose.withdrawal)),
    "discharged": _message(inputs.DischargedInput, cast(_Make, compose.discharged)),
    "death": _message(inputs.DeathInput, cast(_Make, compose.death)),
    "readiness-answer": _message(inputs.ReadinessAnswerInput, cast(_Make, compose.readiness_answer)),
    "readiness-answer-note": _message(inputs.ReadinessAnswerInput, cast(_Make, compose.readiness_answer_note)),
    "question": _message(inputs.QuestionInput, cast(_Make, compose.question)),
    "answer": _message(inputs.AnswerInput, cast(_Make, compose.answer)),
    "note": _message(inputs.NoteInput, cast(_Make, compose.note)),
    "clinical-dialog": _message(inputs.ClinicalDialogInput, cast(_Make, compose.clinical_dialog)),
    "deviation": _message(inputs.DeviationInput, cast(_Make, compose.deviation)),
    "apprec": _Builder(inputs.AppRecInput, _apprec),
    "admission-report": _message(reports.AdmissionReportInput, cast(_Make, report_compose.admission_report)),
    "early-notice": _message(reports.EarlyNoticeInput, cast(_Make, report_compose.early_notice)),
    "health-information-update": _message(
        reports.HealthInformationUpdateInput, cast(_Make, report_compose.health_information_update)
    ),
    "health-information-to-gp": _message(
        reports.HealthInformationToGpInput, cast(_Make, report_compose.health_information_to_gp)
    ),
    "discharge-report": _message(reports.DischargeReportInput, cast(_Make, report_compose.discharge_report)),
    "services-offered": _message(reports.ServicesOfferedInput, cast(_Make, report_compose.services_offered)),
    "medical-information": _message(reports.MedicalInformationInput, cast(_Make, report_compose.medical_information)),
    "health-information": _message(
        coming.CaseHandlingInformationInput, cast(_Make, coming_compose.case_handling_information)
    ),
    "summary": _message(coming.SummaryInput, cast(_Make, coming_compose.summary)),
}


def kinds() -> tuple[str, ...]:
    """The names of the kinds that can be built."""
    return tuple(_BUILDERS)


def example(kind: str, version: str | None = None) -> str:
    """A valid input as JSON text, in the usual version or the one named.

    Raises `AdapterError` for a kind or a version that does not exist.
    """
    there = versions(kind)
    if version is None:
        return json.dumps(_EXAMPLES[kind], ensure_ascii=False, indent=2)
    if version not in there:
        known = f"there are {', '.join(there)}" if there else "it has no versions to choose from"
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{kind} is not built in version {version}; {known}")
    told = {**_EXAMPLES[kind], **VERSION_EXAMPLES.get((kind, version), {}), "version": version}
    return json.dumps(told, ensure_ascii=False, indent=2)


def versions(kind: str) -> tuple[str, ...]:
    """The versions of its standard that a kind is built in, the usual one first; none where there is no choice.

    Raises `AdapterError` for a kind that does not exist.
    """
    field = next((one for one in fields(_builder(kind).model) if one.name == "version"), None)
    return get_args(get_type_hints(_builder(kind).model)["version"]) if field is not None else ()


def json_schema(kind: str, references: str = "#/$defs/{model}") -> str:
    """The JSON Schema of the input as JSON text; `references` is how its parts are named.

    Raises `AdapterError` for a kind that does not exist.
    """
    return json.dumps(_adapter(kind).json_schema(ref_template=references), ensure_ascii=False, indent=2)


def parse_input(kind: str, content: bytes) -> Input:
    """Read an input. Raises `InputError` with every mistake, `AdapterError` for a kind that does not exist."""
    try:
        return _adapter(kind).validate_json(content)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise InputError(
            tuple(_mistake(mistake["loc"], mistake["type"], mistake["msg"]) for mistake in details)
        ) from None


def parties_to_look_up(message: Input) -> tuple[HerId, ...]:
    """The HER-ids that the input names without saying who they are, for the partner directory."""
    parties = [message.sender, message.receiver]
    if isinstance(message, inputs.MessageInput):
        parties.extend(message.copies)
    return tuple(HerId(party.her) for party in parties if inline_party(party) is None)


def files_to_read(message: Input) -> tuple[str, ...]:
    """The files that the input names as attachments, as it writes them."""
    attachments = message.attachments if isinstance(message, inputs.MessageInput) else ()
    return tuple(one.file for one in attachments if one.file is not None)


def build(
    kind: str,
    message: Input,
    parties: Mapping[HerId, Party],
    *,
    now: datetime,
    msg_id: MsgId,
    codes: CodeLists,
    software: Software,
    choices: Choices = RECOMMENDED,
    files: Mapping[str, bytes] = _NO_FILES,
) -> bytes:
    """The message as a UTF-8 document. `now` is its GenDate, `msg_id` its MsgId, or the Id of a receipt.

    `files` are the contents of those that `files_to_read` names.

    Raises `InputError` for a party nobody knows or a code that is on no list, `AdapterError` for a kind that does
    not exist or is not the kind of the input.
    """
    builder = _builder(kind)
    if not isinstance(message, builder.model):
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"this is no input of the kind {kind}")
    composer = Composer(parties, codes, now, msg_id, software, choices, files)
    content = builder.compose(composer, message)
    if composer.mistakes:
        raise InputError(tuple(composer.mistakes))
    return content


def _builder(kind: str) -> _Builder:
    builder = _BUILDERS.get(kind)
    if builder is None:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"there is no such kind; the kinds are {', '.join(_BUILDERS)}")
    return builder


@cache
def _adapter(kind: str) -> TypeAdapter[Input]:
    return TypeAdapter(_builder(kind).model)


def _mistake(location: tuple[int | str, ...], kind: str, said: str) -> Mistake:
    """One mistake; the name of a key that nobody knows may be anything, and is left out."""
    if kind in {"unexpected_keyword_argument", "extra_forbidden"}:
        return Mistake(_path(location[:-1]), "has a key that is not known")
    return Mistake(_path(location), _says(said))


def _path(location: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def _says(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input ")
