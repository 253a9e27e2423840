"""What changed about apps, directory roles, managers, and objects of every kind: each change once."""

import asyncio
import random
from contextlib import suppress
from typing import Any

from tests.support import world
from tests.support.following import Follower
from tests.support.graph import Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import assigning, erasing, relating, removing, restoring
from vestibule.rules import roles
from vestibule.rules.actors import operator
from vestibule.rules.refusals import Refused

GONE = {"@removed": {"reason": "deleted"}}
ROLES = (roles.GUEST_INVITER, roles.REPORTS_READER, roles.DIRECTORY_READERS)


async def _round(caller: Caller, link: str) -> tuple[list[dict[str, Any]], str]:
    """Every item of a round, and the link of the next."""
    items: list[dict[str, Any]] = []
    while True:
        answer = await caller.get(link)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        items += body["value"]
        if "@odata.deltaLink" in body:
            return items, body["@odata.deltaLink"]
        link = body["@odata.nextLink"]


async def test_applications_and_service_principals(program: Caller):
    apps = "/v1.0/applications/delta"
    seen, apps_next = await _round(program, f"{apps}?$select=displayName,passwordCredentials")
    principals, principals_next = await _round(program, "/v1.0/servicePrincipals/delta()?$select=displayName")
    assert [one["displayName"] for one in seen] == ["A program"]
    made = (await program.post("/v1.0/applications", {"displayName": "Travel"})).json()
    app_id = made["id"]
    seen, apps_next = await _round(program, apps_next)
    assert [(one["id"], one["displayName"]) for one in seen] == [(app_id, "Travel")]
    principals, principals_next = await _round(program, principals_next)
    assert principals == []  # a service principal is made by itself
    principal = (await program.post("/v1.0/servicePrincipals", {"appId": made["appId"]})).json()
    principals, principals_next = await _round(program, principals_next)
    assert [one["id"] for one in principals] == [principal["id"]]
    await program.post(f"/v1.0/applications/{app_id}/addPassword", {"passwordCredential": {"displayName": "One"}})
    seen, apps_next = await _round(program, apps_next)
    assert [len(one["passwordCredentials"]) for one in seen] == [1]
    await program.delete(f"/v1.0/servicePrincipals/{principal['id']}")
    principals, principals_next = await _round(program, principals_next)
    assert principals == [{"id": principal["id"], "@removed": {"reason": "changed"}}]
    await program.delete(f"/v1.0/applications/{app_id}")
    seen, apps_next = await _round(program, apps_next)
    assert seen == [{"id": app_id, "@removed": {"reason": "changed"}}]
    await program.post(f"/v1.0/directory/deletedItems/{app_id}/restore")
    seen, apps_next = await _round(program, apps_next)
    assert [one["displayName"] for one in seen] == ["Travel"]
    await program.delete(f"/v1.0/applications/{app_id}")
    await program.delete(f"/v1.0/directory/deletedItems/{app_id}")
    seen, apps_next = await _round(program, apps_next)
    assert seen == [{"id": app_id, **GONE}]
    assert (await _round(program, apps_next))[0] == []
    wrong = await program.get("/v1.0/applications/delta?$top=5")
    assert code_of(wrong)[0] == 400


async def test_who_holds_which_role(program: Caller, contoso: Place):
    house, adele = contoso.house, await world.member(contoso)
    to: dict[str, Any] = {"tenant_id": contoso.id, "user_id": adele.user_id, "by": operator()}
    first, link = await _round(program, "/v1.0/directoryRoles/delta")
    assert len({one["id"] for one in first}) == len(roles.ROLES)
    holding = {one["roleTemplateId"]: one["members@delta"] for one in first if "members@delta" in one}
    assert list(holding) == [roles.GLOBAL_ADMINISTRATOR]
    assert [one["id"] for one in holding[roles.GLOBAL_ADMINISTRATOR]] == [contoso.administrator.user_id]
    assert (await _round(program, link))[0] == []
    await assigning.assign_role(house, role_id=roles.GUEST_INVITER, **to)
    told, link = await _round(program, link)
    assert [(one["roleTemplateId"], one["members@delta"]) for one in told] == [
        (roles.GUEST_INVITER, [{"@odata.type": "#microsoft.graph.user", "id": adele.user_id}])
    ]
    await removing.remove(house, **to)
    told, link = await _round(program, link)
    assert [one["members@delta"][0]["@removed"] for one in told] == [GONE["@removed"]]
    await restoring.restore(house, **to)
    told, link = await _round(program, link)
    assert ["@removed" in one["members@delta"][0] for one in told] == [False]
    await assigning.unassign_role(house, role_id=roles.GUEST_INVITER, **to)
    told, link = await _round(program, link)
    assert ["@removed" in one["members@delta"][0] for one in told] == [True]
    await assigning.assign_role(house, role_id=roles.REPORTS_READER, **to)
    latest = link
    await removing.remove(house, **to)
    await erasing.purge(house, **to)
    await erasing.erase(house, tenant_id=contoso.id, user_id=adele.user_id)
    told, link = await _round(program, latest)
    assert [(one["roleTemplateId"], one["members@delta"][0].get("@removed")) for one in told] == [
        (roles.REPORTS_READER, GONE["@removed"])
    ]


async def test_managers(program: Caller, contoso: Place):
    house = contoso.house
    adele, alex, megan = [await world.member(contoso, name) for name in ("Adele Vance", "Alex Wilber", "Megan Bowen")]
    to: dict[str, Any] = {"tenant_id": contoso.id, "user_id": adele.user_id, "by": operator()}
    await relating.set_manager(house, manager_id=alex.user_id, **to)
    first, link = await _round(program, "/v1.0/users/delta?$select=displayName,manager")
    shown = {one["displayName"]: one.get("manager@delta") for one in first}
    assert shown["Adele Vance"] == [{"@odata.type": "#microsoft.graph.user", "id": alex.user_id}]
    assert shown["Alex Wilber"] is None
    await relating.set_manager(house, manager_id=megan.user_id, **to)
    told, link = await _round(program, link)
    assert [(one["id"], [(who["id"], "@removed" in who) for who in one["manager@delta"]]) for one in told] == [
        (adele.user_id, [(alex.user_id, True), (megan.user_id, False)])
    ]
    await relating.set_manager(house, manager_id=None, **to)
    told, link = await _round(program, link)
    assert [[(who["id"], "@removed" in who) for who in one["manager@delta"]] for one in told] == [
        [(megan.user_id, True)]
    ]
    await program.patch(f"/v1.0/users/{adele.user_id}", {"jobTitle": "Buyer"})
    told, link = await _round(program, link)
    assert ["manager@delta" in one for one in told] == [False]
    only, _ = await _round(program, "/v1.0/users/delta?$select=displayName")
    assert not any("manager@delta" in one for one in only)


async def test_objects_of_every_kind(graph: Graph, program: Caller, contoso: Place):
    adele = await world.member(contoso)
    pages = {"Prefer": "odata.maxpagesize=2"}
    link, items, count = "/v1.0/directoryObjects/delta?$select=id,displayName", [], 0
    while True:
        body = (await program.get(link, headers=pages)).json()
        assert body["@odata.context"].endswith("$metadata#directoryObjects(id,displayName)")
        assert len(body["value"]) <= 2
        items += body["value"]
        count += 1
        if "@odata.deltaLink" in body:
            break
        link = body["@odata.nextLink"]
    assert count == 2
    kinds = [one["@odata.type"].rpartition(".")[2] for one in items]
    assert sorted(set(kinds)) == ["application", "servicePrincipal", "user"]
    assert len({(one["@odata.type"], one["id"]) for one in items}) == len(items)
    await program.post(
        "/v1.0/groups",
        {"displayName": "Partners", "mailNickname": "partners", "mailEnabled": False, "securityEnabled": True},
    )
    await program.delete(f"/v1.0/users/{adele.user_id}")
    told, _ = await _round(program, body["@odata.deltaLink"])
    assert [(one["@odata.type"].rpartition(".")[2], one.get("displayName"), "@removed" in one) for one in told] == [
        ("user", None, True),
        ("group", "Partners", False),
    ]
    users_only = await graph.app(contoso, "User.Read.All")
    items, _ = await _round(users_only, "/v1.0/directoryObjects/delta")
    assert {one["@odata.type"] for one in items} == {"#microsoft.graph.user"}
    nothing = await graph.app(contoso, "Domain.Read.All")
    assert code_of(await nothing.get("/v1.0/directoryObjects/delta")) == (403, "Authorization_RequestDenied")


async def _write(place: Place, program: Caller, people: list[str], seed: int) -> None:
    """Give and take roles, make, rename and delete applications, in an order that nobody knows."""
    chance = random.Random(seed)  # noqa: S311 - the same on every run
    mine: list[str] = []
    for number in range(12):
        to = {"tenant_id": place.id, "role_id": chance.choice(ROLES), "user_id": chance.choice(people)}
        with suppress(Refused):  # they hold it already, or do not hold it
            await chance.choice((assigning.assign_role, assigning.unassign_role))(place.house, by=operator(), **to)
        if not mine or chance.random() < 0.4:
            made = await program.post("/v1.0/applications", {"displayName": f"App {seed} {number}"})
            mine.append(made.json()["id"])
        elif chance.random() < 0.7:
            await program.patch(f"/v1.0/applications/{chance.choice(mine)}", {"displayName": f"Again {seed} {number}"})
        else:
            await program.delete(f"/v1.0/applications/{mine.pop()}")


async def _holders(program: Caller, role_id: str) -> list[dict[str, Any]]:
    answer = await program.get(f"/v1.0/directoryRoles/{role_id}/members?$select=id")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


async def test_nothing_is_missed_while_many_write(program: Caller, contoso: Place):
    people = [(await world.member(contoso, f"First{number}")).user_id for number in range(4)]
    held, apps = Follower(program, "directoryRoles"), Follower(program, "applications", "?$select=displayName")
    for follower in (held, apps):
        await follower.round()
    writing = asyncio.gather(*(_write(contoso, program, people, seed) for seed in range(5)))
    rounds = 0
    while not writing.done():
        await held.round()
        await apps.round(Prefer="odata.maxpagesize=2")
        rounds += 1
        await asyncio.sleep(0)  # in this process nothing else of a request on SQLite lets the writers go on
    await writing
    for follower in (held, apps):
        await follower.round()
        assert await follower.round() == []
    assert rounds > 3
    there = {one["id"]: one["displayName"] for page in await program.pages("/v1.0/applications") for one in page}
    assert {id_: one["displayName"] for id_, one in apps.known.items()} == there
    given = {(role, who["id"]) for role in held.known for who in await _holders(program, role)}
    assert held.members == given
