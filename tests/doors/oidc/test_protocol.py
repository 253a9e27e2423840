"""Metadata, authorize, token, userinfo and logout, on both databases."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from soak.sign_in_breakages import clock_forgotten, no_proof_key
from soak.sign_in_breakages_protocol import (
    any_redirect_address,
    code_of_any_address,
    ending_ends_nothing,
    token_outlives_its_account,
)
from tests.doors.oidc.conftest import CALLBACK, CHALLENGE, Office, answered, error_of
from tests.support.broken import broken
from vestibule.actions.directory_users import revoke_sign_in_sessions
from vestibule.actions.switching import disable, enable
from vestibule.ground import signing
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator


async def tokens(office: Office) -> dict[str, Any]:
    await office.sign_in()
    response = await office.exchange(await office.code())
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


# --- Metadata -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["id", "contoso.example", "CONTOSO.example"])
async def test_metadata_by_id_or_domain_names_the_id(office: Office, word: str) -> None:
    tenant = office.contoso.id if word == "id" else word
    response = await office.http.get(f"/{tenant}/V2.0/.Well-Known/openid-configuration")
    found = response.json()
    assert found["issuer"] == f"https://vestibule.example/{office.contoso.id}/v2.0"
    assert found["token_endpoint"] == f"https://vestibule.example/{office.contoso.id}/oauth2/v2.0/token"
    assert "password" not in found["grant_types_supported"]


async def test_aliases_have_the_template_as_issuer(office: Office) -> None:
    for alias in ("common", "organizations"):
        found = (await office.http.get(f"/{alias}/v2.0/.well-known/openid-configuration")).json()
        assert found["issuer"] == "https://vestibule.example/{tenantid}/v2.0"
    found = (await office.http.get("/consumers/v2.0/.well-known/openid-configuration")).json()
    assert found["issuer"] == "https://vestibule.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"


async def test_an_unknown_organization_is_invalid_tenant(office: Office) -> None:
    for word in ("nowhere.example", "00000000-0000-4000-8000-000000000000", "!!"):
        response = await office.http.get(f"/{word}/v2.0/.well-known/openid-configuration")
        assert response.status_code == 400
        assert error_of(response) == ("invalid_tenant", 90002)


async def test_both_algorithms_are_in_the_keys_and_nothing_private_is(office: Office) -> None:
    keys = (await office.http.get(f"/{office.contoso.id}/discovery/v2.0/keys")).json()["keys"]
    assert {key["alg"] for key in keys} == {"ES256", "RS256"}
    assert not {"d", "p", "q"} & {member for key in keys for member in key}


async def test_unknown_paths_and_methods(office: Office) -> None:
    assert (await office.http.get("/nothing/here")).status_code == 404
    response = await office.http.delete(f"/{office.contoso.id}/oauth2/v2.0/token")
    assert (response.status_code, response.headers["allow"]) == (405, "OPTIONS, POST")


# --- Authorize ------------------------------------------------------------------------------------------------


async def test_nobody_signed_in_goes_to_the_sign_in_page_and_comes_back(office: Office) -> None:
    away = await office.authorize()
    assert away.status_code == 303
    handle = away.headers["location"].removeprefix("/signin?request=")
    assert len(handle) > 20
    await office.sign_in()
    back = answered(await office.http.get(f"/oauth2/resume?request={handle}"))
    assert back["state"] == "the state"
    assert back["iss"] == f"https://vestibule.example/{office.contoso.id}/v2.0"
    assert (await office.exchange(back["code"])).status_code == 200


async def test_a_handle_works_only_in_the_browser_that_began(office: Office) -> None:
    away = await office.authorize()
    handle = away.headers["location"].removeprefix("/signin?request=")
    office.http.cookies.clear()
    await office.sign_in()
    response = await office.http.get(f"/oauth2/resume?request={handle}")
    assert response.status_code == 400
    assert "location" not in response.headers


@pytest.mark.parametrize(
    "more",
    [
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": "http://localhost:5000/cb/"},
        {"redirect_uri": "http://localhost:5000/CB"},
        {"redirect_uri": ""},
        {"client_id": "11111111-1111-4111-8111-111111111111"},
        {"client_id": ""},
    ],
)
async def test_nothing_is_sent_to_an_address_that_is_not_the_apps(office: Office, more: dict[str, str]) -> None:
    await office.sign_in()
    response = await office.authorize(**more)
    assert response.status_code == 400
    assert "location" not in response.headers
    assert "AADSTS" in response.text


@pytest.mark.parametrize("port", ["1", "49152"])
async def test_a_loopback_port_is_free(office: Office, port: str) -> None:
    await office.sign_in()
    assert "code" in answered(await office.authorize(redirect_uri=f"http://localhost:{port}"))


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "https://vault.example/.default"}, "invalid_resource"),
        ({"prompt": "sometimes"}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"max_age": "-1"}, "invalid_request"),
    ],
)
async def test_the_app_is_told_what_is_wrong_with_its_request(office: Office, more: dict[str, str], error: str) -> None:
    await office.sign_in()
    back = answered(await office.authorize(**more))
    assert back["error"] == error
    assert back["state"] == "the state"


async def test_a_silent_request_without_a_session_is_login_required(office: Office) -> None:
    assert answered(await office.authorize(prompt="none"))["error"] == "login_required"


async def test_prompt_login_asks_again_although_somebody_is_signed_in(office: Office) -> None:
    await office.sign_in()
    assert (await office.authorize(prompt="login")).status_code == 303


async def test_a_repeated_parameter_and_a_giant_one_are_refused(office: Office) -> None:
    path = f"/{office.contoso.id}/oauth2/v2.0/authorize"
    twice = await office.http.get(f"{path}?client_id=a&client_id=b&redirect_uri=c")
    assert twice.status_code == 400
    giant = await office.http.get(path, params={"state": "x" * 20_000})
    assert giant.status_code == 400
    assert "location" not in giant.headers


async def test_form_post_is_a_form_with_the_escaped_answer(office: Office) -> None:
    await office.sign_in()
    response = await office.authorize(response_mode="form_post", state='"><script>alert(1)</script>')
    assert response.status_code == 200
    assert "<script>alert" not in response.text
    assert f'action="{CALLBACK}"' in response.text
    assert "form-action 'self' http://localhost:5000" in response.headers["content-security-policy"]


async def test_a_scope_that_nobody_consented_to_goes_to_the_consent_page(office: Office) -> None:
    await office.sign_in()
    response = await office.authorize(scope="openid User.Read.All")
    assert response.status_code == 303
    assert response.headers["location"].startswith("/signin/consent?request=")
    silent = answered(await office.authorize(scope="openid User.Read.All", prompt="none"))
    assert silent["error"] == "consent_required"


# --- Token ----------------------------------------------------------------------------------------------------


async def test_the_tokens_of_a_code(office: Office) -> None:
    found = await tokens(office)
    assert found["token_type"] == "Bearer"
    assert set(found["scope"].split()) == {"openid", "profile", "email", "offline_access", "User.Read"}
    await office.ring.reload()
    claims = signing.verify(found["id_token"], office.ring.public_keys, algorithms=frozenset({"RS256"}), typ="JWT")
    assert claims["iss"] == f"https://vestibule.example/{office.contoso.id}/v2.0"
    assert (claims["aud"], claims["nonce"], claims["tid"]) == (office.public_id, "the nonce", office.contoso.id)
    assert (claims["oid"], claims["preferred_username"]) == (office.adele.user_id, "adele@contoso.example")
    info = (await office.userinfo(found["access_token"])).json()
    assert info["sub"] == claims["sub"]
    assert info["name"] == "Adele Vance"


async def test_a_code_works_once_and_its_second_use_revokes_what_the_first_gave(office: Office) -> None:
    await office.sign_in()
    code = await office.code()
    first = (await office.exchange(code)).json()
    assert (await office.userinfo(first["access_token"])).status_code == 200
    assert error_of(await office.exchange(code)) == ("invalid_grant", 54005)
    assert (await office.userinfo(first["access_token"])).status_code == 401
    assert error_of(await office.refresh(first["refresh_token"]))[0] == "invalid_grant"


async def test_fifty_parallel_exchanges_of_one_code_give_one_family_at_most(office: Office) -> None:
    await office.sign_in()
    code = await office.code()
    answers = await asyncio.gather(*(office.exchange(code) for _ in range(50)))
    (good,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert {error_of(answer)[0] for answer in answers if answer.status_code != 200} == {"invalid_grant"}
    assert (await office.userinfo(good["access_token"])).status_code == 401, "the others ended what it led to"
    assert error_of(await office.refresh(good["refresh_token"]))[0] == "invalid_grant"


async def test_fifty_parallel_refreshes_rotate_once_and_reuse_ends_the_family(office: Office) -> None:
    found = await tokens(office)
    answers = await asyncio.gather(*(office.refresh(found["refresh_token"]) for _ in range(50)))
    good = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(good) == 1
    assert error_of(await office.refresh(good[0]["refresh_token"]))[0] == "invalid_grant"
    for given in (found, good[0]):
        assert (await office.userinfo(given["access_token"])).status_code == 401


@pytest.mark.parametrize(
    "more",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "http://localhost:5000/other"},
        {"code": "unknown"},
    ],
)
@broken(no_proof_key, case="more0")
@broken(code_of_any_address, case="more2")
async def test_a_code_is_bound_to_its_request(office: Office, more: dict[str, str]) -> None:
    await office.sign_in()
    code = await office.code()
    rest = {name: value for name, value in more.items() if name != "code"}
    response = await office.exchange(more.get("code", code), **rest)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_grant"


async def test_a_code_of_another_app_is_refused(office: Office) -> None:
    await office.sign_in()
    code = await office.code()
    response = await office.exchange(code, client_id=office.client_id, client_secret=office.secret)
    assert response.json()["error"] == "invalid_grant"


async def test_a_confidential_app_may_leave_pkce_out_but_not_downgrade(office: Office) -> None:
    await office.sign_in()
    plain = {"client_id": office.client_id, "code_challenge": "", "code_challenge_method": ""}
    code = await office.code(**plain)
    own = {"client_id": office.client_id, "client_secret": office.secret}
    assert (await office.exchange(code, code_verifier="", **own)).status_code == 200
    code = await office.code(client_id=office.client_id)
    response = await office.exchange(code, code_verifier="", **own)
    assert response.json()["error"] == "invalid_grant"


@broken(clock_forgotten)
async def test_a_code_lives_a_minute(office: Office) -> None:
    await office.sign_in()
    code = await office.code()
    assert isinstance(office.house.clock, StoppedClock)
    office.house.clock.advance(timedelta(seconds=60))
    assert error_of(await office.exchange(code))[0] == "invalid_grant"


async def test_client_credentials(office: Office) -> None:
    asked = {"grant_type": "client_credentials", "client_id": office.client_id, "client_secret": office.secret}
    claims: dict[str, Any] = {}
    for scope in (
        "https://vestibule.example/.default",
        "https://vestibule.example//.default",
        "https://graph.microsoft.com/.default",
        "00000003-0000-0000-c000-000000000000/.default",
    ):
        response = await office.token(scope=scope, client_info="1", **asked)
        assert response.status_code == 200, response.text
        assert "refresh_token" not in response.json()
        token = response.json()["access_token"]
        claims = await office.ring.verify(token, algorithms=frozenset({"ES256"}), typ="at+jwt")
    assert (claims["idtyp"], claims["roles"], claims["appid"]) == ("app", ["User.Read.All"], office.client_id)
    assert claims["app_displayname"] == "Portal"


async def test_client_authentication(office: Office) -> None:
    ask = {"grant_type": "client_credentials", "scope": "https://vestibule.example/.default"}
    path = f"/{office.contoso.domain}/oauth2/v2.0/token"
    basic = await office.http.post(path, data=ask, auth=(office.client_id, office.secret))
    assert basic.status_code == 200
    for wrong in ("", "wrong", office.secret + "x", office.secret[:-1]):
        response = await office.http.post(path, data=ask | {"client_id": office.client_id, "client_secret": wrong})
        assert response.status_code == 401
        assert response.json()["error"] == "invalid_client"
        assert "www-authenticate" in response.headers
    assert error_of(await office.token(client_id="nobody", **ask))[0] == "unauthorized_client"


@pytest.mark.parametrize("grant", ["password", "implicit", "urn:ietf:params:oauth:grant-type:saml2-bearer", "x"])
async def test_other_grants_are_unsupported(office: Office, grant: str) -> None:
    response = await office.token(
        grant_type=grant, client_id=office.public_id, username="adele@contoso.example", password="x"
    )
    assert error_of(response)[0] == "unsupported_grant_type"


async def test_the_scope_is_echoed_as_it_was_spelt(office: Office) -> None:
    await office.sign_in()
    spelt = "https://vestibule.example/User.Read openid"
    code = await office.code(scope=spelt)
    assert set((await office.exchange(code)).json()["scope"].split()) == set(spelt.split())


# --- The end of access ----------------------------------------------------------------------------------------


@broken(ending_ends_nothing, token_outlives_its_account)
async def test_disabling_signing_out_everywhere_and_the_clock_end_what_was_given(office: Office) -> None:
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "user_id": office.adele.user_id, "by": operator()}
    first = await tokens(office)
    await disable(office.house, **act)
    assert (await office.userinfo(first["access_token"])).status_code == 401
    assert error_of(await office.refresh(first["refresh_token"]))[0] == "invalid_grant"
    await enable(office.house, **act)
    assert (await office.userinfo(first["access_token"])).status_code == 401, "enabling revives nothing"
    second = await tokens(office)
    assert (await office.userinfo(second["access_token"])).status_code == 200
    await revoke_sign_in_sessions(office.house, **act)
    assert (await office.userinfo(second["access_token"])).status_code == 401
    third = await tokens(office)
    assert isinstance(office.house.clock, StoppedClock)
    office.house.clock.advance(timedelta(hours=1))
    assert (await office.userinfo(third["access_token"])).status_code == 401


async def test_a_token_that_was_changed_or_is_none_is_refused(office: Office) -> None:
    found = await tokens(office)
    head, body, tail = found["access_token"].split(".")
    flipped = tail[:-2] + ("AA" if tail[-2:] != "AA" else "BB")
    for token in ("", "x", f"{head}.{body}.", f"{head}.{body}.{flipped}", found["id_token"]):
        response = await office.userinfo(token)
        assert response.status_code == 401
        assert "Bearer" in response.headers["www-authenticate"]


@broken(any_redirect_address)
async def test_logout_goes_only_to_a_registered_address(office: Office) -> None:
    found = await tokens(office)
    path = f"/{office.contoso.id}/oauth2/v2.0/logout"
    foreign = {"post_logout_redirect_uri": "https://evil.example/", "id_token_hint": found["id_token"]}
    assert (await office.http.get(path, params=foreign)).headers["location"] == "/signed-out"
    await office.sign_in()
    found = (await office.exchange(await office.code())).json()
    hinted = {"post_logout_redirect_uri": CALLBACK, "id_token_hint": found["id_token"], "state": "s"}
    away = await office.http.get(path, params=hinted)
    assert away.headers["location"] == f"{CALLBACK}?state=s"
    assert answered(await office.authorize(prompt="none"))["error"] == "login_required"


async def test_instance_discovery_and_the_user_realm(office: Office) -> None:
    own = f"https://vestibule.example/{office.contoso.id}/oauth2/v2.0/authorize"
    found = await office.http.get("/common/discovery/instance", params={"authorization_endpoint": own})
    assert found.json()["tenant_discovery_endpoint"].endswith("/v2.0/.well-known/openid-configuration")
    foreign = await office.http.get(
        "/common/discovery/instance", params={"authorization_endpoint": "https://evil.example/x/authorize"}
    )
    assert error_of(foreign) == ("invalid_instance", 50049)
    realm = await office.http.get("/common/userrealm/adele%40contoso.example")
    assert realm.json()["account_type"] == "Managed"
    assert (await office.http.get("/common/userrealm/who%40nowhere.example")).status_code == 404


async def test_answers_are_not_stored(office: Office) -> None:
    found = await tokens(office)
    assert CHALLENGE not in msgspec.json.encode(found).decode()
    response = await office.userinfo(found["access_token"])
    assert response.headers["cache-control"] == "no-store"
