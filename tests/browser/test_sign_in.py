"""Signing in in a real browser, with and without scripts: cookies on loopback, and forms that end at an app.

Chromium holds every redirect after a form to the content policy of the page that held the form, so only a browser
tells whether a sign-in reaches the app.
"""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.doors.portal.conftest import PASSWORD, front_of
from tests.support import world
from tests.support.houses import sqlite_house
from tests.support.serving import served
from tests.support.world import Place
from vestibule.actions import apps, inviting
from vestibule.actions.credentials import hashed
from vestibule.actions.directory_users import create_user
from vestibule.actions.user_objects import NewMember
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp


@dataclass
class Street:
    """Our service and somebody else's site, each on a port of its own.

    Attributes:
        origin: where our pages are. elsewhere: the other site's origin.
        contoso, fabrikam: organizations; Adele is a member of the first. client_id: an app of Contoso.
    """

    origin: str
    elsewhere: str
    contoso: Place
    fabrikam: Place
    client_id: str

    def authorize(self, **more: str) -> str:
        """The address of an authorization request."""
        given = {
            "client_id": self.client_id,
            "redirect_uri": f"{self.elsewhere}/cb",
            "response_type": "code",
            "scope": "openid User.Read",
            "state": "the state",
            "code_challenge": "a" * 43,
            "code_challenge_method": "S256",
        }
        return f"{self.origin}/{self.contoso.id}/oauth2/v2.0/authorize?{urlencode(given | more)}"


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """Both sites, served."""
    site = Starlette(routes=[Route("/{path:path}", lambda _: PlainTextResponse("arrived"), methods=["GET", "POST"])])
    async with sqlite_house(tmp_path) as house:
        passwords = Passwords(house.chance)
        contoso, fabrikam = await world.organization(house, "Contoso"), await world.organization(house, "Fabrikam")
        new = NewMember(
            "Adele Vance",
            "adele@contoso.example",
            "adele",
            await hashed(passwords, PASSWORD),
            properties={"mail": "adele@contoso.example"},
        )
        await create_user(house, new, tenant_id=contoso.id, by=operator())
        tool = NewApp("Contoso Tool", public=True, redirect_uris=("http://localhost/cb",))
        made = await apps.create_app(house, tool, tenant_id=contoso.id, by=operator())
        with socket.socket() as ours, socket.socket() as theirs:
            for listener in (ours, theirs):
                listener.bind(("127.0.0.1", 0))
            here, there = (f"http://localhost:{listener.getsockname()[1]}" for listener in (ours, theirs))
            async with served(front_of(house, passwords, here), ours), served(site, theirs):
                yield Street(here, there, contoso, fabrikam, made.app.client_id)
        passwords.close()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
async def tab(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[Page]:
    """A tab, with or without scripts, in which the console has nothing to say of the content policy."""
    async with await browser.new_context(java_script_enabled=request.param) as context:
        page = await context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        yield page
        assert [text for text in said if "Content Security Policy" in text] == []


async def _sign_in(tab: Page) -> None:
    await tab.get_by_role("textbox", name="Email").fill("adele@contoso.example")
    await tab.get_by_role("button", name="Next").click()
    await tab.get_by_role("textbox", name="Password").fill(PASSWORD)
    await tab.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
async def test_to_an_app_and_back_again(street: Street, tab: Page, mode: str) -> None:
    await tab.goto(street.authorize(response_mode=mode))
    await _sign_in(tab)
    await tab.get_by_role("heading", name="Review permissions").wait_for()
    await tab.get_by_role("button", name="Accept").click()
    going_on, arrived = tab.get_by_role("button", name="Continue"), tab.get_by_text("arrived")
    await going_on.or_(arrived).wait_for()
    if await going_on.count():  # without scripts a form that is posted waits to be sent
        await going_on.click()
    await arrived.wait_for()
    where = urlsplit(tab.url)
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{street.elsewhere}/cb"
    if mode != "form_post":
        assert parse_qs(where.query or where.fragment)["state"] == ["the state"]
    # The next time nobody is asked anything.
    await tab.goto(street.authorize())
    assert parse_qs(urlsplit(tab.url).query)["code"]


async def test_cancel_goes_to_the_app(street: Street, tab: Page) -> None:
    await tab.goto(street.authorize())
    await _sign_in(tab)
    await tab.get_by_role("link", name="Cancel").click()
    await tab.get_by_text("arrived").wait_for()
    assert parse_qs(urlsplit(tab.url).query)["error"] == ["access_denied"]


async def test_an_invitation_leads_to_another_site(street: Street, tab: Page) -> None:
    asked = inviting.check("adele@contoso.example", f"{street.elsewhere}/welcome")
    house, fabrikam = street.fabrikam.house, street.fabrikam
    sent = await inviting.invite(house, asked, tenant_id=fabrikam.id, by=fabrikam.admin)
    await tab.goto(sent.redeem_url.replace(house.public_url, street.origin))
    await tab.get_by_role("button", name="Accept invitation").click()
    await tab.get_by_role("textbox", name="Password").fill(PASSWORD)
    await tab.get_by_role("button", name="Sign in", exact=True).click()
    await tab.get_by_role("button", name="Accept").click()
    await tab.wait_for_url(f"{street.elsewhere}/welcome")


async def test_the_language_form_keeps_the_page(street: Street, tab: Page) -> None:
    await tab.goto(f"{street.origin}/myaccount/organizations")
    await tab.get_by_role("combobox", name="Language").select_option("sv")
    await tab.get_by_role("button", name="Change language").click()
    await tab.get_by_role("heading", name="Logga in", exact=True).wait_for()
    await tab.get_by_role("textbox", name="E-post").fill("adele@contoso.example")
    await tab.get_by_role("button", name="Nästa").click()
    await tab.get_by_role("textbox", name="Lösenord").fill(PASSWORD)
    await tab.get_by_role("button", name="Logga in", exact=True).click()
    await tab.get_by_role("heading", name="Organisationer", level=1).wait_for()
    assert tab.url == f"{street.origin}/myaccount/organizations"
