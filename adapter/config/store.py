"""Where everything is kept, with which keys, and for how long."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from adapter.lookups.toml_files import FilePath, Section

Days = Annotated[int, Field(ge=1, le=36_500)]


class Store(Section):
    """Where everything is kept, and with which keys; neither key is in a backup."""

    path: FilePath
    """The SQLite file; its folder holds its log files too."""
    key_file: FilePath | None = None
    """Encrypts mails and messages at rest: 32 octets, or their base64. `adapter store make-key` makes one."""
    pseudonym_key_file: FilePath | None = None
    """Makes the pseudonyms by which patients are found; left out, the key lies in the store."""


class Retention(Section):
    """After how many days what is kept is let go, by kind; what is left out is kept for ever.

    Octets are as old as the day their exchange ended, or they last came. What is open, and what a fact of a stay rests
    on, is never let go, whatever is said here.
    """

    payload_days: Days | None = None
    """Business messages as XML."""
    mail_days: Days | None = None
    """What went over the wire, both ways; needs `payload_days`, which may not be longer."""
    signal_days: Days | None = None
    """Our acknowledgments and errors."""
    quarantine_days: Days | None = None
    """Mails that became nothing."""
    journal_days: Days | None = None
    """The lines of exchanges, for people."""
    audit_days: Days | None = None
    """Who looked at patient data."""
    dead_letter_days: Days | None = None
    """Notices that a webhook did not take."""

    @model_validator(mode="after")
    def _payloads_go_first(self) -> Self:
        longest = self.mail_days
        if longest is not None and (self.payload_days is None or self.payload_days > longest):
            raise ValueError("payload_days must be there and no longer than mail_days: a payload goes before its proof")
        return self
