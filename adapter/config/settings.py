"""The whole of `config.toml`, read at once with every mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.config.api import Api
from adapter.config.choices import Choices
from adapter.config.deadlines import Deadlines
from adapter.config.delivery import Delivery, Inbox
from adapter.config.identity import Keys, Partners, Party, Trust
from adapter.config.liability import Liability
from adapter.config.mail import Mailbox, Smtp, SmtpReceive
from adapter.config.profile import Envelope, Validation
from adapter.config.register import Register
from adapter.config.revocation import Revocation
from adapter.config.service import Service
from adapter.config.store import Retention, Store
from adapter.config.ways import Drop, Webhook
from adapter.errors import CONFIG_INVALID, FILE_UNREADABLE, AdapterError
from adapter.lookups.toml_files import FilePath, Section, read_section


class Schemas(Section):
    """A site's own schema files, for standards that do not ship or instead of our file for the same namespace."""

    path: FilePath
    """Folder with an `INDEX.toml` of the form of ours; the namespaces it names are judged by its files."""


class Log(Section):
    """What is written to the log, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity that is written."""
    traces: bool = False
    """Whether steps are OpenTelemetry spans too; needs `adapter[traces]` and an exporter."""


class Settings(Section):
    """The whole of `config.toml`."""

    mode: Literal["test", "production"] = "test"
    """With `"production"` test messages and invented persons are kept out, in both directions."""
    store: Store
    """Where everything is kept."""
    party: Annotated[tuple[Party, ...], Field(min_length=1)]
    """Our own communication parties."""
    keys: Keys
    """Our keys."""
    trust: Trust
    """Whom we trust."""
    partners: Partners
    """The partner directory."""
    inbox: Inbox
    """Where received messages go."""
    smtp: Smtp = Smtp()
    """Mail out, and our own listener."""
    mailbox: tuple[Mailbox, ...] = ()
    """Mailboxes that are read."""
    delivery: Delivery = Delivery()
    """Resends."""
    revocation: Revocation = Revocation()
    """Revocation of certificates."""
    validation: Validation = Validation()
    """How what arrives is judged."""
    envelope: Envelope = Envelope()
    """How our own message handler speaks."""
    liability: Liability = Liability()
    """Policies, agreements, prices."""
    choices: Choices = Choices()
    """Contradictions of the sources."""
    deadlines: Deadlines = Deadlines()
    """When a message about a stay is late."""
    service: Service = Service()
    """The daemon."""
    log: Log = Log()
    """The log."""
    retention: Retention = Retention()
    """For how long what is kept is kept."""
    api: Api | None = None
    """The HTTP interface; left out, there is none."""
    drop: Drop | None = None
    """The drop folder; left out, there is none."""
    webhook: tuple[Webhook, ...] = ()
    """Whom we tell that something has happened."""
    schemas: Schemas | None = None
    """Schemas of your own; left out, those that ship."""
    address_register: Annotated[Register | None, Field(alias="register")] = None
    """The registers; left out, partner files say everything."""

    @model_validator(mode="after")
    def _test_marks_are_for_tests(self) -> Self:
        if self.envelope.test_mark and self.mode == "production":
            raise ValueError("envelope.test_mark: what is sent in production is no test; remove it or the mode")
        return self

    @model_validator(mode="after")
    def _parties_are_distinct(self) -> Self:
        hers = [party.her for party in self.party]
        if len(set(hers)) < len(hers):
            raise ValueError("two of [[party]] have the same her")
        return self

    @model_validator(mode="after")
    def _webhooks_are_distinct(self) -> Self:
        names = [hook.name for hook in self.webhook]
        if len(set(names)) < len(names):
            raise ValueError("two of [[webhook]] have the same name")
        return self

    @model_validator(mode="after")
    def _clients_know_our_parties(self) -> Self:
        ours = {party.her for party in self.party}
        for client in self.api.client if self.api is not None else ():
            if strangers := set(client.parties) - ours:
                raise ValueError(f"api.client {client.name}: {min(strangers)} is none of our [[party]]")
        return self

    @model_validator(mode="after")
    def _mailboxes_are_distinct(self) -> Self:
        names = [mailbox.name for mailbox in self.mailbox]
        if len(set(names)) < len(names):
            raise ValueError("two of [[mailbox]] are the same mailbox, which has one reader only")
        return self

    @property
    def listener(self) -> SmtpReceive | None:
        """Our own listener: where no mailbox is read, and where `[smtp.receive]` asks for it besides."""
        asked = "receive" in self.smtp.model_fields_set
        return self.smtp.receive if asked or not self.mailbox else None


def load(path: Path) -> Settings:
    """Read a configuration file.

    Raises `AdapterError`: FILE_UNREADABLE when there is none to read, CONFIG_INVALID with every mistake, one a line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{path}: {error.strerror}") from None
    return parse(content, path.absolute().parent, str(path))


def parse(content: bytes, folder: Path, called: str) -> Settings:
    """Read a configuration from its bytes; relative paths start at `folder`, `called` names it in errors."""
    read = read_section(Settings, content, folder)
    if isinstance(read, Settings):
        read.liability.find_lines(content)
        return read
    raise AdapterError(CONFIG_INVALID, "\n".join([called, *(f"  {mistake}" for mistake in read)]))
