"""Handing over what somebody owns alone, with the leave or the deletion or not at all."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import group_members, grouping, handing_over, leaving, removing, restoring
from vestibule.actions.house import House
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import memberships
from vestibule.store.holdings import OWNING
from vestibule.store.memberships import Membership


@dataclass(frozen=True, slots=True)
class Harbour:
    """A group that Ann, a guest, owns alone; Bob is in it, Cleo is not."""

    place: Place
    group_id: str
    ann: Membership
    bob: Membership
    cleo: Membership

    async def owners(self) -> set[str]:
        reading = await self.place.house.store.read()
        return {one.user_id for one in await OWNING.of_thing(reading, self.place.id, self.group_id)}

    async def leave(self, heir: str, **more: Any) -> None:
        await leaving.leave(
            self.place.house,
            tenant_id=self.place.id,
            by=world.at_portal(self.ann),
            key=f"to {heir}",
            hand_over={more.get("thing", self.group_id): heir},
        )


@pytest.fixture
async def harbour(house: House, contoso: Place) -> Harbour:
    return await _harbour(house, contoso)


async def _harbour(house: House, place: Place, **more: Any) -> Harbour:
    ann, bob, cleo = [await world.guest(place, f"{name}@elsewhere.example") for name in ("ann", "bob", "cleo")]
    made = await grouping.create_group(
        house,
        NewGroup("Harbour", f"harbour{len(more)}", **more),
        tenant_id=place.id,
        by=operator(),
        owner_ids=[ann.user_id],
        member_ids=[ann.user_id, bob.user_id],
    )
    return Harbour(place, made.group_id, ann, bob, cleo)


async def test_what_only_one_owns_is_listed_with_who_could_take_it_over(house: House, harbour: Harbour) -> None:
    (alone,) = await handing_over.owned_alone(await house.store.read(), harbour.ann)
    assert (alone.object_id, alone.kind, alone.name) == (harbour.group_id, "group", "Harbour")
    assert [one.user_id for one in alone.heirs] == [harbour.bob.user_id]
    where: dict[str, Any] = {"tenant_id": harbour.place.id, "group_id": harbour.group_id, "by": operator()}
    await group_members.add_owner(house, user_id=harbour.cleo.user_id, **where)
    assert await handing_over.owned_alone(await house.store.read(), harbour.ann) == []


async def test_who_leaves_hands_over_to_somebody_in_it(house: House, harbour: Harbour) -> None:
    await harbour.leave(harbour.bob.user_id)
    assert await harbour.owners() == {harbour.bob.user_id}
    told = [event.record for event in await world.events(harbour.place) if event.type == "group.addOwner"]
    assert [one["facts"] for one in told] == [{"groupId": harbour.group_id, "handedOver": True}]
    await restoring.restore(house, tenant_id=harbour.place.id, user_id=harbour.ann.user_id, by=operator())
    assert await harbour.owners() == {harbour.ann.user_id, harbour.bob.user_id}


@pytest.mark.parametrize("heir", ["cleo", "ann", "administrator", "nobody"])
async def test_a_leave_that_cannot_hand_over_does_not_happen(house: House, harbour: Harbour, heir: str) -> None:
    """To somebody outside, to oneself, to an administrator who is not in it, to nobody there is."""
    place = harbour.place
    ids = {"cleo": harbour.cleo.user_id, "ann": harbour.ann.user_id, "administrator": place.administrator.user_id}
    with pytest.raises(Refused) as refused:
        await harbour.leave(ids.get(heir, "00000000-0000-4000-8000-000000000000"))
    assert (refused.value.reason, refused.value.facts["property"]) == (Reason.NOT_FOUND, "handOver")
    there = await memberships.find(await house.store.read(), place.id, harbour.ann.user_id)
    assert there is not None
    assert there.stage == harbour.ann.stage
    assert await harbour.owners() == {harbour.ann.user_id}


async def test_what_one_does_not_own_cannot_be_handed_over(house: House, harbour: Harbour) -> None:
    other = await grouping.create_group(
        house,
        NewGroup("Quay", "quay"),
        tenant_id=harbour.place.id,
        by=operator(),
        owner_ids=[harbour.cleo.user_id],
        member_ids=[harbour.bob.user_id],
    )
    with pytest.raises(Refused) as refused:
        await harbour.leave(harbour.bob.user_id, thing=other.group_id)
    assert refused.value.facts == {"objectId": other.group_id, "property": "handOver"}


async def test_a_group_that_holds_roles_is_handed_over_by_administrators_only(house: House, contoso: Place) -> None:
    harbour = await _harbour(house, contoso, assignable_to_role=True)
    (alone,) = await handing_over.owned_alone(await house.store.read(), harbour.ann, leaving=True)
    assert alone.heirs == ()
    with pytest.raises(Refused) as refused:
        await harbour.leave(harbour.bob.user_id)
    assert refused.value.reason is Reason.NOT_ALLOWED
    await removing.remove(
        house,
        tenant_id=contoso.id,
        user_id=harbour.ann.user_id,
        by=contoso.admin,
        hand_over={harbour.group_id: harbour.bob.user_id},
    )
    assert await harbour.owners() == {harbour.bob.user_id}


async def test_an_administrator_hands_over_to_anybody_and_only_with_the_right_to(
    house: House, harbour: Harbour
) -> None:
    member = await world.member(harbour.place)
    where: dict[str, Any] = {"tenant_id": harbour.place.id, "user_id": harbour.ann.user_id}
    heirs = {harbour.group_id: member.user_id}
    with pytest.raises(Refused) as refused:
        await removing.remove(house, **where, by=world.at_portal(member), hand_over=heirs)
    assert refused.value.reason is Reason.NOT_ALLOWED
    assert await harbour.owners() == {harbour.ann.user_id}
    await removing.remove(house, **where, by=harbour.place.admin, hand_over=heirs)
    assert await harbour.owners() == {member.user_id}


async def test_owner_and_heir_who_leave_at_once_never_lose_the_choice(house: House, harbour: Harbour) -> None:
    """Either Bob owns it and the end is his own, or Ann is told that he is gone and is still there to choose again."""
    bob_leaves = leaving.leave(
        house, tenant_id=harbour.place.id, by=world.at_portal(harbour.bob), key="bob", hand_over=None
    )
    ann, bob = await asyncio.gather(harbour.leave(harbour.bob.user_id), bob_leaves, return_exceptions=True)
    assert not isinstance(bob, BaseException)
    if isinstance(ann, BaseException):
        assert isinstance(ann, Refused)
        assert ann.facts["property"] == "handOver"
        assert await harbour.owners() == {harbour.ann.user_id}
    else:
        reading = await house.store.read()
        held = await OWNING.find(reading, harbour.place.id, harbour.bob.user_id, "group", harbour.group_id)
        assert held is not None
