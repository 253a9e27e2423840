"""Who is named in a domain, and giving it up by force: names, addresses, APIs, and who may do it to whom."""

from typing import Any

import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import assigning, directory_users, domains, grouping, organizing, removing, restoring, switching
from vestibule.actions import force_deleting as forcing
from vestibule.actions.house import House
from vestibule.actions.user_objects import NewMember
from vestibule.rules.actors import Strength, operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.roles import (
    DOMAIN_NAME_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GROUPS_ADMINISTRATOR,
    REPORTS_READER,
)
from vestibule.store import apps, organizations
from vestibule.store.memberships import Membership

AT = "/v1.0/domains"
TWO = "contoso-two.example"


@pytest.fixture
async def two(contoso: Place, house: House) -> str:
    """A second domain of Contoso's."""
    await organizing.add_domain(house, tenant_id=contoso.id, name=TWO, by=operator())
    return f"{AT}/{TWO}"


async def named(place: Place, name: str, *, domain: str = TWO, mail: str | None = None) -> Membership:
    """A member with a name in a domain."""
    more = {} if mail is None else {"mail": mail}
    new = NewMember(name.title(), f"{name}@{domain}", name, None, properties=more)
    return await directory_users.create_user(place.house, new, tenant_id=place.id, by=operator())


async def give_role(who: Membership, place: Place, role: str) -> None:
    of: dict[str, Any] = {"tenant_id": place.id, "user_id": who.user_id, "by": operator()}
    await assigning.assign_role(place.house, role_id=role, **of)


async def remove(who: Membership, place: Place) -> None:
    await removing.remove(place.house, tenant_id=place.id, user_id=who.user_id, by=operator())


async def api(admin: Caller, *uris: str) -> str:
    made = await admin.post("/v1.0/applications", {"displayName": "Tasks", "identifierUris": list(uris)})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def ids(caller: Caller, at: str, more: str = "") -> list[str]:
    answer = await caller.get(f"{at}/domainNameReferences{more}")
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["value"]]


async def test_everything_that_is_named_in_it_is_listed(admin: Caller, contoso: Place, two: str):
    by_name = await named(contoso, "ann")
    by_address = await named(contoso, "ben", domain=contoso.domain, mail=f"ben@{TWO}")
    deleted = await named(contoso, "cas")
    await remove(deleted, contoso)
    app_id = await api(admin, f"https://api.{TWO}/tasks", f"https://{TWO}/more")
    await named(contoso, "dan", domain=contoso.domain, mail="dan@elsewhere.example")
    await named(contoso, "eve", domain=contoso.domain, mail=f"eve@sub.{contoso.domain}")
    found = (await admin.get(f"{two}/domainNameReferences")).json()["value"]
    assert [one["id"] for one in found] == [by_name.user_id, by_address.user_id, deleted.user_id, app_id]
    assert [one["@odata.type"] for one in found] == ["#microsoft.graph.user"] * 3 + ["#microsoft.graph.application"]
    assert (found[0]["displayName"], found[0]["userPrincipalName"]) == ("Ann", f"ann@{TWO}")
    assert len(await ids(admin, f"{AT}/{contoso.domain}")) >= 3


async def test_names_that_only_look_like_it_are_not(admin: Caller, contoso: Place, house: House, two: str):
    longer = f"{TWO}.example"
    await organizing.add_domain(house, tenant_id=contoso.id, name=longer, by=operator())
    await organizing.add_domain(house, tenant_id=contoso.id, name=f"not-{TWO}", by=operator())
    await named(contoso, "ann", domain=longer)
    await named(contoso, "ben", domain=f"not-{TWO}")
    await api(admin, f"https://{longer}/a", f"https://not-{TWO}/b", f"https://{contoso.domain}/x.{TWO}/c")
    assert await ids(admin, two) == []
    assert (await admin.delete(two)).status_code == 204


async def test_pages_lead_through_all_of_it_once(admin: Caller, contoso: Place, two: str):
    wanted = [(await named(contoso, f"user{number}")).user_id for number in range(3)]
    wanted += [
        (await named(contoso, f"mail{number}", domain=contoso.domain, mail=f"mail{number}@{TWO}")).user_id
        for number in range(3)
    ]
    gone = [await named(contoso, f"gone{number}") for number in range(2)]
    for one in gone:
        await remove(one, contoso)
    wanted += [one.user_id for one in gone]
    wanted += [await api(admin, f"https://{TWO}/{number}") for number in range(2)]
    seen: list[str] = []
    at = f"{two}/domainNameReferences?$top=2&$select=id"
    while at:
        page = (await admin.get(at)).json()
        assert len(page["value"]) <= 2
        seen += [one["id"] for one in page["value"]]
        at = page.get("@odata.nextLink", "").removeprefix("https://vestibule.example")
    assert len(seen) == len(wanted)
    assert set(seen) == set(wanted)


async def test_who_reads_the_names_of_whom(graph: Graph, contoso: Place, two: str):
    ann = await named(contoso, "ann")
    program = await graph.app(contoso, "Domain.Read.All")
    assert (await program.get(f"{two}/domainNameReferences")).json()["value"] == [
        {"@odata.type": "#microsoft.graph.user", "id": ann.user_id}
    ]
    guest = await graph.person(await world.guest(contoso), *EVERYTHING, strength=Strength.EMAILED_CODE)
    assert code_of(await guest.get(f"{two}/domainNameReferences"))[0] == 403
    member = await graph.person(await world.member(contoso), *EVERYTHING)
    [one] = (await member.get(f"{two}/domainNameReferences")).json()["value"]
    assert one["displayName"] == "Ann"


async def test_another_organizations_domain_leads_nowhere(admin: Caller, house: House, fabrikam: Place, contoso: Place):
    for method, path in (("GET", "domainNameReferences"), ("GET", "rootDomain"), ("POST", "promote")):
        assert code_of(await admin.ask(method, f"{AT}/{fabrikam.domain}/{path}"))[0] == 404
    refused = await admin.post(f"{AT}/{fabrikam.domain}/forceDelete", {"disableUserAccounts": False})
    assert code_of(refused)[0] == 404
    assert await organizations.find_domain(await house.store.read(), fabrikam.domain) is not None


async def test_every_proven_domain_is_a_root(admin: Caller, contoso: Place, two: str):
    before = await world.events(contoso)
    assert (await admin.post(f"{two}/promote")).json()["value"] is True
    assert (await admin.get(f"{two}/rootDomain")).json()["id"] == TWO
    assert await world.events(contoso) == before
    assert (await admin.post(AT, {"id": "waiting.example"})).status_code == 201
    assert code_of(await admin.post(f"{AT}/waiting.example/promote")) == (400, "Request_BadRequest")
    federation = await admin.get(f"{two}/federationConfiguration")
    assert federation.status_code == 501
    assert "sign in here" in federation.json()["error"]["message"]


async def test_whoever_is_named_in_it_gets_another_name(admin: Caller, contoso: Place, house: House, two: str):
    ann = await named(contoso, "ann", mail=f"ann@{TWO}")
    ben = await named(contoso, "ben", domain=contoso.domain, mail=f"ben@{TWO}")
    gone = await named(contoso, "cas", mail="cas@elsewhere.example")
    await remove(gone, contoso)
    app_id = await api(admin, f"https://{TWO}/tasks", f"https://{contoso.domain}/tasks")
    answer = await admin.post(f"{two}/forceDelete", {"disableUserAccounts": False})
    assert (answer.status_code, answer.content) == (204, b"")
    assert await organizations.find_domain(await house.store.read(), TWO) is None
    shown = (await admin.get(f"/v1.0/users/{ann.user_id}?$select=userPrincipalName,mail,proxyAddresses")).json()
    assert shown["userPrincipalName"] == shown["mail"] == f"ann@{contoso.domain}"
    assert shown["proxyAddresses"] == [f"SMTP:ann@{contoso.domain}"]
    assert (await world.again(house, contoso.id, ann.user_id)).standing.enabled_here
    assert (await world.again(house, contoso.id, ben.user_id)).mail == f"ben@{contoso.domain}"
    back = await restoring.restore(house, tenant_id=contoso.id, user_id=gone.user_id, by=operator())
    again = await world.again(house, contoso.id, back.membership.user_id)
    assert (again.user_principal_name, again.upn_key) == (f"cas@{contoso.domain}", f"cas@{contoso.domain}")
    assert again.mail == "cas@elsewhere.example"
    app = await apps.find(await house.store.read(), contoso.id, app_id)
    assert app is not None
    assert app.identifier_uris == [f"https://{contoso.domain}/tasks"]
    types = [one.type for one in await world.events(contoso)]
    assert types.count("user.update") == 3
    assert types[-2] == "organization.deleteDomain"
    told = next(one for one in await world.events(contoso) if one.type == "organization.deleteDomain")
    assert told.record["facts"] == {"verified": True, "forced": True}
    await organizing.add_domain(house, tenant_id=contoso.id, name=TWO, by=operator())  # the name is free again


async def test_accounts_are_disabled_when_that_is_asked_for(graph: Graph, contoso: Place, house: House, two: str):
    ann = await named(contoso, "ann")
    off = await named(contoso, "ben")
    await switching.disable(house, tenant_id=contoso.id, user_id=off.user_id, by=operator())
    mine = await named(contoso, "own")
    await give_role(mine, contoso, GLOBAL_ADMINISTRATOR)
    caller = await graph.person(mine, *EVERYTHING)
    assert (await caller.post(f"{two}/forceDelete", {"disableUserAccounts": True})).status_code == 204
    for who, enabled in ((ann, False), (off, False), (mine, True)):
        found = await world.again(house, contoso.id, who.user_id)
        assert found.standing.enabled_here is enabled
        assert (found.user_principal_name or "").endswith(f"@{contoso.domain}")
    types = [one.type for one in await world.events(contoso)]
    assert types.count("membership.disable") == 2


@pytest.mark.parametrize("disables", [True, False])
async def test_a_domain_name_administrator_reaches_nobody_above_them(
    graph: Graph, contoso: Place, house: House, two: str, disables: bool
):
    plain = await named(contoso, "ann")
    above = await named(contoso, "boss", mail=f"boss@{TWO}")
    await give_role(above, contoso, GROUPS_ADMINISTRATOR)
    keeper = await world.member(contoso, "Keeper")
    await give_role(keeper, contoso, DOMAIN_NAME_ADMINISTRATOR)
    caller = await graph.person(keeper, *EVERYTHING)
    refused = await caller.post(f"{two}/forceDelete", {"disableUserAccounts": disables})
    assert code_of(refused) == (403, "Authorization_RequestDenied")
    assert above.user_id in refused.json()["error"]["message"]
    for who in (plain, above):
        found = await world.again(house, contoso.id, who.user_id)
        assert (found.user_principal_name, found.standing.enabled_here) == (who.user_principal_name, True)
    assert await organizations.find_domain(await house.store.read(), TWO) is not None
    assert (await world.last_event(contoso)).reason == "notAllowed"
    await assigning.unassign_role(
        house, tenant_id=contoso.id, role_id=GROUPS_ADMINISTRATOR, user_id=above.user_id, by=operator()
    )
    await give_role(above, contoso, REPORTS_READER)
    assert (await caller.post(f"{two}/forceDelete", {"disableUserAccounts": disables})).status_code == 204


async def test_nor_whoever_is_in_a_group_that_may_hold_roles(graph: Graph, contoso: Place, house: House, two: str):
    ann = await named(contoso, "ann")
    strong = NewGroup("Strong", "strong", assignable_to_role=True)
    await grouping.create_group(house, strong, tenant_id=contoso.id, by=operator(), member_ids=[ann.user_id])
    keeper = await world.member(contoso, "Keeper")
    await give_role(keeper, contoso, DOMAIN_NAME_ADMINISTRATOR)
    for caller in (await graph.person(keeper, *EVERYTHING), await graph.app(contoso, "Domain.ReadWrite.All")):
        assert code_of(await caller.post(f"{two}/forceDelete", {"disableUserAccounts": False}))[0] == 403
    whole = await graph.person(contoso.administrator, *EVERYTHING)
    assert (await whole.post(f"{two}/forceDelete", {"disableUserAccounts": False})).status_code == 204


async def test_nobody_is_renamed_when_one_name_is_taken(
    admin: Caller, contoso: Place, house: House, two: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(forcing, "PORTION", 1)  # so that the first would be renamed by then
    ann = await named(contoso, "ann")
    zoe = await named(contoso, "zoe")
    await named(contoso, "zoe", domain=contoso.domain)
    refused = await admin.post(f"{two}/forceDelete", {"disableUserAccounts": False})
    assert code_of(refused) == (400, "Request_BadRequest")
    for who in (ann, zoe):
        assert (await world.again(house, contoso.id, who.user_id)).version == who.version


async def test_somebody_is_left_who_administers(
    contoso: Place, house: House, two: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(forcing, "PORTION", 1)
    second = await named(contoso, "second")
    await give_role(second, contoso, GLOBAL_ADMINISTRATOR)
    await directory_users.update_user(
        house,
        tenant_id=contoso.id,
        user_id=contoso.administrator.user_id,
        changes={"userPrincipalName": f"root@{TWO}"},
        by=operator(),
    )
    of: dict[str, Any] = {"tenant_id": contoso.id, "name": TWO, "disable_accounts": True, "by": operator()}
    with pytest.raises(Exception, match="onlyAdministrator"):
        await forcing.force_delete_domain(house, **of)
    for who in (contoso.administrator, second):
        assert (await world.again(house, contoso.id, who.user_id)).standing.enabled_here
    await forcing.force_delete_domain(house, **(of | {"disable_accounts": False}))


async def test_the_first_the_default_and_a_claim(admin: Caller, contoso: Place, house: House, two: str):
    force = {"disableUserAccounts": False}
    assert code_of(await admin.post(f"{AT}/{contoso.domain}/forceDelete", force))[0] == 400
    await domains.make_default(house, tenant_id=contoso.id, name=TWO, by=operator())
    assert code_of(await admin.post(f"{two}/forceDelete", force))[0] == 400
    assert (await admin.post(AT, {"id": "waiting.example"})).status_code == 201
    assert (await admin.post(f"{AT}/waiting.example/forceDelete", force)).status_code == 204
    assert (await world.last_event(contoso)).type == "organization.unclaimDomain"


async def test_more_than_a_portion_and_more_than_a_thousand(
    admin: Caller, contoso: Place, house: House, two: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(forcing, "PORTION", 2)
    monkeypatch.setattr(forcing, "MOST_REFERENCES", 5)
    people = [await named(contoso, f"user{number}") for number in range(6)]
    refused = await admin.post(f"{two}/forceDelete", {"disableUserAccounts": False})
    assert code_of(refused) == (400, "Request_BadRequest")
    assert "more than 1,000 references" in refused.json()["error"]["message"]
    await remove(people[5], contoso)
    assert code_of(await admin.post(f"{two}/forceDelete", {"disableUserAccounts": False}))[0] == 400
    monkeypatch.setattr(forcing, "MOST_REFERENCES", 6)
    assert (await admin.post(f"{two}/forceDelete", {"disableUserAccounts": False})).status_code == 204
    for who in people[:5]:
        found = await world.again(house, contoso.id, who.user_id)
        assert (found.user_principal_name or "").endswith(f"@{contoso.domain}")


async def test_a_deleted_user_keeps_the_domain_from_being_deleted(admin: Caller, contoso: Place, two: str):
    ann = await named(contoso, "ann")
    await remove(ann, contoso)
    assert code_of(await admin.delete(two)) == (400, "Request_BadRequest")


async def test_who_may_not_delete_it_may_not_force_it(graph: Graph, contoso: Place, house: House, two: str):
    for caller in (
        await graph.person(await world.member(contoso), *EVERYTHING),
        await graph.person(contoso.administrator, "Domain.Read.All"),
        await graph.app(contoso, "Domain.Read.All"),
    ):
        assert code_of(await caller.post(f"{two}/forceDelete", {"disableUserAccounts": False}))[0] == 403
    assert await organizations.find_domain(await house.store.read(), TWO) is not None
