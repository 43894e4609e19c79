"""What did the mails of an exchange say of themselves: their headers as they came, for whoever looks for a fault?"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.errors import AdapterError
from adapter.store.port import Exchange, Mail, Reader
from adapter.values import Digest

MOST = 16_000
"""Characters shown of one mail's headers."""


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of one mail: `what` is a word of the texts, `name` its id or digest; `text` empty where the mail is
    not kept any more."""

    what: str
    name: str
    text: str


def headers_of(reader: Reader, exchange: Exchange) -> list[Headers]:
    """The headers of what we put on the wire, and of every mail that came about it, oldest first."""
    found = []
    if exchange.sealed is not None:
        found.append(Headers("sent", exchange.sealed.value[:16], _read(reader, exchange.sealed)))
    found += [of_mail(reader, mail) for mail in reader.mails_of([exchange.id])]
    return found


def of_mail(reader: Reader, mail: Mail) -> Headers:
    """The headers of a mail that came."""
    return Headers("received", mail.id, _read(reader, mail.raw))


def _read(reader: Reader, digest: Digest) -> str:
    try:
        content = reader.blob(digest)
    except AdapterError:
        return ""
    head = content[: MOST + 4].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    text = head.decode("utf-8", "replace")
    return "".join(one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in text)
