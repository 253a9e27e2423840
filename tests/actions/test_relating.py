"""Managers and sponsors: who answers for whom, on both databases."""

from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import erasing, relating, removing, restoring
from vestibule.actions.house import House
from vestibule.rules.actors import Actor, operator
from vestibule.rules.filters import Filter
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import listing, managers, sponsors, users
from vestibule.store.memberships import Membership
from vestibule.store.users import REPORTING_TO, STOOD_FOR_BY


async def manage(place: Place, who: Membership, manager_id: str | None, by: Actor | None = None) -> None:
    await relating.set_manager(
        place.house, tenant_id=place.id, user_id=who.user_id, manager_id=manager_id, by=by or place.admin
    )


async def stand_for(place: Place, guest: Membership, sponsor: Membership) -> None:
    await relating.add_sponsor(
        place.house, tenant_id=place.id, user_id=guest.user_id, sponsor_id=sponsor.user_id, by=place.admin
    )


async def listed(place: Place, scope: listing.Scope, of: Membership, wanted: Filter | None = None) -> list[str]:
    asked = listing.Asked(10, wanted)
    page = await users.page(await place.house.store.read(), place.id, asked, scope=scope, of=of.user_id)
    return [one.membership.user_id for one in page.items]


async def manager_of(place: Place, who: Membership) -> str | None:
    return await managers.of(await place.house.store.read(), place.id, who.user_id)


async def test_a_manager_is_set_changed_and_taken_away(contoso: Place):
    adele, alex = await world.member(contoso), await world.member(contoso, "Alex Wilber")
    await manage(contoso, adele, alex.user_id)
    told = await world.last_event(contoso)
    assert told.type == "user.setManager"
    assert told.subject["details"] == {"old": {"manager": None}, "new": {"manager": alex.user_id}}
    assert await listed(contoso, REPORTING_TO, alex) == [adele.user_id]
    assert (await world.again(contoso.house, contoso.id, adele.user_id)).version == adele.version + 1

    before = len(await world.events(contoso))
    await manage(contoso, adele, alex.user_id)  # it is so already
    assert len(await world.events(contoso)) == before

    await manage(contoso, adele, contoso.administrator.user_id)
    assert await listed(contoso, REPORTING_TO, alex) == []
    await manage(contoso, adele, None)
    assert await manager_of(contoso, adele) is None
    assert (await world.last_event(contoso)).subject["details"]["new"] == {"manager": None}


async def test_who_cannot_be_a_manager(house: House, contoso: Place):
    adele = await world.member(contoso)
    stranger = await world.member(await world.organization(house, "Fabrikam"))
    for other, reason in ((adele.user_id, Reason.BAD_VALUE), (stranger.user_id, Reason.NOT_FOUND)):
        with pytest.raises(Refused) as refused:
            await manage(contoso, adele, other)
        assert refused.value.reason is reason
        told = await world.last_event(contoso)
        assert (told.type, told.reason) == ("user.setManager", reason.value)
    assert await manager_of(contoso, adele) is None


async def test_nobody_chooses_their_own_manager(contoso: Place):
    adele, alex = await world.member(contoso), await world.member(contoso, "Alex Wilber")
    with pytest.raises(Refused) as refused:
        await manage(contoso, adele, alex.user_id, world.with_token(adele, "User.ReadWrite"))
    assert refused.value.reason is Reason.NOT_ALLOWED


async def test_sponsors_come_and_go(contoso: Place):
    sam, adele = await world.guest(contoso), await world.member(contoso)
    await stand_for(contoso, sam, adele)
    assert (await world.last_event(contoso)).type == "user.addSponsor"
    assert await listed(contoso, STOOD_FOR_BY, adele) == [sam.user_id]
    with pytest.raises(Refused) as refused:
        await stand_for(contoso, sam, adele)
    assert refused.value.reason is Reason.ALREADY_THERE

    act: dict[str, Any] = {
        "tenant_id": contoso.id,
        "user_id": sam.user_id,
        "sponsor_id": adele.user_id,
        "by": contoso.admin,
    }
    await relating.remove_sponsor(contoso.house, **act)
    assert (await world.last_event(contoso)).type == "user.removeSponsor"
    assert await listed(contoso, STOOD_FOR_BY, adele) == []
    with pytest.raises(Refused) as refused:
        await relating.remove_sponsor(contoso.house, **act)
    assert refused.value.reason is Reason.NOT_THERE


async def test_five_stand_for_a_guest_at_most(contoso: Place):
    sam = await world.guest(contoso)
    several = [await world.member(contoso, f"Member{number}") for number in range(6)]
    for one in several[:5]:
        await stand_for(contoso, sam, one)
    with pytest.raises(Refused) as refused:
        await stand_for(contoso, sam, several[5])
    assert refused.value.reason is Reason.BAD_VALUE
    assert len(await sponsors.of(await contoso.house.store.read(), contoso.id, sam.user_id)) == 5


async def test_a_restore_brings_the_manager_back_and_a_data_removal_forgets_them(house: House, contoso: Place):
    sam, adele, boss = await world.guest(contoso), await world.member(contoso), await world.member(contoso, "Bo Vance")
    await manage(contoso, sam, boss.user_id)
    await manage(contoso, adele, sam.user_id)
    act: dict[str, Any] = {"tenant_id": contoso.id, "user_id": sam.user_id, "by": operator()}
    await removing.remove(house, **act)
    assert await listed(contoso, REPORTING_TO, boss) == []
    await restoring.restore(house, **act)
    assert await listed(contoso, REPORTING_TO, boss) == [sam.user_id]

    await removing.remove(house, **act)
    await erasing.purge(house, **act)
    await erasing.erase(house, tenant_id=contoso.id, user_id=sam.user_id)
    assert await manager_of(contoso, sam) is None
    assert await manager_of(contoso, adele) is None
