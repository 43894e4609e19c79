"""What did the receiver of a message say was wrong with it? The errors of its AppRec with code, text and explanation.

Whoever has had a negative AppRec is shown its code, text and explanation (OT): HIS 80415:2012 §3.3.4, `apprec.md` §4.2.
They are read from the AppRec as it was kept. The free text is a partner's: it is shown to who may see the exchange, and
never logged; what may be a national identity number in it is masked (ID-016).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from adapter.messages.codes import CodeLists
from adapter.messages.datatypes import Code
from adapter.service.stay_log import kept_reading
from adapter.store.port import Direction, Exchange, Reader

_NUMBER: Final = re.compile(r"\d{6}\s?\d{5}")
_UNSHOWN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Control characters, and those that turn the direction of a line."""


@dataclass(frozen=True, slots=True)
class ReceiptError:
    """An error of an AppRec: its code, the text of the code, and what its sender added; empty where there is none."""

    code: str
    text: str = ""
    explanation: str = ""


def receipt_errors(reader: Reader, exchange: Exchange, codes: CodeLists) -> tuple[ReceiptError, ...]:
    """The errors of the AppRec that decided about a message of ours; by code alone where it is kept no more."""
    if exchange.receipt is None:
        return ()
    decided = exchange.receipt.errors
    for one in reader.related(exchange.id):
        is_receipt = one.direction is Direction.IN and one.receipt_for == exchange.id
        reading = kept_reading(reader, one) if is_receipt else None
        if reading is None or reading.apprec is None:
            continue
        if tuple(error.v for error in reading.apprec.errors if error.v) == decided:
            return tuple(_told(error, codes) for error in reading.apprec.errors)
    return tuple(ReceiptError(code, codes.text("8221", code) or "") for code in decided)


def _told(error: Code, codes: CodeLists) -> ReceiptError:
    text = error.dn or codes.text("8221", error.v or "") or ""
    return ReceiptError(_shown(error.v or ""), _shown(text), _shown(error.ot or ""))


def _shown(text: str) -> str:
    return _NUMBER.sub("***********", _UNSHOWN.sub(" ", text))
