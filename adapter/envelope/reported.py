"""Which types and versions of documents the national monitoring knows: namespace, versions, message types.

The list of message versions (MeldingsVersjoner.xml) as far as `ebxml.md` §9.2 gives it, with what `messages.kinds`
knows besides. Several message types share a namespace and are told apart by the Action only (HITS 1210 §5.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from adapter.envelope.routing import APPREC
from adapter.messages.kinds import CONTENTS, KINDS, Family

_VERSION: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}[a-z]?")
_NUMBER: Final = re.compile(r"[0-9]+")
_PLO: Final = frozenset(kind.type for kind in KINDS if kind.family is not Family.DIALOG)
_REFERRALS: Final = frozenset({"HENVISNING", "HENVISNING_NYTILSTAND", "HENVISNING_VIDERE", "TILBAKEMELD"})
_LAB: Final = frozenset({"SVAR_CYT", "SVAR_HIST", "SVAR_KKL", "SVAR_MBIO", "SVAR_LAB", "SVAR_RTG"})

_OTHERS: Final = (
    ("http://www.kith.no/xmlstds/po/2006-08-28", "1.2", _PLO),
    ("http://www.kith.no/xmlstds/epj/EPJEkstrakt/2008-02-20", "1.4", frozenset({"EPJ-EKSTRAKT"})),
    ("http://www.kith.no/xmlstds/epikrise/2006-09-23", "1.1", frozenset({"EPIKRISE"})),
    ("http://www.kith.no/xmlstds/epikrise/2012-02-15", "1.2", frozenset({"EPIKRISE"})),
    ("http://www.kith.no/xmlstds/henvisning/2005-07-08", "1.0", _REFERRALS),
    ("http://www.kith.no/xmlstds/henvisning/2012-02-15", "1.1", _REFERRALS),
    ("http://ehelse.no/xmlstds/henvisning/2017-11-30", "2.0", _REFERRALS),
    ("http://www.kith.no/xmlstds/labsvar/2012-02-15", "1.4", _LAB),
)


def _rows() -> Iterator[tuple[str, tuple[str, frozenset[str]]]]:
    for content in CONTENTS:
        types = {kind.type for kind in KINDS if kind.accepts(content)}
        yield content.namespace, (content.version, frozenset({APPREC} if content.family is Family.APPREC else types))
    for namespace, version, actions in _OTHERS:
        yield namespace, (version, actions)


_KNOWN: Final = dict(_rows())


def is_known(namespace: str) -> bool:
    """Whether the list has a type of document of this namespace."""
    return namespace in _KNOWN


def version_of(namespace: str) -> str:
    """The version that documents of this namespace have; `0` where the list does not know it."""
    return _KNOWN[namespace][0] if namespace in _KNOWN else "0"


def is_version(text: str) -> bool:
    """Whether a text has the form of a published version; `0`, which stands for an unknown one, has it not."""
    return _VERSION.fullmatch(text) is not None and text != "0"


def place_of(version: str) -> tuple[tuple[int, ...], str]:
    """Where a version stands among others: its numbers, then the letter behind them, as in `0.9b`.

    What is no version stands before all that are.
    """
    if _VERSION.fullmatch(version) is None:
        return (), version
    return tuple(map(int, _NUMBER.findall(version))), version.lstrip("0123456789.")


def is_of_version(namespace: str, version: str) -> bool:
    """Whether a document of this namespace, which is of the list, is of that version."""
    return _KNOWN[namespace][0] == version


def goes_with(namespace: str, action: str) -> bool:
    """Whether a document of this namespace, which is of the list, travels under that Action."""
    return action in _KNOWN[namespace][1]
