"""Rules about the course of a stay run where the fact log is: before sending, and on what comes (PL-049 to PL-053)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from adapter.envelope.routing import Process
from adapter.messages.reading import understand
from adapter.service.stay_course import course_of
from adapter.service.submission import NotTaken, judge
from adapter.testing.neighbours import Neighbour, World
from adapter.values import HerId


def warned(side: Neighbour, content: bytes) -> list[str]:
    """The rules about stays and times that have something to say of a message about to be sent."""
    outcome = judge(side.installation, content)
    assert not isinstance(outcome, NotTaken), outcome.findings
    return [finding.rule for finding in outcome.warnings if finding.rule not in {"MH-016", "PL-048"}]


async def arrived(world: World, kind: str, **fields: object) -> str:
    """Send a message and let it arrive; the rules that the municipality noted."""
    before = {one.id for one in world.municipality.received()}
    world.hospital.submit(world.hospital.build(kind, **fields))  # type: ignore[arg-type]
    await world.settle()
    [new] = [one for one in world.municipality.received() if one.id not in before]
    noted = [line for line in world.municipality.journal(new.id) if line.startswith("noted PL")]
    return " ".join(line.removeprefix("noted ").partition(":")[0] for line in noted)


async def test_each_message_of_a_stay_is_judged_by_those_before_it(world: World) -> None:
    """Ready without early notice, ready twice, withdrawn twice, ready again, and after the discharge."""
    hospital = world.hospital
    ready = hospital.build("discharge-ready")
    assert warned(hospital, ready) == []  # nothing is known of the stay
    assert await arrived(world, "admitted") == ""
    assert warned(hospital, ready) == ["PL-051"]
    assert await arrived(world, "discharge-ready") == "PL-051"
    hospital.note_early_notice()
    world.municipality.note_early_notice()
    world.clock.advance(timedelta(minutes=5))
    assert warned(hospital, hospital.build("discharge-ready")) == ["PL-049"]
    assert await arrived(world, "discharge-ready") == "PL-049"
    world.clock.advance(timedelta(minutes=5))
    withdrawn = world.clock.now().isoformat()
    assert await arrived(world, "withdrawal", withdrawn=withdrawn) == ""
    world.clock.advance(timedelta(minutes=5))
    assert warned(hospital, hospital.build("withdrawal", withdrawn=withdrawn)) == ["PL-050"]
    assert await arrived(world, "discharge-ready") == ""
    world.clock.advance(timedelta(minutes=5))
    assert await arrived(world, "discharged", discharged=world.clock.now().isoformat()) == ""
    world.clock.advance(timedelta(minutes=5))
    for late in (hospital.build("discharge-ready"), hospital.build("withdrawal", withdrawn=withdrawn)):
        assert warned(hospital, late) == ["PL-052"]
    again = {"admitted": world.clock.now().isoformat()}
    assert warned(hospital, hospital.build("admitted", **again)) == []
    assert warned(hospital, hospital.build("discharge-ready", **again)) == []
    assert await arrived(world, "admitted", **again) == ""
    world.clock.advance(timedelta(minutes=5))
    assert warned(hospital, hospital.build("discharge-ready")) == ["PL-052"]  # of the stay before, by its admission
    assert warned(hospital, hospital.build("discharge-ready", **again)) == ["PL-051"]


async def test_a_discharge_goes_together_with_its_report(world: World) -> None:
    """Without a report LOG_UTSKREVET is warned of, and no more once it is handed in; of the dead none is expected."""
    hospital = world.hospital
    await arrived(world, "admitted")
    gone = {"discharged": world.clock.now().isoformat()}
    discharged = hospital.build("discharged", **gone)
    assert warned(hospital, discharged) == ["PL-066"]
    assert warned(hospital, hospital.build("discharged", **gone, state="dead")) == ["PL-054"]
    hospital.submit(hospital.build("discharge-report"))
    assert warned(hospital, discharged) == []  # under way
    await world.settle()
    assert warned(hospital, discharged) == []  # arrived


async def test_a_death_finds_the_stay_of_the_house_that_tells_it(world: World) -> None:
    """LOG_DOD is about no stay; the stay that is on where it comes from is found by patient and sender (PL-101)."""
    hospital = world.hospital
    told = understand(hospital.build("death", sender={"her": "8140011"}, receiver={"her": "8140022"}))
    now = world.clock.now()
    found = hospital.installation.store.read_now(lambda reader: course_of(hospital.installation, reader, told, now))
    assert found is None
    await arrived(world, "admitted")
    found = hospital.installation.store.read_now(lambda reader: course_of(hospital.installation, reader, told, now))
    assert found is not None
    assert (found.admitted is None, found.left) == (False, None)


async def test_what_was_refused_or_cancelled_never_was(world: World) -> None:
    """A readiness message that was cancelled, or refused by AppRec, is no first one; a copy is no second one."""
    hospital = world.hospital
    await arrived(world, "admitted")
    hospital.note_early_notice()
    good = hospital.build("discharge-ready")
    hospital.send_unjudged(good.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""), good)
    await world.settle()
    world.clock.advance(timedelta(minutes=5))
    ready = hospital.build("discharge-ready")
    assert warned(hospital, ready) == []
    sent = hospital.exchange(hospital.submit(ready))
    await world.settle()
    assert sent.msg_id is not None
    world.clock.advance(timedelta(minutes=5))
    assert warned(hospital, hospital.build("discharge-ready")) == ["PL-049"]
    await arrived(world, "discharge-ready", status="cancelled", reference={"parent": sent.msg_id.value})
    world.clock.advance(timedelta(minutes=5))
    assert warned(hospital, hospital.build("discharge-ready")) == []


async def test_a_report_that_a_newer_one_overtook_is_out_of_date(world: World) -> None:
    """The last Helseopplysninger sent is valid: one that comes after it is delivered and told to be out of date."""
    hospital = world.hospital
    early = hospital.build("early-notice")
    head = understand(early).head
    assert head is not None
    assert head.msg_id is not None
    reference = {"parent": head.msg_id.value}
    changed = []
    for _ in range(2):
        world.clock.advance(timedelta(minutes=5))
        changed.append(hospital.build("health-information-update", reference=reference))
    cancelled = hospital.build("health-information-update", status="cancelled", reference=reference)
    noted = [await carried(world, content) for content in (changed[0], early, changed[1], changed[1], cancelled)]
    assert ["PL-061" in one for one in noted] == [False, True, False, False, False]
    assert len(world.municipality.received("HELSEOPPL_SOKNAD")) == len(world.municipality.inbox()) + 1


async def test_what_was_cancelled_is_no_newer_report(world: World) -> None:
    """A cancellation ends the message and its changes; a late one is then not told to be out of date by them."""
    hospital = world.hospital
    early, late = hospital.build("early-notice"), hospital.build("early-notice")
    head = understand(early).head
    assert head is not None
    assert head.msg_id is not None
    reference = {"parent": head.msg_id.value}
    world.clock.advance(timedelta(minutes=5))
    changed = hospital.build("health-information-update", reference=reference)
    cancelled = hospital.build("health-information-update", status="cancelled", reference=reference)
    noted = [await carried(world, content) for content in (early, changed, cancelled, late)]
    assert ["PL-061" in one for one in noted] == [False, False, False, False]


async def carried(world: World, content: bytes) -> str:
    """Let a message arrive, whatever went before it; what the municipality noted of it."""
    before = {one.id for one in world.municipality.received()}
    mail = world.hospital.seal(
        content, HerId("8140022"), Process("HELSEOPPL_SOKNAD"), sender=HerId("8140011"), message_id=str(uuid4())
    )
    await world.road.arrive(mail)
    await world.settle()
    [new] = [one for one in world.municipality.received() if one.id not in before]
    return " ".join(line for line in world.municipality.journal(new.id) if line.startswith("noted"))
