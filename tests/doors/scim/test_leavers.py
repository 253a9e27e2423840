"""Who left by choice is not brought back by a push, however it is made."""

from datetime import timedelta

import pytest

from soak.sign_in_breakages_proofs import choice_to_leave_forgotten
from tests.support import world
from tests.support.broken import broken
from tests.support.scim import Client, Scim, refusal
from tests.support.world import Place, at_portal
from vestibule.actions import due, inviting, leaving, redeeming, removing, restoring
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.store.memberships import Membership

ADDRESS = "sam@elsewhere.example"


async def brought(client: Client, contoso: Place) -> Membership:
    """A guest whom the client brought and who accepted."""
    made = await client.create("/Users", userName=ADDRESS, externalId="S-1")
    asked = inviting.check(ADDRESS, "https://apps.example/")
    sent = await inviting.invite(contoso.house, asked, tenant_id=contoso.id, by=operator())
    person_id = await world.mailbox_person(contoso.house, ADDRESS)
    ticket = sent.redeem_url.rpartition("/")[2]
    by = world.person_at_pages(person_id)
    await redeeming.redeem(contoso.house, person_id=person_id, ticket=ticket, by=by)
    return await world.again(contoso.house, contoso.id, made["id"])


async def leave(guest: Membership, house: House) -> None:
    await leaving.leave(house, tenant_id=guest.tenant_id, by=at_portal(guest), key="k")


@pytest.mark.parametrize(
    "push",
    [
        {"userName": ADDRESS},
        {"userName": "SAM@Elsewhere.Example", "externalId": "S-1"},
        {"userName": "another@elsewhere.example", "externalId": "S-1"},
        {"userName": "sam@contoso.example", "externalId": "S-1"},
    ],
)
@broken(choice_to_leave_forgotten, case="push0")
async def test_a_push_is_refused(client: Client, contoso: Place, push: dict[str, str]):
    guest = await brought(client, contoso)
    await leave(guest, contoso.house)
    answer = await client.ask("POST", "/Users", push)
    assert refusal(answer) == (409, "")
    assert "left the organization by choice" in answer.json()["detail"]
    told = await world.last_event(contoso)
    assert (told.reason, told.record["client_id"]) == ("leftByChoice", client.client_id)


async def test_neither_put_nor_active_brings_them_back(client: Client, contoso: Place):
    guest = await brought(client, contoso)
    await leave(guest, contoso.house)
    path = f"/Users/{guest.user_id}"
    assert refusal(await client.get(path)) == (404, "")
    assert refusal(await client.ask("PUT", path, {"userName": ADDRESS, "active": True})) == (409, "")
    assert refusal(await client.patch(path, {"op": "replace", "path": "active", "value": True})) == (409, "")
    assert (await world.last_event(contoso)).reason == "leftByChoice"
    assert refusal(await client.ask("DELETE", path)) == (404, "")
    assert type((await world.again(contoso.house, contoso.id, guest.user_id)).stage).__name__ == "Deleted"


async def test_not_even_when_all_data_is_gone(scim: Scim, client: Client, contoso: Place, house: House):
    guest = await brought(client, contoso)
    await leave(guest, house)
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(timedelta(days=31))
    assert [one.verb.value for one in await due.run_due(house)] == ["purge", "erase"]
    assert (await world.again(house, contoso.id, guest.user_id)).display_name == ""
    fresh = await scim.client(contoso)
    assert refusal(await fresh.ask("POST", "/Users", {"userName": ADDRESS})) == (409, "")


async def test_a_restore_does(client: Client, contoso: Place):
    guest = await brought(client, contoso)
    await leave(guest, contoso.house)
    await restoring.restore(contoso.house, tenant_id=contoso.id, user_id=guest.user_id, by=operator())
    assert (await client.get(f"/Users/{guest.user_id}")).status_code == 200


async def test_whom_an_administrator_removed_is_not_restored_silently(client: Client, contoso: Place):
    guest = await brought(client, contoso)
    await removing.remove(contoso.house, tenant_id=contoso.id, user_id=guest.user_id, by=operator())
    answer = await client.ask("POST", "/Users", {"userName": ADDRESS})
    assert refusal(answer) == (409, "")
    assert guest.user_id in answer.json()["detail"]
    path = f"/Users/{guest.user_id}"
    assert refusal(await client.ask("PUT", path, {"userName": ADDRESS, "active": True})) == (404, "")
    assert refusal(await client.patch(path, {"op": "replace", "path": "active", "value": True})) == (404, "")


async def test_who_may_not_write_does_not_hear_of_it(scim: Scim, client: Client, contoso: Place):
    guest = await brought(client, contoso)
    await leave(guest, contoso.house)
    reader = await scim.client(contoso, "User.Read.All")
    assert refusal(await reader.ask("POST", "/Users", {"userName": ADDRESS})) == (403, "")
    assert refusal(await reader.ask("PUT", f"/Users/{guest.user_id}", {"userName": ADDRESS})) == (403, "")


async def test_bulk_brings_nobody_back_either(client: Client, contoso: Place):
    guest = await brought(client, contoso)
    await leave(guest, contoso.house)
    operations = [{"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": ADDRESS}}]
    answer = await client.ask("POST", "/Bulk", {"Operations": operations})
    (only,) = answer.json()["Operations"]
    assert only["status"] == "409"


async def test_a_member_who_was_removed_comes_as_somebody_new(client: Client):
    made = await client.create("/Users", userName="ann@contoso.example", externalId="A-1", title="Head")
    await client.ask("DELETE", f"/Users/{made['id']}")
    anew = await client.create("/Users", userName="ann@contoso.example", externalId="A-1")
    assert anew["id"] != made["id"]
    assert "title" not in anew
    assert await client.names('externalId eq "A-1"') == ["ann@contoso.example"]
