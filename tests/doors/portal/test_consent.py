"""An app asks: the sign-in pages do their part and go back to the authorization request."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.doors.portal.conftest import PASSWORD, Town
from tests.support import world
from tests.support.pages import Page, Visitor
from vestibule.actions import apps, cross_tenant, leaving
from vestibule.actions.credentials import hashed
from vestibule.actions.directory_users import create_user
from vestibule.actions.user_objects import NewMember
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.store import consents

CALLBACK = "http://localhost:5000/cb"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Tool:
    """A public app of Contoso that nobody has consented to."""

    town: Town
    client_id: str
    app_id: str

    def ask(self, **more: str) -> str:
        """The address of an authorization request."""
        given = {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid profile User.Read",
            "state": "the state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        asked = {name: value for name, value in (given | more).items() if value}
        return f"/{self.town.contoso.id}/oauth2/v2.0/authorize?{urlencode(asked)}"


@pytest.fixture
async def tool(town: Town) -> Tool:
    """The app."""
    new = NewApp("Contoso Tool", public=True, redirect_uris=(CALLBACK, "contoso-tool://signed-in"))
    made = await apps.create_app(town.house, new, tenant_id=town.contoso.id, by=operator())
    return Tool(town, made.app.client_id, made.app.app_id)


def answered(page: Page, at: str = CALLBACK) -> dict[str, str]:
    """What went to the app."""
    assert page.status == 302, page.response.text
    address, _, query = page.location.partition("?")
    assert address == at
    return dict(parse_qsl(query))


async def test_sign_in_consent_code(town: Town, tool: Tool, browser: Visitor) -> None:
    page = await browser.open(tool.ask(login_hint="adele@contoso.example"))
    assert (page.h1, page.forms[0].fields["email"]) == ("Sign in", "adele@contoso.example")
    assert f"form-action 'self' {CALLBACK[:-3]};" in page.response.headers["content-security-policy"]
    await browser.press("Next")
    page = await browser.press("Sign in", password=PASSWORD)
    assert (page.h1, page.path.partition("?")[0]) == ("Review permissions", "/signin/consent")
    for text in ("Contoso Tool would like to:", "Read your profile", "Sign you in", "See your name"):
        assert text in page.text
    assert f"form-action 'self' {CALLBACK[:-3]};" in page.response.headers["content-security-policy"]
    answer = answered(await browser.press("Accept"))
    assert answer["state"] == "the state"
    assert answer["code"]
    given = await consents.find(await town.house.store.read(), town.contoso.id, tool.app_id, town.adele.user_id)
    assert given is not None
    assert set(given.names) == {"User.Read", "openid", "profile"}
    assert (await world.last_event(town.contoso)).type == "consent.give"
    # Once is enough.
    assert "code" in answered(await browser.open(tool.ask()))


async def test_cancel_tells_the_app(town: Town, tool: Tool, browser: Visitor) -> None:
    await town.sign_in(browser)
    await browser.open(tool.ask())
    answer = answered(await browser.follow("Cancel"))
    assert (answer["error"], answer["state"]) == ("access_denied", "the state")
    assert await consents.find(await town.house.store.read(), town.contoso.id, tool.app_id, town.adele.user_id) is None


async def test_accept_after_all(town: Town, tool: Tool, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.open(tool.ask())
    await browser.follow("Cancel")
    browser.page = page  # the back button
    assert "code" in answered(await browser.press("Accept"))


async def test_an_app_that_insists(town: Town, tool: Tool, browser: Visitor) -> None:
    await town.sign_in(browser)
    await browser.open(tool.ask())
    await browser.press("Accept")
    page = await browser.open(tool.ask(prompt="consent"))
    assert page.h1 == "Review permissions"
    assert "Read your profile" in page.text
    assert "code" in answered(await browser.press("Accept"))


async def test_scopes_that_do_not_exist(town: Town, tool: Tool, browser: Visitor) -> None:
    """Nobody can consent to what there is not; the app gets no code, whoever says so."""
    await town.sign_in(browser)
    page = await browser.open(tool.ask(scope="openid Secrets.Steal"))
    if page.h1 == "Review permissions":
        page = await browser.press("Accept")
    assert "code=" not in page.location
    assert page.location or page.h1 == "This sign-in request isn't valid"
    assert await consents.find(await town.house.store.read(), town.contoso.id, tool.app_id, town.adele.user_id) is None


async def test_pick_an_account_first(town: Town, tool: Tool, browser: Visitor) -> None:
    await town.sign_in(browser)
    await browser.open(tool.ask())
    await browser.press("Accept")
    page = await browser.open(tool.ask(prompt="select_account"))
    assert page.h1 == "Pick an account"
    assert "code" in answered(await browser.press("Adele Vance, adele@contoso.example"))


async def test_sign_in_again(town: Town, tool: Tool, browser: Visitor) -> None:
    await town.sign_in(browser)
    await browser.open(tool.ask())
    await browser.press("Accept")
    page = await browser.open(tool.ask(prompt="login"))
    assert page.h1 == "Sign in"
    await browser.press("Next", email="adele@contoso.example")
    assert "code" in answered(await browser.press("Sign in", password=PASSWORD))


async def test_an_apps_own_scheme_is_reached_by_a_page(town: Town, tool: Tool, browser: Visitor) -> None:
    """No form may end at ``contoso-tool:``; a page that leads on by itself may."""
    await town.sign_in(browser)
    page = await browser.open(tool.ask(redirect_uri="contoso-tool://signed-in"))
    assert "form-action 'self';" in page.response.headers["content-security-policy"]
    page = await browser.press("Accept")
    assert (page.status, page.h1) == (200, "Continue")
    assert page.refresh.startswith("/oauth2/resume?request=")
    assert "code" in answered(await browser.open(page.refresh), "contoso-tool://signed-in")


async def test_somebody_without_a_place_there(town: Town, tool: Tool, browser: Visitor) -> None:
    await world.guest(town.fabrikam, "sam@mailbox.example")
    await browser.open(tool.ask())
    await browser.press("Next", email="sam@mailbox.example")
    await browser.press("Send code")
    page = await browser.press("Sign in", code=await town.code())
    assert (page.status, page.h1) == (403, "You don't have access to Contoso")
    page = await browser.follow("Use a different account")
    assert page.h1 == "Pick an account"
    await browser.follow("Use a different account")
    await browser.press("Next", email="adele@contoso.example")
    assert (await browser.press("Sign in", password=PASSWORD)).h1 == "Review permissions"


async def test_by_direct_connect(town: Town, tool: Tool, browser: Visitor) -> None:
    """Somebody from Fabrikam uses the app that Contoso shares with it, and consents without an account there."""
    guest = NewMember("Ana Silva", "ana@fabrikam.example", "ana", await hashed(town.passwords, PASSWORD))
    ana = await create_user(town.house, guest, tenant_id=town.fabrikam.id, by=operator())
    await browser.open(tool.ask())
    await browser.press("Next", email="ana@fabrikam.example")
    page = await browser.press("Sign in", password=PASSWORD)
    assert (page.status, page.h1) == (403, "You don't have access to Contoso")
    inward = {"usersAndGroups": _all("AllUsers", "user"), "applications": _all(tool.client_id, "application")}
    outward = {"usersAndGroups": _all("AllUsers", "user"), "applications": _all("AllApplications", "application")}
    for here, there, changes in (
        (town.contoso.id, town.fabrikam.id, {"b2bDirectConnectInbound": inward}),
        (town.fabrikam.id, town.contoso.id, {"b2bDirectConnectOutbound": outward}),
    ):
        await cross_tenant.set_partner(town.house, tenant_id=here, partner_id=there, changes=changes, by=operator())
    page = await browser.open(tool.ask())
    assert page.h1 == "Review permissions"
    assert "code" in answered(await browser.press("Accept"))
    assert "code" in answered(await browser.open(tool.ask()))
    # They have no account there to sign in to.
    page = await browser.open(f"/myaccount/?tenantId={town.contoso.id}")
    assert (page.status, page.h1) == (403, "You're not a guest of Contoso")
    assert ana.person_id


def _all(target: str, kind: str) -> dict[str, Any]:
    return {"accessType": "allowed", "targets": [{"target": target, "targetType": kind}]}


async def test_everybodys_address_sends_members_home(town: Town, tool: Tool, browser: Visitor) -> None:
    common = tool.ask().replace(town.contoso.id, "organizations")
    await browser.open(common)
    await browser.press("Next", email="adele@contoso.example")
    page = await browser.press("Sign in", password=PASSWORD)
    assert page.h1 == "Review permissions"
    assert "code" in answered(await browser.press("Accept"))


async def test_somebody_who_left(town: Town, tool: Tool, browser: Visitor) -> None:
    guest = await world.guest(town.contoso, "sam@mailbox.example")
    await leaving.leave(town.house, tenant_id=town.contoso.id, by=world.at_portal(guest), key="a key")
    await browser.open(tool.ask())
    await browser.press("Next", email="sam@mailbox.example")
    await browser.press("Send code")
    page = await browser.press("Sign in", code=await town.code())
    assert (page.status, page.h1) == (403, "You left Contoso")


async def test_the_apps_languages(town: Town, tool: Tool, browser: Visitor) -> None:
    page = await browser.open(tool.ask(ui_locales="fr sv-SE nl"), **{"accept-language": "nl"})
    assert (page.language, page.h1) == ("sv", "Logga in")
    await browser.open(f"{browser.here.path}&lang=nl")  # what is chosen on the page comes first
    assert browser.here.language == "nl"


async def test_another_browser_cannot_go_on(town: Town, tool: Tool, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.open(tool.ask())
    other = town.browser()
    await town.sign_in(other)
    for path in (page.path, page.links["Cancel"]):
        assert (await other.open(path)).h1 == "This link no longer works"
    token = (await other.open("/signout")).forms[0].fields["form_token"]
    sent = page.forms[0].fields | {"form_token": token, "answer": "accept"}
    assert (await other.post("/signin/consent", sent)).status == 410


async def test_a_form_of_another_site_consents_to_nothing(town: Town, tool: Tool, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.open(tool.ask())
    sent = page.forms[0].fields | {"answer": "accept"}
    assert (await browser.post("/signin/consent", sent, origin="https://evil.example")).status == 403
    assert await consents.find(await town.house.store.read(), town.contoso.id, tool.app_id, town.adele.user_id) is None


async def test_the_form_post_answer_is_a_page(town: Town, tool: Tool, browser: Visitor) -> None:
    await town.sign_in(browser)
    await browser.open(tool.ask(response_mode="form_post"))
    page = await browser.press("Accept")
    assert page.status == 200
    assert page.forms[0].action == CALLBACK
    assert page.forms[0].fields["state"] == "the state"
    assert urlsplit(page.forms[0].action).hostname == "localhost"
