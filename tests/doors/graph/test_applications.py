"""Applications and service principals through Graph: registered, changed, given secrets, deleted, brought back."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from tests.doors.oidc.test_client_assertions import DER
from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import app_owners, app_roles, apps, assigning, deleting_apps, due, granting
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import APPLICATION_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR
from vestibule.store import apps as kept
from vestibule.store.memberships import Membership

ROLE = "99999999-2222-4333-8444-555555555555"
SCOPE = "88888888-2222-4333-8444-555555555555"
DELETED = "/v1.0/directory/deletedItems"


async def _registered(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = await caller.post("/v1.0/applications", {"displayName": "Expenses", **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _with_principal(caller: Caller, **body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    made = await _registered(caller, **body)
    answer = await caller.post("/v1.0/servicePrincipals", {"appId": made["appId"]})
    assert answer.status_code == 201, answer.text
    return made, answer.json()


async def _holder(place: Place, role_id: str, name: str) -> Membership:
    who = await world.member(place, name)
    await assigning.assign_role(place.house, tenant_id=place.id, role_id=role_id, user_id=who.user_id, by=operator())
    return await world.again(place.house, place.id, who.user_id)


async def test_what_is_written_is_what_is_read(admin: Caller, contoso: Place):
    body = {
        "signInAudience": "AzureADMultipleOrgs",
        "identifierUris": ["api://expenses"],
        "notes": "Ask Adele",
        "tags": ["finance"],
        "optionalClaims": {"idToken": [{"name": "acct"}]},
        "info": {"privacyStatementUrl": "https://expenses.example/privacy"},
        "web": {
            "redirectUris": ["https://expenses.example/cb"],
            "logoutUrl": "https://expenses.example/out",
            "homePageUrl": "https://expenses.example/",
            "implicitGrantSettings": {"enableIdTokenIssuance": False},
        },
        "spa": {"redirectUris": ["https://expenses.example/spa"]},
        "api": {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [{"id": SCOPE, "value": "read", "type": "User", "isEnabled": True}],
        },
        "appRoles": [
            {"id": ROLE, "value": "Task.Write", "displayName": "Writers", "description": "Write",
             "allowedMemberTypes": ["Application", "User"], "isEnabled": True}
        ],
        "requiredResourceAccess": [
            {"resourceAppId": "00000003-0000-0000-c000-000000000000",
             "resourceAccess": [{"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"},
                                {"id": "11111111-0000-4000-8000-000000000001", "type": "Role"}]},
        ],
    }  # fmt: skip
    made = await _registered(admin, **body)
    read = (await admin.get(f"/v1.0/applications/{made['id']}")).json()
    for name in ("signInAudience", "identifierUris", "notes", "tags", "spa", "requiredResourceAccess"):
        assert read[name] == body[name], name
    assert read["web"]["redirectUris"] == ["https://expenses.example/cb"]
    assert read["web"]["logoutUrl"] == "https://expenses.example/out"
    assert read["info"]["privacyStatementUrl"] == "https://expenses.example/privacy"
    assert read["api"]["oauth2PermissionScopes"][0]["value"] == "read"
    assert read["api"]["requestedAccessTokenVersion"] == 2
    assert read["optionalClaims"]["idToken"][0]["name"] == "acct"
    assert read["appRoles"][0]["allowedMemberTypes"] == ["Application", "User"]
    by_client = await admin.get(f"/v1.0/applications(appId='{made['appId']}')?$select=id")
    assert by_client.json()["id"] == made["id"]
    unchanged = {name: value for name, value in read.items() if not name.startswith("@")}
    assert (await admin.patch(f"/v1.0/applications/{made['id']}", unchanged)).status_code == 204
    assert (await admin.get(f"/v1.0/applications/{made['id']}")).json() == read


async def test_a_patch_changes_what_it_names(admin: Caller, contoso: Place):
    made = await _registered(admin, web={"redirectUris": ["https://a.example/cb"], "homePageUrl": "https://a.example/"})
    at = f"/v1.0/applications(appId='{made['appId']}')"
    changes = {"displayName": "Costs", "web": {"redirectUris": ["https://b.example/cb"]}, "notes": None}
    assert (await admin.patch(at, changes)).status_code == 204
    read = (await admin.get(at)).json()
    assert read["displayName"] == "Costs"
    assert (read["web"]["redirectUris"], read["web"]["homePageUrl"]) == (
        ["https://b.example/cb"],
        "https://a.example/",
    )
    event = await world.last_event(contoso)
    assert (event.type, event.record["changes"]) == ("app.update", ["display_name", "redirect_uris"])
    events = len(await world.events(contoso))
    assert (await admin.patch(at, {"displayName": "Costs"})).status_code == 204
    assert len(await world.events(contoso)) == events


@pytest.mark.parametrize(
    ("wrong", "target"),
    [
        ({"web": {"redirectUris": ["http://far.example/cb"]}}, "redirectUris"),
        ({"web": {"redirectUris": ["https://a.example/cb"]}, "isFallbackPublicClient": True}, "web"),
        ({"web": {"implicitGrantSettings": {"enableIdTokenIssuance": True}}}, "web/implicitGrantSettings"),
        ({"signInAudience": "Everybody"}, "signInAudience"),
        ({"identifierUris": ["https://elsewhere.example/api"]}, "identifierUris"),
        ({"api": {"preAuthorizedApplications": [{"appId": "x"}]}}, "api/preAuthorizedApplications"),
        ({"keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": "bm8="}]}, "keyCredentials"),
        ({"displayName": ""}, "displayName"),
        ({"appId": "11111111-2222-4333-8444-555555555555"}, "appId"),
    ],
)
async def test_what_cannot_be_is_refused_in_graphs_words(
    admin: Caller, contoso: Place, wrong: dict[str, Any], target: str
):
    answer = await admin.post("/v1.0/applications", {"displayName": "Expenses", **wrong})
    assert code_of(answer) == (400, "Request_BadRequest")
    assert answer.json()["error"]["target"] == target
    assert (await admin.get("/v1.0/applications?$filter=displayName eq 'Expenses'")).json()["value"] == []


async def test_without_a_service_principal_nobody_signs_in(graph: Graph, admin: Caller, contoso: Place, house: House):
    made = await _registered(admin)
    assert await kept.find_by_client_id(await house.store.read(), made["appId"]) is None
    assert (await admin.get(f"/v1.0/servicePrincipals(appId='{made['appId']}')")).status_code == 404
    answer = await admin.post("/v1.0/servicePrincipals", {"appId": made["appId"], "tags": ["a tag"]})
    principal = answer.json()
    assert (principal["appId"], principal["tags"]) == (made["appId"], ["a tag"])
    assert (await kept.find_by_client_id(await house.store.read(), made["appId"])) is not None
    again = await admin.post("/v1.0/servicePrincipals", {"appId": made["appId"]})
    assert code_of(again) == (409, "Request_MultipleObjectsWithSameKeyValue")
    unknown = await admin.post("/v1.0/servicePrincipals", {"appId": ROLE})
    assert code_of(unknown) == (400, "Request_BadRequest")
    at = f"/v1.0/servicePrincipals/{principal['id']}"
    assert (await admin.patch(at, {"accountEnabled": False, "appRoleAssignmentRequired": True})).status_code == 204
    read = (await admin.get(at)).json()
    assert (read["accountEnabled"], read["appRoleAssignmentRequired"]) == (False, True)
    assert (await world.last_event(contoso)).type == "app.updatePrincipal"


async def test_a_secret_is_shown_once_and_opens_until_it_is_taken_away(admin: Caller, contoso: Place, house: House):
    made, _ = await _with_principal(admin)
    at = f"/v1.0/applications/{made['id']}"
    answer = await admin.post(f"{at}/addPassword", {"passwordCredential": {"displayName": "CI"}})
    secret = answer.json()
    assert secret["@odata.context"].endswith("#microsoft.graph.passwordCredential/$entity")
    assert (secret["displayName"], secret["hint"]) == ("CI", secret["secretText"][:3])
    listed = (await admin.get(at)).json()["passwordCredentials"]
    assert [(one["keyId"], one["secretText"]) for one in listed] == [(secret["keyId"], None)]
    reading = await house.store.read()
    app = await kept.find(reading, contoso.id, made["id"])
    assert app is not None
    assert await granting.check_secret(reading, app, secret["secretText"])
    assert (await world.last_event(contoso)).type == "app.changeCredentials"
    gone = await admin.post(f"{at}/removePassword", {"keyId": secret["keyId"]})
    assert gone.status_code == 204
    assert not await granting.check_secret(await house.store.read(), app, secret["secretText"])
    assert code_of(await admin.post(f"{at}/removePassword", {"keyId": secret["keyId"]}))[0] == 404
    later = {"startDateTime": "2031-01-01T00:00:00Z"}
    ahead = (await admin.post(f"{at}/addPassword", {"passwordCredential": later})).json()
    assert ahead["endDateTime"] == "2032-12-31T00:00:00Z"
    assert not await granting.check_secret(await house.store.read(), app, ahead["secretText"])


async def test_certificates_are_what_the_list_says(admin: Caller, contoso: Place):
    der = base64.b64encode(DER).decode()
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": der, "displayName": "CI"}
    made = await _registered(admin, keyCredentials=[key])
    at = f"/v1.0/applications/{made['id']}"
    [kept_key] = made["keyCredentials"]
    assert (kept_key["displayName"], kept_key["key"], kept_key["type"]) == ("CI", None, "AsymmetricX509Cert")
    assert len(base64.b64decode(kept_key["customKeyIdentifier"])) == 20
    assert (await admin.patch(at, {"keyCredentials": [kept_key, key]})).status_code == 204
    assert len((await admin.get(at)).json()["keyCredentials"]) == 2
    assert (await admin.patch(at, {"keyCredentials": [kept_key]})).status_code == 204
    assert (await admin.get(at)).json()["keyCredentials"] == [kept_key]
    assert (await admin.patch(at, {"keyCredentials": []})).status_code == 204
    assert (await admin.get(at)).json()["keyCredentials"] == []


async def test_a_deleted_app_waits_thirty_days(admin: Caller, contoso: Place, house: House):
    made, principal = await _with_principal(admin)
    at = f"/v1.0/applications/{made['id']}"
    assert (await admin.delete(at)).status_code == 204
    assert (await admin.get(at)).status_code == 404
    assert (await admin.get(f"/v1.0/servicePrincipals/{principal['id']}")).status_code == 404
    assert await kept.find_by_client_id(await house.store.read(), made["appId"]) is None
    listed = (await admin.get(f"{DELETED}/microsoft.graph.application")).json()["value"]
    assert [(one["@odata.type"], one["id"]) for one in listed] == [("#microsoft.graph.application", made["id"])]
    assert listed[0]["deletedDateTime"] is not None
    assert (await admin.get(f"{DELETED}/graph.servicePrincipal")).json()["value"][0]["id"] == principal["id"]
    assert (await admin.post(f"{DELETED}/{principal['id']}/restore")).status_code == 404
    back = await admin.post(f"{DELETED}/{made['id']}/restore")
    assert (back.status_code, back.json()["@odata.type"]) == (200, "#microsoft.graph.application")
    assert (await admin.get(f"/v1.0/servicePrincipals/{principal['id']}")).status_code == 404
    assert (await admin.post(f"{DELETED}/{principal['id']}/restore")).status_code == 200
    assert (await admin.get(f"/v1.0/servicePrincipals/{principal['id']}")).status_code == 200
    assert (await admin.delete(at)).status_code == 204
    assert (await admin.delete(f"{DELETED}/{made['id']}")).status_code == 204
    assert code_of(await admin.post(f"{DELETED}/{made['id']}/restore"))[0] == 404
    told = [event.type for event in await world.events(contoso) if event.type.startswith("app.")]
    assert told[-8:] == [
        "app.createApplication",
        "app.createPrincipal",
        "app.delete",
        "app.restorePrincipal",  # refused: its application is deleted
        "app.restore",
        "app.restorePrincipal",
        "app.delete",
        "app.purge",
    ]


async def test_time_deletes_it_for_good(admin: Caller, contoso: Place, house: House):
    made, _ = await _with_principal(admin)
    await admin.delete(f"/v1.0/applications/{made['id']}")
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(timedelta(days=30) - timedelta(microseconds=1))
    assert (await due.upcoming(house))[0].as_json()["applicationId"] == made["id"]
    assert await due.run_due(house) == []
    house.clock.advance(timedelta(microseconds=1))
    with pytest.raises(Refused) as refused:
        await deleting_apps.restore_app(house, tenant_id=contoso.id, app_id=made["id"], by=operator())
    assert refused.value.reason is Reason.NOT_FOUND
    assert [one.verb.value for one in await due.run_due(house)] == ["purgeApp"]
    assert await kept.find_any(await house.store.read(), contoso.id, made["id"]) is None


async def test_a_new_service_principal_has_nothing_of_the_old(admin: Caller, contoso: Place, house: House):
    made, principal = await _with_principal(admin)
    await app_roles.set_permissions(
        house, tenant_id=contoso.id, app_id=made["id"], application_permissions=["User.Read.All"], by=operator()
    )
    assert (await admin.delete(f"/v1.0/servicePrincipals(appId='{made['appId']}')")).status_code == 204
    assert (await admin.get(f"/v1.0/applications/{made['id']}")).status_code == 200
    again = await admin.post("/v1.0/servicePrincipals", {"appId": made["appId"]})
    assert again.json()["id"] != principal["id"]
    app = await kept.find(await house.store.read(), contoso.id, made["id"])
    assert app is not None
    assert app.permissions == []
    assert code_of(await admin.post(f"{DELETED}/{principal['id']}/restore"))[0] == 404


async def test_owners_manage_their_app_and_nobody_elses(graph: Graph, admin: Caller, contoso: Place):
    adele, other = await world.member(contoso), await world.member(contoso, "Alex Wilber")
    mine = await _registered(admin)
    theirs = await _registered(admin, displayName="Another")
    at = f"/v1.0/applications/{mine['id']}"
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{adele.user_id}"}
    assert (await admin.post(f"{at}/owners/$ref", reference)).status_code == 204
    assert code_of(await admin.post(f"{at}/owners/$ref", reference)) == (400, "Request_BadRequest")
    owners = (await admin.get(f"{at}/owners")).json()["value"]
    assert {one["id"] for one in owners} == {adele.user_id, contoso.administrator.user_id}
    owner = await graph.person(adele, *EVERYTHING)
    assert (await owner.patch(at, {"displayName": "Ours"})).status_code == 204
    assert (await owner.post(f"{at}/addPassword", {})).status_code == 200
    assert (await owner.post("/v1.0/servicePrincipals", {"appId": mine["appId"]})).status_code == 201
    assert code_of(await owner.patch(f"/v1.0/applications/{theirs['id']}", {"displayName": "x"}))[0] == 403
    stranger = await graph.person(other, *EVERYTHING)
    assert code_of(await stranger.delete(at))[0] == 403
    assert (await owner.delete(f"{at}/owners/{adele.user_id}/$ref")).status_code == 204
    assert code_of(await owner.patch(at, {"displayName": "x"}))[0] == 403
    assert code_of(await admin.delete(f"{at}/owners/{adele.user_id}/$ref"))[0] == 404


async def test_a_program_manages_what_it_made(graph: Graph, admin: Caller, contoso: Place):
    maker = await graph.app(contoso, "Application.ReadWrite.OwnedBy")
    mine, _ = await _with_principal(maker)
    theirs = await _registered(admin, displayName="Another")
    assert (await maker.post(f"/v1.0/applications/{mine['id']}/addPassword", {})).status_code == 200
    owners = (await admin.get(f"/v1.0/applications/{mine['id']}/owners")).json()["value"]
    assert [one["appId"] for one in owners] == [maker.client_id]
    assert code_of(await maker.patch(f"/v1.0/applications/{theirs['id']}", {"notes": "x"}))[0] == 403
    assert (await maker.delete(f"/v1.0/applications/{mine['id']}")).status_code == 204
    assert (await maker.post(f"{DELETED}/{mine['id']}/restore")).status_code == 200


async def test_who_manages_apps_does_not_become_what_they_may(graph: Graph, contoso: Place, house: House):
    """A secret for a powerful app, or an owner of it, is as good as its permissions."""
    builder = await graph.person(await _holder(contoso, APPLICATION_ADMINISTRATOR, "Bob Builder"), *EVERYTHING)
    granter = await graph.person(await _holder(contoso, PRIVILEGED_ROLE_ADMINISTRATOR, "Pia Power"), *EVERYTHING)
    program = await graph.app(contoso, "Application.ReadWrite.All")
    new = NewApp("Sync", application_permissions=("RoleManagement.ReadWrite.Directory",))
    made = await apps.create_app(house, new, tenant_id=contoso.id, by=operator(), grant_admin_consent=True)
    at = f"/v1.0/applications/{made.app.app_id}"
    secret, owner = f"{at}/addPassword", f"{at}/owners/$ref"
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(DER).decode()}
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{contoso.administrator.user_id}"}
    for caller in (builder, program):
        assert code_of(await caller.post(secret, {})) == (403, "Authorization_RequestDenied")
        assert code_of(await caller.post(owner, reference))[0] == 403
        assert code_of(await caller.patch(at, {"keyCredentials": [key]}))[0] == 403
        assert (await caller.patch(at, {"notes": "allowed"})).status_code == 204
    assert (await granter.post(secret, {})).status_code == 200
    new = NewApp("Reader", application_permissions=("User.Read.All",))
    reader = await apps.create_app(house, new, tenant_id=contoso.id, by=operator(), grant_admin_consent=True)
    for caller in (builder, program):
        assert (await caller.post(f"/v1.0/applications/{reader.app.app_id}/addPassword", {})).status_code == 200
    assert (await builder.post(owner.replace(made.app.app_id, reader.app.app_id), reference)).status_code == 204


async def test_an_owner_by_emailed_code_gives_a_powerful_app_no_secret(graph: Graph, contoso: Place, house: House):
    guest = await world.guest(contoso)
    new = NewApp("Sync", application_permissions=("User.ReadWrite.All",))
    made = await apps.create_app(house, new, tenant_id=contoso.id, by=operator(), grant_admin_consent=True)
    await app_owners.add_app_owner(
        house, tenant_id=contoso.id, app_id=made.app.app_id, owner_id=guest.user_id, by=operator()
    )
    at = f"/v1.0/applications/{made.app.app_id}/addPassword"
    weak = await graph.person(guest, *EVERYTHING, strength=Strength.EMAILED_CODE)
    assert code_of(await weak.post(at, {}))[0] == 403
    strong = await graph.person(guest, *EVERYTHING, strength=Strength.FEDERATED)
    assert (await strong.post(at, {})).status_code == 200


async def test_another_organizations_app_is_not_there(graph: Graph, admin: Caller, fabrikam: Place):
    made = await _registered(admin)
    stranger = await graph.person(fabrikam.administrator, *EVERYTHING)
    for path in (f"/v1.0/applications/{made['id']}", f"/v1.0/applications(appId='{made['appId']}')"):
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.delete(path)).status_code == 404
    assert code_of(await stranger.post("/v1.0/servicePrincipals", {"appId": made["appId"]})) == (
        400,
        "Request_BadRequest",
    )
