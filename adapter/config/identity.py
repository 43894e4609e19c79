"""Who we are and whom we trust: parties, keys, roots, partner directory."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from adapter.lookups.toml_files import (
    Address,
    FilePath,
    Her,
    Name,
    Organisation,
    PlannedMoment,
    Role,
    Section,
    Sector,
    SenderType,
    Service,
)


class Contact(Section):
    """Who answers questions about the answers we send: profession of list 9060, role of list 9034."""

    family_name: Name
    """Family name."""
    given_name: Name
    """Given name."""
    profession: Name
    """Profession, a code of list 9060."""
    role: Name = "21"
    """Role of the contact person, a code of list 9034."""
    hpr: Name | None = None
    """Number in the register of health personnel (HPR)."""
    local_id: Name | None = None
    """A local identifier, for who has no HPR number; one of the two is needed."""
    phone: Name
    """Telephone number."""

    @model_validator(mode="after")
    def _is_identified(self) -> Self:
        if self.hpr is None and self.local_id is None:
            raise ValueError("needs an hpr number or a local_id")
        return self


class Party(Section):
    """One of our own communication parties: level 2 of the address register, a service or a person."""

    her: Her
    """HER-id of the party."""
    name: Name
    """Its name as in the address register."""
    organisation: Organisation
    """The organisation that it belongs to."""
    address: Address
    """Our EDI address: what our mails come from and answers go to."""
    role: Role = "other"
    """What the party is in the matter of stays."""
    sector: Sector = "SOM"
    """Somatic care (SOM), mental health care (PHV) or treatment of addiction (TSB)."""
    sender_type: SenderType = "hospital"
    """What kind of sender the party is; only hospitals' stays can be payable."""
    service: Service | None = None
    """Which service of its municipality the party is; left out where one party stands for several (LI-036)."""
    contact: Contact | None = None
    """Whom the answers that we send name; needed to answer readiness messages."""


class KeyPair(Section):
    """A private key and its certificate: two PEM or DER files, or one PKCS #12 file."""

    key: FilePath | None = None
    """Private key, PEM or DER."""
    certificate: FilePath | None = None
    """Certificate of `key`, PEM or DER."""
    pkcs12: FilePath | None = None
    """Key and certificate in one PKCS #12 file, in place of the two."""
    password_file: FilePath | None = None
    """File whose first line is the password of an encrypted key."""
    password_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """Environment variable that holds that password."""
    first: Annotated[PlannedMoment | None, Field(alias="from")] = None
    """The pair is used from then on; left out, without beginning. A date is its first moment, a time without offset
    is Oslo time."""
    until: PlannedMoment | None = None
    """The pair is used until then; left out, without end."""

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
    """Our enterprise certificates (virksomhetssertifikat) with their keys: one to sign, one to be encrypted to.

    Signing pairs follow each other without a gap (A until, then B); at every moment exactly one signs.
    """

    warn_days: Annotated[int, Field(ge=0, le=1000)] = 30
    """A certificate, ours or a partner's, with fewer days left is warned of."""
    keep_hours: Annotated[float, Field(ge=84, le=100_000)] = 84
    """How long an encryption pair opens mail after its `until`, and not longer; at least the 84 hours that a message
    may be under way (HISD 1177 §5.3)."""
    signing: Annotated[tuple[KeyPair, ...], BeforeValidator(_several), Field(min_length=1)]
    """What signs our messages: one pair, or several in the order in which each takes over."""
    encryption: Annotated[tuple[KeyPair, ...], Field(min_length=1)]
    """What opens messages to us: the current pair first, then old ones."""

    @property
    def kept(self) -> timedelta:
        return timedelta(hours=self.keep_hours)

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
    """Whose certificates are believed (`ebxml.md` §4.5). Nothing of the machine's own trust store counts here."""

    roots: Annotated[tuple[FilePath, ...], Field(min_length=1)]
    """Roots that a partner's certificate must lead to, PEM."""
    intermediates: tuple[FilePath, ...] = ()
    """Issuing certificates between a root and a partner's, PEM."""
    policies: tuple[Oid, ...] = ()
    """Certificate policies (OID) of which every certificate must name one; left out, none is demanded."""


class Partners(Section):
    """The partner directory: a folder with one TOML file per partner."""

    folder: FilePath
    """Folder with one TOML file per partner."""
