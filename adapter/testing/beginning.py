"""How does a new installation begin? A folder with a configuration, test keys, and what a partner has to be given.

    DIR/config.toml  keys/  trust/roots.pem  partners/        the installation
    DIR/share/       partner.toml  signing.crt  encryption.crt  roots.pem      for a partner, nothing secret in it

The keys are throw-away keys: good for trying everything, fit for no real traffic.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template

from adapter.errors import FILE_UNREADABLE, INIT_FOLDER, AdapterError
from adapter.lookups import packaged
from adapter.lookups.directory import PartnerFile
from adapter.lookups.toml_files import read_section
from adapter.testing.pki import Organisation, ThrowAwayPki
from adapter.values import HerId


@dataclass(frozen=True, slots=True)
class Beginning:
    """Who begins: its parties, where it listens, and where its mail goes."""

    role: str
    her: HerId
    name: str
    organisation_her: HerId
    organisation_name: str
    listen: int
    send_host: str
    send_port: int

    @property
    def address(self) -> str:
        return f"{self.role}-{self.her}@edi.example"


def begin(folder: Path, who: Beginning, *, key_size: int = 3072) -> None:
    """Make the folder, which must be new or empty. Raises `AdapterError` (INIT_FOLDER, FILE_UNREADABLE)."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AdapterError(INIT_FOLDER, f"{folder} is not empty")
    pki = ThrowAwayPki(key_size)
    made = pki.organisation(who.organisation_name, "983974929" if who.role == "hospital" else "974744570")
    mail = pki.server("localhost")
    try:
        made.write(folder / "keys")
        (folder / "keys" / "mail.key").touch(mode=0o600)
        (folder / "keys" / "mail.key").write_bytes(mail.key_pem())
        (folder / "keys" / "mail.crt").write_bytes(mail.certificate_pem())
        for name in ("trust", "partners", "share"):
            (folder / name).mkdir()
        (folder / "trust" / "roots.pem").write_bytes(pki.root_pem())
        _share(folder / "share", who, made, pki.root_pem())
        (folder / "config.toml").write_text(_configuration(who), "utf-8")
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{folder} cannot be written: {error.strerror}") from None


def add_partner(folder: Path, share: Path) -> HerId:
    """Take what a partner shares into a folder of ours; the same again changes nothing.

    Raises `AdapterError` (FILE_UNREADABLE, INIT_FOLDER) when the folders are not what they should be.
    """
    if not (folder / "config.toml").is_file():
        raise AdapterError(INIT_FOLDER, f"{folder} holds no config.toml")
    try:
        said = read_section(PartnerFile, (share / "partner.toml").read_bytes(), share)
        if isinstance(said, tuple):
            raise AdapterError(INIT_FOLDER, f"{share / 'partner.toml'}: {'; '.join(said)}")
        for name in ("signing.crt", "encryption.crt"):
            content = (share / name).read_bytes()
            (folder / "partners" / f"{said.her}-{name}").write_bytes(content)
        text = (share / "partner.toml").read_text("utf-8").replace('"signing.crt"', f'"{said.her}-signing.crt"')
        text = text.replace('"encryption.crt"', f'"{said.her}-encryption.crt"')
        (folder / "partners" / f"{said.her}.toml").write_text(text, "utf-8")
        roots, theirs = (folder / "trust" / "roots.pem"), (share / "roots.pem").read_bytes()
        known = roots.read_bytes()
        if theirs not in known:
            roots.write_bytes(known + theirs)
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{error.filename}: {error.strerror}") from None
    return said.her


def invented_partner(folder: Path, role: str, *, key_size: int = 3072) -> HerId:
    """Give a folder a partner that does not exist, so that everything but an answer can be tried."""
    other = "municipality" if role == "hospital" else "hospital"
    who = Beginning(other, HerId("8888801"), "Test party", HerId("8888800"), "Test organisation", 0, "localhost", 0)
    pki, share = ThrowAwayPki(key_size), folder / "partners" / ".invented"
    try:
        share.mkdir()
        _share(share, who, pki.organisation(who.organisation_name, "999888777"), pki.root_pem())
        her = add_partner(folder, share)
        for path in share.iterdir():
            path.unlink()
        share.rmdir()
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{error.filename}: {error.strerror}") from None
    return her


def _configuration(who: Beginning) -> str:
    fields = {
        "role": who.role,
        "her": who.her.value,
        "name": _inside_quotes(who.name),
        "address": who.address,
        "organisation_her": who.organisation_her.value,
        "organisation_name": _inside_quotes(who.organisation_name),
        "listen": str(who.listen),
        "send_host": _inside_quotes(who.send_host),
        "send_port": str(who.send_port),
    }
    return Template(packaged.configuration()).substitute(fields)


def _share(folder: Path, who: Beginning, made: Organisation, root: bytes) -> None:
    (folder / "signing.crt").write_bytes(made.signing.certificate_pem())
    (folder / "encryption.crt").write_bytes(made.encryption.certificate_pem())
    (folder / "roots.pem").write_bytes(root)
    text = f"""# What a partner of ours has to know. Nothing in this folder is secret.
her = "{who.her}"
name = "{_inside_quotes(who.name)}"
address = "{who.address}"
role = "{who.role}"
convention = true
organisation = {{ her = "{who.organisation_her}", name = "{_inside_quotes(who.organisation_name)}" }}
signing_certificates = ["signing.crt"]
encryption_certificate = "encryption.crt"
"""
    (folder / "partner.toml").write_text(text, "utf-8")


def _inside_quotes(text: str) -> str:
    """The inside of a TOML basic string."""
    return "".join(f"\\u{ord(sign):04x}" if ord(sign) < 0x20 or sign in '"\\\x7f' else sign for sign in text)
