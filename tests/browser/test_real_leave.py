"""Leaving Fabrikam in the served demo, in a real browser: three clicks, with scripts and without, on phone and desk."""

from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.signing_in import by_password
from tests.support.demo import ServedDemo
from vestibule.demo import cast

WIDTHS = [320, 1280]


async def sign_in(page: Page, demo: ServedDemo, who: cast.Somebody = cast.ADELE) -> None:
    """Sign in by password, from the front page."""
    await page.goto(demo.origin)
    await by_password(page, who.email, who.password)
    await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


async def to_organizations(page: Page, width: int) -> None:
    """Through the navigation, which a phone shows behind a button."""
    if width < 760:
        await page.get_by_role("button", name="Menu", exact=True).click()
    navigation = page.get_by_role("navigation", name="My Account")
    await navigation.get_by_role("link", name="Organizations", exact=True).click()
    await expect(page.get_by_role("heading", name="Organizations", level=1)).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
async def test_three_clicks(context: BrowserContext, demo: ServedDemo, width: int) -> None:
    page = await context.new_page()
    console = listen(page)
    await page.set_viewport_size({"width": width, "height": 700})
    await sign_in(page, demo)
    tenant_id = demo.opened.tenant("fabrikam")["id"]

    await to_organizations(page, width)  # one
    row = page.locator(f"#org-{tenant_id}")
    await expect(row.get_by_role("heading", name="Fabrikam", level=3)).to_be_visible()
    link = row.get_by_role("link", name="Sign in to leave this organization: Fabrikam", exact=True)
    await link.click()  # two: the session there is opened silently
    await expect(page.get_by_role("heading", name="Leave Fabrikam?", level=1)).to_be_visible()
    await expect(page.locator(".losses")).to_contain_text("Harbour Project")
    await expect(page.locator(".losses")).to_contain_text("Expenses")
    await page.get_by_role("button", name="Leave", exact=True).click()  # three
    await expect(page.get_by_role("heading", name="You left Fabrikam", level=1)).to_be_visible()
    reference = page.get_by_role("row", name="Reference")
    await expect(reference).to_contain_text("VL-")
    shown = await page.get_by_role("row", name="Can be restored until").locator("time").get_attribute("datetime")
    assert shown == "2026-04-01T09:30:00Z"

    await page.get_by_role("link", name="Back to Organizations", exact=True).click()
    left = page.locator(f"#left-{tenant_id}")
    await expect(left).to_contain_text("30 days left to restore")
    await expect(page.locator(f"#org-{tenant_id}")).to_have_count(0)
    assert console.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_dialog_over_the_list(page: Page, demo: ServedDemo, width: int) -> None:
    console = listen(page)
    await page.set_viewport_size({"width": width, "height": 700})
    await sign_in(page, demo)
    tenant_id = demo.opened.tenant("fabrikam")["id"]
    await page.goto(f"{demo.origin}/signin?tenantId={tenant_id}&next=/myaccount/organizations")
    opener = page.get_by_role("link", name="Leave Fabrikam", exact=True)
    await opener.click()
    dialog = page.get_by_role("dialog", name="Leave Fabrikam?", exact=True)
    await expect(dialog).to_be_visible()
    assert page.url.endswith("/myaccount/organizations")
    await expect(dialog.get_by_role("heading", name="Leave Fabrikam?", level=2)).to_be_focused()
    assert await accessibility(page) == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()
    await opener.click()
    await dialog.get_by_role("button", name="Leave", exact=True).dblclick()
    await expect(page.get_by_role("heading", name="You left Fabrikam", level=1)).to_be_visible()
    assert await layout(page) == []
    assert console.complaints == []


async def test_who_may_not_leave_is_led_to_whom_to_ask(context: BrowserContext, demo: ServedDemo) -> None:
    page = await context.new_page()
    await sign_in(page, demo)
    await page.goto(f"{demo.origin}/myaccount/organizations")
    await page.get_by_role("link", name="Leave Woodgrove", exact=True).click()
    heading = page.get_by_role("heading", name="You need permission to leave Woodgrove", level=1)
    await expect(heading).to_be_visible()
    await expect(page.get_by_role("row", name="Privacy contact privacy@woodgrove.example")).to_be_visible()
    await page.get_by_role("button", name="Ask to be removed", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text("We sent your request to Woodgrove on 2 March 2026.")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_of_my_account_holds_together(
    browser: Browser, demo: ServedDemo, width: int, scheme: Literal["light", "dark"]
) -> None:
    """axe, overlaps, sideways scrolling and the content policy on the real pages, in three languages."""
    async with await browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
    ) as made:
        page = await made.new_page()
        console = listen(page)
        await sign_in(page, demo)
        tenants = {key: demo.opened.tenant(key)["id"] for key in ("fabrikam", "woodgrove", "contoso")}
        await page.goto(f"{demo.origin}/signin?tenantId={tenants['fabrikam']}&next=/myaccount/organizations")
        places = [
            "",
            "organizations",
            "apps",
            "personal-info",
            "sign-ins",
            "privacy",
            "language",
            f"organizations/{tenants['fabrikam']}/leave",
            f"organizations/{tenants['woodgrove']}/permission",
            f"organizations/{tenants['contoso']}/leave",
            f"organizations/{tenants['contoso'][::-1]}/leave",
        ]
        for language in ("sv", "nl", "en"):
            await page.goto(f"{demo.origin}/myaccount/?lang={language}")
            for place in places:
                await page.goto(f"{demo.origin}/myaccount/{place}")
                assert await layout(page) == [], (language, place)
                if language == "en" or width == 320:
                    assert await accessibility(page) == [], (language, place)
        assert console.complaints == []
