"""When a message is resent, and where the application finds what was received."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from adapter.lookups.toml_files import FilePath, Section


class Delivery(Section):
    """Resends where no agreement says otherwise (HIS 1037 §5.2, HISD 1177 §5.3)."""

    retries: Annotated[int, Field(ge=0, le=50)] = 5
    """How often a message without an answer is sent again."""
    interval_hours: Annotated[float, Field(gt=0, le=168)] = 12
    """Hours between two sendings."""
    lifetime_hours: Annotated[float, Field(gt=0, le=720)] = 72
    """Hours after which a message without an answer is given up."""
    mail_pauses_seconds: Annotated[tuple[Annotated[float, Field(gt=0, le=86_400)], ...], Field(min_length=1)] = (
        60, 120, 300, 600, 1200, 1800,
    )  # fmt: skip
    """Pauses after a mail server that does not take a mail; the last one repeats."""

    most_waiting: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    """How many messages may wait to be sealed and to be taken by the mail server. While so many do, no other is taken
    in, by whichever way; what was taken in goes its way."""

    @property
    def interval(self) -> timedelta:
        return timedelta(hours=self.interval_hours)

    @property
    def lifetime(self) -> timedelta:
        return timedelta(hours=self.lifetime_hours)


class Inbox(Section):
    """Where the application finds what was received, and when it is receipted."""

    folder: FilePath
    """Folder of received messages, one file each."""
    by: Literal["folder", "api"] = "folder"
    """`"folder"` lays one file per message into the folder. With `"api"` the application claims and confirms over
    HTTP, and no files are written."""
    apprec: Literal["at_once", "when_taken"] = "at_once"
    """`"at_once"` sends the positive AppRec when the message is durable in the inbox; `"when_taken"` when the
    application has taken the file away or confirmed, or has receipted it itself."""
