"""A throw-away certificate authority: one root, and enterprise certificates issued directly by it, for demos and tests.

The pairs look like those of the Norwegian issuers (`ebxml.md` §4.5): signing has nonRepudiation alone, encryption has
digitalSignature and keyEncipherment, the subject carries `organizationIdentifier` `NTRNO-#########`. Nothing here is
fit for real traffic: the root's key lives in this process and is written nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from adapter.crypto.certificates import TrustAnchors, Usage
from adapter.crypto.keys import DecryptionKey, DecryptionKeys, SigningIdentity

LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2045, 1, 1, tzinfo=UTC)
"""Demos run from 2011 on and their certificates are read with today's clock by other tools; both lie in between."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Organisation:
    """The two pairs of one organisation."""

    signing: Pair
    encryption: Pair

    @property
    def identity(self) -> SigningIdentity:
        return SigningIdentity(self.signing.key, self.signing.certificate)

    @property
    def keys(self) -> DecryptionKeys:
        return DecryptionKeys((DecryptionKey(self.encryption.key, self.encryption.certificate),))

    def write(self, folder: Path) -> None:
        """Write `signing.key`, `signing.crt`, `encryption.key` and `encryption.crt` (PEM, unencrypted)."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, pair in (("signing", self.signing), ("encryption", self.encryption)):
            (folder / f"{name}.key").write_bytes(pair.key_pem())
            (folder / f"{name}.key").chmod(0o600)
            (folder / f"{name}.crt").write_bytes(pair.certificate_pem())


class ThrowAwayPki:
    """A root and what it issues. `size` is the length of every RSA key in bits.

    `ocsp`, `crl` and `policy` are what every certificate it issues names: a responder, a list, a policy OID; empty is
    none. With `above` it is no root but an issuer under that one; `root` is then the certificate of the issuer.
    """

    def __init__(
        self,
        size: int = 3072,
        *,
        valid_from: datetime = LONG_AGO,
        valid_until: datetime = FAR_AHEAD,
        name: str = "Root",
        ocsp: str = "",
        crl: str = "",
        policy: str = "",
        above: ThrowAwayPki | None = None,
    ) -> None:
        self._named = (ocsp, crl, policy)
        self._above = above
        self._size = size
        self._valid_from = valid_from
        self._valid_until = valid_until
        self._key = self._new_key()
        self._name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "NO"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Throw-away PKI"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Throw-away {name}"),
            ]
        )
        self.root = self._issue_root() if above is None else above.issue_issuer(self._name, self._key.public_key())

    @property
    def anchors(self) -> TrustAnchors:
        if self._above is None:
            return TrustAnchors((self.root,))
        above = self._above.anchors
        return TrustAnchors(above.roots, (*above.issuing, self.root))

    def issue_issuer(self, name: x509.Name, key: rsa.RSAPublicKey) -> x509.Certificate:
        """A certificate for somebody who issues certificates: a name and a key, whoever they are."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._valid_from)
            .not_valid_after(self._valid_until)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        return self._naming(builder).sign(self._key, hashes.SHA256())

    def _naming(self, builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        responder, revoked, policy = self._named
        if responder:
            place = x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder)
            )
            builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
        if revoked:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(revoked)], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        if policy:
            named = x509.PolicyInformation(x509.ObjectIdentifier(policy), None)
            builder = builder.add_extension(x509.CertificatePolicies([named]), critical=False)
        return builder

    def key_pem(self) -> bytes:
        """The issuer's own key, for tools that answer in its name."""
        return Pair(self._key, self.root).key_pem()

    def root_pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)

    def organisation(self, name: str, number: str) -> Organisation:
        """A signing and an encryption pair for an organisation; `number` is its nine digits."""
        return Organisation(
            Pair(*self._issue(name, number, Usage.SIGNING)), Pair(*self._issue(name, number, Usage.ENCRYPTION))
        )

    def pair(
        self,
        name: str,
        number: str,
        usage: Usage,
        *,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
    ) -> Pair:
        """One pair, valid as long as the root unless told otherwise."""
        return Pair(*self._issue(name, number, usage, valid_from=valid_from, valid_until=valid_until))

    def server(self, host: str) -> Pair:
        """A pair for the TLS of a mail server of that name, also reachable as 127.0.0.1."""
        key = self._new_key()
        names = [x509.DNSName(host), x509.IPAddress(IPv4Address("127.0.0.1"))]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._valid_from)
            .not_valid_after(self._valid_until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Pair(key, certificate)

    def crl(
        self, revoked: Mapping[int, datetime], this_update: datetime, next_update: datetime, *, delta: bool = False
    ) -> bytes:
        """A CRL (DER) with those serial numbers and when each was revoked."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        builder = builder.last_update(this_update).next_update(next_update)
        for serial, moment in revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment).build()
            builder = builder.add_revoked_certificate(entry)
        if delta:
            builder = builder.add_extension(x509.DeltaCRLIndicator(1), critical=True)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)

    def responder(self, *, appointed: bool = True) -> Pair:
        """A certificate for OCSP signing; one that was not appointed lacks the extended key usage."""
        return Pair(*self._issue("Responder", "123456785", Usage.SIGNING, ocsp_signing=appointed))

    def ocsp_response(
        self,
        certificate: x509.Certificate,
        this_update: datetime,
        next_update: datetime | None,
        *,
        revoked_at: datetime | None = None,
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        responder: Pair | None = None,
    ) -> bytes:
        """An OCSP response (DER), signed by the root or by a responder."""
        signer = responder or Pair(self._key, self.root)
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.root,
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked_at else status,
            this_update=this_update,
            next_update=next_update,
            revocation_time=revoked_at,
            revocation_reason=None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        if responder is not None:
            builder = builder.certificates([responder.certificate])
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _new_key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65537, self._size)

    def _issue_root(self) -> x509.Certificate:
        public = self._key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._valid_from)
            .not_valid_after(self._valid_until)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _issue(
        self,
        name: str,
        number: str,
        usage: Usage,
        *,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        ocsp_signing: bool = False,
    ) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
        key = self._new_key()
        granted = (
            _key_usage(content_commitment=True)
            if usage is Usage.SIGNING
            else _key_usage(digital_signature=True, key_encipherment=True)
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(
                x509.Name(
                    [
                        x509.NameAttribute(NameOID.COUNTRY_NAME, "NO"),
                        x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
                        x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRNO-{number}"),
                        x509.NameAttribute(NameOID.COMMON_NAME, name),
                    ]
                )
            )
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(valid_from or self._valid_from)
            .not_valid_after(valid_until or self._valid_until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(granted, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if ocsp_signing:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        return key, self._naming(builder).sign(self._key, hashes.SHA256())


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
