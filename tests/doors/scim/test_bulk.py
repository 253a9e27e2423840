"""Bulk requests: references between operations, errors, limits."""

from typing import Any

import pytest

from tests.support import world
from tests.support.scim import BULK, PATCH_OP, Client, Scim, refusal
from tests.support.world import Place


async def bulk(client: Client, *operations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    answer = await client.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": list(operations), **more})
    assert answer.status_code == 200, answer.text
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
    return list(answer.json()["Operations"])


def user(bulk_id: str, name: str = "") -> dict[str, Any]:
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {"userName": name or bulk_id}}


def group(bulk_id: str, *members: str) -> dict[str, Any]:
    data = {"displayName": bulk_id, "members": [{"value": f"bulkId:{one}"} for one in members]}
    return {"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data}


async def test_references_forwards_and_backwards(client: Client):
    found = await bulk(client, group("g", "a", "b"), user("a"), user("b"))
    assert [one["bulkId"] for one in found] == ["g", "a", "b"]
    assert [one["status"] for one in found] == ["201"] * 3
    made = (await client.get(found[0]["location"].partition("/v2")[2])).json()
    assert [one["value"] for one in made["members"]] == sorted(one["location"].rpartition("/")[2] for one in found[1:])
    assert found[1]["version"] == 'W/"1"'


async def test_every_method_and_paths_with_references(client: Client):
    change = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "title", "value": "Head"}]}
    found = await bulk(
        client,
        user("a"),
        {"method": "patch", "path": "/Users/bulkId:a", "data": change},
        {"method": "PUT", "path": "/Users/bulkId:a", "data": {"title": "Chief"}, "version": 'W/"1"'},
        {"method": "DELETE", "path": "/Users/bulkId:a"},
    )
    assert [one["status"] for one in found] == ["201", "200", "412", "204"]
    assert found[2]["response"]["status"] == "412"
    assert all(one["location"] == found[0]["location"] for one in (found[0], found[1], found[3]))


async def test_errors_stop_when_there_are_enough(client: Client):
    bad = {"method": "DELETE", "path": "/Users/nobody"}
    assert [one["status"] for one in await bulk(client, bad, bad, user("a"))] == ["404", "404", "201"]
    assert [one["status"] for one in await bulk(client, bad, bad, user("b"), failOnErrors=2)] == ["404", "404"]
    assert await client.names('userName eq "b"') == []


async def test_what_refers_to_nothing_is_refused(client: Client):
    found = await bulk(client, group("g", "x"), user("bad", "no@good@name"), group("h", "bad"))
    assert [one["status"] for one in found] == ["400"] * 3


async def test_circles_are_refused(client: Client):
    found = await bulk(client, group("g", "h"), group("h", "g"), user("a"))
    assert [one["status"] for one in found] == ["409", "409", "201"]


async def test_each_is_judged_by_itself(scim: Scim, contoso: Place):
    client = await scim.client(contoso, "User.ReadWrite.All")
    found = await bulk(
        client, user("a"), group("g"), {"method": "DELETE", "path": f"/Users/{contoso.administrator.user_id}"}
    )
    assert [one["status"] for one in found] == ["201", "403", "403"]
    reasons = [told.reason for told in (await world.events(contoso))[-2:]]
    assert reasons == ["notAllowed", "notAllowed"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"Operations": [user(str(number)) for number in range(101)]}, 413),
        ({"Operations": {}}, 400),
        ({"Operations": ["x"]}, 400),
        ({"Operations": [user("a"), user("a")]}, 400),
        ({"Operations": [user("a")], "failOnErrors": 0}, 400),
        ({"Operations": [{"method": "GET", "path": "/Users"}]}, 400),
        ({"Operations": [{"method": "POST", "path": "/Users", "data": {}}]}, 400),
        ({"Operations": [{"method": "POST", "path": "Users", "bulkId": "a"}]}, 400),
        ({"Operations": [{"method": "DELETE", "path": "/Users/x", "version": 3}]}, 400),
        ({"schemas": ["urn:other"], "Operations": []}, 400),
    ],
)
async def test_bodies(client: Client, body: dict[str, Any], status: int):
    assert refusal(await client.ask("POST", "/Bulk", body))[0] == status


async def test_bulk_in_bulk_and_reading_are_no_operations(client: Client):
    found = await bulk(
        client,
        {"method": "POST", "path": "/Bulk", "bulkId": "x", "data": {"Operations": []}},
        {"method": "POST", "path": "/Users/.search", "bulkId": "y", "data": {}},
        {"method": "POST", "path": "/Schemas", "bulkId": "z", "data": {}},
    )
    assert [one["status"] for one in found][::2] == ["404", "404"]
