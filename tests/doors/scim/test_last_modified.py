"""``meta.lastModified``: when something was done to a resource last, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.scim import Client, Scim
from tests.support.world import Place
from vestibule.doors.scim.user_shape import last_modified
from vestibule.ground.clock import StoppedClock

MADE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _later(scim: Scim, minutes: int = 1) -> None:
    assert isinstance(scim.house.clock, StoppedClock)
    scim.house.clock.advance(timedelta(minutes=minutes))


async def _meta(client: Client, at: str) -> dict[str, Any]:
    answer = await client.get(at)
    assert answer.status_code == 200, answer.text
    meta: dict[str, Any] = answer.json()["meta"]
    return meta


async def test_of_a_user(scim: Scim, client: Client, contoso: Place):
    ann = await client.create("/Users", userName="ann@contoso.example")
    assert ann["meta"]["lastModified"] == ann["meta"]["created"] == "2026-03-02T09:30:00Z"
    at = f"/Users/{ann['id']}"
    _later(scim)
    patched = await client.patch(at, {"op": "replace", "path": "title", "value": "Buyer"})
    assert patched.json()["meta"]["lastModified"] == "2026-03-02T09:31:00Z"
    _later(scim)
    other = await scim.client(contoso, "User.Read.All")
    assert (await other.ask("DELETE", at)).status_code == 403, "a refused attempt is in the log, and no change"
    assert await _meta(client, at) | {"version": ""} == {
        "resourceType": "User",
        "created": "2026-03-02T09:30:00Z",
        "lastModified": "2026-03-02T09:31:00Z",
        "location": f"https://vestibule.example{client.base}{at}",
        "version": "",
    }
    [listed] = (await client.get("/Users", params={"filter": 'title eq "Buyer"', "attributes": "meta"})).json()[
        "Resources"
    ]
    assert listed["meta"]["lastModified"] == "2026-03-02T09:31:00Z"


async def test_of_a_group_whoever_comes_and_goes(scim: Scim, client: Client):
    ann = await client.create("/Users", userName="ann@contoso.example")
    crew = await client.create("/Groups", displayName="Crew")
    assert crew["meta"]["lastModified"] == "2026-03-02T09:30:00Z"
    at = f"/Groups/{crew['id']}"
    _later(scim)
    assert (await client.patch(at, {"op": "add", "path": "members", "value": [{"value": ann["id"]}]})).is_success
    assert (await _meta(client, at))["lastModified"] == "2026-03-02T09:31:00Z"
    _later(scim)
    gone = await client.patch(at, {"op": "remove", "path": f'members[value eq "{ann["id"]}"]'})
    assert gone.is_success
    assert (await _meta(client, at))["lastModified"] == "2026-03-02T09:32:00Z"


def test_what_the_log_does_not_know_is_left_out():
    assert last_modified(None, MADE) == {}
    assert last_modified(None, MADE, untouched=True) == {"lastModified": "2026-03-02T09:30:00Z"}
    assert last_modified(MADE - timedelta(days=1), MADE) == {"lastModified": "2026-03-02T09:30:00Z"}
