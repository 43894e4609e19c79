"""How a message is refused: the catalogue row, the rule broken, the place in the envelope, what the sender hears."""

from __future__ import annotations

from adapter.errors import DECRYPTION_FAILED, AdapterError, ErrorKind


class RefusedError(AdapterError):
    """A received message, or one of ours before it is sent, that cannot be accepted.

    `rule` is an id of `ebxml.md` chapter 10 (`EB-326`), `location` an XPath with the prefixes of the profile, or a
    Content-ID (`ebxml.md` §3.6); it is empty where the whole is meant.
    """

    def __init__(self, kind: ErrorKind, rule: str, detail: str = "", location: str = "") -> None:
        super().__init__(kind, f"{detail} ({rule})" if detail else rule)
        self.rule = rule
        self.location = location

    @property
    def outward(self) -> str:
        """The text for the ErrorList: concrete, except that a failed decryption never tells why (`ebxml.md` §5.3)."""
        return self.kind.says if self.kind is DECRYPTION_FAILED else str(self)
