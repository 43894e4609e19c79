"""How build-JSON becomes a message here: the parties it names by HER-id are ours or the partner directory's.

An object may carry its kind as `"kind": "discharge-ready"`; where the kind is told otherwise, the two must agree.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from adapter import __version__
from adapter.config import Settings
from adapter.errors import FILE_UNREADABLE, INPUT_NOT_UNDERSTOOD, PARTNER_UNKNOWN, AdapterError
from adapter.lookups.port import Directory
from adapter.messages import building
from adapter.messages.answering import Software
from adapter.messages.building import build, files_to_read, kinds, parse_input, parties_to_look_up
from adapter.messages.choices import RECOMMENDED
from adapter.messages.codes import CodeLists
from adapter.messages.party import Party
from adapter.service.choosing import chosen
from adapter.values import HerId, MsgId

SOFTWARE = Software("adapter", __version__)

MAX_ATTACHMENT = 28_000_000
"""Twice base64 of more than this is more than the net carries (`msghead.md` §7.6)."""


def example(kind: str, version: str | None = None) -> str:
    """A valid input with its kind, as JSON text: what can be built, and handed in as it is.

    Raises `AdapterError` for a kind or a version that does not exist.
    """
    told = json.loads(building.example(kind, version))
    return json.dumps({"kind": kind, **told}, ensure_ascii=False, indent=2)


def json_schema(kind: str) -> str:
    """The JSON Schema of an input that may say its kind, as JSON text.

    Raises `AdapterError` for a kind that does not exist.
    """
    schema = json.loads(building.json_schema(kind))
    schema["properties"] = {"kind": {"const": kind, "title": "Kind"}, **schema["properties"]}
    return json.dumps(schema, ensure_ascii=False, indent=2)


def build_message(
    content: bytes,
    kind: str | None,
    parties: tuple[Settings, Directory] | None,
    *,
    now: datetime,
    msg_id: MsgId,
    codes: CodeLists,
    folder: Path | None = None,
) -> bytes:
    """Build a message from JSON; `kind` None takes the kind that the object itself names.

    `parties` is who can be looked up, None when there is no configuration. `folder` is where the files lie that the
    object may name as attachments; None for an object of somebody else, who must not read our files. Raises
    `AdapterError` (INPUT_NOT_UNDERSTOOD with every mistake, PARTNER_UNKNOWN, FILE_UNREADABLE).
    """
    named, body = _take_kind(content)
    if kind is not None and named is not None and named != kind:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"$.kind is not {kind}, which was asked for")
    wanted = kind or named
    if wanted is None:
        raise AdapterError(
            INPUT_NOT_UNDERSTOOD, _ill_formed(content) or f"$.kind is missing; it is one of {', '.join(kinds())}"
        )
    message = parse_input(wanted, body)
    known = {her: _look_up(her, parties) for her in parties_to_look_up(message)}
    files = {name: read_below(folder, name, "$.attachments") for name in files_to_read(message)}
    choices = chosen(parties[0].choices) if parties is not None else RECOMMENDED
    return build(
        wanted,
        message,
        known,
        now=now,
        msg_id=msg_id,
        codes=codes,
        software=SOFTWARE,
        choices=choices,
        files=files,
    )


def read_below(folder: Path | None, name: str, at: str) -> bytes:
    """A file below the folder, named at a place of the input.

    Raises `AdapterError`: INPUT_NOT_UNDERSTOOD for one elsewhere, FILE_UNREADABLE.
    """
    if folder is None:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{at}: no file can be named here; give it as base64")
    try:
        path = (folder / name).resolve()
    except (ValueError, RuntimeError):
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{at}: that names no file") from None
    if not path.is_relative_to(folder.resolve()):
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{at}: a file lies below the folder of the input")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_ATTACHMENT + 1)
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{path}: {error.strerror}") from None
    if len(content) > MAX_ATTACHMENT:
        raise AdapterError(FILE_UNREADABLE, f"{path}: it is larger than {MAX_ATTACHMENT} octets, too much for the net")
    return content


def _take_kind(content: bytes) -> tuple[str | None, bytes]:
    """The kind that an object names and the object without it; what is no object is left for the reader to refuse."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return None, content
    if not isinstance(said, dict) or not isinstance(said.get("kind"), str):
        return None, content
    kind = str(said.pop("kind"))
    return kind, json.dumps(said).encode()


def _ill_formed(content: bytes) -> str | None:
    """Where JSON is none, without a word of it; None for JSON."""
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        return f"it is no JSON: line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError as error:
        return f"it is no JSON: octet {error.start} is not UTF-8"
    except (ValueError, RecursionError):
        return "it is no JSON that can be read"
    return None


def _look_up(her: HerId, parties: tuple[Settings, Directory] | None) -> Party:
    if parties is None:
        says = f"HER-id {her}; without a configuration, give the party's name and organisation in the input"
        raise AdapterError(PARTNER_UNKNOWN, says)
    settings, directory = parties
    for own in settings.party:
        if own.her == her:
            return Party(own.her, own.name, own.organisation.her, own.organisation.name)
    partner = directory.listed_as(her)
    if partner is None:
        raise AdapterError(PARTNER_UNKNOWN, f"HER-id {her}; it is no [[party]] of the configuration either")
    return Party(partner.her, partner.name, partner.organisation_her, partner.organisation_name)


def is_json(content: bytes) -> bool:
    """Whether what was handed in is meant as build-JSON: its first sign is an opening brace."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
