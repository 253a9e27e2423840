"""What apps may do: for themselves at APIs, and in the name of people; given and taken back through Graph."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import apps, assigning, delegating, deleting_apps, granting, resources
from vestibule.actions.house import House
from vestibule.doors.graph.odata.grammar import parse_filter
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.filters import matches
from vestibule.rules.graph_objects import graph_principal_id
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import APPLICATION_ADMINISTRATOR
from vestibule.store import apps as kept
from vestibule.store.apps import App

READ_ALL = "df021288-bdef-4463-88db-98f22de89214"
ROLES_WRITTEN = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"
TASKS = "99999999-2222-4333-8444-555555555555"
SCOPE = "88888888-2222-4333-8444-555555555555"
GRANTS = "/v1.0/oauth2PermissionGrants"
ALL = EVERYTHING


@pytest.fixture
async def client(house: House, contoso: Place) -> App:
    """A program that may do nothing yet."""
    return (await apps.create_app(house, NewApp("Robot"), tenant_id=contoso.id, by=operator())).app


@pytest.fixture
async def api(house: House, contoso: Place) -> App:
    """An app that publishes a scope for people and a role for programs."""
    role = {"id": TASKS, "value": "Tasks.Run", "displayName": "Run", "allowedMemberTypes": ["Application"]}
    scope = {"id": SCOPE, "value": "read", "type": "User", "isEnabled": True}
    new = NewApp("Tasks", identifier_uris=("api://tasks",), api_scopes=(scope,), app_roles=(role,))
    return (await apps.create_app(house, new, tenant_id=contoso.id, by=operator())).app


@pytest.fixture
async def admin(graph: Graph, contoso: Place) -> Caller:
    """The Global Administrator behind a program that may also grant."""
    return await graph.person(contoso.administrator, *ALL)


def _role(client: App, resource_id: str, role_id: str) -> dict[str, str]:
    return {"principalId": client.service_principal_id, "resourceId": resource_id, "appRoleId": role_id}


def _scopes(client: App, resource_id: str, scope: str, **more: Any) -> dict[str, Any]:
    whose = {"consentType": "AllPrincipals"} if not more else {"consentType": "Principal", **more}
    return {"clientId": client.service_principal_id, "resourceId": resource_id, "scope": scope, **whose}


async def _now(house: House, app: App) -> App:
    found = await kept.find(await house.store.read(), app.tenant_id, app.app_id)
    assert found is not None
    return found


async def test_a_permission_of_this_api_is_an_assignment(
    graph: Graph, admin: Caller, house: House, contoso: Place, client: App
):
    at = f"/v1.0/servicePrincipals/{client.service_principal_id}/appRoleAssignments"
    here = graph_principal_id(contoso.id)
    made = await admin.post(at, _role(client, here, READ_ALL))
    assert made.status_code == 201
    assert (made.json()["principalType"], made.json()["resourceDisplayName"]) == ("ServicePrincipal", "Microsoft Graph")
    assert (await _now(house, client)).permissions == ["User.Read.All"]
    again = await admin.post(at, _role(client, here, READ_ALL))
    assert code_of(again) == (400, "Request_BadRequest")
    issued = await granting.for_app(
        house, graph.ring, await _now(house, client), scope="https://graph.microsoft.com/.default"
    )
    robot = Caller(graph.http, issued.access_token)
    assert (await robot.get("/v1.0/users")).status_code == 200
    listed = (await admin.get(at)).json()["value"]
    assert [one["id"] for one in listed] == [made.json()["id"]]
    whose = (await admin.get(f"/v1.0/servicePrincipals/{here}/appRoleAssignedTo")).json()["value"]
    assert made.json()["id"] in {one["id"] for one in whose}
    assert (await admin.delete(f"{at}/{made.json()['id']}")).status_code == 204
    assert code_of(await robot.get("/v1.0/users"))[0] == 403
    assert code_of(await admin.delete(f"{at}/{made.json()['id']}"))[0] == 404
    told = [event.type for event in await world.events(contoso) if event.record["outcome"] == "success"]
    assert [one for one in told if one.endswith("ssignApp")] == ["app.assignApp", "app.unassignApp"]


async def test_from_the_side_of_this_api(admin: Caller, house: House, contoso: Place, client: App):
    at = f"/v1.0/servicePrincipals/{graph_principal_id(contoso.id)}/appRoleAssignedTo"
    made = await admin.post(at, _role(client, graph_principal_id(contoso.id), READ_ALL))
    assert made.status_code == 201
    assert (await admin.delete(f"{at}/{made.json()['id']}")).status_code == 204
    assert (await _now(house, client)).permissions == []


async def test_a_role_at_an_api_is_in_the_programs_token(
    graph: Graph, admin: Caller, house: House, client: App, api: App
):
    scope = "api://tasks/.default"
    with pytest.raises(Refused) as refused:
        await granting.for_app(house, graph.ring, client, scope=scope)
    assert refused.value.facts["why"] == "assignment"
    at = f"/v1.0/servicePrincipals(appId='{client.client_id}')/appRoleAssignments"
    made = await admin.post(at, _role(client, api.service_principal_id, TASKS))
    assert made.status_code == 201
    issued = await granting.for_app(house, graph.ring, client, scope=scope)
    claims = await graph.ring.verify(issued.access_token, algorithms=frozenset({"ES256"}), typ="at+jwt")
    assert (claims["aud"], claims["roles"], claims["idtyp"]) == (api.client_id, ["Tasks.Run"], "app")
    [shown] = (await admin.get(f"/v1.0/servicePrincipals/{api.service_principal_id}/appRoleAssignedTo")).json()["value"]
    assert (shown["principalId"], shown["principalType"]) == (client.service_principal_id, "ServicePrincipal")
    unknown = await admin.post(at, _role(client, api.service_principal_id, SCOPE))
    assert code_of(unknown) == (400, "Request_BadRequest")
    assert (await admin.delete(f"{at}/{made.json()['id']}")).status_code == 204
    with pytest.raises(Refused):
        await granting.for_app(house, graph.ring, client, scope=scope)


async def test_who_manages_apps_gives_no_permission_of_this_api(
    graph: Graph, house: House, contoso: Place, client: App, api: App
):
    bob = await world.member(contoso, "Bob Builder")
    await assigning.assign_role(
        house, tenant_id=contoso.id, role_id=APPLICATION_ADMINISTRATOR, user_id=bob.user_id, by=operator()
    )
    builder = await graph.person(bob, *ALL)
    here, at = graph_principal_id(contoso.id), f"/v1.0/servicePrincipals/{client.service_principal_id}"
    for role in (READ_ALL, ROLES_WRITTEN):
        body = _role(client, here, role)
        assert code_of(await builder.post(f"{at}/appRoleAssignments", body)) == (403, "Authorization_RequestDenied")
        answer = await builder.post(f"/v1.0/servicePrincipals/{here}/appRoleAssignedTo", body)
        assert code_of(answer) == (403, "Authorization_RequestDenied")
    assert code_of(await builder.post(GRANTS, _scopes(client, here, "User.Read")))[0] == 403
    own = _role(client, api.service_principal_id, TASKS)
    assert (await builder.post(f"{at}/appRoleAssignments", own)).status_code == 201
    assert (await builder.post(GRANTS, _scopes(client, api.service_principal_id, "read"))).status_code == 201
    assert (await _now(house, client)).permissions == []


async def test_a_grant_for_everybody_and_its_end(graph: Graph, admin: Caller, house: House, contoso: Place):
    public = NewApp("Tool", public=True, redirect_uris=("http://localhost:5000/cb",))
    tool = (await apps.create_app(house, public, tenant_id=contoso.id, by=operator())).app
    adele, here = await world.member(contoso), graph_principal_id(contoso.id)
    made = await admin.post(GRANTS, _scopes(tool, here, "user.read openid"))
    assert made.status_code == 201
    grant = made.json()
    assert (grant["scope"], grant["consentType"], grant["principalId"]) == ("User.Read openid", "AllPrincipals", None)
    same = await admin.post(GRANTS, _scopes(tool, here, "User.Read"))
    assert code_of(same) == (409, "Request_MultipleObjectsWithSameKeyValue")
    resource = await resources.find(await house.store.read(), contoso.id, resources.read_asked(house, "User.Read"))
    have = await resources.consented(await house.store.read(), tool, adele, resource)
    assert have == ("User.Read", "openid")
    person = await graph.person(adele, "User.Read", through=tool)
    assert (await person.get("/v1.0/me")).status_code == 200
    assert (await admin.patch(f"{GRANTS}/{grant['id']}", {"scope": "User.Read openid profile"})).status_code == 204
    assert (await person.get("/v1.0/me")).status_code == 200
    assert (await admin.delete(f"{GRANTS}/{grant['id']}")).status_code == 204
    assert code_of(await person.get("/v1.0/me")) == (401, "InvalidAuthenticationToken")
    assert await resources.consented(await house.store.read(), tool, adele, resource) == ()
    assert code_of(await admin.get(f"{GRANTS}/{grant['id']}"))[0] == 404
    types = [event.type for event in await world.events(contoso) if "Scopes" in event.type]
    assert types == ["app.grantScopes", "app.grantScopes", "app.changeScopes", "app.revokeScopes"]


async def test_a_grant_for_one_person(admin: Caller, house: House, contoso: Place, client: App, api: App):
    adele = await world.member(contoso)
    body = _scopes(client, api.service_principal_id, "read", principalId=adele.user_id)
    made = await admin.post(GRANTS, body)
    assert made.status_code == 201
    for wanted, number in (
        (f"clientId eq '{client.service_principal_id}'", 1),
        (f"clientId eq '{api.service_principal_id}'", 0),
        (f"principalId eq '{adele.user_id}'", 1),
        (f"principalId eq '{adele.user_id}' and consentType eq 'AllPrincipals'", 0),
        (f"resourceId eq '{api.service_principal_id}'", 1),
    ):
        found = (await admin.get(GRANTS, params={"$filter": wanted})).json()["value"]
        assert len(found) == number, wanted
    [held] = await delegating.grants_of_user(await house.store.read(), contoso.id, adele.user_id)
    assert (held.user_id, held.scopes) == (adele.user_id, ("read",))


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"scope": "Nothing.Such"}, 400),
        ({"scope": "Group.Create"}, 400),
        ({"consentType": "Principal"}, 400),
        ({"principalId": TASKS}, 400),
        ({"clientId": TASKS}, 404),
        ({"resourceId": TASKS}, 404),
        ({"consentType": "Principal", "principalId": TASKS}, 404),
    ],
)
async def test_what_is_no_grant(admin: Caller, contoso: Place, client: App, wrong: dict[str, str], status: int):
    body = _scopes(client, graph_principal_id(contoso.id), "User.Read")
    answer = await admin.post(GRANTS, {**body, **wrong})
    assert answer.status_code == status, answer.text
    listed = (await admin.get(f"{GRANTS}?$filter=clientId eq '{client.service_principal_id}'")).json()
    assert listed["value"] == []


async def test_what_hangs_on_an_app_that_is_deleted_does_not_show(
    admin: Caller, house: House, contoso: Place, client: App
):
    here = graph_principal_id(contoso.id)
    made = (await admin.post(GRANTS, _scopes(client, here, "User.Read"))).json()
    at = f"/v1.0/servicePrincipals/{client.service_principal_id}"
    assert (await admin.delete(at)).status_code == 204
    assert code_of(await admin.get(f"{GRANTS}/{made['id']}"))[0] == 404
    back = await admin.post(f"/v1.0/directory/deletedItems/{client.service_principal_id}/restore")
    assert back.status_code == 200
    assert (await admin.get(f"{GRANTS}/{made['id']}")).json()["scope"] == "User.Read"


async def test_a_token_from_before_stays_dead_when_the_app_comes_back(
    graph: Graph, admin: Caller, house: House, contoso: Place
):
    public = NewApp("Tool", public=True, redirect_uris=("http://localhost:5000/cb",))
    tool = (await apps.create_app(house, public, tenant_id=contoso.id, by=operator())).app
    person = await graph.person(await world.member(contoso), "User.Read", through=tool)
    at = f"/v1.0/servicePrincipals/{tool.service_principal_id}"
    await admin.delete(at)
    assert (await person.get("/v1.0/me")).status_code == 401
    await admin.post(f"/v1.0/directory/deletedItems/{tool.service_principal_id}/restore")
    assert (await person.get("/v1.0/me")).status_code == 401


async def test_a_programs_own_token_from_before_stays_dead_too(
    graph: Graph, admin: Caller, house: House, contoso: Place
):
    robot = await graph.app(contoso, "User.Read.All")
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(timedelta(seconds=1))
    at = f"/v1.0/servicePrincipals(appId='{robot.client_id}')"
    principal = (await admin.get(at)).json()["id"]
    assert (await robot.get("/v1.0/users")).status_code == 200
    assert (await admin.delete(at)).status_code == 204
    assert (await robot.get("/v1.0/users")).status_code == 401
    assert (await admin.post(f"/v1.0/directory/deletedItems/{principal}/restore")).status_code == 200
    assert (await robot.get("/v1.0/users")).status_code == 401
    app = await kept.find_by_client_id(await house.store.read(), robot.client_id)
    assert app is not None
    issued = await granting.for_app(house, graph.ring, app, scope="https://graph.microsoft.com/.default")
    assert (await Caller(graph.http, issued.access_token).get("/v1.0/users")).status_code == 200


async def test_without_the_permission_nothing_is_granted(graph: Graph, contoso: Place, client: App):
    caller = await graph.person(contoso.administrator, "Application.ReadWrite.All")
    body = _scopes(client, graph_principal_id(contoso.id), "User.Read")
    assert code_of(await caller.post(GRANTS, body))[0] == 403
    at = f"/v1.0/servicePrincipals/{client.service_principal_id}/appRoleAssignments"
    assert code_of(await caller.post(at, _role(client, graph_principal_id(contoso.id), READ_ALL)))[0] == 403


async def test_an_unassigned_program_is_refused_by_name(graph: Graph, house: House, client: App, api: App):
    with pytest.raises(Refused) as refused:
        await granting.for_app(house, graph.ring, client, scope=f"{api.client_id}/.default")
    assert (refused.value.reason, refused.value.facts["clientId"]) == (Reason.NOT_ALLOWED, client.client_id)


@pytest.fixture
async def granted(house: House, contoso: Place, client: App, api: App, admin: Caller) -> list[dict[str, Any]]:
    """Grants of two apps, for everybody and for two people, at both kinds of API; one more whose app is deleted."""
    other = (await apps.create_app(house, NewApp("Other"), tenant_id=contoso.id, by=operator())).app
    gone = (await apps.create_app(house, NewApp("Gone"), tenant_id=contoso.id, by=operator())).app
    here = graph_principal_id(contoso.id)
    people = [(await world.member(contoso, name)).user_id for name in ("Kim", "Lee")]
    made = [await admin.post(GRANTS, _scopes(client, here, "User.Read"))]
    for one in people:
        made.append(await admin.post(GRANTS, _scopes(client, here, "User.Read", principalId=one)))
        made.append(await admin.post(GRANTS, _scopes(other, api.service_principal_id, "read", principalId=one)))
    made.append(await admin.post(GRANTS, _scopes(client, api.service_principal_id, "read")))
    hidden = await admin.post(GRANTS, _scopes(gone, here, "User.Read"))
    await deleting_apps.delete_app(house, tenant_id=contoso.id, app_id=gone.app_id, by=operator())
    assert {one.status_code for one in (*made, hidden)} == {201}
    return [one.json() for one in made]


async def _pages(admin: Caller, query: str) -> list[dict[str, Any]]:
    """What is found, in pages of two."""
    found: list[dict[str, Any]] = []
    address = f"{GRANTS}?$top=2{query}"
    while address:
        answer = (await admin.get(address)).json()
        found += answer["value"]
        address = answer.get("@odata.nextLink", "")
    return found


@pytest.mark.parametrize("wanted", [
    "", "clientId eq '{clientId}'", "resourceId eq '{resourceId}'", "consentType eq 'AllPrincipals'",
    "consentType eq 'Principal'", "principalId eq '{principalId}'", "id eq '{id}'",
    "principalId eq '{principalId}' and resourceId eq '{resourceId}'",
    "clientId eq '{clientId}' and consentType eq 'Principal'",
    "clientId eq '00000000-0000-4000-8000-000000000000' or principalId eq '{principalId}'",
    "clientId in ('{clientId}','00000000-0000-4000-8000-000000000000')",
])  # fmt: skip
async def test_a_filter_of_grants_means_what_it_says_page_by_page(
    admin: Caller, granted: list[dict[str, Any]], wanted: str
) -> None:
    [person] = [one for one in granted if one["principalId"] and one["scope"] == "read"][:1]
    text = wanted.format(**person)
    found = await _pages(admin, f"&$filter={text}" if text else "")
    expected = [one for one in granted if not text or matches(parse_filter(text), one)]
    assert expected
    bare = [{name: value for name, value in one.items() if "@" not in name} for one in expected]
    assert found == sorted(bare, key=lambda one: one["id"])


@pytest.mark.parametrize("wanted", ["clientId ne 'x'", "not(scope eq 'x')", "principalId eq null"])
async def test_other_filters_of_grants_are_refused(admin: Caller, wanted: str) -> None:
    assert (await admin.get(f"{GRANTS}?$filter={wanted}")).status_code == 400
