"""What changes when the configuration is read again, and may it?

A reload reads everything that a start reads: configuration, keys, roots, partners, schemas, policies and prices. It is
taken whole or not at all: one mistake anywhere, and what was in force stays in force. A few keys cannot change while
the adapter runs; they are named, and nothing else is taken either, so that nobody has to guess which half is in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from cryptography import x509

from adapter.config import Settings, load
from adapter.crypto.certificates import thumbprint
from adapter.errors import CONFIG_FIXED, AdapterError
from adapter.lookups.planned import Planned
from adapter.lookups.port import Partner
from adapter.service.installation import Installation, open_tools
from adapter.service.running import listening, mail_out
from adapter.service.terms import TermsInForce, terms
from adapter.transports.port import Transport

FIXED = ("store.path", "store.key_file", "store.pseudonym_key_file", "smtp.receive.host", "smtp.receive.port")
"""Keys that need a restart: an open store and an open listening socket stay where they are."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """Everything anew over the same store, and what is other than before, one line each."""

    installation: Installation
    transport: Transport
    differences: tuple[str, ...]


def renew(before: Installation, config: Path) -> Renewed:
    """Read everything again. Raises `AdapterError` with every mistake, or CFG-FIXED with what needs a restart."""
    settings = load(config)
    changed = tuple(setting_differences(before.settings, settings))
    fixed = [line for line in changed if line.split(":")[0] in FIXED]
    if (before.settings.listener is None) is not (settings.listener is None):
        fixed.append("smtp.receive: whether we listen ourselves beside a [[mailbox]]")
    if fixed:
        raise AdapterError(CONFIG_FIXED, "; ".join(fixed))
    in_force = terms(settings)
    tools = open_tools(settings, before.clock, before.ids, before.log)
    parts = {field.name: getattr(tools, field.name) for field in fields(tools)}
    after = Installation(
        **parts,
        store=before.store,
        in_force=TermsInForce(settings, before.log, in_force),
        pulse=before.pulse,
        metrics=before.metrics,
    )
    listening(after)
    differences = [*changed, *_certificates(before, after), *_partners(before, after)]
    try:
        was = before.in_force.terms
    except AdapterError:
        differences.append("policies and prices: taken, those before had mistakes")
    else:
        differences += _named("policy", was.files.policies, in_force.files.policies)
        if was.files.rates != in_force.files.rates:
            differences.append("prices: other content")
    return Renewed(after, mail_out(settings), tuple(differences))


def setting_differences(before: Settings, after: Settings) -> Iterator[str]:
    """Every key that has another value now, as `key: before → after`. Secrets are files, so no value is one."""
    old, new = dict(_flat("", before.model_dump())), dict(_flat("", after.model_dump()))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield f"{key}: {old.get(key, 'nothing')} → {new.get(key, 'nothing')}"


def _flat(key: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}" if key else str(name), inner)
    elif isinstance(value, list | tuple) and any(isinstance(inner, Mapping) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{key}[{number}]", inner)
    else:
        yield key, str(value)


def _certificates(before: Installation, after: Installation) -> Iterator[str]:
    old, new = ([pair.certificate for pair in one.sealer.signer.identities] for one in (before, after))
    yield from _changed("keys.signing", _prints(*old), _prints(*new))
    old, new = ([pair.certificate for pair in one.keys.pairs] for one in (before, after))
    yield from _changed("keys.encryption", _prints(*old), _prints(*new))
    yield from _changed("trust.roots", _prints(*before.anchors.roots), _prints(*after.anchors.roots))


def _partners(before: Installation, after: Installation) -> Iterator[str]:
    old, new = ({partner.her.value: _partner(partner) for partner in one.partners.all()} for one in (before, after))
    yield from _named("partner", old, new)


def _partner(partner: Partner) -> tuple[object, ...]:
    shown = [getattr(partner, field.name) for field in fields(partner) if field.name not in {"signing", "encryption"}]
    return (*shown, *map(_planned, (*partner.signing, *partner.encryption)))


def _planned(one: Planned) -> tuple[object, ...]:
    return _prints(one.certificate), one.first, one.until


def _named(what: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"{what} {name}: new"
        elif name not in after:
            yield f"{what} {name}: gone"
        elif before[name] != after[name]:
            yield f"{what} {name}: other content"


def _changed(what: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{what}: {before} → {after}"


def _prints(*certificates: x509.Certificate) -> str:
    return ", ".join(thumbprint(one)[:16] for one in certificates) or "nothing"
