"""Lines of what provisioning clients do: the same events, by actions of their own."""

from typing import Any

from tests.faults.lines import ADDRESS, Act, line
from tests.support import world
from tests.support.world import Place
from vestibule.actions import grouping, inviting, provisioning
from vestibule.actions.user_objects import NewMember
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup

PERMISSIONS = ("User.ReadWrite.All", "Group.ReadWrite.All")


@line("membership.invite by a provisioning client, disabled")
async def _create_guest(place: Place) -> Act:
    asked, by = inviting.check(ADDRESS, "https://apps.example/"), world.program(place, *PERMISSIONS)
    of: dict[str, Any] = {"external_id": "7", "enabled": False, "tenant_id": place.id, "by": by}
    return lambda house: provisioning.create_guest(house, asked, **of)


@line("user.create by a provisioning client")
async def _create_member(place: Place) -> Act:
    new, by = NewMember("Ann", f"ann@{place.domain}", "ann", None), world.program(place, *PERMISSIONS)
    return lambda house: provisioning.create_member(house, new, external_id="7", tenant_id=place.id, by=by)


@line("user.update by a provisioning client")
async def _update_user(place: Place) -> Act:
    new, by = NewMember("Ann", f"ann@{place.domain}", "ann", None), world.program(place, *PERMISSIONS)
    made = await provisioning.create_member(place.house, new, external_id="7", tenant_id=place.id, by=by)
    of: dict[str, Any] = {"tenant_id": place.id, "user_id": made.user_id, "by": by}
    changes = {"jobTitle": "Head", "accountEnabled": False}
    return lambda house: provisioning.update_user(house, changes=changes, external_id=("8",), **of)


@line("group.create by a provisioning client")
async def _create_group(place: Place) -> Act:
    member, by = await world.member(place), world.program(place, *PERMISSIONS)
    of: dict[str, Any] = {"external_id": "7", "member_ids": [member.user_id], "tenant_id": place.id, "by": by}
    return lambda house: provisioning.create_group(house, NewGroup("Readers", "readers"), **of)


@line("group.addMember in one with a removal")
async def _change_members(place: Place) -> Act:
    by = world.program(place, *PERMISSIONS)
    adele = await world.member(place)
    megan = await world.member(place, "Megan Bowen")
    made = await grouping.create_group(
        place.house, NewGroup("Readers", "readers"), tenant_id=place.id, by=operator(), member_ids=[megan.user_id]
    )
    of: dict[str, Any] = {"tenant_id": place.id, "group_id": made.group_id, "by": by}
    add, remove = [adele.user_id], [megan.user_id]
    return lambda house: provisioning.change_members(house, add=add, remove=remove, **of)
