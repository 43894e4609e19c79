"""What have two parties agreed on: a collaboration protocol agreement (CPA 2.0), read and asked.

The address register computes an agreement from the profiles of two parties and issues it; nobody signs it
(`ebxml.md` §8.1). Of the document only that is read which matters while messages run (§8.2): who, when, which
bindings (a binding is one Action that a party can send or receive, in a Role, of a Service), which certificates, where
to, and how often to resend. Signature algorithms are not read: SHA-256 is sent whatever an old agreement says, and a
message is judged by the policy of the day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from adapter.crypto import strict_base64
from adapter.crypto.certificates import load_certificates
from adapter.envelope.names import DS
from adapter.errors import CPA_UNREADABLE, AdapterError
from adapter.messages.xml import Element, parse, tag_of
from adapter.values import EdiAddress, HerId, Zone, parse_moment

CPPA = "http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd"

_DURATION = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?")


class CpaStatus(IntEnum):
    """How the register stands to an agreement (HISD 1177 §6.2); the number is the one of its interface."""

    PROPOSED = 1
    VALID = 2
    REVOKED = 3
    EXPIRED = 4
    SUPERSEDED = 5
    """valid, but there is a newer one"""


MAY_SEND = frozenset({CpaStatus.VALID})
MAY_RECEIVE = frozenset({CpaStatus.VALID, CpaStatus.SUPERSEDED})
"""Under which status an agreement carries a message out, and in (`ebxml.md` §8.4)."""


class Can(StrEnum):
    """The direction of a binding, as the party sees it that has it."""

    SEND = "CanSend"
    RECEIVE = "CanReceive"


@dataclass(frozen=True, slots=True)
class Binding:
    """One Action that a party can send or receive. `version` is that of the document the process is about (`1.6`).

    `encryption` is the DER of the certificate to encrypt to, empty where the agreement names none; `channel` the id of
    the delivery channel.
    """

    can: Can
    service: str
    service_type: str
    action: str
    role: str
    process: str
    version: str
    channel: str
    encryption: bytes


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often and how long something is sent again: resends, the pause between them, the life of a message."""

    retries: int
    interval: timedelta
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Channel:
    """How a party is reached for some bindings. `signing` are the DER forms of what it signs with there."""

    id: str
    address: str
    reliability: Reliability | None
    signing: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CpaParty:
    """One of the two parties of an agreement."""

    her: HerId
    name: str
    bindings: tuple[Binding, ...]
    channels: tuple[Channel, ...]
    default_channel: str

    def channel(self, wanted: str) -> Channel | None:
        """The channel of that id."""
        return next((channel for channel in self.channels if channel.id == wanted), None)

    @property
    def signing(self) -> tuple[bytes, ...]:
        """Every certificate, in DER, that the party signs with on one of its channels; each once."""
        return tuple(dict.fromkeys(one for channel in self.channels for one in channel.signing))

    def address(self, binding: Binding) -> EdiAddress | None:
        """Where a message of that binding goes; None where the channel is no mail."""
        channel = self.channel(binding.channel)
        return _edi_address(channel.address) if channel is not None else None


@dataclass(frozen=True, slots=True)
class Cpa:
    """An agreement: its id (CPAId), its period (both ends included, UTC), its standing, its two parties."""

    id: str
    status: CpaStatus
    first: datetime
    last: datetime
    parties: tuple[CpaParty, CpaParty]

    def party(self, her: HerId) -> CpaParty | None:
        """The party of that HER-id."""
        return next((party for party in self.parties if party.her == her), None)

    def is_between(self, one: HerId, other: HerId) -> bool:
        """Whether these two are its parties."""
        return {party.her for party in self.parties} == {one, other}

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in the period of the agreement."""
        return self.first <= at <= self.last

    def bindings(self, her: HerId, can: Can, service: str, action: str, role: str) -> tuple[Binding, ...]:
        """What a party can do with that Service and Action in that Role; one for each version of the document."""
        party = self.party(her)
        wanted = (can, service, action, role)
        return tuple(
            one
            for one in (party.bindings if party is not None else ())
            if (one.can, one.service, one.action, one.role) == wanted
        )


def read_cpa(content: bytes, status: CpaStatus = CpaStatus.VALID) -> Cpa:
    """Read an agreement. `status` is the register's own word; the attribute in the document does not tell (§8.2).

    Raises `AdapterError`: CPA_UNREADABLE with the element that is wrong, or what `parse` raises.
    """
    root = parse(content, bare=True).getroot()
    if tag_of(root) != _tp("CollaborationProtocolAgreement"):
        raise AdapterError(CPA_UNREADABLE, "it is no CollaborationProtocolAgreement")
    parties = [_party(element) for element in root.findall(_tp("PartyInfo"))]
    if len(parties) != 2 or parties[0].her == parties[1].her:
        raise AdapterError(CPA_UNREADABLE, "it does not have two PartyInfo of different HER-ids")
    return Cpa(
        id=_required(root, "cpaid"),
        status=status,
        first=_moment(root, "Start"),
        last=_moment(root, "End"),
        parties=(parties[0], parties[1]),
    )


def read_cpp(content: bytes) -> CpaParty:
    """Read a profile (CPP 2.0): what one party can do, before anybody agrees to it (`ebxml.md` §8.1).

    Raises `AdapterError` as `read_cpa`.
    """
    root = parse(content, bare=True).getroot()
    if tag_of(root) != _tp("CollaborationProtocolProfile"):
        raise AdapterError(CPA_UNREADABLE, "it is no CollaborationProtocolProfile")
    parties = [_party(element) for element in root.findall(_tp("PartyInfo"))]
    if len(parties) != 1:
        raise AdapterError(CPA_UNREADABLE, "it does not have exactly one PartyInfo")
    return parties[0]


def _tp(name: str) -> str:
    return f"{{{CPPA}}}{name}"


def _said(element: Element, name: str) -> str:
    """An attribute, which the register writes qualified and others do not."""
    return (element.get(_tp(name)) or element.get(name) or "").strip()


def _required(element: Element, name: str) -> str:
    value = _said(element, name)
    if not value:
        raise AdapterError(CPA_UNREADABLE, f"{_name(element)} has no {name}")
    return value


def _name(element: Element) -> str:
    return tag_of(element).rpartition("}")[2]


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()


def _moment(root: Element, name: str) -> datetime:
    try:
        return parse_moment(_text(root.find(_tp(name))), Zone.ASSUMED_UTC).instant
    except ValueError:
        raise AdapterError(CPA_UNREADABLE, f"{name} is no date and time") from None


def _party(info: Element) -> CpaParty:
    certificates = {_required(one, "certId"): _certificate(one) for one in info.findall(_tp("Certificate"))}
    numbers = [_text(one) for one in info.findall(_tp("PartyId")) if _said(one, "type") == "HER"]
    try:
        [number] = set(numbers)
        her = HerId(number)
    except ValueError:
        raise AdapterError(CPA_UNREADABLE, "a PartyInfo has not exactly one PartyId of type HER") from None
    return CpaParty(
        her=her,
        name=_said(info, "partyName"),
        bindings=tuple(one for role in info.findall(_tp("CollaborationRole")) for one in _bindings(role, certificates)),
        channels=tuple(_channel(one, info, certificates) for one in info.findall(_tp("DeliveryChannel"))),
        default_channel=_said(info, "defaultMshChannelId"),
    )


def _certificate(element: Element) -> bytes:
    """The DER of a certificate; empty where the agreement gives only a name or a key."""
    found = element.find(f".//{{{DS}}}X509Certificate")
    if found is None:
        return b""
    try:
        octets = strict_base64.decode("".join(_text(found).split()).encode("ascii"))
        load_certificates(octets)
    except (ValueError, AdapterError):
        raise AdapterError(CPA_UNREADABLE, f"Certificate {_said(element, 'certId')} holds no certificate") from None
    return octets


def _bindings(role: Element, certificates: dict[str, bytes]) -> Iterator[Binding]:
    process, name = role.find(_tp("ProcessSpecification")), role.find(_tp("Role"))
    encrypted = role.find(_tp("ApplicationCertificateRef"))
    for service_binding in role.findall(_tp("ServiceBinding")):
        service = service_binding.find(_tp("Service"))
        for can in Can:
            for action in service_binding.findall(f"{_tp(can.value)}/{_tp('ThisPartyActionBinding')}"):
                yield Binding(
                    can=can,
                    service=_text(service),
                    service_type=_said(service, "type") if service is not None else "",
                    action=_required(action, "action"),
                    role=_said(name, "name") if name is not None else "",
                    process=_said(process, "name") if process is not None else "",
                    version=_said(process, "version") if process is not None else "",
                    channel=_text(action.find(_tp("ChannelId"))),
                    encryption=_referred(encrypted, certificates),
                )


def _referred(reference: Element | None, certificates: dict[str, bytes]) -> bytes:
    if reference is None:
        return b""
    wanted = _required(reference, "certId")
    if wanted not in certificates:
        raise AdapterError(CPA_UNREADABLE, f"{_name(reference)} names a Certificate that is not there")
    return certificates[wanted]


def _channel(channel: Element, info: Element, certificates: dict[str, bytes]) -> Channel:
    transport = _by_id(info, "Transport", "transportId", _said(channel, "transportId"))
    exchange = _by_id(info, "DocExchange", "docExchangeId", _said(channel, "docExchangeId"))
    endpoint = transport.find(f".//{_tp('Endpoint')}") if transport is not None else None
    sending = exchange.find(_tp("ebXMLSenderBinding")) if exchange is not None else None
    references = sending.iter(_tp("SigningCertificateRef")) if sending is not None else ()
    signing = tuple(octets for one in references if (octets := _referred(one, certificates)))
    address = _said(endpoint, "uri") if endpoint is not None else ""
    return Channel(_required(channel, "channelId"), address, _reliability(sending), signing)


def _by_id(info: Element, name: str, attribute: str, wanted: str) -> Element | None:
    return next((one for one in info.findall(_tp(name)) if _said(one, attribute) == wanted), None)


def _reliability(sending: Element | None) -> Reliability | None:
    reliable = sending.find(_tp("ReliableMessaging")) if sending is not None else None
    if sending is None or reliable is None:
        return None
    retries = _text(reliable.find(_tp("Retries")))
    if not re.fullmatch(r"[0-9]{1,3}", retries):
        raise AdapterError(CPA_UNREADABLE, "Retries is no small number")
    interval, lifetime = _duration(reliable, "RetryInterval"), _duration(sending, "PersistDuration")
    if interval <= timedelta(0) or lifetime <= timedelta(0):
        raise AdapterError(CPA_UNREADABLE, "RetryInterval and PersistDuration are longer than nothing")
    return Reliability(int(retries), interval, lifetime)


def _duration(parent: Element, name: str) -> timedelta:
    """An xs:duration of days and less; months and years have no fixed length and fit no resend."""
    match = _DURATION.fullmatch(_text(parent.find(_tp(name))))
    if match is None:
        raise AdapterError(CPA_UNREADABLE, f"{name} is no duration of days, hours, minutes and seconds")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _edi_address(uri: str) -> EdiAddress | None:
    """The address in `mailto:a@b` or, as the register writes it, `mailto://a@b`."""
    if not uri.lower().startswith("mailto:"):
        return None
    try:
        return EdiAddress(uri[len("mailto:") :].lstrip("/"))
    except ValueError:
        return None
