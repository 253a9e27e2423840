"""In the demo: Megan at an app that is shared by direct connect, and somebody without a home organization at an app."""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import msgspec
import pytest

from tests.support.demo import OpenedDemo, opened_demo
from tests.support.houses import KINDS
from tests.support.pages import Page, Visitor, visitor
from tests.support.postgres import PostgresServer
from vestibule.actions import cross_tenant, granting
from vestibule.actions.granting import Tokens
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.demo import cast
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Tie
from vestibule.rules.names import CONSUMERS_ID
from vestibule.store import apps, memberships
from vestibule.store.apps import App

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "http://localhost:5000/cb"
BOARDS = "https://boards.tailspin.example/"


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database: a file of the house's own, or one of PostgreSQL."""
    if request.param == "sqlite":
        yield ""
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
async def demo(database: str, tmp_path: Path) -> AsyncIterator[OpenedDemo]:
    """The demo organizations, on each database."""
    async with opened_demo(tmp_path, database=database) as opened:
        yield opened


@pytest.fixture
async def browser(demo: OpenedDemo) -> AsyncIterator[Visitor]:
    """A fresh browser before the demo."""
    made = visitor(demo.front())
    yield made
    await made.http.aclose()


def asking(tenant: str, client_id: str, redirect: str = CALLBACK) -> str:
    """The address of an authorization request."""
    given = {
        "client_id": client_id,
        "redirect_uri": redirect,
        "response_type": "code",
        "scope": "openid profile",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"/{tenant}/oauth2/v2.0/authorize?{urlencode(given)}"


def answered(page: Page) -> dict[str, str]:
    """What went to the app."""
    assert page.status == 302, page.text
    return dict(parse_qsl(urlsplit(page.location).query))


def claims_of(token: str | None) -> dict[str, Any]:
    """The claims of a token that this house just made."""
    assert token is not None
    body = token.split(".")[1]
    found: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


async def boards_of(house: House, tenant_id: str) -> App:
    """The app that Tailspin shares."""
    every = await apps.everyone(await house.store.read(), tenant_id)
    return next(one for one in every if one.display_name == "Tailspin Boards")


async def exchange(house: House, app: App, tenant_id: str, code: str) -> Tokens:
    """The app's part."""
    return await granting.exchange_code(
        house, KeyRing(house), app, tenant_id=tenant_id, code=code, redirect_uri=BOARDS, verifier=VERIFIER
    )


async def test_megan_uses_the_shared_app_without_a_user_object(demo: OpenedDemo, browser: Visitor) -> None:
    house, tailspin = demo.program.house, demo.tenant("tailspin")
    app = await boards_of(house, tailspin["id"])
    await browser.open(asking(tailspin["id"], app.client_id, BOARDS))
    await browser.press("Next", email=cast.MEGAN.email)
    page = await browser.press("Sign in", password=cast.MEGAN.password)
    assert (page.h1, page.status) == ("Review permissions", 200)
    tokens = await exchange(house, app, tailspin["id"], answered(await browser.press("Accept"))["code"])
    claims = claims_of(tokens.id_token)
    assert (claims["tid"], claims["name"]) == (tailspin["id"], "Megan Bowen")
    assert claims["iss"].endswith(f"/{tailspin['id']}/v2.0")
    reading = await house.store.read()
    there = await memberships.find(reading, tailspin["id"], claims["oid"])
    assert there is not None
    assert there.standing.tie is Tie.DIRECT_CONNECT
    listed = await app_only(demo, browser, "tailspin")
    users = (await browser.http.get("/v1.0/users", headers=listed)).json()["value"]
    assert claims["oid"] not in [user["id"] for user in users]
    assert (await browser.http.get(f"/v1.0/users/{claims['oid']}", headers=listed)).status_code == 404
    rows = (await browser.http.get("/beta/auditLogs/signIns", headers=listed)).json()["value"]
    [mine] = [row for row in rows if row["userId"] == claims["oid"]]
    assert (mine["crossTenantAccessType"], mine["appDisplayName"]) == ("b2bDirectConnect", "Tailspin Boards")
    assert (mine["homeTenantId"], mine["resourceTenantId"]) == (demo.tenant("contoso")["id"], tailspin["id"])


async def app_only(demo: OpenedDemo, browser: Visitor, key: str) -> dict[str, str]:
    """What the organization's own app sends along."""
    app = demo.tenant(key)["app"]
    form = {
        "grant_type": "client_credentials",
        "client_id": app["clientId"],
        "client_secret": app["clientSecret"],
        "scope": "https://graph.microsoft.com/.default",
    }
    answer = await browser.http.post(f"/{demo.tenant(key)['id']}/oauth2/v2.0/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.mark.parametrize("side", ["inbound", "outbound"])
async def test_either_organization_can_close_the_way(demo: OpenedDemo, browser: Visitor, side: str) -> None:
    house, tailspin, contoso = demo.program.house, demo.tenant("tailspin"), demo.tenant("contoso")
    app = await boards_of(house, tailspin["id"])
    blocked = {
        "usersAndGroups": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {
            "accessType": "blocked",
            "targets": [{"target": "AllApplications", "targetType": "application"}],
        },
    }
    here, there = (tailspin, contoso) if side == "inbound" else (contoso, tailspin)
    name = "b2bDirectConnectInbound" if side == "inbound" else "b2bDirectConnectOutbound"
    await cross_tenant.set_partner(
        house, tenant_id=here["id"], partner_id=there["id"], changes={name: blocked}, by=operator()
    )
    await browser.open(asking(tailspin["id"], app.client_id, BOARDS))
    await browser.press("Next", email=cast.MEGAN.email)
    page = await browser.press("Sign in", password=cast.MEGAN.password)
    assert (page.status, page.h1) == (403, "You don't have access to Tailspin")


async def test_nobody_else_and_no_other_app(demo: OpenedDemo, browser: Visitor) -> None:
    tailspin = demo.tenant("tailspin")
    await browser.open(asking(tailspin["id"], tailspin["publicClientId"]))
    await browser.press("Next", email=cast.MEGAN.email)
    page = await browser.press("Sign in", password=cast.MEGAN.password)
    assert (page.status, page.h1) == (403, "You don't have access to Tailspin")


async def mailed_code(browser: Visitor) -> str:
    """The code in the youngest letter."""
    await browser.http.post("/emulator/tick")
    letters = (await browser.http.get(f"/emulator/mail?to={cast.QUINN}")).json()
    return str(letters[0]["code"])


async def by_code(browser: Visitor, address: str) -> Page:
    """Sign in at an app with a code by mail."""
    await browser.open(address)
    await browser.press("Next", email=cast.QUINN)
    await browser.press("Send code")
    return await browser.press("Sign in", code=await mailed_code(browser))


@pytest.mark.parametrize("alias", ["common", "consumers"])
async def test_somebody_without_a_home_organization_is_at_home_among_consumers(
    demo: OpenedDemo, browser: Visitor, alias: str
) -> None:
    fabrikam = demo.tenant("fabrikam")
    page = await by_code(browser, asking(alias, fabrikam["publicClientId"]))
    code = answered(page)["code"]
    form = {
        "grant_type": "authorization_code",
        "client_id": fabrikam["publicClientId"],
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    headers = {"Origin": "http://localhost:5000"}
    answer: httpx.Response = await browser.http.post(f"/{alias}/oauth2/v2.0/token", data=form, headers=headers)
    assert answer.status_code == 200, answer.text
    claims = claims_of(answer.json()["id_token"])
    assert claims["tid"] == CONSUMERS_ID
    assert claims["iss"].endswith(f"/{CONSUMERS_ID}/v2.0")


async def test_organizations_does_not_serve_them_and_consumers_nobody_else(demo: OpenedDemo, browser: Visitor) -> None:
    client_id = demo.tenant("fabrikam")["publicClientId"]
    page = await by_code(browser, asking("organizations", client_id))
    assert page.status == 403
    other = visitor(demo.front())
    await other.open(asking("consumers", client_id))
    await other.press("Next", email=cast.MEGAN.email)
    page = await other.press("Sign in", password=cast.MEGAN.password)
    assert page.status == 403
    await other.http.aclose()
