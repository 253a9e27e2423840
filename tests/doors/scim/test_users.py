"""Users: what comes back is what was sent, and each change is the verb that it is elsewhere."""

import pytest

from tests.support import world
from tests.support.scim import BOTH, CORE_USER, DIRECTORY, ENTERPRISE, Client, Scim, refusal
from tests.support.world import Place

FULL = {
    "schemas": [CORE_USER, ENTERPRISE],
    "userName": "ann@contoso.example",
    "externalId": "A-17",
    "displayName": "Ann Beck",
    "name": {"givenName": "Ann", "familyName": "Beck"},
    "title": "Auditor",
    "preferredLanguage": "nl-NL",
    "active": True,
    "emails": [
        {"value": "ann@beck.example", "type": "home", "primary": False},
        {"value": "ann.beck@contoso.example", "type": "work", "primary": True},
    ],
    "phoneNumbers": [{"value": "+31 20 1", "type": "work"}, {"value": "+31 6 2", "type": "mobile"}],
    "addresses": [{"streetAddress": "Gracht 1", "locality": "Utrecht", "country": "NL", "type": "work"}],
    ENTERPRISE: {"employeeNumber": "70-1", "organization": "Contoso", "department": "Audit"},
    DIRECTORY: {"employeeType": "Contractor", "officeLocation": "3.14"},
}


async def test_a_member_comes_back_as_it_was_sent(client: Client, contoso: Place):
    made = await client.create("/Users", **FULL)
    assert made.pop("meta") == {
        "resourceType": "User",
        "created": made_at(made, contoso),
        "lastModified": made_at(made, contoso),
        "location": f"{contoso.house.public_url}/scim/{contoso.id}/v2/Users/{made['id']}",
        "version": 'W/"1"',
    }
    assert made.pop("userType") == "Member"
    assert made.pop("schemas") == [CORE_USER, ENTERPRISE, DIRECTORY]
    user_id = made.pop("id")
    assert made == {name: value for name, value in FULL.items() if name != "schemas"}
    read = await client.get(f"/Users/{user_id}")
    assert read.status_code == 200
    assert {name: read.json()[name] for name in made} == made
    user = await world.again(contoso.house, contoso.id, user_id)
    assert (user.user_principal_name, user.mail) == ("ann@contoso.example", "ann.beck@contoso.example")
    told = await world.last_event(contoso)
    assert told.record["client_id"] == client.client_id
    assert told.type.startswith("user.")


def made_at(_made: dict[str, object], contoso: Place) -> str:
    return contoso.house.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")


async def test_a_bare_name_belongs_to_the_first_domain(client: Client, contoso: Place):
    made = await client.create("/Users", userName="5f0c2b")
    assert made["userName"] == "5f0c2b"
    assert made["displayName"] == "5f0c2b"
    assert made["active"] is True
    assert (await world.again(contoso.house, contoso.id, made["id"])).user_principal_name == "5f0c2b@contoso.example"
    assert await client.names('userName eq "5F0C2B"') == ["5f0c2b"]
    twice = await client.ask("POST", "/Users", {"userName": "5f0c2b@contoso.example"})
    assert refusal(twice) == (409, "uniqueness")


async def test_a_guest_is_invited_without_a_letter(client: Client, contoso: Place):
    made = await client.create("/Users", userName="sam@elsewhere.example", displayName="Sam", externalId="9")
    assert made["userName"] == "sam@elsewhere.example"
    assert made["userType"] == "Guest"
    assert made["emails"] == [{"value": "sam@elsewhere.example", "type": "work", "primary": True}]
    assert made[DIRECTORY]["externalUserState"] == "PendingAcceptance"
    assert made[DIRECTORY]["userPrincipalName"] == "sam_elsewhere.example#EXT#@contoso.example"
    assert await client.names('userName eq "sam@elsewhere.example"') == ["sam@elsewhere.example"]
    again = await client.ask("POST", "/Users", {"userName": "SAM@elsewhere.example"})
    assert refusal(again) == (409, "uniqueness")
    assert (await world.events(contoso))[-2].type == "membership.invite"


async def test_a_guest_may_come_disabled(client: Client, contoso: Place):
    made = await client.create("/Users", userName="sam@elsewhere.example", active=False)
    assert made["active"] is False
    user = await world.again(contoso.house, contoso.id, made["id"])
    assert user.standing.enabled_here is False


async def test_put_clears_what_it_does_not_say(client: Client):
    made = await client.create("/Users", **FULL)
    answer = await client.ask("PUT", f"/Users/{made['id']}", {"userName": "ann@contoso.example", "title": "Head"})
    assert answer.status_code == 200
    after = answer.json()
    assert after["displayName"] == "Ann Beck"
    assert after["active"] is True
    assert after["title"] == "Head"
    assert not after.keys() & {"externalId", "name", "emails", "phoneNumbers", "addresses", ENTERPRISE, DIRECTORY}


async def test_put_of_what_was_read_changes_nothing(client: Client, contoso: Place):
    made = await client.create("/Users", **FULL)
    many = len(await world.events(contoso))
    answer = await client.ask("PUT", f"/Users/{made['id']}", made)
    assert answer.json() == made
    assert len(await world.events(contoso)) == many


async def test_a_guest_keeps_the_address_of_the_invitation(client: Client):
    made = await client.create("/Users", userName="sam@elsewhere.example")
    renamed = await client.ask("PUT", f"/Users/{made['id']}", {"userName": "other@elsewhere.example"})
    assert refusal(renamed) == (400, "mutability")
    emptied = await client.ask("PUT", f"/Users/{made['id']}", {"userName": "sam@elsewhere.example"})
    assert emptied.json()["emails"] == made["emails"]


async def test_active_disables_and_enables(client: Client, contoso: Place):
    made = await client.create("/Users", userName="ann@contoso.example")
    off = await client.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": False})
    assert off.json()["active"] is False
    assert (await world.last_event(contoso)).record["changes"] == ["accountEnabled"]
    on = await client.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": True})
    assert on.json()["active"] is True


async def test_delete_removes_restorably(client: Client, contoso: Place):
    made = await client.create("/Users", userName="ann@contoso.example")
    assert (await client.ask("DELETE", f"/Users/{made['id']}")).status_code == 204
    assert refusal(await client.get(f"/Users/{made['id']}")) == (404, "")
    assert refusal(await client.ask("DELETE", f"/Users/{made['id']}")) == (404, "")
    assert await client.names('userName eq "ann@contoso.example"') == []
    assert type((await world.again(contoso.house, contoso.id, made["id"])).stage).__name__ == "Deleted"


async def test_the_only_administrator_stays(scim: Scim, contoso: Place):
    client = await scim.client(contoso, *BOTH, "User.ManageIdentities.All", "RoleManagement.ReadWrite.Directory")
    answer = await client.ask("DELETE", f"/Users/{contoso.administrator.user_id}")
    assert answer.status_code in {403, 409}
    assert (await client.get(f"/Users/{contoso.administrator.user_id}")).status_code == 200


@pytest.mark.parametrize(
    ("resource", "scim_type"),
    [
        ({}, "invalidValue"),
        ({"userName": 7}, "invalidValue"),
        ({"userName": "ann@contoso.example", "active": "maybe"}, "invalidValue"),
        ({"userName": "ann@contoso.example", "emails": [{"value": "no address"}]}, "invalidValue"),
        ({"userName": "ann@contoso.example", "emails": [{"type": "work"}]}, "invalidValue"),
        ({"userName": "ann@contoso.example", "preferredLanguage": "klingon!"}, "invalidValue"),
        ({"userName": "no@address@contoso.example"}, "invalidValue"),
        ({"schemas": ["urn:other"], "userName": "ann@contoso.example"}, "invalidValue"),
        ({"userName": "ann@contoso.example", "phoneNumbers": [{"value": "1"}, {"value": "2"}]}, "invalidValue"),
        ({"userName": "ann@contoso.example", "externalId": "x" * 300}, "invalidValue"),
    ],
)
async def test_bad_values(client: Client, resource: dict[str, object], scim_type: str):
    answer = await client.ask("POST", "/Users", resource)
    assert refusal(answer) == (400, scim_type)


async def test_names_match_whatever_their_case_and_booleans_may_be_texts(client: Client):
    made = await client.create("/Users", USERNAME="ann@contoso.example", DisplayName="Ann", Active="False")
    assert (made["displayName"], made["active"]) == ("Ann", False)


async def test_external_ids_belong_to_the_client(scim: Scim, contoso: Place, client: Client):
    made = await client.create("/Users", userName="ann@contoso.example", externalId="Ab")
    other = await scim.client(contoso)
    assert "externalId" not in (await other.get(f"/Users/{made['id']}")).json()
    named = await other.patch(f"/Users/{made['id']}", {"op": "add", "path": "externalId", "value": "77"})
    assert named.json()["externalId"] == "77"
    assert (await client.get(f"/Users/{made['id']}")).json()["externalId"] == "Ab"
    assert await client.names('externalId eq "Ab"') == ["ann@contoso.example"]
    assert await client.names('externalId eq "AB"') == []
    assert await other.names('externalId eq "Ab"') == []
