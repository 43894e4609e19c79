"""What the statistics see of a store."""

from __future__ import annotations

from adapter.liability.statistics import By
from adapter.service.observing import statistics_of
from adapter.testing.neighbours import World


async def test_the_ward_is_the_unit_that_answers_for_the_message(world: World) -> None:
    """On both sides a stay is grouped by the contact unit that its readiness message names."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for side in (world.hospital, world.municipality):
        installation = side.installation
        now = installation.clock.now()
        found = statistics_of(side.settings, installation.in_force.terms, installation.store, By.WARD, now)
        assert len(found.groups) == 1
        assert found.groups[0].name.split()[-1] != "-"
        assert found.groups[0].hidden
