"""A place to try things in: a throw-away CA, a hospital's and a municipality's adapter, each with all it needs.

    DIR/ca.crt
    DIR/hospital/config.toml  keys/{signing,encryption,mail}.{key,crt}  partners/*.toml  adapter.sqlite  inbox/
    DIR/municipality/...

Everything in it is for tests and demos: the keys are unencrypted and the certificate authority's key is thrown away.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from adapter.config import load
from adapter.testing.pki import ThrowAwayPki
from adapter.values import HerId


@dataclass(frozen=True, slots=True)
class PlaceParty:
    """A communication party of one of the two sides. `role` is empty for the one that the side is named by, `service`
    for one that is no service of a municipality."""

    her: HerId
    name: str
    organisation_her: HerId
    organisation_name: str
    role: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two adapters: its folder, what it is, its EDI address, and where it listens."""

    name: str
    folder: Path
    address: str
    port: int
    parties: tuple[PlaceParty, ...]

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"


@dataclass(frozen=True, slots=True)
class Place:
    """The two sides and the root that both trust."""

    folder: Path
    hospital: Side
    municipality: Side

    @property
    def root(self) -> Path:
        return self.folder / "ca.crt"


def place_at(folder: Path, hospital: tuple[PlaceParty, ...], municipality: tuple[PlaceParty, ...]) -> Place:
    """The place that lies in a folder already, with the ports its configurations name."""
    folder = folder.absolute()
    return _laid_out(
        folder,
        hospital,
        municipality,
        load(folder / "hospital" / "config.toml").smtp.receive.port,
        load(folder / "municipality" / "config.toml").smtp.receive.port,
    )


def _laid_out(
    folder: Path,
    hospital: tuple[PlaceParty, ...],
    municipality: tuple[PlaceParty, ...],
    hospital_port: int,
    municipality_port: int,
) -> Place:
    return Place(
        folder,
        Side("hospital", folder / "hospital", "hospital@edi.example", hospital_port, hospital),
        Side("municipality", folder / "municipality", "municipality@edi.example", municipality_port, municipality),
    )


def prepare(
    folder: Path,
    hospital: tuple[PlaceParty, ...],
    municipality: tuple[PlaceParty, ...],
    *,
    key_size: int = 3072,
    require_tls: bool = False,
    pki: ThrowAwayPki | None = None,
) -> Place:
    """Make a place in an empty or new folder. Both sides send with STARTTLS; with `require_tls` both take nothing else.

    `pki` issues the certificates; None makes one that is thrown away.

    Raises `OSError` when the folder cannot be written.
    """
    folder = folder.absolute()
    ports = _free_ports(2)
    place = _laid_out(folder, hospital, municipality, ports[0], ports[1])
    pki = pki or ThrowAwayPki(key_size)
    folder.mkdir(parents=True, exist_ok=True)
    place.root.write_bytes(pki.root_pem())
    for number, side in (("983974929", place.hospital), ("974744570", place.municipality)):
        keys = side.folder / "keys"
        pki.organisation(side.parties[0].organisation_name, number).write(keys)
        mail = pki.server("localhost")
        (keys / "mail.key").write_bytes(mail.key_pem())
        (keys / "mail.key").chmod(0o600)
        (keys / "mail.crt").write_bytes(mail.certificate_pem())
    _write_side(place.hospital, place.municipality, require_tls)
    _write_side(place.municipality, place.hospital, require_tls)
    return place


def _write_side(side: Side, other: Side, require_tls: bool) -> None:
    (side.folder / "partners").mkdir(exist_ok=True)
    side.config.write_text(_config(side, other, require_tls), "utf-8")
    for party in other.parties:
        (side.folder / "partners" / f"{party.her}.toml").write_text(_partner(party, other), "utf-8")


def _config(side: Side, other: Side, require_tls: bool) -> str:
    parties = "\n".join(
        f"""[[party]]
her = "{party.her}"
name = {_quoted(party.name)}
address = "{side.address}"
role = "{party.role or side.name}"
{_service(party)}organisation = {{ her = "{party.organisation_her}", name = {_quoted(party.organisation_name)} }}
contact = {{ family_name = "Havstein", given_name = "Bjørg", profession = "SP", hpr = "9999002", phone = "55500456" }}
"""
        for party in side.parties
    )
    return f"""# The {side.name} of a place for trying things; made by the adapter, with throw-away keys.

mode = "test"

{parties}
[store]
path = "adapter.sqlite"

[keys]
signing = {{ key = "keys/signing.key", certificate = "keys/signing.crt" }}
encryption = [{{ key = "keys/encryption.key", certificate = "keys/encryption.crt" }}]

[trust]
roots = ["../ca.crt"]

[partners]
folder = "partners"

[inbox]
folder = "inbox"

[smtp.send]
host = "localhost"
port = {other.port}
tls = "starttls"
ca = "../ca.crt"

[smtp.receive]
host = "127.0.0.1"
port = {side.port}
certificate = "keys/mail.crt"
key = "keys/mail.key"
require_tls = {str(require_tls).lower()}
"""


def _partner(party: PlaceParty, side: Side) -> str:
    return f"""her = "{party.her}"
name = {_quoted(party.name)}
address = "{side.address}"
role = "{party.role or side.name}"
{_service(party)}convention = true
organisation = {{ her = "{party.organisation_her}", name = {_quoted(party.organisation_name)} }}
signing_certificates = ["../../{side.name}/keys/signing.crt"]
encryption_certificate = "../../{side.name}/keys/encryption.crt"
"""


def _service(party: PlaceParty) -> str:
    return f'service = "{party.service}"\n' if party.service else ""


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = "".join(f"\\u{ord(sign):04x}" if ord(sign) < 0x20 or sign in '"\\\x7f' else sign for sign in text)
    return f'"{escaped}"'


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
