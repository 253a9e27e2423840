"""Groups and who is in them."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.scim import Client, Scim, refusal
from tests.support.world import Place
from vestibule.actions import grouping, provisioning
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup


async def people(client: Client, many: int) -> list[str]:
    return [(await client.create("/Users", userName=f"user{number}"))["id"] for number in range(many)]


async def group(client: Client, *ids: str) -> str:
    made = await client.create(
        "/Groups", displayName="Readers", externalId="G", members=[{"value": one} for one in ids]
    )
    return f"/Groups/{made['id']}"


async def members(client: Client, path: str) -> list[str]:
    return [one["value"] for one in (await client.get(path)).json().get("members", [])]


async def test_a_group_comes_back_as_it_was_sent(client: Client, contoso: Place):
    ids = await people(client, 2)
    path = await group(client, *ids)
    found = (await client.get(path)).json()
    assert (found["displayName"], found["externalId"]) == ("Readers", "G")
    assert [one["value"] for one in found["members"]] == sorted(ids)
    assert found["members"][0]["type"] == "User"
    assert found["members"][0]["$ref"].endswith(f"/v2/Users/{min(ids)}")
    without = (await client.get(path, params={"excludedAttributes": "members"})).json()
    assert "members" not in without
    assert without["meta"]["version"] == found["meta"]["version"]


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        ({"op": "add", "path": "members", "value": [{"value": "2"}, {"value": "0"}]}, "012"),
        ({"op": "add", "value": {"members": [{"value": "2"}]}}, "012"),
        ({"op": "Add", "path": "members", "value": {"value": "2"}}, "012"),
        ({"op": "remove", "path": 'members[value eq "0"]'}, "1"),
        ({"op": "Remove", "path": "members", "value": [{"value": "0"}]}, "1"),
        ({"op": "remove", "path": 'members[value eq "0" or value eq "1"]'}, ""),
        ({"op": "remove", "path": "members"}, ""),
        ({"op": "remove", "path": 'members[value eq "2"]'}, "01"),
        ({"op": "replace", "path": "members", "value": [{"value": "1"}, {"value": "2"}]}, "12"),
        ({"op": "replace", "path": "members", "value": []}, ""),
    ],
)
async def test_members_change(client: Client, operation: dict[str, Any], left: str):
    ids = await people(client, 3)
    path = await group(client, *ids[:2])
    answer = await client.patch(path, meant(operation, ids))
    assert answer.status_code == 204, answer.text
    assert await members(client, path) == sorted(ids[int(number)] for number in left)


def meant(value: Any, ids: list[str]) -> Any:
    """The operation with ids in the place of their numbers."""
    if isinstance(value, dict):
        return {name: meant(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [meant(one, ids) for one in value]
    for number, user_id in enumerate(ids):
        value = user_id if value == str(number) else value.replace(f'"{number}"', f'"{user_id}"')
    return value


async def test_many_members_in_one_request(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(provisioning, "PORTION", 5)
    ids = await people(client, 12)
    path = await group(client, *ids)
    assert await members(client, path) == sorted(ids)
    swap = [{"value": one} for one in ids[6:]]
    assert (await client.patch(path, {"op": "replace", "path": "members", "value": swap})).status_code == 204
    assert await members(client, path) == sorted(ids[6:])


async def test_each_member_leaves_an_event(client: Client, contoso: Place):
    ids = await people(client, 2)
    path = await group(client)
    await client.patch(path, {"op": "add", "path": "members", "value": [{"value": one} for one in ids]})
    types = [told.type for told in (await world.events(contoso))[-2:]]
    assert len(set(types)) == 1
    assert "member" in types[0].lower()


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        (
            {"op": "add", "path": "members", "value": [{"value": "01a21443-f507-7093-80ba-c682f43310e7"}]},
            "invalidValue",
        ),
        ({"op": "add", "path": "members", "value": [{"value": "nobody"}]}, "invalidValue"),
        ({"op": "add", "path": "members", "value": [{"value": "x", "type": "Group"}]}, "invalidValue"),
        ({"op": "replace", "path": 'members[value eq "x"].value', "value": "y"}, "invalidPath"),
        ({"op": "remove", "path": 'members[type eq "User"]'}, "invalidFilter"),
        ({"op": "remove", "path": 'members[value sw "0"]'}, "invalidFilter"),
        ({"op": "replace", "path": 'members[value eq "x"]', "value": {}}, "invalidPath"),
        ({"op": "replace", "path": "displayName", "value": ""}, "invalidValue"),
        ({"op": "remove", "path": "displayName"}, "invalidValue"),
        ({"op": "replace", "path": "displayName", "value": "x" * 300}, "invalidValue"),
    ],
)
async def test_what_is_refused_changes_nothing(client: Client, operation: dict[str, Any], scim_type: str):
    ids = await people(client, 1)
    path = await group(client)
    first = {"op": "add", "path": "members", "value": [{"value": ids[0]}]}
    answer = await client.patch(path, first, operation)
    if operation.get("value") == "":
        assert answer.status_code == 204  # a value that says nothing leaves the name as it is
        return
    assert refusal(answer) == (400, scim_type)
    assert await members(client, path) == []


async def test_put_and_delete(client: Client, contoso: Place):
    ids = await people(client, 2)
    path = await group(client, ids[0])
    put = await client.ask("PUT", path, {"displayName": "Writers", "members": [{"value": ids[1]}]})
    assert put.status_code == 200
    assert (put.json()["displayName"], "externalId" in put.json()) == ("Writers", False)
    assert await members(client, path) == [ids[1]]
    assert (await client.ask("DELETE", path)).status_code == 204
    assert refusal(await client.get(path)) == (404, "")
    assert refusal(await client.patch(path, {"op": "remove", "path": "members"})) == (404, "")


async def test_the_tag_changes_with_the_members(client: Client, contoso: Place):
    clock = contoso.house.clock
    assert isinstance(clock, StoppedClock)
    ids = await people(client, 2)
    path = await group(client, ids[0])
    tags = [(await client.get(path)).headers["etag"]]
    for operation in (
        {"op": "add", "path": "members", "value": [{"value": ids[1]}]},
        {"op": "remove", "path": f'members[value eq "{ids[0]}"]'},
        {"op": "replace", "path": "displayName", "value": "Writers"},
    ):
        clock.advance(timedelta(milliseconds=1))
        answer = await client.patch(path, operation, headers={"If-Match": tags[-1]})
        assert answer.status_code == 204
        tags.append((await client.get(path)).headers["etag"])
    assert len(set(tags)) == 4
    stale = await client.patch(path, {"op": "remove", "path": "members"}, headers={"If-Match": tags[0]})
    assert refusal(stale) == (412, "")
    assert len(await members(client, path)) == 1


async def test_groups_need_their_own_permission(scim: Scim, contoso: Place, client: Client):
    path = await group(client)
    users_only = await scim.client(contoso, "User.ReadWrite.All")
    assert refusal(await users_only.get(path)) == (403, "")
    assert refusal(await users_only.ask("DELETE", path)) == (403, "")
    assert refusal(await users_only.ask("POST", "/Groups", {"displayName": "x"})) == (403, "")
    assert (await world.last_event(contoso)).reason == "notAllowed"
    assert (await users_only.get("/Users")).status_code == 200


async def test_groups_whose_members_hold_roles_are_out_of_reach(client: Client, contoso: Place):
    new = NewGroup("Admins", "admins", assignable_to_role=True)
    made = await grouping.create_group(contoso.house, new, tenant_id=contoso.id, by=operator())
    ids = await people(client, 1)
    answer = await client.patch(
        f"/Groups/{made.group_id}", {"op": "add", "path": "members", "value": [{"value": ids[0]}]}
    )
    assert refusal(answer) == (403, "")
