"""``common``, ``organizations``, ``consumers``: people are sent home; guests name the organization."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.doors.oidc.conftest import CALLBACK, PERMISSIONS, SCOPE, Office, answered, error_of
from tests.support import world
from tests.support.world import Place
from vestibule.actions import apps, consenting, erasing
from vestibule.actions.apps import Registered
from vestibule.actions.leaving import leave
from vestibule.actions.removing import remove
from vestibule.actions.switching import disable
from vestibule.doors.graph.app import graph_app
from vestibule.rules.actors import operator
from vestibule.rules.names import CONSUMERS_ID

ADDRESS = "quinn@elsewhere.example"


@pytest.fixture
async def fabrikam(office: Office) -> Place:
    return await world.organization(office.house, "Fabrikam")


@pytest.fixture
async def several(office: Office) -> Registered:
    """An app of Contoso's that serves other organizations too."""
    more: dict[str, Any] = {"properties": {"signInAudience": "AzureADMultipleOrgs"}}
    return await office.register("Several", public=True, redirect_uris=(CALLBACK,), **more)


def told(response: httpx.Response) -> tuple[str, str]:
    back = answered(response)
    return back["error"], back["error_description"].partition(":")[0]


async def consent_at(office: Office, place: Place, app: Registered, *permissions: str) -> None:
    await consenting.consent_for_everybody(
        office.house,
        tenant_id=place.id,
        app_id="",
        client_id=app.app.client_id,
        permissions=permissions or PERMISSIONS,
        by=place.admin,
    )


@pytest.mark.parametrize("alias", ["common", "organizations", "Organizations"])
async def test_a_member_is_sent_home(office: Office, alias: str) -> None:
    await office.sign_in()
    found = await office.tokens(tenant=alias)
    claims = await office.claims(found["id_token"], "JWT")
    assert (claims["tid"], claims["oid"]) == (office.contoso.id, office.adele.user_id)
    assert claims["iss"] == f"https://vestibule.example/{office.contoso.id}/v2.0"
    assert (await office.refresh(found["refresh_token"], tenant=alias)).status_code == 200


@pytest.mark.parametrize("alias", ["common", "organizations"])
async def test_a_guest_has_to_name_the_organization(office: Office, fabrikam: Place, alias: str) -> None:
    await office.adele_at(fabrikam)
    app = await office.register("There", fabrikam, public=True, redirect_uris=(CALLBACK,))
    await office.sign_in()
    own = {"client_id": app.app.client_id}
    assert told(await office.authorize(tenant=alias, **own)) == ("access_denied", "AADSTS50020")
    named = await office.tokens(tenant="fabrikam.example", **own)
    claims = await office.claims(named["access_token"])
    assert (claims["tid"], claims["idp"]) == (fabrikam.id, f"https://vestibule.example/{office.contoso.id}/v2.0")


@pytest.mark.parametrize("alias", ["consumers", CONSUMERS_ID])
async def test_consumers_serves_only_people_without_a_home(office: Office, alias: str) -> None:
    await office.sign_in()
    assert told(await office.authorize(tenant=alias)) == ("access_denied", "AADSTS50020")
    guest = await world.guest(office.contoso, ADDRESS)
    await office.sign_in_as(guest.person_id or "")
    back = answered(await office.authorize(tenant=alias))
    assert back["iss"] == f"https://vestibule.example/{CONSUMERS_ID}/v2.0"
    found = (await office.exchange(back["code"], tenant=alias)).json()
    claims = await office.claims(found["id_token"], "JWT")
    metadata = (await office.http.get(f"/{alias}/v2.0/.well-known/openid-configuration")).json()
    assert (claims["iss"], claims["tid"]) == (metadata["issuer"], CONSUMERS_ID)
    assert (claims["email"], claims["idp"], claims["amr"]) == (ADDRESS, "mail", ["otp", "email"])
    assert (await office.userinfo(found["access_token"])).json()["email"] == ADDRESS
    assert (await office.refresh(found["refresh_token"], tenant=alias)).status_code == 200


async def test_organizations_does_not_serve_people_without_a_home_and_common_does(office: Office) -> None:
    guest = await world.guest(office.contoso, ADDRESS)
    await office.sign_in_as(guest.person_id or "")
    assert told(await office.authorize(tenant="organizations")) == ("access_denied", "AADSTS50020")
    found = await office.tokens(tenant="common")
    assert (await office.claims(found["access_token"]))["tid"] == CONSUMERS_ID
    assert error_of(await office.refresh(found["refresh_token"], tenant="organizations"))[0] == "unauthorized_client"
    assert (await office.refresh(found["refresh_token"], tenant="common")).status_code == 200


async def test_an_app_of_one_organization_serves_only_its_own_guests_at_consumers(
    office: Office, fabrikam: Place
) -> None:
    """Otherwise anybody with a mailbox could sign in to an app that is meant for one organization."""
    elsewhere = await world.guest(fabrikam, ADDRESS)
    await office.sign_in_as(elsewhere.person_id or "")
    assert told(await office.authorize(tenant="consumers")) == ("access_denied", "AADSTS50020")
    more: dict[str, Any] = {"properties": {"signInAudience": "AzureADandPersonalMicrosoftAccount"}}
    everybody = await office.register("Everybody", public=True, redirect_uris=(CALLBACK,), **more)
    found = await office.tokens(tenant="consumers", client_id=everybody.app.client_id)
    assert (await office.claims(found["access_token"]))["tid"] == CONSUMERS_ID


async def test_a_person_who_belongs_nowhere_any_more_has_no_account(office: Office) -> None:
    guest = await world.guest(office.contoso, ADDRESS)
    more: dict[str, Any] = {"properties": {"signInAudience": "AzureADandPersonalMicrosoftAccount"}}
    everybody = await office.register("Everybody", public=True, redirect_uris=(CALLBACK,), **more)
    own = {"client_id": everybody.app.client_id}
    await office.sign_in_as(guest.person_id or "")
    found = await office.tokens(tenant="consumers", **own)
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "user_id": guest.user_id}
    await remove(office.house, by=operator(), **act)
    await erasing.purge(office.house, by=operator(), **act)
    await erasing.erase(office.house, **act)
    assert (await office.userinfo(found["access_token"])).status_code == 401
    assert error_of(await office.refresh(found["refresh_token"], tenant="consumers", **own))[0] == "invalid_grant"


async def test_somebody_without_a_home_sees_and_leaves_organizations_with_a_token_of_their_own(
    office: Office, fabrikam: Place
) -> None:
    """It is their home token: it reaches every organization they belong to, and is nobody's user object."""
    await world.guest(fabrikam, ADDRESS)
    guest = await world.guest(office.contoso, ADDRESS)
    permissions = (*PERMISSIONS, "Organizations.Leave", "User.ReadWrite.All")
    app = await office.register("Leaver", public=True, redirect_uris=(CALLBACK,), delegated_permissions=permissions)
    await office.sign_in_as(guest.person_id or "")
    own = {"client_id": app.app.client_id, "scope": "openid Organizations.Leave User.Read User.ReadWrite.All"}
    token = (await office.tokens(tenant="consumers", **own))["access_token"]
    transport = httpx.ASGITransport(app=graph_app(office.house, office.ring, office.passwords))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "key"}
    async with httpx.AsyncClient(transport=transport, base_url="https://vestibule.example", headers=headers) as graph:
        listed = (await graph.get("/beta/me/organizations")).json()["value"]
        assert {one["tenantId"] for one in listed} == {office.contoso.id, fabrikam.id}
        for path in ("/v1.0/me", "/v1.0/users", f"/v1.0/users/{guest.user_id}", "/v1.0/organization", "/v1.0/groups"):
            assert (await graph.get(path)).status_code in {403, 404}, path
        left = await graph.post(f"/beta/me/organizations/{fabrikam.id}/leave")
        assert left.status_code == 200, left.text
        states = {one["tenantId"]: one["state"] for one in (await graph.get("/beta/me/organizations")).json()["value"]}
        assert states == {office.contoso.id: "present", fabrikam.id: "deleted"}


# --- Another organization with the refresh token of the home ----------------------------------------------------------


async def test_an_app_of_one_organization_is_not_found_in_another(office: Office, fabrikam: Place) -> None:
    await office.adele_at(fabrikam)
    await office.sign_in()
    response = await office.authorize(tenant=fabrikam.id)
    assert response.status_code == 400
    assert "AADSTS700016" in response.text
    found = await office.tokens()
    assert error_of(await office.refresh(found["refresh_token"], tenant=fabrikam.id)) == ("unauthorized_client", 700016)


async def test_a_silent_token_for_the_organization_one_is_a_guest_of(
    office: Office, fabrikam: Place, several: Registered
) -> None:
    guest = await office.adele_at(fabrikam)
    own = {"client_id": several.app.client_id}
    await office.sign_in()
    home = await office.tokens(**own)
    silent = await office.refresh(home["refresh_token"], tenant=fabrikam.id, **own)
    assert error_of(silent) == ("invalid_grant", 65001), "Fabrikam has not consented to this app"
    await consent_at(office, fabrikam, several)
    found = (await office.refresh(home["refresh_token"], tenant=fabrikam.id, scope=SCOPE, **own)).json()
    claims = await office.claims(found["access_token"])
    assert (claims["tid"], claims["oid"]) == (fabrikam.id, guest.user_id)
    assert (await office.claims(found["id_token"], "JWT"))["iss"] == f"https://vestibule.example/{fabrikam.id}/v2.0"
    assert found["client_info"] == home["client_info"], "one account, whichever organization it signs in to"
    assert (await office.userinfo(found["access_token"])).status_code == 200
    back = (await office.refresh(found["refresh_token"], **own)).json()
    assert (await office.claims(back["access_token"]))["tid"] == office.contoso.id
    assert error_of(await office.refresh(home["refresh_token"], **own))[0] == "invalid_grant", "it was rotated"
    assert (await office.userinfo(found["access_token"])).status_code == 401, "and using it again ends them all"


@pytest.mark.parametrize("end", ["leave", "disable here", "disable at home"])
async def test_it_ends_where_it_is_for(office: Office, fabrikam: Place, several: Registered, end: str) -> None:
    guest = await office.adele_at(fabrikam)
    await consent_at(office, fabrikam, several)
    own = {"client_id": several.app.client_id}
    await office.sign_in()
    home = await office.tokens(**own)
    there = (await office.refresh(home["refresh_token"], tenant=fabrikam.id, **own)).json()
    if end == "leave":
        await leave(office.house, tenant_id=fabrikam.id, by=world.at_portal(guest), key="key")
    else:
        who = guest if end == "disable here" else office.adele
        await disable(office.house, tenant_id=who.tenant_id, user_id=who.user_id, by=operator())
    assert (await office.userinfo(there["access_token"])).status_code == 401
    again = await office.refresh(there["refresh_token"], tenant=fabrikam.id, **own)
    assert error_of(again)[0] == "invalid_grant"
    at_home = await office.refresh(there["refresh_token"], **own)
    assert (at_home.status_code == 200) is (end != "disable at home")


async def test_nobody_gets_into_an_organization_they_do_not_belong_to(
    office: Office, fabrikam: Place, several: Registered
) -> None:
    await consent_at(office, fabrikam, several)
    own = {"client_id": several.app.client_id}
    await office.sign_in()
    home = await office.tokens(**own)
    silent = await office.refresh(home["refresh_token"], tenant=fabrikam.id, **own)
    assert error_of(silent) == ("invalid_grant", 50020)
    assert told(await office.authorize(tenant=fabrikam.id, **own)) == ("access_denied", "AADSTS50020")
    assert (await office.refresh(home["refresh_token"], **own)).status_code == 200


async def test_an_app_from_elsewhere_needs_an_administrators_consent(
    office: Office, fabrikam: Place, several: Registered
) -> None:
    await office.adele_at(fabrikam)
    own = {"client_id": several.app.client_id}
    await office.sign_in()
    assert told(await office.authorize(tenant=fabrikam.id, **own)) == ("access_denied", "AADSTS90094")
    await consent_at(office, fabrikam, several, "openid")
    assert "code" in answered(await office.authorize(tenant=fabrikam.id, scope="openid", **own))
    assert "signIn" in {one.type for one in await world.events(fabrikam)}


async def test_an_app_that_serves_others_no_more_has_no_tokens_there(
    office: Office, fabrikam: Place, several: Registered
) -> None:
    await office.adele_at(fabrikam)
    await consent_at(office, fabrikam, several)
    own = {"client_id": several.app.client_id}
    await office.sign_in()
    home = await office.tokens(**own)
    there = (await office.refresh(home["refresh_token"], tenant=fabrikam.id, **own)).json()
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "app_id": several.app.app_id, "by": operator()}
    await apps.update_app(office.house, changes={"attributes": {"signInAudience": "AzureADMyOrg"}}, **act)
    assert (await office.userinfo(there["access_token"])).status_code == 401
    again = await office.refresh(there["refresh_token"], tenant=fabrikam.id, **own)
    assert error_of(again)[0] == "unauthorized_client"


async def test_a_member_of_another_organization_signs_in_to_such_an_app_at_home(
    office: Office, fabrikam: Place, several: Registered
) -> None:
    await consent_at(office, fabrikam, several)
    await office.sign_in_as(fabrikam.administrator.person_id or "")
    found = await office.tokens(tenant="organizations", client_id=several.app.client_id)
    claims = await office.claims(found["access_token"])
    assert (claims["tid"], claims["oid"]) == (fabrikam.id, fabrikam.administrator.user_id)


async def test_client_info_names_the_account_at_home(office: Office) -> None:
    def account(found: dict[str, Any]) -> dict[str, str]:
        text = found["client_info"]
        read: dict[str, str] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return read

    guest = await world.guest(office.contoso, ADDRESS)
    await office.sign_in_as(guest.person_id or "")
    named = account(await office.tokens())
    assert named == account(await office.tokens(tenant="common"))
    assert named == {"uid": guest.person_id, "utid": CONSUMERS_ID}
