"""Reading, admitting, verifying and opening what peers send: every rule with a message that breaks it and only it."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.crypto import cms
from adapter.crypto.keys import DecryptionKeys
from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.crypto.verified import Part
from adapter.envelope.classify import Kind
from adapter.envelope.mail import payload_body
from adapter.envelope.open import ServiceMessage, VerifiedMessage, admit, decrypt, verify
from adapter.envelope.plaintext import Form
from adapter.envelope.respond import Answer, errors, refusal, warnings
from adapter.envelope.signals import AckMatch, Acknowledgment, ErrorList, match
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import WireCode
from adapter.testing.forger import C14N, DS, ENVELOPED, reference
from adapter.values import HerId


def swap(old, new, count=1):
    def change(text):
        assert old in text
        return text.replace(old, new, count)

    return change


def cut(pattern):
    return lambda text: re.sub(pattern, "", text, flags=re.DOTALL)


FROM = '<eb:From><eb:PartyId eb:type="HER">9</eb:PartyId>'
ID = "5f1d4b7a-93b1-4b0f-8a0c-2f4f7e1b9c55"
NEXT = 'SOAP:actor="http://schemas.xmlsoap.org/soap/actor/next"'

TOLERATED = {
    "nothing": (str, set()),
    "monitoring missing": (cut("<eb:Description.*</eb:Description>"), {"EB-457"}),
    "monitoring with a trailing comma": (swap('"2"}', '"2",}'), set()),
    "monitoring not json": (swap('{"MSH-system"', '"MSH-system"'), {"EB-462"}),
    "monitoring is a list": (lambda text: re.sub(r"\{.*\}", "[1]", text), {"EB-462"}),
    "monitoring without version": (swap('"MSH-versjon":"1.0",', ""), {"EB-458"}),
    "mustUnderstand missing": (swap('<eb:MessageHeader SOAP:mustUnderstand="1"', "<eb:MessageHeader"), {"EB-204"}),
    "mustUnderstand true": (
        swap('<eb:MessageHeader SOAP:mustUnderstand="1"', '<eb:MessageHeader SOAP:mustUnderstand="true"'),
        {"EB-205"},
    ),
    "odd MessageId": (swap(ID, "20250124-114229-35564"), {"EB-207"}),
    "MessageId of mail form": (swap(ID, "20250124-114229-35564@host"), set()),
    "upper case MessageId in blanks": (swap(ID, f"\n {ID.upper()} "), set()),
    "seven digits": (swap("10:15:30Z", "10:15:30.1234567Z"), set()),
    "offset": (swap("10:15:30Z", "11:15:30+01:00"), set()),
    "no zone": (swap("10:15:30Z", "10:15:30"), set()),
    "cpa uuid": (swap(">9_10<", f">{ID}<"), set()),
    "cpa with serial": (swap(">9_10<", ">9_10_3<"), set()),
    "cpa of nav": (swap(">9_10<", ">nav:qass:35065<"), set()),
    "cpa ordered as text": (swap(">9_10<", ">10_9<"), {"EB-214"}),
    "cpa of no form": (swap(">9_10<", ">KITH-GenericCPAId<"), {"EB-213"}),
    "other party ids": (swap(FROM, FROM + '<eb:PartyId eb:type="ENH">1</eb:PartyId>'), set()),
    "party id as uri": (swap(FROM, FROM + "<eb:PartyId>urn:x:y</eb:PartyId>"), set()),
    "two of one type": (
        swap(FROM, FROM + '<eb:PartyId eb:type="ENH">1</eb:PartyId><eb:PartyId eb:type="ENH">2</eb:PartyId>'),
        {"EB-222"},
    ),
    "service type string": (swap('eb:type="kithService"', 'eb:type="string"'), set()),
    "service type missing": (swap(' eb:type="kithService"', ""), {"EB-227"}),
    "role missing": (cut("<eb:Role>LOG_INNLAGTsender</eb:Role>"), {"EB-224"}),
    "refers to another": (
        swap("</eb:Timestamp>", "</eb:Timestamp><eb:RefToMessageId>x</eb:RefToMessageId>"),
        {"EB-235"},
    ),
    "no duplicate elimination": (cut("<eb:DuplicateElimination>.*</eb:DuplicateElimination>"), {"EB-431"}),
    "no AckRequested": (cut("<eb:AckRequested.*</eb:AckRequested>"), {"EB-432"}),
    "AckRequested mustUnderstand": (
        swap('toPartyMSH" SOAP:mustUnderstand="1"', 'toPartyMSH" SOAP:mustUnderstand="true"'),
        {"EB-434"},
    ),
    "AckRequested not signed": (swap('eb:signed="true"', 'eb:signed="false"'), {"EB-435"}),
    "AckRequested signed=1, no actor": (
        swap('SOAP:actor="urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH" SOAP:mustUnderstand="1" eb:signed="true"',
             'SOAP:mustUnderstand="1" eb:signed="1"'),
        set(),
    ),
    "AckRequested version": (swap('eb:signed="true" eb:version="2.0"', 'eb:signed="true"'), {"EB-436"}),
    "message order": (swap("<eb:AckRequested", "<eb:MessageOrder/><eb:AckRequested"), {"EB-117"}),
    "unknown block": (swap("<eb:AckRequested", '<x xmlns="urn:x"/><eb:AckRequested'), set()),
    "no schema": (cut("<eb:Schema[^>]*></eb:Schema>"), {"EB-451"}),
    "test comment": (swap("<SOAP:Header>", "<SOAP:Header><!-- TEST. TEST. -->"), set()),
    "odd prefixes": (lambda text: text.replace("eb:", "ebxml:").replace("xmlns:eb=", "xmlns:ebxml="), set()),
}  # fmt: skip


@pytest.mark.parametrize(("change", "rules"), TOLERATED.values(), ids=TOLERATED)
def test_known_differences_are_accepted_and_named(world, change, rules):
    """§12.1 and §12.2: verified, opened, and remarked on by rule."""
    octets = world.peer(change)
    verified = world.verify(octets)
    assert {one.rule for one in verified.findings} == rules
    assert world.open(octets)[0].octets == world.payload


ASKS = "<eb:AckRequested.*</eb:AckRequested>"
HEADER_RULES = {
    "no MessageHeader": ("EB-201", Answer.FAULT, cut("<eb:MessageHeader.*</eb:MessageHeader>")),
    "two MessageHeaders": (
        "EB-408", Answer.FAULT,
        lambda text: re.sub("(<eb:MessageHeader.*</eb:MessageHeader>)", r"\1\1", text, flags=re.DOTALL),
    ),
    "no version": ("EB-202", Answer.ERROR, swap(' eb:version="2.0">\n<eb:From', ">\n<eb:From")),
    "version 1": ("EB-203", Answer.ERROR, swap('eb:version="2.0">\n<eb:From', 'eb:version="1.0">\n<eb:From')),
    "no MessageId": ("EB-206", Answer.ERROR, cut("<eb:MessageId>.*</eb:MessageId>")),
    "empty MessageId": ("EB-206", Answer.ERROR, swap(ID, " ")),
    "no Timestamp": ("EB-209", Answer.ERROR, cut("<eb:Timestamp>.*</eb:Timestamp>")),
    "Timestamp no time": ("EB-210", Answer.ERROR, swap("2012-03-05T10", "2012-13-05T10")),
    "Timestamp out of range": ("EB-210", Answer.ERROR, swap("2012-03-05T10:15:30Z", "9999-12-31T24:00:00Z")),
    "no CPAId": ("EB-212", Answer.ERROR, cut("<eb:CPAId>.*</eb:CPAId>")),
    "no From": ("EB-215", Answer.FAULT, cut("<eb:From>.*</eb:From>")),
    "no To": ("EB-216", Answer.FAULT, cut("<eb:To>.*</eb:To>")),
    "no PartyId": ("EB-217", Answer.FAULT, swap('<eb:PartyId eb:type="HER">9</eb:PartyId>', "")),
    "no HER-id": ("EB-219", Answer.FAULT, swap('eb:type="HER">9<', 'eb:type="ENH">9<')),
    "two HER-ids": ("EB-220", Answer.ERROR, swap(FROM, FROM + '<eb:PartyId eb:type="HER">8</eb:PartyId>')),
    "letters": ("EB-221", Answer.FAULT, swap('eb:type="HER">9<', 'eb:type="HER">9a<')),
    "empty HER-id": ("EB-221", Answer.FAULT, swap('eb:type="HER">9<', 'eb:type="HER"> <')),
    "id without type": ("EB-223", Answer.ERROR, swap(FROM, FROM + "<eb:PartyId>77</eb:PartyId>")),
    "no Service": ("EB-226", Answer.ERROR, cut("<eb:Service .*</eb:Service>")),
    "no Action": ("EB-228", Answer.ERROR, cut("<eb:Action>.*</eb:Action>")),
    "no ConversationId": ("EB-229", Answer.ERROR, cut("<eb:ConversationId>.*</eb:ConversationId>")),
    "comment in a value": ("EB-228", Answer.ERROR, swap("<eb:Action>LOG_", "<eb:Action>LOG_<!-- -->")),
    "two Actions": ("EB-408", Answer.ERROR, swap("<eb:Action>", "<eb:Action>x</eb:Action><eb:Action>")),
    "inside MessageHeader": (
        "EB-120", Answer.ERROR,
        lambda text: re.sub(f"(</eb:MessageHeader>)\n({ASKS})", r"\2\1", text),
    ),
    "SyncReply": ("EB-116", Answer.ERROR, swap("<eb:AckRequested", "<eb:SyncReply/><eb:AckRequested")),
    "unknown block to be understood": (
        "EB-113", Answer.ERROR, swap("<eb:AckRequested", '<x xmlns="urn:x" SOAP:mustUnderstand="1"/><eb:AckRequested')
    ),
    "two AckRequested": ("EB-408", Answer.ERROR, lambda text: re.sub(f"({ASKS})", r"\1\1", text)),
    "two elements in Body": ("EB-402", Answer.ERROR, swap("</SOAP:Body>", "<x/></SOAP:Body>")),
    "unknown block in Body": (
        "EB-114", Answer.ERROR, lambda text: re.sub("<eb:Manifest.*</eb:Manifest>", "<x/>", text, flags=re.DOTALL)
    ),
    "no Manifest": ("EB-446", Answer.ERROR, cut("<eb:Manifest.*</eb:Manifest>")),
    "Manifest version": ("EB-441", Answer.ERROR, swap('Manifest eb:version="2.0"', 'Manifest eb:version="1.0"')),
    "empty Manifest": ("EB-442", Answer.ERROR, cut("<eb:Reference .*</eb:Reference>")),
    "empty href": ("EB-444", Answer.ERROR, lambda text: re.sub('xlink:href="[^"]*"', 'xlink:href=""', text)),
    "href of http": ("EB-447", Answer.ERROR, lambda text: re.sub('xlink:href="[^"]*"', 'xlink:href="http://x/"', text)),
    "href twice": ("EB-447", Answer.ERROR, lambda text: re.sub("(<eb:Reference .*</eb:Reference>)", r"\1\1", text)),
    "href to nothing": ("EB-445", Answer.ERROR, swap("cid:c2a5", "cid:d2a5")),
    "Acknowledgment too": ("EB-405", Answer.ERROR, swap("<eb:AckRequested", "<eb:Acknowledgment/><eb:AckRequested")),
    "nothing but a header": (
        "EB-401", Answer.ERROR, cut("<eb:AckRequested.*</eb:AckRequested>|<eb:Manifest.*</eb:Manifest>")
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "answer", "change"), HEADER_RULES.values(), ids=HEADER_RULES)
def test_what_cannot_be_accepted_is_refused_by_rule_and_answered(world, rule, answer, change):
    """An honestly signed message that breaks one rule: refused by it; an Error where both parties can be read."""
    unpacked = unpack(world.peer(change))
    assert isinstance(unpacked, Unpacked)
    with pytest.raises(RefusedError) as refused:
        world.verify(world.peer(change))
    assert refused.value.rule == rule
    assert refusal(unpacked.kind, unpacked.reply_to) is answer
    if answer is Answer.ERROR:
        (error,) = errors(refused.value)
        assert error.code == refused.value.kind.wire
        assert error.location
        assert rule in error.description


def test_a_missing_ackrequested_is_answered_by_a_warning(world):
    """Case 22: delivered, and told by ErrorList Warning instead of an Acknowledgment."""
    verified = world.verify(world.peer(cut("<eb:AckRequested.*</eb:AckRequested>")))
    (warning,) = warnings(verified.findings)
    assert (warning.code, warning.severity) == (WireCode.INCONSISTENT, "Warning")
    assert warnings(world.verify(world.peer(str)).findings) == ()


def _encoded(world, declaration, charset, encode):
    """The envelope in another encoding; canonical form is UTF-8 whatever it is, so the signature holds."""
    octets = world.peer(swap('"Journal"', '"Jøurnal"'))
    unpacked = unpack(octets)
    assert isinstance(unpacked, Unpacked)
    text = unpacked.envelope.octets.decode().partition("?>")[2]
    body = payload_body((declaration + text).encode(encode), "env", unpacked.attachments, "=_b")
    return world.mail(body.replace(b'charset="UTF-8"', charset))


def test_an_envelope_in_latin_1_is_delivered_with_a_warning(world):
    """Case 21: ISO-8859-1 that agrees with its charset."""
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?>'
    verified = world.verify(_encoded(world, latin, b'charset="iso-8859-1"', "latin-1"))
    assert [(one.code, one.severity) for one in warnings(verified.findings)] == [("ValueNotRecognized", "Warning")]
    assert verified.header.monitoring.application == "Jøurnal"


def test_contradictory_or_unknown_encodings_are_refused(world):
    """Case 21: charset against declaration, and XML 1.1."""
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?>'
    eleven = '<?xml version="1.1" encoding="UTF-8"?>'
    cases = (("EB-104", latin, "latin-1"), ("EB-102", eleven, "utf-8"))
    for rule, declaration, encode in cases:
        with pytest.raises(RefusedError) as refused:
            world.read(_encoded(world, declaration, b'charset="UTF-8"', encode))
        assert refused.value.rule == rule
        assert refused.value.kind.wire is WireCode.VALUE_NOT_RECOGNIZED


def test_an_envelope_without_declaration_or_with_a_bom_is_taken(world):
    """Real traffic has both (§3.1)."""
    bare = world.verify(_encoded(world, "", b'charset="UTF-8"', "utf-8"))
    assert {one.rule for one in bare.findings} == {"EB-101"}
    declared = '<?xml version="1.0" encoding="UTF-8"?>'
    assert world.verify(_encoded(world, declared, b'charset="utf-8"', "utf-8-sig")).findings == ()


def test_an_attachment_that_the_manifest_does_not_name_is_refused(world):
    """Case 17: EB-026, MimeProblem, although it is signed."""
    unpacked = unpack(world.mail(world.seal().body))
    assert isinstance(unpacked, Unpacked)
    parts = (*unpacked.attachments, Part("extra", b"x"))
    with pytest.raises(RefusedError) as refused:
        world.verify(world.peer(str, parts))
    assert (refused.value.rule, refused.value.kind.wire) == ("EB-026", WireCode.MIME_PROBLEM)


def test_a_named_attachment_that_is_not_signed_is_refused(world):
    """Case 17: EB-327, SecurityFailure."""
    with pytest.raises(RefusedError) as refused:
        world.verify(world.peer(str, references=reference("", ENVELOPED + C14N)))
    assert (refused.value.rule, refused.value.kind.wire) == ("EB-327", WireCode.SECURITY_FAILURE)


def test_manifest_and_signature_must_write_the_attachment_alike(world):
    """§12.2 no. 8: the two are compared as strings."""
    with pytest.raises(RefusedError) as refused:
        world.verify(world.peer(swap("cid:c2a5d1de", "cid:%632a5d1de")))
    assert refused.value.rule == "EB-327"


def test_a_message_read_from_one_envelope_is_not_vouched_for_by_another(world):
    """A VerifiedMessage holds a message and the signature over the very same octets."""
    verified = world.verify(world.peer(str))
    other = world.read(world.peer(swap(ID, "another@id")))
    with pytest.raises(ValueError, match="of one envelope"):
        VerifiedMessage(other, verified.verified)


def test_a_message_is_admitted_for_our_parties_and_in_time_only(world):
    """EB-233, EB-234 and the remark EB-211; what a signal says counts however late it comes (EB-236)."""
    message = world.read(world.peer(str))
    ours = frozenset({world.municipality_her})
    hour = timedelta(hours=1)
    assert admit(message, ours, world.now) == ()
    assert [one.rule for one in admit(message, ours, world.now - hour)] == ["EB-211"]
    assert [one.rule for one in admit(message, ours, world.now + 24 * 31 * hour)] == ["EB-211"]
    with pytest.raises(RefusedError) as refused:
        admit(message, frozenset({HerId("77")}), world.now)
    assert (refused.value.rule, refused.value.kind.wire) == ("EB-233", WireCode.VALUE_NOT_RECOGNIZED)
    lives = "</eb:Timestamp><eb:TimeToLive>2012-03-05T12:00:00Z</eb:TimeToLive>"
    mortal = world.read(world.peer(swap("</eb:Timestamp>", lives)))
    assert admit(mortal, ours, world.now) == ()
    with pytest.raises(RefusedError) as refused:
        admit(mortal, ours, world.now + 2 * hour)
    assert (refused.value.rule, refused.value.kind.wire) == ("EB-234", WireCode.TIME_TO_LIVE_EXPIRED)
    late = world.read(world.peer_signal(ERRED, swap("</eb:MessageData>", f"{lives[15:]}</eb:MessageData>")))
    assert admit(late, frozenset({world.hospital_her}), world.now + 2 * hour) == ()


def test_a_process_that_nobody_knows_is_not_supported(world):
    """EB-230: Service and Action that do not belong together are NotSupported, a wrong Role is only remarked on."""
    ours = frozenset({world.municipality_her})
    code = world.routing.process.code
    odd = world.read(world.peer(swap(f"<eb:Action>{code}<", "<eb:Action>SOMETHING_ELSE<")))
    with pytest.raises(RefusedError) as refused:
        admit(odd, ours, world.now)
    assert (refused.value.rule, refused.value.kind.wire) == ("EB-230", WireCode.NOT_SUPPORTED)
    wrong_role = world.read(world.peer(swap(f"{code}sender", f"{code}SENDER")))
    assert [one.rule for one in admit(wrong_role, ours, world.now)] == ["EB-230"]


def test_a_stranger_with_a_valid_signature_is_not_believed(world):
    """Case 18: the directory has no certificate for the HER-id in From, or another one."""
    message = world.read(world.peer(swap('eb:type="HER">9<', 'eb:type="HER">77<')))
    with pytest.raises(RefusedError) as refused:
        verify(message, world.expected(message), NATIONAL, world.now)
    assert refused.value.rule == "EB-253"
    message = world.read(world.peer(swap('eb:type="HER">9<', 'eb:type="HER">10<')))
    with pytest.raises(RefusedError) as refused:
        verify(message, world.expected(message), NATIONAL, world.now)
    assert refused.value.rule == "EB-254"


def test_a_second_look_with_a_refreshed_directory_may_succeed(world):
    """On a mismatch the directory is refreshed once and the same message verified again (§4.4)."""
    message = world.read(world.peer(str))
    old = replace(world.expected(message), certificates=(world.municipality.signing.certificate,))
    with pytest.raises(RefusedError):
        verify(message, old, NATIONAL, world.now)
    verify(message, world.expected(message), NATIONAL, world.now)


def _with_payload(world, octets):
    content_id = world.ids.payload_content_id
    return world.peer(str, (Part(content_id, octets),))


FORMS = {
    "as it is": (lambda text: text, set()),
    "with a bom": (lambda text: b"\xef\xbb\xbf" + text, set()),
    "packed": (gzip.compress, {"EB-511"}),
    "mime": (
        lambda text: (
            b"Content-Id: <x>\r\nContent-Type: application/xml\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text
        ),
        set(),
    ),
    "mime without anything": (lambda text: b"\r\n" + text, {"EB-504", "EB-505"}),
    "mime of another type": (
        lambda text: b"MIME-Version: 1.0\nContent-Type: text/plain\n\n" + text,
        {"EB-505", "EB-506"},
    ),
    "mime, packed": (
        lambda text: (
            b"Content-Type: application/xml\r\nContent-Transfer-Encoding: binary\r\n\r\n" + gzip.compress(text)
        ),
        {"EB-511"},
    ),
}


@pytest.mark.parametrize(("wrap", "rules"), FORMS.values(), ids=FORMS)
def test_every_form_of_plaintext_is_opened(world, wrap, rules):
    """§5.2: raw, MIME, gzip; the document itself comes out unchanged."""
    sealed = cms.encrypt(wrap(world.payload), world.municipality.encryption.certificate)
    (document,) = world.open(_with_payload(world, sealed))
    assert document.octets.removeprefix(b"\xef\xbb\xbf") == world.payload
    assert document.form is Form.XML
    assert {one.rule for one in document.findings} == rules


BAD_PAYLOADS = {
    "clear text": (lambda world: world.payload),
    "unknown key": (lambda world: cms.encrypt(world.payload, world.hospital.encryption.certificate)),
    "damaged": (lambda world: cms.encrypt(world.payload, world.municipality.encryption.certificate)[:-3]),
}


@pytest.mark.parametrize("make", BAD_PAYLOADS.values(), ids=BAD_PAYLOADS)
def test_what_our_keys_do_not_open_is_a_security_failure(world, make):
    """Case 27: unknown key, clear text, damaged CMS, all told alike."""
    with pytest.raises(RefusedError) as refused:
        world.open(_with_payload(world, make(world)))
    (error,) = errors(refused.value)
    assert (error.code, error.description) == (WireCode.SECURITY_FAILURE, "decryption failed")


def test_without_keys_nothing_is_opened(world):
    """An installation without encryption key says so in the same way."""
    with pytest.raises(RefusedError):
        decrypt(world.verify(world.peer(str)), DecryptionKeys(()), NATIONAL, world.now)


ACK = (
    '<eb:Acknowledgment SOAP:mustUnderstand="1" eb:version="2.0"><eb:Timestamp>2012-03-05T10:15:40Z</eb:Timestamp>'
    f"<eb:RefToMessageId> {ID} </eb:RefToMessageId>@</eb:Acknowledgment>"
)
AS_ACK = swap("MessageError", "Acknowledgment")
NO_REF = cut("</eb:Timestamp><eb:RefToMessageId>.*?</eb:RefToMessageId></eb:MessageData>")


def _ack(world, references="", change=str):
    def as_ack(text):
        text = re.sub("<eb:RefToMessageId>m-1</eb:RefToMessageId>", "", text)
        return change(text.replace("MessageError", "Acknowledgment"))

    return world.peer_signal(ACK.replace("@", references), as_ack)


SIGNALS = {
    "plain": ("", str, set()),
    "with a Role": ("", swap("</eb:PartyId></eb:From>", "</eb:PartyId><eb:Role>x</eb:Role></eb:From>"), {"EB-225"}),
    "with RefToMessageId": (
        "",
        swap(
            "</eb:Timestamp></eb:MessageData>",
            "</eb:Timestamp><eb:RefToMessageId>x</eb:RefToMessageId></eb:MessageData>",
        ),
        {"EB-414"},
    ),
    "with AckRequested": ("", swap("<eb:Acknowledgment ", "<eb:AckRequested/><eb:Acknowledgment "), {"EB-404"}),
    "with DuplicateElimination": (
        "",
        swap("</eb:MessageData>", "</eb:MessageData><eb:DuplicateElimination/>"),
        {"EB-236"},
    ),
    "British spelling": ("", swap("<eb:Action>Acknowledgment<", "<eb:Action>Acknowledgement<"), {"EB-412"}),
    "another service": ("", swap("urn:oasis:names:tc:ebxml-msg:service<", "urn:x<"), {"EB-411"}),
    "without Timestamp": ("", cut("<eb:Timestamp>2012-03-05T10:15:40Z</eb:Timestamp>"), {"EB-420"}),
    "with a Body": ("", swap("<SOAP:Body>", "<SOAP:Body><eb:Manifest/>"), {"EB-429"}),
}


@pytest.mark.parametrize(("references", "change", "rules"), SIGNALS.values(), ids=SIGNALS)
def test_odd_acknowledgments_are_accepted_and_named(world, references, change, rules):
    """Case 36: what peers put into an Acknowledgment does not hinder it."""
    verified = world.verify(_ack(world, references, change))
    assert isinstance(verified.message.content, Acknowledgment)
    assert str(verified.message.content.refers_to) == ID
    assert {one.rule for one in verified.findings} == rules


def _copies(world, pick, change=str):
    return change("".join(one.decode() for one in pick(world.verify(world.mail(world.seal().body)).copies)))


def test_the_copied_references_decide_what_an_acknowledgment_is_worth(world):
    """None: accepted; all or some: accepted; any other digest or attachment: not acknowledged (§4.6)."""
    sealed = world.seal()
    copies = [one.decode() for one in world.verify(world.mail(sealed.body)).copies]
    lost = [copy.replace(' xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"', "") for copy in copies]
    bare = [re.sub(r'ds:| xmlns:ds="[^"]*"', "", copy) for copy in copies]
    wrapped = [re.sub("(<ds:DigestValue>)(.{9})", r"\1\n  \2&#13;\n", copy) for copy in copies]
    other = "A" if "<ds:DigestValue>+" in copies[1] else "+"
    wrong = [copies[0], re.sub("<ds:DigestValue>.", f"<ds:DigestValue>{other}", copies[1])]
    cases = [
        ([], AckMatch.ABSENT),
        (copies, AckMatch.COMPLETE),
        (copies[::-1], AckMatch.COMPLETE),
        (lost, AckMatch.COMPLETE),
        (bare, AckMatch.COMPLETE),
        (wrapped, AckMatch.COMPLETE),
        (copies[:1], AckMatch.PARTIAL),
        (wrong, AckMatch.DIFFERENT),
        ([*copies, copies[1].replace("cid:c2", "cid:d2")], AckMatch.DIFFERENT),
    ]
    for references, result in cases:
        content = world.verify(_ack(world, "".join(references))).message.content
        assert isinstance(content, Acknowledgment)
        assert match(content.references, sealed.references) is result


ERRORS = {
    "warning": ("Warning", "Warning", False, set()),
    "error": ("Error", "Error", True, set()),
    "lies about the worst": ("Warning", "Error", True, {"EB-425"}),
    "exaggerates": ("Error", "Warning", True, {"EB-425"}),
    "unknown severity": ("Error", "Fatal", True, set()),
}


@pytest.mark.parametrize(("highest", "severity", "rejects", "rules"), ERRORS.values(), ids=ERRORS)
def test_any_error_in_the_list_rejects(world, highest, severity, rejects, rules):
    """Case 34: one word of Error, of highestSeverity (§7.3) or of a child (EB-425), and it was not accepted."""
    block = (
        f'<eb:ErrorList SOAP:mustUnderstand="1" eb:version="2.0" eb:highestSeverity="{highest}">'
        f'<eb:Error eb:errorCode=" SecurityFailure" eb:severity="{severity}"/></eb:ErrorList>'
    )
    verified = world.verify(world.peer_signal(block))
    content = verified.message.content
    assert isinstance(content, ErrorList)
    assert content.rejects is rejects
    assert content.errors[0].code == "SecurityFailure"
    assert {one.rule for one in verified.findings} == rules


ERRED = '<eb:ErrorList eb:highestSeverity="Error"><eb:Error eb:severity="Error"/></eb:ErrorList>'

REFUSED_SIGNALS = {
    "ack with a comment in a digest": (
        "EB-416",
        ACK.replace(
            "@", f'<ds:Reference xmlns:ds="{DS}" URI=""><ds:DigestValue>A<!---->A</ds:DigestValue></ds:Reference>'
        ),
        swap("MessageError", "Acknowledgment"),
    ),
    "ack about nothing": ("EB-413", ACK.replace(f"<eb:RefToMessageId> {ID} </eb:RefToMessageId>", ""), str),
    "error about nothing": (
        "EB-423",
        ERRED,
        cut("<eb:RefToMessageId>m-1</eb:RefToMessageId>"),
    ),
    "empty list": ("EB-425", '<eb:ErrorList eb:highestSeverity="Error"/>', str),
    "both, by an action nobody knows": (
        "EB-403",
        ACK + '<eb:ErrorList eb:highestSeverity="Error"/>',
        swap("MessageError", "Other"),
    ),
    "both, by its action an acknowledgment": ("EB-403", ACK + ERRED, swap("MessageError", "Acknowledgment")),
    "both, by its action an error": ("EB-403", ACK + ERRED, str),
    "an acknowledgment without its block": ("EB-401", "", swap("MessageError", "Acknowledgment")),
    "an error without its block": ("EB-401", "", str),
}


@pytest.mark.parametrize(("rule", "block", "change"), REFUSED_SIGNALS.values(), ids=REFUSED_SIGNALS)
def test_unusable_signals_are_refused_and_signals_are_never_answered(world, rule, block, change):
    """EB-427, EB-613: whatever is wrong with an Acknowledgment or an Error, nothing goes back."""
    octets = world.peer_signal(block, change)
    with pytest.raises(RefusedError) as refused:
        world.read(octets)
    assert refused.value.rule == rule
    unpacked = unpack(octets)
    assert isinstance(unpacked, Unpacked)
    assert refusal(unpacked.kind, unpacked.reply_to) is Answer.NOTHING


SERVICE = {
    "Ping": (Kind.PING, "", swap("MessageError", "Ping")),
    "Pong": (Kind.PONG, "", swap("MessageError", "Pong")),
    "StatusRequest": (Kind.STATUS_REQUEST, "", swap("<SOAP:Body>", "<SOAP:Body><eb:StatusRequest/>")),
    "StatusResponse": (Kind.STATUS_RESPONSE, "", swap("<SOAP:Body>", "<SOAP:Body><eb:StatusResponse/>")),
}


@pytest.mark.parametrize(("kind", "block", "change"), SERVICE.values(), ids=SERVICE)
def test_service_messages_are_known_and_not_answered(world, kind, block, change):
    """EB-634: recognised, verified, and left alone."""
    verified = world.verify(world.peer_signal(block, change))
    assert verified.message.kind is kind
    assert verified.message.content == ServiceMessage()
    assert decrypt(verified, world.municipality.keys, NATIONAL, world.now) == ()
    assert refusal(kind, None) is Answer.NOTHING


@pytest.mark.parametrize("place", ["<eb:AckRequested", "</SOAP:Header>"])
def test_a_block_injected_for_the_next_hop_is_refused(world, place):
    """Case 19: the digest still holds and the message is refused all the same (EB-118)."""
    octets = world.peer(str)
    unpacked = unpack(octets)
    assert isinstance(unpacked, Unpacked)
    block = f"<eb:Acknowledgment {NEXT}/>" if place.startswith("</") else f"<x:y xmlns:x='urn:x' {NEXT}/>"
    text = unpacked.envelope.octets.decode().replace(place, block + place)
    changed = replace(unpacked, envelope=type(unpacked.envelope)(text.encode()))
    message = world.read(octets)
    with pytest.raises(RefusedError) as refused:
        verify(replace(message, unpacked=changed), world.expected(message), NATIONAL, world.now)
    assert (refused.value.rule, refused.value.kind.wire) == ("EB-118", WireCode.NOT_SUPPORTED)
