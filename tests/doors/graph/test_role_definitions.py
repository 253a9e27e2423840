"""Roles of an organization's own: made, given, enforced, changed, deleted."""

import asyncio

import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import assigning, role_definitions
from vestibule.actions.house import House
from vestibule.actions.role_definitions import RoleChanges
from vestibule.rules.actors import Strength, operator
from vestibule.rules.refusals import Refused
from vestibule.rules.rights import may_hand_on
from vestibule.rules.roles import GUEST_INVITER, PRIVILEGED_ROLE_ADMINISTRATOR, ROLES
from vestibule.store.memberships import Membership

AT = "/v1.0/roleManagement/directory/roleDefinitions"
GIVEN = "/v1.0/roleManagement/directory/roleAssignments"
USERS = "microsoft.directory/users/"


def a_role(name: str, *actions: str, **more: object) -> dict[str, object]:
    return {"displayName": name, "isEnabled": True, "rolePermissions": [{"allowedResourceActions": actions}]} | more


async def made(admin: Caller, name: str, *actions: str) -> str:
    answer = await admin.post(AT, a_role(name, *actions))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def held_by(admin: Caller, role: str, who: Membership) -> str:
    answer = await admin.post(GIVEN, {"principalId": who.user_id, "roleDefinitionId": role, "directoryScopeId": "/"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_role_is_made_read_changed_and_deleted(admin: Caller, contoso: Place):
    given = a_role("Front desk", f"{USERS}STANDARD/read", f"{USERS}inviteGuest", description="Lets guests in")
    answer = await admin.post(AT, given)
    assert answer.status_code == 201, answer.text
    role = answer.json()
    assert answer.headers["Location"].endswith(f"/{role['id']}")
    assert {name: role[name] for name in ("isBuiltIn", "isEnabled", "templateId", "resourceScopes")} == {
        "isBuiltIn": False,
        "isEnabled": True,
        "templateId": role["id"],
        "resourceScopes": ["/"],
    }
    assert role["rolePermissions"][0]["allowedResourceActions"] == [f"{USERS}inviteGuest", f"{USERS}standard/read"]
    assert (await world.last_event(contoso)).type == "role.create"
    own = (await admin.get(AT, params={"$filter": "isBuiltIn eq false"})).json()["value"]
    assert [one["displayName"] for one in own] == ["Front desk"]
    assert len((await admin.get(AT)).json()["value"]) == len(ROLES) + 1
    changed = await admin.patch(f"{AT}/{role['id']}", {"displayName": "Reception", "description": None})
    assert changed.status_code == 204
    assert (await world.last_event(contoso)).type == "role.update"
    again = (await admin.get(f"{AT}/{role['id']}")).json()
    assert (again["displayName"], again["description"]) == ("Reception", None)
    assert (await admin.delete(f"{AT}/{role['id']}")).status_code == 204
    assert (await world.last_event(contoso)).type == "role.delete"
    assert (await admin.get(f"{AT}/{role['id']}")).status_code == 404


async def test_what_a_role_cannot_be_is_refused(admin: Caller, contoso: Place):
    await made(admin, "Readers", f"{USERS}standard/read")
    unknown = await admin.post(AT, a_role("Odd", "microsoft.directory/devices/standard/read"))
    assert code_of(unknown) == (400, "Request_BadRequest")
    assert "'microsoft.directory/devices/standard/read'" in unknown.json()["error"]["message"]
    for body in (
        a_role("Giver", "microsoft.directory/roleAssignments/allProperties/allTasks"),
        a_role("Nothing"),
        a_role("readers", f"{USERS}standard/read"),  # a name that another role has
        a_role("Guest Inviter", f"{USERS}standard/read"),
        a_role("Part", f"{USERS}standard/read", resourceScopes=["/administrativeUnits/1"]),
        {"displayName": "Bare", "isEnabled": True},
        {
            "displayName": "Except",
            "isEnabled": True,
            "rolePermissions": [
                {"allowedResourceActions": [f"{USERS}standard/read"], "excludedResourceActions": [f"{USERS}delete"]}
            ],
        },
    ):
        assert (await admin.post(AT, body)).status_code == 400, body
    assert code_of(await admin.patch(f"{AT}/{GUEST_INVITER}", {"displayName": "Mine"})) == (400, "Request_BadRequest")
    assert code_of(await admin.delete(f"{AT}/{GUEST_INVITER}")) == (400, "Request_BadRequest")


async def test_a_role_lets_people_do_what_it_says_and_no_more(admin: Caller, graph: Graph, contoso: Place):
    desk, target = await world.member(contoso, "Desk Dora"), await world.member(contoso, "Target Tom")
    holder = await graph.person(desk, *EVERYTHING)
    path = f"/v1.0/users/{target.user_id}"
    assert (await holder.patch(path, {"jobTitle": "Cook"})).status_code == 403
    role = await made(admin, "Desk", f"{USERS}basic/update", f"{USERS}disable", "microsoft.directory/groups/create")
    await held_by(admin, role, desk)
    assert (await holder.patch(path, {"jobTitle": "Cook"})).status_code == 204
    assert (await holder.patch(path, {"accountEnabled": False})).status_code == 204
    assert (await holder.patch(path, {"mobilePhone": "1"})).status_code == 403  # a sensitive property
    assert (await holder.delete(path)).status_code == 403
    weak = await graph.person(desk, *EVERYTHING, strength=Strength.EMAILED_CODE)
    assert (await weak.patch(path, {"jobTitle": "Chef"})).status_code == 403
    narrow = await graph.person(desk, "User.Read")
    assert (await narrow.patch(path, {"jobTitle": "Chef"})).status_code == 403
    await admin.patch(f"{AT}/{role}", {"isEnabled": False})
    assert (await holder.patch(path, {"jobTitle": "Chef"})).status_code == 403
    await admin.patch(f"{AT}/{role}", {"isEnabled": True})
    assert (await holder.patch(path, {"jobTitle": "Chef"})).status_code == 204
    assert (await admin.delete(f"{AT}/{role}")).status_code == 204
    assert {one.type for one in (await world.events(contoso))[-2:]} == {"role.unassign", "role.delete"}
    assert (await holder.patch(path, {"jobTitle": "Cook"})).status_code == 403
    assert (await admin.get(GIVEN, params={"$filter": f"principalId eq '{desk.user_id}'"})).json()["value"] == []


async def test_roles_add_up_and_reach_nobody_with_an_admin_role(admin: Caller, graph: Graph, contoso: Place):
    desk, boss = await world.member(contoso, "Desk Dora"), await world.member(contoso, "Boss Bea")
    plain, other = await world.member(contoso, "Plain Pat"), await world.member(contoso, "Other Otto")
    holder = await graph.person(desk, *EVERYTHING)
    for name, action in (("Remover", f"{USERS}delete"), ("Reader", "microsoft.directory/deletedItems.users/read")):
        await held_by(admin, await made(admin, name, action), desk)
    await assigning.assign_role(
        contoso.house,
        tenant_id=contoso.id,
        role_id=PRIVILEGED_ROLE_ADMINISTRATOR,
        user_id=boss.user_id,
        by=operator(),
    )
    await held_by(admin, await made(admin, "Third", f"{USERS}delete"), other)
    assert (await holder.delete(f"/v1.0/users/{boss.user_id}")).status_code == 403
    assert (await holder.delete(f"/v1.0/users/{other.user_id}")).status_code == 403  # holds a role that has power
    assert (await holder.delete(f"/v1.0/users/{plain.user_id}")).status_code == 204
    deleted = (await holder.get("/v1.0/directory/deletedItems/graph.user")).json()["value"]
    assert [one["id"] for one in deleted] == [plain.user_id]
    assert (await admin.delete(f"/v1.0/users/{other.user_id}")).status_code == 204
    [shown] = (await admin.get(GIVEN, params={"$filter": f"principalId eq '{desk.user_id}'", "$top": "1"})).json()[
        "value"
    ]
    along = await admin.get(f"{GIVEN}/{shown['id']}", params={"$expand": "roleDefinition"})
    assert along.json()["roleDefinition"]["displayName"] in {"Remover", "Reader"}


async def test_nobody_makes_a_role_that_does_more_than_they_may(admin: Caller, graph: Graph, contoso: Place):
    giver = await world.member(contoso, "Giver Gil")
    await assigning.assign_role(
        contoso.house,
        tenant_id=contoso.id,
        role_id=PRIVILEGED_ROLE_ADMINISTRATOR,
        user_id=giver.user_id,
        by=operator(),
    )
    caller = await graph.person(giver, *EVERYTHING)
    refused = await caller.post(AT, a_role("Mine", f"{USERS}standard/read", f"{USERS}password/update"))
    assert code_of(refused) == (403, "Authorization_RequestDenied")
    assert f"{USERS}password/update" in refused.json()["error"]["message"]
    role = await made(caller, "Mine", f"{USERS}standard/read")
    widened = a_role("Mine", f"{USERS}standard/read", f"{USERS}delete")["rolePermissions"]
    assert (await caller.patch(f"{AT}/{role}", {"rolePermissions": widened})).status_code == 403
    # What a stronger administrator put in may stay in, and be taken out; switching it on again is giving it anew.
    assert (await admin.patch(f"{AT}/{role}", {"rolePermissions": widened})).status_code == 204
    assert (await caller.patch(f"{AT}/{role}", {"description": "As it was"})).status_code == 204
    assert (await caller.patch(f"{AT}/{role}", {"isEnabled": False})).status_code == 204
    assert (await caller.patch(f"{AT}/{role}", {"isEnabled": True})).status_code == 403
    program = await graph.app(contoso, "RoleManagement.ReadWrite.Directory")
    assert (await program.post(AT, a_role("By program", f"{USERS}delete"))).status_code == 403
    wider = await graph.app(contoso, "RoleManagement.ReadWrite.Directory", "User.ReadWrite.All")
    assert (await wider.post(AT, a_role("By program", f"{USERS}delete"))).status_code == 201
    nobody = await graph.person(await world.member(contoso, "Nobody Ned"), *EVERYTHING)
    assert (await nobody.post(AT, a_role("None", f"{USERS}standard/read"))).status_code == 403
    assert may_hand_on(operator()) >= may_hand_on(contoso.admin)


async def test_a_role_of_another_organization_is_not_there(
    admin: Caller, graph: Graph, contoso: Place, fabrikam: Place
):
    role = await made(admin, "Ours", f"{USERS}standard/read")
    other = await graph.person(fabrikam.administrator, *EVERYTHING)
    assert (await other.get(f"{AT}/{role}")).status_code == 404
    assert (await other.delete(f"{AT}/{role}")).status_code == 404
    body = {"principalId": fabrikam.administrator.user_id, "roleDefinitionId": role, "directoryScopeId": "/"}
    assert (await other.post(GIVEN, body)).status_code == 404


async def test_an_administrator_who_holds_the_role_changes_and_deletes_it(admin: Caller, contoso: Place):
    role = await made(admin, "Extra", f"{USERS}standard/read")
    await held_by(admin, role, contoso.administrator)
    assert (await admin.patch(f"{AT}/{role}", {"description": "More"})).status_code == 204
    assert (await admin.delete(f"{AT}/{role}")).status_code == 204
    assert (await admin.get(AT, params={"$filter": "isBuiltIn eq false"})).json()["value"] == []


async def test_a_deleted_role_does_not_come_back_with_a_restored_user(admin: Caller, contoso: Place):
    who = await world.member(contoso, "Holder Hal")
    role = await made(admin, "Brief", f"{USERS}standard/read")
    await held_by(admin, role, who)
    assert (await admin.delete(f"/v1.0/users/{who.user_id}")).status_code == 204
    assert (await admin.delete(f"{AT}/{role}")).status_code == 204
    assert (await admin.post(f"/v1.0/directory/deletedItems/{who.user_id}/restore")).status_code == 200
    assert (await admin.get(GIVEN, params={"$filter": f"principalId eq '{who.user_id}'"})).json()["value"] == []


async def test_taking_an_action_out_counts_for_acts_at_the_same_moment(house: House, contoso: Place, graph: Graph):
    """Twenty acts and one change at once: after the change nothing of the role is done any more."""
    desk = await world.member(contoso, "Desk Dora")
    new = RoleChanges("Desk", actions=(f"{USERS}basic/update",))
    role = await role_definitions.create_role(house, tenant_id=contoso.id, new=new, by=operator())
    of = {"tenant_id": contoso.id, "role_id": role.role_id}
    await assigning.assign_role(house, user_id=desk.user_id, by=operator(), **of)
    holder, target = await graph.person(desk, *EVERYTHING), await world.member(contoso, "Target Tom")
    path = f"/v1.0/users/{target.user_id}"
    changes = RoleChanges(actions=(f"{USERS}standard/read",))
    acts = [holder.patch(path, {"jobTitle": f"Number {number}"}) for number in range(20)]
    changing = asyncio.ensure_future(role_definitions.update_role(house, changes=changes, by=operator(), **of))
    answers = await asyncio.gather(*acts)
    await changing
    assert {one.status_code for one in answers} <= {204, 403, 503}
    assert (await holder.patch(path, {"jobTitle": "Late"})).status_code == 403
    with pytest.raises(Refused, match="notAllowed"):
        await role_definitions.update_role(house, changes=changes, by=world.at_portal(desk), **of)
