"""The stream of an app in the served demo: set up, paused and removed, at two widths."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.test_admin_logs import WIDTHS, enter
from tests.support.demo import ServedDemo


async def _whole(page: Page) -> None:
    """The page as it stands is accessible, in both displays, and nothing on it is cut off."""
    assert await layout(page) == []
    for display in ("light", "dark"):
        await page.emulate_media(color_scheme=display)
        assert await accessibility(page) == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_stream_is_set_up_paused_and_removed(browser: Browser, demo: ServedDemo, width: int) -> None:
    async with await browser.new_context(locale="en-GB") as context:
        await _walk(await context.new_page(), demo, width)


async def _walk(page: Page, demo: ServedDemo, width: int) -> None:
    console = listen(page)
    await page.set_viewport_size({"width": width, "height": 800})
    await enter(page, demo, "/admin/apps")
    await page.get_by_role("link", name="Timesheets", exact=True).click()
    await page.get_by_role("link", name="Connections of this app", exact=True).click()
    await page.get_by_role("link", name="Add Shared Signals stream", exact=True).click()
    await _whole(page)
    await page.get_by_label("Address", exact=True).fill("https://timesheets.example/events/of/every/kind")
    await page.get_by_label("Authorization header", exact=True).fill("Bearer a-token")
    await page.get_by_label("Data removal waits for this app", exact=True).check()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("main")).to_contain_text("Pushed to its address")
    await page.get_by_role("link", name="Change Shared Signals stream", exact=True).click()
    await page.get_by_label("Status", exact=True).select_option("paused")
    await page.get_by_label("Reason of the status", exact=True).fill("It is being moved to another house")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("main")).to_contain_text("It is being moved to another house")
    await _whole(page)
    await page.get_by_role("link", name="Remove Shared Signals stream", exact=True).click()
    asked = page.get_by_role("dialog", name="Remove Shared Signals stream?")
    await asked.get_by_role("button", name="Remove", exact=True).click()
    await expect(page.get_by_role("main")).to_contain_text("This app isn't told.")
    assert console.complaints == []
