"""A guest whose home is a provider that speaks SAML, in a real browser: what it sends along with a form from there.

The provider is at another site (127.0.0.1, not localhost), so its form comes to us without our cookies.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.checks import accessibility, listen
from tests.support.demo import ServedDemo, served_demo
from tests.support.saml import SamlProvider, served_saml_provider
from vestibule.actions import inviting, saml_providers
from vestibule.actions.house import House
from vestibule.actions.saml_providers import NewSamlProvider
from vestibule.actions.switching import disable, enable
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator
from vestibule.store import memberships
from vestibule.store.memberships import Membership

PAT = "pat@partner.example"


@dataclass
class Border:
    """Fabrikam, the provider from which its guest comes, and browsers."""

    demo: ServedDemo
    foreign: SamlProvider
    browser: Browser
    scripts: bool
    stack: AsyncExitStack

    @property
    def house(self) -> House:
        return self.demo.opened.program.house

    @property
    def fabrikam(self) -> str:
        return str(self.demo.opened.tenant("fabrikam")["id"])

    async def page(self) -> Page:
        """A page in a fresh browser."""
        made = self.browser.new_context(java_script_enabled=self.scripts, locale="en-GB")
        context: BrowserContext = await self.stack.enter_async_context(await made)
        return await context.new_page()

    async def sign_in(self, page: Page) -> None:
        """By the button of Fabrikam's sign-in page, and back."""
        await page.goto(f"{self.demo.origin}/signin?tenantId={self.fabrikam}&next=/myaccount/organizations")
        await page.get_by_role("button", name="Sign in with Partner", exact=True).click()
        await self.at_partner(page)

    async def at_partner(self, page: Page) -> None:
        """Sign in there."""
        await page.wait_for_url(f"{self.foreign.sign_in_url}?**")
        await page.get_by_role("button", name="Sign in as Pat", exact=True).click()
        await page.wait_for_url(f"{self.demo.origin}/**")

    async def pat(self) -> Membership:
        """Fabrikam's user."""
        (found,) = await memberships.by_mail(await self.house.store.read(), self.fabrikam, PAT)
        return found


@pytest.fixture(params=["scripts", "no scripts"])
async def border(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> AsyncIterator[Border]:
    async with AsyncExitStack() as stack:
        demo = await stack.enter_async_context(served_demo(tmp_path))
        foreign = await stack.enter_async_context(served_saml_provider(demo.opened.clock))
        found = Border(demo, foreign, browser, request.param == "scripts", stack)
        found.house.outgoing = Outgoing(allow_loopback=True)
        found.house.public_url = demo.origin  # the address that the browser knows us by, in links and requests
        new = NewSamlProvider("Partner", metadata_url=foreign.metadata_url, domains=("partner.example",))
        await saml_providers.create_saml_provider(found.house, new, tenant_id=found.fabrikam, by=operator())
        yield found


async def heading(page: Page, name: str) -> None:
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


async def test_a_guest_from_a_saml_provider(border: Border) -> None:
    origin, house = border.demo.origin, border.house
    asked = inviting.check(PAT, f"{origin}/myaccount/organizations", display_name="Pat Stone")
    sent = await inviting.invite(house, asked, tenant_id=border.fabrikam, by=operator())

    # Invited, and accepted by way of home
    page = await border.page()
    console = listen(page)
    await page.goto(sent.redeem_url)
    await page.get_by_role("button", name="Accept invitation", exact=True).click()
    await border.at_partner(page)
    await heading(page, "Review permissions")
    await page.get_by_role("button", name="Accept", exact=True).click()
    await heading(page, "Organizations")
    guest = await border.pat()
    assert guest.provider == border.foreign.entity_id

    # Signed in in another browser
    other = await border.page()
    await border.sign_in(other)
    await heading(other, "Organizations")

    # Disabled: out on the next request, and not let in again
    where = {"tenant_id": guest.tenant_id, "user_id": guest.user_id}
    await disable(house, **where, by=operator())
    third = await border.page()
    await border.sign_in(third)
    await heading(third, "Your account is disabled")
    if border.scripts:  # what judges the page is a script itself
        assert await accessibility(third) == []
    await enable(house, **where, by=operator())

    # Left
    await border.sign_in(again := await border.page())
    await again.goto(f"{origin}/myaccount/organizations/{border.fabrikam}/leave")
    await again.get_by_role("button", name="Leave", exact=True).click()
    last = await border.page()
    await border.sign_in(last)
    await heading(last, "You left Fabrikam")
    assert console.complaints == []


async def test_an_answer_brought_by_another_browser(border: Border) -> None:
    """Somebody's own answer, carried to a victim's browser, signs nobody in there."""
    page = await border.page()
    await page.goto(f"{border.demo.origin}/signin?tenantId={border.fabrikam}")
    await page.get_by_role("button", name="Sign in with Partner", exact=True).click()
    await page.wait_for_url(f"{border.foreign.sign_in_url}?**")
    address = page.url
    victim = await border.page()
    await victim.goto(f"{border.demo.origin}/signin")
    await victim.goto(address)
    await victim.get_by_role("button", name="Sign in as Pat", exact=True).click()
    await heading(victim, "This link no longer works")
