"""Legal holds in the served demo: set and lifted as a dialog and, without scripts, as a page; every page looked at."""

from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.test_admin_deleted import adele_leaves, enter, in_question
from tests.support.demo import ServedDemo

WHY = "Claim 17 of the landlord, who says that the harbour plans were promised in a mail of March"


async def hold_on(page: Page, name: str) -> None:
    """Set a hold on a deleted user from their page."""
    await page.get_by_role("link", name=name).first.click()
    await page.get_by_role("link", name="Set legal hold").click()
    await expect(page.get_by_role("heading", name=f"Set a legal hold on {name}?")).to_be_visible()
    await page.get_by_role("textbox", name="Reason").fill(WHY)
    await page.get_by_role("textbox", name="Reference (optional)").fill("2027-17")
    await in_question(page, "Set legal hold").click()
    await expect(page.locator("#status")).to_have_text(f"{name} is on hold. Nothing about them is deleted.")


@pytest.mark.parametrize("width", [320, 1280])
async def test_set_and_lifted(context: BrowserContext, browser: Browser, demo: ServedDemo, width: int) -> None:
    await adele_leaves(browser, demo)
    page = await context.new_page()
    await enter(page, demo, width)
    await hold_on(page, "Adele Vance")
    await page.goto(f"{demo.origin}/admin/users/deleted")
    await expect(page.get_by_text(WHY)).to_be_visible()
    await page.get_by_role("checkbox", name="Select Adele Vance").check()
    await page.get_by_role("button", name="Delete permanently", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("They're on hold")
    await page.get_by_role("link", name="Legal holds on Adele Vance").click()
    await page.get_by_role("link", name=f"Lift hold: {WHY}").click()
    await expect(page.get_by_role("heading", name="Lift a legal hold on Adele Vance?")).to_be_visible()
    await page.get_by_role("textbox", name="Why it's lifted").fill("Settled")
    await in_question(page, "Lift hold").click()
    await expect(page.locator("#status")).to_have_text("A legal hold on Adele Vance was lifted.")
    await expect(page.get_by_role("link", name=f"Lift hold: {WHY}")).to_have_count(0)


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(320, "light", "nl"), (320, "dark", "sv"), (1280, "light", "en"), (1280, "dark", "nl")],
)
async def test_every_page_holds_together(
    browser: Browser,
    demo: ServedDemo,
    width: int,
    scheme: Literal["light", "dark"],
    language: str,
) -> None:
    await adele_leaves(browser, demo)
    async with await browser.new_context(locale="en-GB", color_scheme=scheme) as scripted:
        page = await scripted.new_page()
        said = listen(page)
        await enter(page, demo, width)
        await hold_on(page, "Adele Vance")
        here = page.url
        lifting = await page.get_by_role("link", name=f"Lift hold: {WHY}").get_attribute("href") or ""
        addresses = [
            "/admin/legal-holds",
            "/admin/users/deleted",
            here.removeprefix(demo.origin).replace("legal-holds", "users"),
            here.removeprefix(demo.origin),
            f"{here.removeprefix(demo.origin)}/set",
            lifting,
        ]
        for address in addresses:
            await page.goto(f"{demo.origin}{address}{'&' if '?' in address else '?'}lang={language}")
            assert (await accessibility(page), await layout(page)) == ([], []), address
        assert said.complaints == []
