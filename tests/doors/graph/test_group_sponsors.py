"""Groups that stand for guests: named in an invitation or later, shown while they are there, gone when they are."""

from typing import Any

from tests.support import world
from tests.support.graph import Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import grouping
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.store import sponsors
from vestibule.store.groups import Group


async def _group(place: Place, name: str) -> Group:
    return await grouping.create_group(place.house, NewGroup(name, name.lower()), tenant_id=place.id, by=operator())


async def test_a_group_stands_for_a_guest(graph: Graph, contoso: Place, program: Caller):
    house, adele, group = contoso.house, await world.member(contoso), await _group(contoso, "Buyers")
    body = {
        "invitedUserEmailAddress": "robin@elsewhere.example",
        "inviteRedirectUrl": "https://apps.example/",
        "invitedUserSponsors": [
            {"@odata.type": "#microsoft.graph.user", "id": adele.user_id},
            {"@odata.type": "#microsoft.graph.group", "id": group.group_id},
        ],
    }
    made = await program.post("/v1.0/invitations", body)
    assert made.status_code == 201, made.text
    path = f"/v1.0/users/{made.json()['invitedUser']['id']}"
    shown = (await program.get(f"{path}/sponsors?$select=id")).json()["value"]
    assert {(one["@odata.type"], one["id"]) for one in shown} == {
        ("#microsoft.graph.user", adele.user_id),
        ("#microsoft.graph.group", group.group_id),
    }
    again = await program.post(f"{path}/sponsors/$ref", {"@odata.id": f"https://x/v1.0/groups/{group.group_id}"})
    assert code_of(again) == (400, "Request_BadRequest")
    people = await graph.app(contoso, "User.Read.All")
    assert [one["id"] for one in (await people.get(f"{path}/sponsors")).json()["value"]] == [adele.user_id]
    to: dict[str, Any] = {"tenant_id": contoso.id, "group_id": group.group_id}
    await grouping.delete_group(house, by=operator(), **to)
    assert [one["id"] for one in (await program.get(f"{path}/sponsors")).json()["value"]] == [adele.user_id]
    refused = await program.post(f"{path}/sponsors/$ref", {"@odata.id": f"https://x/v1.0/groups/{group.group_id}"})
    assert refused.status_code in {400, 404}
    await grouping.purge_group(house, by=operator(), **to)
    guest_id = path.rpartition("/")[2]
    assert await sponsors.of(await house.store.read(), contoso.id, guest_id) == [adele.user_id]
