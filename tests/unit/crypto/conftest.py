"""A root, two organisations, and ways to sign wrongly and to verify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from adapter.crypto.policy import NATIONAL, Policy
from adapter.crypto.verification import ExpectedSigner, verify
from adapter.crypto.verified import Part, SignedEnvelope, Unverified, Verified
from adapter.testing.pki import Organisation, Pair, ThrowAwayPki


@dataclass(frozen=True)
class World:
    """Who takes part in the tests of this package."""

    pki: ThrowAwayPki
    sender: Organisation
    other: Organisation
    now: datetime

    def expected(self, *pairs: Pair) -> ExpectedSigner:
        known = tuple(pair.certificate for pair in pairs or (self.sender.signing,))
        return ExpectedSigner("2001", "partner file", known, self.pki.anchors)

    def verify(
        self,
        envelope: bytes,
        parts: tuple[Part, ...] = (),
        *,
        expected: ExpectedSigner | None = None,
        policy: Policy = NATIONAL,
        signal: bool = False,
        timestamp: datetime | None = None,
        now: datetime | None = None,
    ) -> Verified[SignedEnvelope]:
        return verify(
            Unverified(envelope),
            parts,
            expected or self.expected(),
            timestamp=timestamp or self.now,
            now=now or self.now,
            policy=policy,
            signal=signal,
        )


@pytest.fixture(scope="session")
def world() -> World:
    pki = ThrowAwayPki(2048)
    now = datetime(2012, 3, 5, 10, 15, tzinfo=UTC)
    return World(pki, pki.organisation("Sykehuset", "123456789"), pki.organisation("Kommunen", "987654321"), now)
