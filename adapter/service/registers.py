"""What do the registers say by now of those we exchange with? Asked beside the traffic, before a message needs it.

HISD 1177 ch. 8 has the agreements of one's own parties fetched twice a day. Its one call for that,
`GetCpasForCommunicationParty`, has no established form over HTTP, so each pair is asked for by the call that has one.
What it changes is told: a partner's new address, certificate or agreement is used from then on.
"""

from __future__ import annotations

from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.installation import Tools
from adapter.service.steps import Told


def look_after(tools: Tools) -> tuple[int, list[Told]]:
    """Ask for what is nearly too old and tell what is different now; says how often a register was asked.

    It waits for the register: call it in a thread of its own.
    """
    renewed = tools.partners.renew(sorted(tools.own_hers, key=lambda her: int(her.value)))
    return renewed.asked, [
        Told(events.REGISTER_CHANGED, Line(partner=her.value, change=what)) for her, what in renewed.changed
    ]
