"""A log of several tiles, hours and keys, in which somebody was erased."""

from datetime import timedelta

from tests.support import world
from tests.support.world import Place
from vestibule.actions import due, removing, sealing
from vestibule.actions.house import House
from vestibule.store.memberships import Membership

BETWEEN = 30
"""So many people come before the log is sealed, and hours go by."""


async def fill(house: House, place: Place, people: int) -> Membership:
    """Let people come, and one of them be erased, who is returned. The clock of the house stands still otherwise."""
    first = await world.guest(place, "first@elsewhere.example", "First")
    for number in range(people):
        await world.guest(place, f"guest{number}@elsewhere.example", f"Guest {number}")
        if number % BETWEEN == 0:
            await sealing.seal_waiting(house)
            house.clock.advance(timedelta(hours=2))  # type: ignore[attr-defined]
    await removing.remove(house, tenant_id=place.id, user_id=first.user_id, by=world.at_portal(place.administrator))
    house.clock.advance(timedelta(days=61))  # type: ignore[attr-defined]
    await due.run_due(house)
    return first
