import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import assigning, directory_users
from vestibule.actions.group_members import add_member, add_owner, remove_member, remove_owner
from vestibule.actions.grouping import (
    create_group,
    delete_group,
    purge_group,
    purge_group_due,
    restore_group,
    update_group,
)
from vestibule.actions.house import House
from vestibule.actions.removing import remove
from vestibule.actions.restoring import restore
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import GROUPS_ADMINISTRATOR, USER_ADMINISTRATOR
from vestibule.store import groups, hanging, users
from vestibule.store.groups import Group
from vestibule.store.listing import Asked

HOUR = timedelta(hours=1)


async def _group(place: Place, name: str = "Partners", **more: Any) -> Group:
    new = NewGroup(name, name.lower(), **more)
    return await create_group(place.house, new, tenant_id=place.id, by=operator())


async def _members(place: Place, group: Group) -> set[str]:
    reading = await place.house.store.read()
    page = await users.page(reading, place.id, Asked(100), scope=users.MEMBERS_OF, of=group.group_id)
    return {user.profile.display_name for user in page.items}


async def _owners(place: Place, group: Group) -> set[str]:
    reading = await place.house.store.read()
    page = await users.page(reading, place.id, Asked(100), scope=users.OWNERS_OF, of=group.group_id)
    return {user.profile.display_name for user in page.items}


async def _now(place: Place, group: Group) -> Group | None:
    return await groups.find(await place.house.store.read(), place.id, group.group_id)


def _forward(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


async def test_who_makes_a_group_owns_it(house: House, contoso: Place):
    adele, ann = await world.member(contoso), await world.guest(contoso, name="Ann Guest")
    made = await create_group(
        house,
        NewGroup("Partners", "partners", mail_enabled=True, types=("Unified",), description="Who works\nwith us"),
        tenant_id=contoso.id,
        by=contoso.admin,
        owner_ids=[adele.user_id],
        member_ids=[ann.user_id, adele.user_id],
    )
    assert await _now(contoso, made) == made
    assert made.visibility == "Public"
    assert await _members(contoso, made) == {"Adele Vance", "Ann Guest"}
    assert await _owners(contoso, made) == {"Adele Vance", "Administrator"}
    told = await world.last_event(contoso)
    assert told.record["object"] == {"kind": "group", "tag": made.group_id, "ver_before": 0, "ver_after": 1}
    assert told.subject["displayName"] == "Partners"
    assert "Partners" not in str(told.record)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"display_name": " "}, "displayName"),
        ({"mail_nickname": "a@b"}, "mailNickname"),
        ({"mail_enabled": True}, "mailEnabled"),
        ({"types": ("Unified",)}, "mailEnabled"),
        ({"security_enabled": False}, "securityEnabled"),
        ({"types": ("DynamicMembership",)}, "groupTypes"),
        ({"visibility": "HiddenMembership"}, "visibility"),
        ({"visibility": "Secret"}, "visibility"),
        ({"assignable_to_role": True, "types": ("Unified",), "mail_enabled": True, "visibility": "Public"},
         "isAssignableToRole"),
        ({"properties": {"membershipRule": "all"}}, "membershipRule"),
        ({"properties": {"id": "x"}}, "id"),
    ],
)  # fmt: skip
async def test_what_no_group_is_made_from(house: House, contoso: Place, wrong: dict[str, Any], named: str):
    given = {"display_name": "Partners", "mail_nickname": "partners", **wrong}
    with pytest.raises(Refused) as refused:
        await create_group(house, NewGroup(**given), tenant_id=contoso.id, by=contoso.admin)
    assert refused.value.facts["property"] == named


async def test_a_group_is_not_made_with_somebody_who_is_not_there(house: House, contoso: Place):
    with pytest.raises(Refused) as refused:
        await create_group(
            house, NewGroup("P", "p"), tenant_id=contoso.id, by=operator(), member_ids=[house.chance.guid()]
        )
    assert refused.value.reason is Reason.NOT_FOUND
    assert await groups.by_name(await house.store.read(), contoso.id, "p") == []


async def test_update_writes_what_changed(house: House, contoso: Place):
    made = await _group(contoso)
    changes: dict[str, Any] = {"displayName": "Friends", "description": "x", "theme": "Teal", "securityEnabled": True}
    after = await update_group(house, tenant_id=contoso.id, group_id=made.group_id, changes=changes, by=contoso.admin)
    assert (after.display_name, after.display_name_key, after.version) == ("Friends", "friends", 2)
    assert after.attributes == {"theme": "Teal"}
    assert await _now(contoso, made) == after
    same = await update_group(house, tenant_id=contoso.id, group_id=made.group_id, changes=changes, by=contoso.admin)
    assert same == after
    for name, value in (("securityEnabled", False), ("groupTypes", ["Unified"]), ("isAssignableToRole", True)):
        with pytest.raises(Refused) as refused:
            await update_group(
                house, tenant_id=contoso.id, group_id=made.group_id, changes={name: value}, by=contoso.admin
            )
        assert refused.value.reason is Reason.READ_ONLY
    with pytest.raises(Refused) as shown:
        await update_group(
            house, tenant_id=contoso.id, group_id=made.group_id, changes={"visibility": "Public"}, by=contoso.admin
        )
    assert shown.value.reason is Reason.BAD_VALUE


async def test_members_come_and_go(house: House, contoso: Place):
    made, ann = await _group(contoso), await world.guest(contoso, name="Ann Guest")
    waiting, _ = await world.invited(contoso, "bob@elsewhere.example", "Bob Waiting")
    for user in (ann, waiting):
        await add_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=user.user_id, by=contoso.admin)
    assert await _members(contoso, made) == {"Ann Guest", "Bob Waiting"}
    told = await world.last_event(contoso)
    assert told.record["object"]["kind"] == "membership"
    assert told.record["facts"] == {"groupId": made.group_id}
    assert told.subject["details"]["group"] == "Partners"
    with pytest.raises(Refused) as twice:
        await add_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=ann.user_id, by=contoso.admin)
    assert twice.value.reason is Reason.ALREADY_THERE
    await remove_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=ann.user_id, by=contoso.admin)
    assert await _members(contoso, made) == {"Bob Waiting"}
    with pytest.raises(Refused) as again:
        await remove_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=ann.user_id, by=contoso.admin)
    assert again.value.reason is Reason.NOT_THERE
    with pytest.raises(Refused) as unknown:
        await add_member(
            house, tenant_id=contoso.id, group_id=made.group_id, user_id=house.chance.guid(), by=contoso.admin
        )
    assert unknown.value.reason is Reason.NOT_FOUND


async def test_the_same_member_added_at_once_by_many_is_in_once(house: House, contoso: Place):
    made, ann = await _group(contoso), await world.guest(contoso)
    add: dict[str, Any] = {"tenant_id": contoso.id, "group_id": made.group_id, "user_id": ann.user_id, "by": operator()}
    outcomes = await asyncio.gather(*(add_member(house, **add) for _ in range(8)), return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, Refused)]
    assert len(refused) == 7
    assert {one.reason for one in refused} <= {Reason.ALREADY_THERE, Reason.DUPLICATE_VALUE}
    assert len(await _members(contoso, made)) == 1


async def test_people_and_groups_deleted_and_revived_in_any_order(house: House, contoso: Place):
    made, ann = await _group(contoso), await world.guest(contoso, name="Ann Guest")
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    await add_member(house, group_id=made.group_id, user_id=ann.user_id, **here)
    steps: dict[str, tuple[Callable[[], Awaitable[Any]], ...]] = {
        "user": (
            lambda: remove(house, user_id=ann.user_id, **here),
            lambda: restore(house, user_id=ann.user_id, **here),
        ),
        "group": (
            lambda: delete_group(house, group_id=made.group_id, **here),
            lambda: restore_group(house, group_id=made.group_id, **here),
        ),
    }
    for first, second in (("user", "group"), ("group", "user")):
        for back in ((first, second), (second, first)):
            await steps[first][0]()
            assert "Ann Guest" not in (await _members(contoso, made) if first == "user" else set())
            await steps[second][0]()
            for one in back:
                await steps[one][1]()
            assert await _members(contoso, made) == {"Ann Guest"}


async def test_whoever_is_taken_out_while_deleted_does_not_come_back_in(house: House, contoso: Place):
    made, ann = await _group(contoso), await world.guest(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    await add_member(house, group_id=made.group_id, user_id=ann.user_id, **here)
    await remove(house, user_id=ann.user_id, **here)
    await remove_member(house, group_id=made.group_id, user_id=ann.user_id, **here)
    report = await restore(house, user_id=ann.user_id, **here)
    assert [(item.thing.target_id, item.why_not) for item in report.items] == [(made.group_id, "revoked")]
    assert await _members(contoso, made) == set()
    await add_member(house, group_id=made.group_id, user_id=ann.user_id, **here)
    assert len(await _members(contoso, made)) == 1


async def test_a_group_that_goes_for_good_leaves_its_name_for_the_report(house: House, contoso: Place):
    made, ann, adele = await _group(contoso), await world.guest(contoso), await world.member(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    for user in (ann, adele):
        await add_member(house, group_id=made.group_id, user_id=user.user_id, **here)
    await add_owner(house, group_id=made.group_id, user_id=ann.user_id, **here)
    await remove(house, user_id=ann.user_id, **here)
    await delete_group(house, group_id=made.group_id, **here)
    await purge_group(house, group_id=made.group_id, **here)
    assert await _now(contoso, made) is None
    assert await hanging.everything(await house.store.read(), contoso.id, adele.user_id) == []
    report = await restore(house, user_id=ann.user_id, **here)
    assert {(item.thing.kind.value, item.thing.name, item.why_not) for item in report.items} == {
        ("group", "Partners", "gone"),
        ("owned", "Partners", "gone"),
    }
    assert await hanging.everything(await house.store.read(), contoso.id, ann.user_id) == []


async def test_a_deleted_group_is_restorable_for_thirty_days_to_the_microsecond(house: House, contoso: Place):
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    early, late = await _group(contoso), await _group(contoso, "Others")
    for made in (early, late):
        await delete_group(house, group_id=made.group_id, **here)
    _forward(house, timedelta(days=30) - timedelta(microseconds=1))
    assert (await restore_group(house, group_id=early.group_id, **here)).is_live
    assert await purge_group_due(house, tenant_id=contoso.id, group_id=late.group_id) is None
    _forward(house, timedelta(microseconds=1))
    for verb in (restore_group, purge_group):
        with pytest.raises(Refused) as refused:
            await verb(house, group_id=late.group_id, **here)
        assert refused.value.reason is Reason.NOT_FOUND
    due = await groups.due(await house.store.read(), house.clock.now(), 10)
    assert [one.group_id for one in due] == [late.group_id]
    _forward(house, HOUR)
    at = await purge_group_due(house, tenant_id=contoso.id, group_id=late.group_id)
    assert at == house.clock.now() - HOUR
    told = [one for one in await world.events(contoso) if one.record["object"]["tag"] == late.group_id][-1]
    assert told.record["actor"]["kind"] == "system"
    assert told.record["time"] == at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert await purge_group_due(house, tenant_id=contoso.id, group_id=late.group_id) is None


async def test_a_deleted_group_cannot_be_written(house: House, contoso: Place):
    made, ann = await _group(contoso), await world.guest(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "group_id": made.group_id, "by": contoso.admin}
    await delete_group(house, **here)
    for attempt in (
        update_group(house, changes={"displayName": "X"}, **here),
        delete_group(house, **here),
        add_member(house, user_id=ann.user_id, **here),
        add_owner(house, user_id=ann.user_id, **here),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.reason is Reason.NOT_FOUND


async def test_the_last_owner_stays(house: House, contoso: Place):
    made, adele, ann = await _group(contoso), await world.member(contoso), await world.guest(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "group_id": made.group_id, "by": contoso.admin}
    for user in (adele, ann):
        await add_owner(house, user_id=user.user_id, **here)
    with pytest.raises(Refused) as twice:
        await add_owner(house, user_id=ann.user_id, **here)
    assert twice.value.reason is Reason.ALREADY_THERE
    await remove(house, tenant_id=contoso.id, user_id=ann.user_id, by=contoso.admin)
    with pytest.raises(Refused) as refused:
        await remove_owner(house, user_id=adele.user_id, **here)
    assert refused.value.reason is Reason.LAST_OWNER
    await remove_owner(house, user_id=ann.user_id, **here)
    report = await restore(house, tenant_id=contoso.id, user_id=ann.user_id, by=contoso.admin)
    assert [item.why_not for item in report.items] == ["revoked"]


async def test_two_owners_cannot_remove_each_other_at_once(house: House, contoso: Place):
    made, adele, megan = await _group(contoso), await world.member(contoso), await world.member(contoso, "Megan Bowen")
    here: dict[str, Any] = {"tenant_id": contoso.id, "group_id": made.group_id}
    for user in (adele, megan):
        await add_owner(house, user_id=user.user_id, by=operator(), **here)
    outcomes = await asyncio.gather(
        remove_owner(house, user_id=adele.user_id, by=world.at_portal(megan), **here),
        remove_owner(house, user_id=megan.user_id, by=world.at_portal(adele), **here),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Refused) for one in outcomes) == 1
    assert len(await _owners(contoso, made)) == 1


async def test_owners_manage_their_own_group_only(house: House, contoso: Place):
    made, other, adele = await _group(contoso), await _group(contoso, "Others"), await world.member(contoso)
    ann = await world.guest(contoso)
    await add_owner(house, tenant_id=contoso.id, group_id=made.group_id, user_id=adele.user_id, by=operator())
    by = world.at_portal(adele)
    await add_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=ann.user_id, by=by)
    with pytest.raises(Refused) as refused:
        await add_member(house, tenant_id=contoso.id, group_id=other.group_id, user_id=ann.user_id, by=by)
    assert refused.value.reason is Reason.NOT_ALLOWED
    await remove(house, tenant_id=contoso.id, user_id=adele.user_id, by=contoso.admin)
    with pytest.raises(Refused) as gone:
        await remove_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=ann.user_id, by=by)
    assert gone.value.reason is Reason.NOT_SIGNED_IN


async def test_groups_of_others_do_not_exist(house: House, contoso: Place):
    fabrikam = await world.organization(house, "Fabrikam")
    made, grace = await _group(contoso), await world.member(fabrikam, "Grace Hopper")
    for tenant_id, group_id in ((contoso.id, made.group_id), (fabrikam.id, made.group_id)):
        with pytest.raises(Refused) as refused:
            await add_member(house, tenant_id=tenant_id, group_id=group_id, user_id=grace.user_id, by=fabrikam.admin)
        assert refused.value.reason is Reason.NOT_FOUND
    with pytest.raises(Refused) as foreign:
        await add_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=grace.user_id, by=contoso.admin)
    assert foreign.value.reason is Reason.NOT_FOUND


async def test_groups_that_may_hold_roles_are_for_strong_administrators(house: House, contoso: Place):
    admin, adele, megan = [await world.member(contoso, name) for name in ("User Admin", "Adele Vance", "Megan Bowen")]
    for role in (USER_ADMINISTRATOR, GROUPS_ADMINISTRATOR):
        await assigning.assign_role(house, tenant_id=contoso.id, role_id=role, user_id=admin.user_id, by=operator())
    weak = world.at_portal(admin)
    strong = NewGroup("Keepers", "keepers", assignable_to_role=True)
    with pytest.raises(Refused) as refused:
        await create_group(house, strong, tenant_id=contoso.id, by=weak)
    assert refused.value.reason is Reason.NOT_ALLOWED
    made = await create_group(house, strong, tenant_id=contoso.id, by=contoso.admin)
    before = await world.again(house, contoso.id, adele.user_id)
    await add_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=adele.user_id, by=contoso.admin)
    assert (await world.again(house, contoso.id, adele.user_id)).version == before.version + 1
    with pytest.raises(Refused) as member:
        await add_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=megan.user_id, by=weak)
    assert member.value.reason is Reason.NOT_ALLOWED
    with pytest.raises(Refused) as sensitive:
        await directory_users.revoke_sign_in_sessions(house, tenant_id=contoso.id, user_id=adele.user_id, by=weak)
    assert sensitive.value.reason is Reason.NOT_ALLOWED
    by_program = world.program(contoso, "Group.ReadWrite.All")
    with pytest.raises(Refused) as program:
        await add_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=megan.user_id, by=by_program)
    assert program.value.reason is Reason.NOT_ALLOWED
    with_roles = world.program(contoso, "Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
    await add_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=megan.user_id, by=with_roles)


async def test_an_administrator_may_put_themselves_into_a_strong_group(house: House, contoso: Place):
    made = await create_group(
        house, NewGroup("Keepers", "keepers", assignable_to_role=True), tenant_id=contoso.id, by=contoso.admin
    )
    own = contoso.administrator.user_id
    await add_member(house, tenant_id=contoso.id, group_id=made.group_id, user_id=own, by=contoso.admin)
    assert await _members(contoso, made) == {"Administrator"}
