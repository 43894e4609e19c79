"""Do the registers know our own parties as we are: address, certificates, profile?

Partners send to the address that the address register has of us, encrypt to its certificate and believe what its other
one has signed; under an agreement they take these from what the register made of our profile (CPP). Where it has
something else nothing of ours fails here: their mail goes elsewhere, or they refuse ours. The registers are asked and
never written to: who changes an entry does it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from adapter.config import Party
from adapter.crypto.certificates import load_certificates, thumbprint
from adapter.crypto.keys import DecryptionKeys, SigningPlan
from adapter.envelope.cpa import Can, CpaParty
from adapter.errors import AdapterError
from adapter.lookups.register import ADDRESSABLE, Register


class Standing(StrEnum):
    """How what a register has of us stands to what we are."""

    FITS = "fits"
    CHANGING = "changing"
    """it has a pair of ours that is not the one of the day"""
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """it did not answer"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a register has of a party of ours."""

    what: str
    standing: Standing
    says: str


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """What we sign with and open with."""

    signing: SigningPlan
    encryption: DecryptionKeys


def entries(parties: Iterable[Party], register: Register, keys: OwnKeys, now: datetime) -> Iterator[Entry]:
    """Everything that the registers have of our parties. It asks them, each party once."""
    for own in parties:
        for what, ask in ((f"register {own.her}", _of_party), (f"register {own.her} profile", _of_profile)):
            try:
                found = tuple(ask(own, register, keys, now))
            except AdapterError as error:
                yield Entry(what, Standing.UNKNOWN, error.sentence())
                continue
            worst = max(found, key=lambda one: list(Standing).index(one[0]))
            says = "; ".join(text for standing, text in found if standing is worst[0])
            yield Entry(what, worst[0], says)


Judged = tuple[Standing, str]


def _of_party(own: Party, register: Register, keys: OwnKeys, now: datetime) -> Iterator[Judged]:
    said = register.party(own.her)
    if said is None:
        yield Standing.WRONG, "the address register knows no party of this HER-id: nobody can write to it"
        return
    if said.type not in ADDRESSABLE:
        yield Standing.WRONG, f"it is a {said.type or 'party without type'} there, which nobody may write to"
    yield _address(own, said.address)
    yield _signing(load_certificates(said.signing) if said.signing else (), keys, now)
    yield _encryption(load_certificates(said.encryption) if said.encryption else (), keys, now)


def _of_profile(own: Party, register: Register, keys: OwnKeys, now: datetime) -> Iterator[Judged]:
    if not register.has_agreements:
        yield Standing.FITS, "not asked: [register] has no agreements_url"
        return
    said = register.profile(own.her)
    if said is None:
        yield Standing.FITS, "there is none, so no agreements (CPA) are made with this party"
        return
    addresses = {said.address(one) for one in said.bindings if one.can is Can.RECEIVE}
    for address in sorted(one.value for one in addresses if one is not None):
        yield _address(own, address)
    yield _signing(_read(said.signing), keys, now)
    yield _encryption(_read(one.encryption for one in said.bindings if one.encryption), keys, now)
    yield Standing.FITS, f"sends {_processes(said, Can.SEND)}; takes {_processes(said, Can.RECEIVE)}"


def _processes(said: CpaParty, can: Can) -> str:
    found = dict.fromkeys(f"{one.action} {one.version}" for one in said.bindings if one.can is can)
    named = [one for one in found if not one.startswith("APPREC ")]
    return ", ".join(named) or "nothing"


def _read(octets: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    return tuple(found for one in dict.fromkeys(octets) for found in load_certificates(one))


def _address(own: Party, said: str) -> Judged:
    if said.strip().lower() == own.address.value.lower():
        return Standing.FITS, f"address {said}"
    return (
        Standing.WRONG,
        f"it has the address {said or '(none)'}, and ours is {own.address}: mail to us goes elsewhere",
    )


def _signing(said: Iterable[x509.Certificate], keys: OwnKeys, now: datetime) -> Judged:
    shown, ours = tuple(said), keys.signing.at(now).certificate
    if ours in shown:
        return Standing.FITS, "our signing certificate"
    if any(one.certificate in shown for one in keys.signing.identities):
        return Standing.CHANGING, "it has the signing certificate of another time's pair of ours"
    return Standing.WRONG, (
        f"it has {_named(shown)} to sign with, and we sign with {thumbprint(ours)}: partners refuse our messages"
    )


def _encryption(said: Iterable[x509.Certificate], keys: OwnKeys, now: datetime) -> Judged:
    shown = tuple(said)
    opening = [pair.certificate for pair in keys.encryption.at(now).pairs]
    if shown and all(one in opening[:1] for one in shown):
        return Standing.FITS, "our encryption certificate"
    if shown and all(one in opening for one in shown):
        return (
            Standing.CHANGING,
            "it has the encryption certificate of an old pair of ours, which opens for a while yet",
        )
    return Standing.WRONG, f"it has {_named(shown)} to encrypt to, and no key of ours opens that"


def _named(shown: tuple[x509.Certificate, ...]) -> str:
    return ", ".join(thumbprint(one) for one in shown) or "no certificate"
