"""Groups over HTTP: all or nobody of a list, owners, hidden members, and groups that may hold roles."""

from typing import Any

import pytest

from tests.support import world
from tests.support.graph import EVENTUAL, EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.store.memberships import Membership

NOWHERE = "00000000-0000-4000-8000-000000000000"
PILOTS = {"displayName": "Pilots", "mailNickname": "pilots", "mailEnabled": False, "securityEnabled": True}


@pytest.fixture
async def pilots(program: Caller, contoso: Place) -> str:
    """A group without anybody in it."""
    made = await program.post("/v1.0/groups", PILOTS)
    assert made.status_code == 201, made.text
    group_id: str = made.json()["id"]
    return group_id


def _to(user_id: str) -> str:
    return f"https://graph.microsoft.com/v1.0/directoryObjects/{user_id}"


async def _inside(caller: Caller, group_id: str, what: str = "members") -> set[str]:
    found = (await caller.get(f"/v1.0/groups/{group_id}/{what}?$select=id")).json()["value"]
    return {one["id"] for one in found}


@pytest.mark.parametrize("relationship", ["members", "owners"])
async def test_all_of_a_list_come_in_or_nobody(program: Caller, contoso: Place, pilots: str, relationship: str):
    one, two, three = [await world.member(contoso, name) for name in ("One A", "Two B", "Three C")]
    at, bind = f"/v1.0/groups/{pilots}", f"{relationship}@odata.bind"
    assert (await program.patch(at, {bind: [_to(two.user_id)]})).status_code == 204
    for bad, status in ((NOWHERE, 404), (two.user_id, 400)):
        refused = await program.patch(at, {bind: [_to(one.user_id), _to(bad), _to(three.user_id)]})
        assert code_of(refused)[0] == status
        assert await _inside(program, pilots, relationship) == {two.user_id}
    assert (await program.patch(at, {bind: [_to(one.user_id), _to(three.user_id)]})).status_code == 204
    assert await _inside(program, pilots, relationship) == {one.user_id, two.user_id, three.user_id}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"members@odata.bind": [_to(NOWHERE)] * 21}, 400),
        ({"members@odata.bind": ["rubbish"]}, 400),
        ({"members@odata.bind": [5]}, 400),
        ({"memberOf@odata.bind": [_to(NOWHERE)]}, 400),
        ({"acceptedSenders@odata.bind": [_to(NOWHERE)]}, 400),
        ({"displayName": ""}, 400),
        ({"displayName": None}, 400),
        ({"mailNickname": "a b"}, 400),
        ({"groupTypes": ["Unified"]}, 400),
        ({"isAssignableToRole": True}, 400),
        ({"visibility": "HiddenMembership"}, 400),
        ({"membershipRule": "user.department -eq 'Sales'"}, 400),
        ({"description": "a" * 1_025}, 400),
    ],
    ids=str,
)
async def test_what_a_group_does_not_take(program: Caller, pilots: str, body: dict[str, Any], status: int):
    assert code_of(await program.patch(f"/v1.0/groups/{pilots}", body))[0] == status


async def test_what_was_read_can_be_written_back(program: Caller, contoso: Place, pilots: str):
    read = (await program.get(f"/v1.0/groups/{pilots}")).json()
    assert (await program.patch(f"/v1.0/groups/{pilots}", read)).status_code == 204
    assert (await world.last_event(contoso)).type == "group.create", "and that changes nothing"


async def test_a_member_who_owns_a_group_runs_it(graph: Graph, program: Caller, contoso: Place, pilots: str):
    adele, sam = await world.member(contoso), await world.guest(contoso, "sam@elsewhere.example")
    owner = await graph.person(adele, "Group.ReadWrite.All")
    at = f"/v1.0/groups/{pilots}"
    reference = {"@odata.id": _to(sam.user_id)}
    assert code_of(await owner.post(f"{at}/members/$ref", reference))[0] == 403
    assert (await program.post(f"{at}/owners/$ref", {"@odata.id": _to(adele.user_id)})).status_code == 204
    assert (await owner.post(f"{at}/members/$ref", reference)).status_code == 204
    assert (await owner.patch(at, {"description": "Ours"})).status_code == 204
    assert (await owner.post(f"{at}/owners/$ref", reference)).status_code == 204
    assert (await owner.delete(f"{at}/owners/{adele.user_id}/$ref")).status_code == 204
    assert code_of(await owner.delete(at))[0] == 403, "no owner any more"
    # Somebody who is deleted owns nothing meanwhile; the group is then without an owner who counts.
    assert (await program.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    assert await _inside(program, pilots, "owners") == set()
    assert (await program.post(f"/v1.0/directory/deletedItems/{sam.user_id}/restore")).status_code == 200
    assert await _inside(program, pilots, "owners") == {sam.user_id}


async def test_a_person_who_makes_a_group_owns_it(admin: Caller, contoso: Place):
    made = (await admin.post("/v1.0/groups", PILOTS)).json()
    assert await _inside(admin, made["id"], "owners") == {contoso.administrator.user_id}


async def test_hidden_members_are_hidden_everywhere(graph: Graph, program: Caller, contoso: Place):
    adele, alex = await world.member(contoso), await world.member(contoso, "Alex Wilber")
    hidden = {
        **PILOTS,
        "mailEnabled": True,
        "groupTypes": ["Unified"],
        "visibility": "HiddenMembership",
        "members@odata.bind": [_to(adele.user_id)],
    }
    group_id = (await program.post("/v1.0/groups", hidden)).json()["id"]
    inside, outside = await graph.person(adele, *EVERYTHING), await graph.person(alex, *EVERYTHING)
    assert await _inside(inside, group_id) == {adele.user_id}
    ways = (
        f"/v1.0/groups/{group_id}/members",
        f"/v1.0/groups/{group_id}/members/graph.user",
        f"/v1.0/groups/{group_id}/transitiveMembers",
        f"/v1.0/groups/{group_id}/members/$count",
    )
    for way in ways:
        assert code_of(await outside.get(way, headers=EVENTUAL))[0] == 403, way
    assert (await outside.get(f"/v1.0/groups/{group_id}")).status_code == 200, "that it is there is no secret"
    quiet = (
        f"/v1.0/users/{adele.user_id}/memberOf",
        f"/v1.0/users/{adele.user_id}/transitiveMemberOf/graph.group",
    )
    for way in quiet:
        assert (await outside.get(way)).json()["value"] == [], way
    groups = await outside.post(f"/v1.0/users/{adele.user_id}/getMemberGroups", {"securityEnabledOnly": False})
    assert groups.json()["value"] == []
    along = (await outside.get(f"/v1.0/users/{adele.user_id}?$select=id&$expand=memberOf")).json()
    assert along["memberOf"] == []


async def test_nobody_reads_hidden_members_by_listing_groups(graph: Graph, program: Caller, contoso: Place):
    adele = await world.member(contoso)
    body = {**PILOTS, "mailEnabled": True, "groupTypes": ["Unified"], "visibility": "HiddenMembership"}
    body["members@odata.bind"] = [_to(contoso.administrator.user_id)]
    assert (await program.post("/v1.0/groups", body)).status_code == 201
    assert (await program.post("/v1.0/groups", PILOTS)).status_code == 201
    outside = await graph.person(adele, *EVERYTHING)
    answer = await outside.get("/v1.0/groups?$select=id,visibility&$expand=members($select=id)")
    assert answer.status_code == 200
    assert {one["visibility"]: one["members"] for one in answer.json()["value"]} == {"HiddenMembership": [], None: []}


async def test_deleting_and_restoring_in_any_order_ends_with_everybody_in(
    program: Caller, house: House, contoso: Place, pilots: str
):
    sam = await world.guest(contoso, "sam@elsewhere.example")
    group, user = f"/v1.0/groups/{pilots}", f"/v1.0/users/{sam.user_id}"
    assert (await program.post(f"{group}/members/$ref", {"@odata.id": _to(sam.user_id)})).status_code == 204
    for first, second in ((group, user), (user, group)):
        for one in (first, second):
            assert (await program.delete(one)).status_code == 204
        for one in (first, second):
            restored = await program.post(f"/v1.0/directory/deletedItems/{one.rpartition('/')[2]}/restore")
            assert restored.status_code == 200
        assert await _inside(program, pilots) == {sam.user_id}


async def test_another_organizations_group_is_nowhere(graph: Graph, fabrikam: Place, pilots: str, contoso: Place):
    stranger = await graph.person(fabrikam.administrator, *EVERYTHING)
    there: Membership = await world.member(fabrikam)
    at = f"/v1.0/groups/{pilots}"
    assert code_of(await stranger.get(at)) == (404, "Request_ResourceNotFound")
    assert code_of(await stranger.patch(at, {"displayName": "Mine"}))[0] == 404
    assert code_of(await stranger.delete(at))[0] == 404
    assert code_of(await stranger.post(f"{at}/members/$ref", {"@odata.id": _to(there.user_id)}))[0] == 404
    # Nor does somebody of another organization get into one of mine.
    mine = await graph.app(contoso, "Group.ReadWrite.All")
    assert code_of(await mine.post(f"{at}/members/$ref", {"@odata.id": _to(there.user_id)}))[0] == 404


@pytest.mark.parametrize(
    "address",
    [
        "https://graph.microsoft.com/v1.0/directoryObjects/{}",
        "https://vestibule.example/v1.0/users/{}",
        "https://vestibule.example/beta/Users('{}')",
        "https://graph.microsoft.com/v2/contoso/directoryObjects/{}/Microsoft.DirectoryServices.User",
        "/v1.0/directoryObjects/{}",
    ],
)
async def test_a_reference_in_every_form_that_clients_write(program: Caller, contoso: Place, pilots: str, address: str):
    adele = await world.member(contoso)
    body = {"@odata.id": address.format(adele.user_id)}
    assert (await program.post(f"/v1.0/groups/{pilots}/members/$ref", body)).status_code == 204
    assert await _inside(program, pilots) == {adele.user_id}
