"""Groups and apps in pages."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions.apps import create_app
from vestibule.actions.group_members import add_member, add_owner
from vestibule.actions.grouping import create_group, delete_group
from vestibule.actions.house import House
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.filters import Compare, Not, Op, Ordering, Some, Test, Text
from vestibule.rules.groups import NewGroup
from vestibule.store import app_lists, group_lists
from vestibule.store.groups import Group
from vestibule.store.listing import Asked

BY_NAME = (Ordering(("displayName",)),)


@pytest.fixture
async def groups(contoso: Place) -> list[Group]:
    made = []
    for name in ("zebra", "Alpha", "beta"):
        unified: dict[str, Any] = {"types": ("Unified",), "mail_enabled": True} if name == "beta" else {}
        new = NewGroup(name, name, description=f"about {name}", **unified)
        made.append(await create_group(contoso.house, new, tenant_id=contoso.id, by=operator()))
    return made


async def _names(place: Place, asked: Asked, **more: Any) -> list[str]:
    page = await group_lists.page(await place.house.store.read(), place.id, asked, **more)
    return [group.display_name for group in page.items]


async def test_groups_are_sorted_filtered_and_counted(house: House, contoso: Place, groups: list[Group]):
    assert await _names(contoso, Asked(10, None, BY_NAME)) == ["Alpha", "beta", "zebra"]
    unified = Some(("groupTypes",), Compare((), Op.EQ, "unified"))
    for wanted, expected in (
        (unified, ["beta"]),
        (Not(unified), ["Alpha", "zebra"]),
        (Compare(("mailEnabled",), Op.EQ, value=True), ["beta"]),
        (Text(("displayName",), Test.STARTS_WITH, "AL"), ["Alpha"]),
        (Text(("description",), Test.CONTAINS, "zeb"), ["zebra"]),
    ):
        assert await _names(contoso, Asked(10, wanted, BY_NAME)) == expected
        assert await group_lists.count(await house.store.read(), contoso.id, wanted) == len(expected)
    first = await group_lists.page(await house.store.read(), contoso.id, Asked(2, None, BY_NAME))
    assert await _names(contoso, Asked(2, None, BY_NAME, first.position)) == ["zebra"]


async def test_groups_of_somebody(house: House, contoso: Place, groups: list[Group]):
    adele = await world.member(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "user_id": adele.user_id, "by": operator()}
    await add_member(house, group_id=groups[0].group_id, **here)
    await add_member(house, group_id=groups[1].group_id, **here)
    await add_owner(house, group_id=groups[2].group_id, **here)
    of: dict[str, Any] = {"of": adele.user_id}
    assert await _names(contoso, Asked(10, None, BY_NAME), scope=group_lists.JOINED_BY, **of) == ["Alpha", "zebra"]
    assert await _names(contoso, Asked(10, None, BY_NAME), scope=group_lists.OWNED_BY, **of) == ["beta"]
    await delete_group(house, tenant_id=contoso.id, group_id=groups[0].group_id, by=operator())
    reading = await house.store.read()
    assert await group_lists.count(reading, contoso.id, scope=group_lists.JOINED_BY, **of) == 1


async def test_deleted_groups_are_listed_while_they_can_be_restored(house: House, contoso: Place, groups: list[Group]):
    for group in groups[:2]:
        await delete_group(house, tenant_id=contoso.id, group_id=group.group_id, by=operator())
        house.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    assert await _names(contoso, Asked(10)) == ["beta"]
    page = await group_lists.page_deleted(await house.store.read(), contoso.id, Asked(10))
    assert [group.display_name for group in page.items] == ["zebra", "Alpha"]
    house.clock.advance(timedelta(days=30, hours=-2))  # type: ignore[attr-defined]
    page = await group_lists.page_deleted(await house.store.read(), contoso.id, Asked(10))
    assert [group.display_name for group in page.items] == ["Alpha"]
    assert await group_lists.count_deleted(await house.store.read(), contoso.id) == 1


async def test_apps_are_listed_by_either_id(house: House, contoso: Place):
    made = [
        (await create_app(house, NewApp(name), tenant_id=contoso.id, by=operator())).app
        for name in ("Expenses", "calendar")
    ]
    fabrikam = await world.organization(house, "Fabrikam")
    await create_app(house, NewApp("Theirs"), tenant_id=fabrikam.id, by=operator())
    reading = await house.store.read()
    page = await app_lists.page(reading, contoso.id, Asked(10, None, BY_NAME))
    assert page.items == [made[1], made[0]]
    by_client = Compare(("appId",), Op.EQ, made[0].client_id)
    assert (await app_lists.page(reading, contoso.id, Asked(10, by_client))).items == [made[0]]
    by_principal = Compare(("id",), Op.EQ, made[1].service_principal_id)
    assert (await app_lists.page_principals(reading, contoso.id, Asked(10, by_principal))).items == [made[1]]
    assert (await app_lists.page(reading, contoso.id, Asked(10, by_principal))).items == []
    assert await app_lists.count(reading, contoso.id) == await app_lists.count_principals(reading, contoso.id) == 2
