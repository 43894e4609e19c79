"""Who we are and whom we trust: parties, keys, roots, partner directory."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from adapter.lookups.toml_files import Address, FilePath, Her, Name, Organisation, Role, Section, Sector, SenderType


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
    """`signing` signs what we send. `encryption` opens what we get: the current pair first, then old ones.

    A certificate, ours or a partner's, with fewer than `warn_days` left is warned of.
    """

    warn_days: Annotated[int, Field(ge=0, le=1000)] = 30
    signing: KeyPair
    encryption: Annotated[tuple[KeyPair, ...], Field(min_length=1)]


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
