"""The question before a session ends, over real pages: the server's clock and the browser's are pushed together."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.signing_in import by_password
from tests.support.demo import ServedDemo
from vestibule.actions.access import IDLE, IDLE_WITH_ROLE
from vestibule.demo import cast
from vestibule.doors.portal.staying import WARNING

MINUTE = timedelta(minutes=1)
FIELD = "/myaccount/security-info"


@pytest.fixture
async def tab(browser: Browser) -> AsyncIterator[Page]:
    """A tab whose clock can be pushed."""
    async with await browser.new_context(locale="en-GB", viewport={"width": 375, "height": 700}) as context:
        page = await context.new_page()
        await page.clock.install()
        yield page


async def sign_in(page: Page, demo: ServedDemo, email: str, password: str, going_to: str) -> None:
    await page.goto(f"{demo.origin}/signin?next={going_to}")
    await by_password(page, email, password)
    await page.wait_for_url(f"{demo.origin}{going_to}")


async def asked_after(page: Page, demo: ServedDemo, span: timedelta) -> None:
    """Let time pass at both ends, until the page has asked the server once more and knows when to ask again."""
    script = page.locator("script[data-after]")
    before = await script.get_attribute("data-after") or ""
    demo.opened.clock.advance(span)
    await page.clock.fast_forward(int(span.total_seconds() * 1000))
    await expect(script).not_to_have_attribute("data-after", before)


async def looks(page: Page) -> list[str]:
    """What is wrong with the page; that the dialog lies over it is what a dialog is for."""
    return [*await accessibility(page), *(one for one in await layout(page) if " over" not in one)]


def question(page: Page, name: str = "Stay signed in?") -> Locator:
    return page.get_by_role("alertdialog", name=name, exact=True)


async def test_staying_loses_nothing_and_lasts_another_hour(tab: Page, demo: ServedDemo) -> None:
    console = listen(tab)
    await sign_in(tab, demo, cast.ADELE.email, cast.ADELE.password, FIELD)
    typed = tab.get_by_role("textbox", name="Name of the new passkey")
    await typed.fill("The laptop in the kitchen")
    # An administrator would be told now; the server knows that nobody here is one.
    await asked_after(tab, demo, IDLE_WITH_ROLE - WARNING)
    await expect(question(tab)).to_have_count(0)
    await asked_after(tab, demo, IDLE - IDLE_WITH_ROLE)
    await expect(question(tab)).to_contain_text("We'll sign you out at 10:30 UTC unless you stay.")
    stay = question(tab).get_by_role("button", name="Stay signed in")
    await expect(stay).to_be_focused()
    for width in (320, 1280):
        await tab.set_viewport_size({"width": width, "height": 700})
        assert await looks(tab) == []
    await stay.click()
    await expect(question(tab)).to_have_count(0)
    await expect(typed).to_have_value("The laptop in the kitchen")
    await expect(typed).to_be_focused()
    # Another hour from now, without the page having been left.
    await asked_after(tab, demo, IDLE - WARNING)
    await expect(question(tab)).to_contain_text("We'll sign you out at 11:28 UTC unless you stay.")
    # Whoever does not answer reads why, on the same page, with what they typed.
    await tab.keyboard.press("Escape")
    await expect(question(tab)).to_have_count(0)
    await asked_after(tab, demo, WARNING + MINUTE)
    over = question(tab, "You're signed out")
    await expect(over).to_contain_text("You hadn't used this service for a while, so we signed you out.")
    assert await looks(tab) == []
    await over.get_by_role("button", name="Close").click()
    await expect(typed).to_have_value("The laptop in the kitchen")
    assert console.complaints == []


async def test_an_administrator_is_asked_after_half_an_hour_and_signs_in_again(tab: Page, demo: ServedDemo) -> None:
    admin = demo.opened.tenant("fabrikam")["admin"]
    await sign_in(tab, demo, admin["userPrincipalName"], admin["password"], "/admin/users")
    await tab.goto(f"{demo.origin}/admin/users?lang=nl")
    search = tab.get_by_role("searchbox")
    await search.fill("adele")
    await asked_after(tab, demo, IDLE_WITH_ROLE - WARNING)
    await expect(question(tab, "Aangemeld blijven?")).to_be_visible()
    assert await looks(tab) == []
    await asked_after(tab, demo, WARNING + MINUTE)
    over = question(tab, "U bent afgemeld")
    await over.get_by_role("link", name="Opnieuw aanmelden").click()
    await expect(tab.get_by_role("heading", name="Aanmelden", level=1)).to_be_visible()
    assert tab.url == f"{demo.origin}/signin?next=/admin/users"


async def test_another_tab_in_use_keeps_this_one_quiet(tab: Page, demo: ServedDemo) -> None:
    await sign_in(tab, demo, cast.ADELE.email, cast.ADELE.password, "/switch")
    await tab.goto(f"{demo.origin}/switch?lang=sv")
    demo.opened.clock.advance(20 * MINUTE)
    other = await tab.context.new_page()
    await other.goto(f"{demo.origin}/myaccount/")
    await asked_after(tab, demo, IDLE_WITH_ROLE - WARNING)
    await expect(tab.get_by_role("alertdialog")).to_have_count(0)
    await asked_after(tab, demo, IDLE_WITH_ROLE)
    await expect(question(tab, "Vill du vara kvar som inloggad?")).to_be_visible()
    assert await looks(tab) == []
    await question(tab, "Vill du vara kvar som inloggad?").get_by_role("button", name="Logga ut").click()
    await expect(tab.get_by_role("heading", name="Du är utloggad", level=1)).to_be_visible()


async def test_without_a_session_nothing_is_asked(tab: Page, demo: ServedDemo) -> None:
    await tab.goto(f"{demo.origin}/signin")
    await expect(tab.locator("script[data-after]")).to_have_count(0)
