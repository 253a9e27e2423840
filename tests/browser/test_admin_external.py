"""Identity providers, cross-tenant access, access reviews and insights in the served demo, in a real browser."""

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.support.demo import ServedDemo

WIDTHS = [320, 1280]
PROVIDERS = "/admin/external-identities/identity-providers"
CROSS = "/admin/external-identities/cross-tenant"
PAGES = [
    PROVIDERS,
    f"{PROVIDERS}/stop-codes",
    f"{PROVIDERS}/add/openid-connect",
    f"{PROVIDERS}/add/saml",
    CROSS,
    f"{CROSS}/default",
    f"{CROSS}/default/reset",
    "/admin/access-reviews",
    "/admin/access-reviews/new",
    "/admin/access-reviews/history",
    "/admin/insights",
]


def written(file: Path) -> str:
    """What a downloaded file says."""
    return file.read_text(encoding="utf-8")


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def enter(page: Page, demo: ServedDemo, width: int, at: str) -> None:
    """Fabrikam's administrator opens a page."""
    await page.set_viewport_size({"width": width, "height": 900})
    boss = demo.opened.tenant("fabrikam")["admin"]
    await page.goto(f"{demo.origin}/signin?next={at}")
    await page.get_by_role("textbox", name="Email", exact=True).fill(boss["userPrincipalName"])
    await press(page, "Next")
    await page.get_by_role("textbox", name="Password", exact=True).fill(boss["password"])
    await press(page, "Sign in")
    await page.wait_for_url(f"**{at}")


async def looks_right(page: Page, request: pytest.FixtureRequest) -> None:
    """Axe and the layout, which are scripts themselves: where pages may run none, nothing can be asked of them."""
    if "no scripts" not in request.node.name:
        assert await accessibility(page) == []
        assert await layout(page) == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_every_page(
    request: pytest.FixtureRequest, context: BrowserContext, demo: ServedDemo, width: int
) -> None:
    page = await context.new_page()
    said = listen(page)
    await enter(page, demo, width, PROVIDERS)
    for address in PAGES:
        await page.goto(demo.origin + address)
        await looks_right(page, request)
    await page.goto(demo.origin + CROSS)
    await page.get_by_role("textbox", name="Domain or organization ID").fill("contoso.example")
    await press(page, "Add organization")
    await expect(page.get_by_role("heading", name="Contoso", level=1)).to_be_visible()
    await page.locator("summary").first.click()
    await looks_right(page, request)
    await page.goto(demo.origin + CROSS)
    await looks_right(page, request)
    assert said.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_review_from_beginning_to_a_decision(
    request: pytest.FixtureRequest, context: BrowserContext, demo: ServedDemo, width: int
) -> None:
    page = await context.new_page()
    await enter(page, demo, width, "/admin/access-reviews/new")
    await page.get_by_role("textbox", name="Name", exact=True).fill("Spring cleaning")
    await page.get_by_role("radio", name="Delete now (restorable 30 days)").check()
    await press(page, "Create")
    await expect(page.get_by_role("heading", name="Spring cleaning", level=1)).to_be_visible()
    await demo.opened.program.worker.tick()
    await page.reload()
    await looks_right(page, request)
    about = page.get_by_role("group", name="Decision about Adele Vance")
    await about.get_by_role("radio", name="Remove").check()
    await page.get_by_role("textbox", name="Comment about Adele Vance").fill("left the project")
    await press(page, "Save decisions")
    await expect(page.get_by_role("status").first).to_contain_text("Saved.")
    await looks_right(page, request)
    await page.goto(f"{demo.origin}/admin/access-reviews")
    await expect(page.get_by_role("row", name="Spring cleaning")).to_contain_text("1 of ")
    await looks_right(page, request)


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_review_in_two_stages(
    request: pytest.FixtureRequest, context: BrowserContext, demo: ServedDemo, width: int
) -> None:
    """Who was kept is asked about again; where that is not so, the decision is final."""
    page = await context.new_page()
    said = listen(page)
    await enter(page, demo, width, "/admin/access-reviews/new")
    await page.get_by_role("textbox", name="Name", exact=True).fill("Asked twice")
    await page.locator("summary", has_text="Further stages").click()
    second = page.get_by_role("group", name="Second stage")
    await second.get_by_role("combobox", name="Who decides").select_option("I do")
    await second.get_by_role("textbox", name="Days to decide").fill("3")
    for name in ("Who was to be removed", "Who nobody knew well enough", "Who nobody decided about"):
        await second.get_by_role("checkbox", name=name).uncheck()
    await looks_right(page, request)
    await press(page, "Create")
    await expect(page.get_by_role("heading", name="Asked twice", level=1)).to_be_visible()
    await demo.opened.program.worker.tick()
    await page.reload()
    await looks_right(page, request)
    adele = page.get_by_role("group", name="Decision about Adele Vance")
    await adele.get_by_role("radio", name="Keep").check()
    await page.get_by_role("textbox", name="Comment about Adele Vance").fill("works with us")
    await press(page, "Save decisions")
    stages = page.get_by_role("table", name="Stages of this review")
    await expect(stages.get_by_role("row").nth(1)).to_contain_text("In progress")
    await expect(stages.get_by_role("row").nth(2)).to_contain_text("Not started")
    await press(page, "Stop stage 1")
    await expect(page.get_by_role("status").first).to_contain_text("The stage was stopped.")
    await expect(stages.get_by_role("row").nth(1)).to_contain_text("Ended")
    await expect(stages.get_by_role("row").nth(2)).to_contain_text("In progress")
    row = page.get_by_role("table", name="Guests in this review").get_by_role("row", name="Adele Vance")
    await expect(row).to_contain_text("Stage 1: Keep")
    await expect(row).to_contain_text("works with us")
    await expect(adele.get_by_role("radio", name="Keep")).not_to_be_checked()
    assert await page.get_by_role("group", name="Decision about").count() == 1, "the others are final"
    await looks_right(page, request)
    await adele.get_by_role("radio", name="Remove").check()
    await press(page, "Save decisions")
    await expect(page.get_by_role("status").first).to_contain_text("Saved.")
    await page.goto(f"{demo.origin}/myaccount/access-reviews")
    await expect(page.get_by_role("main")).to_contain_text("decided in stage 1: keep access.")
    await looks_right(page, request)
    assert said.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_history_is_asked_for_and_downloaded(
    request: pytest.FixtureRequest, context: BrowserContext, demo: ServedDemo, width: int
) -> None:
    page = await context.new_page()
    said = listen(page)
    await enter(page, demo, width, "/admin/access-reviews/new")
    await page.get_by_role("textbox", name="Name", exact=True).fill("Spring cleaning")
    await page.get_by_role("textbox", name="Days to decide").fill("7")
    await press(page, "Create")
    await expect(page.get_by_role("heading", name="Spring cleaning", level=1)).to_be_visible()
    await demo.opened.program.worker.tick()
    await page.reload()
    await press(page, "Stop")
    await page.goto(f"{demo.origin}/admin/access-reviews")
    await page.get_by_role("link", name="Review history").click()
    await expect(page.get_by_text("No review history yet.")).to_be_visible()
    await looks_right(page, request)
    await page.get_by_role("textbox", name="Name", exact=True).fill("What spring brought")
    await page.get_by_role("combobox", name="Reviews that began and ended").select_option("In the last 30 days")
    await press(page, "Create")
    await expect(page.get_by_role("status").first).to_contain_text("What spring brought was added.")
    await looks_right(page, request)
    async with page.expect_download() as waited:
        await press(page, "Download CSV")
    download = await waited.value
    assert download.suggested_filename.startswith("access-reviews-")
    text = written(await download.path())
    assert "Spring cleaning" in text
    assert "Adele Vance" in text
    await press(page, "Delete")
    await expect(page.get_by_text("No review history yet.")).to_be_visible()
    assert said.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_role_is_reviewed(
    request: pytest.FixtureRequest, context: BrowserContext, demo: ServedDemo, width: int
) -> None:
    page = await context.new_page()
    await enter(page, demo, width, "/admin/access-reviews/new")
    await page.get_by_role("textbox", name="Name", exact=True).fill("Administrators")
    await page.get_by_role("radio", name="Who holds a directory role").check()
    await page.get_by_role("combobox", name="Role", exact=True).select_option("Global Administrator")
    await press(page, "Create")
    await expect(page.get_by_role("heading", name="Administrators", level=1)).to_be_visible()
    await demo.opened.program.worker.tick()
    await page.reload()
    await expect(page.get_by_text("Who holds the role")).to_be_visible()
    await expect(page.get_by_text("They lose the role.")).to_be_visible()
    await looks_right(page, request)
    await page.get_by_role("radio", name="Remove").first.check()
    await press(page, "Save decisions")
    await expect(page.get_by_role("status").first).to_contain_text("Saved.")
    await looks_right(page, request)


@pytest.mark.parametrize("language", ["nl", "sv"])
async def test_dutch_and_swedish_fit_on_a_phone(page: Page, demo: ServedDemo, language: str) -> None:
    await enter(page, demo, 320, PROVIDERS)
    for address in PAGES:
        await page.goto(f"{demo.origin}{address}?lang={language}")
        assert await layout(page) == []


async def test_turning_codes_off_is_asked_in_a_dialog(page: Page, demo: ServedDemo) -> None:
    await enter(page, demo, 1280, PROVIDERS)
    await page.get_by_role("radio", name="No", exact=True).check()
    await press(page, "Save email one-time passcode")
    dialog = page.get_by_role("dialog", name="Turn off one-time passcodes?")
    await expect(dialog).to_contain_text("could no longer sign in")
    assert await accessibility(page) == []
    await dialog.get_by_role("button", name="Turn off").click()
    await expect(page.get_by_role("status").first).to_contain_text("Saved.")
    await expect(page.get_by_role("radio", name="No", exact=True)).to_be_checked()


async def test_single_keys(page: Page, demo: ServedDemo) -> None:
    await enter(page, demo, 1280, "/admin/users/deleted")
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog).to_be_visible()
    assert await accessibility(page) == []
    await page.keyboard.press("g")
    await page.keyboard.press("u")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search deleted users")
    await expect(search).to_be_focused()
    await page.keyboard.press("g")
    await page.keyboard.press("u")
    await expect(search).to_have_value("gu")
    await search.blur()
    await page.keyboard.press("g")
    await page.keyboard.press("i")
    await page.wait_for_url("**/admin/insights")
    await page.keyboard.press("g")
    await page.keyboard.press("u")
    await page.wait_for_url("**/admin/users")
    link = page.get_by_role("link", name="Adele Vance", exact=True)
    await link.focus()
    await page.keyboard.press("x")
    await expect(page.get_by_role("checkbox", name="Select Adele Vance")).to_be_checked()


async def test_single_keys_can_be_turned_off(page: Page, demo: ServedDemo) -> None:
    await enter(page, demo, 1280, "/myaccount/language")
    await page.get_by_role("radio", name="Off", exact=True).check()
    await press(page, "Save")
    await page.goto(f"{demo.origin}/admin/users")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("g")
    await page.keyboard.press("i")
    await expect(page.get_by_role("heading", name="All users", level=1)).to_be_visible()
