"""What of the national profile is a choice of the site: how strictly what arrives is judged, and how we speak."""

from __future__ import annotations

from adapter.lookups.toml_files import Section


class Validation(Section):
    """How what arrives is judged (`ebxml.md` ch. 4, 10 and 12)."""

    strict: bool = False
    """Whether a deviation that has an ebXML error code is refused; otherwise it is accepted, named and counted."""


class Envelope(Section):
    """How our own message handler speaks."""

    test_mark: bool = False
    """Whether everything that leaves says that it was sent to test; not with `mode = "production"`."""
    answer_service: bool = False
    """Whether a partner's Ping and StatusRequest are answered (by agreement only, HIS 1037 §3.2)."""
