"""An agreement (CPA 2.0) of two parties, or the profile (CPP) of one, as the register writes them, for its stand-in.

It has the form of the register's templates (`ebxml.md` §8.2): qualified attributes, addresses as `mailto://`, one
CollaborationRole for each version of a process and each role in it, SHA-1 named as the algorithm that nobody uses any
more.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import quoteattr

from cryptography.hazmat.primitives.serialization import Encoding

from adapter.envelope.cpa import CPPA
from adapter.envelope.routing import Process
from adapter.testing.pki import Organisation
from adapter.values import HerId, utc_text

_XLINK = "http://www.w3.org/1999/xlink"
_DS = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True, slots=True)
class Agreeing:
    """One of the two: who it is, where it gets its mail, its keys, and what it sends: (message type, version)."""

    her: HerId
    address: str
    keys: Organisation
    sends: tuple[tuple[str, str], ...]


def cpa_xml(
    cpa_id: str,
    one: Agreeing,
    other: Agreeing,
    first: datetime,
    last: datetime,
    *,
    retries: int = 4,
    interval: str = "PT720M",
    persist: str = "P4D",
) -> bytes:
    """The document. What one sends, the other receives, and receipts."""
    reliable = (
        f"<ReliableMessaging><Retries>{retries}</Retries><RetryInterval>{interval}</RetryInterval>"
        "<MessageOrderSemantics>NotGuaranteed</MessageOrderSemantics></ReliableMessaging>"
        f"<PersistDuration>{persist}</PersistDuration>"
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<CollaborationProtocolAgreement xmlns="{CPPA}" xmlns:tp="{CPPA}" xmlns:xlink="{_XLINK}" '
        f'tp:cpaid={quoteattr(cpa_id)} tp:version="1">\n'
        f'<Status tp:value="proposed"/>\n<Start>{utc_text(first)}</Start>\n<End>{utc_text(last)}</End>\n'
        f"{_party(one, other.sends, reliable)}\n{_party(other, one.sends, reliable)}\n"
        '<SimplePart tp:id="message" tp:mimetype="application/xml"/>\n'
        '<Packaging tp:id="package"><ProcessingCapabilities tp:parse="true" tp:generate="true"/>'
        '<CompositeList><Composite tp:id="composite" tp:mimetype="multipart/related" '
        'tp:mimeparameters="type=&quot;text/xml&quot;"><Constituent tp:idref="message"/></Composite></CompositeList>'
        "</Packaging>\n</CollaborationProtocolAgreement>\n"
    ).encode()


def cpp_xml(party: Agreeing, takes: tuple[tuple[str, str], ...]) -> bytes:
    """The profile (CPP 2.0) of a party: what it sends, and what it takes."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<CollaborationProtocolProfile xmlns="{CPPA}" xmlns:tp="{CPPA}" xmlns:xlink="{_XLINK}" '
        f'tp:cppid="cpp-{party.her}" tp:version="1">\n{_party(party, takes, "")}\n</CollaborationProtocolProfile>\n'
    ).encode()


def _party(party: Agreeing, takes: tuple[tuple[str, str], ...], reliable: str) -> str:
    roles = "".join(_role(Process(code), version, "Send") for code, version in party.sends)
    roles += "".join(_role(Process(code), version, "Receive") for code, version in takes)
    sender = f'<ebXMLSenderBinding tp:version="2.0">{reliable}{_non_repudiation("Sender")}</ebXMLSenderBinding>'
    receiver = f'<ebXMLReceiverBinding tp:version="2.0">{reliable}{_non_repudiation("Receiver")}</ebXMLReceiverBinding>'
    return (
        '<PartyInfo tp:partyName="party" tp:defaultMshChannelId="smtp" tp:defaultMshPackageId="package">'
        f'<PartyId tp:type="HER">{party.her}</PartyId><PartyRef xlink:type="simple" xlink:href="urn:none"/>{roles}'
        f"{_certificate('signing', party.keys.signing.certificate.public_bytes(Encoding.DER))}"
        f"{_certificate('encryption', party.keys.encryption.certificate.public_bytes(Encoding.DER))}"
        '<DeliveryChannel tp:channelId="smtp" tp:transportId="mail" tp:docExchangeId="ebxml">'
        '<MessagingCharacteristics tp:ackRequested="always"/></DeliveryChannel>'
        '<Transport tp:transportId="mail">'
        '<TransportSender><TransportProtocol tp:version="1.1">SMTP</TransportProtocol></TransportSender>'
        '<TransportReceiver><TransportProtocol tp:version="1.1">SMTP</TransportProtocol>'
        f'<Endpoint tp:uri="mailto://{party.address}"/></TransportReceiver></Transport>'
        f'<DocExchange tp:docExchangeId="ebxml">{sender}{receiver}</DocExchange></PartyInfo>'
    )


def _role(process: Process, version: str, way: str) -> str:
    """What a party does with one version of a message: the message one way, its AppRec the other."""
    receipt = Process(process.code, receipt=True)
    number = 0 if way == "Send" else 1
    back = "Receive" if way == "Send" else "Send"
    bindings = {way: process.action, back: receipt.action}
    said = "".join(
        f'<Can{can}><ThisPartyActionBinding tp:id="{process.code}_{version}_{way}_{can}" tp:action="{bindings[can]}" '
        'tp:packageId="package"><BusinessTransactionCharacteristics tp:isNonRepudiationRequired="true" '
        'tp:isNonRepudiationReceiptRequired="true" tp:timeToPerform="P180M"/><ChannelId>smtp</ChannelId>'
        f"</ThisPartyActionBinding></Can{can}>"
        for can in ("Send", "Receive")
    )
    return (
        f'<CollaborationRole><ProcessSpecification tp:name="{process.code}" tp:version="{version}" '
        f'tp:uuid="47c7a5cb-e1d8-4aba-8794-08b9cf5354a2" xlink:type="simple" xlink:href="urn:{process.code}"/>'
        f'<Role tp:name="{process.roles[number]}" xlink:type="simple" xlink:href="urn:{process.code}"/>'
        '<ApplicationCertificateRef tp:certId="encryption"/>'
        f'<ServiceBinding><Service tp:type="string">{process.service}</Service>{said}</ServiceBinding>'
        "</CollaborationRole>"
    )


def _certificate(name: str, octets: bytes) -> str:
    text = base64.b64encode(octets).decode()
    return (
        f'<Certificate tp:certId="{name}"><KeyInfo xmlns="{_DS}"><X509Data><X509Certificate>{text}</X509Certificate>'
        "</X509Data></KeyInfo></Certificate>"
    )


def _non_repudiation(side: str) -> str:
    signed = '<SigningCertificateRef tp:certId="signing"/>' if side == "Sender" else ""
    return (
        f'<{side}NonRepudiation><NonRepudiationProtocol tp:version="1">{_DS}</NonRepudiationProtocol>'
        f"<HashFunction>{_DS}sha1</HashFunction>"
        f'<SignatureAlgorithm tp:oid="1.2.840.113549.1.1.5" tp:w3c="{_DS}rsa-sha1">RSA-SHA1</SignatureAlgorithm>'
        f"{signed}</{side}NonRepudiation>"
    )
