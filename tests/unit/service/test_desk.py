"""How a command finds the exchange that a person means."""

from __future__ import annotations

import pytest

from adapter.errors import AdapterError
from adapter.service.desk import find_exchange
from adapter.testing.neighbours import World


async def test_an_exchange_is_found_by_id_prefix_and_msg_id(world: World) -> None:
    """Its id, enough of its id, or the MsgId of its message in any case."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    msg_id = world.hospital.exchange(sent).msg_id
    assert msg_id is not None
    store = world.hospital.installation.store
    for wanted in (sent, sent[:8], msg_id.value, f" {msg_id.value.upper()} "):
        assert store.read_now(lambda reader: find_exchange(reader, wanted)).id == sent  # noqa: B023


async def test_what_is_not_one_exchange_is_refused(world: World) -> None:
    """No match and several matches are errors that say how many there are."""
    for _ in range(2):
        world.hospital.submit(world.hospital.build("discharge-ready"))
    store = world.hospital.installation.store
    for wanted, count in (("nothing", "0"), ("", "2")):
        with pytest.raises(AdapterError, match=f"{count} exchanges"):
            store.read_now(lambda reader: find_exchange(reader, wanted))  # noqa: B023
