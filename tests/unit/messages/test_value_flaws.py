"""What is remembered of values that were judged, from one message to the next."""

from __future__ import annotations

import pytest

from adapter.lookups import packaged
from adapter.messages import value_flaws
from adapter.messages.codes import CodeLists
from adapter.messages.namespaces import MSGHEAD_NS
from adapter.messages.reading import understand

CODES = CodeLists.parse(packaged.codes())


@pytest.mark.parametrize(
    ("element", "more"),
    [
        ('<TeleAddress V="tel:55 50 01 23"/>', 0),
        ('<DateOfBirth V="1941-03-12"/>', 0),
        ('<TypeId OT="nabo til Zyxwvut" DN="fritekst"/>', 0),
        ('<Sex V="2" DN="Kvinne"/>', 1),
    ],
)
def test_only_coded_values_are_remembered(element: str, more: int) -> None:
    """A telephone number, a date and a free text are gone with their message; a code and its text stay known."""
    message = f'<MsgHead xmlns="{MSGHEAD_NS}">{element}</MsgHead>'.encode()
    value_flaws._judged_before.cache_clear()
    understand(message).flawed_values(CODES)
    assert value_flaws._judged_before.cache_info().currsize == more
