"""Introspection (RFC 7662) and revocation (RFC 7009), on both databases."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from soak.sign_in_breakages_protocol import token_outlives_its_account
from tests.doors.oidc.conftest import CALLBACK, SCOPE, Office, error_of
from tests.support import world
from tests.support.broken import broken
from vestibule.actions import consenting
from vestibule.actions.directory_users import revoke_sign_in_sessions
from vestibule.actions.leaving import leave
from vestibule.actions.switching import disable
from vestibule.rules.actors import operator
from vestibule.store import apps as kept_apps

READ = {"id": "11111111-2222-4333-8444-555555555555", "value": "read"}
PLAIN = {"code_challenge": "", "code_challenge_method": ""}


async def mine(office: Office, scope: str = SCOPE) -> dict[str, Any]:
    """Tokens of the confidential app."""
    await office.sign_in()
    code = await office.code(client_id=office.client_id, scope=scope, **PLAIN)
    response = await office.exchange(code, client_id=office.client_id, client_secret=office.secret, code_verifier="")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def ask(office: Office, endpoint: str, token: str, **more: str) -> httpx.Response:
    form = {"client_id": office.client_id, "client_secret": office.secret, "token": token} | more
    given = {name: value for name, value in form.items() if value}
    return await office.http.post(office.at(f"oauth2/v2.0/{endpoint}"), data=given)


async def is_active(office: Office, token: str, **more: str) -> bool:
    response = await ask(office, "introspect", token, **more)
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["active"] or body == {"active": False}, "nothing is said about what is worth nothing"
    return bool(body["active"])


async def test_what_is_said_of_a_token(office: Office) -> None:
    found = await mine(office)
    said = (await ask(office, "introspect", found["access_token"])).json()
    assert said["active"] is True
    assert (said["client_id"], said["tid"], said["oid"]) == (office.client_id, office.contoso.id, office.adele.user_id)
    assert (said["token_type"], said["username"]) == ("Bearer", "adele@contoso.example")
    assert set(said["scope"].split()) == set(SCOPE.split())
    assert said["exp"] - said["iat"] == 3600
    assert not [name for name in said if name.startswith("v_")], "our own bookkeeping stays our own"
    refresh = (await ask(office, "introspect", found["refresh_token"], token_type_hint="access_token")).json()
    assert (refresh["active"], refresh["token_type"]) == (True, "refresh_token")


async def test_only_apps_that_can_prove_it_ask_and_only_about_their_own(office: Office) -> None:
    found = await mine(office)
    for more in (
        {"client_id": office.public_id, "client_secret": ""},
        {"client_secret": ""},
        {"client_secret": "wrong"},
    ):
        assert (await ask(office, "introspect", found["access_token"], **more)).status_code == 401
    other = await office.register("Other", redirect_uris=(CALLBACK,))
    assert other.secret is not None
    theirs = {"client_id": other.app.client_id, "client_secret": other.secret.text}
    for name in ("access_token", "refresh_token"):
        assert await is_active(office, found[name])
        assert not await is_active(office, found[name], **theirs)
    for nonsense in ("x", "a.b.c", found["id_token"], found["refresh_token"][:-1]):
        assert not await is_active(office, nonsense)
    assert error_of(await ask(office, "introspect", "")) == ("invalid_request", 900144)


async def test_an_api_learns_about_the_tokens_for_it(office: Office) -> None:
    api = await office.register("Api", redirect_uris=(CALLBACK,), api_scopes=(READ,))
    client = await kept_apps.find_by_client_id(await office.house.store.read(), office.client_id)
    assert client is not None
    await consenting.consent_for_everybody(
        office.house,
        tenant_id=office.contoso.id,
        app_id=client.app_id,
        permissions=[f"api://{api.app.client_id}/read"],
        by=operator(),
    )
    found = await mine(office, f"openid api://{api.app.client_id}/read")
    assert api.secret is not None
    said = await ask(
        office, "introspect", found["access_token"], client_id=api.app.client_id, client_secret=api.secret.text
    )
    assert (said.json()["active"], said.json()["aud"]) == (True, api.app.client_id)


async def test_an_apps_own_token_ends_with_its_time(office: Office) -> None:
    form = {"grant_type": "client_credentials", "scope": "https://vestibule.example/.default"}
    own = (await office.token(client_id=office.client_id, client_secret=office.secret, **form)).json()["access_token"]
    said = (await ask(office, "introspect", own)).json()
    assert (said["active"], said["idtyp"], said["roles"]) == (True, "app", ["User.Read.All"])
    assert error_of(await ask(office, "revoke", own))[0] == "unsupported_token_type"
    office.push(timedelta(hours=1))
    assert not await is_active(office, own)


@pytest.mark.parametrize("end", ["disable", "everywhere", "rotate", "revoke", "time"])
async def test_what_has_ended_is_not_active(office: Office, end: str) -> None:
    found = await mine(office)
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "user_id": office.adele.user_id, "by": operator()}
    own = {"client_id": office.client_id, "client_secret": office.secret}
    if end == "disable":
        await disable(office.house, **act)
    elif end == "everywhere":
        await revoke_sign_in_sessions(office.house, **act)
    elif end == "rotate":
        assert (await office.refresh(found["refresh_token"], **own)).status_code == 200
        assert not await is_active(office, found["refresh_token"])
        assert await is_active(office, found["access_token"])
        return
    elif end == "revoke":
        assert (await ask(office, "revoke", found["access_token"])).status_code == 200
    else:
        office.push(timedelta(days=90))
    for name in ("access_token", "refresh_token"):
        assert not await is_active(office, found[name])


@broken(token_outlives_its_account)
async def test_a_token_is_dead_at_introspection_on_the_next_request_after_a_leave(office: Office) -> None:
    fabrikam = await world.organization(office.house, "Fabrikam")
    guest = await office.adele_at(fabrikam)
    app = await office.register("There", fabrikam, redirect_uris=(CALLBACK,))
    assert app.secret is not None
    own = {"client_id": app.app.client_id, "client_secret": app.secret.text}
    await office.sign_in()
    code = await office.code(tenant=fabrikam.id, client_id=app.app.client_id, **PLAIN)
    there = (await office.exchange(code, tenant=fabrikam.id, code_verifier="", **own)).json()["access_token"]
    path = office.at("oauth2/v2.0/introspect", fabrikam.id)
    assert (await office.http.post(path, data=own | {"token": there})).json()["active"] is True
    await leave(office.house, tenant_id=fabrikam.id, by=world.at_portal(guest), key="key")
    assert (await office.http.post(path, data=own | {"token": there})).json() == {"active": False}


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
async def test_revoking_either_ends_both(office: Office, name: str) -> None:
    found = await mine(office)
    assert (await ask(office, "revoke", found[name])).status_code == 200
    assert (await office.userinfo(found["access_token"])).status_code == 401
    own = {"client_id": office.client_id, "client_secret": office.secret}
    assert error_of(await office.refresh(found["refresh_token"], **own))[0] == "invalid_grant"
    assert (await ask(office, "revoke", found[name])).status_code == 200, "again, and what was never there"
    assert (await ask(office, "revoke", "nothing")).status_code == 200


async def test_nobody_revokes_another_apps_token(office: Office) -> None:
    found = await mine(office)
    for name in ("access_token", "refresh_token"):
        response = await ask(office, "revoke", found[name], client_id=office.public_id, client_secret="")
        assert error_of(response)[0] == "unauthorized_client"
        assert (await ask(office, "revoke", found[name], client_secret="")).status_code == 401
    assert (await office.userinfo(found["access_token"])).status_code == 200


async def test_a_public_app_ends_its_own(office: Office) -> None:
    await office.sign_in()
    found = await office.tokens()
    response = await ask(office, "revoke", found["refresh_token"], client_id=office.public_id, client_secret="")
    assert (response.status_code, response.content) == (200, b"")
    assert (await office.userinfo(found["access_token"])).status_code == 401


async def test_metadata_names_both(office: Office) -> None:
    found = (await office.http.get(office.at("v2.0/.well-known/openid-configuration"))).json()
    base = f"https://vestibule.example/{office.contoso.id}/oauth2/v2.0"
    assert found["introspection_endpoint"] == f"{base}/introspect"
    assert found["revocation_endpoint"] == f"{base}/revoke"
    assert found["device_authorization_endpoint"] == f"{base}/devicecode"
    assert "none" not in found["introspection_endpoint_auth_methods_supported"]
    assert "private_key_jwt" in found["token_endpoint_auth_methods_supported"]


async def test_userinfo_is_about_a_person_and_asks_for_openid(office: Office) -> None:
    form = {"grant_type": "client_credentials", "scope": "https://vestibule.example/.default"}
    own = (await office.token(client_id=office.client_id, client_secret=office.secret, **form)).json()["access_token"]
    response = await office.userinfo(own)
    assert (response.status_code, error_of(response)[0]) == (403, "insufficient_scope")
    await office.sign_in()
    plain = await office.tokens(scope="User.Read")
    assert (await office.userinfo(plain["access_token"])).status_code == 403
    full = (await office.userinfo((await office.tokens())["access_token"])).json()
    assert (full["given_name"], full["family_name"]) == ("Adele", "Vance")
