"""From raw mail to an unverified envelope: what is taken, what is named, what is refused and answered how."""

from __future__ import annotations

import base64
import quopri
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.envelope.classify import AutomaticReply, Bounce
from adapter.envelope.open import read
from adapter.envelope.unpack import FaultMail, Unpacked, unpack
from adapter.errors import AdapterError


def _parts(world):
    unpacked = unpack(world.mail(world.seal().body))
    assert isinstance(unpacked, Unpacked)
    return unpacked.envelope.octets, unpacked.attachments[0].octets


def compose(envelope, payload, **how):
    """A mail of a peer's making; every keyword replaces one piece of it."""
    piece = {
        "eol": "\r\n",
        "mail": "From: a@edi.example\nTo: b@edi.example\nDate: x\nMessage-ID: <m@edi.example>\n",
        "top": 'MIME-Version: 1.0\nSOAPAction: "ebXML"\n',
        "type": 'Content-Type: multipart/related; boundary="b"; type="text/xml"; start="<env>"\n',
        "preamble": "",
        "soap": 'Content-ID: <env>\nContent-Type: text/xml; charset="UTF-8"\n',
        "encoding": "base64",
        "attachment": "Content-ID: <c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e>\n"
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n",
        "attachment_encoding": "Content-Transfer-Encoding: base64\n",
        "more": "",
        "end": "--b--\n",
    } | how
    body = {
        "base64": base64.encodebytes,
        "8bit": lambda octets: octets,
        "binary": lambda octets: octets,
        "quoted-printable": quopri.encodestring,
    }.get(piece["encoding"], lambda octets: octets)(envelope)
    encoding = f"Content-Transfer-Encoding: {piece['encoding']}\n" if piece["encoding"] else ""
    head = (
        f"{piece['mail']}{piece['top']}{piece['type']}\n{piece['preamble']}--b\n{piece['soap']}{encoding}\n"
    ).replace("\n", piece["eol"])
    middle = f"\n--b\n{piece['attachment']}{piece['attachment_encoding']}\n".replace("\n", piece["eol"])
    encoded = base64.encodebytes(payload) if "base64" in piece["attachment_encoding"] else payload
    tail = f"\n{piece['more']}{piece['end']}".replace("\n", piece["eol"])
    return head.encode() + body + middle.encode() + encoded + tail.encode()


TOLERATED = {
    "as prescribed": ({}, set()),
    "line feeds alone": ({"eol": "\n"}, set()),
    "8bit": ({"encoding": "8bit"}, set()),
    "binary": ({"encoding": "binary"}, set()),
    "quoted-printable": ({"encoding": "quoted-printable"}, set()),
    "upper case encoding": (
        {"encoding": "base64", "soap": "CONTENT-ID: <env>\nContent-type: TEXT/XML; Charset=utf-8\n"},
        set(),
    ),
    "folded header, odd order, charset": (
        {
            "type": "Content-Type: multipart/related;\n\tboundary=b; charset=utf-8;\n"
            ' start="<env>";\n\ttype="text/xml"\n',
        },
        set(),
    ),
    "start without brackets": (
        {"type": 'Content-Type: multipart/related; boundary=b; type="text/xml"; start=env\n'},
        set(),
    ),
    "start missing": ({"type": 'Content-Type: multipart/related; boundary=b; type="text/xml"\n'}, set()),
    "type missing": ({"type": "Content-Type: multipart/related; boundary=b\n"}, {"EB-015"}),
    "start names nothing": (
        {"type": 'Content-Type: multipart/related; boundary=b; type="text/xml"; start="<x>"\n'},
        {"EB-016"},
    ),
    "preamble": ({"preamble": "TEST. TEST. Sendt i testøyemed.\n"}, set()),
    "soapaction without quotes": ({"top": "MIME-Version: 1.0\nSOAPAction: ebXML\n"}, {"EB-012"}),
    "soapaction in lower case": ({"top": 'MIME-Version: 1.0\nSOAPACTION: "ebxml"\n'}, {"EB-012"}),
    "soapaction missing": ({"top": "MIME-Version: 1.0\n"}, {"EB-011"}),
    "mime version with a comment": ({"top": 'MIME-Version: 1.0 (made by x)\nSOAPAction: "ebXML"\n'}, set()),
    "soap+xml": ({"soap": "Content-ID: <env>\nContent-Type: application/soap+xml; charset=UTF-8\n"}, {"EB-019"}),
    "no charset": ({"soap": "Content-ID: <env>\nContent-Type: text/xml\n"}, {"EB-020"}),
    "no encoding": ({"encoding": ""}, {"EB-021"}),
    "binary attachment": ({"attachment_encoding": "Content-Transfer-Encoding: binary\n"}, set()),
    "content-encoding": ({"attachment_encoding": "Content-Encoding: base64\n"}, set()),
    "more parameters": (
        {
            "attachment": "Content-ID: c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e\n"
            'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="a b.p7m"; charset=x\n'
        },
        set(),
    ),
    "no mail headers": ({"mail": ""}, {"EB-001", "EB-003", "EB-005", "EB-007"}),
    "empty mail headers": (
        {"mail": "From: \nTo: \nDate: \nMessage-ID: \n"},
        {"EB-002", "EB-004", "EB-006", "EB-008"},
    ),
    "display names and mailto": (
        {"mail": "From: Sykehus <a@edi.example>\nTo: mailto:b@edi.example\nDate: x\nMessage-ID: m@edi.example\n"},
        set(),
    ),
}


@pytest.mark.parametrize(("how", "rules"), TOLERATED.values(), ids=TOLERATED)
def test_known_differences_are_taken_and_named(world, how, rules):
    """The envelope and the attachment come out octet for octet, and what had to be tolerated by rule (§2, §12)."""
    envelope, payload = _parts(world)
    octets = compose(envelope, payload, **how)
    unpacked = unpack(octets)
    assert isinstance(unpacked, Unpacked)
    assert [part.octets for part in unpacked.attachments] == [payload]
    assert {one.rule for one in unpacked.findings} == rules
    world.verify(octets)
    assert world.open(octets)[0].octets == world.payload


def test_mail_facts_are_bare(world):
    """Addresses without name and mailto:, identifiers without brackets."""
    envelope, payload = _parts(world)
    headers = "From: S <a@edi.example>\nTo: mailto:b@edi.example\nReply-To: <r@edi.example>\nMessage-ID: m@x\nDate: y\n"
    unpacked = unpack(compose(envelope, payload, mail=headers))
    assert isinstance(unpacked, Unpacked)
    facts = unpacked.mail
    assert (facts.sender, facts.recipient, facts.reply_to, facts.message_id) == (
        "a@edi.example",
        "b@edi.example",
        "r@edi.example",
        "m@x",
    )


SECOND = "--b\nContent-ID: <two>\nContent-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\nAAAA\n"
REFUSED = {
    "no mime version": ("EB-009", {"top": 'SOAPAction: "ebXML"\n'}),
    "mime version 2": ("EB-010", {"top": 'MIME-Version: 2.0\nSOAPAction: "ebXML"\n'}),
    "other soapaction": ("EB-012", {"top": 'MIME-Version: 1.0\nSOAPAction: "other"\n'}),
    "plain text": ("EB-013", {"type": "Content-Type: text/plain\n"}),
    "no content type": ("EB-013", {"type": ""}),
    "html": ("EB-014", {"type": "Content-Type: text/html\n"}),
    "mixed": ("EB-014", {"type": 'Content-Type: multipart/mixed; boundary="b"\n'}),
    "another related type": ("EB-015", {"type": 'Content-Type: multipart/related; boundary="b"; type="text/html"\n'}),
    "no boundary": ("EB-017", {"type": 'Content-Type: multipart/related; type="text/xml"\n'}),
    "not closed": ("EB-017", {"end": ""}),
    "wrong boundary": ("EB-017", {"type": 'Content-Type: multipart/related; boundary="c"; type="text/xml"\n'}),
    "no soap part": ("EB-018", {"soap": "Content-ID: <env>\nContent-Type: application/xml\n"}),
    "unknown encoding": ("EB-022", {"encoding": "uuencode"}),
    "broken base64": ("EB-023", {"more": SECOND.replace("AAAA", "AAA*")}),
    "bits left over": ("EB-023", {"more": SECOND.replace("AAAA", "AAB=")}),
    "attachment without content-id": ("EB-025", {"attachment": "Content-Type: application/pkcs7-mime\n"}),
    "two attachments of one content-id": (
        "EB-025",
        {"more": SECOND.replace("two", "c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e")},
    ),
}


@pytest.mark.parametrize(("rule", "how"), REFUSED.values(), ids=REFUSED)
def test_broken_mails_are_refused_by_rule_and_answered_by_a_fault(world, rule, how):
    """A MIME failure has no ebXML error code: its answer is a Fault."""
    with pytest.raises(AdapterError) as error:
        unpack(compose(*_parts(world), **how))
    assert rule in str(error.value)
    assert error.value.kind.wire is None


def test_limits_are_named(world):
    """Too large a mail, a megabyte of headers, thousands of parts or levels are MAIL-TOO-LARGE, quickly."""
    envelope, payload = _parts(world)
    many = "".join(SECOND.replace("two", f"n{number}") for number in range(10_000))
    nested = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(1000))
    mails = [
        b"x" * 60_000_001,
        compose(envelope, payload, mail="X: y\n" * 200_000),
        compose(envelope, payload, more=many),
        compose(envelope, payload, more=many, eol="\n"),
        (b"MIME-Version: 1.0\n" + nested.encode()),
    ]
    for octets in mails:
        with pytest.raises(AdapterError) as error:
            unpack(octets)
        assert error.value.id == "MAIL-TOO-LARGE"


BAD_XML = {
    "doctype": (b"<!DOCTYPE a [<!ENTITY b 'c'>]>", "XML-DOCTYPE"),
    "not well-formed": (b"<a>", "XML-NOT-WELL-FORMED"),
}


@pytest.mark.parametrize(("junk", "kind"), BAD_XML.values(), ids=BAD_XML)
def test_bad_xml_is_refused(world, junk, kind):
    """DTD and broken markup never get as far as an Unpacked."""
    envelope, payload = _parts(world)
    with pytest.raises(AdapterError) as error:
        unpack(compose(envelope.replace(b"<SOAP:Envelope", junk + b"<SOAP:Envelope", 1), payload))
    assert error.value.id == kind


FRAMES = {
    "no envelope": ("EB-107", lambda text: re.sub(r"SOAP:Envelope", "SOAP:Letter", text)),
    "soap 1.2": ("EB-107", lambda text: text.replace("http://schemas.xmlsoap.org/soap/envelope/", "urn:soap12")),
    "no body": ("EB-112", lambda text: re.sub(r"<SOAP:Body>.*</SOAP:Body>", "", text, flags=re.DOTALL)),
    "two bodies": ("EB-112", lambda text: text.replace("</SOAP:Envelope>", "<SOAP:Body/></SOAP:Envelope>")),
    "no header": ("EB-111", lambda text: re.sub(r"<SOAP:Header>.*</SOAP:Header>", "", text, flags=re.DOTALL)),
    "two headers": ("EB-111", lambda text: text.replace("<SOAP:Body>", "<SOAP:Header/><SOAP:Body>")),
}


@pytest.mark.parametrize(("rule", "change"), FRAMES.values(), ids=FRAMES)
def test_what_has_not_the_frame_of_soap_is_refused(world, rule, change):
    """Envelope, one Header, one Body, of SOAP 1.1."""
    envelope, payload = _parts(world)
    with pytest.raises(AdapterError) as error:
        unpack(compose(change(envelope.decode()).encode(), payload))
    assert rule in str(error.value)


def _signal(world):
    verified = world.verify(world.mail(world.seal().body))
    return world.municipality_seals.acknowledge(verified, world.signal_id, world.now, world.now).body


def test_a_signal_may_come_wrapped_in_multipart(world):
    """EB-028: a superfluous multipart/related with only the SOAP part is accepted."""
    unpacked = unpack(world.mail(_signal(world)))
    assert isinstance(unpacked, Unpacked)
    octets = compose(unpacked.envelope.octets, b"")
    head, _, _ = octets.partition(b"\r\n--b\r\nContent-ID: <c2a5")
    assert world.verify(head + b"\r\n--b--\r\n").check.signer == world.municipality.signing.certificate


REPORT = (
    'MIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind}; boundary="b"\nFrom: MAILER-DAEMON@x\n'
    "Message-ID: <bounce@x>\n\n--b\nContent-Type: text/plain\n\nsorry\n--b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; x\nOriginal-Envelope-Id: env-1\n\nFinal-Recipient: rfc822; b@x\nAction: {action}\n\n"
    "--b\nContent-Type: {returned}\n\nFrom: a@x\nMessage-ID: <original@x>\nMIME-Version: 1.0\n"
    'Content-Type: multipart/related; boundary="=_o"; type="text/xml"\n\n{body}\n--b--\n'
)
CUT_OFF = "--=_o\nContent-Type: text/xml\nContent-Transfer-Encoding: base64\n\nPD94b\n"


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("returned", "body"),
    [("text/rfc822-headers", ""), ("message/rfc822", ""), ("message/rfc822", CUT_OFF)],
    ids=["headers", "a mail without its body", "a mail that is cut off"],
)
@pytest.mark.parametrize("action", ["failed", "delayed"])
def test_a_bounce_tells_what_it_is_about(eol, returned, body, action):
    """ENVID, the Message-ID of the returned mail and the action (§2.6); mail servers seldom return a mail whole."""
    text = REPORT.format(kind="delivery-status", action=action, returned=returned, body=body).replace("\n", eol)
    assert unpack(text.encode()) == Bounce(action, "env-1", "original@x")


STRANGERS = {
    "bounce without report": (b"Return-Path: <>\nFrom: x@y\nContent-Type: text/plain\n\nsorry", Bounce("", "", "")),
    "mailer-daemon": (b"From: MAILER-DAEMON <m@x>\n\nsorry", Bounce("", "", "")),
    "out of office": (b"Auto-Submitted: auto-replied\nContent-Type: text/plain\n\nhi", AutomaticReply()),
    "bulk": (b"Precedence: bulk\nContent-Type: text/html\n\nhi", AutomaticReply()),
    "read receipt": (
        REPORT.format(kind="disposition-notification", action="x", returned="message/rfc822", body="").encode(),
        AutomaticReply(),
    ),
    "a report that does not say of what": (
        REPORT.replace(" report-type={kind};", "").format(action="failed", returned="message/rfc822", body="").encode(),
        Bounce("failed", "env-1", "original@x"),
    ),
}


@pytest.mark.parametrize(("octets", "kind"), STRANGERS.values(), ids=STRANGERS)
def test_bounces_and_automatic_replies_leave_before_anything_could_answer_them(octets, kind):
    """Case 24 of chapter 13: no Fault, no loop."""
    assert unpack(octets) == kind


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_octets_end_in_a_value_or_a_catalogue_error(octets):
    """Nothing else than an AdapterError is ever raised, whatever a mail holds."""
    try:
        unpack(octets)
    except AdapterError:
        return


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_mails_end_in_a_value_or_a_catalogue_error(world, data):
    """Pieces cut out, doubled or exchanged in a good mail, read as far as it goes."""
    octets = world.mail(world.seal().body)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, min(len(octets) - 1, 1500)))
        stop = data.draw(st.integers(start, min(start + 400, len(octets))))
        piece = data.draw(
            st.sampled_from([b"", octets[start:stop] * 2, b"\n", b"--=_eb_5f0c2c1d\r\n", b"Content-Type: "])
        )
        octets = octets[:start] + piece + octets[stop:]
    try:
        unpacked = unpack(octets)
        if isinstance(unpacked, Unpacked):
            read(unpacked)
    except AdapterError:
        return


def test_a_fault_without_header_is_known(world):
    """A bare SOAP Fault is a Fault, whatever prefix its code has."""
    fault = (
        b'MIME-Version: 1.0\nSOAPAction: "ebXML"\nContent-Type: text/xml\nReferences: <first@b>\n <a@b>\n\n'
        b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header/><e:Body><e:Fault>'
        b"<faultcode>e:Server</faultcode><faultstring>x</faultstring></e:Fault></e:Body></e:Envelope>"
    )
    unpacked = unpack(fault)
    assert isinstance(unpacked, FaultMail)
    assert (unpacked.fault.code, unpacked.in_reply_to) == ("Server", ("first@b", "a@b"))
