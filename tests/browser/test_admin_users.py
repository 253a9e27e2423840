"""The Admin center's pages about users in the served demo, in a real browser: with scripts and without, two widths."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.signing_in import by_password
from tests.support.demo import ServedDemo

WIDTHS = [320, 1280]
PAGES = ["/admin/users", "/admin/users?search=nobody&domain=x.example", "/admin/users/invite", "/admin/users/new"]
TABS = ["", "/groups", "/apps", "/roles", "/sign-ins", "/audit", "/lifecycle", "/edit", "/reset"]


def button(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


async def enter(page: Page, demo: ServedDemo, width: int) -> None:
    """Fabrikam's administrator opens *All users*."""
    await page.set_viewport_size({"width": width, "height": 900})
    boss = demo.opened.tenant("fabrikam")["admin"]
    await page.goto(f"{demo.origin}/signin?next=/admin/users")
    await by_password(page, boss["userPrincipalName"], boss["password"])
    await expect(page.get_by_role("heading", name="All users", level=1)).to_be_visible()


async def looks_right(page: Page, *, scripts: bool) -> None:
    """What is looked for is looked for by a script."""
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)
    if not scripts:
        return
    assert await accessibility(page) == []
    assert await layout(page) == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_every_page_about_users(context: BrowserContext, demo: ServedDemo, width: int, scripts: bool) -> None:
    page = await context.new_page()
    said = listen(page)
    await enter(page, demo, width)
    adele = await page.get_by_role("link", name="Adele Vance", exact=True).get_attribute("href")
    for address in (*PAGES, *(f"{adele}{tab}" for tab in TABS)):
        answer = await page.goto(demo.origin + address)
        assert answer is not None
        assert answer.status == 200
        await looks_right(page, scripts=scripts)
    assert said.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_disable_undo_and_delete(context: BrowserContext, demo: ServedDemo, width: int, scripts: bool) -> None:
    page = await context.new_page()
    await enter(page, demo, width)
    await page.get_by_role("checkbox", name="Select Adele Vance").check()
    await button(page, "Disable").click()
    await expect(page.locator("#status")).to_contain_text("Adele Vance was disabled.")
    await looks_right(page, scripts=scripts)
    await button(page, "Undo").click()
    await expect(page.locator("#status")).to_contain_text("Adele Vance was enabled.")
    await page.get_by_role("checkbox", name="Select Adele Vance").check()
    await button(page, "Delete").click()
    await expect(page.get_by_role("heading", name="Delete Adele Vance?")).to_be_visible()
    await expect(page.get_by_text("Harbour Project")).to_be_visible()
    await button(page, "Delete").last.click()
    await expect(page.locator("#status")).to_contain_text("Adele Vance was deleted.")
    await page.get_by_role("link", name="Deleted users (2)", exact=True).click()
    await expect(page.get_by_role("link", name="Adele Vance")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
async def test_an_invitation_whose_link_is_passed_on(
    context: BrowserContext, demo: ServedDemo, width: int, scripts: bool
) -> None:
    page = await context.new_page()
    await enter(page, demo, width)
    await page.get_by_role("link", name="Invite external user", exact=True).click()
    await page.get_by_role("textbox", name="Email", exact=True).fill("new@elsewhere.example")
    await page.get_by_role("textbox", name="Display name", exact=True).fill("Newcomer")
    await page.get_by_role("textbox", name="Message", exact=True).fill("Welcome.")
    await page.get_by_role("combobox", name="Message language", exact=True).select_option("sv")
    await page.get_by_role("checkbox", name="Send invitation email", exact=True).uncheck()
    await button(page, "Invite").click()
    await expect(page.get_by_role("heading", name="Invitation link", level=1)).to_be_visible()
    await expect(page.locator("#redeem-link")).to_contain_text("/invitations/")
    await looks_right(page, scripts=scripts)


async def test_the_list_as_a_file(context: BrowserContext, demo: ServedDemo) -> None:
    page = await context.new_page()
    await enter(page, demo, 1280)
    async with page.expect_download() as begun:
        await page.get_by_role("link", name="Export CSV", exact=True).click()
    file = await begun.value
    assert file.suggested_filename.startswith("users-")
    text = (await asyncio.to_thread(Path(await file.path()).read_bytes)).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("Object ID,Name,Email")
    assert "Adele Vance" in text
