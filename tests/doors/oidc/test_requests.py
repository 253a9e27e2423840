"""Authorization requests: claims, hints, prompts, scopes; what is repeated, oversized or smuggled in."""

import asyncio
import base64
import hashlib
import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from soak.sign_in_breakages_protocol import (
    any_redirect_address,
    every_response_type,
    last_parameter_counts,
    parameters_not_counted,
    refresh_gives_what_is_consented,
    sizes_not_looked_at,
    way_back_has_a_say,
)
from tests.doors.oidc.conftest import CALLBACK, ONE_DATABASE, PASSWORD, SCOPE, VERIFIER, Office, answered, error_of
from tests.support import world
from tests.support.broken import broken
from tests.support.world import Place
from vestibule.actions import apps, assigning, assigning_groups, cross_tenant, group_members, grouping, signing_in
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.store import apps as kept_apps

XMS = json.dumps({"access_token": {"xms_cc": {"values": ["CP1"]}}})


async def id_claims(office: Office, **more: str) -> dict[str, Any]:
    found = await office.tokens(**more)
    return await office.claims(found["id_token"], "JWT")


# --- claims -----------------------------------------------------------------------------------------------------------


async def test_what_clients_of_the_platform_send_is_left_alone(office: Office) -> None:
    await office.sign_in()
    code = await office.code(claims=XMS)
    found = (await office.exchange(code, claims=XMS, client_info="1")).json()
    assert (await office.refresh(found["refresh_token"], claims=XMS)).status_code == 200


async def test_claims_asked_for_one_by_one(office: Office) -> None:
    await office.sign_in()
    without = await id_claims(office, scope="openid")
    assert "email" not in without
    assert "name" not in without
    wanted = {"id_token": {"auth_time": {"essential": True}, "email": None, "given_name": None, "acct": None}}
    with_them = await id_claims(office, scope="openid", claims=json.dumps(wanted))
    assert with_them["auth_time"] == int(office.house.clock.now().timestamp())
    assert (with_them["email"], with_them["given_name"], with_them["acct"]) == ("adele@contoso.example", "Adele", 0)


async def test_claims_need_the_consent_that_their_scope_needs(office: Office) -> None:
    app = await office.register("Shy", public=True, redirect_uris=(CALLBACK,), delegated_permissions=("openid",))
    await office.sign_in()
    wanted = json.dumps({"id_token": {"email": {"essential": True}}})
    found = await office.tokens(client_id=app.app.client_id, scope="openid", claims=wanted)
    assert "email" not in await office.claims(found["id_token"], "JWT")


@ONE_DATABASE
@pytest.mark.parametrize(
    "claims",
    ["{", "[]", "null", "7", '{"id_token":[]}', '{"id_token":{"email":7}}', '{"a":1,"a":2}', "[" * 50 + "]" * 50],
)
async def test_claims_that_are_none(office: Office, claims: str) -> None:
    await office.sign_in()
    back = answered(await office.authorize(claims=claims))
    assert back["error"] == "invalid_request"
    assert error_of(await office.exchange("x", claims=claims))[0] == "invalid_request"


async def test_an_essential_class_that_the_sign_in_does_not_have(office: Office) -> None:
    strong = json.dumps({"id_token": {"acr": {"essential": True, "values": ["1"]}}})
    await office.sign_in()
    assert (await id_claims(office, claims=strong))["acr"] == "1"
    guest = await world.guest(office.contoso, "guest@elsewhere.example")
    await office.sign_in_as(guest.person_id or "")
    assert answered(await office.authorize(claims=strong))["error"] == "unmet_authentication_requirements"
    voluntary = json.dumps({"id_token": {"acr": {"values": ["1"]}}})
    assert (await id_claims(office, claims=voluntary))["acr"] == "0"


async def test_a_certain_subject_or_nobody(office: Office) -> None:
    await office.sign_in()
    mine = (await id_claims(office))["sub"]
    for subject, error in ((mine, None), ("somebody else", "login_required")):
        wanted = json.dumps({"id_token": {"sub": {"value": subject}}})
        assert answered(await office.authorize(claims=wanted)).get("error") == error


# --- Hints and prompts ------------------------------------------------------------------------------------------------


async def test_hints_and_languages_wait_with_the_request_for_the_pages(office: Office) -> None:
    more: dict[str, Any] = {
        "login_hint": "adele@contoso.example",
        "domain_hint": "contoso.example",
        "ui_locales": "sv nl",
    }
    away = await office.authorize(claims=XMS, unknown="x", **more)
    handle = away.headers["location"].removeprefix("/signin?request=")
    browser = office.http.cookies.get("__Host-vestibule-browser") or ""
    kept = await signing_in.find(office.house, await office.house.store.read(), handle, browser)
    assert kept is not None
    assert kept.facts["email"] == "adele@contoso.example"
    waiting = kept.facts["authorize"]
    assert isinstance(waiting, dict)
    assert {name: waiting["given"][name] for name in more} == more
    assert waiting["given"]["claims"] == XMS
    assert "unknown" not in waiting["given"]


async def test_a_hint_of_somebody_else_asks_again(office: Office) -> None:
    await office.sign_in()
    mine = (await office.tokens())["id_token"]
    guest = await world.guest(office.contoso, "guest@elsewhere.example")
    await office.sign_in_as(guest.person_id or "")
    assert answered(await office.authorize(id_token_hint=mine, prompt="none"))["error"] == "login_required"
    assert (await office.authorize(id_token_hint=mine)).status_code == 303
    await office.sign_in()
    assert "code" in answered(await office.authorize(id_token_hint=mine, prompt="none"))
    forged = mine.rpartition(".")[0] + "." + "A" * 342
    assert "code" in answered(await office.authorize(id_token_hint=forged)), "what we did not sign means nothing"


@pytest.mark.parametrize("prompt", ["create", "select_account", "login"])
async def test_prompts_that_show_a_page(office: Office, prompt: str) -> None:
    await office.sign_in()
    away = await office.authorize(prompt=prompt)
    assert away.status_code == 303
    handle = away.headers["location"].removeprefix("/signin?request=")
    office.push(timedelta(seconds=1))
    await office.sign_in()
    assert "code" in answered(await office.http.get(f"/oauth2/resume?request={handle}"))


@pytest.mark.parametrize("prompt", ["none login", "none consent", "sometimes"])
async def test_prompts_that_contradict_themselves(office: Office, prompt: str) -> None:
    await office.sign_in()
    assert answered(await office.authorize(prompt=prompt))["error"] == "invalid_request"


async def test_consent_is_shown_once_when_the_app_insists(office: Office) -> None:
    away = await office.authorize(prompt="consent")
    handle = away.headers["location"].removeprefix("/signin?request=")
    await office.sign_in()
    page = await office.http.get(f"/oauth2/resume?request={handle}")
    assert page.headers["location"] == f"/signin/consent?request={handle}", "signing in is no consent"
    browser = office.http.cookies.get("__Host-vestibule-browser") or ""
    for declined in (True, False):
        kept = await signing_in.find(office.house, await office.house.store.read(), handle, browser)
        assert kept is not None
        await signing_in.note(office.house, kept, declined=declined)
        back = answered(await office.http.get(f"/oauth2/resume?request={handle}"))
        assert back.get("error") == ("access_denied" if declined else None)


async def test_max_age(office: Office) -> None:
    await office.sign_in()
    office.push(timedelta(seconds=100))
    assert "code" in answered(await office.authorize(max_age="100"))
    office.push(timedelta(seconds=1))
    assert answered(await office.authorize(max_age="100", prompt="none"))["error"] == "login_required"
    assert (await office.authorize(max_age="100")).status_code == 303


# --- Nothing but codes ------------------------------------------------------------------------------------------------


@ONE_DATABASE
@pytest.mark.parametrize(
    "kind",
    ["token", "id_token", "id_token token", "code id_token", "code token", "code id_token token", "none", "CODE"],
)
@broken(every_response_type, case="code token")
async def test_every_other_response_type_is_refused_on_every_path(office: Office, kind: str) -> None:
    await office.sign_in()
    for mode in ("", "fragment", "form_post"):
        response = await office.authorize(response_type=kind, response_mode=mode)
        assert "unsupported_response_type" in response.text + response.headers.get("location", "")
        assert "access_token" not in response.text + response.headers.get("location", "")
    form = {
        "client_id": office.public_id,
        "redirect_uri": CALLBACK,
        "response_type": kind,
        "scope": SCOPE,
    }
    posted = await office.http.post(office.at("oauth2/v2.0/authorize"), data=form)
    assert "unsupported_response_type" in posted.headers["location"]


@broken(way_back_has_a_say)
async def test_a_flow_cannot_be_changed_on_the_way(office: Office) -> None:
    away = await office.authorize()
    handle = away.headers["location"].removeprefix("/signin?request=")
    await office.sign_in()
    smuggled = {"request": handle, "response_type": "token", "redirect_uri": "https://evil.example/", "scope": "x"}
    back = await office.http.get("/oauth2/resume", params=smuggled)
    assert back.headers["location"].startswith(f"{CALLBACK}?code=")


@broken(any_redirect_address)
async def test_a_kept_request_is_checked_anew(office: Office) -> None:
    away = await office.authorize()
    handle = away.headers["location"].removeprefix("/signin?request=")
    await office.sign_in()
    app = await kept_apps.find_by_client_id(await office.house.store.read(), office.public_id)
    assert app is not None
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "app_id": app.app_id, "by": operator()}
    await apps.update_app(office.house, changes={"redirect_uris": ["https://moved.example/"]}, **act)
    moved = await office.http.get(f"/oauth2/resume?request={handle}")
    assert (moved.status_code, "location" in moved.headers) == (400, False)
    await apps.update_app(office.house, changes={"redirect_uris": [CALLBACK], "enabled": False}, **act)
    disabled = await office.http.get(f"/oauth2/resume?request={handle}")
    assert "AADSTS7000112" in disabled.text
    assert error_of(await office.token(grant_type="refresh_token", client_id=office.public_id, refresh_token="x")) == (
        "unauthorized_client",
        7000112,
    )


# --- Scopes -----------------------------------------------------------------------------------------------------------


@ONE_DATABASE
@pytest.mark.parametrize("alias", ["", "common", "organizations", "contoso.example"])
@pytest.mark.parametrize(
    "resource",
    [
        "https://vestibule.example",
        "https://vestibule.example/",
        "https://graph.microsoft.com",
        "00000003-0000-0000-c000-000000000000",
    ],
)
async def test_default_scope_in_every_spelling_at_every_address(office: Office, alias: str, resource: str) -> None:
    await office.sign_in()
    found = await office.tokens(tenant=alias, scope=f"{resource}/.default openid profile offline_access")
    assert set(found["scope"].split()) == {f"{resource}/User.Read", "openid", "profile", "offline_access"}
    assert (await office.userinfo(found["access_token"])).status_code == 200


@pytest.mark.parametrize(
    "spelt", ["User.Read", "https://vestibule.example/User.Read", "https://graph.microsoft.com/user.read"]
)
async def test_scopes_come_back_as_they_were_spelt(office: Office, spelt: str) -> None:
    await office.sign_in()
    found = await office.tokens(scope=f"{spelt} openid offline_access")
    assert spelt in found["scope"].split()
    again = (await office.refresh(found["refresh_token"], scope=f"{spelt} openid")).json()
    assert set(again["scope"].split()) == {spelt, "openid"}


@broken(refresh_gives_what_is_consented)
async def test_a_refresh_gives_no_more_than_was_granted(office: Office) -> None:
    await office.sign_in()
    found = await office.tokens(scope="openid offline_access")
    response = await office.refresh(found["refresh_token"], scope="User.Read")
    assert error_of(response) == ("invalid_grant", 65001)
    assert (await office.refresh(found["refresh_token"])).status_code == 200, "and nothing was used up"


@ONE_DATABASE
@pytest.mark.parametrize(
    ("scope", "error"),
    [
        ("openid Made.Up", "invalid_scope"),
        ("openid https://vestibule.example/Made.Up", "invalid_scope"),
        ("openid User.Read https://vault.example/x", "invalid_scope"),
        ('openid "quoted"', "invalid_scope"),
        ("openid \\x", "invalid_scope"),
        ("openid \x00", "invalid_scope"),
        ("openid /", "invalid_scope"),
        (".default", "invalid_scope"),
        ("x" * 5000, "invalid_scope"),
    ],
)
async def test_scopes_that_mean_nothing(office: Office, scope: str, error: str) -> None:
    await office.sign_in()
    assert answered(await office.authorize(scope=scope))["error"] == error


# --- Once, and small --------------------------------------------------------------------------------------------------


@broken(last_parameter_counts)
async def test_repeated_parameters(office: Office) -> None:
    authorize = office.at("oauth2/v2.0/authorize")
    both = await office.http.post(f"{authorize}?client_id={office.public_id}", data={"client_id": office.public_id})
    assert (both.status_code, "location" in both.headers) == (400, False)
    token = office.at("oauth2/v2.0/token")
    form = {"grant_type": "client_credentials", "client_id": office.client_id, "client_secret": office.secret}
    scope = {"scope": "https://vestibule.example/.default"}
    for query in ("client_id=x", f"client_id={office.client_id}", "grant_type=client_credentials"):
        response = await office.http.post(f"{token}?{query}", data=form | scope)
        assert error_of(response) == ("invalid_request", 9000411)
    in_address = {"grant_type": "client_credentials", "client_id": office.client_id}
    response = await office.http.post(f"{token}?client_secret={office.secret}", data=in_address | scope)
    assert error_of(response) == ("invalid_request", 9000411), "a secret in an address is in every log"
    assert (await office.http.post(f"{token}?x-client-sku=msal", data=form | scope)).status_code == 200
    twice = "&".join(f"{name}={value}" for name, value in form.items()) + "&client_id=other"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert error_of(await office.http.post(token, content=twice, headers=headers))[0] == "invalid_request"


async def long_query(office: Office, query: str) -> tuple[int, bool]:
    """The status, and whether it leads anywhere, of a request longer than clients can be made to send."""
    transport = office.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": office.at("oauth2/v2.0/authorize"),
        "query_string": query.encode(),
        "headers": [],
        "scheme": "https",
        "server": ("vestibule.example", 443),
        "client": ("192.0.2.7", 1),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await transport.app(scope, receive, send)
    return sent[0]["status"], any(name == b"location" for name, _ in sent[0]["headers"])


@ONE_DATABASE
@pytest.mark.parametrize("name", ["scope", "state", "nonce", "claims", "login_hint"])
@broken(sizes_not_looked_at, case="scope")
async def test_a_megabyte_is_refused_at_once(office: Office, name: str) -> None:
    giant = "x" * 1_000_000
    whole = {"client_id": office.public_id, "redirect_uri": CALLBACK, "response_type": "code"}
    began = time.process_time()
    found = await long_query(office, urlencode({**whole, name: giant}))
    spent = time.process_time() - began
    assert found == (400, False)
    assert spent < 0.5, "it is refused by its length, unread"
    for act in (
        office.http.post(office.at("oauth2/v2.0/authorize"), data={**whole, name: giant}),
        office.token(grant_type="authorization_code", client_id=office.public_id, **{name: giant}),
    ):
        response = await act
        assert (response.status_code, "location" in response.headers) == (400, False)
        assert "AADSTS90015" in response.text


@broken(parameters_not_counted)
async def test_ten_thousand_parameters_are_refused(office: Office) -> None:
    whole = {"client_id": office.public_id, "redirect_uri": CALLBACK, "response_type": "code"}
    few = urlencode(whole) + "&" + "&".join(f"p{number}=" for number in range(5_000))
    assert len(few) < 64 * 1024
    assert await long_query(office, few) == (400, False)
    query = "&".join(f"p{number}=" for number in range(10_000))
    assert await long_query(office, query) == (400, False)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (few, query):
        response = await office.http.post(office.at("oauth2/v2.0/token"), content=body, headers=headers)
        assert error_of(response)[0] == "invalid_request"
        assert error_of(response)[1] in {9002313, 90015}, "it is refused for their number"


@ONE_DATABASE
@pytest.mark.parametrize("body", [b"\xff=1", b"client_id=%ff", b'{"grant_type":"x"}'])
async def test_bodies_that_are_no_forms(office: Office, body: bytes) -> None:
    kind = "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
    response = await office.http.post(office.at("oauth2/v2.0/token"), content=body, headers={"Content-Type": kind})
    assert error_of(response)[0] == "invalid_request"


# --- Tokens -----------------------------------------------------------------------------------------------------------


async def test_the_id_token_is_bound_to_the_access_token(office: Office) -> None:
    await office.sign_in()
    found = await office.tokens()
    digest = hashlib.sha256(found["access_token"].encode()).digest()[:16]
    claims = await office.claims(found["id_token"], "JWT")
    assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert found["expires_in"] == found["ext_expires_in"] == 3600
    again = (await office.refresh(found["refresh_token"])).json()
    assert (await office.claims(again["id_token"], "JWT"))["at_hash"] != claims["at_hash"]
    assert "nonce" not in await office.claims(again["id_token"], "JWT"), "the nonce is for the first one alone"


async def test_a_verifier_may_hold_every_sign_and_be_long(office: Office) -> None:
    await office.sign_in()
    for verifier in ("~._-" * 32, "aZ09" * 11):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        code = await office.code(code_challenge=challenge)
        assert (await office.exchange(code, code_verifier=verifier)).status_code == 200
    assert len(VERIFIER) == 43


async def test_an_app_may_be_marked_to_need_a_proof_key(office: Office) -> None:
    app = await office.register("Careful", redirect_uris=(CALLBACK,), properties={"pkceRequired": True})
    await office.sign_in()
    plain = {"client_id": app.app.client_id, "code_challenge": "", "code_challenge_method": ""}
    assert answered(await office.authorize(**plain))["error"] == "invalid_request"
    assert "code" in answered(await office.authorize(client_id=app.app.client_id))


async def test_only_people_who_are_assigned_where_that_is_asked_for(office: Office) -> None:
    app = await office.register(
        "Few", public=True, redirect_uris=(CALLBACK,), requires_assignment=True, password_grant=True
    )
    await office.sign_in()
    own = {"client_id": app.app.client_id}
    assert answered(await office.authorize(**own))["error_description"].startswith("AADSTS50105")
    form = {"grant_type": "password", "username": "adele@contoso.example", "password": PASSWORD, "scope": "openid"}
    assert error_of(await office.token(**form, **own)) == ("invalid_grant", 50105)
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "by": operator()}
    held = await assigning.assign_app(office.house, app_id=app.app.app_id, user_id=office.adele.user_id, **act)
    found = await office.tokens(**own)
    await assigning.unassign_app(office.house, assignment_id=held.assignment_id, **act)
    assert error_of(await office.refresh(found["refresh_token"], **own)) == ("invalid_grant", 50105)


READER = {"id": "99999999-2222-3333-4444-555555555555", "value": "Task.Read", "displayName": "Readers"}
WRITER = {"id": "99999999-2222-3333-4444-555555555556", "value": "Task.Write", "displayName": "Writers"}


async def in_group(office: Office) -> dict[str, Any]:
    """A group that Adele is in: what names it, and who changes it."""
    new = NewGroup("Partners", "partners")
    here: dict[str, Any] = {"tenant_id": office.contoso.id, "by": operator()}
    made = await grouping.create_group(office.house, new, **here, member_ids=[office.adele.user_id])
    return {"group_id": made.group_id, **here}


async def test_who_is_in_an_assigned_group_gets_in_until_the_next_refresh_after_they_are_out(office: Office) -> None:
    app = await office.register(
        "Few",
        public=True,
        redirect_uris=(CALLBACK,),
        requires_assignment=True,
        password_grant=True,
        app_roles=(READER, WRITER),
    )
    await office.sign_in()
    own, group = {"client_id": app.app.client_id}, await in_group(office)
    form = {"grant_type": "password", "username": "adele@contoso.example", "password": PASSWORD, "scope": "openid"}
    assert answered(await office.authorize(**own))["error_description"].startswith("AADSTS50105")
    held = await assigning_groups.assign_group(office.house, app_id=app.app.app_id, app_role_id=READER["id"], **group)
    assert (await office.token(**form, **own)).status_code == 200
    found = await office.tokens(**own)
    assert (await office.claims(found["id_token"], "JWT"))["roles"] == ["Task.Read"]
    given = {"tenant_id": office.contoso.id, "app_id": app.app.app_id, "user_id": office.adele.user_id}
    mine = await assigning.assign_app(office.house, app_role_id=WRITER["id"], by=operator(), **given)
    both = (await office.refresh(found["refresh_token"], **own)).json()
    assert (await office.claims(both["id_token"], "JWT"))["roles"] == ["Task.Read", "Task.Write"]
    taken: dict[str, Any] = {"tenant_id": office.contoso.id, "by": operator()}
    await assigning.unassign_app(office.house, assignment_id=mine.assignment_id, **taken)
    again = (await office.refresh(both["refresh_token"], **own)).json()
    assert (await office.claims(again["id_token"], "JWT"))["roles"] == ["Task.Read"]

    await group_members.remove_member(office.house, user_id=office.adele.user_id, **group)
    assert error_of(await office.refresh(again["refresh_token"], **own)) == ("invalid_grant", 50105)
    assert error_of(await office.token(**form, **own)) == ("invalid_grant", 50105)
    await group_members.add_member(office.house, user_id=office.adele.user_id, **group)
    again = (await office.refresh(again["refresh_token"], **own)).json()
    await grouping.delete_group(office.house, **group)
    assert error_of(await office.refresh(again["refresh_token"], **own)) == ("invalid_grant", 50105)
    await grouping.restore_group(office.house, **group)
    again = (await office.refresh(again["refresh_token"], **own)).json()
    await assigning_groups.unassign_group(office.house, assignment_id=held.assignment_id, **taken)
    assert error_of(await office.refresh(again["refresh_token"], **own)) == ("invalid_grant", 50105)


async def test_a_member_who_is_taken_out_while_a_token_is_asked_for_gets_none_afterwards(office: Office) -> None:
    app = await office.register("Few", public=True, redirect_uris=(CALLBACK,), requires_assignment=True)
    await office.sign_in()
    own, group = {"client_id": app.app.client_id}, await in_group(office)
    await assigning_groups.assign_group(office.house, app_id=app.app.app_id, **group)
    found = await office.tokens(**own)
    member = {"user_id": office.adele.user_id, **group}
    for _ in range(6):
        asked, _out = await asyncio.gather(
            office.refresh(found["refresh_token"], **own), group_members.remove_member(office.house, **member)
        )
        if asked.status_code == 200:
            found = asked.json()
        else:
            assert error_of(asked) == ("invalid_grant", 50105)
        assert error_of(await office.refresh(found["refresh_token"], **own)) == ("invalid_grant", 50105)
        await group_members.add_member(office.house, **member)
    assert (await office.refresh(found["refresh_token"], **own)).status_code == 200


# --- Direct connect ---------------------------------------------------------------------------------------------------


async def shared(office: Office, place: Place, client_id: str) -> None:
    """Contoso lets its people out to an organization, which lets them in to one app."""

    def access(target: str, kind: str) -> dict[str, Any]:
        return {"accessType": "allowed", "targets": [{"target": target, "targetType": kind}]}

    everybody = access("AllUsers", "user")
    inward = {"usersAndGroups": everybody, "applications": access(client_id, "application")}
    outward = {"usersAndGroups": everybody, "applications": access("AllApplications", "application")}
    for here, there, way, setting in (
        (place.id, office.contoso.id, "b2bDirectConnectInbound", inward),
        (office.contoso.id, place.id, "b2bDirectConnectOutbound", outward),
    ):
        await cross_tenant.set_partner(
            office.house, tenant_id=here, partner_id=there, changes={way: setting}, by=operator()
        )


async def test_an_app_shared_by_direct_connect_lets_people_in_and_no_other_app_does(office: Office) -> None:
    tailspin = await world.organization(office.house, "Tailspin")
    boards = await office.register("Boards", tailspin, public=True, redirect_uris=(CALLBACK,))
    other = await office.register("Other", tailspin, public=True, redirect_uris=(CALLBACK,))
    await office.sign_in()
    there = {"tenant": tailspin.id}
    before = answered(await office.authorize(**there, client_id=boards.app.client_id))
    assert before["error_description"].startswith("AADSTS50020")
    await shared(office, tailspin, boards.app.client_id)
    found = await office.tokens(**there, client_id=boards.app.client_id)
    claims = await office.claims(found["access_token"])
    assert (claims["tid"], claims["name"], claims["acct"]) == (tailspin.id, "Adele Vance", 1)
    closed = answered(await office.authorize(**there, client_id=other.app.client_id))
    assert closed["error_description"].startswith("AADSTS50105")
    forbidden = {"b2bDirectConnectOutbound": {"usersAndGroups": {"accessType": "blocked", "targets": [
        {"target": "AllUsers", "targetType": "user"}]}, "applications": {"accessType": "blocked", "targets": [
        {"target": "AllApplications", "targetType": "application"}]}}}  # fmt: skip
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "partner_id": tailspin.id, "by": operator()}
    await cross_tenant.set_partner(office.house, changes=forbidden, **act)
    again = await office.refresh(found["refresh_token"], **there, client_id=boards.app.client_id)
    assert error_of(again)[0] == "access_denied", "the home organization closed the way"
