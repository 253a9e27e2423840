"""Apps of another organization: let in, switched off and on, sent away, in this organization alone."""

from typing import Any

import pytest

from tests.support import world
from tests.support.graph import CALLBACK, EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import apps, consenting, deleting_apps, resources, service_principals
from vestibule.actions.house import House
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Refused
from vestibule.store import consents, foreign_principals
from vestibule.store.apps import App

AT = "/v1.0/servicePrincipals"
OUR_APPS = {"$filter": "displayName eq 'Everywhere'"}


@pytest.fixture
async def everywhere(house: House, fabrikam: Place) -> App:
    """An app of Fabrikam's that serves other organizations too."""
    several = {"signInAudience": "AzureADMultipleOrgs", "principalNotes": "ours alone"}
    new = NewApp("Everywhere", public=True, redirect_uris=(CALLBACK,), properties=several)
    return (await apps.create_app(house, new, tenant_id=fabrikam.id, by=operator())).app


async def consent_at(place: Place, app: App) -> None:
    await consenting.consent_for_everybody(
        place.house,
        tenant_id=place.id,
        app_id="",
        client_id=app.client_id,
        permissions=["User.Read", "openid"],
        by=place.admin,
    )


async def test_it_is_let_in_and_shown_with_its_owner(admin: Caller, everywhere: App, contoso: Place, fabrikam: Place):
    assert (await admin.get(AT, params=OUR_APPS)).json()["value"] == []
    made = await admin.post(AT, {"appId": everywhere.client_id.upper()})
    assert made.status_code == 201, made.text
    shown = made.json()
    assert (shown["appOwnerOrganizationId"], shown["accountEnabled"], shown["notes"]) == (fabrikam.id, True, None)
    assert shown["id"] != everywhere.service_principal_id
    assert made.headers["Location"].endswith(f"/servicePrincipals/{shown['id']}")
    assert (await world.last_event(contoso)).type == "app.createPrincipal"
    assert code_of(await admin.post(AT, {"appId": everywhere.client_id}))[0] == 409
    assert [one["id"] for one in (await admin.get(AT, params=OUR_APPS)).json()["value"]] == [shown["id"]]
    for address in (f"{AT}/{shown['id']}", f"{AT}(appId='{everywhere.client_id}')"):
        assert (await admin.get(address)).json()["displayName"] == "Everywhere"
    assert (await admin.get(f"/v1.0/applications(appId='{everywhere.client_id}')")).status_code == 404
    refused = await admin.patch(f"{AT}/{shown['id']}", {"notes": "mine"})
    assert code_of(refused) == (400, "Request_BadRequest")


async def test_an_administrators_consent_lets_it_in(admin: Caller, everywhere: App, contoso: Place, house: House):
    await consent_at(contoso, everywhere)
    [shown] = (await admin.get(AT, params=OUR_APPS)).json()["value"]
    assert shown["appId"] == everywhere.client_id
    assert (await foreign_principals.everyone(await house.store.read(), contoso.id))[0].enabled


async def test_switched_off_it_ends_here_and_goes_on_there(
    admin: Caller, graph: Graph, everywhere: App, contoso: Place, fabrikam: Place, house: House
):
    await consent_at(contoso, everywhere)
    [shown] = (await admin.get(AT, params=OUR_APPS)).json()["value"]
    here = await graph.person(await world.member(contoso), "User.Read", through=everywhere)
    there = await graph.person(await world.member(fabrikam, "Ben There"), "User.Read", through=everywhere)
    assert (await here.get("/v1.0/me")).status_code == 200
    assert (await admin.patch(f"{AT}/{shown['id']}", {"accountEnabled": False})).status_code == 204
    assert (await world.last_event(contoso)).type == "app.updatePrincipal"
    assert (await here.get("/v1.0/me")).status_code == 401
    assert (await there.get("/v1.0/me")).status_code == 200
    reading = await house.store.read()
    with pytest.raises(Refused, match="disabledHere"):
        await resources.insist_admitted(reading, everywhere, await world.member(contoso, "Late Lou"))
    await resources.insist_admitted(reading, everywhere, await world.member(fabrikam, "Late Lee"))
    with pytest.raises(Refused):
        await graph.person(await world.member(contoso, "Late Len"), "User.Read", through=everywhere)
    assert (await admin.patch(f"{AT}/{shown['id']}", {"accountEnabled": True})).status_code == 204
    again = await graph.person(await world.member(contoso, "Back Bo"), "User.Read", through=everywhere)
    assert (await again.get("/v1.0/me")).status_code == 200
    assert (await here.get("/v1.0/me")).status_code == 401  # what was ended stays so


async def test_sent_away_it_has_nothing_here_any_more(
    admin: Caller, graph: Graph, everywhere: App, contoso: Place, fabrikam: Place, house: House
):
    await consent_at(contoso, everywhere)
    await consent_at(fabrikam, everywhere)
    [shown] = (await admin.get(AT, params=OUR_APPS)).json()["value"]
    here = await graph.person(await world.member(contoso), "User.Read", through=everywhere)
    there = await graph.person(await world.member(fabrikam, "Ben There"), "User.Read", through=everywhere)
    assert (await admin.delete(f"{AT}/{shown['id']}")).status_code == 204
    assert (await world.last_event(contoso)).type == "app.deletePrincipal"
    assert (await here.get("/v1.0/me")).status_code == 401
    assert (await there.get("/v1.0/me")).status_code == 200
    assert (await admin.get(f"{AT}/{shown['id']}")).status_code == 404
    reading = await house.store.read()
    assert await consents.of_app(reading, contoso.id, everywhere.app_id) == []
    assert await consents.of_app(reading, fabrikam.id, everywhere.app_id) != []
    await consent_at(contoso, everywhere)  # and may come back
    assert len((await admin.get(AT, params=OUR_APPS)).json()["value"]) == 1


async def test_it_goes_with_the_application_and_comes_back_with_it(
    admin: Caller, everywhere: App, contoso: Place, fabrikam: Place, house: House
):
    await consent_at(contoso, everywhere)
    of: dict[str, Any] = {"tenant_id": fabrikam.id, "app_id": everywhere.app_id, "by": fabrikam.admin}
    await deleting_apps.delete_app(house, **of)
    assert (await admin.get(AT, params=OUR_APPS)).json()["value"] == []
    await deleting_apps.restore_app(house, **of)
    principal: dict[str, Any] = {"tenant_id": fabrikam.id, "principal_id": everywhere.service_principal_id}
    await service_principals.restore_principal(house, by=fabrikam.admin, **principal)
    assert len((await admin.get(AT, params=OUR_APPS)).json()["value"]) == 1
    await deleting_apps.delete_app(house, **of)
    await deleting_apps.purge_app(house, **of)
    assert await foreign_principals.everyone(await house.store.read(), contoso.id) == []


async def test_its_permissions_are_granted_changed_and_taken_back(
    admin: Caller, graph: Graph, everywhere: App, contoso: Place
):
    shown = (await admin.post(AT, {"appId": everywhere.client_id})).json()
    [api] = (await admin.get(AT, params={"$filter": "displayName eq 'Microsoft Graph'"})).json()["value"]
    grants = "/v1.0/oauth2PermissionGrants"
    wanted = {"clientId": shown["id"], "consentType": "AllPrincipals", "resourceId": api["id"], "scope": "User.Read"}
    made = await admin.post(grants, wanted)
    assert made.status_code == 201, made.text
    assert (await world.last_event(contoso)).type == "app.grantScopes"
    listed = (await admin.get(grants, params={"$filter": f"clientId eq '{shown['id']}'"})).json()["value"]
    assert [(one["id"], one["scope"]) for one in listed] == [(made.json()["id"], "User.Read")]
    here = await graph.person(await world.member(contoso), "User.Read", through=everywhere)
    assert (await here.get("/v1.0/me")).status_code == 200
    one = f"{grants}/{made.json()['id']}"
    assert (await admin.patch(one, {"scope": "User.Read User.ReadBasic.All"})).status_code == 204
    assert (await admin.delete(one)).status_code == 204
    assert (await here.get("/v1.0/me")).status_code == 401
    member = await graph.person(await world.member(contoso, "Mel Member"), *EVERYTHING)
    assert code_of(await member.post(grants, wanted))[0] == 403


async def test_who_may(admin: Caller, graph: Graph, everywhere: App, contoso: Place, fabrikam: Place):
    own = NewApp("Only there", public=True, redirect_uris=(CALLBACK,))
    closed = (await apps.create_app(contoso.house, own, tenant_id=fabrikam.id, by=operator())).app
    assert code_of(await admin.post(AT, {"appId": closed.client_id}))[0] == 400
    member = await graph.person(await world.member(contoso), *EVERYTHING)
    assert code_of(await member.post(AT, {"appId": everywhere.client_id}))[0] == 403
    shown = (await admin.post(AT, {"appId": everywhere.client_id, "accountEnabled": False})).json()
    assert shown["accountEnabled"] is False
    assert code_of(await member.patch(f"{AT}/{shown['id']}", {"accountEnabled": True}))[0] == 403
    assert code_of(await member.delete(f"{AT}/{shown['id']}"))[0] == 403
    owner = await graph.person(fabrikam.administrator, *EVERYTHING)
    assert (await owner.patch(f"{AT}/{shown['id']}", {"accountEnabled": True})).status_code == 404
    assert (await admin.get(f"{AT}/{shown['id']}")).json()["accountEnabled"] is False
