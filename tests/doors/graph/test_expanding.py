"""``$expand``: what is answered along with an object, how much of it, and what is refused."""

import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import assigning, relating
from vestibule.rules.actors import Strength, operator
from vestibule.rules.roles import GUEST_INVITER


async def test_manager_and_reports_of_a_list(program: Caller, contoso: Place):
    adele, alex = await world.member(contoso), await world.member(contoso, "Alex Wilber")
    await relating.set_manager(
        contoso.house, tenant_id=contoso.id, user_id=adele.user_id, manager_id=alex.user_id, by=operator()
    )
    listed = (await program.get("/v1.0/users?$select=displayName&$expand=manager($select=displayName)")).json()
    managers = {one["displayName"]: one["manager"] for one in listed["value"]}
    assert managers["Adele Vance"] == {"@odata.type": "#microsoft.graph.user", "displayName": "Alex Wilber"}
    assert managers["Alex Wilber"] is None
    one = (await program.get(f"/v1.0/users/{alex.user_id}?$select=id&$expand=directReports($select=id)")).json()
    assert [each["id"] for each in one["directReports"]] == [adele.user_id]


async def test_twenty_at_most(program: Caller, contoso: Place):
    boss = await world.member(contoso, "Boss")
    for number in range(22):
        one = await world.member(contoso, f"Member{number}")
        await relating.set_manager(
            contoso.house, tenant_id=contoso.id, user_id=one.user_id, manager_id=boss.user_id, by=operator()
        )
    answer = (await program.get(f"/v1.0/users/{boss.user_id}?$expand=directReports($select=id)")).json()
    assert len(answer["directReports"]) == 20
    pages = await program.pages(f"/v1.0/users/{boss.user_id}/directReports?$top=10&$select=id")
    assert [len(page) for page in pages] == [10, 10, 2]


@pytest.mark.parametrize("in_list", [False, True])
async def test_roles_and_their_assignments(program: Caller, contoso: Place, in_list: bool):
    adele = await world.member(contoso)
    made = await assigning.assign_role(
        contoso.house, tenant_id=contoso.id, role_id=GUEST_INVITER, user_id=adele.user_id, by=operator()
    )
    at = "/v1.0/roleManagement/directory/roleAssignments"
    one = f"?$filter=principalId eq '{adele.user_id}'&" if in_list else f"/{made.assignment_id}?"
    answer = (await program.get(f"{at}{one}$select=id&$expand=principal($select=displayName)")).json()
    shown = answer["value"][0] if in_list else answer
    assert shown["principal"] == {"@odata.type": "#microsoft.graph.user", "displayName": "Adele Vance"}
    answer = (await program.get(f"{at}{one}$select=id&$expand=roleDefinition($select=displayName)")).json()
    shown = answer["value"][0] if in_list else answer
    assert shown["roleDefinition"]["displayName"] == "Guest Inviter"

    one = f"?$filter=roleTemplateId eq '{GUEST_INVITER}'&" if in_list else f"(roleTemplateId='{GUEST_INVITER}')?"
    answer = (await program.get(f"/v1.0/directoryRoles{one}$expand=members($select=id)")).json()
    shown = answer["value"][0] if in_list else answer
    assert [each["id"] for each in shown["members"]] == [adele.user_id]


@pytest.mark.parametrize(
    "expand",
    [
        "manager,memberOf",
        "manager($levels=2)",
        "manager($select=id;$levels=max)",
        "manager($expand=manager)",
        "memberOf($top=5)",
        "memberOf($filter=displayName eq 'x')",
        "memberOf($select=shoeSize)",
        "shoes",
        "displayName",
        "invitedBy",
    ],
)
async def test_what_cannot_be_expanded(program: Caller, expand: str):
    assert code_of(await program.get("/v1.0/users", params={"$expand": expand})) == (400, "BadRequest")


async def test_what_a_guest_does_not_read_is_not_expanded(graph: Graph, contoso: Place):
    adele, alex = await world.member(contoso), await world.member(contoso, "Alex Wilber")
    await relating.set_manager(
        contoso.house, tenant_id=contoso.id, user_id=adele.user_id, manager_id=alex.user_id, by=operator()
    )
    sam = await world.guest(contoso)
    guest = await graph.person(sam, *EVERYTHING, strength=Strength.EMAILED_CODE)
    answer = await guest.get(f"/v1.0/users/{adele.user_id}?$expand=manager")
    assert code_of(answer) == (403, "Authorization_RequestDenied")
