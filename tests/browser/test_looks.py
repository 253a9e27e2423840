"""How pages look under other circumstances: menus open, dark by choice, forced colours, print, a first visit."""

import pytest
from playwright.async_api import Browser, Page, Request, expect

from tests.browser.checks import accessibility, layout

LIST = "/gallery/en/system/organizations-every-row"
DARK, LIGHT = "rgb(15, 17, 21)", "rgb(247, 247, 248)"


async def background(page: Page) -> str:
    colour: str = await page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    return colour


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("display", ["light", "dark"])
async def test_the_account_menu_open(page, gallery, width, display):
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto(f"{gallery}/gallery/sv/{display}/overview")
    await page.get_by_role("button", name="Kontomeny för Adele Vance").click()
    panel = page.locator("#account-panel")
    await expect(panel).to_be_visible()
    for name in ("Visa konto", "Organisationsinställningar", "Logga in med ett annat konto"):
        await expect(panel.get_by_role("link", name=name, exact=True)).to_be_visible()
    await expect(panel.get_by_role("button", name="Byt till Fabrikam", exact=True)).to_be_visible()
    await expect(panel.locator("[aria-current=true]")).to_have_text("Northwind Traders")
    assert await accessibility(page) == []
    box, button = await panel.bounding_box(), await page.locator("#account-menu").bounding_box()
    assert box is not None
    assert button is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] >= button["y"] + button["height"]
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()


async def test_the_phone_menu_open(page, gallery):
    await page.set_viewport_size({"width": 320, "height": 700})
    await page.goto(f"{gallery}/gallery/nl/dark/overview")
    await page.get_by_role("button", name="Menu", exact=True).click()
    navigation = page.get_by_role("navigation", name="Mijn account")
    await expect(navigation.get_by_role("link", name="Organisaties", exact=True)).to_be_visible()
    assert await accessibility(page) == []


async def test_light_and_dark_follow_the_system_until_somebody_chooses(browser: Browser, gallery):
    for scheme, colour in (("light", LIGHT), ("dark", DARK)):
        async with await browser.new_context(color_scheme=scheme) as context:  # type: ignore[arg-type]
            page = await context.new_page()
            await page.goto(gallery + LIST)
            assert await background(page) == colour
            await page.goto(gallery + LIST.replace("system", "dark"))
            assert await background(page) == DARK
            await page.goto(gallery + LIST.replace("system", "light"))
            assert await background(page) == LIGHT


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_wish_is_kept_on_plain_http_at_a_loopback_name(page, gallery, host):
    address = gallery.replace("localhost", host) + "/gallery-wish"
    for expected in ("system", "dark"):
        await page.goto(address)
        await expect(page.locator("body")).to_have_text(expected)


async def test_forced_colours_keep_the_borders(browser: Browser, gallery):
    async with await browser.new_context(forced_colors="active") as context:
        page = await context.new_page()
        await page.goto(gallery + LIST)
        widths = await page.evaluate("""() => [...document.querySelectorAll("main .button, main .chip")]
          .map((element) => getComputedStyle(element).borderTopWidth)""")
        assert set(widths) == {"1px"}
        assert await accessibility(page) == []


async def test_print_shows_the_receipt_without_the_frame(page, gallery):
    await page.goto(f"{gallery}/gallery/en/dark/receipt")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("banner")).to_be_hidden()
    await expect(page.get_by_role("contentinfo")).to_be_hidden()
    await expect(page.get_by_role("row", name="Reference VL-7KQ2-M9XT")).to_be_visible()
    assert await background(page) == "rgb(255, 255, 255)"
    assert await page.evaluate("() => getComputedStyle(document.querySelector('main')).color") == "rgb(22, 24, 29)"


async def test_reduced_motion_means_no_animation(browser: Browser, gallery):
    async with await browser.new_context(reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(gallery + "/myaccount/organizations")
        await page.get_by_role("link", name="Leave Adatum Corporation", exact=True).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await page.evaluate("() => document.getAnimations().length") == 0


async def test_a_first_visit_weighs_at_most_75_kilobytes(browser: Browser, gallery):
    for language in ("en", "nl", "sv"):
        async with await browser.new_context() as context:
            page = await context.new_page()
            weights: list[Request] = []

            def keep(request: Request, kept: list[Request] = weights) -> None:
                kept.append(request)

            page.on("requestfinished", keep)
            await page.goto(f"{gallery}/gallery/{language}/light/organizations", wait_until="networkidle")
            sizes = [await request.sizes() for request in weights]
            assert sum(size["responseBodySize"] for size in sizes) < 75_000
            assert await layout(page) == []
