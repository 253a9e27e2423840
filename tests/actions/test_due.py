"""What time does, in the order of its due times."""

from datetime import timedelta
from typing import Any

from tests.support import world
from tests.support.world import Place
from vestibule.actions import due, grouping, removing
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock, iso
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import RESTORABLE_FOR
from vestibule.store import groups


async def test_a_deleted_group_ends_by_time_between_the_people_around_it(house: House, contoso: Place) -> None:
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    ann, bob = await world.guest(contoso, "ann@elsewhere.example"), await world.guest(contoso, "bob@elsewhere.example")
    harbour = await grouping.create_group(
        house, NewGroup("Harbour", "harbour"), tenant_id=contoso.id, by=operator(), member_ids=[ann.user_id]
    )
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": operator()}
    began = clock.now()
    await removing.remove(house, user_id=ann.user_id, **here)
    clock.advance(timedelta(hours=1))
    await grouping.delete_group(house, group_id=harbour.group_id, **here)
    clock.advance(timedelta(hours=1))
    await removing.remove(house, user_id=bob.user_id, **here)

    at = iso(began + RESTORABLE_FOR + timedelta(hours=1))
    shown = {"at": at, "verb": "purgeGroup", "tenantId": contoso.id, "userId": None, "groupId": harbour.group_id}
    assert [one.as_json() for one in await due.upcoming(house)][1] == shown
    clock.advance(RESTORABLE_FOR - timedelta(hours=1, microseconds=1))
    assert [one.verb.value for one in await due.run_due(house)] == ["purge", "erase"]
    clock.advance(timedelta(days=3))
    done = [one.as_json() for one in await due.run_due(house)]

    assert done[0] == shown
    assert [one["verb"] for one in done] == ["purgeGroup", "purge", "erase"]
    assert await groups.find(await house.store.read(), contoso.id, harbour.group_id) is None
    told = [event.record["time"] for event in await world.events(contoso) if event.type == "group.purge"]
    assert [time[:19] for time in told] == [at[:19]]
    assert await due.run_due(house) == []
