"""Whether every rule about envelopes that a program can check is broken by what breaks it, and kept by what keeps it.

Each case takes a clean mail, changes as little as possible, and breaks one rule and no other. The clean mail is the
case that keeps the rule: nothing is said about it, on either side.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from adapter.crypto.certificates import Usage
from adapter.crypto.policy import NATIONAL
from adapter.crypto.verification import ExpectedSigner
from adapter.crypto.verified import Part
from adapter.envelope.mail import payload_body, signal_body
from adapter.envelope.open import admit, decrypt, verify
from adapter.envelope.rules import ADDRESSING, BY_ID, RULES, judge, judge_opened
from adapter.envelope.rules.rule import Consequence, Context
from adapter.envelope.rules.subject import of_mail, of_unpacked
from adapter.envelope.signals import EbError, ErrorSeverity
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import AdapterError
from adapter.messages.findings import Severity
from adapter.messages.rules.rule import Side
from adapter.testing.forger import (
    C14N,
    C14N_10,
    ENVELOPE_REFERENCE,
    ENVELOPED,
    METHODS,
    RSA_SHA1,
    RSA_SHA256,
    SHA1,
    SIGNATURE_HERE,
    forge,
    key_info,
    reference,
    xpath_transform,
)

# ── clean mails ─────────────────────────────────────────────────────────────────────────────────────────────────────


def ours(world, kind):
    """A mail of each kind, sealed by ourselves."""
    if kind == "payload":
        return world.mail(world.seal().body)
    if kind == "acknowledgment":
        verified = world.verify(world.mail(world.seal().body))
        sealed = world.municipality_seals.acknowledge(verified, world.signal_id, world.now, world.now)
    else:
        to = verified_address(world)
        error = EbError("Unknown", ErrorSeverity.ERROR, "", "x")
        sealed = world.municipality_seals.object_to(to, (error,), world.signal_id, world.now)
    return world.mail(sealed.body)


def verified_address(world):
    address = unpack(world.mail(world.seal().body)).reply_to
    assert address is not None
    return address


@dataclass(frozen=True)
class Case:
    """How a clean mail of a kind is changed: its envelope before it is signed or after it, its parts, or its octets."""

    kind: str = "payload"
    before: Callable[[str], str] = str
    after: Callable[[bytes], bytes] = bytes
    parts: Callable[[tuple[Part, ...]], tuple[Part, ...]] = tuple
    mail: Callable[[bytes], bytes] = bytes
    signed: Callable[[tuple[Part, ...]], str] | None = None
    how: dict[str, object] = field(default_factory=dict)
    wrapped: bool = False
    later: timedelta = timedelta()
    signer: Callable[[object], object] | None = None

    def signed_by(self, world):
        if self.signer is not None:
            return self.signer(world)
        return world.hospital.signing if self.kind == "payload" else world.municipality.signing

    def open(self, world):
        """Open the mail at a receiver whose directory knows who signed."""
        message = world.read(self.octets(world))
        expected = ExpectedSigner("9", "partner file", (self.signed_by(world).certificate,), world.pki.anchors)
        verified = verify(message, expected, NATIONAL, world.now)
        hers = frozenset({world.hospital_her, world.municipality_her})
        remarks = admit(message, hers, world.now + self.later)
        decrypt(verified, world.municipality.keys, NATIONAL, world.now)
        return verified, (*verified.findings, *remarks)

    def octets(self, world) -> bytes:
        unpacked = unpack(ours(world, self.kind))
        assert isinstance(unpacked, Unpacked)
        text = re.sub("<ds:Signature .*</ds:Signature>", SIGNATURE_HERE, unpacked.envelope.octets.decode(), flags=re.S)
        parts = self.parts(unpacked.attachments)
        uris = self.signed(parts) if self.signed else "".join(reference(f"cid:{part.content_id}") for part in parts)
        signer = self.signed_by(world)
        how = {"references": ENVELOPE_REFERENCE + uris} | {
            name: value(world) if callable(value) and name == "key" else value for name, value in self.how.items()
        }
        envelope = forge(self.before(text), signer, {part.content_id: part.octets for part in parts}, **how)
        envelope = self.after(envelope)
        many = self.kind == "payload" or self.wrapped
        body = payload_body(envelope, "env", parts, "=_b") if many else signal_body(envelope)
        return self.mail(world.mail(body))


def swap(old, new, count=1):
    def change(text):
        if isinstance(text, bytes):
            assert old.encode() in text
            return text.replace(old.encode(), new.encode(), count)
        assert old in text
        return text.replace(old, new, count)

    return change


def cut(pattern):
    def change(text):
        assert re.search(pattern, text, re.S)
        return re.sub(pattern, "", text, count=1, flags=re.S)

    return change


def header(name, value=None):
    """Take a mail header away, or give it another value."""

    def change(octets):
        new = b"" if value is None else f"{name}: {value}".rstrip().encode() + b"\r\n"
        changed = re.sub(rb"(?mi)^" + name.encode() + rb":[^\r]*\r\n", lambda _: new, octets, count=1)
        assert changed != octets
        return changed

    return change


def soap_part(headers, encode=lambda octets: octets.replace(b"\n", b"\r\n")):
    """Write the SOAP part of a multipart mail in another way."""

    def change(octets):
        found = re.search(rb"--=_b\r\nContent-ID: <env>\r\n.*?\r\n\r\n(.*?)(?=--=_b)", octets, re.S)
        assert found
        content = base64.b64decode(found[1])
        part = b"--=_b\r\n" + headers.encode() + b"\r\n" + encode(content) + b"\r\n"
        return octets.replace(found[0], part)

    return change


def quoted(octets):
    """The attachment of a mail in quoted-printable."""
    found = re.search(
        rb"Content-Transfer-Encoding: base64\r\n(Content-Disposition.*?\r\n\r\n)(.*?)(?=--=_b--)", octets, re.S
    )
    assert found
    content = "".join(
        f"={one:02X}" + "=\r\n" * (place % 20 == 0) for place, one in enumerate(base64.b64decode(found[2]))
    ).encode()
    part = b"Content-Transfer-Encoding: quoted-printable\r\n" + found[1] + content + b"\r\n"
    return octets.replace(found[0], part)


def extra(content_id, octets=None):
    """One more attachment, a CMS object unless told otherwise."""
    return lambda parts: (*parts, Part(content_id, parts[0].octets if octets is None else octets))


def renamed(parts):
    return (Part("other", parts[0].octets),)


def two_named(text):
    """A Manifest with a second Reference, to another attachment."""
    found = re.search("<eb:Reference .*</eb:Reference>", text, re.S)
    assert found
    return text.replace(found[0], found[0] + found[0].replace(CID, "cid:other"))


def wrapped(world):
    """A KeyInfo whose base64 is in lines."""
    info = key_info(world.hospital.signing)
    return re.sub("([A-Za-z0-9+/=]{76})", r"\1\n", info)


SHORT_LINES = {"key": wrapped, "change": lambda text: text.replace("><", ">\n<")}
"""A signature that goes through a mail as it is."""


def none_of(parts):
    return ()


def as_named(parts):
    """The reference that the Manifest of the clean message has, whatever is attached."""
    return reference("cid:c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e")


ID = "5f1d4b7a-93b1-4b0f-8a0c-2f4f7e1b9c55"
CID = "cid:c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e"
FROM = '<eb:From><eb:PartyId eb:type="HER">9</eb:PartyId>'
ASKS = "<eb:AckRequested.*</eb:AckRequested>"
REQUEST = '<eb:AckRequested SOAP:mustUnderstand="1" eb:signed="true" eb:version="2.0"/>'
MANIFEST = r"<eb:Manifest.*</eb:Manifest>"
CLEAN_REQUEST = "urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"
TEXT_XML = 'Content-Type: text/xml; charset="UTF-8"'
PASSED = "<eb:TimeToLive>2012-03-05T10:15:29Z</eb:TimeToLive>"
SCHEMA = "http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01"
OTHER_SCHEMA = "http://www.kith.no/xmlstds/po/Innleggelsesrapport/2012-04-01"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ACK, ERROR = {"kind": "acknowledgment"}, {"kind": "error"}
ACK_BLOCK = (
    '<eb:Acknowledgment SOAP:mustUnderstand="1" eb:version="2.0"><eb:Timestamp>2012-03-05T10:15:30Z</eb:Timestamp>'
    f"<eb:RefToMessageId>{ID}</eb:RefToMessageId></eb:Acknowledgment>"
)
ERROR_BLOCK = (
    '<eb:ErrorList SOAP:mustUnderstand="1" eb:version="2.0" eb:highestSeverity="Error">'
    '<eb:Error eb:errorCode="Unknown" eb:severity="Error"/></eb:ErrorList>'
)


def before(text, new):
    """Put a block before AckRequested, Acknowledgment or ErrorList, whichever there is."""
    return lambda envelope: re.sub(rf"(<eb:{text})", lambda found: new + found[1], envelope, count=1)


def twice(pattern):
    return lambda text: re.sub(f"({pattern})", r"\1\1", text, count=1, flags=re.S)


def own_signature(*pieces, methods=METHODS):
    """A KeyInfo, SignatureValue or SignedInfo taken out of a signature before it is computed."""

    def change(text):
        for piece in pieces:
            text = cut(piece)(text)
        return text

    return {"change": change}


def shown(octets):
    """A KeyInfo with that text as its certificate."""
    return f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{octets}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"


def pair_of(usage, **validity):
    return cache(lambda world: world.pki.pair("Sykehuset", "123456789", usage, **validity))


CASES = {
    "EB-001": Case(mail=header("From")),
    "EB-002": Case(mail=header("From", "")),
    "EB-003": Case(mail=header("To")),
    "EB-004": Case(mail=header("To", "")),
    "EB-005": Case(mail=header("Message-ID")),
    "EB-006": Case(mail=header("Message-ID", "")),
    "EB-007": Case(mail=header("Date")),
    "EB-008": Case(mail=header("Date", "")),
    "EB-009": Case(mail=header("MIME-Version")),
    "EB-010": Case(mail=header("MIME-Version", "2.0")),
    "EB-011": Case(mail=header("SOAPAction")),
    "EB-012": Case(mail=header("SOAPAction", '"Other"')),
    "EB-013": Case(**ACK, mail=swap(TEXT_XML, "Content-Type: text/plain")),
    "EB-014": Case(mail=swap("multipart/related", "multipart/mixed")),
    "EB-015": Case(mail=swap('type="text/xml"', 'type="text/html"')),
    "EB-016": Case(mail=swap('start="<env>"', 'start="<other>"')),
    "EB-017": Case(mail=swap("--=_b--\r\n", "")),
    "EB-018": Case(mail=swap(TEXT_XML, "Content-Type: application/xml")),
    "EB-019": Case(mail=swap(TEXT_XML, "Content-Type: application/soap+xml; charset=UTF-8")),
    "EB-020": Case(mail=swap(TEXT_XML, "Content-Type: text/xml")),
    "EB-021": Case(mail=soap_part(f"Content-ID: <env>\r\n{TEXT_XML}\r\n"), how=SHORT_LINES),
    "EB-022": Case(
        mail=soap_part(f"Content-ID: <env>\r\n{TEXT_XML}\r\nContent-Transfer-Encoding: 7bit\r\n"),
        how=SHORT_LINES,
    ),
    "EB-023": Case(mail=quoted),
    "EB-024": Case(mail=swap("smime-type=enveloped-data", "smime-type=signed-data")),
    "EB-025": Case(parts=extra("c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e"), signed=as_named),
    "EB-026": Case(parts=extra("other"), signed=as_named),
    "EB-027": Case(
        mail=lambda octets: octets.replace(b"Content-Transfer-Encoding: base64\r\nContent-Disp",
                                           b"Content-Encoding: base64\r\nContent-Disp"),
    ),
    "EB-028": Case(**ACK, wrapped=True),
    "EB-029": Case(mail=swap("\r\nMIME-Version", "\nMIME-Version")),
    "EB-031": Case(mail=header("From", "Sykehuset <sykehus@edi.example>")),
    "EB-101": Case(after=lambda octets: re.sub(rb"<\?xml.*?\?>\s*", b"", octets)),
    "EB-102": Case(after=lambda octets: octets.replace(b"version='1.0'", b"version='1.1'", 1)),
    "EB-103": Case(
        after=lambda octets: octets.replace(b"encoding='UTF-8'", b"encoding='ISO-8859-1'", 1),
        mail=swap('charset="UTF-8"', 'charset="ISO-8859-1"'),
    ),
    "EB-104": Case(mail=swap('charset="UTF-8"', 'charset="ISO-8859-1"')),
    "EB-105": Case(after=lambda octets: octets[:-20]),
    "EB-106": Case(after=lambda octets: octets.replace(b"?>", b"?><!DOCTYPE x>", 1)),
    "EB-107": Case(before=swap("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")),
    "EB-111": Case(after=lambda octets: re.sub(rb"<SOAP:Header>.*</SOAP:Header>", b"", octets, flags=re.S)),
    "EB-112": Case(**ACK, before=cut(r"<SOAP:Body></SOAP:Body>")),
    "EB-113": Case(before=before("AckRequested", '<x xmlns="urn:x" SOAP:mustUnderstand="1"/>')),
    "EB-114": Case(**ACK, before=swap("<SOAP:Body>", '<SOAP:Body><x xmlns="urn:x"/>')),
    "EB-116": Case(before=before("AckRequested", "<eb:SyncReply/>")),
    "EB-117": Case(before=before("AckRequested", "<eb:MessageOrder/>")),
    "EB-118": Case(before=swap(CLEAN_REQUEST, "urn:oasis:names:tc:ebxml-msg:actor:nextMSH")),
    "EB-120": Case(before=swap("</eb:MessageHeader>", REQUEST + "</eb:MessageHeader>")),
    "EB-201": Case(before=cut("<eb:MessageHeader.*</eb:MessageHeader>")),
    "EB-202": Case(before=swap(' eb:version="2.0">\n<eb:From', ">\n<eb:From")),
    "EB-203": Case(before=swap('eb:version="2.0">\n<eb:From', 'eb:version="1.0">\n<eb:From')),
    "EB-204": Case(before=swap('<eb:MessageHeader SOAP:mustUnderstand="1"', "<eb:MessageHeader")),
    "EB-205": Case(before=swap('MessageHeader SOAP:mustUnderstand="1"', 'MessageHeader SOAP:mustUnderstand="true"')),
    "EB-206": Case(before=cut("<eb:MessageId>.*</eb:MessageId>")),
    "EB-207": Case(before=swap(ID, "20250124-114229-35564")),
    "EB-209": Case(before=cut("<eb:Timestamp>.*</eb:Timestamp>")),
    "EB-210": Case(before=swap("2012-03-05T10", "2012-13-05T10")),
    "EB-211": Case(later=timedelta(days=31)),
    "EB-212": Case(before=cut("<eb:CPAId>.*</eb:CPAId>")),
    "EB-213": Case(before=swap(">9_10<", ">KITH-GenericCPAId<")),
    "EB-214": Case(before=swap(">9_10<", ">10_9<")),
    "EB-215": Case(before=cut("<eb:From>.*</eb:From>")),
    "EB-216": Case(before=cut("<eb:To>.*</eb:To>")),
    "EB-217": Case(before=swap('<eb:PartyId eb:type="HER">9</eb:PartyId>', "")),
    "EB-218": Case(before=swap('eb:type="HER">9<', 'eb:type="HER"><')),
    "EB-219": Case(before=swap('eb:type="HER">9<', 'eb:type="ENH">9<')),
    "EB-220": Case(before=swap(FROM, FROM + '<eb:PartyId eb:type="HER">8</eb:PartyId>')),
    "EB-221": Case(before=swap('eb:type="HER">9<', 'eb:type="HER">9a<')),
    "EB-222": Case(before=swap(FROM, FROM + 2 * '<eb:PartyId eb:type="ENH">1</eb:PartyId>')),
    "EB-223": Case(before=swap(FROM, FROM + "<eb:PartyId>1</eb:PartyId>")),
    "EB-224": Case(before=cut("<eb:Role>LOG_INNLAGTsender</eb:Role>")),
    "EB-225": Case(**ACK, before=swap("</eb:From>", "<eb:Role>LOG_INNLAGTreceiver</eb:Role></eb:From>")),
    "EB-226": Case(before=cut("<eb:Service.*</eb:Service>")),
    "EB-227": Case(before=swap(' eb:type="kithService"', "")),
    "EB-228": Case(before=cut("<eb:Action>.*</eb:Action>")),
    "EB-229": Case(before=cut("<eb:ConversationId>.*</eb:ConversationId>")),
    "EB-230": Case(before=swap(">S-LOG_INNLAGT<", ">S-LOG_UTSKREVET<")),
    "EB-234": Case(before=swap("</eb:Timestamp>", f"</eb:Timestamp>{PASSED}")),
    "EB-235": Case(before=swap("</eb:Timestamp>", f"</eb:Timestamp><eb:RefToMessageId>{ID}</eb:RefToMessageId>")),
    "EB-236": Case(**ACK, before=swap("</eb:MessageData>", "</eb:MessageData><eb:DuplicateElimination/>")),
    "EB-301": Case(after=lambda octets: re.sub(rb"<ds:Signature .*</ds:Signature>", b"", octets, flags=re.S)),
    "EB-302": Case(after=lambda octets: re.sub(rb"(<ds:Signature .*</ds:Signature>)", rb"\1\1", octets, flags=re.S)),
    "EB-303": Case(how=own_signature("<ds:SignedInfo>.*</ds:SignedInfo>")),
    "EB-304": Case(how=own_signature("<ds:SignatureValue/>")),
    "EB-305": Case(how=own_signature("<ds:KeyInfo>.*</ds:KeyInfo>")),
    "EB-306": Case(how={"references": ""}),
    "EB-307": Case(how={"references": reference(CID)}),
    "EB-308": Case(how={"references": ENVELOPE_REFERENCE + reference(CID) + reference("http://example.com/")}),
    "EB-309": Case(how={"references": ENVELOPE_REFERENCE + reference(CID) + reference("").replace(' URI=""', "")}),
    "EB-310": Case(how={"references": ENVELOPE_REFERENCE + reference(CID).replace("<ds:DigestValue/>", "")}),
    "EB-311": Case(how={"references": ENVELOPE_REFERENCE + reference(CID, digest=SHA1)}),
    "EB-312": Case(how={"references": reference("", xpath_transform() + C14N) + reference(CID)}),
    "EB-313": Case(how={"references": reference("", ENVELOPED + xpath_transform("true()") + C14N) + reference(CID)}),
    "EB-314": Case(
        how={
            "references": reference("", ENVELOPED + xpath_transform() + C14N.replace(C14N_10, EXCLUSIVE))
            + reference(CID)
        }
    ),
    "EB-315": Case(how={"references": reference("", ENVELOPED + C14N) + reference(CID)}),
    "EB-316": Case(how={"methods": METHODS.replace(C14N_10, EXCLUSIVE)}),
    "EB-317": Case(how={"methods": METHODS.replace(RSA_SHA256, RSA_SHA1)}),
    "EB-318": Case(how={"key": lambda world: "<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>"}),
    "EB-319": Case(how={"key": lambda world: "<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>"}),
    "EB-320": Case(how={"key": lambda world: key_info(world.hospital.signing, world.hospital.encryption)}),
    "EB-321": Case(how={"key": lambda world: shown("AAAA")}),
    "EB-322": Case(signer=pair_of(Usage.SIGNING, valid_from=datetime(2012, 3, 6, tzinfo=UTC))),
    "EB-323": Case(signer=pair_of(Usage.SIGNING, valid_until=datetime(2012, 3, 4, tzinfo=UTC))),
    "EB-324": Case(signer=lambda world: world.hospital.encryption),
    "EB-326": Case(after=swap(">9_10<", ">9_10_3<")),
    "EB-327": Case(before=swap(CID, "cid:other"), parts=renamed, signed=as_named),
    "EB-329": Case(how={"references": ENVELOPE_REFERENCE + reference(CID, C14N)}),
    "EB-330": Case(how={"after": "<ds:Object/>"}),
    "EB-401": Case(**ACK, before=cut("<eb:Acknowledgment .*</eb:Acknowledgment>")),
    "EB-402": Case(before=twice(MANIFEST)),
    "EB-403": Case(**ACK, before=before("Acknowledgment ", ERROR_BLOCK)),
    "EB-404": Case(**ACK, before=before("Acknowledgment ", REQUEST)),
    "EB-405": Case(before=before("AckRequested", ACK_BLOCK)),
    "EB-406": Case(**ERROR, before=before("ErrorList", REQUEST)),
    "EB-407": Case(before=before("AckRequested", ERROR_BLOCK)),
    "EB-408": Case(before=twice("<eb:CPAId>.*</eb:CPAId>")),
    "EB-411": Case(**ACK, before=swap("urn:oasis:names:tc:ebxml-msg:service<", "urn:x:y<")),
    "EB-412": Case(**ACK, before=swap("<eb:Action>Acknowledgment<", "<eb:Action>Acknowledgement<")),
    "EB-413": Case(**ACK, before=cut("<eb:RefToMessageId>.*</eb:RefToMessageId>")),
    "EB-414": Case(
        **ACK, before=swap("</eb:Timestamp>", f"</eb:Timestamp><eb:RefToMessageId>{ID}</eb:RefToMessageId>")
    ),
    "EB-416": Case(**ACK, before=cut('<ds:Reference [^>]*URI="">.*?</ds:Reference>')),
    "EB-420": Case(**ACK, before=cut('(?<=<eb:Acknowledgment )SOAP:actor="[^"]*" SOAP:mustUnderstand="1" ')),
    "EB-421": Case(**ERROR, before=swap("urn:oasis:names:tc:ebxml-msg:service<", "urn:x:y<")),
    "EB-422": Case(**ERROR, before=swap("<eb:Action>MessageError<", "<eb:Action>Error<")),
    "EB-423": Case(**ERROR, before=cut("<eb:RefToMessageId>.*</eb:RefToMessageId>")),
    "EB-425": Case(**ERROR, before=swap('eb:highestSeverity="Error"', 'eb:highestSeverity="Warning"')),
    "EB-426": Case(**ERROR, before=swap('eb:errorCode="Unknown"', 'eb:errorCode="Whatever"')),
    "EB-429": Case(**ACK, how={"references": ENVELOPE_REFERENCE + reference("cid:ebxmlpayload@example.com")}),
    "EB-431": Case(before=cut("<eb:DuplicateElimination>.*</eb:DuplicateElimination>")),
    "EB-432": Case(before=cut(ASKS)),
    "EB-433": Case(before=swap('toPartyMSH" SOAP:mustUnderstand="1"', 'toPartyMSH"')),
    "EB-434": Case(before=swap('toPartyMSH" SOAP:mustUnderstand="1"', 'toPartyMSH" SOAP:mustUnderstand="true"')),
    "EB-435": Case(before=swap('eb:signed="true"', 'eb:signed="false"')),
    "EB-436": Case(before=swap('eb:signed="true" eb:version="2.0"', 'eb:signed="true"')),
    "EB-441": Case(before=swap('<eb:Manifest eb:version="2.0"', '<eb:Manifest eb:version="1.0"')),
    "EB-442": Case(before=cut("<eb:Reference .*</eb:Reference>"), parts=none_of),
    "EB-443": Case(parts=none_of, signed=as_named),
    "EB-444": Case(before=swap(f'xlink:href="{CID}"', 'xlink:href=""'), parts=none_of),
    "EB-445": Case(
        before=two_named,
        signed=lambda parts: reference(CID) + reference("cid:other"),
    ),
    "EB-446": Case(before=cut(MANIFEST)),
    "EB-447": Case(before=swap(CID, "http://example.com/"), parts=none_of, signed=lambda parts: ""),
    "EB-451": Case(before=cut("<eb:Schema .*</eb:Schema>")),
    "EB-452": Case(before=swap('eb:version="1.6"', 'eb:version="0"')),
    "EB-453": Case(before=swap(SCHEMA, "urn:x")),
    "EB-454": Case(before=swap('eb:version="1.6"', 'eb:version="1.5"')),
    "EB-455": Case(before=swap(SCHEMA, OTHER_SCHEMA)),
    "EB-457": Case(before=swap('"MSH-system":"adapter",', "")),
    "EB-458": Case(before=swap('"MSH-versjon":"1.0",', "")),
    "EB-459": Case(before=swap('"MSH-system":"adapter"', '"MSH-system":" "')),
    "EB-460": Case(before=swap('"MSH-versjon":"1.0"', '"MSH-versjon":1')),
    "EB-462": Case(before=swap('{"MSH-system"', '"MSH-system"')),
    "EB-501": Case(parts=lambda parts: (Part(parts[0].content_id, b"<x/>"),)),
    "EB-503": Case(
        parts=lambda parts: (
            Part(
                parts[0].content_id,
                parts[0].octets.replace(bytes.fromhex("60864801650304012a"), bytes.fromhex("608648016503040101"), 1),
            ),
        )
    ),
    "EB-635": Case(before=cut(MANIFEST), parts=none_of),
}  # fmt: skip
"""Rule to the change that breaks it and only it."""

MORE = {
    "EB-015": [Case(mail=swap('; type="text/xml"', ""))],
    "EB-012": [Case(mail=header("SOAPAction", "ebxml"))],
    "EB-106": [Case(before=swap("<SOAP:Body>", "<SOAP:Body><?x y?>"))],
    "EB-111": [Case(before=swap("</SOAP:Header>", "</SOAP:Header><SOAP:Header></SOAP:Header>"))],
    "EB-230": [
        Case(before=swap(">S-LOG_INNLAGT<", ">LOG_INNLAGT<")),
        Case(before=swap("LOG_INNLAGTsender", "LOG_INNLAGTSender")),
    ],
    "EB-315": [
        Case(how={"references": reference("", ENVELOPED + C14N + xpath_transform() + C14N) + reference(CID)}),
    ],
    "EB-408": [
        Case(before=twice("<eb:MessageId>.*</eb:MessageId>")),
        Case(before=twice(ASKS)),
    ],
    "EB-423": [Case(**ERROR, before=swap(f"<eb:RefToMessageId>{ID}<", "<eb:RefToMessageId>odd<"))],
    "EB-425": [Case(**ERROR, before=swap('eb:severity="Error"', 'eb:severity="Fatal"'))],
    "EB-447": [Case(before=twice("<eb:Reference .*</eb:Reference>"))],
}
"""Further ways to break a rule."""

CHECKED = [rule.id for rule in RULES if rule.check is not None]


def _judged(case, world, side):
    return judge(of_mail(case.octets(world)), Context(side, world.now + case.later))


@pytest.mark.parametrize("kind", ["payload", "acknowledgment", "error"])
@pytest.mark.parametrize("side", list(Side))
def test_clean_mails_keep_every_rule(world, kind, side):
    """What we seal, and what the other implementation signs, break nothing on either side."""
    assert judge(of_mail(ours(world, kind)), Context(side, world.now)) == ()
    assert _judged(Case(kind=kind), world, side) == ()


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_broken_by_its_case_and_by_no_other(world, rule):
    """One change breaks one rule; the findings say how bad it is, where, and by which norm."""
    row = BY_ID[rule]
    for side in Side:
        found = _judged(CASES[rule], world, side)
        applies = (row.send if side is Side.SEND else row.receive) is not None
        assert {one.rule for one in found} == ({rule} if applies else set())
        if side is Side.SEND:
            assert all(one.severity is Severity.ERROR for one in found)


@pytest.mark.parametrize(("rule", "case"), [(rule, case) for rule, cases in MORE.items() for case in cases])
def test_other_ways_to_break_a_rule(world, rule, case):
    """Nor does it matter in which way."""
    found = {one.rule for one in _judged(case, world, Side.RECEIVE)}
    assert found == {rule}


def test_every_rule_that_a_program_checks_has_a_case_that_breaks_it():
    """A rule without a case that breaks it does not exist."""
    assert sorted(CASES) == sorted(CHECKED)


OUTSIDE = re.compile(r"[A-Z][A-Za-z]*(-[A-Za-z]+)+|From|To|Date|SOAPAction|cid:.*")
"""What has no line of the envelope: a field of the mail, or an attachment, which stand beside it."""


@pytest.mark.parametrize(
    ("rule", "case"),
    [*CASES.items(), *((rule, case) for rule, cases in MORE.items() for case in cases)],
)
def test_a_finding_has_a_line_wherever_the_envelope_has_a_place(world, rule, case):
    """An element, or what stands around one that is missing, is pointed at; a field of the mail is named."""
    found = [one for side in Side for one in _judged(case, world, side)]
    assert found
    assert {one.path for one in found if one.line is None and not OUTSIDE.fullmatch(one.path)} == set()


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.opened])
def test_what_opening_decides_it_tells(world, rule):
    """A rule that is left out on receiving because opening decides it is told, or refused, by opening."""
    case = CASES[rule]
    try:
        _, findings = case.open(world)
        found = {one.rule for one in findings}
    except AdapterError as error:
        found = {getattr(error, "rule", error.id)}
    assert rule in found


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.check and not rule.opened and rule.receive])
def test_what_opening_lets_pass_the_other_rules_tell(world, rule):
    """Of a mail that was opened the rest of the rules are asked over the same tree; one or the other tells."""
    case = CASES[rule]
    try:
        verified, findings = case.open(world)
    except AdapterError:
        return
    found = judge_opened(of_unpacked(verified.message.unpacked), Context(Side.RECEIVE, world.now + case.later))
    assert rule in {one.rule for one in (*found, *findings)}


def test_what_refuses_on_receiving_is_refused_by_opening(world):
    """No rule whose consequence is Error or Fault is broken by a mail that opens and verifies without a word."""
    let_pass = []
    for rule, case in CASES.items():
        found = [one for one in _judged(case, world, Side.RECEIVE) if one.severity is Severity.ERROR]
        if not found or BY_ID[rule].receive is Consequence.DROP:
            continue
        with suppress(AdapterError):
            case.open(world)
            let_pass.append(rule)
    assert let_pass == []


def test_addressing_is_left_out_before_a_message_has_mail_headers(world):
    """A sealed body without mail headers breaks only the rules that are about them."""
    found = {one.rule for one in judge(of_mail(world.seal().body), Context(Side.SEND))}
    assert found == {"EB-001", "EB-003", "EB-005", "EB-007"}
    assert found <= ADDRESSING
    assert judge(of_mail(world.seal().body), Context(Side.SEND), ADDRESSING) == ()


def test_a_mail_that_cannot_be_taken_apart_is_judged_as_far_as_it_can_be(world):
    """Broken base64 of the attachment, a wrong MIME version and an odd MessageId are all told (EB-627)."""
    case = Case(
        before=swap(ID, "odd"),
        mail=lambda octets: header("MIME-Version", "2.0")(re.sub(rb'(payload\.p7m"\r\n\r\n....)', rb"\1!", octets)),
    )
    found = {one.rule for one in _judged(case, world, Side.RECEIVE)}
    assert {"EB-010", "EB-023", "EB-207"} <= found


@pytest.mark.parametrize("octets", [b"", b"\x00", b"From: x\n\n", b"x" * 70_000, b"--b\r\n" * 300])
def test_no_octets_are_too_strange_to_be_judged(octets):
    """Rubbish has findings, never an exception."""
    assert isinstance(judge(of_mail(octets), Context(Side.RECEIVE)), tuple)
