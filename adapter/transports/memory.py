"""The transport of tests: mails go from sender to listener in memory, with an outcome that the test may choose."""

from __future__ import annotations

from adapter.transports.port import Accepted, Keep, Outcome, OutgoingMail, ReceivedMail
from adapter.values import EdiAddress


class Post:
    """A post office: listeners by address, the mails it has carried, and the outcomes told beforehand."""

    def __init__(self) -> None:
        self._listeners: dict[EdiAddress, Keep] = {}
        self._told: list[Outcome] = []
        self.carried: list[OutgoingMail] = []

    def listen(self, address: EdiAddress, keep: Keep) -> None:
        """Hand every mail for `address` to `keep`."""
        self._listeners[address] = keep

    def tell(self, *outcomes: Outcome) -> None:
        """Answer the next mails with these outcomes; only an accepted one is carried."""
        self._told.extend(outcomes)

    async def send(self, mail: OutgoingMail) -> Outcome:
        outcome: Outcome = self._told.pop(0) if self._told else Accepted("250 kept in memory")
        if isinstance(outcome, Accepted):
            self.carried.append(mail)
            keep = self._listeners.get(mail.recipient)
            if keep is not None:
                await keep(ReceivedMail(mail.content, mail.sender.value, (mail.recipient.value,)))
        return outcome

    async def close(self) -> None:
        """Nothing is held open."""
