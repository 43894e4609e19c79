"""Which libraries must never be in one process with ours, by the lock that every installation is made from."""

from __future__ import annotations

import re
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
NAME = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.MULTILINE)

SECOND_LIBXML2 = {"xmlsec", "python-xmlsec", "html5-parser", "libxml2-python3"}
"""They bring or load a libxml2 of their own beside that of lxml, and crash where the two differ."""

NOT_WITH_OPENSSL_3 = {"oscrypto", "certvalidator", "pyhanko-certvalidator"}
"""oscrypto does not load with OpenSSL 3.0.10 and later, and neither does what needs it."""


def test_the_lock_has_one_libxml2_and_nothing_that_fails_to_load() -> None:
    """lxml is locked to one version, and nothing that is locked quarrels with it or with today's OpenSSL."""
    locked = NAME.findall(LOCK.read_text("utf-8"))
    assert len(locked) > 50
    assert locked.count("lxml") == 1
    assert set(locked) & (SECOND_LIBXML2 | NOT_WITH_OPENSSL_3) == set()
