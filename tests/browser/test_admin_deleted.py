"""Deleted users, settings and data removal in the served demo, in a real browser, with scripts and without."""

from collections.abc import AsyncIterator
from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.signing_in import by_password
from tests.support.demo import ServedDemo
from vestibule.demo import cast

WIDTHS = [320, 1280]
PAGES = [
    "/admin/",
    "/admin/properties",
    "/admin/properties/end-sign-ins",
    "/admin/external-identities/collaboration",
    "/admin/external-identities/collaboration/stop-leaving",
    "/admin/users/deleted",
    "/admin/users/deleted?why=left&search=nobody",
    "/admin/users/deleted?problem=nobody",
    "/admin/data-removal",
    "/admin/data-removal?due=late",
]


@pytest.fixture
async def scripted(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh browser with scripts: what looks at a page needs them."""
    async with await browser.new_context(locale="en-GB") as made:
        yield made


async def sign_in(page: Page, demo: ServedDemo, email: str, password: str, to: str) -> None:
    await page.goto(f"{demo.origin}/signin?next={to}")
    await by_password(page, email, password)
    await expect(page).to_have_url(demo.origin + to)


async def enter(page: Page, demo: ServedDemo, width: int, to: str = "/admin/users/deleted") -> None:
    """Fabrikam's administrator comes in."""
    await page.set_viewport_size({"width": width, "height": 900})
    boss = demo.opened.tenant("fabrikam")["admin"]
    await sign_in(page, demo, boss["userPrincipalName"], boss["password"], to)


async def adele_leaves(browser: Browser, demo: ServedDemo) -> None:
    """Adele leaves Fabrikam, somewhere else."""
    async with await browser.new_context(java_script_enabled=False, locale="en-GB") as other:
        page = await other.new_page()
        await sign_in(page, demo, cast.ADELE.email, cast.ADELE.password, "/myaccount/")
        fabrikam = demo.opened.tenant("fabrikam")["id"]
        await page.goto(f"{demo.origin}/signin?tenantId={fabrikam}&next=/myaccount/organizations/{fabrikam}/leave")
        await page.get_by_role("button", name="Leave", exact=True).click()
        await expect(page.get_by_role("heading", name="You left Fabrikam", level=1)).to_be_visible()


def in_question(page: Page, name: str):
    """The button of the dialog, or of the page that it is without scripts."""
    return page.locator("dialog, form.confirm").get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize(
    ("width", "scheme", "language"), [(320, "light", "nl"), (320, "dark", "sv"), (1280, "light", "en")]
)
async def test_every_page_holds_together(
    scripted: BrowserContext, demo: ServedDemo, width: int, scheme: Literal["light", "dark"], language: str
) -> None:
    page = await scripted.new_page()
    said = listen(page)
    await page.emulate_media(color_scheme=scheme)
    await enter(page, demo, width)
    for address in PAGES:
        await page.goto(f"{demo.origin}{address}{'&' if '?' in address else '?'}lang={language}")
        assert (await accessibility(page), await layout(page)) == ([], []), address
    assert said.complaints == []


async def test_ending_every_sign_in(context: BrowserContext, demo: ServedDemo) -> None:
    page = await context.new_page()
    said = listen(page)
    await enter(page, demo, 320, "/admin/properties")
    await page.get_by_role("link", name="End all sign-ins", exact=True).click()
    await expect(page.get_by_role("heading", name="End all sign-ins to Fabrikam?")).to_be_visible()
    await in_question(page, "End sign-ins").click()
    await expect(page.get_by_role("heading", name="You're signed out", level=1)).to_be_visible()
    await page.goto(f"{demo.origin}/admin/properties")
    await expect(page.get_by_role("textbox", name="Technical contact")).to_have_count(0)
    assert said.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_restoring_whoever_left(context: BrowserContext, browser: Browser, demo: ServedDemo, width: int) -> None:
    await adele_leaves(browser, demo)
    page = await context.new_page()
    await enter(page, demo, width)
    await page.get_by_role("button", name="Restore", exact=True).click()
    question = page.get_by_role("alert")
    await expect(question.or_(page.get_by_role("heading", name="Select at least one user."))).to_contain_text(
        "Select at least one user."
    )
    await page.get_by_role("checkbox", name="Select Adele Vance").check()
    await page.get_by_role("button", name="Restore", exact=True).click()
    heading = page.get_by_role("heading", name="Restore Adele Vance?")
    await expect(heading).to_be_visible()
    await expect(page.get_by_text("Harbour Project")).to_be_visible()
    await in_question(page, "Restore").click()
    await expect(page.locator("#status")).to_have_text("Adele Vance was restored.")
    await expect(page.get_by_role("checkbox", name="Select Adele Vance")).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
async def test_deleting_two_for_good(context: BrowserContext, browser: Browser, demo: ServedDemo, width: int) -> None:
    await adele_leaves(browser, demo)
    page = await context.new_page()
    await enter(page, demo, width)
    for name in ("Adele Vance", "Grady Archie"):
        await page.get_by_role("checkbox", name=f"Select {name}").check()
    await page.get_by_role("button", name="Delete permanently", exact=True).click()
    await expect(page.get_by_role("heading", name="Delete 2 users permanently?")).to_be_visible()
    await page.get_by_role("textbox", name="Type 2 to confirm").fill("3")
    await in_question(page, "Delete permanently").click()
    await expect(page.get_by_role("alert")).to_contain_text("Type 2, the number of selected users.")
    await page.get_by_role("textbox", name="Type 2 to confirm").fill("2")
    await in_question(page, "Delete permanently").click()
    await expect(page.get_by_role("heading", name="Permanently deleted users", level=1)).to_be_visible()


async def test_the_number_of_selected_rows_is_told(browser: Browser, demo: ServedDemo) -> None:
    await adele_leaves(browser, demo)
    async with await browser.new_context(locale="en-GB") as context:
        page = await context.new_page()
        await enter(page, demo, 1280)
        status = page.get_by_role("status")
        await expect(status).to_have_text("0 selected")
        await page.get_by_role("checkbox", name="Select Adele Vance").check()
        await expect(status).to_have_text("1 selected")
        await page.get_by_role("checkbox", name="Select all on this page").check()
        await expect(status).to_have_text("2 selected")
        await page.reload()
        await expect(status).to_have_text("2 selected")
        await page.get_by_role("checkbox", name="Select Grady Archie").uncheck()
        await page.goto(f"{demo.origin}/admin/users/deleted?why=left")  # another filter
        await expect(status).to_have_text("0 selected")


@pytest.mark.parametrize("width", WIDTHS)
async def test_stopping_guests_from_leaving(context: BrowserContext, demo: ServedDemo, width: int) -> None:
    page = await context.new_page()
    await enter(page, demo, width, "/admin/external-identities/collaboration")
    group = page.get_by_role("group", name="External user leave settings")
    await group.get_by_role("radio", name="No").check()
    await group.get_by_role("button", name="Save external user leave settings").click()
    await expect(page.get_by_role("heading", name="Stop guests from leaving on their own?")).to_be_visible()
    await in_question(page, "Stop").click()
    await expect(page.locator("#status")).to_have_text("Saved.")
    await expect(group.get_by_role("radio", name="No")).to_be_checked()


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_dialogs_hold_together(
    scripted: BrowserContext, browser: Browser, demo: ServedDemo, width: int
) -> None:
    await adele_leaves(browser, demo)
    page = await scripted.new_page()
    await enter(page, demo, width)
    for button in ("Restore", "Delete permanently"):
        await page.goto(f"{demo.origin}/admin/users/deleted")
        await page.get_by_role("checkbox", name="Select Adele Vance").check()
        await page.get_by_role("checkbox", name="Select Grady Archie").check()
        await page.get_by_role("button", name=button, exact=True).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await accessibility(page) == []
