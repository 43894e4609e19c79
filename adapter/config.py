"""What `config.toml` says: frozen settings, every mistake reported at once with its key, what was found and a hint.

Relative paths are relative to the folder of the file. Secrets are files, never values. A section that is left out
has the defaults below; `[[party]]` and `[keys]` have none, since nobody can guess who we are.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.errors import CONFIG_INVALID, FILE_UNREADABLE, AdapterError
from adapter.lookups.toml_files import (
    Address,
    FilePath,
    Her,
    Name,
    Organisation,
    Port,
    Role,
    Section,
    Sector,
    SenderType,
    read_section,
)


class Contact(Section):
    """Who answers questions about the answers we send: profession of list 9060, role of list 9034."""

    family_name: Name
    given_name: Name
    profession: Name
    role: Name = "21"
    hpr: Name | None = None
    local_id: Name | None = None
    phone: Name

    @model_validator(mode="after")
    def _is_identified(self) -> Self:
        if self.hpr is None and self.local_id is None:
            raise ValueError("needs an hpr number or a local_id")
        return self


class Party(Section):
    """One of our own communication parties: level 2 of the address register, a service or a person."""

    her: Her
    name: Name
    organisation: Organisation
    address: Address
    role: Role = "other"
    sector: Sector = "SOM"
    sender_type: SenderType = "hospital"
    contact: Contact | None = None


class KeyPair(Section):
    """A private key and its certificate, PEM files; `password_file` where the key is encrypted."""

    key: FilePath
    certificate: FilePath
    password_file: FilePath | None = None


class Keys(Section):
    """`signing` signs what we send. `encryption` opens what we get: the current pair first, then old ones."""

    signing: KeyPair
    encryption: Annotated[tuple[KeyPair, ...], Field(min_length=1)]


class Trust(Section):
    """The roots that a partner's certificate must lead to (PEM files), and issuing certificates in between."""

    roots: Annotated[tuple[FilePath, ...], Field(min_length=1)]
    intermediates: tuple[FilePath, ...] = ()


class Partners(Section):
    """The partner directory: a folder with one TOML file per partner."""

    folder: FilePath


class Store(Section):
    """Where everything is kept."""

    path: FilePath


class SmtpSend(Section):
    """The mail server that takes what we send."""

    host: Name = "localhost"
    port: Port = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca: FilePath | None = None
    username: Name | None = None
    password_file: FilePath | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    connections: Annotated[int, Field(ge=1, le=32)] = 4

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file belong together")
        return self


class SmtpReceive(Section):
    """Our own SMTP listener. With certificate and key it offers STARTTLS; `require_tls` refuses mail without it."""

    host: Name = "127.0.0.1"
    port: Port = 2525
    certificate: FilePath | None = None
    key: FilePath | None = None
    require_tls: bool = False
    max_octets: Annotated[int, Field(ge=10_000, le=104_857_600)] = 51_200_000

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        if self.require_tls and self.certificate is None:
            raise ValueError("require_tls needs certificate and key")
        return self


class Smtp(Section):
    """Mail out and mail in."""

    send: SmtpSend = SmtpSend()
    receive: SmtpReceive = SmtpReceive()


class Delivery(Section):
    """Resends where no agreement says otherwise (HIS 1037 §5.2, HISD 1177 §5.3).

    `mail_pauses_seconds` are the pauses after a mail server that does not take a mail; the last one repeats.
    """

    retries: Annotated[int, Field(ge=0, le=50)] = 5
    interval_hours: Annotated[float, Field(gt=0, le=168)] = 12
    lifetime_hours: Annotated[float, Field(gt=0, le=720)] = 72
    mail_pauses_seconds: Annotated[tuple[Annotated[float, Field(gt=0, le=86_400)], ...], Field(min_length=1)] = (
        60, 120, 300, 600, 1200, 1800,
    )  # fmt: skip

    @property
    def interval(self) -> timedelta:
        return timedelta(hours=self.interval_hours)

    @property
    def lifetime(self) -> timedelta:
        return timedelta(hours=self.lifetime_hours)


class Inbox(Section):
    """Where the application finds what was received: one file per message, and when it is receipted.

    `apprec = "at_once"` sends the positive AppRec when the message lies durable in the inbox, `"when_taken"` when the
    application has taken the file away.
    """

    folder: FilePath
    apprec: Literal["at_once", "when_taken"] = "at_once"


class Schemas(Section):
    """A site's own set of schema files instead of those that ship with the adapter."""

    path: FilePath


class PolicyAgreement(Section):
    """Which policy profile a hospital and a municipality (level 1) have agreed on, `from` and `to` included (LI-095).

    Without `sector` it holds for every sector.
    """

    hospital: Her
    municipality: Her
    policy: Name
    sector: Sector | None = None
    first: Annotated[date, Field(alias="from")] = date.min
    last: Annotated[date, Field(alias="to")] = date.max


class StatementImport(Section):
    """How the counterpart writes its statement as CSV: the names of its columns, separators and the form of dates.

    `reference` is the column of our stay key or of a MsgId. A line has either one date in `date`, or `first` and
    `last`. The defaults are the form of our own CSV.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    date_format: Name = "%Y-%m-%d"
    encoding: Literal["utf-8", "iso-8859-1", "windows-1252"] = "utf-8"
    reference: Name | None = "stay"
    date: Name | None = "date"
    first: Name | None = None
    last: Name | None = None
    nights: Name | None = "nights"
    amount: Name | None = "amount_nok"

    @model_validator(mode="after")
    def _has_dates(self) -> Self:
        if (self.first is None) != (self.last is None):
            raise ValueError("first and last belong together")
        return self


class Liability(Section):
    """The policy profiles, agreements and further rates that the ledger uses.

    `policy` holds where no `[[liability.agreement]]` does. Statistics hide what fewer than `smallest_cell` stays say.
    """

    policy: Name = "NO-BASE"
    policies: FilePath | None = None
    rates: FilePath | None = None
    agreement: tuple[PolicyAgreement, ...] = ()
    smallest_cell: Annotated[int, Field(ge=1, le=100)] = 5
    statement: Annotated[StatementImport, Field(alias="import")] = StatementImport()


class Log(Section):
    """The least severity that is written."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(Section):
    """The whole of `config.toml`."""

    mode: Literal["test", "production"] = "test"
    store: Store
    party: Annotated[tuple[Party, ...], Field(min_length=1)]
    keys: Keys
    trust: Trust
    partners: Partners
    inbox: Inbox
    smtp: Smtp = Smtp()
    delivery: Delivery = Delivery()
    liability: Liability = Liability()
    log: Log = Log()
    schemas: Schemas | None = None

    @model_validator(mode="after")
    def _parties_are_distinct(self) -> Self:
        hers = [party.her for party in self.party]
        if len(set(hers)) < len(hers):
            raise ValueError("two of [[party]] have the same her")
        return self


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
        return read
    raise AdapterError(CONFIG_INVALID, "\n".join([called, *(f"  {mistake}" for mistake in read)]))
