"""The emulator's clock is pushed by thirty days: every sign-in from before is dead, every client still signs in.

Over HTTP, on both databases, with the demo organizations: nothing is registered anew, no secret is renewed.
"""

from typing import Any

import httpx
import pytest

from soak.sign_in_breakages import clock_forgotten
from tests.stories.test_a_guests_life import Demo, Program
from tests.stories.test_a_guests_life import database as database
from tests.stories.test_a_guests_life import demo as demo
from tests.support.broken import broken
from tests.support.houses import KINDS, PUBLIC_URL
from vestibule.demo import cast

pytestmark = pytest.mark.parametrize("database", KINDS, indirect=True)

FABRIKAM, CONTOSO = "fabrikam", "contoso"


async def _me(demo: Demo, bearer: str) -> httpx.Response:
    return await Program(demo.app, bearer).ask("GET", "/v1.0/me")


async def _ask(demo: Demo, method: str, path: str, **more: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=demo.app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
        return await http.request(method, path, **more)


@broken(clock_forgotten)
async def test_every_sign_in_from_before_is_dead_and_the_same_clients_sign_in(demo: Demo) -> None:
    browser = await demo.adele()
    at_home, as_guest = await demo.tokens(browser, CONTOSO), await demo.tokens(browser, FABRIKAM)
    program = await demo.program(CONTOSO)
    for given in (at_home, as_guest):
        assert (await _me(demo, given["access_token"])).status_code == 200
    assert (await program.ask("GET", "/v1.0/users?$top=1")).status_code == 200
    assert (await browser.open("/myaccount/organizations")).h1 == "Organizations"

    await demo.push("P30D")

    assert (await browser.open("/myaccount/organizations")).h1 == "Sign in"
    assert (await program.ask("GET", "/v1.0/users?$top=1")).status_code == 401
    for key, given in ((CONTOSO, at_home), (FABRIKAM, as_guest)):
        bearer = {"Authorization": f"Bearer {given['access_token']}"}
        assert (await _me(demo, given["access_token"])).status_code == 401
        assert (await _ask(demo, "GET", "/oidc/userinfo", headers=bearer)).status_code == 401
        here = demo.tenant(key)
        own = {"client_id": here["app"]["clientId"], "client_secret": here["app"]["clientSecret"]}
        told = await _ask(
            demo, "POST", f"/{here['id']}/oauth2/v2.0/introspect", data={"token": given["access_token"], **own}
        )
        assert told.json() == {"active": False}
        renewal = await demo.token(key, grant_type="refresh_token", refresh_token=given["refresh_token"])
        assert renewal["error"] == "invalid_grant"

    again = await demo.adele()
    for key in (CONTOSO, FABRIKAM):
        fresh = await demo.tokens(again, key)
        assert (await _me(demo, fresh["access_token"])).status_code == 200
        refreshed = await demo.token(key, grant_type="refresh_token", refresh_token=fresh["refresh_token"])
        assert (await _me(demo, refreshed["access_token"])).status_code == 200
        users = await (await demo.program(key)).ask("GET", "/v1.0/users?$top=1")
        assert users.status_code == 200
    assert (await again.open("/myaccount/organizations")).h1 == "Organizations"


async def test_refresh_tokens_of_members_live_thirty_days_from_their_last_use_and_no_longer(demo: Demo) -> None:
    given = await demo.tokens(await demo.adele(), CONTOSO)
    for _ in range(2):
        await demo.push("P29D")
        given = await demo.token(CONTOSO, grant_type="refresh_token", refresh_token=given["refresh_token"])
        assert (await _me(demo, given["access_token"])).status_code == 200
    await demo.push("P30D")
    refused = await demo.token(CONTOSO, grant_type="refresh_token", refresh_token=given["refresh_token"])
    assert refused["error"] == "invalid_grant"


async def test_the_log_of_before_is_not_shown_and_when_somebody_came_last_still_is(demo: Demo) -> None:
    await demo.adele()
    before = await demo.now()
    program = await demo.program(CONTOSO)
    rows = await program.get("/v1.0/auditLogs/signIns")
    assert cast.ADELE.email in {row["userPrincipalName"] for row in rows["value"]}
    await demo.push("P31D")
    program = await demo.program(CONTOSO)
    assert (await program.get("/v1.0/auditLogs/signIns"))["value"] == []
    path = f"/v1.0/users/{cast.ADELE.email}?$select=id,signInActivity"
    last = (await program.get(path))["signInActivity"]["lastSignInDateTime"]
    assert last[:16] == before.isoformat()[:16]
