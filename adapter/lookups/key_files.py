"""Our own keys and the roots we trust, read from files."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from adapter.crypto.certificates import load_certificates
from adapter.crypto.keys import DecryptionKey, DecryptionKeys, SigningIdentity, load_pkcs12, load_private_key
from adapter.errors import CERTIFICATE_UNREADABLE, CONFIG_INVALID, FILE_UNREADABLE, KEY_UNREADABLE, AdapterError


@dataclass(frozen=True, slots=True)
class PairFiles:
    """Where a key and its certificate lie: two files, or one PKCS #12 file in `pkcs12`, and where its password is.

    What there is none of is None; the password is the first line of a file, or an environment variable.
    """

    key: Path | None
    certificate: Path | None
    pkcs12: Path | None
    password_file: Path | None
    password_env: str | None


def signing_identity(files: PairFiles) -> SigningIdentity:
    """The pair that we sign with. Raises `AdapterError` when a file or what is in it is no good."""
    return SigningIdentity(*_pair(files))


def decryption_key(files: PairFiles, end: datetime | None) -> DecryptionKey:
    """A pair that we decrypt with, until its end (None: without end).

    Raises `AdapterError` when a file or what is in it is no good.
    """
    return DecryptionKey(*_pair(files), end)


def _pair(files: PairFiles) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    word = _password(files.password_file) if files.password_env is None else _from_environment(files.password_env)
    if files.pkcs12 is not None:
        return load_pkcs12(_read(files.pkcs12), word)
    if files.key is None or files.certificate is None:
        raise AdapterError(KEY_UNREADABLE, "no file is named")
    (certificate, *_) = load_certificates(_read(files.certificate))
    return load_private_key(_read(files.key), word), certificate


def _from_environment(name: str) -> bytes:
    value = os.environ.get(name)
    if value is None:
        raise AdapterError(KEY_UNREADABLE, f"the environment variable {name}, which password_env names, is not set")
    return value.encode()


def decryption_keys(pairs: tuple[DecryptionKey, ...]) -> DecryptionKeys:
    """All pairs that may still open a message, the current one first."""
    return DecryptionKeys(pairs)


def certificates(files: tuple[Path, ...]) -> tuple[x509.Certificate, ...]:
    """Every certificate of some files, PEM or DER. Raises `AdapterError` naming the first file that holds none."""
    found: list[x509.Certificate] = []
    for file in files:
        try:
            found += load_certificates(_read(file))
        except AdapterError as error:
            if error.kind is not CERTIFICATE_UNREADABLE:
                raise
            raise AdapterError(KEY_UNREADABLE, f"{file} holds no certificate that can be read") from None
    return tuple(found)


def password(file: Path | None) -> str | None:
    """The first line of a password file. Raises `AdapterError`."""
    content = _password(file)
    return None if content is None else content.decode("utf-8", "replace")


def password_given(file: Path | None, variable: str | None) -> str | None:
    """A password from a file or from a variable of the environment; None when neither is named.

    Raises `AdapterError` (FILE-UNREADABLE, CFG-INVALID).
    """
    if variable is None:
        return password(file)
    said = os.environ.get(variable)
    if not said:
        raise AdapterError(CONFIG_INVALID, f"the environment has no {variable}, which is to hold a password")
    return said


def secret_key(file: Path) -> bytes:
    """A key of 32 octets: as they are, or in base64 on one line. Raises `AdapterError` (FILE-UNREADABLE,
    KEY-UNREADABLE)."""
    content = _read(file)
    if len(content) == _SECRET_OCTETS:
        return content
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != _SECRET_OCTETS:
        says = f"{file} must hold 32 random octets, or their base64 on one line; `adapter store make-key` makes one"
        raise AdapterError(KEY_UNREADABLE, says)
    return key


def write_secret_key(file: Path, key: bytes) -> None:
    """Write a key in base64 to a file that only this user may read, durable when it returns.

    Raises `AdapterError` (FILE-UNREADABLE), also when there is a file already.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(base64.b64encode(key) + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{file} cannot be written: {error.strerror}") from None


_SECRET_OCTETS = 32


def _password(file: Path | None) -> bytes | None:
    return None if file is None else _read(file).split(b"\n", 1)[0].rstrip(b"\r")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{file}: {error.strerror}") from None
