"""Our own keys and the roots we trust, read from files."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography import x509

from adapter.crypto.keys import DecryptionKey, DecryptionKeys, SigningIdentity, load_private_key
from adapter.errors import CONFIG_INVALID, FILE_UNREADABLE, KEY_UNREADABLE, AdapterError


def signing_identity(key: Path, certificate: Path, password: Path | None = None) -> SigningIdentity:
    """The pair that we sign with. Raises `AdapterError` when a file or what is in it is no good."""
    return SigningIdentity(load_private_key(_read(key), _password(password)), _one_certificate(certificate))


def decryption_key(key: Path, certificate: Path, password: Path | None = None) -> DecryptionKey:
    """A pair that we decrypt with. Raises `AdapterError` when a file or what is in it is no good."""
    return DecryptionKey(load_private_key(_read(key), _password(password)), _one_certificate(certificate))


def decryption_keys(pairs: tuple[DecryptionKey, ...]) -> DecryptionKeys:
    """All pairs that may still open a message, the current one first."""
    return DecryptionKeys(pairs)


def certificates(files: tuple[Path, ...]) -> tuple[x509.Certificate, ...]:
    """Every certificate of some PEM files. Raises `AdapterError` naming the first file that holds none."""
    found: list[x509.Certificate] = []
    for file in files:
        try:
            found += x509.load_pem_x509_certificates(_read(file))
        except ValueError:
            raise AdapterError(KEY_UNREADABLE, f"{file} holds no PEM certificate") from None
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


def _one_certificate(file: Path) -> x509.Certificate:
    return certificates((file,))[0]


def _password(file: Path | None) -> bytes | None:
    return None if file is None else _read(file).split(b"\n", 1)[0].rstrip(b"\r")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{file}: {error.strerror}") from None
