"""No more invitations: by the link, by the person, and welcome again."""

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import redeeming
from vestibule.actions.house import House
from vestibule.rules.refusals import Reason, Refused

ADDRESS = "guest@elsewhere.example"


async def names(house: House, person_id: str) -> list[str]:
    found = await redeeming.blocked(house, await house.store.read(), person_id)
    return sorted(one.display_name for one in found)


async def test_a_link_blocks_and_allows_again(house: House, contoso: Place) -> None:
    _, ticket = await world.invited(contoso, ADDRESS)
    person_id = await world.mailbox_person(house, ADDRESS)
    by = world.person_at_pages(person_id)
    for _ in range(2):
        assert await redeeming.block(house, ticket=ticket, by=by) == contoso.id
    assert await names(house, person_id) == ["Contoso"]
    for _ in range(2):
        assert await redeeming.allow(house, ticket=ticket, by=by) == contoso.id
    assert await names(house, person_id) == []
    told = [event.type for event in await world.events(contoso)]
    assert [one for one in told if one in {"invitation.block", "invitation.allow"}] == [
        "invitation.block",
        "invitation.allow",
    ]
    with pytest.raises(Refused) as caught:
        await redeeming.allow(house, ticket="unknown", by=by)
    assert caught.value.reason is Reason.NOT_FOUND


async def test_a_person_allows_what_they_blocked_and_nobody_else_does(house: House, contoso: Place) -> None:
    litware = await world.organization(house, "Litware")
    person_id = await world.mailbox_person(house, ADDRESS)
    other = await world.mailbox_person(house, "other@elsewhere.example")
    for place in (contoso, litware):
        _, ticket = await world.invited(place, ADDRESS)
        await redeeming.block(house, ticket=ticket, by=world.person_at_pages(person_id))
    for who, acting, where in (
        (other, other, contoso.id),
        (person_id, other, contoso.id),
        (person_id, person_id, "00000000-0000-4000-8000-000000000000"),
    ):
        with pytest.raises(Refused) as caught:
            await redeeming.allow_from(house, person_id=who, tenant_id=where, by=world.person_at_pages(acting))
        assert caught.value.reason is Reason.NOT_FOUND
    await redeeming.allow_from(house, person_id=person_id, tenant_id=contoso.id, by=world.person_at_pages(person_id))
    assert await names(house, person_id) == ["Litware"]
    event = await world.last_event(contoso)
    assert (event.type, event.reason) == ("invitation.allow", None)


async def test_the_log_of_an_organization_knows_the_person_by_their_user_object_there(
    house: House, contoso: Place
) -> None:
    _, ticket = await world.invited(contoso, ADDRESS)
    guest = await world.guest(contoso, ADDRESS)
    assert guest.person_id is not None
    await redeeming.block(house, ticket=ticket, by=world.at_portal(guest))
    fabrikam = await world.organization(house, "Fabrikam")
    elsewhere = await world.guest(fabrikam, ADDRESS)
    by = world.at_portal(elsewhere)
    await redeeming.allow_from(house, person_id=guest.person_id, tenant_id=contoso.id, by=by)
    event = await world.last_event(contoso)
    assert event.subject["id"] == guest.user_id
    assert (event.actor["id"], event.actor["tenantId"]) == (guest.user_id, contoso.id)
