"""The same key is answered the same, whatever happened to the membership meanwhile."""

from dataclasses import replace

from tests.support import world
from tests.support.world import Place
from vestibule.actions import inviting, leaving, redeeming
from vestibule.actions.house import House

ADDRESS = "guest@elsewhere.example"


async def test_the_same_key_gets_the_same_answer_after_a_fresh_start(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    by = world.at_portal(guest)
    gone = await leaving.leave(house, tenant_id=contoso.id, by=by, key="key-1")
    asked = replace(inviting.check(ADDRESS, "https://apps.example/"), start_fresh=True)
    fresh = await inviting.invite(house, asked, tenant_id=contoso.id, by=contoso.admin)
    assert guest.person_id is not None
    act = {"person_id": guest.person_id, "by": world.person_at_pages(guest.person_id)}
    await redeeming.redeem(house, tenant_id=contoso.id, user_id=fresh.user_id, **act)  # type: ignore[arg-type]
    again = await leaving.leave(house, tenant_id=contoso.id, by=by, key="key-1")
    assert again == gone
    assert (await world.again(house, contoso.id, fresh.user_id)).version == 2
