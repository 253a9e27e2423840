"""The provider commands of an app in the served demo: set up, what it supports, and removed after a question."""

from dataclasses import replace

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.test_admin_logs import WIDTHS, enter
from tests.support.demo import ServedDemo
from vestibule.store import connections
from vestibule.store.unit import Unit

EVERYTHING = "activate maintain suspend reactivate archive restore delete invalidate"


async def _whole(page: Page, *, dialog: bool = False) -> None:
    """The page as it stands is accessible, in both displays, and nothing on it is cut off; a dialog covers the rest."""
    assert dialog or await layout(page) == []
    for display in ("light", "dark"):
        await page.emulate_media(color_scheme=display)
        assert await accessibility(page) == []


async def _says_what_it_supports(demo: ServedDemo) -> None:
    """The app said so a moment ago. (Its address is none that may be reached, so it is never asked in this test.)"""
    house = demo.opened.program.house
    fabrikam = demo.opened.tenant("fabrikam")["id"]
    [one] = [
        each for each in await connections.of_tenant(await house.store.read(), fabrikam) if each.kind == "commands"
    ]

    async def work(unit: Unit) -> None:
        connections.save(unit, replace(one, commands=EVERYTHING, asked_at=unit.now))

    await house.store.change(work)


@pytest.mark.parametrize("width", WIDTHS)
async def test_commands_are_set_up_and_removed_after_a_question(
    context: BrowserContext, demo: ServedDemo, width: int, scripts: bool
) -> None:
    page = await context.new_page()
    console = listen(page)
    await page.set_viewport_size({"width": width, "height": 800})
    await enter(page, demo, "/admin/apps")
    await page.get_by_role("link", name="Timesheets", exact=True).click()
    await page.get_by_role("link", name="Connections of this app", exact=True).click()
    await page.get_by_role("link", name="Add Provider commands", exact=True).click()
    main = page.get_by_role("main")
    await expect(main).to_contain_text("It's experimental.")
    if scripts:
        await _whole(page)
    await page.get_by_label("Address", exact=True).fill("https://127.0.0.1:9/commands/of/every/kind")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(main).to_contain_text("https://127.0.0.1:9/commands/of/every/kind")
    await _says_what_it_supports(demo)
    await page.reload()
    await expect(main).to_contain_text(EVERYTHING.replace(" ", ", "))
    if scripts:
        await _whole(page)
    remove = page.get_by_role("link", name="Remove Provider commands", exact=True)
    await remove.click()
    asked = page.get_by_role("dialog", name="Remove Provider commands?") if scripts else main
    await expect(asked).to_contain_text("go on waiting until a named person waives it")
    if scripts:
        await _whole(page, dialog=True)
        await asked.get_by_role("link", name="Cancel", exact=True).click()
        await expect(asked).not_to_be_visible()
        await remove.click()
    else:
        assert page.url.endswith("/connections/commands/remove")
    await asked.get_by_role("button", name="Remove", exact=True).click()
    await expect(main).to_contain_text("This app isn't told.")
    assert console.complaints == []
