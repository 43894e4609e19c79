"""Who we are and whom we trust: parties, keys, roots, partner directory."""

from __future__ import annotations

from datetime import date, datetime, time
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from adapter.lookups.toml_files import Address, FilePath, Her, Name, Organisation, Role, Section, Sector, SenderType
from adapter.values import OSLO


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


def _moment(value: object) -> object:
    """A TOML date is its first moment, and a time without offset is Oslo time."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(0), OSLO)
    return value.replace(tzinfo=OSLO) if isinstance(value, datetime) and value.tzinfo is None else value


PlannedMoment = Annotated[datetime, BeforeValidator(_moment)]


class KeyPair(Section):
    """A private key and its certificate: two PEM or DER files, or one PKCS #12 file.

    Where the key is encrypted its password is the first line of `password_file`, or stands in the environment variable
    `password_env`. The pair is used from `from` until `until`; left out, without such an end.
    """

    key: FilePath | None = None
    certificate: FilePath | None = None
    pkcs12: FilePath | None = None
    password_file: FilePath | None = None
    password_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    first: Annotated[PlannedMoment | None, Field(alias="from")] = None
    until: PlannedMoment | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.pkcs12 is None) == (self.key is None) or (self.key is None) != (self.certificate is None):
            raise ValueError("needs key and certificate, or pkcs12")
        if self.password_file is not None and self.password_env is not None:
            raise ValueError("has password_file and password_env; one of them is enough")
        if self.first is not None and self.until is not None and self.first >= self.until:
            raise ValueError("from must lie before until")
        return self


def _several(value: object) -> object:
    return (value,) if isinstance(value, dict) else value


class Keys(Section):
    """`signing` signs what we send: one pair, or several in the order in which each takes over (A until, then B).

    `encryption` opens what we get: the current pair first, then old ones. A certificate, ours or a partner's, with
    fewer than `warn_days` left is warned of. An old pair is kept for `keep_hours` after its `until`, at least the 84
    hours that a message may be under way (HISD 1177 §5.3, `ebxml.md` §5.4).
    """

    warn_days: Annotated[int, Field(ge=0, le=1000)] = 30
    keep_hours: Annotated[float, Field(ge=84, le=100_000)] = 84
    signing: Annotated[tuple[KeyPair, ...], BeforeValidator(_several), Field(min_length=1)]
    encryption: Annotated[tuple[KeyPair, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _signing_follows(self) -> Self:
        for before, after in pairwise(self.signing):
            if before.until is None and after.first is None:
                raise ValueError("signing: of two pairs the first needs until, or the second from")
            if before.until is not None and after.first is not None and before.until != after.first:
                raise ValueError("signing: a pair takes over where the one before ends; until and from differ")
        starts = [after.first or before.until for before, after in pairwise(self.signing)]
        if any(one is not None and other is not None and one >= other for one, other in pairwise(starts)):
            raise ValueError("signing: the pairs stand in the order in which they take over")
        return self


Oid = Annotated[str, Field(pattern=r"^[0-2](\.[0-9]{1,20}){1,20}$")]


class Trust(Section):
    """The roots that a partner's certificate must lead to (PEM files), and issuing certificates in between.

    `policies` are the certificate policies of which every certificate must name one (`ebxml.md` §4.5); left out, none
    is demanded.
    """

    roots: Annotated[tuple[FilePath, ...], Field(min_length=1)]
    intermediates: tuple[FilePath, ...] = ()
    policies: tuple[Oid, ...] = ()


class Partners(Section):
    """The partner directory: a folder with one TOML file per partner."""

    folder: FilePath
