"""Each mail is taken in for itself, whatever becomes of the claim on it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.delivery.receiver import ReceptionState
from adapter.envelope.seal import Sealed, Sealer
from adapter.errors import SIGNER_UNUSABLE, AdapterError
from adapter.service import intake
from adapter.service.views import transport_word
from adapter.testing.neighbours import World


async def test_a_claim_that_was_lost_leaves_the_mail_to_the_other(world: World) -> None:
    """A worker whose claim ran out writes nothing, raises nothing, and shelves nothing that another has taken in."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    installation = world.municipality.installation
    [slow] = intake.claim(installation, "slow")
    world.clock.advance(timedelta(minutes=6))
    [quick] = intake.claim(installation, "quick")
    intake.take_in(installation, quick)
    intake.take_in(installation, slow)
    [mail] = world.municipality.mails()
    assert mail.reception.state is ReceptionState.ACCEPTED
    assert len(world.municipality.received()) == 1


async def test_two_copies_at_once_are_one_message(world: World) -> None:
    """Copies of one mail that are claimed together become one exchange, one file and one answer."""
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    for _ in range(3):
        await world.road.arrive(mail)
    await world.settle()
    assert list(world.municipality.inbox().values()) == [content]
    assert len(world.municipality.received()) == 1
    assert len(world.municipality.sent("APPREC")) == 1


async def test_a_trouble_of_ours_refuses_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While our own certificate is no good a mail is put off without an answer, and taken in once it is good again."""

    def unusable(*arguments: object) -> Sealed:
        raise AdapterError(SIGNER_UNUSABLE)

    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    with monkeypatch.context() as trouble:
        trouble.setattr(Sealer, "acknowledge", unusable)
        await world.settle()
        [mail] = world.municipality.mails()
        assert (mail.reception.state, mail.reception.reason) == (ReceptionState.PENDING, SIGNER_UNUSABLE.id)
        assert world.municipality.inbox() == {}
        await world.go_on(timedelta(minutes=6))
        [mail] = world.municipality.mails()
        assert (mail.reception.state, mail.reception.attempts) == (ReceptionState.PENDING, 2)
    await world.go_on(timedelta(minutes=16))
    assert list(world.municipality.inbox().values()) == [content]
    [sent] = world.hospital.sent()
    assert transport_word(sent) == "acknowledged"


@pytest.mark.parametrize(
    ("broken", "state", "reason"),
    [
        (("acknowledge",), ReceptionState.REJECTED, "SIGNER-UNUSABLE"),
        (
            ("acknowledge", "object_to"),
            ReceptionState.QUARANTINE,
            "SIGNER-UNUSABLE: it could not be judged within 24 hours",
        ),
    ],
)
async def test_a_trouble_that_lasts_is_told(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    broken: tuple[str, ...],
    state: ReceptionState,
    reason: str,
) -> None:
    """A mail that could not be judged for a day is answered by Unknown, or set aside with the reason if it cannot."""

    def unusable(*arguments: object) -> Sealed:
        raise AdapterError(SIGNER_UNUSABLE)

    for name in broken:
        monkeypatch.setattr(Sealer, name, unusable)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    for _ in range(6):
        await world.settle()
        world.clock.advance(timedelta(hours=6))
    states = [mail.reception.state for mail in world.municipality.mails()]
    assert state in states
    assert reason in {mail.reception.reason for mail in world.municipality.mails()}
