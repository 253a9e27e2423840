"""Groups at apps: whoever is in the group is assigned, wherever that means something, as long as they are in it."""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import (
    deleting_apps,
    group_members,
    grouping,
    handing_over,
    leaving,
    minting,
    personal_data,
    resources,
    restoring,
    service_principals,
)
from vestibule.actions.app_owners import add_app_owner
from vestibule.actions.apps import create_app, update_app
from vestibule.actions.assigning import assign_app, assign_role, unassign_app
from vestibule.actions.assigning_groups import assign_group, unassign_group
from vestibule.actions.house import House
from vestibule.actions.removing import remove
from vestibule.rules.actors import operator
from vestibule.rules.apps import DEFAULT_ROLE, NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import APPLICATION_ADMINISTRATOR, GROUPS_ADMINISTRATOR
from vestibule.store import across, app_lists, group_assignments, group_lists, groups, hanging, review_decisions
from vestibule.store.apps import App
from vestibule.store.groups import Group
from vestibule.store.hanging import Kind
from vestibule.store.holdings import ASSIGNED
from vestibule.store.memberships import Membership

WRITER: dict[str, Any] = {"id": "99999999-2222-3333-4444-555555555555", "value": "Task.Write", "displayName": "Writers"}
READER: dict[str, Any] = {"id": "99999999-2222-3333-4444-555555555556", "value": "Task.Read", "displayName": "Readers"}
ROBOT: dict[str, Any] = {
    **WRITER,
    "id": "99999999-2222-3333-4444-666666666666",
    "value": "R",
    "allowedMemberTypes": ["Application"],
}


async def an_app(place: Place, name: str = "Expenses", **more: Any) -> App:
    new = NewApp(name, app_roles=(WRITER, READER, ROBOT), **more)
    return (await create_app(place.house, new, tenant_id=place.id, by=operator())).app


async def a_group(place: Place, *people: Membership, name: str = "Partners", **more: Any) -> Group:
    new = NewGroup(name, f"n{place.house.chance.guid()[:8]}", **more)
    ids = [one.user_id for one in people]
    return await grouping.create_group(place.house, new, tenant_id=place.id, by=operator(), member_ids=ids)


def of(place: Place) -> dict[str, Any]:
    return {"tenant_id": place.id, "by": place.admin}


async def roles_of(place: Place, app: App, who: Membership) -> list[str]:
    reading = await place.house.store.read()
    return await minting.app_role_values(reading, app, await world.again(place.house, place.id, who.user_id))


async def is_admitted(place: Place, app: App, who: Membership) -> bool:
    reading = await place.house.store.read()
    account = await world.again(place.house, place.id, who.user_id)
    try:
        await resources.insist_admitted(reading, app, account)
    except Refused as refused:
        return refused.facts["why"] != "assignment"
    return True


async def tiles(place: Place, who: Membership) -> list[str]:
    assert who.person_id is not None
    found = await across.apps(await place.house.store.read(), who.person_id)
    return sorted(app.display_name for app in found)


async def refused(attempt: Any, reason: Reason) -> Refused:
    with pytest.raises(Refused) as caught:
        await attempt
    assert caught.value.reason is reason
    return caught.value


async def test_who_is_in_the_group_is_assigned_until_they_are_out(house: House, contoso: Place):
    app = await an_app(contoso, requires_assignment=True)
    ann, bob = await world.guest(contoso), await world.guest(contoso, "bob@elsewhere.example")
    group = await a_group(contoso, ann)
    held = await assign_group(house, app_id=app.app_id, group_id=group.group_id, **of(contoso))
    assert held.app_role_id == DEFAULT_ROLE
    assert [await is_admitted(contoso, app, one) for one in (ann, bob)] == [True, False]
    assert [await tiles(contoso, one) for one in (ann, bob)] == [["Expenses"], []]
    told = await world.last_event(contoso)
    assert told.type == "app.assignGroup"
    assert told.record["facts"] == {"servicePrincipalId": app.service_principal_id, "appRoleId": DEFAULT_ROLE}
    assert (told.subject["displayName"], told.subject["details"]["app"]) == ("Partners", "Expenses")

    change: dict[str, Any] = {"group_id": group.group_id, **of(contoso)}
    await group_members.remove_member(house, user_id=ann.user_id, **change)
    await group_members.add_member(house, user_id=bob.user_id, **change)
    assert [await is_admitted(contoso, app, one) for one in (ann, bob)] == [False, True]

    await grouping.delete_group(house, **change)
    assert await is_admitted(contoso, app, bob) is False
    assert await tiles(contoso, bob) == []
    await grouping.restore_group(house, **change)
    assert await is_admitted(contoso, app, bob) is True

    await unassign_group(house, assignment_id=held.assignment_id, **of(contoso))
    assert await is_admitted(contoso, app, bob) is False
    assert (await world.last_event(contoso)).type == "app.unassignGroup"
    await refused(unassign_group(house, assignment_id=held.assignment_id, **of(contoso)), Reason.NOT_FOUND)


async def test_roles_are_those_of_a_person_and_of_their_groups_each_once(house: House, contoso: Place):
    app, ann = await an_app(contoso), await world.guest(contoso)
    one, two = await a_group(contoso, ann), await a_group(contoso, ann, name="Others")
    here = {"app_id": app.app_id, **of(contoso)}
    assert await roles_of(contoso, app, ann) == []
    await assign_app(house, user_id=ann.user_id, app_role_id=WRITER["id"], **here)
    await assign_group(house, group_id=one.group_id, app_role_id=WRITER["id"], **here)
    assert await roles_of(contoso, app, ann) == ["Task.Write"]
    await assign_group(house, group_id=two.group_id, app_role_id=READER["id"], **here)
    await assign_group(house, group_id=two.group_id, **here)
    assert await roles_of(contoso, app, ann) == ["Task.Read", "Task.Write"]


async def test_what_cannot_be_assigned(house: House, contoso: Place):
    app, ann = await an_app(contoso), await world.guest(contoso)
    group, fabrikam = await a_group(contoso, ann), await world.organization(house, "Fabrikam")
    strange = await a_group(fabrikam)
    here = {"app_id": app.app_id, **of(contoso)}
    await assign_group(house, group_id=group.group_id, **here)
    twice = await refused(assign_group(house, group_id=group.group_id, **here), Reason.ALREADY_THERE)
    assert twice.facts["property"] == "appRoleAssignments"
    wrong = assign_group(house, group_id=group.group_id, app_role_id=ROBOT["id"], **here)
    await refused(wrong, Reason.BAD_VALUE)
    for missing in (strange.group_id, ann.user_id):
        await refused(assign_group(house, group_id=missing, **here), Reason.NOT_FOUND)
    await grouping.delete_group(house, group_id=group.group_id, **of(contoso))
    gone = assign_group(house, group_id=group.group_id, app_role_id=WRITER["id"], **here)
    await refused(gone, Reason.NOT_FOUND)


async def test_it_takes_the_right_over_apps_and_owning_the_group_is_none(house: House, contoso: Place):
    app, adele = await an_app(contoso), await world.member(contoso)
    group = await a_group(contoso)
    owned: dict[str, Any] = {
        "tenant_id": contoso.id,
        "group_id": group.group_id,
        "user_id": adele.user_id,
        "by": operator(),
    }
    await group_members.add_owner(house, **owned)
    where: dict[str, Any] = {"tenant_id": contoso.id, "app_id": app.app_id, "group_id": group.group_id}
    role: dict[str, Any] = {"tenant_id": contoso.id, "user_id": adele.user_id, "by": operator()}
    await assign_role(house, role_id=GROUPS_ADMINISTRATOR, **role)
    for by in (world.at_portal(adele), world.program(contoso, "Application.ReadWrite.All", "Group.ReadWrite.All")):
        await refused(assign_group(house, by=by, **where), Reason.NOT_ALLOWED)
    assert (await world.last_event(contoso)).type == "app.assignGroup"
    await assign_role(house, role_id=APPLICATION_ADMINISTRATOR, **role)
    held = await assign_group(house, by=world.at_portal(adele), **where)
    program = world.program(contoso, "AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    await unassign_group(house, tenant_id=contoso.id, assignment_id=held.assignment_id, by=program)


async def test_a_deleted_groups_assignment_can_be_taken_and_does_not_come_back(house: House, contoso: Place):
    app, ann = await an_app(contoso, requires_assignment=True), await world.guest(contoso)
    group = await a_group(contoso, ann)
    held = await assign_group(house, app_id=app.app_id, group_id=group.group_id, **of(contoso))
    await grouping.delete_group(house, group_id=group.group_id, **of(contoso))
    await unassign_group(house, assignment_id=held.assignment_id, **of(contoso))
    await grouping.restore_group(house, group_id=group.group_id, **of(contoso))
    assert await is_admitted(contoso, app, ann) is False


async def test_apps_and_groups_that_go_for_good_take_the_assignments_along(house: House, contoso: Place):
    app, other = await an_app(contoso), await an_app(contoso, "Atlas")
    group = await a_group(contoso, await world.guest(contoso))
    kept = {}
    for one in (app, other):
        held = await assign_group(house, app_id=one.app_id, group_id=group.group_id, **of(contoso))
        kept[one.app_id] = held.assignment_id

    async def there() -> list[bool]:
        reading = await house.store.read()
        found = [await group_assignments.find_by_id(reading, contoso.id, one) for one in kept.values()]
        return [one is not None for one in found]

    await deleting_apps.delete_app(house, app_id=app.app_id, **of(contoso))
    await deleting_apps.restore_app(house, app_id=app.app_id, **of(contoso))
    assert await there() == [True, True]
    await service_principals.restore_principal(house, principal_id=app.service_principal_id, **of(contoso))
    await service_principals.delete_principal(house, principal_id=app.service_principal_id, **of(contoso))
    await service_principals.purge_principal(house, principal_id=app.service_principal_id, **of(contoso))
    assert await there() == [False, True]
    await grouping.delete_group(house, group_id=group.group_id, **of(contoso))
    assert await there() == [False, True]
    await grouping.purge_group(house, group_id=group.group_id, **of(contoso))
    assert await there() == [False, False]


async def test_people_are_counted_once_and_deleted_ones_not(house: House, contoso: Place):
    app = await an_app(contoso)
    ann, bob = await world.guest(contoso, name="Ann"), await world.guest(contoso, "bob@elsewhere.example")
    adele = await world.member(contoso)
    one, two = await a_group(contoso, ann, adele), await a_group(contoso, ann, bob, name="Others")
    await assign_app(house, app_id=app.app_id, user_id=ann.user_id, **of(contoso))
    for group in (one, two):
        await assign_group(house, app_id=app.app_id, group_id=group.group_id, **of(contoso))
    reading = await house.store.read()
    assert await app_lists.assigned_counts(reading, contoso.id, [app.app_id]) == {app.app_id: (3, 2)}
    ids = [one.group_id, two.group_id]
    assert await group_lists.member_counts(reading, contoso.id, ids) == dict.fromkeys(ids, 2)
    await remove(house, user_id=bob.user_id, **of(contoso))
    reading = await house.store.read()
    assert await app_lists.assigned_counts(reading, contoso.id, [app.app_id]) == {app.app_id: (2, 1)}
    assert await group_lists.member_counts(reading, contoso.id, ids) == {ids[0]: 2, ids[1]: 1}


async def test_what_leaving_takes_away_names_an_app_once(house: House, contoso: Place):
    both, through = await an_app(contoso, "Atlas"), await an_app(contoso, "Bills")
    ann = await world.guest(contoso)
    hidden: dict[str, Any] = {"visibility": "HiddenMembership", "types": ("Unified",), "mail_enabled": True}
    group = await a_group(contoso, ann, **hidden)
    await assign_app(house, app_id=both.app_id, user_id=ann.user_id, **of(contoso))
    for app in (both, through):
        await assign_group(house, app_id=app.app_id, group_id=group.group_id, **of(contoso))
    preview = await leaving.preview(await house.store.read(), ann)
    assert [one.name for one in preview.lost] == ["Atlas", "Bills"]
    assert preview.hidden == 1, "the group itself is counted and not named"
    data = await personal_data.of_user(house, await house.store.read(), contoso.organization, ann)
    assert sorted(data["apps"]) == ["Atlas", "Bills"]


async def test_who_could_own_an_app_is_who_uses_it_through_a_group_too(house: House, contoso: Place):
    app, adele = await an_app(contoso), await world.member(contoso)
    megan = await world.member(contoso, "Megan Bowen")
    await add_app_owner(house, app_id=app.app_id, owner_id=adele.user_id, **of(contoso))
    group = await a_group(contoso, megan, adele)
    await assign_group(house, app_id=app.app_id, group_id=group.group_id, **of(contoso))
    [alone] = await handing_over.owned_alone(await house.store.read(), adele)
    assert [one.name for one in alone.heirs] == ["Megan Bowen"]


# --- Restoring --------------------------------------------------------------------------------------------------------


def _lines(items: list[restoring.Returned]) -> list[tuple[str, str | None, str | None]]:
    return sorted((item.thing.kind.value, item.thing.name, item.why_not) for item in items)


async def test_a_restore_tells_of_apps_that_come_back_through_groups(house: House, contoso: Place):
    app, other, ann = await an_app(contoso), await an_app(contoso, "Atlas"), await world.guest(contoso)
    stays, left = await a_group(contoso, ann, name="Stays"), await a_group(contoso, ann, name="Left")
    for group, at in ((stays, app), (left, app), (left, other)):
        await assign_group(house, app_id=at.app_id, group_id=group.group_id, **of(contoso))
    held = await assign_app(house, app_id=app.app_id, user_id=ann.user_id, **of(contoso))
    await remove(house, user_id=ann.user_id, **of(contoso))
    await group_members.remove_member(house, group_id=left.group_id, user_id=ann.user_id, **of(contoso))
    await unassign_app(house, assignment_id=held.assignment_id, **of(contoso))
    report = await restoring.restore(house, user_id=ann.user_id, **of(contoso))
    assert _lines(report.items) == [
        ("app", "Atlas", "revoked"),
        ("app", "Expenses", None),
        ("group", "Left", "revoked"),
        ("group", "Stays", None),
    ]
    assert await tiles(contoso, ann) == ["Expenses"]
    reading = await house.store.read()
    assert await ASSIGNED.find(reading, contoso.id, ann.user_id, app.app_id, DEFAULT_ROLE) is None


async def test_an_app_of_a_group_that_is_withheld_is_withheld(house: House, contoso: Place):
    app, ann = await an_app(contoso), await world.guest(contoso)
    strong = await a_group(contoso, ann, name="Strong", assignable_to_role=True)
    await assign_group(house, app_id=app.app_id, group_id=strong.group_id, **of(contoso))
    await remove(house, user_id=ann.user_id, **of(contoso))
    gone = await world.again(house, contoso.id, ann.user_id)
    reading = await house.store.read()
    for may_grant, why in ((False, "withheld"), (True, None)):
        items = await restoring.what_returns(reading, gone, may_grant_roles=may_grant)
        assert _lines(items) == [("app", "Expenses", why), ("group", "Strong", why)]


# --- Together ---------------------------------------------------------------------------------------------------------


async def test_two_assign_the_same_group_at_once_and_one_of_them_does(house: House, contoso: Place):
    app, group = await an_app(contoso), await a_group(contoso)
    where = {"app_id": app.app_id, "group_id": group.group_id, **of(contoso)}
    done = await asyncio.gather(*(assign_group(house, **where) for _ in range(4)), return_exceptions=True)
    lost = [one for one in done if isinstance(one, Refused)]
    assert [one.reason for one in lost] == [Reason.ALREADY_THERE] * 3
    assert len(await group_assignments.of_app(await house.store.read(), contoso.id, app.app_id)) == 1


async def test_a_group_that_goes_for_good_meanwhile_leaves_no_assignment(house: House, contoso: Place):
    app = await an_app(contoso)
    for _ in range(5):
        group = await a_group(contoso)
        where = {"group_id": group.group_id, **of(contoso)}
        await grouping.delete_group(house, **where)
        await asyncio.gather(
            grouping.purge_group(house, **where),
            assign_group(house, app_id=app.app_id, **where),
            return_exceptions=True,
        )
        assert await group_assignments.of_groups(await house.store.read(), contoso.id, [group.group_id]) == []


# --- Lives --------------------------------------------------------------------------------------------------------


@dataclass
class Said:
    """What should be so: who is assigned and in which group, and what the groups are assigned to."""

    own: set[tuple[int, int]] = field(default_factory=set)
    inside: set[tuple[int, int]] = field(default_factory=set)
    at: set[tuple[int, int]] = field(default_factory=set)
    here: set[int] = field(default_factory=set)
    live: set[int] = field(default_factory=set)

    def has(self, user: int, app: int) -> bool:
        through = any((user, group) in self.inside and (group, app) in self.at for group in self.live)
        return (user, app) in self.own or through


@dataclass
class Life:
    """A few people, groups and apps, and what happens to them by chance."""

    place: Place
    users: list[Membership]
    groups: list[Group]
    apps: list[App]
    said: Said

    async def own(self, user: int, _group: int, app: int) -> None:
        where = {"app_id": self.apps[app].app_id, **of(self.place)}
        if (user, app) not in self.said.own and user in self.said.here:
            await assign_app(self.place.house, user_id=self.users[user].user_id, **where)
            self.said.own.add((user, app))
        elif (user, app) in self.said.own:
            reading = await self.place.house.store.read()
            held = await ASSIGNED.find(
                reading, self.place.id, self.users[user].user_id, self.apps[app].app_id, DEFAULT_ROLE
            )
            assert held is not None
            await unassign_app(self.place.house, assignment_id=held.assignment_id, **of(self.place))
            self.said.own.discard((user, app))

    async def at(self, _user: int, group: int, app: int) -> None:
        found = await group_assignments.find(
            await self.place.house.store.read(),
            self.place.id,
            self.groups[group].group_id,
            self.apps[app].app_id,
            DEFAULT_ROLE,
        )
        assert (found is not None) is ((group, app) in self.said.at)
        if found is not None:
            await unassign_group(self.place.house, assignment_id=found.assignment_id, **of(self.place))
            self.said.at.discard((group, app))
        elif group in self.said.live:
            where = {"app_id": self.apps[app].app_id, "group_id": self.groups[group].group_id, **of(self.place)}
            await assign_group(self.place.house, **where)
            self.said.at.add((group, app))

    async def inside(self, user: int, group: int, _app: int) -> None:
        if group not in self.said.live:
            return
        who = {"group_id": self.groups[group].group_id, "user_id": self.users[user].user_id, **of(self.place)}
        if (user, group) in self.said.inside:
            await group_members.remove_member(self.place.house, **who)
            self.said.inside.discard((user, group))
        elif user in self.said.here:
            await group_members.add_member(self.place.house, **who)
            self.said.inside.add((user, group))

    async def comes_or_goes(self, user: int, _group: int, _app: int) -> None:
        act: Any = remove if user in self.said.here else restoring.restore
        await act(self.place.house, user_id=self.users[user].user_id, **of(self.place))
        self.said.here ^= {user}

    async def lives_or_not(self, _user: int, group: int, app: int) -> None:
        where = {"group_id": self.groups[group].group_id, **of(self.place)}
        if group in self.said.live:
            await grouping.delete_group(self.place.house, **where)
            self.said.live.discard(group)
        elif app:
            await grouping.restore_group(self.place.house, **where)
            self.said.live.add(group)
        else:  # for good, and another in its place
            await grouping.purge_group(self.place.house, **where)
            self.said.inside = {one for one in self.said.inside if one[1] != group}
            self.said.at = {one for one in self.said.at if one[0] != group}
            self.groups[group] = await a_group(self.place)
            self.said.live.add(group)

    async def check(self) -> None:
        """Everything that asks who is assigned has the same answer."""
        reading = await self.place.house.store.read()
        for number, user in enumerate(self.users):
            mine = [app for place, app in enumerate(self.apps) if self.said.has(number, place)]
            for app in self.apps:
                roles = await group_assignments.roles_at(reading, self.place.id, user.user_id, app.app_id)
                assert bool(roles) is (app in mine)
            held = await hanging.everything(reading, self.place.id, user.user_id)
            assert {one.target_id for one in held if one.kind is Kind.APP and not one.struck} == ids(mine)
            assert user.person_id is not None
            shown = await across.apps(reading, user.person_id)
            assert sorted(app.app_id for app in shown) == sorted(ids(mine) if number in self.said.here else [])
        for place, app in enumerate(self.apps):
            people = {n for n in self.said.here if self.said.has(n, place)}
            looked_at = await review_decisions.at_app(reading, self.place.id, app.app_id)
            assert [one.user_id for one in looked_at] == sorted(self.users[n].user_id for n in people)
            counts = await app_lists.assigned_counts(reading, self.place.id, [app.app_id])
            assert counts.get(app.app_id, (0, 0)) == (len(people), len(people))
            everybody = await group_assignments.everybody_at(reading, self.place.id, app.app_id)
            with_deleted = {n for n in range(len(self.users)) if self.said.has(n, place)}
            assert everybody == sorted(self.users[n].user_id for n in with_deleted)


def ids(found: list[App]) -> set[str]:
    return {app.app_id for app in found}


@pytest.mark.parametrize("seed", range(6))
async def test_assigned_is_who_is_so_themselves_or_through_a_group(house: House, contoso: Place, seed: int):
    chance = Random(seed)  # noqa: S311 - the same on every run
    people = [await world.guest(contoso, f"guest{n}@elsewhere.example", f"Guest {n}") for n in range(2)]
    life = Life(
        contoso,
        people,
        [await a_group(contoso) for _ in range(2)],
        [await an_app(contoso, name) for name in ("Atlas", "Bills")],
        Said(here={0, 1}, live={0, 1}),
    )
    await life.inside(0, 0, 0)
    await life.at(0, 0, 0)
    usual = [life.at, life.inside] * 3
    steps = [life.own, *usual, life.comes_or_goes, life.lives_or_not]
    given = 0
    for _ in range(60):
        await chance.choice(steps)(chance.randrange(2), chance.randrange(2), chance.randrange(2))
        await life.check()
        given += any(life.said.has(user, app) and (user, app) not in life.said.own for user in (0, 1) for app in (0, 1))
    assert given, "some of the time access comes through a group alone"
    for user in people:
        stage = (await world.again(house, contoso.id, user.user_id)).stage
        assert isinstance(stage, Present) is (people.index(user) in life.said.here)


async def test_an_app_that_loses_a_role_does_not_say_it_any_more(house: House, contoso: Place):
    app, ann = await an_app(contoso), await world.guest(contoso)
    group = await a_group(contoso, ann)
    where = {"app_id": app.app_id, **of(contoso)}
    await assign_group(house, group_id=group.group_id, app_role_id=READER["id"], **where)
    await update_app(house, changes={"app_roles": [{**READER, "isEnabled": False}, WRITER]}, **where)
    after = await update_app(house, changes={"app_roles": [WRITER]}, **where)
    assert await roles_of(contoso, after, ann) == []
    assert await groups.find(await house.store.read(), contoso.id, group.group_id) is not None
