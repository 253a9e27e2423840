"""A log of several tiles, hours and keys, in which somebody was erased; and changing a log behind the house's back."""

from datetime import timedelta

from tests.support import world
from tests.support.world import Place
from vestibule.actions import due, removing, sealing
from vestibule.actions.house import House
from vestibule.store.bulk import Step
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


async def behind_its_back(house: House, statement: str) -> None:
    """Change the log behind its back, past the rule that nobody does."""
    sqlite = house.store.dialect == "sqlite"  # type: ignore[attr-defined]
    lift = "DROP TRIGGER IF EXISTS audit_event_no_update; DROP TRIGGER IF EXISTS audit_event_no_delete"
    before = lift if sqlite else "ALTER TABLE audit_event DISABLE TRIGGER USER"
    steps = [Step(one) for one in f"{before}; {statement}".split("; ")]
    if not sqlite:
        steps.append(Step("ALTER TABLE audit_event ENABLE TRIGGER USER"))
    await house.store.run_steps(steps)  # type: ignore[attr-defined]
