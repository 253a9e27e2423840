"""PATCH: the operations of the standard, and those that clients really send."""

from typing import Any

import pytest

from tests.support import world
from tests.support.scim import CORE_USER, DIRECTORY, ENTERPRISE, Client, refusal
from tests.support.world import Place

HOME = {"value": "ann@beck.example", "type": "home"}
WORK = {"value": "ann@contoso.example", "type": "work", "primary": True}


async def made(client: Client, **more: Any) -> str:
    resource = {"userName": "ann@contoso.example", "displayName": "Ann", "emails": [WORK, HOME], **more}
    return f"/Users/{(await client.create('/Users', **resource))['id']}"


async def after(client: Client, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    path = await made(client, **more)
    answer = await client.patch(path, *operations)
    assert answer.status_code == 200, answer.text
    assert (await client.get(path)).json() == answer.json()
    return dict(answer.json())


@pytest.mark.parametrize(
    ("operation", "attribute", "value"),
    [
        ({"op": "add", "path": "title", "value": "Head"}, "title", "Head"),
        ({"op": "Replace", "path": "TITLE", "value": "Head"}, "title", "Head"),
        ({"op": "replace", "path": f"{CORE_USER}:title", "value": "Head"}, "title", "Head"),
        ({"op": "add", "value": {"title": "Head"}}, "title", "Head"),
        ({"op": "Add", "path": "active", "value": "False"}, "active", False),
        ({"op": "Replace", "value": {"active": False}}, "active", False),
        ({"op": "replace", "path": "active", "value": [{"value": "False"}]}, "active", False),
        ({"op": "add", "path": "name.givenName", "value": "Ann"}, "name", {"givenName": "Ann"}),
        ({"op": "replace", "value": {"name.givenName": "Ann"}}, "name", {"givenName": "Ann"}),
        ({"op": "replace", "value": {"name": {"familyName": "B"}}}, "name", {"familyName": "B"}),
        ({"op": "add", "path": f"{ENTERPRISE}:department", "value": "Q"}, ENTERPRISE, {"department": "Q"}),
        ({"op": "add", "value": {f"{ENTERPRISE}:department": "Q"}}, ENTERPRISE, {"department": "Q"}),
        ({"op": "add", "value": {ENTERPRISE: {"department": "Q"}}}, ENTERPRISE, {"department": "Q"}),
        ({"op": "add", "path": ENTERPRISE, "value": {"department": "Q"}}, ENTERPRISE, {"department": "Q"}),
        ({"op": "add", "path": f"{DIRECTORY}:officeLocation", "value": "3"}, DIRECTORY, {"officeLocation": "3"}),
        (
            {"op": "add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+31 6"},
            "phoneNumbers",
            [{"value": "+31 6", "type": "mobile"}],
        ),
        ({"op": "remove", "path": "emails"}, "emails", None),
        ({"op": "remove", "path": 'emails[type eq "home"]'}, "emails", [WORK]),
        ({"op": "remove", "path": "emails", "value": [{"value": HOME["value"]}]}, "emails", [WORK]),
        ({"op": "replace", "path": "emails", "value": [HOME]}, "emails", [HOME]),
        (
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "a@b.example"},
            "emails",
            [{**WORK, "value": "a@b.example"}, HOME],
        ),
        (
            {"op": "add", "path": "emails", "value": [{"value": "c@d.example", "type": "other", "primary": True}]},
            "emails",
            [{**WORK, "primary": False}, HOME, {"value": "c@d.example", "type": "other", "primary": True}],
        ),
        ({"op": "add", "value": {"nickName": "A", "title": "Head", "id": "x"}}, "title", "Head"),
    ],
)
async def test_operations(client: Client, operation: dict[str, Any], attribute: str, value: Any):
    assert (await after(client, operation)).get(attribute) == value


async def test_operations_follow_each_other(client: Client):
    found = await after(
        client,
        {"op": "add", "path": "title", "value": "Head"},
        {"op": "remove", "path": "title"},
        {"op": "replace", "path": "displayName", "value": "Ann B"},
        {"op": "add", "path": "externalId", "value": "7"},
    )
    assert "title" not in found
    assert (found["displayName"], found["externalId"]) == ("Ann B", "7")


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "userType", "value": "Member"}, "mutability"),
        ({"op": "add", "path": "groups", "value": [{"value": "x"}]}, "mutability"),
        ({"op": "replace", "path": f"{DIRECTORY}:externalUserState", "value": "Accepted"}, "mutability"),
        ({"op": "replace", "path": "nickName", "value": "A"}, "invalidPath"),
        ({"op": "replace", "path": "emails.value", "value": "A"}, "invalidPath"),
        ({"op": "replace", "path": 'emails[type eq "work"].nothing', "value": "A"}, "invalidPath"),
        ({"op": "replace", "path": 'emails[nothing eq "work"].value', "value": "A"}, "invalidFilter"),
        ({"op": "replace", "path": 'title[value eq "work"]', "value": "A"}, "invalidFilter"),
        ({"op": "remove", "path": 'emails[type eq "other"]'}, "noTarget"),
        ({"op": "replace", "path": 'emails[type eq "other"].value', "value": "a@b.example"}, "noTarget"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": "userName"}, "invalidValue"),
        ({"op": "remove", "path": "displayName"}, "invalidValue"),
        ({"op": "add", "path": "title"}, "invalidValue"),
        ({"op": "add", "path": "title", "value": {"value": 3}}, "invalidValue"),
        ({"op": "add", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "add", "value": "title"}, "invalidValue"),
        ({"op": "move", "path": "title", "value": "A"}, "invalidSyntax"),
        ({"op": 3}, "invalidSyntax"),
        ({"op": {"add": 1}, "path": "title", "value": "A"}, "invalidSyntax"),
        ({"op": ["add"], "path": "title", "value": "A"}, "invalidSyntax"),
        ({"op": "add", "path": "emails", "value": [{**WORK, "value": "c@d.example"}, WORK]}, "invalidValue"),
    ],
)
async def test_what_is_refused_changes_nothing(
    client: Client, contoso: Place, operation: dict[str, Any], scim_type: str
):
    path = await made(client)
    before = (await client.get(path)).json()
    first = {"op": "replace", "path": "title", "value": "changed"}
    assert refusal(await client.patch(path, first, operation)) == (400, scim_type)
    assert (await client.get(path)).json() == before


@pytest.mark.parametrize("body", [{}, {"Operations": []}, {"Operations": "x"}, {"Operations": ["x"]}, {"op": "add"}])
async def test_bodies_without_operations(client: Client, body: dict[str, Any]):
    assert refusal(await client.ask("PATCH", await made(client), body)) == (400, "invalidSyntax")


async def test_an_operation_that_changes_nothing_leaves_no_event(client: Client, contoso: Place):
    path = await made(client)
    many = len(await world.events(contoso))
    answer = await client.patch(path, {"op": "replace", "path": "displayName", "value": "Ann"})
    assert answer.json()["meta"]["version"] == 'W/"1"'
    assert len(await world.events(contoso)) == many


async def test_a_patch_is_bounded(client: Client):
    path = await made(client)
    many = [{"op": "add", "path": "title", "value": "x"}] * 101
    assert refusal(await client.patch(path, *many)) == (413, "")
    letters = [{"value": f"a{number}@b.example"} for number in range(40)]
    more = [{"value": f"c{number}@b.example"} for number in range(40)]
    adding = ({"op": "add", "path": "emails", "value": found} for found in (letters, more))
    assert refusal(await client.patch(path, *adding)) == (400, "invalidValue")
    assert len((await client.get(path)).json()["emails"]) == 2
