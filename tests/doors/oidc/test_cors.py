"""Pages in a browser: who may call from where, and what becomes of their refresh tokens."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.doors.oidc.conftest import ONE_DATABASE, SCOPE, Office, error_of
from vestibule.actions import apps, deleting_apps
from vestibule.actions.apps import Registered
from vestibule.rules.actors import operator

PAGE = "https://app.contoso.example"
SPA = f"{PAGE}/signed-in"
LOCAL = "http://localhost:5173/cb"
ALLOWED = "access-control-allow-origin"


@pytest.fixture
async def page(office: Office) -> Registered:
    """A confidential registration with pages in a browser."""
    return await office.register(
        "Page", redirect_uris=("https://server.contoso.example/",), spa_redirect_uris=(SPA, LOCAL)
    )


async def preflight(office: Office, origin: str, path: str = "oauth2/v2.0/token") -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-client-sku, bad header!",
    }
    return await office.http.options(office.at(path), headers=headers)


async def by_code(office: Office, page: Registered, origin: str, redirect: str = SPA) -> httpx.Response:
    await office.sign_in()
    code = await office.code(client_id=page.app.client_id, redirect_uri=redirect)
    office.http.headers["Origin"] = origin
    try:
        return await office.exchange(code, client_id=page.app.client_id, redirect_uri=redirect)
    finally:
        del office.http.headers["Origin"]


@pytest.mark.parametrize("origin", [PAGE, "https://APP.contoso.example", "http://localhost:5173", "http://localhost:9"])
async def test_a_registered_page_may_ask(office: Office, page: Registered, origin: str) -> None:
    response = await preflight(office, origin)
    assert response.status_code == 204
    assert response.headers[ALLOWED] == origin
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == "content-type, x-client-sku"
    assert "access-control-allow-credentials" not in response.headers
    assert "Origin" in response.headers["vary"]


@ONE_DATABASE
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://server.contoso.example",
        "http://app.contoso.example",
        "https://app.contoso.example:8443",
        "https://app.contoso.example.evil.example",
        "null",
        "",
        "https://app.contoso.example/signed-in",
        "x" * 5000,
    ],
)
async def test_any_other_page_may_not(office: Office, page: Registered, origin: str) -> None:
    assert ALLOWED not in (await preflight(office, origin)).headers
    assert ALLOWED not in (await by_code(office, page, origin)).headers
    for path in ("v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"):
        response = await office.http.get(office.at(path), headers={"Origin": origin})
        assert response.status_code == 200
        assert ALLOWED not in response.headers
        assert "Origin" in response.headers["vary"], "a cache keeps the answers apart"


async def test_metadata_keys_token_and_userinfo_are_read_by_the_page(office: Office, page: Registered) -> None:
    for path in ("v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"):
        assert (await office.http.get(office.at(path), headers={"Origin": PAGE})).headers[ALLOWED] == PAGE
    response = await by_code(office, page, PAGE)
    assert response.status_code == 200, response.text
    assert response.headers[ALLOWED] == PAGE
    token = response.json()["access_token"]
    headers = {"Origin": PAGE, "Authorization": f"Bearer {token}"}
    assert (await office.http.get("/oidc/userinfo", headers=headers)).headers[ALLOWED] == PAGE


async def test_one_apps_page_reads_no_other_apps_answer(office: Office, page: Registered) -> None:
    office.http.headers["Origin"] = PAGE
    form = {"grant_type": "client_credentials", "scope": "https://vestibule.example/.default"}
    response = await office.token(client_id=office.client_id, client_secret=office.secret, **form)
    assert response.status_code == 200
    assert ALLOWED not in response.headers


async def test_a_page_reads_its_errors(office: Office, page: Registered) -> None:
    office.http.headers["Origin"] = PAGE
    response = await office.exchange("nothing", client_id=page.app.client_id, redirect_uri=SPA)
    assert (error_of(response)[0], response.headers[ALLOWED]) == ("invalid_grant", PAGE)


async def test_an_origin_that_is_taken_away_may_not_any_more(office: Office, page: Registered) -> None:
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "app_id": page.app.app_id, "by": operator()}
    await apps.update_app(office.house, changes={"spa_redirect_uris": [LOCAL]}, **act)
    assert ALLOWED not in (await preflight(office, PAGE)).headers
    assert ALLOWED in (await preflight(office, "http://localhost:1")).headers
    await deleting_apps.delete_app(office.house, **act)
    assert ALLOWED not in (await preflight(office, "http://localhost:1")).headers


async def test_pages_need_a_proof_key(office: Office, page: Registered) -> None:
    await office.sign_in()
    response = await office.authorize(
        client_id=page.app.client_id, redirect_uri=SPA, code_challenge="", code_challenge_method=""
    )
    assert "error=invalid_request" in response.headers["location"]


async def test_a_pages_refresh_tokens_end_a_day_after_the_sign_in_however_often_they_rotate(
    office: Office, page: Registered
) -> None:
    found = (await by_code(office, page, PAGE)).json()
    assert found["refresh_token_expires_in"] == 24 * 3600
    own = {"client_id": page.app.client_id}
    office.push(timedelta(hours=12))
    second = (await office.refresh(found["refresh_token"], **own)).json()
    assert second["refresh_token_expires_in"] == 12 * 3600
    office.push(timedelta(hours=12))
    assert error_of(await office.refresh(second["refresh_token"], **own))[0] == "invalid_grant"


async def test_without_its_secret_a_confidential_app_is_only_its_pages(office: Office, page: Registered) -> None:
    await office.sign_in()
    server = "https://server.contoso.example/"
    code = await office.code(client_id=page.app.client_id, redirect_uri=server)
    response = await office.exchange(code, client_id=page.app.client_id, redirect_uri=server)
    assert error_of(response)[0] == "invalid_grant"
    assert page.secret is not None
    own = {"client_id": page.app.client_id, "client_secret": page.secret.text}
    code = await office.code(client_id=page.app.client_id, redirect_uri=server)
    found = (await office.exchange(code, redirect_uri=server, **own)).json()
    assert error_of(await office.refresh(found["refresh_token"], client_id=page.app.client_id))[0] == "invalid_grant"
    assert (await office.refresh(found["refresh_token"], **own)).status_code == 200, "and nothing was used up"


async def test_the_server_side_stays_signed_in_for_long(office: Office) -> None:
    await office.sign_in()
    found = await office.tokens(scope=SCOPE)
    assert found["refresh_token_expires_in"] == 30 * 24 * 3600
    office.push(timedelta(days=29))
    second = (await office.refresh(found["refresh_token"])).json()
    office.push(timedelta(days=29))
    assert (await office.refresh(second["refresh_token"])).status_code == 200, "30 days from each use"
