"""Which files go with a message, and how are they laid into a folder without harm?

The attachments inside it (`msghead.md` §7.6) and the payload parts beside it, each under a name that we make: a
number, what the message calls it as far as that is letters and digits, and the ending of its type. So no name of a
partner's leads out of the folder, hides itself, or is a device. Nothing that lies there is overwritten; all is written
or nothing.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapter.envelope.plaintext import Form, unwrap
from adapter.errors import FILE_UNREADABLE, AdapterError
from adapter.messages.head import Document
from adapter.messages.reading import understand
from adapter.values import Digest

_LONGEST: Final = 60
"""signs that are kept of what a message calls a file"""
_MOST_OCTETS: Final = 200
"""and octets of them in UTF-8: a disk takes 255 for a whole name, with number and endings"""
_ENDINGS: Final = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "text/plain": ".txt",
    "text/xml": ".xml",
    "application/xml": ".xml",
}
_STARTS: Final = ((b"%PDF-", ".pdf"), (b"\xff\xd8\xff", ".jpg"), (b"\x89PNG\r\n", ".png"))
_PACKED: Final = {"DF": ".deflate", "GZ": ".gz", "Z": ".Z"}


@dataclass(frozen=True, slots=True)
class Extract:
    """One file that goes with a message: the name it is given, the octets as they came. A packed one stays packed."""

    name: str
    octets: bytes

    @property
    def digest(self) -> Digest:
        return Digest.of(self.octets)


def extracts(content: bytes, beside: tuple[bytes, ...]) -> tuple[Extract, ...]:
    """The files of a message: first those inside it, then those beside it, in their order.

    Raises `AdapterError` (FILE_UNREADABLE) when one inside cannot be decoded.
    """
    head = understand(content).head
    inside = list(_inside(head.documents)) if head is not None else []
    found = [*inside, *(("part", _ending_of(octets), octets) for octets in beside)]
    return tuple(
        Extract(f"{number}-{called}{ending}", octets) for number, (called, ending, octets) in enumerate(found, start=1)
    )


def _inside(documents: tuple[Document, ...]) -> Iterator[tuple[str, str, bytes]]:
    for document in documents:
        if document.attachment is None:
            continue
        octets = document.attached()
        if octets is None:
            raise AdapterError(FILE_UNREADABLE, "an attachment of the message is no base64; `--payload` prints it all")
        packed = document.compression.v if document.compression is not None else None
        ending = _ENDINGS.get((document.mime_type or "").strip().lower(), ".bin")
        yield _plain(document.ref_description or ""), ending + _PACKED.get(packed or "", ""), octets


def _plain(said: str) -> str:
    """Letters and digits of what a partner wrote, the rest as `_`; `attachment` where nothing is left."""
    composed = unicodedata.normalize("NFC", said)
    kept = "".join(one if one.isalnum() or one in "-_" else "_" for one in composed)[:_LONGEST]
    return kept.encode()[:_MOST_OCTETS].decode(errors="ignore").strip("_-") or "attachment"


def _ending_of(octets: bytes) -> str:
    known = next((ending for start, ending in _STARTS if octets.startswith(start)), ".bin")
    return ".xml" if unwrap(octets).form is Form.XML else known


def write_all(folder: Path, files: tuple[Extract, ...]) -> tuple[Path, ...]:
    """Write files into a folder that is there; where one cannot be, none stays.

    Raises `AdapterError` (FILE_UNREADABLE) for a folder or file that cannot be, also for a name that is taken.
    """
    if not folder.is_dir():
        raise AdapterError(FILE_UNREADABLE, f"{folder} is no folder")
    written: list[Path] = []
    try:
        for file in files:
            path = folder / file.name
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            written.append(path)
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(file.octets)
                opened.flush()
                os.fsync(opened.fileno())
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        says = f"{folder / file.name}: {error.strerror}; nothing was written"
        raise AdapterError(FILE_UNREADABLE, says) from None
    return tuple(written)
