"""Leaving to be erased, and the desk that answers, in the served demo: with scripts and without."""

from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.signing_in import by_password
from tests.support.demo import ServedDemo
from vestibule.demo import cast

COLLABORATION = "/admin/external-identities/collaboration"


async def sign_in(page: Page, demo: ServedDemo, email: str, password: str, to: str) -> None:
    await page.goto(f"{demo.origin}/signin?next={to}")
    await by_password(page, email, password)
    await expect(page).to_have_url(demo.origin + to)


async def boss_of_fabrikam(page: Page, demo: ServedDemo, to: str) -> None:
    boss = demo.opened.tenant("fabrikam")["admin"]
    await sign_in(page, demo, boss["userPrincipalName"], boss["password"], to)


async def leave_to_be_erased(page: Page, demo: ServedDemo) -> None:
    """Adele leaves Fabrikam and ticks the box."""
    await sign_in(page, demo, cast.ADELE.email, cast.ADELE.password, "/myaccount/")
    fabrikam = demo.opened.tenant("fabrikam")["id"]
    await page.goto(f"{demo.origin}/signin?tenantId={fabrikam}&next=/myaccount/organizations/{fabrikam}/leave")
    await page.get_by_role("checkbox", name="Remove my data without waiting", exact=True).check()
    await page.get_by_role("button", name="Leave", exact=True).click()
    await expect(page.get_by_role("heading", name="You left Fabrikam", level=1)).to_be_visible()


def in_question(page: Page, name: str) -> Locator:
    """The button of the dialog, or of the page that it is without scripts."""
    return page.locator("dialog, form.confirm").get_by_role("button", name=name, exact=True)


async def looked_at(page: Page, scripts: bool) -> None:
    if scripts:
        assert await accessibility(page) == []
    if scripts and not await page.get_by_role("dialog").count():  # a dialog lies over the page that it is opened on
        assert await layout(page) == []


@pytest.mark.parametrize(
    ("scripts", "width", "scheme"), [(True, 320, "dark"), (True, 1280, "light"), (False, 1280, "light")]
)
async def test_from_the_leave_to_the_answer(
    browser: Browser, demo: ServedDemo, scripts: bool, width: int, scheme: Literal["light", "dark"]
) -> None:
    async def context() -> BrowserContext:
        return await browser.new_context(
            java_script_enabled=scripts,
            locale="en-GB",
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
        )

    async with await context() as guests:
        page = await guests.new_page()
        console = listen(page)
        await leave_to_be_erased(page, demo)
        await expect(page.get_by_role("main")).to_contain_text("You asked Fabrikam on")
        await page.get_by_role("link", name="Open your request", exact=True).click()
        await expect(page.get_by_role("heading", name="Ask Fabrikam to remove your data", level=1)).to_be_visible()
        await expect(page.get_by_role("button", name="Withdraw request", exact=True)).to_be_visible()
        await looked_at(page, scripts)
        assert console.complaints == []
    async with await context() as desk:
        page = await desk.new_page()
        console = listen(page)
        await boss_of_fabrikam(page, demo, "/admin/requests")
        await looked_at(page, scripts)
        await page.get_by_role("link", name="Adele Vance", exact=True).click()
        await expect(page.get_by_role("heading", name="Removal of data: Adele Vance", level=1)).to_be_visible()
        await looked_at(page, scripts)
        await page.get_by_role("link", name="Extend", exact=True).click()
        await expect(page.get_by_role("heading", name="Take more time for Adele Vance?")).to_be_visible()
        await looked_at(page, scripts)
        await page.get_by_role("radio", name="2 months more").check()
        await page.get_by_role("textbox", name="Why you need more time").fill("We look through the archive.")
        await in_question(page, "Extend").click()
        await expect(page.get_by_role("status")).to_contain_text("Adele Vance was told that the answer takes longer.")
        await page.get_by_role("link", name="Refuse", exact=True).click()
        await looked_at(page, scripts)
        await page.get_by_role("link", name="Cancel", exact=True).click()
        await page.get_by_role("link", name="Grant", exact=True).click()
        await expect(page.get_by_role("heading", name="Delete Adele Vance permanently?")).to_be_visible()
        await looked_at(page, scripts)
        await in_question(page, "Delete permanently").click()
        await expect(page.get_by_role("status")).to_contain_text("Adele Vance was permanently deleted.")
        await looked_at(page, scripts)
        assert console.complaints == []


async def test_at_once_from_the_dialog(page: Page, browser: Browser, demo: ServedDemo) -> None:
    async with await browser.new_context(java_script_enabled=False, locale="en-GB") as desk:
        settings = await desk.new_page()
        await boss_of_fabrikam(settings, demo, COLLABORATION)
        await settings.get_by_role("radio", name="At once", exact=True).check()
        await settings.get_by_role("button", name="Save removal of data on leaving", exact=True).click()
        await expect(settings.get_by_role("radio", name="At once", exact=True)).to_be_checked()
    console = listen(page)
    await sign_in(page, demo, cast.ADELE.email, cast.ADELE.password, "/myaccount/")
    fabrikam = demo.opened.tenant("fabrikam")["id"]
    await page.goto(f"{demo.origin}/signin?tenantId={fabrikam}&next=/myaccount/organizations")
    await page.get_by_role("link", name="Leave Fabrikam", exact=True).click()
    dialog = page.get_by_role("dialog", name="Leave Fabrikam?", exact=True)
    await expect(dialog).to_contain_text("nobody can restore it")
    await dialog.get_by_role("checkbox", name="Remove my data without waiting", exact=True).check()
    assert await accessibility(page) == []
    await dialog.get_by_role("button", name="Leave", exact=True).click()
    await expect(page.get_by_role("heading", name="You left Fabrikam", level=1)).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("You asked for your data to be removed without waiting.")
    await expect(page.get_by_role("row", name="Can be restored until")).to_have_count(0)
    assert await layout(page) == []
    assert console.complaints == []
