"""Logs, roles and apps of the Admin center in the served demo: scripts or not, two widths, three languages."""

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.signing_in import by_password
from tests.support.demo import ServedDemo

WIDTHS = [320, 1280]
GUEST_INVITER = "95e79109-95c0-4d8e-aee3-d01accf2d47b"
ROLE = f"/admin/roles/{GUEST_INVITER}"
PAGES = [
    "/admin/",
    "/admin/audit-logs",
    "/admin/audit-logs?activity=user-invited&activity=left-organization&actor=command&range=30d",
    "/admin/audit-logs?actor=nobody",
    "/admin/sign-in-logs",
    "/admin/sign-in-logs?result=failed",
    "/admin/roles",
    ROLE,
    f"{ROLE}/add?search=a",
    "/admin/apps",
    "/admin/apps?search=nothing",
]


async def enter(page: Page, demo: ServedDemo, to: str) -> None:
    """Fabrikam's administrator comes in."""
    admin = demo.opened.tenant("fabrikam")["admin"]
    await page.goto(f"{demo.origin}/signin?next={to}")
    await by_password(page, admin["userPrincipalName"], admin["password"])
    await expect(page).to_have_url(demo.origin + to)


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_happened_can_be_found_and_opened(context: BrowserContext, demo: ServedDemo, width: int) -> None:
    page = await context.new_page()
    console = listen(page)
    await page.set_viewport_size({"width": width, "height": 800})
    await enter(page, demo, "/admin/audit-logs")
    await page.get_by_text("Activity: all").click()
    await page.get_by_role("checkbox", name="User deleted", exact=True).check()
    await page.get_by_role("textbox", name="Target", exact=True).fill("grady")
    await page.get_by_role("button", name="Apply filters").click()
    table = page.get_by_role("table", name="Audit logs")
    await expect(table.get_by_role("row")).to_have_count(2)
    await expect(page.get_by_role("link", name="Remove filter: Activity User deleted")).to_be_visible()
    await table.get_by_role("link", name="Details of User deleted at").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Details of User deleted at")
    await expect(page.get_by_role("row", name="Target Grady Archie")).to_be_visible()
    assert console.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_somebody_gets_a_role_and_an_app_is_turned_off(
    context: BrowserContext, demo: ServedDemo, width: int
) -> None:
    page = await context.new_page()
    console = listen(page)
    await page.set_viewport_size({"width": width, "height": 800})
    await enter(page, demo, ROLE)
    await page.get_by_role("link", name="Add member", exact=True).click()
    await page.get_by_role("searchbox", name="Search by name or email").fill("alex")
    await page.get_by_role("button", name="Search", exact=True).click()
    await page.get_by_role("button", name="Add Alex Wilber").click()
    await expect(page.get_by_role("status").first).to_have_text("Alex Wilber holds the role now.")
    await page.get_by_role("button", name="Remove Alex Wilber").click()
    await expect(page.get_by_role("status").first).to_have_text("Alex Wilber doesn't hold the role any more.")
    await page.goto(f"{demo.origin}/admin/apps")
    await page.get_by_role("link", name="Expenses", exact=True).click()
    for button in ("Turn sign-in off", "Turn sign-in on"):
        await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.get_by_role("status").first).to_have_text("People can sign in to the app now.")
    await page.get_by_role("link", name="End all sign-ins", exact=True).click()
    question = page.locator("dialog, form.confirm")
    await question.get_by_role("button", name="End sign-ins", exact=True).click()
    await expect(page.get_by_role("status").first).to_have_text("Everything that was given to Expenses ended.")
    assert console.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_group_gets_an_app_and_loses_it(context: BrowserContext, demo: ServedDemo, width: int) -> None:
    page = await context.new_page()
    console = listen(page)
    await page.set_viewport_size({"width": width, "height": 800})
    await enter(page, demo, "/admin/apps")
    await page.get_by_role("link", name="Timesheets", exact=True).click()
    await page.get_by_role("link", name="Add group", exact=True).click()
    await page.get_by_role("searchbox", name="Search groups").fill("harbour")
    await page.get_by_role("button", name="Search", exact=True).click()
    await page.get_by_role("button", name="Add Harbour Project").click()
    await expect(page.get_by_role("status").first).to_have_text("Harbour Project is assigned to the app now.")
    row = page.locator("#assigned-groups tbody tr")
    await expect(row).to_contain_text("Harbour Project")
    await page.goto(f"{demo.origin}/admin/users?search=alex")
    await page.get_by_role("link", name="Alex Wilber").first.click()
    await page.get_by_role("link", name="Apps", exact=True).click()
    await expect(page.get_by_role("heading", name="Through groups")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("Timesheets")
    await page.goto(f"{demo.origin}/admin/apps")
    await page.get_by_role("link", name="Timesheets", exact=True).click()
    await page.get_by_role("button", name="Remove Harbour Project").click()
    await expect(page.get_by_role("status").first).to_have_text("Harbour Project isn't assigned to the app any more.")
    await expect(page.get_by_text("No group is assigned.")).to_be_visible()
    assert console.complaints == []


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_pages_are_whole_at_every_width(browser: Browser, demo: ServedDemo, language: str) -> None:
    async with await browser.new_context(locale="en-GB") as context:
        page = await context.new_page()
        console = listen(page)
        await enter(page, demo, "/admin/apps")
        app = await page.get_by_role("link", name="Expenses", exact=True).get_attribute("href") or ""
        await page.goto(f"{demo.origin}/admin/audit-logs")
        event = await page.locator("#audit-logs tbody a").first.get_attribute("href") or ""
        await page.goto(f"{demo.origin}/admin/apps?lang={language}")
        for address in [*PAGES, event, app, f"{app}/end-sign-ins", f"{app}/assign?search=adele",
                        f"{app}/groups", f"{app}/add-group?search=harbour"]:  # fmt: skip
            await page.goto(demo.origin + address)
            if await page.locator("details.choices").count():
                await page.locator("details.choices > summary").click()
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 800})
                assert await layout(page) == [], (address, width)
            assert await accessibility(page) == [], address
        assert console.complaints == []
