"""Signing in at another identity provider, through the pages, on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Page, Visitor
from tests.support.provider import CLIENT, SECRET, ForeignProvider, served_provider
from vestibule.actions import providers
from vestibule.actions.house import House
from vestibule.actions.providers import Changes, NewProvider
from vestibule.actions.switching import disable
from vestibule.ground.outgoing import Outgoing
from vestibule.store import memberships, sign_ins
from vestibule.store.listing import Asked
from vestibule.store.memberships import Membership
from vestibule.store.providers import IdentityProvider

ADDRESS = "pat@partner.example"


@pytest.fixture
async def foreign(house: House) -> AsyncIterator[ForeignProvider]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with served_provider(house.clock) as provider:
        yield provider


@pytest.fixture
async def partner(town: Town, foreign: ForeignProvider) -> IdentityProvider:
    new = NewProvider("Partner", foreign.metadata_url, CLIENT, SECRET, ("partner.example",))
    return await providers.create_provider(town.house, new, tenant_id=town.fabrikam.id, by=town.fabrikam.admin)


async def come_back(browser: Visitor, foreign: ForeignProvider, sub: str = "pat-1", **claims: object) -> Page:
    """Sign in where the browser was sent to, and come back."""
    assert browser.here.location.startswith(f"{foreign.issuer}/authorize?")
    given = foreign.sign_in(browser.here.location, sub, **claims)
    return await browser.open(str(httpx.URL("/signin/federated", params=given)))


async def accepted(town: Town, browser: Visitor, foreign: ForeignProvider) -> Page:
    """Pat accepts an invitation to Fabrikam."""
    path, _ = await town.invite(ADDRESS, f"{town.house.public_url}/myaccount/organizations")
    await browser.open(path)
    await browser.press("Accept invitation")
    page = await come_back(browser, foreign, email=ADDRESS)
    assert page.h1 == "Review permissions"
    return await browser.press("Accept")


async def test_the_button_is_there_for_the_organization_that_is_meant(
    town: Town, browser: Visitor, foreign: ForeignProvider, partner: IdentityProvider
) -> None:
    await browser.open("/signin")
    assert "Partner" not in browser.here.response.text
    await browser.open(f"/signin?tenantId={town.contoso.domain}")
    assert "Partner" not in browser.here.response.text
    page = await browser.open(f"/signin?tenantId={town.fabrikam.domain}")
    assert foreign.issuer in page.response.headers["content-security-policy"]
    page = await browser.press("Sign in with Partner")
    assert page.status == 303
    assert page.location.startswith(f"{foreign.issuer}/authorize?client_id={CLIENT}&")
    assert "login_hint" not in page.location


async def test_an_invited_person_accepts_with_an_address_the_provider_answers_for(
    town: Town, browser: Visitor, foreign: ForeignProvider, partner: IdentityProvider
) -> None:
    page = await accepted(town, browser, foreign)
    assert page.h1 == "Organizations"
    assert "Fabrikam" in page.text
    page = await browser.open("/myaccount/security-info")
    assert (page.status, page.h1) == (403, "This isn't looked after here")
    other = town.browser()
    await other.open(f"/signin?tenantId={town.fabrikam.id}&next=/myaccount/organizations")
    page = await other.press("Next", email=ADDRESS)
    assert "login_hint=pat%40partner.example" in page.location
    page = await come_back(other, foreign)
    assert page.h1 == "Organizations"


async def test_an_invited_person_whose_address_nobody_answers_for_proves_it_by_a_code(
    town: Town, browser: Visitor, foreign: ForeignProvider, partner: IdentityProvider
) -> None:
    path, _ = await town.invite("pat@elsewhere.example", f"{town.house.public_url}/myaccount/organizations")
    await browser.open(path)
    page = await browser.press("Accept invitation")
    assert page.h1 == "Get a code by email"
    flow = page.path.partition("flow=")[2]
    await browser.open(f"/signin?flow={flow}")
    await browser.press("Sign in with Partner")
    page = await come_back(browser, foreign, email="pat@elsewhere.example")
    assert page.h1 == "Get a code by email"
    await browser.press("Send code")
    page = await browser.press("Sign in", code=await town.code())
    assert page.h1 == "Review permissions"
    page = await browser.press("Accept")
    assert page.h1 == "Organizations"


async def test_a_browser_that_comes_back_twice_or_from_nowhere(
    town: Town, browser: Visitor, foreign: ForeignProvider, partner: IdentityProvider
) -> None:
    await browser.open(f"/signin?tenantId={town.fabrikam.id}")
    page = await browser.press("Sign in with Partner")
    given = foreign.sign_in(page.location, "pat-1")
    stranger = await town.browser().open(str(httpx.URL("/signin/federated", params=given)))
    assert (stranger.status, stranger.h1) == (410, "This link no longer works")
    page = await browser.open(str(httpx.URL("/signin/federated", params=given)))
    assert page.h1 == "You're not a guest of Fabrikam"
    page = await browser.open(str(httpx.URL("/signin/federated", params=given)))
    assert page.status == 410
    page = await browser.open("/signin/federated?state=a&state=b&code=c")
    assert (page.status, page.h1) == (403, "You're not signed in")


async def test_what_the_provider_refuses_and_what_is_switched_off(
    town: Town, browser: Visitor, foreign: ForeignProvider, partner: IdentityProvider
) -> None:
    await browser.open(f"/signin?tenantId={town.fabrikam.id}")
    page = await browser.press("Sign in with Partner")
    given = {**foreign.sign_in(page.location, "pat-1"), "error": "access_denied"}
    page = await browser.open(str(httpx.URL("/signin/federated", params=given)))
    assert (page.status, page.h1) == (403, "You're not signed in")
    assert "access_denied" not in page.text
    await browser.open(f"/signin?tenantId={town.fabrikam.id}")
    off = Changes(enabled=False)
    where = {"tenant_id": town.fabrikam.id, "provider_id": partner.provider_id}
    await providers.update_provider(town.house, off, **where, by=town.fabrikam.admin)
    page = await browser.press("Sign in with Partner")
    assert (page.status, page.h1) == (403, "You're not signed in")
    page = await browser.open(f"/signin?tenantId={town.fabrikam.id}")
    assert "Partner" not in page.response.text


async def test_a_guest_who_is_disabled_here_hears_it_and_is_not_signed_in(
    town: Town, browser: Visitor, foreign: ForeignProvider, partner: IdentityProvider
) -> None:
    await accepted(town, browser, foreign)
    (guest,) = [one for one in await mine(town) if one.provider]
    await disable(town.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=town.fabrikam.admin)
    other = town.browser()
    await other.open(f"/signin?tenantId={town.fabrikam.id}")
    await other.press("Sign in with Partner")
    page = await come_back(other, foreign)
    assert (page.status, page.h1) == (403, "Your account is disabled")
    page = await other.open("/myaccount/")
    assert page.h1 == "Sign in"


async def test_a_logout_token_ends_what_is_open_here(
    town: Town, browser: Visitor, foreign: ForeignProvider, partner: IdentityProvider
) -> None:
    await accepted(town, browser, foreign)
    (before,) = [one for one in await mine(town) if one.provider]
    address = f"/signin/federated/{partner.provider_id}/logout"
    for wrong in (
        foreign.logout_token("pat-1", nonce="n"),
        foreign.logout_token("pat-1", events={}),
        foreign.logout_token("pat-1", aud="another"),
        foreign.logout_token("pat-1", iss="https://elsewhere.example"),
        foreign.logout_token("pat-1", exp=1),
        foreign.logout_token("pat-1", jti=None),
        foreign.logout_token("", sid="only a session"),
        "no token",
    ):
        answer = await browser.http.post(address, data={"logout_token": wrong})
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert (await browser.open("/myaccount/organizations")).h1 == "Organizations"
    unknown = await browser.http.post(address, data={"logout_token": foreign.logout_token("nobody", jti="other")})
    assert unknown.status_code == 200
    token = foreign.logout_token("pat-1")
    answer = await browser.http.post(address, data={"logout_token": token})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (await browser.open("/myaccount/organizations")).h1 == "Sign in"
    (after,) = [one for one in await mine(town) if one.provider]
    assert after.epoch == before.epoch + 1
    assert (await browser.http.post(address, data={"logout_token": token})).status_code == 400
    told = await world.last_event(town.fabrikam)
    assert (told.type, told.record["client_id"]) == ("session.endAll", "vestibule-identity-provider")


async def mine(town: Town) -> list[Membership]:
    """The users of Fabrikam whose address is Pat's."""
    return await memberships.by_mail(await town.house.store.read(), town.fabrikam.id, ADDRESS)


# --- The sign-in log --------------------------------------------------------------------------------------------------


async def log_of(town: Town) -> list[tuple[int, str, str | None]]:
    """The log of Fabrikam, oldest first: number, what else is known, and whose account."""
    reading = await town.house.store.read()
    since = reading.now - timedelta(days=1)
    found = await sign_ins.page(reading, town.fabrikam.id, Asked(50), since=since)
    return [(one.row.error_code, one.row.why, one.row.user_id) for one in reversed(found.items)]


async def test_whoever_is_not_believed_is_in_the_log_of_that_organization_without_a_name(
    town: Town, browser: Visitor, foreign: ForeignProvider, partner: IdentityProvider
) -> None:
    for wrong, why in (
        ({"nonce": "of another sign-in"}, "nonce"),
        ({"aud": "somebody else"}, "audience"),
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"exp": 1}, "expired"),
    ):
        foreign.claims = wrong
        await browser.open(f"/signin?tenantId={town.fabrikam.id}")
        await browser.press("Sign in with Partner")
        page = await come_back(browser, foreign)
        assert (page.status, page.h1) == (403, "You're not signed in")
        number, said, user_id = (await log_of(town))[-1]
        assert (number, user_id) == (50008, None)
        assert said in {why, "time"}, said
    foreign.claims = {}
    await browser.open(f"/signin?tenantId={town.fabrikam.id}")
    page = await browser.press("Sign in with Partner")
    given = {**foreign.sign_in(page.location, "pat-1"), "error": "access_denied"}
    await browser.open(str(httpx.URL("/signin/federated", params=given)))
    assert (await log_of(town))[-1] == (50000, "declined", None)
    assert "pat-1" not in str([event.record for event in await world.events(town.fabrikam)])


async def test_whoever_is_disabled_is_in_the_log_by_their_account(
    town: Town, browser: Visitor, foreign: ForeignProvider, partner: IdentityProvider
) -> None:
    await accepted(town, browser, foreign)
    (guest,) = [one for one in await mine(town) if one.provider]
    await disable(town.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=town.fabrikam.admin)
    other = town.browser()
    await other.open(f"/signin?tenantId={town.fabrikam.id}")
    await other.press("Sign in with Partner")
    await come_back(other, foreign)
    assert (await log_of(town))[-1] == (500571, "provider", guest.user_id)
