"""Certificates as nobody honest issues them: each with the reason for which it is refused, in bounded time."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import core, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12

from adapter.crypto.certificates import Problem, TrustAnchors, Usage, load_certificates, problems
from adapter.crypto.keys import load_pkcs12
from adapter.envelope.agreement import Agreement
from adapter.envelope.cpa import Binding, Can
from adapter.errors import AdapterError
from adapter.lookups.key_files import certificates

NOW = datetime(2024, 3, 5, 10, tzinfo=UTC)
FROM, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
SECONDS = 5
"""More than any of these takes by far, and less than an attack that pays would."""

KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(3)]
ROOT_KEY, ISSUER_KEY, LEAF_KEY = KEYS


def usage(**granted: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    names += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: granted.get(name, False) for name in names})


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Made:
    """How one certificate is issued; the defaults are those of an honest leaf, and `ca` makes an honest issuer."""

    subject: str = "Leaf"
    issuer: str = "Root"
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey = field(default_factory=LEAF_KEY.public_key)
    by: rsa.RSAPrivateKey = field(default_factory=lambda: ROOT_KEY)
    first: datetime = FROM
    until: datetime = UNTIL
    is_ca: bool = False
    length: int | None = None
    granted: x509.KeyUsage | None = None
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()

    def certificate(self) -> x509.Certificate:
        default = usage(key_cert_sign=True, crl_sign=True) if self.is_ca else usage(content_commitment=True)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(self.subject))
            .issuer_name(name(self.issuer))
            .public_key(self.key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.first)
            .not_valid_after(self.until)
            .add_extension(x509.BasicConstraints(self.is_ca, self.length), critical=True)
            .add_extension(self.granted or default, critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.by.public_key()), critical=False)
        )
        if self.is_ca:
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key), critical=False)
        for extension, critical in self.more:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.by, hashes.SHA256())


def ca(subject: str, issuer: str, key: rsa.RSAPrivateKey, by: rsa.RSAPrivateKey, **more: object) -> x509.Certificate:
    return Made(subject, issuer, key.public_key(), by, is_ca=True, **more).certificate()  # type: ignore[arg-type]


ROOT = ca("Root", "Root", ROOT_KEY, ROOT_KEY)
UNDER_ISSUER = Made(issuer="Issuer", by=ISSUER_KEY)


def changed(certificate: x509.Certificate, change: Callable[[asn1_x509.TbsCertificate], None]) -> bytes:
    """A certificate whose content was changed and that was signed again by the root."""
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    body = parsed["tbs_certificate"]
    change(body)
    octets = body.dump(force=True)
    parsed["tbs_certificate"] = asn1_x509.TbsCertificate.load(octets)
    parsed["signature_value"] = core.OctetBitString(ROOT_KEY.sign(octets, padding.PKCS1v15(), hashes.SHA256()))
    return bytes(parsed.dump(force=True))


def backwards(body: asn1_x509.TbsCertificate) -> None:
    validity = body["validity"]
    validity["not_before"], validity["not_after"] = (
        asn1_x509.Time({"utc_time": UNTIL}),
        asn1_x509.Time({"utc_time": FROM}),
    )


def negative_serial(body: asn1_x509.TbsCertificate) -> None:
    body["serial_number"] = -5


def long_serial(body: asn1_x509.TbsCertificate) -> None:
    body["serial_number"] = 1 << 8000


def chain_of(count: int) -> tuple[x509.Certificate, TrustAnchors]:
    """A leaf under so many issuers, each issued by the one above."""
    issuers = [ca("Issuer 0", "Root", ISSUER_KEY, ROOT_KEY)]
    issuers += [ca(f"Issuer {n}", f"Issuer {n - 1}", ISSUER_KEY, ISSUER_KEY) for n in range(1, count)]
    leaf = Made(issuer=f"Issuer {count - 1}", by=ISSUER_KEY).certificate()
    return leaf, TrustAnchors((ROOT,), tuple(issuers))


def crossed() -> tuple[x509.Certificate, TrustAnchors]:
    """Three issuers, each certified by both others many times over, and none by the root."""
    names = ("One", "Two", "Three")
    keys = dict(zip(names, KEYS, strict=True))
    pairs = [(one, other) for one in names for other in names if one != other]
    crowd = tuple(ca(one, other, keys[one], keys[other]) for one, other in pairs for _ in range(20))
    return Made(issuer="One", by=keys["One"]).certificate(), TrustAnchors((ROOT,), crowd)


def under(issuer: x509.Certificate, leaf: Made = UNDER_ISSUER) -> tuple[x509.Certificate, TrustAnchors]:
    return leaf.certificate(), TrustAnchors((ROOT,), (issuer,))


def alone(leaf: Made) -> tuple[x509.Certificate, TrustAnchors]:
    return leaf.certificate(), TrustAnchors((ROOT,))


def permitted(*names: str) -> tuple[x509.NameConstraints, bool]:
    return x509.NameConstraints([x509.DNSName(one) for one in names], None), True


MANY_NAMES = x509.SubjectAlternativeName([x509.DNSName(f"n{number}.example") for number in range(5_000)])
HUGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x04\x82" + b"\xff\xff" + b"x" * 65_535)
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.6"), b"\x05\x00")

LONG = rsa.RSAPublicNumbers(65537, (1 << 16383) + 1).public_key()
WEIRD = rsa.RSAPublicNumbers((1 << 2000) + 1, LEAF_KEY.public_key().public_numbers().n).public_key()

CASES: dict[str, tuple[Callable[[], tuple[x509.Certificate, TrustAnchors]], tuple[Problem, ...]]] = {
    "an honest leaf": (lambda: alone(Made()), ()),
    "an honest leaf under an issuer": (lambda: under(ca("Issuer", "Root", ISSUER_KEY, ROOT_KEY)), ()),
    "a hundred issuers": (lambda: chain_of(100), (Problem.NO_PATH,)),
    "issuers that certify each other": (crossed, (Problem.NO_PATH,)),
    "an issuer that issued itself": (
        lambda: under(ca("Issuer", "Issuer", ISSUER_KEY, ISSUER_KEY)),
        (Problem.NO_PATH,),
    ),
    "a leaf that issued itself": (
        lambda: alone(Made(issuer="Leaf", by=LEAF_KEY)),
        (Problem.NO_PATH,),
    ),
    "a leaf as issuer": (
        lambda: under(Made("Issuer", key=ISSUER_KEY.public_key()).certificate()),
        (Problem.NO_PATH,),
    ),
    "an issuer that may not sign certificates": (
        lambda: under(ca("Issuer", "Root", ISSUER_KEY, ROOT_KEY, granted=usage(crl_sign=True))),
        (Problem.NO_PATH,),
    ),
    "an issuer as leaf": (lambda: alone(Made(is_ca=True)), (Problem.WRONG_USAGE, Problem.IS_ISSUER)),
    "an issuer as leaf that may also sign for good": (
        lambda: alone(Made(is_ca=True, granted=usage(content_commitment=True, key_cert_sign=True))),
        (Problem.IS_ISSUER,),
    ),
    "a path length of none with an issuer below": (
        lambda: (
            Made(issuer="Below", by=LEAF_KEY).certificate(),
            TrustAnchors(
                (ROOT,),
                (
                    ca("Issuer", "Root", ISSUER_KEY, ROOT_KEY, length=0),
                    ca("Below", "Issuer", LEAF_KEY, ISSUER_KEY),
                ),
            ),
        ),
        (Problem.NO_PATH,),
    ),
    "a name outside what the issuer may certify": (
        lambda: under(
            ca("Issuer", "Root", ISSUER_KEY, ROOT_KEY, more=(permitted("inside.example"),)),
            Made(
                issuer="Issuer",
                by=ISSUER_KEY,
                more=((x509.SubjectAlternativeName([x509.DNSName("outside.example")]), False),),
            ),
        ),
        (Problem.NO_PATH,),
    ),
    "thousands of names under thousands of constraints": (
        lambda: under(
            ca("Issuer", "Root", ISSUER_KEY, ROOT_KEY, more=(permitted(*(f"c{n}.example" for n in range(5_000))),)),
            Made(issuer="Issuer", by=ISSUER_KEY, more=((MANY_NAMES, False),)),
        ),
        (Problem.NO_PATH,),
    ),
    "a critical extension that nobody knows": (lambda: alone(Made(more=((STRANGE, True),))), (Problem.NO_PATH,)),
    "a huge extension": (lambda: alone(Made(more=((HUGE, False),))), ()),
    "no use at all": (lambda: alone(Made(granted=usage(key_agreement=True))), (Problem.WRONG_USAGE,)),
    "an elliptic curve": (
        lambda: alone(Made(key=ec.generate_private_key(ec.SECP256R1()).public_key())),
        (Problem.WRONG_KEY,),
    ),
    "a key of 1024 bits": (
        lambda: alone(Made(key=rsa.generate_private_key(65537, 1024).public_key())),
        (Problem.WRONG_KEY,),
    ),
    "a key of 16384 bits": (
        lambda: alone(Made(key=LONG)),
        (Problem.WRONG_KEY,),
    ),
    "a huge exponent": (
        lambda: alone(Made(key=WEIRD)),
        (Problem.WRONG_KEY,),
    ),
    "the lifetime of a fly": (
        lambda: alone(Made(until=FROM + timedelta(seconds=1))),
        (Problem.EXPIRED,),
    ),
}


@pytest.mark.parametrize(("make", "expected"), CASES.values(), ids=CASES)
def test_each_has_its_reason_in_bounded_time(make, expected) -> None:
    """What is refused has a named reason, and finding it takes no longer than an honest message may."""
    certificate, anchors = make()
    began = time.process_time()
    assert problems(certificate, Usage.SIGNING, anchors, NOW) == expected
    assert time.process_time() - began < SECONDS


def doubled(body: asn1_x509.TbsCertificate) -> None:
    """The library reads extensions only when one is asked for, and then says what is wrong with any of them."""
    body["extensions"].append(body["extensions"][0].copy())


@pytest.mark.parametrize("change", [backwards, negative_serial, long_serial, doubled])
def test_content_that_contradicts_itself(change) -> None:
    """It cannot be read, or it is refused; it never passes, and nothing but our own errors comes of it."""
    octets = changed(Made().certificate(), change)
    began = time.process_time()
    try:
        (certificate,) = load_certificates(octets)
    except AdapterError as error:
        assert error.id == "CERTIFICATE-UNREADABLE"  # noqa: PT017
    else:
        assert problems(certificate, Usage.SIGNING, TrustAnchors((ROOT,)), NOW)
    assert time.process_time() - began < SECONDS


def from_file(octets: bytes, folder: Path) -> object:
    file = folder / "roots.pem"
    file.write_bytes(pem.armor("CERTIFICATE", octets))
    return certificates((file,))


def from_agreement(octets: bytes, _: Path) -> object:
    binding = Binding(Can.RECEIVE, "service", "kithService", "action", "role", "process", "1.6", "channel", octets)
    return Agreement("cpa", binding=binding).certificate


def from_pkcs12(octets: bytes, _: Path) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        certificate = x509.load_der_x509_certificate(octets)
        package = pkcs12.serialize_key_and_certificates(b"us", LEAF_KEY, certificate, None, NoEncryption())
        return load_pkcs12(package)


def x509_pem(octets: bytes) -> bytes:
    return pem.armor("CERTIFICATE", octets)


@pytest.mark.parametrize("read", [from_file, from_agreement, from_pkcs12])
def test_every_door_is_as_careful(read: Callable[[bytes, Path], object], tmp_path: Path) -> None:
    """A root's file, an agreement and a PKCS #12 file are read with the same care as a certificate in a mail."""
    honest = Made().certificate().public_bytes(Encoding.DER)
    assert read(honest, tmp_path)
    with pytest.raises(AdapterError) as refused:
        read(changed(Made().certificate(), negative_serial), tmp_path)
    assert refused.value.id in {"CERTIFICATE-UNREADABLE", "KEY-UNREADABLE"}
