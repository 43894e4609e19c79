"""Has a partner another EDI address by now than the one that a mail server has refused for good?

The register is asked anew once for a message before a 5xx is final (`ebxml.md` §2.5, §7.3): an address that was known
when the message was sealed may be gone when it, or a copy of it, leaves. The same octets then go to the new address.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from adapter.delivery.sender_events import AddressChanged
from adapter.errors import AdapterError
from adapter.observe import events
from adapter.service.installation import Installation
from adapter.service.steps import Told, line_of, take_transport_step
from adapter.store.port import Exchange, JournalEntry, OutboxItem, OutboxKind, Reader, Writer
from adapter.values import EdiAddress

_READDRESSED = "goes to another address"


def new_address(installation: Installation, item: OutboxItem) -> EdiAddress | None:
    """The address that the receiver of a refused message has now, if it is another and this is the first refusal.

    None where there is none, or where nobody can be asked now. It asks the register: call it in a worker thread.
    """
    exchange_id = item.exchange_id
    if item.kind is not OutboxKind.MESSAGE or exchange_id is None:
        return None

    def first_refused(reader: Reader) -> Exchange | None:
        again = any(line.what == _READDRESSED for line in reader.journal(exchange_id))
        return None if again else reader.exchange(exchange_id)

    try:
        exchange = installation.store.read_now(first_refused)
        if exchange is None:
            return None
        installation.partners.refresh(exchange.receiver)
        partner = installation.partners.find(exchange.receiver)
    except AdapterError:
        return None
    return partner.address if partner is not None and partner.address != item.recipient else None


def readdress(
    installation: Installation,
    writer: Writer,
    exchange: Exchange,
    item: OutboxItem,
    address: EdiAddress,
    reason: str,
    now: datetime,
) -> list[Told]:
    """Let a message that was refused for `reason` and is still under way go to another address, at once.

    It has not failed, and nobody is told so: one step leads from the refused address to the next.
    """
    moved = replace(exchange, peer_address=address)
    terms = installation.terms_for(exchange)
    moved, _ = take_transport_step(writer, moved, AddressChanged(reason), now, terms, item.sender)
    detail = f"{item.recipient} was refused ({reason}); {address} now"
    writer.add_journal(JournalEntry(exchange.id, now, _READDRESSED, detail))
    assert moved.transport is not None
    return [Told(events.EXCHANGE_READDRESSED, line_of(moved, moved.transport.state.value))]
