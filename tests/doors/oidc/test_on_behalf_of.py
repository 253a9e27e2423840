"""Apps that publish an API: tokens for it, and on behalf of the person at the next one (RFC 7523)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.doors.oidc.conftest import CALLBACK, ONE_DATABASE, SCOPE, Office, error_of
from tests.support import world
from vestibule.actions import apps, consenting, deleting_apps
from vestibule.actions.apps import Registered
from vestibule.actions.directory_users import revoke_sign_in_sessions
from vestibule.actions.switching import disable
from vestibule.rules.actors import operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import apps as kept_apps

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
READ = {"id": "11111111-2222-4333-8444-555555555555", "value": "Orders.Read", "userConsentDisplayName": "See orders"}
WRITE = {"id": "11111111-2222-4333-8444-666666666666", "value": "Orders.Write", "type": "Admin"}
GONE = {"id": "11111111-2222-4333-8444-777777777777", "value": "Orders.Old", "isEnabled": False}


@pytest.fixture
async def orders(office: Office) -> Registered:
    """A confidential app that publishes an API, and may read the person behind it at the Graph API."""
    api = await office.register(
        "Orders",
        redirect_uris=(CALLBACK,),
        identifier_uris=("api://orders", "https://orders.contoso.example/api"),
        api_scopes=(READ, WRITE, GONE),
    )
    await consenting.consent_for_everybody(
        office.house,
        tenant_id=office.contoso.id,
        app_id=await app_id(office, office.public_id),
        permissions=[f"{api.app.client_id}/Orders.Read"],
        by=operator(),
    )
    return api


async def app_id(office: Office, client_id: str) -> str:
    found = await kept_apps.find_by_client_id(await office.house.store.read(), client_id)
    assert found is not None
    return found.app_id


async def for_orders(office: Office, orders: Registered, scope: str = "") -> dict[str, Any]:
    await office.sign_in()
    return await office.tokens(scope=scope or f"api://orders/Orders.Read {SCOPE.removesuffix(' User.Read')}")


async def on_behalf(office: Office, orders: Registered, assertion: str, **more: str) -> httpx.Response:
    assert orders.secret is not None
    form = {
        "grant_type": GRANT,
        "requested_token_use": "on_behalf_of",
        "client_id": orders.app.client_id,
        "client_secret": orders.secret.text,
        "assertion": assertion,
        "scope": "https://graph.microsoft.com/User.Read openid offline_access",
    }
    return await office.token(**{name: value for name, value in (form | more).items() if value})


@pytest.mark.parametrize("name", ["api://orders", "https://orders.contoso.example/api", "client id", "api://client id"])
async def test_a_token_for_an_apps_api_names_the_app_and_only_its_scopes(
    office: Office, orders: Registered, name: str
) -> None:
    spelt = name.replace("client id", orders.app.client_id)
    found = await for_orders(office, orders, f"{spelt}/Orders.Read openid")
    assert set(found["scope"].split()) == {f"{spelt}/Orders.Read", "openid"}
    claims = await office.claims(found["access_token"])
    assert (claims["aud"], claims["scp"]) == (orders.app.client_id, "Orders.Read openid")
    assert (claims["azp"], claims["oid"], claims["ver"]) == (office.public_id, office.adele.user_id, "2.0")
    assert "wids" not in claims
    assert (await office.userinfo(found["access_token"])).status_code == 401, "it opens nothing of ours"


async def test_everything_consented_by_default_scope(office: Office, orders: Registered) -> None:
    found = await for_orders(office, orders, "api://orders/.default openid")
    assert set(found["scope"].split()) == {"api://orders/Orders.Read", "openid"}


@pytest.mark.parametrize(
    ("scope", "error"),
    [
        ("api://orders/Orders.Write", "consent"),
        ("api://orders/Orders.Old", "invalid_scope"),
        ("api://orders/Nothing", "invalid_scope"),
        ("api://nobody/x", "invalid_resource"),
        ("api://orders/Orders.Read User.Read", "invalid_scope"),
    ],
)
async def test_other_scopes_and_mixed_ones(office: Office, orders: Registered, scope: str, error: str) -> None:
    await office.sign_in()
    response = await office.authorize(scope=f"openid {scope}")
    if error == "consent":
        assert response.headers["location"].startswith("/signin/consent")
    else:
        assert f"error={error}" in response.headers["location"]


async def test_an_api_of_another_organization_is_none_here(office: Office, orders: Registered) -> None:
    fabrikam = await world.organization(office.house, "Fabrikam")
    theirs = await office.register("Theirs", fabrikam, redirect_uris=(CALLBACK,), api_scopes=(READ,))
    await office.sign_in()
    response = await office.authorize(scope=f"openid api://{theirs.app.client_id}/Orders.Read")
    assert "error=invalid_resource" in response.headers["location"]


async def test_a_refresh_token_serves_another_resource_that_is_consented(office: Office, orders: Registered) -> None:
    found = await for_orders(office, orders)
    graph = (await office.refresh(found["refresh_token"], scope="User.Read openid offline_access")).json()
    assert (await office.userinfo(graph["access_token"])).status_code == 200
    back = (await office.refresh(graph["refresh_token"], scope="api://orders/Orders.Read")).json()
    assert (await office.claims(back["access_token"]))["aud"] == orders.app.client_id
    more = await office.refresh(back["refresh_token"], scope="api://orders/Orders.Write")
    assert error_of(more) == ("invalid_grant", 65001)


async def test_consent_that_was_taken_back_is_not_in_the_next_token(office: Office, orders: Registered) -> None:
    found = await for_orders(office, orders)
    client = await app_id(office, office.public_id)
    some: dict[str, Any] = {"tenant_id": office.contoso.id, "app_id": client, "by": operator()}
    await consenting.consent_for_everybody(office.house, permissions=["api://orders/Orders.Write"], **some)
    again = await office.refresh(found["refresh_token"], scope="api://orders/Orders.Read")
    assert error_of(again) == ("invalid_grant", 65001)
    assert again.json()["suberror"] == "consent_required"


async def test_on_behalf_of_the_person_at_graph(office: Office, orders: Registered) -> None:
    first = await for_orders(office, orders)
    response = await on_behalf(office, orders, first["access_token"])
    assert response.status_code == 200, response.text
    found = response.json()
    claims = await office.claims(found["access_token"])
    assert (claims["appid"], claims["oid"]) == (orders.app.client_id, office.adele.user_id)
    assert claims["aud"] == "https://graph.microsoft.com"
    assert (await office.userinfo(found["access_token"])).status_code == 200
    assert orders.secret is not None
    own = {"client_id": orders.app.client_id, "client_secret": orders.secret.text}
    assert (await office.refresh(found["refresh_token"], **own)).status_code == 200


async def test_what_comes_of_it_ends_with_the_sign_in_it_descends_from(office: Office, orders: Registered) -> None:
    first = await for_orders(office, orders)
    found = (await on_behalf(office, orders, first["access_token"])).json()
    rotated = (await office.refresh(first["refresh_token"])).json()
    assert (await office.userinfo(found["access_token"])).status_code == 200
    assert error_of(await office.refresh(first["refresh_token"]))[0] == "invalid_grant", "used twice"
    assert (await office.userinfo(found["access_token"])).status_code == 401
    assert error_of(await on_behalf(office, orders, rotated["access_token"])) == ("invalid_grant", 50173)


@pytest.mark.parametrize("end", ["disable", "everywhere", "hour"])
async def test_an_assertion_of_somebody_who_is_gone_is_no_good(office: Office, orders: Registered, end: str) -> None:
    first = await for_orders(office, orders)
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "user_id": office.adele.user_id, "by": operator()}
    if end == "disable":
        await disable(office.house, **act)
    elif end == "everywhere":
        await revoke_sign_in_sessions(office.house, **act)
    else:
        office.push(timedelta(hours=1))
    assert error_of(await on_behalf(office, orders, first["access_token"])) == ("invalid_grant", 50173)


async def test_only_a_persons_access_token_for_this_very_app(office: Office, orders: Registered) -> None:
    first = await for_orders(office, orders)
    graph = await office.tokens()
    own = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
    by_app = (await office.token(client_id=office.client_id, client_secret=office.secret, **own)).json()
    head, body, _ = first["access_token"].split(".")
    for assertion in (
        graph["access_token"],
        first["id_token"],
        by_app["access_token"],
        f"{head}.{body}.",
        f"{head}.{body}.{graph['access_token'].split('.')[2]}",
        "nothing",
    ):
        assert error_of(await on_behalf(office, orders, assertion)) == ("invalid_grant", 70000)
    other = await office.register("Other", redirect_uris=(CALLBACK,), api_scopes=(READ,))
    assert error_of(await on_behalf(office, other, first["access_token"])) == ("invalid_grant", 70000)


async def test_the_app_has_to_prove_itself_and_to_have_consent(office: Office, orders: Registered) -> None:
    first = await for_orders(office, orders)
    assert error_of(await on_behalf(office, orders, first["access_token"], client_secret=""))[0] == "invalid_client"
    assert error_of(await on_behalf(office, orders, first["access_token"], client_secret="x"))[0] == "invalid_client"
    more = await on_behalf(office, orders, first["access_token"], scope="User.ReadWrite.All")
    assert error_of(more) == ("invalid_grant", 65001)
    assert more.json()["suberror"] == "consent_required"
    assert error_of(await on_behalf(office, orders, first["access_token"], requested_token_use=""))[0] == (
        "invalid_request"
    )
    assert error_of(await on_behalf(office, orders, first["access_token"], scope=""))[0] == "invalid_request"


async def test_programs_are_not_assigned_to_apis(office: Office, orders: Registered) -> None:
    own = {"grant_type": "client_credentials", "scope": "api://orders/.default"}
    response = await office.token(client_id=office.client_id, client_secret=office.secret, **own)
    assert error_of(response) == ("invalid_grant", 50105)


@ONE_DATABASE
@pytest.mark.parametrize(
    "uri",
    [
        "https://graph.microsoft.com",
        "https://vestibule.example",
        "https://fabrikam.example/api",
        "https://contoso.example.evil.example/api",
        "api://00000000-1111-4222-8333-444444444444",
        "api://",
        "api://a b",
        "javascript:alert(1)",
        "urn:orders",
        "https://orders.contoso.example/api#x",
    ],
)
async def test_nobody_is_called_what_is_not_theirs(office: Office, uri: str) -> None:
    await world.organization(office.house, "Fabrikam")
    with pytest.raises(Refused) as refused:
        await office.register("Sly", redirect_uris=(CALLBACK,), identifier_uris=(uri,))
    assert (refused.value.reason, refused.value.facts["property"]) == (Reason.BAD_VALUE, "identifierUris")


async def test_two_apps_are_not_called_the_same(office: Office, orders: Registered) -> None:
    with pytest.raises(Refused) as refused:
        await office.register("Second", redirect_uris=(CALLBACK,), identifier_uris=("api://Orders",))
    assert refused.value.reason is Reason.DUPLICATE_VALUE
    changes = {"identifier_uris": ["api://new"]}
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "app_id": orders.app.app_id, "by": operator()}
    await apps.update_app(office.house, changes=changes, **act)
    second = await office.register("Second", redirect_uris=(CALLBACK,), identifier_uris=("api://orders",))
    assert second.app.identifier_uris == ["api://orders"], "a name that was given up is free"
    with pytest.raises(Refused) as refused:
        await apps.update_app(office.house, changes={"identifier_uris": ["api://orders"]}, **act)
    assert (refused.value.reason, refused.value.facts["property"]) == (Reason.DUPLICATE_VALUE, "identifierUris")


async def test_a_scope_for_administrators_is_not_consented_to_by_people(office: Office, orders: Registered) -> None:
    act: dict[str, Any] = {
        "tenant_id": office.contoso.id,
        "app_id": await app_id(office, office.public_id),
        "user_id": office.adele.user_id,
        "by": world.at_portal(office.adele),
    }
    given = await consenting.consent(office.house, permissions=["api://orders/Orders.Read"], **act)
    assert "Orders.Read" in given
    with pytest.raises(Refused) as refused:
        await consenting.consent(office.house, permissions=["api://orders/Orders.Write"], **act)
    assert (refused.value.reason, refused.value.facts["why"]) == (Reason.NOT_ALLOWED, "administrator")


async def test_a_persons_own_consent_to_an_api_is_enough_and_ends_with_the_app(office: Office) -> None:
    api = await office.register(
        "Stock", redirect_uris=(CALLBACK,), identifier_uris=("api://stock",), api_scopes=(READ,)
    )
    await office.sign_in()
    response = await office.authorize(scope="openid api://stock/Orders.Read")
    assert response.headers["location"].startswith("/signin/consent")
    await consenting.consent(
        office.house,
        tenant_id=office.contoso.id,
        app_id=await app_id(office, office.public_id),
        user_id=office.adele.user_id,
        permissions=["api://stock/Orders.Read"],
        by=world.at_portal(office.adele),
    )
    told = await world.last_event(office.contoso)
    assert told.record["facts"]["scopes"] == [f"{api.app.client_id}/Orders.Read"]
    found = await office.tokens(scope="openid api://stock/Orders.Read")
    assert (await office.claims(found["access_token"]))["scp"] == "Orders.Read openid"
    await deleting_apps.delete_app(office.house, tenant_id=office.contoso.id, app_id=api.app.app_id, by=operator())
    again = await office.authorize(scope="openid api://stock/Orders.Read")
    assert "error=invalid_resource" in again.headers["location"]
